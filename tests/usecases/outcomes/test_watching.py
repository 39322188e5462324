"""Runs are paused in time, and innocent ones are not (D1); errors, money and rates pull their brakes."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.messages import By, Message, NotAccepted, Rejected, State, claimed, move, with_fact
from kizuna.core.restraint.brakes import Hold, Pause, RunBrake
from kizuna.core.restraint.cohorts import Mark, News, counted, watched_on
from kizuna.core.settlement import settled
from kizuna.local.memory.merges import InMemoryMerges
from kizuna.local.memory.results import InMemoryResults
from kizuna.topology import Queue
from kizuna.usecases.delivery import deliver
from kizuna.usecases.measuring.noting import Noter, note_facts
from kizuna.usecases.outcomes.braking import Handbrake, in_silence, pause_run, release_marketing, resume_run
from kizuna.usecases.outcomes.watching import Watcher, note_event, note_message, ring_for
from kizuna.usecases.reacting.wake import sweep
from tests.support.builders import NOON, a_message, new
from tests.support.customers import decided
from tests.support.fakes import (
    InMemoryBus,
    InMemoryCounters,
    InMemoryMessages,
    InMemoryPeople,
    InMemoryQueues,
)
from tests.support.fakes_of_brakes import InMemoryBrakes, InMemoryCohorts

MINUTE = timedelta(minutes=1)
RUN = ("spring", "20261123T1200Z")
PROVIDER = Source("provider", SourceKind.PROVIDER)
NO = Rejected("no")
EVERYTHING = ("RunPaused", "RunResumed", "MarketingWarned", "MarketingStopped", "MarketingReleased")


@dataclass
class World:
    """Messages that go out one a minute, and what comes back; alarms ring as the sweep finds them."""

    policy: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        policy = EngagementPolicy.model_validate({"publish": EVERYTHING, **self.policy})
        self.catalog = Catalog(policy=policy)
        self.people, self.queues = InMemoryPeople(), InMemoryQueues()
        self.messages = InMemoryMessages(self.people)
        self.bus, self.brakes = InMemoryBus(), InMemoryBrakes()
        self.counters, self.cohorts = InMemoryCounters(self.messages), InMemoryCohorts(self.messages)
        self.results = InMemoryResults(self.messages, self.counters)
        self.noter = Noter(self.people, self.messages, self.results, lambda: InMemoryMerges(self.people))
        self.on = Watcher(self.messages, self.cohorts, self.counters, self.brakes, self.bus, self.results)
        self.made = 0

    def sent(self, at: datetime, **changes: Any) -> Message:
        """A message that goes out and, if it is mail, arrives at this moment."""
        self.made += 1
        first = a_message(f"p{self.made}", **{"address": f"p{self.made}@example.com", **changes})
        self.messages.create(new(first))
        mine = claimed(first, owner="w", now=at)
        gone = move(mine, State.SENT, now=at, reason=first.reason)
        self.change(mine, gone, now=at)
        if gone.channel == "email":
            self.change(gone, with_fact(gone, "delivered", at), now=at)
        return gone

    def change(self, before: Message, after: Message, *, now: datetime) -> None:
        self.messages.stored[after.id] = after
        if after.state_version != before.state_version:
            of_day = self.catalog.policy.send_budget.counts(after.category)
            self.counters.count(after, of_day=of_day)
        if after.facts != before.facts:
            note_facts(before, after, self.noter, self.catalog)
        note_message(before, after, self.on, self.catalog, now=now)

    def tell(self, name: str, message: Message, at: datetime, **properties: Any) -> None:
        told = {"message_id": message.id, "address_id": message.address_id, **properties}
        event = Event(
            type="track", id=f"{name}-{message.id}", source=PROVIDER, at=at, received_at=at, name=name,
            properties=told, profile_id=message.person,
        )  # fmt: skip
        note_event(event, message.person, self.on, self.catalog, now=at)

    def ring(self, now: datetime) -> None:
        sweep(self.people, self.queues, now=now)
        for body in self.queues.sent.pop(Queue.WAKE, []):
            ring_for(AlarmRang.model_validate(body).id, self.on, self.catalog, now=now)

    def pause(self, run: tuple[str, str] = RUN) -> Pause | None:
        return self.brakes.current().of_run(*run).pause


def until_paused(seed: int, *, rate: float, most: int) -> int | None:
    """How many messages had matured when the run was paused; None if it was not."""
    chance, world = random.Random(seed), World()
    answers: dict[int, Message] = {}
    for minute in range(most + 60):
        now = NOON + minute * MINUTE
        if minute < most:
            message = world.sent(now)
            if chance.random() < rate:
                answers[minute + chance.randrange(1, 25)] = message
        if minute in answers:
            world.tell("Email Complained", answers[minute], now)
        if world.people.looks:
            world.ring(now)
        pause = world.pause()
        if pause is not None:
            return pause.sent
    return None


# ── D1 ──────────────────────────────────────────────────────────────────────────────────────────


def test_five_percent_of_complaints_pause_a_run_by_a_median_of_sixty_messages() -> None:
    found = [until_paused(seed, rate=0.05, most=400) for seed in range(41)]
    assert all(found)
    assert statistics.median(each or 0 for each in found) <= 60


def test_a_run_at_the_acceptable_rate_goes_on() -> None:
    assert [until_paused(seed, rate=0.001, most=1_500) for seed in range(8)] == [None] * 8


def test_after_the_trigger_a_batch_goes_on_and_the_next_one_does_not_begin() -> None:
    house = decided(None, *(f"u{number}" for number in range(25)))
    waiting = [message.id for message in house.messages.stored.values()]
    (run,) = {message.run for message in house.messages.stored.values()}
    for number, start in enumerate(range(0, 25, 10)):
        batch = replace(house.deliverer, brakes=Handbrake(house.brakes))
        for each in waiting[start : start + 10]:
            deliver.deliver(each, batch, house.catalog, now=NOON)
            if number == 0:
                pause = Pause("complaint", NOON, "", "Paused", 20, 3)
                pause_run("spring", run, pause, house.brakes, tell=in_silence)
    assert len(house.email.sent) == 10
    held = [message for message in house.messages.stored.values() if message.state is State.PENDING]
    assert len(held) == 15
    assert {message.not_before for message in held} == {NOON + timedelta(days=1)}
    resume_run(
        "spring", run, house.brakes, by="ann", reason="all is well", now=NOON + MINUTE, tell=in_silence
    )
    house.ring(now=NOON + 16 * MINUTE)
    house.settle(now=NOON + 16 * MINUTE)
    house.send(now=NOON + 16 * MINUTE)
    assert len(house.email.sent) == 25


def test_brakes_are_read_once_for_a_batch() -> None:
    house = decided(None, *(f"u{number}" for number in range(10)))
    batch = replace(house.deliverer, brakes=Handbrake(house.brakes))
    before = house.brakes.reads
    for each in list(house.messages.stored):
        deliver.deliver(each, batch, house.catalog, now=NOON)
    assert house.brakes.reads == before + 1


# ── a pause ─────────────────────────────────────────────────────────────────────────────────────


def complained_about(world: World, *, of: int = 20, by: int = 3, at: datetime = NOON, **changes: Any) -> None:
    messages = [world.sent(at, **changes) for _ in range(of)]
    for message in messages[:by]:
        world.tell("Email Complained", message, at + 5 * MINUTE)


def test_a_pause_keeps_the_figures_and_the_rule_and_is_told() -> None:
    world = World()
    complained_about(world)
    world.ring(NOON + 30 * MINUTE)
    assert world.pause() is None  # they are not half an hour old
    world.ring(NOON + 31 * MINUTE)
    pause = world.pause()
    assert pause is not None
    assert (pause.because, pause.sent, pause.bad) == ("complaint", 20, 3)
    assert pause.log_evidence is not None
    assert pause.log_evidence >= 6.9078
    assert "acceptable 0.0010" in pause.rule
    assert "3 complaints from 20 messages" in pause.reason
    assert [name for name, _ in world.bus.published] == ["RunPaused"]
    assert world.people.looks == {}


def test_everything_told_again_counts_once_and_pauses_once() -> None:
    world = World()
    messages = [world.sent(NOON) for _ in range(20)]
    for _ in range(3):
        for message in messages:
            stored = world.messages.stored[message.id]
            note_message(message, stored, world.on, world.catalog, now=NOON)
        for message in messages[:2]:
            world.tell("Email Complained", message, NOON + 40 * MINUTE)
    assert world.pause() is None  # two are not enough
    world.tell("Email Complained", messages[2], NOON + 41 * MINUTE)
    world.tell("Email Complained", messages[2], NOON + 41 * MINUTE)
    pause = world.pause()
    assert pause is not None
    assert (pause.sent, pause.bad) == (20, 3)
    assert len(world.bus.published) == 1


def test_a_look_that_died_after_the_count_is_made_up_for_when_the_event_comes_again() -> None:
    world = World()
    messages = [world.sent(NOON) for _ in range(20)]
    for message in messages[:3]:
        world.tell("Email Complained", message, NOON + 5 * MINUTE)
    for message in messages[:3]:
        world.tell("Email Complained", message, NOON + 50 * MINUTE)
    assert world.pause() is not None


def test_only_domains_that_report_complaints_are_counted_for_them() -> None:
    world = World()
    for number in range(50):
        world.sent(NOON, address=f"g{number}@gmail.com")
    complained_about(world, of=10, by=3)
    world.ring(NOON + 40 * MINUTE)
    pause = world.pause()
    assert pause is not None
    assert pause.sent == 10


def test_another_run_and_service_messages_are_not_touched() -> None:
    world = World()
    complained_about(world)
    world.ring(NOON + 40 * MINUTE)
    assert world.pause(("spring", "another")) is None
    held = Handbrake(world.brakes)
    assert held.hold_of(a_message(), now=NOON) == Hold(NOON + timedelta(days=1), By.BRAKE)
    assert held.hold_of(a_message(run="another"), now=NOON) is None
    assert held.hold_of(a_message(category="transactional"), now=NOON) is None


def test_a_triggered_campaign_is_judged_by_the_day() -> None:
    world = World()
    for day in range(3):
        complained_about(world, of=20, by=1, at=NOON + timedelta(days=day), run=TRIGGERED)
        world.ring(NOON + timedelta(days=day, minutes=40))
    assert world.pause(("spring", TRIGGERED)) is None


def test_after_a_person_lets_it_go_on_the_evidence_begins_anew() -> None:
    world = World()
    complained_about(world)
    world.ring(NOON + 40 * MINUTE)
    later = NOON + 60 * MINUTE
    brake = resume_run(*RUN, world.brakes, by="ann", reason="list mended", now=later, tell=in_silence)
    assert [(line.act, line.by) for line in brake.lines] == [("paused", "rules"), ("resumed", "ann")]
    assert brake.shifted == 20 * MINUTE
    complained_about(world, of=20, by=2, at=later + 5 * MINUTE)
    world.ring(later + 50 * MINUTE)
    assert world.pause() is None
    complained_about(world, of=20, by=2, at=later + 6 * MINUTE)
    world.ring(later + 60 * MINUTE)
    pause = world.pause()
    assert pause is not None
    assert (pause.sent, pause.bad) == (40, 4)


@pytest.mark.parametrize(
    ("event", "channel", "because", "bad"),
    [
        ("Email Bounced", "email", "bounce", 6),
        ("Unsubscribed", "email", "unsubscribe", 5),
        ("Unsubscribed", "push", "push_off", 5),
        ("SMS Received", "sms", "sms_stop", 5),
    ],
)
def test_each_signal_pauses_by_its_own_bar(event: str, channel: str, because: str, bad: int) -> None:
    world = World()
    made = [
        world.sent(
            NOON,
            channel=channel,
            address=f"+8190{number:08d}" if channel == "sms" else f"a{number}@b.example",
        )
        for number in range(20)
    ]
    for message in made[:bad]:
        world.tell(event, message, NOON + 40 * MINUTE, hard=True, text="STOP")
    pause = world.pause()
    assert pause is not None
    assert pause.because == because


def test_a_text_that_says_something_else_and_a_soft_bounce_are_no_signals() -> None:
    world = World()
    for _ in range(12):
        world.tell("SMS Received", world.sent(NOON, channel="sms"), NOON + 40 * MINUTE, text="thank you")
        world.tell("Email Bounced", world.sent(NOON), NOON + 40 * MINUTE, hard=False)
    assert world.pause() is None


def test_a_signal_that_is_switched_off_pauses_nothing() -> None:
    world = World({"auto_pause": {"ignored": ["complaint"]}})
    complained_about(world)
    world.ring(NOON + 40 * MINUTE)
    assert world.pause() is None


def test_where_people_leave_more_often_anyway_the_bar_is_higher() -> None:
    world = World()
    usual = [NOON - timedelta(days=day) for day in range(1, 11)]
    for day in usual:
        for number in range(200):
            message = world.sent(day, run=f"r{day:%d}")
            if number < 16:  # 8 % of them
                world.tell("Unsubscribed", message, day + 10 * timedelta(hours=1))
    messages = [world.sent(NOON) for _ in range(100)]
    for message in messages[:12]:
        world.tell("Unsubscribed", message, NOON + 40 * MINUTE)
    assert world.pause() is None


# ── errors, money, the account ──────────────────────────────────────────────────────────────────


def failing(world: World, count: int, outcome: Any = NO) -> None:
    for _ in range(count):
        world.made += 1
        first = a_message(f"f{world.made}", address=f"f{world.made}@example.com")
        world.messages.create(new(first))
        mine = claimed(first, owner="w", now=NOON)
        world.change(mine, settled(mine, outcome, now=NOON), now=NOON)


def test_more_than_two_percent_of_errors_in_the_first_five_hundred_pause_a_run() -> None:
    world = World()
    failing(world, 10)
    assert world.pause() is None
    failing(world, 1)
    pause = world.pause()
    assert pause is not None
    assert (pause.because, pause.bad) == ("errors", 11)
    resume_run(*RUN, world.brakes, by="ann", reason="template mended", now=NOON, tell=in_silence)
    failing(world, 1)
    assert world.pause() is None  # somebody has answered for these


def test_errors_after_the_first_five_hundred_are_no_reason() -> None:
    world = World()
    for _ in range(495):
        world.sent(NOON)
    failing(world, 10)
    failing(world, 10)
    assert world.pause() is None


def thrown_away(world: World, messages: Iterable[Message], *, times: int = 1) -> None:
    """What the provider had taken, and says later that it threw it away."""
    for message in messages:
        before = world.messages.stored[message.id]
        for _ in range(times):
            world.change(before, with_fact(before, "rejected", NOON + MINUTE), now=NOON + MINUTE)


def test_what_is_thrown_away_after_it_was_sent_is_in_the_error_budget_once() -> None:
    world = World()
    sent = [world.sent(NOON) for _ in range(20)]
    thrown_away(world, sent[:6], times=3)
    failing(world, 4)
    assert world.pause() is None
    thrown_away(world, sent[6:7])
    pause = world.pause()
    assert pause is not None
    assert (pause.because, pause.bad, pause.sent) == ("errors", 11, 24)


def test_what_failed_and_is_told_to_have_been_thrown_away_as_well_is_one_error() -> None:
    world = World()
    failing(world, 9)
    thrown_away(world, list(world.messages.stored.values()))
    assert world.pause() is None


@pytest.mark.parametrize(("late", "pauses"), [(12, False), (13, True)])
def test_what_is_thrown_away_when_the_first_are_through_is_held_to_the_share_of_all(
    late: int, pauses: bool
) -> None:
    world = World()
    sent = [world.sent(NOON) for _ in range(600)]
    thrown_away(world, sent[:late])
    assert (world.pause() is not None) == pauses


def test_a_run_stops_where_its_money_is_spent_and_a_day_until_it_is_over() -> None:
    world = World({"send_budget": {"run": 1.0, "prices": {"sms": 0.1}}})
    for number in range(1, 11):
        world.sent(NOON, channel="sms", address=f"+8190{number:08d}")
        assert (world.pause() is not None) == (number >= 10)
    assert "MarketingWarned" in [name for name, _ in world.bus.published]
    world = World({"send_budget": {"day": 1.0, "prices": {"sms": 0.1}}})
    for number in range(10):
        world.sent(NOON, channel="sms", address=f"+8190{number:08d}")
    account = world.brakes.current().account
    assert account.stands(NOON)
    assert not account.stands(NOON + timedelta(hours=12))
    assert [name for name, _ in world.bus.published] == ["MarketingWarned", "MarketingStopped"]


def test_rates_of_the_account_warn_first_and_then_stop_all_promotion() -> None:
    world = World({"auto_pause": {"ignored": ["bounce"]}})
    made = [world.sent(NOON, run=f"r{number % 7}") for number in range(1_000)]
    for message in made[:19]:
        world.tell("Email Bounced", message, NOON + MINUTE, hard=True)
    assert world.bus.published == []
    world.tell("Email Bounced", made[19], NOON + MINUTE, hard=True)
    assert [name for name, _ in world.bus.published] == ["MarketingWarned"]
    for message in made[20:50]:
        world.tell("Email Bounced", message, NOON + MINUTE, hard=True)
    stop = world.brakes.current().account.stop
    assert stop is not None
    assert (stop.because, stop.sent, stop.bad) == ("bounce", 1_000, 50)
    assert [name for name, _ in world.bus.published] == ["MarketingWarned", "MarketingStopped"]
    release_marketing(world.brakes, by="ann", reason="list mended", now=NOON + MINUTE, tell=in_silence)
    world.tell("Email Bounced", made[50], NOON + 2 * MINUTE, hard=True)
    assert not world.brakes.current().account.stands(NOON + 2 * MINUTE)


@pytest.mark.parametrize(("days", "stops"), [(range(6), True), (range(8, 14), False)])
def test_a_week_is_judged_where_no_single_day_had_enough_and_nothing_older(days: range, stops: bool) -> None:
    world = World({"auto_pause": {"ignored": ["bounce"]}})
    for day in days:
        at = NOON - timedelta(days=day)
        for number in range(200):
            message = world.sent(at, run=f"r{day}")
            if number < 12:
                world.cohorts.count(message, *bounced(world, message, at))
    message = world.sent(NOON, run="today")
    world.tell("Email Bounced", message, NOON, hard=True)
    assert world.brakes.current().account.stands(NOON) == stops


def bounced(world: World, message: Message, at: datetime) -> tuple[Mark | None, Mark]:
    """What is counted of a bounce, without anybody looking at the account because of it."""
    before = world.cohorts.mark(message.id)
    watched = watched_on("email", reports_complaints=True)
    return before, counted(before, News.BOUNCED, watched, channel="email", at=at)


@pytest.mark.parametrize(("seconds", "pauses"), [(31 * 60 - 1, False), (31 * 60, True)])
def test_only_what_landed_half_an_hour_ago_is_evidence(seconds: int, pauses: bool) -> None:
    """The minute in which it landed has to be over by then: 12:00 is matured at 12:31."""
    world = World()
    messages = [world.sent(NOON) for _ in range(50)]
    now = NOON + timedelta(seconds=seconds)
    for message in messages[:3]:
        world.tell("Email Complained", message, now)
    assert (world.pause() is not None) == pauses


def test_few_messages_say_nothing_about_the_account() -> None:
    world = World({"auto_pause": {"ignored": ["bounce"]}})
    for _ in range(100):
        world.tell("Email Bounced", world.sent(NOON), NOON + MINUTE, hard=True)
    assert world.brakes.current().account.stop is None


@pytest.mark.parametrize(
    ("outcome", "because", "after_an_hour"),
    [
        (NotAccepted("SendingPausedException"), "sending_paused", False),
        (Rejected("AccountSuspendedException", account=True), "suspended", True),
    ],
)
def test_a_provider_that_takes_nothing_stops_promotion(
    outcome: Any, because: str, after_an_hour: bool
) -> None:
    world = World()
    failing(world, 1, outcome)
    account = world.brakes.current().account
    assert account.stop is not None
    assert account.stop.because == because
    assert account.stands(NOON)
    assert account.stands(NOON + timedelta(hours=1)) == after_an_hour
    assert [name for name, _ in world.bus.published] == ["MarketingStopped"]


def test_the_sender_that_hears_it_sends_nothing_more_of_its_batch() -> None:
    house = decided(None, *(f"u{number}" for number in range(5)))
    house.email.outcomes = [Rejected("AccountSuspendedException", account=True)]
    batch = replace(house.deliverer, brakes=Handbrake(house.brakes))
    for each in list(house.messages.stored):
        deliver.deliver(each, batch, house.catalog, now=NOON)
    states = sorted(str(message.state) for message in house.messages.stored.values())
    assert states == ["FAILED"] + ["PENDING"] * 4


def test_a_run_that_was_never_paused_has_a_brake_that_is_off() -> None:
    assert InMemoryBrakes().current().of_run("spring", "r1") == RunBrake("spring", "r1")
