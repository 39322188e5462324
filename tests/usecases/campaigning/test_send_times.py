"""A message that is meant for a later moment waits in its row, and is judged by what holds when that has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.messages import State
from tests.support.builders import CAMPAIGN, NOON, a_catalog, an_event, some_documents
from tests.support.customers import DAILY, SEGMENTS, identify, subscribe
from tests.support.house import House

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TOKYO = ZoneInfo("Asia/Tokyo")
AT_TEN = {"mode": "local", "local_time": "10:00"}
BEST: dict[str, Any] = {"mode": "best_hour", "explore": 0}
TOMORROW_AT_TEN = datetime(
    2026, 11, 25, 10, tzinfo=TOKYO
)  # noon in London and a day, then the next ten o'clock


def a_shop(send_time: dict[str, Any], campaign: dict[str, Any] | None = None, **policy: Any) -> Catalog:
    documents = {
        **some_documents(CAMPAIGN | DAILY | {"send_time": send_time} | (campaign or {})),
        **{("segment", name): document for name, document in SEGMENTS.items()},
        ("policy", "policy"): policy,
    }
    return a_catalog(documents)


def in_tokyo(catalog: Catalog) -> House:
    house = House(catalog)
    house.ingest(subscribe("u1"), identify(user="u1", number=9, timezone="Asia/Tokyo"))
    house.settle()
    return house


def launch(house: House, now: datetime = NOON) -> None:
    house.start("spring", now, now=now)
    house.walk(now=now)
    house.settle(now=now)
    house.send(now=now)
    house.settle(now=now)


def when_due(house: House, now: datetime) -> None:
    house.ring(now=now)
    house.settle(now=now)
    house.send(now=now)
    house.settle(now=now)


def test_a_message_waits_for_ten_oclock_where_the_person_is_and_goes_then() -> None:
    house = in_tokyo(a_shop(AT_TEN))
    launch(house)
    waiting = house.only_message()
    assert (waiting.state, waiting.reason) == (State.DEFERRED, "send_time")
    assert waiting.not_before == TOMORROW_AT_TEN
    assert waiting.expires_at == TOMORROW_AT_TEN + 2 * DAY, "it is late by its own moment, not by the run's"
    assert waiting.decision["moment"] == {"because": "local_time", "at": instant_to_text(TOMORROW_AT_TEN)}
    when_due(house, TOMORROW_AT_TEN - HOUR)
    assert not house.email.sent
    when_due(house, TOMORROW_AT_TEN)
    assert (house.only_message().state, len(house.email.sent)) == (State.SENT, 1)
    assert house.only_message().decision["moment"]["because"] == "local_time", (
        "and the record goes on to say why"
    )


def test_a_second_tick_and_a_second_walk_change_nothing() -> None:
    house = in_tokyo(a_shop(AT_TEN))
    launch(house)
    before = house.only_message()
    launch(house, NOON)
    assert house.only_message() == before


def test_who_says_no_while_it_waits_hears_nothing() -> None:
    house = in_tokyo(a_shop(AT_TEN))
    launch(house)
    house.ingest(subscribe("u1", number=2, status="UNSUBSCRIBED", at=NOON + HOUR), now=NOON + HOUR)
    house.settle(now=NOON + HOUR)
    when_due(house, TOMORROW_AT_TEN)
    assert house.only_message().state is State.DENIED
    assert not house.email.sent


def test_who_may_not_be_written_to_at_all_is_refused_at_once() -> None:
    house = House(a_shop(AT_TEN))
    house.ingest(identify(user="u1", email="u1@example.com", timezone="Asia/Tokyo"))
    house.settle()
    launch(house)
    assert (house.only_message().state, house.only_message().reason) == (State.DENIED, "no_consent")


def test_caps_count_a_message_on_the_day_it_is_heard() -> None:
    """One a day: a run of today, and one that is heard in two days, do not stand in each other's way."""
    cap = {"count": 1, "window": {"calendar_local": "day"}}
    other = CAMPAIGN | DAILY | {"id": "news", "name": "News"}
    documents = {
        **some_documents(CAMPAIGN | DAILY | {"send_time": AT_TEN}, other),
        **{("segment", name): document for name, document in SEGMENTS.items()},
        ("policy", "policy"): {"frequency_caps": [cap]},
    }
    house = in_tokyo(a_catalog(documents))
    house.start("news", NOON, now=NOON)
    launch(house)
    assert sorted(message.state for message in house.messages.stored.values()) == [State.DEFERRED, State.SENT]
    when_due(house, TOMORROW_AT_TEN)
    assert {message.state for message in house.messages.stored.values()} == {State.SENT}


