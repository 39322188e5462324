"""The contract of `Results`: a message's signs and conversions are summed once, in the cell that it stays in."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.messages import Message, State, claimed, move
from kizuna.core.results import cells
from kizuna.core.results.cells import cell_of
from kizuna.core.results.counted import Conversion, Counted, Sign, gained, with_conversion, with_signs
from tests.support.builders import NOON, a_message, new
from tests.support.stores import Stores

RUN = ("spring", "20261123T1200Z")
PAID = Conversion(NOON + timedelta(hours=1), "0a", "goal", 1250, "USD")
_numbers = count(1)


def stored(stores: Stores, **changes: Any) -> Message:
    message = a_message(**changes)
    stores.messages.create(new(message))
    return message


def test_a_sign_is_summed_once_beside_the_state(stores: Stores) -> None:
    message = stored(stores)
    stores.counters.count(message)
    seen = with_signs(Counted(), [Sign.DELIVERED, Sign.OPENED])
    assert stores.results.count(message, Counted(), seen)
    assert not stores.results.count(message, Counted(), seen)
    assert stores.results.counted(message.id) == seen
    assert stores.results.sums(*RUN) == {
        cell_of(message): {cells.in_state("PENDING", "consent"): 1, "f_delivered": 1, "f_opened": 1}
    }


def test_a_conversion_comes_back_as_it_was_kept(stores: Stores) -> None:
    message = stored(stores)
    after = with_conversion(Counted(), PAID, most=1)
    assert stores.results.count(message, Counted(), after)
    assert stores.results.counted(message.id) == after
    assert stores.results.sums(*RUN)[cell_of(message)] == gained(Counted(), after)


def test_an_earlier_conversion_takes_the_place_of_a_later_one(stores: Stores) -> None:
    message = stored(stores)
    earlier = Conversion(NOON, "0b", "goal", 900, "JPY")
    one = with_conversion(Counted(), PAID, most=1)
    other = with_conversion(one, earlier, most=1)
    assert stores.results.count(message, Counted(), one)
    assert stores.results.count(message, one, other)
    assert stores.results.sums(*RUN)[cell_of(message)] == {
        cells.converted("goal"): 1,
        cells.conversions("goal"): 1,
        cells.value("goal", "JPY"): 900,
        cells.squares("goal", "JPY"): 900 * 900,
    }


def test_a_message_that_is_not_stored_has_no_results(stores: Stores) -> None:
    message = a_message()
    assert stores.results.counted(message.id) is None
    assert not stores.results.count(message, Counted(), with_signs(Counted(), [Sign.LEFT]))
    assert stores.results.sums(*RUN) == {}


def test_counting_leaves_the_message_alone(stores: Stores) -> None:
    message = stored(stores)
    stores.results.count(message, Counted(), with_signs(Counted(), [Sign.CLICKED]))
    assert stores.messages.get(message.id) == message
    taken = claimed(message, owner="w", now=NOON)
    assert stores.messages.save(taken, expected=0)
    assert stores.results.counted(message.id) == with_signs(Counted(), [Sign.CLICKED])


def test_variants_channels_groups_and_days_are_summed_apart(stores: Stores) -> None:
    made = [
        stored(stores, person="p1"),
        stored(stores, person="p2", address="2@example.com", variant="x:b#/%"),
        stored(stores, person="p3", channel="sms", address="+819012345678"),
        stored(stores, person="p4", address="", state=State.DENIED, reason="no_consent"),
        stored(stores, person="p5", address="", state=State.DENIED, reason="held_out"),
        stored(stores, person="p6", address="6@example.com", created_at=NOON + timedelta(days=1)),
    ]
    for message in made:
        stores.counters.count(message)
    found = stores.results.sums(*RUN)
    assert set(found) == {cell_of(message) for message in made}
    assert len(found) == len(made)
    assert sum(cells.total_in(sums, *State) for sums in found.values()) == len(made)


def test_the_parts_of_a_text_are_summed_once_it_went_out(stores: Stores) -> None:
    message = stored(stores, channel="sms", address="+819012345678", parts=3, country="JP")
    stores.counters.count(message)
    taken = claimed(message, owner="w", now=NOON)
    lost = move(taken, State.UNKNOWN, now=NOON, reason="timeout")
    stores.counters.count(lost)
    assert stores.results.sums(*RUN)[cell_of(message)]["p_JP"] == 3
    stores.counters.count(move(lost, State.FAILED, now=NOON, reason="provider_rejected"))
    assert "p_JP" not in stores.results.sums(*RUN)[cell_of(message)]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    told=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([*Sign, PAID])), max_size=8),
    stale=st.sets(st.integers(0, 7)),
)
def test_whatever_is_counted_on_a_stale_reading_counts_nothing(
    stores: Stores, told: list[tuple[str, Sign | Conversion]], stale: set[int]
) -> None:
    run = f"run-{next(_numbers)}"
    made = {
        name: stored(stores, id=f"{run}-{name}", run=run, person=f"{run}{name}", address="") for name in "ab"
    }
    true = dict.fromkeys("ab", Counted())
    for number, (name, news) in enumerate(told):
        before = true[name]
        after = (
            with_signs(before, [news]) if isinstance(news, Sign) else with_conversion(before, news, most=1)
        )
        if number in stale and before != Counted():
            assert not stores.results.count(made[name], Counted(), after)
        elif after != before:
            assert stores.results.count(made[name], before, after)
            true[name] = after
    expected = Counter[str]()
    for counted in true.values():
        expected.update(gained(Counted(), counted))
    found = stores.results.sums("spring", run)
    assert sum((Counter(sums) for sums in found.values()), Counter()) == expected
