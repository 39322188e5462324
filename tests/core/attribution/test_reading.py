"""Touches and successes out of rows of the lake: whose word counts, what is a repeat, and who is one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.attribution.reading import histories_of
from kizuna.core.attribution.report import History
from kizuna.core.campaigns import Goal
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.lake_rows import event_row
from tests.support.builders import NOON, an_event

DAY = timedelta(days=1)
GOAL = Goal.model_validate(
    {
        "event": "Order Completed",
        "value_of": "total",
        "where": [{"property": "total", "op": "gte", "value": 10}],
    }
)
PROVIDER = Source("provider", SourceKind.PROVIDER)


def click(at: datetime = NOON, *, source: Source = PROVIDER, **told: Any) -> Event:
    properties = {"message_id": "m1", "campaign": "spring", "channel": "email", **told}
    return an_event(
        "Email Clicked", id=f"c-{at}", at=at, received_at=at, source=source, properties=properties
    )


def bought(at: datetime = NOON, **changes: Any) -> Event:
    return an_event(**{"id": f"o-{at}", "at": at, "received_at": at, **changes})


def nobody_merged(parts: Iterable[str]) -> Mapping[str, str]:
    return {part: part for part in parts}


def read(
    *events: Event, part: str = "p1", rows: Iterable[dict[str, Any]] = (), living: Any = nobody_merged
) -> list[History]:
    told = [event_row(part, event, stored=event.received_at) for event in events]
    return histories_of([*told, *rows], GOAL, since=NOON - DAY, until=NOON, live_within=DAY, living=living)


def test_a_click_and_an_order_become_one_history() -> None:
    (history,) = read(click(NOON - timedelta(hours=2)), bought())
    assert [(touch.kind, touch.message, touch.source.campaign) for touch in history.touches] == [
        ("click", "m1", "spring")
    ]
    assert [(success.at, success.amount, success.currency) for success in history.successes] == [
        (NOON, 1250, "XXX")
    ]


@pytest.mark.parametrize(
    "event",
    [
        click(machine=True),
        click(shared_address=True),
        click(message_id=""),
        click(source=Source("website", SourceKind.CLIENT)),
        click(source=Source("provider", SourceKind.SERVER)),
        bought(NOON - DAY),
        bought(NOON + timedelta(seconds=1)),
        bought(properties={"total": 9}),
        bought(triggers=False),
        bought(received_at=NOON + 2 * DAY),
        bought(type="page"),
    ],
)
def test_what_counts_nowhere(event: Event) -> None:
    assert read(event) == []


def test_a_row_that_lies_there_twice_counts_once_and_one_that_moved_where_it_is_now() -> None:
    row = event_row("p1", bought(), stored=NOON)
    moved = event_row("p2", bought(), stored=NOON + DAY)
    touched = event_row("p2", click(NOON - timedelta(hours=1)), stored=NOON)
    (history,) = read(rows=[row, row, moved, touched, touched])
    assert (len(history.touches), len(history.successes)) == (1, 1)


def test_two_profiles_that_are_one_person_by_now_have_one_history() -> None:
    rows = [event_row("p2", bought(), stored=NOON)]
    (history,) = read(
        click(NOON - timedelta(hours=1)), rows=rows, living=lambda parts: dict.fromkeys(parts, "p1")
    )
    assert history.touches
    assert history.successes


def test_a_message_that_went_out_is_a_touch_of_the_variant_it_was() -> None:
    sent = {
        "kind": "message",
        "id": "m1.3",
        "state": "SENT",
        "person": "p1",
        "campaign": "spring",
        "channel": "sms",
        "variant": "warm~x",
        "at": "2026-11-22T12:00:00.000Z",
    }
    (history,) = read(rows=[sent, {**sent, "id": "m1.4"}])
    assert {(touch.message, touch.kind, touch.source.variant) for touch in history.touches} == {
        ("m1", "sent", "warm~x")
    }


def test_the_same_rows_in_any_order_are_the_same_histories() -> None:
    events = [click(NOON - timedelta(hours=number), message_id=f"m{number}") for number in range(1, 5)]
    events += [bought(NOON - timedelta(minutes=number)) for number in range(4)]
    assert read(*events) == read(*reversed(events))
    assert read(*(replace(event) for event in events)) == read(*events)
