"""Questions that look at one number are asked together, and answer and turn as each by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.aggregates import counted, empty, needs_of
from kizuna.core.conditions import Condition, EventDid, View, evaluate
from kizuna.core.people import Profile
from kizuna.core.segments import Segment, in_order, standing
from kizuna.core.segments.asked import together
from kizuna.core.segments.index import SegmentIndex
from tests.support.builders import NOON, a_profile, an_event
from tests.support.histories import the_condition

HOUR = timedelta(hours=1)
WINDOWS: list[dict[str, Any] | None] = [
    None, {"last": "1d"}, {"last": "1mo"}, {"between_ago": {"from": "3d", "to": "1d"}}, {"calendar": "day"},
    {"calendar": "week", "zone": "Asia/Tokyo"}, {"since_last": "Refunded"},
    {"since_last": "Refunded", "if_never": "all"},
    {"absolute": {"from": "2026-11-22T00:00:00Z", "to": "2026-11-24T00:00:00Z"}},
]  # fmt: skip
VERBS = ("sum", "avg", "min", "max", "distinct", "count", "did", "did_not")


@st.composite
def questions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Several about one number, and one about another."""
    window = draw(st.sampled_from(WINDOWS))
    asked: list[dict[str, Any]] = []
    of_one = draw(st.sampled_from(VERBS))
    for verb in [of_one] * draw(st.integers(2, 5)) + [draw(st.sampled_from(VERBS))]:
        question: dict[str, Any] = {"event": "Ordered", "verb": verb}
        if window is not None:
            question["window"] = window
        if verb not in ("count", "did", "did_not"):
            question["of"] = "total"
        if verb not in ("did", "did_not"):
            question["op"] = draw(st.sampled_from(["eq", "gt", "gte", "lt", "lte", "between"]))
            number = st.integers(0, 12)
            low = draw(number)
            question["value"] = [low, low + draw(number)] if question["op"] == "between" else low
        asked.append(question)
    return asked


happened = st.lists(
    st.tuples(
        st.sampled_from(["Ordered", "Ordered", "Ordered", "Refunded"]),
        st.integers(-100, 4),
        st.integers(0, 6),
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(questions(), happened, st.integers(0, 40), st.sampled_from([None, "Asia/Tokyo", "America/New_York"]))
def test_together_they_answer_and_turn_as_each_by_itself(
    asked: list[dict[str, Any]], history: list[tuple[str, int, int]], hours: int, zone: str | None
) -> None:
    named = {
        f"s{number}": Segment.model_validate({"id": f"s{number}", "name": "", "when": when})
        for number, when in enumerate(asked)
    }
    segments, _ = in_order(named)
    person = remembering(segments, history, zone)
    now = NOON + hours * HOUR
    found = SegmentIndex(segments).standing(person, now=now)
    assert found.segments == standing(person, segments, now=now).segments
    assert found.flips_at == turn(person, segments, now, found.segments)


def remembering(
    segments: tuple[Segment, ...], history: list[tuple[str, int, int]], zone: str | None
) -> Profile:
    needs = needs_of(segment.when for segment in segments)
    states: Any = {key: empty(need) for key, need in needs.items()}
    for number, (name, hours, total) in enumerate(history):
        event = an_event(name, number=number, at=NOON + hours * HOUR, properties={"total": total})
        states = counted(states, event, needs, now=NOON)
    return a_profile(aggregates=states, zone=zone, segments=frozenset(), traits={})


def turn(
    person: Profile, segments: tuple[Segment, ...], now: datetime, members: frozenset[str]
) -> datetime | None:
    """The moment to which the alarms of `standing` lead, each too early or right."""
    at = now
    for _ in range(200):
        following = standing(person, segments, now=at)
        if following.segments != members:
            return at
        if following.flips_at is None:
            return None
        at = following.flips_at
    raise AssertionError("no end of alarms")


def leaf(**asked: Any) -> Condition:
    return the_condition({"event": "Ordered", **asked})


def test_those_about_one_number_are_one_and_all_others_stay_apart() -> None:
    spent = {"verb": "sum", "of": "total", "window": {"last": "30d"}}
    apart = [
        leaf(**spent | {"window": {"last": "7d"}}, value=5),
        leaf(**spent | {"of": "tax"}, value=5),
        leaf(**spent | {"verb": "avg"}, value=5),
        leaf(**spent, value=5, where=[{"property": "kind", "op": "eq", "value": "a"}]),
        leaf(verb="mode", of="total", op="eq", value=5),
        the_condition({"everyone": True}),
    ]
    same = [leaf(**spent, value=value) for value in (5, 6, 7)]
    groups = together([(each, 1) for each in [*apart, *same]])
    assert len(groups) == len(apart) + 1


def test_a_number_is_worked_out_once_for_all_of_them() -> None:
    looks: list[str] = []

    class Rows(dict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            looks.append(key)
            return super().get(key, default)

    spent = [leaf(verb="sum", of="total", value=value) for value in range(1, 21)]
    first = spent[0]
    assert isinstance(first, EventDid)
    [group] = together([(each, 1 << number) for number, each in enumerate(spent)])
    view = View(traits={}, aggregates={first.key: Rows(s={"total": 7})}, segments=frozenset(),
                channels=frozenset(), bucket_id="")  # fmt: skip
    found, flips_at = group.of(view, now=NOON)
    assert looks.count("s") == 1
    assert (found, flips_at) == ((1 << 7) - 1, None)
    assert [each for each in spent if evaluate(each, view, now=NOON).matched] == spent[:7]
