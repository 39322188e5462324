"""A campaign with a holdout and two arms: who is told what stays so through replays and kills, is counted once, and
what wins is what comes next.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, cast

import pytest

from kizuna.core.campaigns.assigning import left_out
from kizuna.core.catalog import Catalog, build
from kizuna.core.consent import ConsentEvent
from kizuna.core.decide import Occasion
from kizuna.core.decisions.record import steps_of
from kizuna.core.decisions.telling import record_body
from kizuna.core.errors import KizunaError, NotFound, Unavailable
from kizuna.core.experiments import arm_name, arm_of
from kizuna.core.experiments.definition import is_drawn
from kizuna.core.experiments.lift import lift
from kizuna.core.experiments.sequential import UNEVEN_ALPHA, uneven_p
from kizuna.core.ids import address_id
from kizuna.core.messages import Message, State
from kizuna.core.people import Address, Profile
from kizuna.core.ports import NewMessage
from kizuna.core.reasons import OtherReason
from kizuna.core.results.arms import sides_of
from kizuna.core.sentences import REASONS
from kizuna.local.memory.messages import InMemoryMessages
from kizuna.topology import Queue
from kizuna.usecases.decisions.deciding import decide_and_store
from kizuna.usecases.experimenting.judging import Judge, judge_all
from kizuna.usecases.experimenting.status import experiment_status
from tests.support.builders import CAMPAIGN, NOON, a_catalog, a_profile, an_event, chained, some_documents
from tests.support.consents import grant, withdraw
from tests.support.house import House
from tests.support.journeys_running import a_journey, with_journeys

DAY = timedelta(days=1)
PEOPLE = 600
TESTED: dict[str, Any] = CAMPAIGN | {
    "holdout": 10,
    "experiment": {
        "arms": [{"name": "plain"}, {"name": "shelf", "patch": {"en": {"subject": "Your shelf"}}}],
        "winner": "rest_gets_best",
        "min_n": 50,
    },
}


def a_shop(policy: dict[str, Any] | None = None, **campaign: Any) -> Catalog:
    documents = {**some_documents(TESTED | campaign), ("policy", "policy"): policy or {}}
    return a_catalog(documents)


def somebody(number: int) -> Profile:
    mailbox = Address("email", f"p{number}@people.example", NOON)
    return a_profile(f"p{number}", addresses={mailbox.key: mailbox})


def a_house(catalog: Catalog, people: int = PEOPLE, *, refusing: int = 40) -> House:
    """People who agreed to be written to, but for one in `refusing`."""
    crowd = [somebody(number) for number in range(people)]
    house = House(catalog, *crowd)
    for number, person in enumerate(crowd):
        said = [yes(person)]
        if number % refusing == 0:
            said.append(withdraw(NOON - DAY, id=f"no-{person.id}", endpoint=None))
        house.people.consents[person.id] = list(chained(*said))
    return house


def yes(person: Profile) -> ConsentEvent:
    (mailbox,) = person.addresses.values()
    return grant(NOON - 2 * DAY, id=f"yes-{person.id}", endpoint=address_id("email", mailbox.value))


def told(house: House) -> dict[str, Message]:
    return {message.person: message for message in house.messages.stored.values()}


def run(house: House, *, now: Any = NOON) -> None:
    house.start("spring", now)
    house.walk(now=now)
    house.settle(now=now)


def a_judge(house: House) -> Judge:
    return Judge(house.trials, house.results, house.runs, house.bus)


# ── who gets what ───────────────────────────────────────────────────────────────────────────────


def test_everybody_gets_what_the_draw_gives_them_and_the_held_out_get_nothing() -> None:
    house = a_house(a_shop())
    run(house)
    campaign = house.catalog.campaigns["spring"]
    assert campaign.experiment is not None
    arms: Counter[str] = Counter()
    for person, message in told(house).items():
        profile = house.people.stored[person]
        if message.variant:
            expected = arm_of(campaign.experiment, profile, named="spring").name
            assert arm_name(message.variant) == expected
            assert message.template == "spring-email" + (".spring.shelf" if expected == "shelf" else "")
            arms[expected] += 1
        else:
            assert message.decision["holdout"] == ["campaign", "spring"]
    assert uneven_p([arms["plain"], arms["shelf"]], (0.5, 0.5)) > UNEVEN_ALPHA
    states = house.states()
    assert states["channel_opt_out"] == PEOPLE // 40
    assert states["held_out"] + arms.total() + refused_of_held_out(house) == PEOPLE
    house.send(now=NOON)
    assert len(house.email.sent) == states["PENDING"]


def refused_of_held_out(house: House) -> int:
    return sum(
        message.reason == "channel_opt_out" and "holdout" in message.decision
        for message in told(house).values()
    )


def test_a_ghost_has_the_record_that_the_message_would_have_had() -> None:
    with_holdout, without = a_house(a_shop()), a_house(a_shop(holdout=None, experiment=None))
    run(with_holdout)
    run(without)
    ghosts = {each.person: each for each in told(with_holdout).values() if "holdout" in each.decision}
    assert ghosts
    for person, ghost in ghosts.items():
        real = told(without)[person]
        assert steps_of(ghost.decision) == steps_of(real.decision)
        assert ghost.decision["answer"] == real.decision["answer"]
        assert ghost.state is State.DENIED
        held = real.state is State.PENDING
        assert (ghost.reason, ghost.decision["held_out"]) == ("held_out" if held else real.reason, held)
        body = record_body(ghost)
        assert (body["heldOut"], body["holdout"]) == (held, {"level": "campaign", "name": "spring"})
    for words in REASONS[OtherReason.HELD_OUT]:
        assert words


def test_who_is_held_out_has_heard_nothing_of_us() -> None:
    capped = {"frequency_caps": [{"count": 1, "window": "7d"}]}
    house = a_house(a_shop(capped, holdout=50, experiment=None), 200)
    run(house)
    for person, message in told(house).items():
        pressed = bool(house.messages.pressure(person).touches)
        assert pressed is (message.state is State.PENDING)


def test_in_a_global_holdout_somebody_is_out_of_every_campaign_but_what_they_asked_for() -> None:
    documents = {
        **some_documents(
            CAMPAIGN | {"id": "one"},
            CAMPAIGN | {"id": "two", "tags": ["notice"]},
            CAMPAIGN | {"id": "three", "category": "transactional", "transactional_basis": "they bought it"},
        ),
        ("policy", "policy"): {"holdout": {"global": {"percent": 15, "exclusion_tags": ["notice"]}}},
    }
    receipt = {**documents["template", "spring-email"], "id": "receipt", "purpose": "transactional"}
    documents["template", "receipt"] = receipt
    documents["campaign", "three"] = {**documents["campaign", "three"], "template": "receipt"}
    house = a_house(a_catalog(documents), 200, refusing=10_000)
    for name in ("one", "two", "three"):
        for person in list(house.people.stored.values()):
            occasion = Occasion(house.catalog.campaigns[name], 1, "r")
            decide_and_store(
                person,
                occasion,
                ledger=house.ledger,
                messages=house.messages,
                catalog=house.catalog,
                now=NOON,
            )
    assert 10 < house.states("one")["held_out"] < 60
    assert "held_out" not in house.states("two")
    assert "held_out" not in house.states("three")


def test_an_arm_of_nothing_is_decided_about_and_told_nothing() -> None:
    arms = [{"name": "plain"}, {"name": "silence", "nothing": True}]
    house = a_house(a_shop(experiment={"arms": arms}, holdout=None), 200)
    run(house)
    for message in told(house).values():
        if arm_name(message.variant) == "silence":
            assert message.state is State.DENIED
            assert message.reason in ("held_out", "channel_opt_out")
        else:
            assert message.reason != "held_out"


# ── replays and kills ───────────────────────────────────────────────────────────────────────────


class Fragile:
    """Messages whose writer dies now and then, before or after a write."""

    def __init__(self, inner: Any, random: Random, share: float) -> None:
        self._inner, self._random, self._share = inner, random, share

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def create(self, new: NewMessage) -> bool:
        return self._dying(lambda: self._inner.create(new))

    def first_of(self, person: str, experiment: str, message_id: str) -> bool:
        return self._dying(lambda: self._inner.first_of(person, experiment, message_id))

    def _dying(self, write: Any) -> bool:
        if self._random.random() < self._share:
            raise Unavailable("killed before")
        done = bool(write())
        if self._random.random() < self._share:
            raise Unavailable("killed after")
        return done


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("trigger", ["once", "again"])
def test_replays_and_kills_change_nobodys_arm_and_count_nobody_twice(seed: int, trigger: str) -> None:
    weekly = {} if trigger == "once" else {"trigger": {"type": "schedule", "cron": "0 12 * * 1"}}
    calm, stormy = a_house(a_shop(**weekly), 150), a_house(a_shop(**weekly), 150)
    run(calm)
    random, messages = Random(seed), stormy.messages
    stormy.messages = cast(InMemoryMessages, Fragile(messages, random, 0.1))
    stormy.start("spring", NOON)
    work = stormy.taken(Queue.AUDIENCE)
    for _ in range(200):
        stormy.queues.sent[Queue.AUDIENCE] = random.sample(work, k=3) if random.random() < 0.7 else list(work)
        try:
            stormy.walk()
        except KizunaError:
            continue
        if len(messages.stored) == len(calm.messages.stored) and random.random() < 0.3:
            break
    stormy.messages = messages
    stormy.queues.sent[Queue.AUDIENCE] = work
    stormy.walk()
    stormy.settle()
    one, other = told(calm), told(stormy)
    assert {person: (each.variant, each.state, each.reason) for person, each in one.items()} == {
        person: (each.variant, each.state, each.reason) for person, each in other.items()
    }
    assert stormy.results.sums("spring", "20261123T1200Z") == calm.results.sums("spring", "20261123T1200Z")


def test_somebody_who_is_told_again_and_again_counts_once_in_the_comparison() -> None:
    house = a_house(a_shop(trigger={"type": "schedule", "cron": "0 12 * * 1"}), 100)
    run(house)
    run(house, now=NOON + 7 * DAY)
    variants = Counter(is_drawn(each.variant) for each in house.messages.stored.values() if each.variant)
    drawn = [
        each
        for each in house.messages.stored.values()
        if is_drawn(each.variant) and each.run != "20261123T1200Z"
    ]
    assert all(each.state is State.DENIED for each in drawn)  # who was refused at first has not come in yet
    status = experiment_status(
        "spring", house.trials, house.results, house.runs, house.catalog, now=NOON + 8 * DAY
    )
    told_first = sum(arm["exposed"] for arm in status["arms"])
    assert told_first == len(
        {each.person for each in house.messages.stored.values() if each.state is State.PENDING}
    )
    assert variants[False] >= told_first


# ── what wins ───────────────────────────────────────────────────────────────────────────────────


def buy(house: House, *, share: dict[str, float], now: Any) -> None:
    """So many of each arm, and of those held out, buy something."""
    random = Random(5)
    orders = []
    for number, message in enumerate(sorted(told(house).values(), key=lambda each: each.id)):
        name = arm_name(message.variant) or "held_out"
        if message.reason != "channel_opt_out" and random.random() < share[name]:
            about = {"number": number, "at": now, "received_at": now, "user_id": message.person}
            orders.append(an_event(profile_id=None, **about))
    house.ingest(*orders, now=now)
    house.settle(now=now)


def test_the_best_arm_is_found_told_and_given_to_whoever_comes_next() -> None:
    weekly = {"trigger": {"type": "schedule", "cron": "0 12 * * 1"}}
    house = a_house(a_shop({"publish": ["ExperimentDecided"]}, **weekly))
    run(house)
    assert [each.version for each in judge_all(a_judge(house), house.catalog, now=NOON)] == [1]
    assert judge_all(a_judge(house), house.catalog, now=NOON) == ()  # nothing new: nothing is written
    buy(house, share={"plain": 0.1, "shelf": 0.35, "held_out": 0.1}, now=NOON + DAY)
    (after,) = judge_all(a_judge(house), house.catalog, now=NOON + DAY)
    assert after.outcome is not None
    assert (after.outcome.result, after.outcome.arm) == ("winner", "shelf")
    told_on_the_bus = [detail for name, detail in house.bus.published if name == "ExperimentDecided"]
    assert [(each["arm"], each["result"]) for each in told_on_the_bus] == [("shelf", "winner")]
    assert judge_all(a_judge(house), house.catalog, now=NOON + 2 * DAY) == ()
    newcomers = [somebody(PEOPLE + number) for number in range(40)]
    for person in newcomers:
        house.people.stored[person.id] = person
        house.people.consents[person.id] = list(chained(yes(person)))
        house.people.index_membership(person.id, {"everyone"}, (), at=NOON)
    run(house, now=NOON + 7 * DAY)
    later = [each for each in house.messages.stored.values() if each.run != "20261123T1200Z" and each.variant]
    assert {arm_name(each.variant) for each in later} == {"shelf"}
    assert not any(is_drawn(each.variant) for each in later)
    status = experiment_status(
        "spring", house.trials, house.results, house.runs, house.catalog, now=NOON + 8 * DAY
    )
    assert (status["state"], status["arm"]) == ("winner", "shelf")
    assert status["comparisons"][0]["difference"][0] > 0


def test_the_lift_compares_those_who_were_told_with_those_held_out() -> None:
    house = a_house(a_shop(holdout=40))
    run(house)
    buy(house, share={"plain": 0.4, "shelf": 0.4, "held_out": 0.1}, now=NOON + DAY)
    campaign = house.catalog.campaigns["spring"]
    found = lift(*sides_of(campaign, [house.results.sums("spring", "20261123T1200Z")]))
    assert found is not None
    states = house.states()
    assert (found.compared.n, found.compared.control_n) == (states["PENDING"], states["held_out"])
    assert found.is_found
    assert found.compared.difference.low < 0.3 < found.compared.difference.high


def test_a_judge_who_dies_before_storing_tells_it_again_and_decides_once() -> None:
    house = a_house(a_shop({"publish": ["ExperimentDecided"]}))
    run(house)
    buy(house, share={"plain": 0.1, "shelf": 0.35, "held_out": 0.1}, now=NOON + DAY)

    class Dying:
        def current(self) -> Any:
            return house.trials.current()

        def save(self, standing: Any) -> bool:
            raise Unavailable("killed")

    judge = a_judge(house)
    with pytest.raises(ExceptionGroup):
        judge_all(replace(judge, trials=Dying()), house.catalog, now=NOON + DAY)
    assert house.trials.current() == {}
    (after,) = judge_all(judge, house.catalog, now=NOON + DAY)
    assert after.outcome is not None
    assert [name for name, _ in house.bus.published].count("ExperimentDecided") == 2


def test_held_out_is_the_same_answer_before_and_after_a_merge() -> None:
    catalog = a_shop()
    campaign = catalog.campaigns["spring"]

    for number in range(100):
        older = somebody(number)
        merged = replace(somebody(number + 1_000), bucket_id=older.id, parts=(f"p{number + 1_000}", older.id))
        one = left_out(campaign, older, catalog.policy.holdout, now=NOON)
        assert left_out(campaign, merged, catalog.policy.holdout, now=NOON + 400 * DAY) == one


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("trial.try", "they are not judged, and have no verdict"),
        ("trial", "they are not judged, and have no verdict"),
        ("trial.short", "there is no campaign 'trial.short'"),
        ("none", "there is no campaign 'none'"),
    ],
)
def test_who_asks_for_an_experiment_of_a_journey_is_told_that_paths_are_not_judged(
    name: str, told: str
) -> None:
    arms = [{"name": "short"}, {"name": "long", "next": "end"}]
    trying = {"id": "try", "type": "experiment", "arms": arms}
    journey = a_journey(trying, {"id": "short", "type": "exit", "reason": "short"})
    catalog = build(with_journeys(journey))
    house = House(catalog)
    with pytest.raises(NotFound, match=told):
        experiment_status(name, house.trials, house.results, house.runs, catalog, now=NOON)
