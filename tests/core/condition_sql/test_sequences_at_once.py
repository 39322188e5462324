"""Steps at one and the same millisecond: the lake orders them as a profile does, whatever their values."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kizuna.core.condition_sql import compile_condition
from kizuna.core.events import Event
from kizuna.core.people import new_profile
from tests.support.lake_populations import CONDITION, NOW, SNAPSHOT, SOURCE, Somebody, by_evaluation, lake_of

EXAMPLES = int(os.environ.get("KIZUNA_EXAMPLES", "100")) // 5  # each is two queries
LONG = "x" * 200
VALUES = [
    None, True, False, 0, 3, 31, -3, 0.5, -0.5, 2.25, 1.2345678, 4.5e9, "", "3", "True", "None", "it's", 'say "hi"',
    "a\tb", "a\nb", "\x01", "\\", "é", "日本", "😀", "\uffee", LONG, LONG + "a", LONG + "b", LONG + '"',
]  # fmt: skip
PAIRS = (
    [{"event": "E", "as": "x"}, {"event": "E", "join": {"a": "x.b"}}],
    [{"event": "E", "as": "x"}, {"event": "E", "as": "y", "join": {"a": "x.b"}},
     {"event": "E", "join": {"a": "y.b"}}],
    [{"event": "E", "as": "x"}, {"not": "E", "join": {"a": "x.b"}}],
    [{"event": "E", "as": "x"}, {"not": "F"}, {"event": "E", "join": {"a": "x.b"}}],
    [{"event": "E"}, {"event": "E", "where": {"property": "a", "op": "exists"}}, {"event": "F"}],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Done:
    name: str
    millis: int
    a: Any
    b: Any


done = st.builds(
    Done,
    st.sampled_from(["E", "E", "E", "F"]),
    st.integers(0, 1),
    st.sampled_from(VALUES),
    st.sampled_from(VALUES),
)


def somebody(number: int, events: Sequence[Done]) -> Somebody:
    profile = new_profile(f"p{number}", now=NOW)
    told = [
        Event(
            "track",
            f"{number}-{count}",
            SOURCE,
            NOW - timedelta(hours=1, milliseconds=each.millis),
            NOW,
            name=each.name,
            user_id=profile.id,
            properties={"a": each.a, "b": each.b},
        )
        for count, each in enumerate(events)
    ]
    return Somebody(profile, tuple((profile.id, event) for event in told))


@given(
    st.sampled_from(PAIRS),
    st.booleans(),
    st.lists(st.lists(done, min_size=2, max_size=6), min_size=4, max_size=12),
)
@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@example(PAIRS[0], False, [[Done("E", 0, "it's", 'say "hi"'), Done("E", 0, 'say "hi"', "z")]])
@example(PAIRS[0], False, [[Done("E", 0, 0.5, 2.25), Done("E", 0, 2.25, 0)]])
@example(PAIRS[0], False, [[Done("E", 0, LONG + "a", LONG + "b"), Done("E", 0, LONG + "b", 1)]])
def test_joined_steps_at_one_millisecond_find_the_same_people(
    sequence: Sequence[dict[str, Any]], strict: bool, histories: Sequence[Sequence[Done]]
) -> None:
    people = [somebody(number, events) for number, events in enumerate(histories)]
    condition = CONDITION.validate_python({"sequence": sequence, "strict": strict})
    expected = by_evaluation(condition, people, now=NOW)
    with tempfile.TemporaryDirectory() as folder:
        lake = lake_of(people, Path(folder))
        question = compile_condition(condition, now=NOW)
        assert sorted(lake.members(question, snapshot=SNAPSHOT)) == expected
