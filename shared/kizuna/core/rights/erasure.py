"""One erasure, as a sequence of steps that may stop anywhere and goes on where it stopped.

    active ──▶ erasing ─ MARK ─ OWNERS ─ CONTENTS ─ LEDGER ─ QUARANTINE ─ BURY ──▶ erased
                                                                            │ a quarter of an hour
               CLOSE ◀─ LAKE ◀─ an hour ─ QUARANTINE_AGAIN ◀─ CONTENTS_AGAIN┘

From `erasing` on nobody finds the person any more: not the gate, not a campaign, not ingest. What was on its way at
that moment may still store a row (events go before the profile that counts them), so all is looked at again when no
function of that time can be running any more, and the lake when no buffer can hold anything of that time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from kizuna.core.consent import Action, ConsentEvent, Kind, consent_event_to_json, kind_of
from kizuna.core.consent.fold import restarts, sms_class
from kizuna.core.events import Event, SourceKind
from kizuna.core.identity import identifiers
from kizuna.core.ids import address_id, digest
from kizuna.core.people import CHANNELS_OF, Address, Profile
from kizuna.core.rights.rights import HashKeys, IdentityKey, RightsEntry, identifier_of_address

PROFILE_KIND = "profile"  # under which the id of a profile is hashed, beside the kinds of identifiers
LOOK_AGAIN_AFTER = timedelta(minutes=15)  # longer than any function runs
LAKE_AFTER = timedelta(hours=1)  # longer than the delivery stream holds anything back
RESUME_AFTER = timedelta(minutes=5)  # a step that was not followed by another is taken up again
MARKS_KEPT = timedelta(days=60)  # twice what a queue and its dead-letter queue keep together


class Step(StrEnum):
    MARK = "mark"  # the hashes of what the person was known by, and the No of each address
    OWNERS = "owners"  # who leads to the person: identifiers, addresses, segments
    CONTENTS = "contents"  # timeline, messages, guards, everything in the person's partitions
    LEDGER = "ledger"  # bodies of consent events become what proves them
    QUARANTINE = "quarantine"
    BURY = "bury"  # the profiles become tombstones; announced
    CONTENTS_AGAIN = "contents_again"
    QUARANTINE_AGAIN = "quarantine_again"
    LAKE = "lake"
    CLOSE = "close"


ORDER = tuple(Step)
_WAITS = {Step.CONTENTS_AGAIN: LOOK_AGAIN_AFTER, Step.LAKE: LAKE_AFTER}


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure under way. It holds ids and hashes, and nothing that names the person.

    `at` is the instant of the erasure: what was received before it brings nobody back. `due_at` is when the sweep
    of alarms takes it up if nobody else does.
    """

    id: str
    person: str
    parts: tuple[str, ...]
    at: datetime
    actor: str
    ground: str
    hashes: tuple[tuple[str, str], ...]
    since: datetime
    due_at: datetime
    step: Step = Step.MARK
    cursor: str = ""
    counts: Mapping[str, int] | None = None
    version: int = 1  # of the row that says how far it has come

    @property
    def is_buried(self) -> bool:
        return ORDER.index(self.step) > ORDER.index(Step.BURY)

    def entry(self, kind: str, *, at: datetime) -> RightsEntry:
        """The line of the log."""
        return RightsEntry(
            self.id,
            kind,
            at,
            self.actor,
            self.ground,
            self.person,
            self.parts,
            self.hashes,
            self.counts,
            self.since,
        )


def held(profiles: Iterable[Profile]) -> dict[IdentityKey, None]:
    """Everything these profiles are known or reached by, each once."""
    found: dict[IdentityKey, None] = {}
    for profile in profiles:
        found.update(dict.fromkeys(profile.identities))
        addresses = profile.addresses.values()
        found.update(dict.fromkeys(identifier_of_address(each.channel, each.value) for each in addresses))
    return found


