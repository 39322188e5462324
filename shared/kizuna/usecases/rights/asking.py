"""What a person may ask for: to be erased, to be left alone. And what staff may undo, with a reason that stays.

request_erasure ──▶ the person is `erasing`, found by nobody, and the work begins (`erasing`)
replay          ──▶ after a restore: everybody of the log once more
restrict        ──▶ the record stays, and only mandatory messages pass (GDPR art. 18)
lift            ──▶ what was kept of the No of an address counts no more
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import Conflict, NotFound
from kizuna.core.folding import settled
from kizuna.core.identity.identifiers import normalised
from kizuna.core.ids import digest
from kizuna.core.people import GONE, Profile
from kizuna.core.ports import Erasures, IdentityKey, People, PersonWrite
from kizuna.core.rights.erasure import Erasure, again, begun, in_erasure
from kizuna.core.rights.rights import HashKeys, RightsEntry

TRIES = 5
_KINDS = ("user_id", "email", "phone", "anonymous_id", "push_token")


@dataclass(frozen=True, slots=True)
class Registrar:
    """The ports of asking for something."""

    people: People
    erasures: Erasures
    hash_keys: Callable[[], HashKeys]


@dataclass(frozen=True, slots=True)
class Requested:
    """What became of a request to erase somebody."""

    person: str
    status: Literal["begun", "under_way", "erased"]
    erasure: Erasure | None = None


def stored_person(reference: str, on: Registrar) -> Profile:
    """A person by profile id or any identifier, whatever became of them. Raises NotFound."""
    kind, _, value = reference.partition(":")
    told = [(kind, value), *((each, reference) for each in _KINDS)]
    wanted: list[IdentityKey] = [(each, usable) for each, raw in told if (usable := normalised(each, raw))]
    owners = on.people.owners(wanted)
    person = next((owners[key] for key in wanted if key in owners), reference)
    for _ in range(100):
        found = on.erasures.stored([person]).get(person)
        if found is None:
            raise NotFound("nobody is known by this")
        if not found.merged_into:
            return found
        person = found.merged_into
    raise Conflict(f"profile {person} was merged in a circle")


def request_erasure(reference: str, on: Registrar, *, now: datetime, actor: str, ground: str) -> Requested:
    """Begin an erasure; from here on nobody finds the person. Asking twice begins it once.

    Guarded by the profile's version: whoever writes at this moment goes first or meets somebody who is not there.
    """
    for _ in range(TRIES):
        person = stored_person(reference, on)
        if person.status == "erased":
            return Requested(person.id, "erased")
        if person.status == "erasing":
            return Requested(person.id, "under_way", on.erasures.under_way(person.id))
        sides = [person, *on.erasures.stored(set(person.parts) - {person.id}).values()]
        at = _whole_millisecond(now)
        erasure = begun(person, sides, on.hash_keys(), now=at, actor=actor, ground=ground)
        try:
            log = erasure.entry("erased", at=at)
            on.erasures.begin(erasure, [in_erasure(person, now=now)], log=log)
        except Conflict:
            continue
        return Requested(person.id, "begun", erasure)
    raise Conflict(f"profile {person.id} keeps changing")


def _whole_millisecond(now: datetime) -> datetime:
    """The next one, as instants are stored: what came in the same millisecond came before."""
    finer = now.microsecond % 1000
    return now + timedelta(microseconds=1000 - finer) if finer else now


def replay(on: Registrar, *, now: datetime) -> Iterator[Requested]:
    """Begin every erasure of the log once more, where a restore has brought something back.

    The marks are set anew in any case: a restore may have lost them, and a queue may still hold what came before.
    """
    for entry in on.erasures.entries(kind="erased"):
        on.erasures.mark([mac for _, mac in entry.hashes], at=entry.at)
        yield _once_more(entry, on, now=now)


def _once_more(entry: RightsEntry, on: Registrar, *, now: datetime) -> Requested:
    for _ in range(TRIES):
        found = on.erasures.stored(entry.parts).values()
        back = [profile for profile in found if profile.status not in GONE]
        under_way = on.erasures.under_way(entry.person)
        if not back and not under_way:
            return Requested(entry.person, "erased")
        if under_way is not None and not back:
            return Requested(entry.person, "under_way", under_way)
        erasure = again(entry, now=now, after=under_way)
        try:
            gone = [in_erasure(profile, now=now) for profile in back]
            on.erasures.begin(erasure, gone, log=None, instead_of=under_way)
        except Conflict:
            continue
        return Requested(entry.person, "begun", erasure)
    raise Conflict(f"profile {entry.person} keeps changing")


def restrict(
    reference: str,
    on: Registrar,
    catalog: Catalog,
    *,
    now: datetime,
    actor: str,
    reason: str,
    to: bool = True,
) -> Profile:
    """Restrict what is done with a person's data, or (`to=False`) no longer. Doing it twice changes nothing.

    Raises the reach version, so that a message on its way is judged again. The line of the log comes after the
    write: a crash in between leaves a restriction without its line, and asking again writes it.
    """
    wanted: Literal["restricted", "active"] = "restricted" if to else "active"
    for _ in range(TRIES):
        person = stored_person(reference, on)
        if person.status in GONE:
            raise NotFound("nobody is known by this")
        if person.status != wanted:
            after = replace(person, status=wanted)
            folded = settled(
                before=person, after=after, catalog=catalog, now=now, announces=False, base=person
            )
            try:
                on.people.commit(PersonWrite(folded, person.version))
            except Conflict:
                continue
            person = folded.profile
        kind = "restricted" if to else "unrestricted"
        told = digest(kind, person.id, instant_to_text(now))
        on.erasures.log(RightsEntry(told, kind, now, actor, reason, person.id))
        return person
    raise Conflict(f"profile {person.id} keeps changing")


def lift(reference: str, on: Registrar, *, now: datetime, actor: str, reason: str) -> int:
    """What was kept of the No of an address (`email:a@b.example`, `phone:+81…`) counts no more from this moment.

    The one way to lift it (`consent.md` 3.3): an act of staff, with who and why in the log. Returns the number of
    hashes it was asked for under; raises NotFound if the reference is no address.
    """
    kind, _, raw = reference.partition(":")
    value = normalised(kind, raw) if kind in ("email", "phone", "push_token") else None
    if value is None:
        raise NotFound("an address is written email:…, phone:… or push_token:…")
    hashes = on.hash_keys().hashes(kind, value)
    entry = RightsEntry(
        digest("lifted", hashes[0], instant_to_text(now)),
        "lifted",
        now,
        actor,
        reason,
        hashes=((kind, hashes[0]),),
    )
    on.erasures.lift(hashes, entry)
    return len(hashes)
