"""The index of alarms in memory finds what a look at everybody would find."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.ids import shard_of
from kizuna.core.ports import Due
from kizuna.local.memory.alarms import Alarms, Told
from kizuna.topology import DUE_SHARDS
from tests.support.builders import NOON

KEYS = [f"p#p{number}" for number in range(12)]
SETTINGS = st.lists(st.tuples(st.sampled_from(KEYS), st.none() | st.integers(0, 20)), max_size=60)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def told(settings: list[tuple[str, int | None]]) -> tuple[Alarms, dict[str, int]]:
    alarms, naive = Alarms(), dict[str, int]()
    for key, minutes in settings:
        alarms.set(key, Due("profile", key), None if minutes is None else at(minutes))
        if minutes is None:
            naive.pop(key, None)
        else:
            naive[key] = minutes
    return alarms, naive


@settings(max_examples=200)
@given(SETTINGS, st.integers(0, 20), st.integers(1, 5))
def test_what_is_due_is_what_a_look_at_everybody_finds(
    settings: list[tuple[str, int | None]], now: int, limit: int
) -> None:
    alarms, naive = told(settings)
    for _ in range(2):  # looking changes nothing
        for shard in range(DUE_SHARDS):
            there = [(m, key) for key, m in naive.items() if m <= now and shard_of(key, DUE_SHARDS) == shard]
            expected = tuple(Due("profile", key) for _, key in sorted(there)[:limit])
            assert alarms.due(shard, now=at(now), limit=limit) == expected


@settings(max_examples=200)
@given(SETTINGS)
def test_the_next_alarm_of_all_is_the_earliest(settings: list[tuple[str, int | None]]) -> None:
    alarms, naive = told(settings)
    assert alarms.next_at() == (at(min(naive.values())) if naive else None)


def test_a_dictionary_tells_of_everything_that_comes_and_goes() -> None:
    heard: list[tuple[str, int | None]] = []
    told_of: Told[int] = Told(lambda key, value: heard.append((key, value)))
    told_of["a"] = 1
    told_of.update({"b": 2}, c=3)
    told_of.setdefault("a", 9)
    told_of.setdefault("d", 4)
    del told_of["b"]
    told_of.pop("c")
    told_of.clear()
    assert heard[:4] == [("a", 1), ("b", 2), ("c", 3), ("d", 4)]
    assert heard[4:] == [("b", None), ("c", None), ("a", None), ("d", None)]
    assert told_of == {}
