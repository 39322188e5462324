"""What was asked for lately: counted once, guarded by its version."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.adapters.tables.askings import AskingsTable
from kizuna.core.errors import Conflict
from kizuna.core.ports import Askings
from kizuna.core.restraint.asked import NOTHING_ASKED, AskingLimit, after_asking
from kizuna.usecases.own_side.asking import may_ask
from tests.support.builders import NOON
from tests.support.fakes_of_askings import InMemoryAskings
from tests.support.tables import fresh_tables

LIMIT = AskingLimit(gap=timedelta(minutes=3), most=3, window=timedelta(hours=1))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def askings(dynamodb: Any) -> Askings:
    if dynamodb is None:
        return InMemoryAskings()
    return AskingsTable(dynamodb, table=fresh_tables(dynamodb).people)


def test_nothing_was_asked_for_at_first(askings: Askings) -> None:
    assert askings.asked("k") == NOTHING_ASKED


def test_what_is_remembered_is_read_back(askings: Askings) -> None:
    first = after_asking(NOTHING_ASKED, "a|ä#", LIMIT, now=NOON)
    assert first is not None
    askings.remember("k", first, until=NOON + LIMIT.window)
    assert askings.asked("k") == first
    assert askings.asked("K") == NOTHING_ASKED
    second = after_asking(first, "b", LIMIT, now=NOON + 5 * MINUTE)
    assert second is not None
    askings.remember("k", second, until=NOON + LIMIT.window)
    assert [cause for cause, _ in askings.asked("k").askings] == ["a|ä#", "b"]


def test_of_two_who_ask_at_once_one_has_to_look_again(askings: Askings) -> None:
    one = after_asking(NOTHING_ASKED, "one", LIMIT, now=NOON)
    other = after_asking(NOTHING_ASKED, "other", LIMIT, now=NOON)
    assert one is not None
    assert other is not None
    askings.remember("k", one, until=NOON + LIMIT.window)
    with pytest.raises(Conflict):
        askings.remember("k", other, until=NOON + LIMIT.window)
    assert askings.asked("k") == one


def test_beyond_the_limit_nothing_passes_until_the_window_has_room(askings: Askings) -> None:
    told = [
        may_ask(askings, "k", f"cause-{minute}", LIMIT, now=NOON + minute * MINUTE)
        for minute in (0, 1, 3, 6, 9, 59, 61, 62)
    ]
    #       first, too close, ok, ok, full, full, room, too close
    assert told == [True, False, True, True, False, False, True, False]


def test_the_same_asking_again_gets_the_same_leave_and_counts_once(askings: Askings) -> None:
    assert all(may_ask(askings, "k", "cause", LIMIT, now=NOON) for _ in range(5))
    assert len(askings.asked("k").askings) == 1
