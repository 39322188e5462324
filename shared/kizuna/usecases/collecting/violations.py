"""What could not be used: how much of it there is, and bringing it back once the cause is mended.

quarantine ─ page by page ─▶ readable and fine now? ──▶ ingest queue ──▶ golden records
                                    └── no ──▶ stays, and is reported
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.events import Event, Source, SourceKind, Violation
from kizuna.core.intake.bus import from_bus
from kizuna.core.intake.canonical import event_from_canonical
from kizuna.core.intake.causes import Cause
from kizuna.core.ports import Quarantine, Queues
from kizuna.core.quality.tracking_plan import gravest
from kizuna.topology import Queue
from kizuna.usecases.collecting.collect import left_over_bodies

# Causes that a change of definitions or of our code can mend. What a key may not do, and what no event is, stays.
REPLAYABLE = frozenset(
    {
        *(cause.value for cause in Cause),
        "no_usable_identity",
        "record_too_large",
        "plan_unknown_event",
        "plan_unknown_property",
        "plan_missing_property",
        "plan_wrong_type",
        "plan_not_allowed",
        "plan_out_of_range",
        "plan_too_long",
        "plan_pattern",
    }
)
# What intake refused is kept as it was sent, in whatever words: it is never taken for an event in our own form.
_KEPT_AS_SENT = frozenset(cause.value for cause in Cause)
UNKNOWN_MESSAGE = "unknown_message"  # a provider's report that came before, or without, what it is about
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Row:
    """Violations that are alike. `field` is the place in the event, whichever of a batch it was."""

    source: str
    event: str
    cause: str
    field: str
    reason: str
    fate: str


@dataclass(frozen=True, slots=True)
class Report:
    """How many there are of each, the most frequent first. `complete` is False where pages were left out."""

    counts: tuple[tuple[Row, int], ...]
    last_at: datetime | None
    complete: bool = True

    def rows(self) -> list[dict[str, Any]]:
        """The same as plain values."""
        return [
            {
                "source": row.source,
                "event": row.event,
                "cause": row.cause,
                "field": row.field,
                "reason": row.reason,
                "fate": row.fate,
                "count": count,
            }
            for row, count in self.counts
        ]


def report(quarantine: Quarantine, *, day: str | None = None, pages: int | None = None) -> Report:
    """Count what is kept, of one day of receipt or of all; of at most so many pages."""
    counts: Counter[Row] = Counter()
    last: datetime | None = None
    found = iter(quarantine.pages(day=day))
    for _, page in islice(found, pages):
        for violation in page:
            counts[_row(violation)] += 1
            last = max(last or violation.received_at, violation.received_at)
    ordered = sorted(counts.items(), key=lambda each: (-each[1], *_texts(each[0])))
    return Report(tuple(ordered), last, complete=next(found, None) is None)


def _row(violation: Violation) -> Row:
    field = _INDEX.sub("[]", violation.path).removeprefix("batch[].").removeprefix("batch[]")
    return Row(
        violation.source, violation.event_name, violation.cause, field, violation.reason, violation.fate
    )


def _texts(row: Row) -> tuple[str, ...]:
    return (row.source, row.event, row.cause, row.field, row.reason, row.fate)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which violations to replay: what is not given is not asked about."""

    source: str | None = None
    cause: str | None = None
    event: str | None = None

    def takes(self, violation: Violation) -> bool:
        return (
            self.source in (None, violation.source)
            and self.cause in (None, violation.cause)
            and self.event in (None, violation.event_name)
        )


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of the quarantined events that were looked at."""

    sent: int = 0
    still_refused: int = 0
    unreadable: int = 0

    def __add__(self, other: Replayed) -> Replayed:
        return Replayed(
            self.sent + other.sent,
            self.still_refused + other.still_refused,
            self.unreadable + other.unreadable,
        )


def replay(
    quarantine: Quarantine,
    queues: Queues,
    catalog: Catalog,
    *,
    now: datetime,
    chosen: Chosen = Chosen(),
    day: str | None = None,
    dry_run: bool = False,
    progress: Callable[[Replayed], None] = lambda done: None,
) -> Replayed:
    """Send what can be used now through ingest, page by page, and take it out of quarantine.

    Each event counts once. It keeps its id, so that doing this again within 48 hours changes nothing: the queue is
    told before the page is settled, and a crash in between leaves the page for the next try. What ingest refuses
    again comes back to quarantine by itself. An event that is history by now starts nothing.
    """
    done = Replayed()
    for name, page in quarantine.pages(day=day):
        reports, others = _reports_of(page, chosen)
        events, left, result = _read_page(others, catalog, chosen, now)
        result += Replayed(sent=len(reports))
        if (events or reports) and not dry_run:
            queues.send(Queue.INGEST, list(left_over_bodies(events)))
            queues.send(Queue.FEEDBACK, reports)
            quarantine.settle(name, left)
        done += result
        progress(done)
    return done


def _reports_of(page: Iterable[Violation], chosen: Chosen) -> tuple[list[Mapping[str, Any]], list[Violation]]:
    """What providers reported of messages that were not known then, as it came; and everything else.

    Whoever is still not known is kept once more.
    """
    reports: list[Mapping[str, Any]] = []
    others: list[Violation] = []
    for violation in page:
        report = _report(violation) if chosen.takes(violation) else None
        if report is None:
            others.append(violation)
        else:
            reports.append(report)
    return reports, others


def _report(violation: Violation) -> Mapping[str, Any] | None:
    if violation.cause != UNKNOWN_MESSAGE:
        return None
    try:
        body = json.loads(violation.raw)
    except ValueError:
        return None
    return body if isinstance(body, Mapping) else None


def _read_page(
    page: Iterable[Violation], catalog: Catalog, chosen: Chosen, now: datetime
) -> tuple[list[Event], list[Violation], Replayed]:
    events: list[Event] = []
    left: list[Violation] = []
    result = Replayed()
    for violation in page:
        waits = violation.fate == "quarantined" and violation.cause in REPLAYABLE
        if not waits or not chosen.takes(violation):
            left.append(violation)
            continue
        event = _event_of(violation, now)
        if event is None:
            left.append(violation)
            result += Replayed(unreadable=1)
        elif gravest(catalog.plan.judge(event)) in ("quarantine", "reject"):
            left.append(violation)
            result += Replayed(still_refused=1)
        else:
            live = event.at > catalog.policy.live_within.before(now)
            events.append(replace(event, triggers=event.triggers and live))
            result += Replayed(sent=1)
    return events, left, result


def _event_of(violation: Violation, now: datetime) -> Event | None:
    """The event as it came, with its own times; None if it still cannot be read.

    A note of the replay stays with it. Where nothing says whose word it was, it is worth a page's.
    """
    source = Source(violation.source, SourceKind(violation.source_kind or SourceKind.CLIENT))
    try:
        body = json.loads(violation.raw)
    except ValueError:
        return None
    if not isinstance(body, Mapping):
        return None
    ours = None if violation.cause in _KEPT_AS_SENT else _canonical(body, source)
    event = ours or _as_sent(body, source, violation.received_at)
    if event is None:
        return None
    return replace(event, extra={**event.extra, "replayedAt": instant_to_text(now)})


def _canonical(body: Mapping[str, Any], source: Source) -> Event | None:
    try:
        return event_from_canonical(body, source)
    except ValueError:
        return None


def _as_sent(body: Mapping[str, Any], source: Source, received_at: datetime) -> Event | None:
    """What a client sent and intake could not read then, or what was not refused for its form."""
    read = from_bus(body, source=source, received_at=received_at)
    return read.events[0] if read.events else None