def begun(
    person: Profile, sides: Iterable[Profile], keys: HashKeys, *, now: datetime, actor: str, ground: str
) -> Erasure:
    """The erasure of a person with all `sides`: the profiles of its parts, as they are stored."""
    sides = tuple(sides)
    known = [*held(sides), *((PROFILE_KIND, part) for part in person.parts)]
    return Erasure(
        id=digest("erasure", person.id, now.isoformat()),
        person=person.id,
        parts=person.parts,
        at=now,
        actor=actor,
        ground=ground,
        hashes=tuple((kind, keys.hash(kind, value)) for kind, value in known),
        since=min((each.created_at for each in sides), default=now),
        due_at=now + RESUME_AFTER,
    )


def again(entry: RightsEntry, *, now: datetime, after: Erasure | None = None) -> Erasure:
    """An erasure of the log, to be done once more after tables were restored. It keeps its first instant.

    `after` is what is left of the first time, if it was not over.
    """
    return Erasure(
        id=entry.id,
        person=entry.person,
        parts=entry.parts,
        at=entry.at,
        actor=entry.actor,
        ground=entry.ground,
        hashes=entry.hashes,
        since=entry.since or entry.at,
        due_at=now + RESUME_AFTER,
        version=after.version + 1 if after else 1,
    )


def stepped(erasure: Erasure, *, now: datetime, cursor: str = "", done: Mapping[str, int]) -> Erasure:
    """The erasure after one piece of work: on with the step from `cursor`, or with the next step if there is none."""
    counts = {name: (erasure.counts or {}).get(name, 0) for name in (*(erasure.counts or {}), *done)}
    counts |= {name: counts[name] + number for name, number in done.items()}
    moved = replace(erasure, cursor=cursor, counts=counts, version=erasure.version + 1)
    if cursor:
        return replace(moved, due_at=now + RESUME_AFTER)
    following = ORDER[ORDER.index(erasure.step) + 1]
    return replace(moved, step=following, due_at=_due(following, now))


def _due(step: Step, now: datetime) -> datetime:
    return now + _WAITS.get(step, RESUME_AFTER)


def must_wait(erasure: Erasure, *, now: datetime) -> bool:
    """Whether the step is not to begin yet: somebody from before the erasure may still be writing."""
    return erasure.step in _WAITS and not erasure.cursor and erasure.due_at > now


# ── what becomes of the profiles ────────────────────────────────────────────────────────────────


def in_erasure(profile: Profile, *, now: datetime) -> Profile:
    """The profile from the first moment on: found by nobody, sent nothing, written by the erasure alone."""
    return replace(
        profile,
        version=profile.version + 1,
        reach_version=profile.reach_version + 1,
        status="erasing",
        due_at=None,
        updated_at=now,
    )


def tombstone(profile: Profile, *, at: datetime) -> Profile:
    """What stays of a profile: its id, versions that only rise, and the end of its chain, to prove it by."""
    return Profile(
        id=profile.id,
        version=profile.version + 1,
        reach_version=profile.reach_version + 1,
        created_at=at,
        updated_at=at,
        parts=(profile.id,),
        bucket_id=profile.id,
        merged_into=profile.merged_into,
        status="erased",
        ledger_head=profile.ledger_head,
        ledger_length=profile.ledger_length,
    )


# ── what is kept ────────────────────────────────────────────────────────────────────────────────


def suppressions(
    erasure: Erasure, addresses: Iterable[IdentityKey], ledger: Iterable[ConsentEvent], keys: HashKeys
) -> dict[str, tuple[ConsentEvent, ...]]:
    """What is kept of a person's No, by the hash of each address (`consent.md` 3.4).

    Always `suppression_hash`, which has the effect of an objection. Where more was said than that, a "do not
    contact" or a STOP of that number, this too: an erasure loosens nothing.
    """
    said = tuple(ledger)
    starts = [event for event in said if kind_of(event) is Kind.START]
    silence = any(event.action == Action.DO_NOT_CONTACT for event in said)
    kept = {}
    for kind, value in addresses:
        if kind not in CHANNELS_OF:
            continue
        mac = keys.hash(kind, value)
        acts = [_kept(erasure, mac, Action.SUPPRESSION_HASH)]
        if silence:
            acts.append(_kept(erasure, mac, Action.DO_NOT_CONTACT))
        number = address_id("sms", value) if kind == "phone" else ""
        stops = [event for event in said if kind_of(event) is Kind.STOP and event.endpoint == number]
        if any(not any(restarts(start, stop) for start in starts) for stop in stops):
            acts.append(_kept(erasure, mac, Action.SMS_IN, channel="sms", text="STOP"))
        kept[mac] = tuple(acts)
    return kept