def test_quiet_hours_are_those_of_the_moment_and_not_of_the_decision() -> None:
    quiet = [{"windows": {"every_day": [["09:00", "20:00"]]}}]
    house = in_tokyo(a_shop(AT_TEN, quiet_hours=quiet))
    launch(house)  # nine in the evening in Tokyo: closed now, open when it is meant
    assert (house.only_message().reason, house.only_message().not_before) == ("send_time", TOMORROW_AT_TEN)
    at_night = in_tokyo(a_shop(AT_TEN | {"local_time": "23:00", "lead": "0s"}, quiet_hours=quiet))
    launch(at_night)
    assert at_night.only_message().reason == "quiet_hours"
    assert at_night.only_message().not_before == datetime(2026, 11, 24, 9, tzinfo=TOKYO)


def test_whose_time_is_over_is_left_out_with_that_reason() -> None:
    house = in_tokyo(a_shop(AT_TEN | {"local_time": "13:00", "lead": "0s", "if_passed": "skip"}))
    launch(house)
    message = house.only_message()
    assert (message.state, message.reason) == (State.DENIED, "send_time_passed")
    assert message.decision["moment"] == {"because": "passed"}


def test_with_an_experiment_on_the_hour_each_arm_has_its_own() -> None:
    arms = [{"name": "noon"}, {"name": "evening", "send_time": {"mode": "local", "local_time": "19:00"}}]
    house = House(a_shop(AT_TEN, {"experiment": {"arms": arms}}))
    for number in range(30):
        user = f"u{number}"
        house.ingest(subscribe(user), identify(user=user, number=9, timezone="Asia/Tokyo"))
    house.settle()
    launch(house)
    hours = {
        (message.variant.partition(":")[0] or message.variant, message.not_before.astimezone(TOKYO).hour)
        for message in house.messages.stored.values()
        if message.not_before
    }
    assert {hour for _, hour in hours} == {10, 19}
    assert len(hours) == 2


# ── best hour ───────────────────────────────────────────────────────────────────────────────────


PROVIDER = Source("ses", SourceKind.PROVIDER)
PING = {"id": "ping", "name": "Ping", "trigger": {"type": "event", "event": "Pinged"}, "audience": None}


def opened(number: int, at: datetime) -> Event:
    return an_event("Email Opened", number=number, user_id="u1", source=PROVIDER, at=at, received_at=at)


def test_what_somebody_did_with_our_mails_decides_when_they_get_the_next() -> None:
    """Written to each morning and each evening of six days, and it is in the evening that they look."""
    documents = {
        **some_documents(CAMPAIGN | DAILY | {"send_time": {**BEST, "shrinkage": 1}}, CAMPAIGN | PING),
        ("policy", "policy"): {},
    }
    documents["campaign", "ping"] = {
        name: value for name, value in documents["campaign", "ping"].items() if value is not None
    }
    house = in_tokyo(a_catalog(documents))
    for day in range(1, 7):
        for hour in (9, 19):
            at = datetime(2026, 11, 16, hour, 30, tzinfo=TOKYO) + day * DAY
            number = 100 * day + hour
            pinged = an_event("Pinged", number=number, user_id="u1", at=at, received_at=at)
            house.ingest(pinged, now=at)
            house.settle(now=at)
            house.send(now=at)
            house.settle(now=at)
            if hour == 19:
                house.ingest(opened(10_000 + number, at + HOUR / 2), now=at + HOUR / 2)
                house.settle(now=at + HOUR / 2)
    assert len(house.email.sent) == 12
    launch(house)
    [message] = [each for each in house.messages.stored.values() if each.campaign == "spring"]
    moment = message.decision["moment"]
    assert (moment["because"], moment["hour"], moment["own"]) == ("own_habit", 19, [6, 6])
    assert message.not_before is not None
    assert message.not_before.astimezone(TOKYO).hour == 19


def test_what_nobody_asks_for_is_neither_counted_nor_kept() -> None:
    catalog = a_shop({"mode": "now"})
    assert catalog.learned_channels == frozenset()
    assert "Message Sent" not in {need.event for need in catalog.needs.values()}


@pytest.mark.parametrize("zone", ["Asia/Tokyo", None])
def test_what_goes_out_is_counted_in_the_hour_of_its_person_and_a_reaction_with_it(zone: str | None) -> None:
    house = House(a_shop({**BEST, "window": ["00:00", "24:00"], "fallback": "21:00"}))
    house.ingest(subscribe("u1"), *([identify(user="u1", number=9, timezone=zone)] if zone else []))
    house.settle()
    launch(house)  # Monday, nine in the evening in Tokyo
    when_due(house, NOON + 0.98 * HOUR)
    when_due(house, NOON + 10 * HOUR)
    sent = house.only_message()
    assert sent.state is State.SENT
    house.messages.add_fact(sent.id, "opened", NOON + 11 * HOUR)
    house.settle(now=NOON + 11 * HOUR)
    counted = house.rhythms.of("email").by_hour
    assert {slot: (hits.tries, hits.hits) for slot, hits in counted.items()} == ({21: (1, 1)} if zone else {})
