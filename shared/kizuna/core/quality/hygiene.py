"""What is no longer true, no longer reachable or no longer wanted on a golden record (K58, K84).

    profile + its last sign of life ─ findings_of ─▶ findings ─ added up ─▶ hygiene_report

Nothing is mended here: a value that is out of date still is the best there is, and who is silent is not gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from kizuna.core import feedback
from kizuna.core.durations import Duration, instant_to_text
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.identity import identifiers
from kizuna.core.ids import digest
from kizuna.core.people import AddressStatus, Profile, Trait
from kizuna.core.quality import names

SUNSET_CANDIDATE = "Sunset Candidate"  # the event by which segments and campaigns hear of it
HYGIENE = Source("hygiene", SourceKind.SYSTEM)
_ACTS = frozenset({"track", "page", "screen"})
_REACTIONS = frozenset(
    {
        feedback.EMAIL_OPENED,
        feedback.EMAIL_CLICKED,
        feedback.LINK_FOLLOWED,
        feedback.SMS_RECEIVED,
        feedback.UNSUBSCRIBED,
    }
)
_READING = re.compile(r"[\u30a0-\u30ff\u0020-\u007e\u00c0-\u024f\u3000・]*")

Flaw = Literal["stale", "invalid"]


def is_sign_of_life(event: Event) -> bool:
    """Whether a person did something: on a page, in a shop, or with a message; not that something was done to them.

    A back end's identify call may be a nightly copy, so it is none; nor is an open that a machine made.
    """
    match event.source.kind:
        case SourceKind.CLIENT:
            return True
        case SourceKind.SERVER:
            return event.type in _ACTS
        case _:
            return event.name in _REACTIONS and event.properties.get("machine") is not True


@dataclass(frozen=True, slots=True)
class Silence:
    """Since when nothing was heard of somebody, and whether that has been said already."""

    since: datetime
    told: bool = False


def silence_of(
    events: Iterable[Event], profile: Profile, *, longer_than: Duration, now: datetime
) -> Silence | None:
    """The silence of a person who has been silent for so long; None if they have not. `events` come newest first.

    Reads no further than it must: to the first sign of life, or to where the silence is long enough.
    """
    enough = longer_than.before(now)
    if profile.created_at > enough:
        return None
    told = False
    for event in events:
        if is_sign_of_life(event):
            return None if event.at > enough else Silence(event.at, told)
        told = told or event.name == SUNSET_CANDIDATE
    return Silence(profile.created_at, told)


def sunset_event(person: str, silence: Silence, *, now: datetime) -> Event:
    """Says of a person that they are silent: the same silence is the same event."""
    return Event(
        type="track",
        id="sunset-" + digest("sunset", person, instant_to_text(silence.since)),
        source=HYGIENE,
        at=now,
        received_at=now,
        name=SUNSET_CANDIDATE,
        profile_id=person,
        properties={"silent_since": instant_to_text(silence.since)},
    )


# ── one person ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Findings:
    """What a hygiene run has to say of one person."""

    person: str
    flaws: Mapping[tuple[str, str], tuple[Flaw, ...]]  # by (source, trait), an empty tuple where all is well
    unvouched: frozenset[tuple[str, str]] = frozenset()
    dead: tuple[tuple[str, str], ...] = ()  # (channel, status) of addresses that are of no use
    is_reachable: bool = True
    has_legacy_address: bool = False
    silence: Silence | None = None

    def kinds(self) -> list[str]:
        """The findings by name, for a list of people."""
        found = [f"{flaw}:{trait}" for (_, trait), flaws in self.flaws.items() for flaw in flaws]
        found += [f"dead_address:{channel}" for channel, _ in self.dead]
        if not self.is_reachable:
            found.append("no_usable_address")
        if self.has_legacy_address:
            found.append("legacy_address")
        if self.silence is not None:
            found.append("sunset_candidate")
        return sorted(set(found))


def findings_of(
    profile: Profile, stale_after: Mapping[str, Duration], *, silence: Silence | None, now: datetime
) -> Findings:
    """Look at one record. `stale_after` says of a trait for how long its value holds."""
    addresses = profile.addresses.values()
    email = profile.traits.get("email")
    return Findings(
        person=profile.id,
        flaws={
            (trait.source, name): _flaws(name, trait, stale_after.get(name), now)
            for name, trait in profile.traits.items()
        },
        unvouched=frozenset(
            (trait.source, name) for name, trait in profile.traits.items() if not trait.vouched
        ),
        dead=tuple(
            (held.channel, str(held.status)) for held in addresses if held.status is not AddressStatus.OK
        ),
        is_reachable=any(held.status is AddressStatus.OK for held in addresses),
        has_legacy_address=email is not None and names.is_legacy_mobile(email.value),
        silence=silence,
    )


def _flaws(name: str, trait: Trait, stale_after: Duration | None, now: datetime) -> tuple[Flaw, ...]:
    found: list[Flaw] = []
    if stale_after is not None and trait.at <= stale_after.before(now):
        found.append("stale")
    if not _is_valid(name, trait.value):
        found.append("invalid")
    return tuple(found)


def _is_valid(name: str, value: Any) -> bool:
    """Whether a value can be what its trait is for, where that is known."""
    if value is None:
        return True
    if name == "email":
        return identifiers.email(value) is not None
    if name == "phone":
        return identifiers.phone(value) is not None
    if names.is_kana_trait(name):
        return isinstance(value, str) and _READING.fullmatch(value) is not None
    return True