def _kept(
    erasure: Erasure, mac: str, action: Action, *, channel: str = "*", text: str | None = None
) -> ConsentEvent:
    return ConsentEvent(
        id=digest("suppression", erasure.id, mac, action),
        action=action,
        at=erasure.at,
        received_at=erasure.at,
        channel=channel,
        topic="*",
        endpoint_hash=mac,
        source="erasure",
        actor="system",
        text=text,
    )


_PROVES = (
    "id",
    "action",
    "at",
    "received_at",
    "channel",
    "topic",
    "purpose",
    "brand",
    "basis",
    "lawful_basis",
    "jurisdiction",
    "actor",
    "identity_verified",
    "wording_version",
    "expires_at",
    "supersedes",
    "merged_at",
    "lifted_by",
    "token_valid",
)


def proof_of(event: ConsentEvent, addresses: Mapping[str, Address], keys: HashKeys) -> dict[str, Any]:
    """What proves a consent event once its body is gone: what was said, when, how, on which wording, for which hash.

    No text that somebody wrote, no id of theirs and no address: of these only keyed hashes, so that whoever brings
    the address or the evidence again can be answered.
    """
    plain = consent_event_to_json(event)
    kept = {name: plain[name] for name in _PROVES if name in plain}
    kept["source"] = (event.source or "").partition(":")[0]
    address = addresses.get(event.endpoint or "")
    if address is not None:
        kept["endpoint_hash"] = keys.hash(*identifier_of_address(address.channel, address.value))
    if event.proof:
        kept["proof_hash"] = keys.hash("proof", event.proof)
    if event.text is not None:
        kept["text_class"] = str(sms_class(event))
    return kept


# ── who is meant ────────────────────────────────────────────────────────────────────────────────


def came_at(event: Event) -> datetime:
    """When an event reached us. A provider's report waits in queues that are not ours: it came when it was made."""
    return event.at if event.source.kind is SourceKind.PROVIDER else event.received_at


def mentioned(event: Event) -> set[IdentityKey]:
    """Every identifier that an event gives for its person, with those that no rule of today would use."""
    device = event.context.get("device")
    region = event.traits.get("country")
    told = [
        ("user_id", identifiers.plain(event.user_id)),
        ("anonymous_id", identifiers.plain(event.anonymous_id)),
        ("anonymous_id", identifiers.plain(event.previous_id)),
        ("email", identifiers.email(event.traits.get("email"))),
        *(
            ("phone", identifiers.phone(event.traits.get(name), region if isinstance(region, str) else None))
            for name in ("phone", "whatsapp")
        ),
        ("line", identifiers.plain(event.traits.get("line"))),
        ("push_token", identifiers.plain(device.get("token")) if isinstance(device, Mapping) else None),
        *((kind, identifiers.normalised(kind, value)) for kind, value in event.identities),
    ]
    external = event.context.get("externalIds")
    for item in external if isinstance(external, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("type"), str):
            told.append((item["type"].strip().lower(), identifiers.plain(item.get("id"))))
    return {(kind, value) for kind, value in told if value}


def addresses_of_identifier(key: IdentityKey) -> tuple[str, ...]:
    """The ids of the addresses that an identifier is, one for each channel on which it reaches somebody."""
    kind, value = key
    return tuple(address_id(channel, value) for channel in CHANNELS_OF.get(kind, ()))
