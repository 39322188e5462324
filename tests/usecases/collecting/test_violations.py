"""The tracking plan at work: what it lets in, keeps apart and drops; the report; and bringing events back, once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Unavailable
from kizuna.core.events import Event, Source, SourceKind, Violation
from kizuna.core.intake.bus import from_bus
from kizuna.core.intake.canonical import event_from_canonical
from kizuna.topology import Queue
from kizuna.usecases.collecting.violations import Chosen, Replayed, replay, report
from tests.support.builders import NOON, SERVER, a_catalog, a_violation, an_event, some_documents
from tests.support.customers import PAGE, SEGMENTS, TRIGGERED, identify, order, orders_of
from tests.support.house import House

PLANNED: dict[str, Any] = {
    "id": "order-completed",
    "event": "Order Completed",
    "on_violation": "quarantine",
    "properties": {
        "revenue": {"type": "number", "required": True},
        "coupon": {"type": "string", "on_violation": "warn"},
        "card": {"type": "object", "on_violation": "reject"},
    },
}


def a_plan(event: dict[str, Any] = PLANNED, **policy: Any) -> Catalog:
    documents = {
        **some_documents(TRIGGERED),
        **{("segment", name): document for name, document in SEGMENTS.items()},
        ("event", event["id"]): event,
        ("policy", "policy"): {"id": "policy", "consent_categories": {"ads": "ad_audience"}, **policy},
    }
    return a_catalog(documents)


CATALOG = a_plan()
MENDED = a_plan({**PLANNED, "properties": {}})


def bought(number: int = 1, **changes: Any) -> Event:
    properties = changes.pop("properties", {"revenue": 10})
    return order(number, properties=properties, **changes)


def take(house: House, *events: Event, now: datetime = NOON) -> None:
    """What every entry point does with what ingest says."""
    done = house.ingest(*events, now=now)
    house.quarantine.keep(done.violations)


def brought_back(house: House, *, now: datetime = NOON) -> None:
    for body in house.taken(Queue.INGEST):
        source = Source(body["source"], SourceKind(body["source_kind"]))
        take(house, *(event_from_canonical(event, source) for event in body["events"]), now=now)


def counts(house: House) -> list[tuple[str, str, str, str, int]]:
    return [
        (row["event"], row["cause"], row["field"], row["fate"], row["count"])
        for row in report(house.quarantine).rows()
    ]


# ── letting in ──────────────────────────────────────────────────────────────────────────────────


def test_what_the_plan_warns_of_is_stored_and_reported_once_however_often_it_comes() -> None:
    house = House(CATALOG)
    odd = bought(1, properties={"revenue": 10, "coupon": 7})
    for _ in range(3):
        take(house, odd)
    assert orders_of(house.person("user_id", "u1")) == 1
    assert counts(house) == [("Order Completed", "plan_wrong_type", "properties.coupon", "stored", 1)]


def test_what_is_quarantined_is_kept_whole_and_counts_for_nothing() -> None:
    house = House(CATALOG)
    take(house, bought(1), bought(2, properties={"revenue": "10", "coupon": 7}))
    assert orders_of(house.person("user_id", "u1")) == 1
    kept, also = house.quarantine.report()
    assert (kept.cause, kept.path, kept.fate) == ("plan_wrong_type", "properties.revenue", "quarantined")
    assert json.loads(kept.raw)["properties"] == {"revenue": "10", "coupon": 7}
    assert (also.path, also.raw) == ("properties.coupon", "")  # told, and kept with the first


def test_of_what_is_rejected_nothing_is_kept() -> None:
    house = House(CATALOG)
    take(house, bought(1, properties={"revenue": 10, "card": "4111 1111"}))
    (told,) = house.quarantine.report()
    assert (told.fate, told.raw, told.path) == ("rejected", "", "properties.card")
    assert "4111" not in repr(told)
    assert house.people.stored == {}


def test_a_no_is_heard_in_an_event_that_is_kept_apart() -> None:
    house = House(CATALOG)
    refusals = {"consent": {"categoryPreferences": {"ads": False}}, "gpc": True, "locale": "ja"}
    wrong = bought(1, properties={}, context=refusals, source=PAGE)
    take(house, wrong)
    person = house.person("user_id", "u1")
    assert person.gpc
    assert person.language is None  # all else waits with the event
    assert [entry.event.action for entry in house.people.consents[person.id]] == ["withdraw"]
    house.catalog = MENDED
    replay(house.quarantine, house.queues, MENDED, now=NOON)
    brought_back(house)
    assert house.person("user_id", "u1").language == "ja"
    assert len(house.people.consents[person.id]) == 1


@pytest.mark.parametrize("action", ["quarantine", "reject"])
def test_a_yes_waits_with_its_event(action: str) -> None:
    house = House(a_plan({**PLANNED, "on_violation": action}))
    take(house, bought(1, properties={}, context={"consent": {"categoryPreferences": {"ads": True}}}))
    assert house.people.stored == {}


def test_a_batch_of_which_nothing_is_let_in_is_no_batch() -> None:
    house = House(CATALOG)
    done = house.ingest(bought(1, properties={}))
    assert (done.counted, done.left_over, len(done.violations)) == (0, (), 1)


# ── the report ──────────────────────────────────────────────────────────────────────────────────


def test_the_report_counts_by_field_whichever_event_of_a_batch_it_was() -> None:
    house = House(CATALOG)
    house.quarantine.keep([a_violation(number) for number in range(5)])
    house.quarantine.keep([a_violation(9, cause="too_many_traits", path="traits.x", raw="", stored=True)])
    assert counts(house) == [
        ("Order Completed", "missing_identity", "userId", "quarantined", 5),
        ("Order Completed", "too_many_traits", "traits.x", "stored", 1),
    ]
    assert report(house.quarantine).last_at == NOON + timedelta(seconds=9)


def test_a_report_of_few_pages_says_that_there_are_more() -> None:
    house = House(CATALOG)
    for number in range(3):
        house.quarantine.keep([a_violation(number)])
    assert not report(house.quarantine, pages=2).complete
    assert report(house.quarantine, pages=3).complete
    assert report(House(CATALOG).quarantine).rows() == []


# ── bringing back ───────────────────────────────────────────────────────────────────────────────


def test_after_the_fix_an_event_counts_exactly_once() -> None:
    house = House(CATALOG)
    take(house, bought(1, properties={"revenue": "10"}), bought(2))
    later = NOON + timedelta(hours=3)
    assert replay(house.quarantine, house.queues, CATALOG, now=later) == Replayed(still_refused=1)
    house.catalog = MENDED
    assert replay(house.quarantine, house.queues, MENDED, now=later) == Replayed(sent=1)
    brought_back(house, now=later)
    person = house.person("user_id", "u1")
    assert orders_of(person) == 2
    (event,) = [
        entry.event for entry in house.people.timeline(person.parts) if "replayedAt" in entry.event.extra
    ]
    assert (event.id, event.at, event.received_at) == ("event-1", bought(1).at, NOON)
    assert house.quarantine.report() == ()
    assert replay(house.quarantine, house.queues, MENDED, now=later) == Replayed()


def test_a_crash_between_queue_and_page_brings_it_twice_and_it_counts_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House(CATALOG)
    take(house, bought(1, properties={}))
    house.catalog = MENDED
    monkeypatch.setattr(house.quarantine, "settle", _crash)
    with pytest.raises(Unavailable):
        replay(house.quarantine, house.queues, MENDED, now=NOON)
    monkeypatch.undo()
    assert replay(house.quarantine, house.queues, MENDED, now=NOON + timedelta(hours=40)) == Replayed(sent=1)
    assert len(house.queues.sent[Queue.INGEST]) == 2
    brought_back(house)
    assert orders_of(house.person("user_id", "u1")) == 1


def _crash(page: str, left: Any) -> None:
    raise Unavailable("quarantine")


def test_if_the_queue_refuses_everything_stays() -> None:
    house = House(MENDED)
    house.quarantine.keep(House(CATALOG).ingest(bought(1, properties={})).violations)
    house.queues.down = True
    with pytest.raises(Unavailable):
        replay(house.quarantine, house.queues, MENDED, now=NOON)
    assert len(house.quarantine.report()) == 1


def test_a_dry_run_says_what_would_be_and_changes_nothing() -> None:
    house = House(MENDED)
    house.quarantine.keep(House(CATALOG).ingest(bought(1, properties={})).violations)
    assert replay(house.quarantine, house.queues, MENDED, now=NOON, dry_run=True) == Replayed(sent=1)
    assert len(house.quarantine.report()) == 1
    assert house.queues.sent[Queue.INGEST] == []


@pytest.mark.parametrize(
    ("chosen", "sent"),
    [
        (Chosen(), 2),
        (Chosen(source="website"), 1),
        (Chosen(cause="plan_missing_property"), 2),
        (Chosen(cause="missing_identity"), 0),
        (Chosen(event="Order Completed", source="backend"), 1),
        (Chosen(event="Seen"), 0),
    ],
)
def test_only_what_is_chosen_is_brought_back(chosen: Chosen, sent: int) -> None:
    house = House(MENDED)
    backend = replace(SERVER, id="backend")
    wrong = [bought(1, properties={}, source=PAGE), bought(2, properties={}, source=backend)]
    house.quarantine.keep(House(CATALOG).ingest(*wrong).violations)
    assert replay(house.quarantine, house.queues, MENDED, now=NOON, chosen=chosen).sent == sent
    assert len(house.quarantine.report()) == 2 - sent


def test_an_event_keeps_the_worth_of_its_source() -> None:
    house = House(MENDED)
    house.quarantine.keep(House(CATALOG).ingest(bought(1, properties={}, source=PAGE)).violations)
    house.quarantine.keep(House(CATALOG).ingest(bought(2, properties={})).violations)
    replay(house.quarantine, house.queues, MENDED, now=NOON)
    assert {body["source_kind"] for body in house.taken(Queue.INGEST)} == {"client", "server"}


def test_what_intake_refused_is_read_again_as_it_was_sent() -> None:
    sent = {
        "type": "track",
        "event": "Seen",
        "messageId": "m-1",
        "timestamp": "2026-11-20T08:00:00Z",
        "sentAt": "2026-11-20T08:00:01Z",
    }
    (violation,) = from_bus(sent, source=SERVER, received_at=NOON).violations
    assert violation.cause == "missing_identity"
    house = House(MENDED)
    house.quarantine.keep([violation])
    assert replay(house.quarantine, house.queues, MENDED, now=NOON) == Replayed(unreadable=1)
    mended = replace(violation, raw=json.dumps({**sent, "userId": "u1"}))
    house.quarantine.settle(next(iter(house.quarantine.pages()))[0], [mended])
    assert replay(house.quarantine, house.queues, MENDED, now=NOON + timedelta(days=1)) == Replayed(sent=1)
    ((body,),) = [message["events"] for message in house.taken(Queue.INGEST)]
    assert body["at"].startswith("2026-11-23T11:59:59")  # by its own clock's drift, and not by the replay's
    assert body["receivedAt"].startswith("2026-11-23T12:00")


def test_what_is_history_by_the_time_of_its_replay_starts_nothing() -> None:
    house = House(MENDED)
    house.quarantine.keep(House(CATALOG).ingest(bought(1, properties={})).violations)
    replay(house.quarantine, house.queues, MENDED, now=NOON + timedelta(days=2))
    ((body,),) = [message["events"] for message in house.taken(Queue.INGEST)]
    assert body["triggers"] is False


@pytest.mark.parametrize(
    "violation",
    [
        a_violation(cause="forbidden"),
        a_violation(cause="poisoned_message"),
        a_violation(cause="unreadable_report"),
        a_violation(cause="record_too_large", stored=True),
        a_violation(cause="identity_token_required", stored=True),
        a_violation(cause="plan_wrong_type", raw=""),
    ],
    ids=lambda violation: violation.cause,
)
def test_what_was_counted_or_is_not_ours_to_mend_is_not_brought_back(violation: Violation) -> None:
    house = House(MENDED)
    whole = replace(
        violation, raw=violation.raw and json.dumps({"type": "track", "event": "x", "userId": "u"})
    )
    house.quarantine.keep([whole])
    assert replay(house.quarantine, house.queues, MENDED, now=NOON) == Replayed()
    assert house.quarantine.report() == (whole,)


@pytest.mark.parametrize("raw", ["no json", "[1]", "7", '{"type":"track"}', "{}"])
def test_what_still_cannot_be_read_stays(raw: str) -> None:
    house = House(MENDED)
    house.quarantine.keep([a_violation(raw=raw)])
    assert replay(house.quarantine, house.queues, MENDED, now=NOON) == Replayed(unreadable=1)
    assert len(house.quarantine.report()) == 1


def test_a_mixed_page_keeps_what_is_left_of_it() -> None:
    house = House(MENDED)
    mended = House(CATALOG).ingest(bought(1, properties={})).violations
    house.quarantine.keep([a_violation(1, cause="forbidden"), *mended, a_violation(2, raw="")])
    progress: list[Replayed] = []
    replay(house.quarantine, house.queues, MENDED, now=NOON, progress=progress.append)
    assert [one.cause for one in house.quarantine.report()] == ["forbidden", "missing_identity"]
    assert progress == [Replayed(sent=1)]


def test_warnings_of_identify_calls_and_events_without_a_plan_leave_the_record_alone() -> None:
    traits = {"id": "identify", "type": "identify", "properties": {"age": {"type": "integer"}}}
    house = House(a_plan(traits))
    take(house, identify(age="7"), an_event("Seen", number=3, user_id="u1"))
    assert house.person("user_id", "u1").traits["age"].value == "7"
    assert counts(house) == [("", "plan_wrong_type", "traits.age", "stored", 1)]


def test_a_report_that_came_before_its_message_was_known_is_read_again() -> None:
    house = House(CATALOG)
    report_of = {"detail-type": "Email Bounced", "detail": {"eventType": "Bounce"}}
    unknown = Violation("unknown_message", "send_id", "not ours", "provider", NOON, json.dumps(report_of))
    unreadable = replace(unknown, raw="m1")
    house.quarantine.keep([unknown, unreadable])
    chosen = Chosen(cause="unknown_message")
    done = replay(house.quarantine, house.queues, CATALOG, now=NOON, chosen=chosen)
    assert done.sent == 1
    assert house.taken(Queue.FEEDBACK) == [report_of]
    assert [violation.raw for violation in house.quarantine.report()] == ["m1"]
