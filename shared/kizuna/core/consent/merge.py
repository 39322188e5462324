"""What a merge of two people does to their ledgers (`consent.md` 3.4): it never loosens a consent.

left    withdraw ────────────────────┐ carried over: counts from the merge
right               grant            │ (older than the merge: lifts nothing of the left side)
                                     ▼
united  withdraw ── grant ── merge ─ copy of the withdraw ── only a grant from here on lifts it
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from kizuna.core.consent.events import ConsentEvent
from kizuna.core.consent.fold import Kind, deduplicated, in_force, kind_of, restarts

_CARRIED = frozenset({Kind.OPT_OUT, Kind.STOP, Kind.REVIEW})


def carried_over(events: Iterable[ConsentEvent], *, merge_id: str, at: datetime) -> tuple[ConsentEvent, ...]:
    """The copies that a merge at `at` appends for the opt-outs of *one* side; `united` does both.

    A STOP or an open review is copied unless a START of its own phone lifted it. A withdrawal or one-click is
    always copied, because a grant lifts it for one address and one topic only: the later grants of its own
    side, and the clicks that confirm them, are named in `lifted_by` and go on lifting what they did, while no other
    grant or click older than the merge can.
    What nothing lifts (`object`, `do_not_contact`, `suppression_hash`) stands by itself. Asking twice gives
    the same copies under the same ids; a later merge carries the copy on and not the original again.
    """
    side = [(event, kind_of(event)) for event in in_force(events)]
    carried_before = {event.supersedes for event, _ in side if event.merged_at is not None}
    starts = [event for event, kind in side if kind is Kind.START and event.at <= at]
    grants = [event for event, kind in side if kind in (Kind.GRANT, Kind.CONFIRM)]
    return tuple(
        _copy(event, grants, merge_id=merge_id, at=at)
        for event, kind in side
        if kind in _CARRIED
        and event.id not in carried_before
        and not (kind is not Kind.OPT_OUT and any(restarts(start, event) for start in starts))
    )


def united(
    left: Iterable[ConsentEvent], right: Iterable[ConsentEvent], *, merge_id: str, at: datetime
) -> tuple[ConsentEvent, ...]:
    """The ledger after a merge at `at`: the events of both sides, each once, then the copies.

    Which side is named first makes no difference to any decision.
    """
    left, right = deduplicated(left), deduplicated(right)
    copies: dict[str, ConsentEvent] = {}
    for copy in (
        *carried_over(left, merge_id=merge_id, at=at),
        *carried_over(right, merge_id=merge_id, at=at),
    ):
        twin = copies.get(copy.id)
        copies[copy.id] = copy if twin is None else _stricter(copy, twin)
    return deduplicated((*left, *right, *copies.values()))


def _stricter(copy: ConsentEvent, twin: ConsentEvent) -> ConsentEvent:
    """Of an event that stood on both sides: only a grant that both sides had may keep lifting it."""
    return replace(copy, lifted_by=tuple(one for one in copy.lifted_by if one in twin.lifted_by))


def _copy(
    event: ConsentEvent, grants: Iterable[ConsentEvent], *, merge_id: str, at: datetime
) -> ConsentEvent:
    merged_at = max(at, event.effective_at)  # an opt-out dated in the future does not move forward
    lifting = {grant.id for grant in grants if event.effective_at < grant.at <= merged_at}
    return replace(
        event,
        id=f"merge:{merge_id}:{event.id}",
        supersedes=event.id,
        merged_at=merged_at,
        lifted_by=tuple(sorted(lifting.union(event.lifted_by))),
        prev_hash=None,
    )
