"""What the ledgers of both sides get when a merge is undone (`consent.md` 3.4, `rules-spec.md` 2.5).

    refused before the merge   stands in the refuser's own ledger; what the merge had carried over is taken back
    refused since              both
    permitted since            the side whose address it names, and is taken back in the other's ledger

Ledgers only grow: what is taken back is taken back by an entry of its own (`Action.MERGE_UNDONE`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.consent import Action, ConsentEvent, Kind, in_force, kind_of
from kizuna.core.consent.signals import consent_signals
from kizuna.core.ids import digest
from kizuna.core.merges.log import MergeRecord
from kizuna.core.merges.unmerge_routing import Routed
from kizuna.core.people import Profile

_OF_BOTH = frozenset(
    # A START lifts only the STOP of its own phone: it goes wherever that STOP goes.
    {Kind.OPT_OUT, Kind.STOP, Kind.REVIEW, Kind.OBJECTION, Kind.DO_NOT_CONTACT, Kind.START}
)
_OF_ONE = frozenset({Kind.GRANT, Kind.CONFIRM})


@dataclass(frozen=True, slots=True)
class Side:
    """One side as restored, and what its events say on consent, read anew."""

    profile: Profile
    heard: tuple[ConsentEvent, ...]


def consents_of(
    sides: dict[str, Side],
    bases: Mapping[str, Profile],
    whose: Routed,
    record: MergeRecord,
    recorded: Sequence[ConsentEvent],
    copied: Mapping[str, frozenset[str]],
    catalog: Catalog,
    *,
    now: datetime,
) -> dict[str, list[ConsentEvent]]:
    """The entries that each side's ledger gets. In `sides` the last words are brought in line with them.

    `recorded` are the entries of the person's own chain since the merge, `copied` the ids that the chains of the
    absorbed have got since.
    """
    carried = f"merge:{record.id}"
    standing = [event for event in in_force(recorded) if not event.id.startswith(f"{carried}:")]
    wanted: dict[str, list[ConsentEvent]] = {side: [] for side in record.sides}
    others = [side for side in record.sides if side != record.primary]
    for event in standing:
        kind = kind_of(event)
        giver = _giver(event, sides, whose, catalog) if kind in _OF_ONE else record.primary
        receivers = others if kind in _OF_BOTH else [giver] if giver != record.primary else []
        for each in receivers:
            wanted[each].append(_copy(event, record, each))
        if giver != record.primary:
            wanted[record.primary].append(_undoing(event.id, record, now=now))
    known = {event.id for event in recorded}
    for name, side in list(sides.items()):
        for event in side.heard:
            if event.id not in known and kind_of(event) in _OF_BOTH:
                for each in record.sides:  # for the united person it was no news, for this side alone it is
                    wanted[each].append(replace(event, subject_ref=each))
        sides[name] = Side(_with_recorded_words(side.profile, bases[name], whose, known), side.heard)
    if any(event.id.startswith(f"{carried}:") for event in recorded):
        # At the end: it alone would loosen something for the united person, so it never goes ahead of the parting.
        wanted[record.primary].append(_undoing(carried, record, now=now))
    held = {record.primary: frozenset(known), **copied}
    return {side: _missing(events, held.get(side, frozenset())) for side, events in wanted.items()}


def _missing(events: Iterable[ConsentEvent], held: frozenset[str]) -> list[ConsentEvent]:
    return [event for event in {event.id: event for event in events}.values() if event.id not in held]


def _undoing(what: str, record: MergeRecord, *, now: datetime) -> ConsentEvent:
    return ConsentEvent(
        id=f"unmerge:{record.id}:undo:{what}",
        action=Action.MERGE_UNDONE,
        at=now,
        received_at=now,
        subject_ref=record.primary,
        actor="system",
        source="unmerge",
        supersedes=what,
    )


def _copy(event: ConsentEvent, record: MergeRecord, side: str) -> ConsentEvent:
    """What was recorded for the united person, for the other side too. It counts from when it happened."""
    return replace(
        event,
        id=f"unmerge:{record.id}:{event.id}",
        supersedes=event.id,
        subject_ref=side,
        lifted_by=(),
        prev_hash=None,
    )


def _giver(event: ConsentEvent, sides: Mapping[str, Side], whose: Routed, catalog: Catalog) -> str:
    """Whose permission it is: whose address it names, and if that is nobody's or everybody's, who said it."""
    holding = [side for side, each in sides.items() if event.endpoint and each.profile.holds(event.endpoint)]
    if len(holding) == 1:
        return holding[0]
    silent = replace(_union_of(sides), consent_scopes={})
    for told in whose.order:
        said, _, _ = consent_signals(told, silent, catalog.policy.consent_categories)
        if any(each.id == event.id for each in said):
            return whose.side_of(told) or whose.primary
    return whose.primary


def _union_of(sides: Mapping[str, Side]) -> Profile:
    """Somebody who has the addresses of all sides."""
    one = next(iter(sides.values())).profile
    addresses = [address for side in sides.values() for address in side.profile.addresses.values()]
    return replace(one, addresses={address.key: address for address in addresses})


def _with_recorded_words(profile: Profile, base: Profile, whose: Routed, recorded: set[str]) -> Profile:
    """Without the words that were not recorded, because for the united person they changed nothing.

    Then the next such word is a change again, and is recorded with its proof. Until then its silence is No.
    """
    events = whose.events_of(base.id)
    words = dict(base.consent_scopes)
    for scope, word in profile.consent_scopes.items():
        is_news = word.startswith("grant@") and not words.get(scope, "").startswith("grant@")
        ids = (digest("consent", event.source.id, event.id, scope) for event in events)
        if not is_news or any(consent in recorded for consent in ids):
            words[scope] = word
    return replace(profile, consent_scopes=words)
