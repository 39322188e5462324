"""Whatever a journey is and whatever happens, in whatever order and however often: what holds of every run."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.journeys.advance import advance
from kizuna.core.journeys.effects import Done, Tell
from kizuna.core.journeys.occurrences import (
    Acted,
    EventHappened,
    Occurrence,
    Paused,
    PersonChanged,
    Resumed,
    SegmentChanged,
    TimePassed,
)
from kizuna.core.journeys.pausing import Pause
from kizuna.core.people import Trait
from tests.support.builders import NOON, SERVER
from tests.support.examples import examples
from tests.support.walks import Step, Walk

MINUTE = timedelta(minutes=1)
NAMES = ("Liked", "Shared", "Order Completed", "Left Us")
ENDS_AT = NOON + timedelta(days=20)
GONE = {"when": {"trait": "plan", "op": "eq", "value": "gone"}, "reason": "left_us"}


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """A path of up to eight steps; each leads to the one below it, to a later one, or back to an earlier wait."""
    count = draw(st.integers(1, 8))
    found: list[Step] = []
    for number in range(count):
        later = [f"s{each}" for each in range(number + 1, count)] + ["end"]
        earlier = [step["id"] for step in found if step["type"] in ("wait", "wait_for")]
        found.append(draw(_step(f"s{number}", later, earlier)))
    return found


@st.composite
def _step(draw: st.DrawFn, name: str, later: list[str], earlier: list[str]) -> Step:
    target = st.sampled_from(later)
    kinds = ["wait", "message", "wait_for", "branch", "split", "set", "moment", "patient"]
    kind = draw(st.sampled_from([*kinds, "goto"] if earlier else kinds))
    match kind:
        case "wait":
            return {"id": name, "type": "wait", "for": draw(st.sampled_from(["1m", "90m", "3d"]))}
        case "moment":
            moment = NOON + draw(st.integers(-3, 30)) * timedelta(days=1)
            return {"id": name, "type": "wait", "until": moment.isoformat()}
        case "message" | "patient":
            mode = "wait" if kind == "patient" else draw(st.sampled_from(["continue", "exit"]))
            message = {"type": "message", "channel": "email", "template": "hello", "on_withheld": mode}
            return {"id": name, **message}
        case "wait_for":
            events = [{"event": "Liked", "branch": draw(target)}, {"event": "Shared"}]
            times = {"timeout": draw(st.sampled_from(["5m", "2d"])), "on_timeout": draw(target)}
            return {"id": name, "type": "wait_for", "events": events, **times}
        case "branch":
            case = {"when": {"trait": "plan", "op": "eq", "value": "pro"}, "next": draw(target)}
            return {"id": name, "type": "branch", "cases": [case], "else": draw(target)}
        case "split":
            ways = {"branches": {"a": draw(target), "b": draw(target)}, "sticky": draw(st.booleans())}
            return {"id": name, "type": "split", "weights": {"a": 50, "b": 50}, **ways}
        case "goto":
            return {"id": name, "type": "goto", "node": draw(st.sampled_from(earlier)), "max_loops": 3}
        case _:
            return {"id": name, "type": "update_profile", "set": {"seen": True}}


Deed = tuple[str, int, Any]  # what, how many minutes later, and more of it
DEEDS = st.lists(
    st.one_of(
        st.tuples(st.just("event"), st.integers(0, 5_000), st.sampled_from(NAMES)),
        st.tuples(st.just("late"), st.integers(0, 5_000), st.sampled_from(NAMES)),
        st.tuples(st.just("alarm"), st.integers(0, 5_000), st.none()),
        st.tuples(st.just("plan"), st.integers(0, 500), st.sampled_from(["pro", "free", "gone"])),
        st.tuples(st.just("segment"), st.integers(0, 500), st.sampled_from(["vip"])),
        st.tuples(st.just("pause"), st.integers(0, 500), st.none()),
    ),
    max_size=12,
)


class Chronicle:
    """A walk to which deeds happen, and what each came to."""

    def __init__(self, path: list[Step]) -> None:
        rules = [GONE, {"event": "Left Us", "reason": "left"}]
        self.walk = Walk(*path, exit_rules=rules, ends_at=ENDS_AT.isoformat())
        self.number = 0

    def do(self, deed: Deed) -> Occurrence | None:
        """A deed and what follows from it; the occurrence, if a run was told of it."""
        kind, later, about = deed
        walk = self.walk
        walk.now += later * MINUTE
        self.number += 1
        match kind:
            case "event" | "late":
                at = walk.now - (30 * MINUTE if kind == "late" else timedelta())
                event: Occurrence = EventHappened(walk.event(about, number=self.number, at=at))
            case "segment":
                event = SegmentChanged(about, entered=True, cause=f"c{self.number}", at=walk.now)
            case "plan":
                walk.change_person(traits={"plan": Trait(about, walk.now, SERVER.id)})
                event = PersonChanged("looked")
            case "pause":
                return self._toggle()
            case _:
                event = TimePassed()
        walk.bring(event)
        return event

    def _toggle(self) -> Occurrence:
        walk = self.walk
        if walk.pauses and walk.pauses[-1].until is None:
            walk.pauses = (*walk.pauses[:-1], Pause(walk.pauses[-1].since, walk.now))
            occurrence: Occurrence = Resumed()
        else:
            walk.pauses = (*walk.pauses, Pause(walk.now))
            occurrence = Paused()
        walk.bring(occurrence)
        return occurrence


@settings(max_examples=examples(80), deadline=None)
@given(steps(), DEEDS)
def test_a_run_at_rest_is_over_or_has_an_alarm(path: list[Step], deeds: list[Deed]) -> None:
    told = Chronicle(path)
    for deed in deeds:
        told.do(deed)
        run = told.walk.run
        assert run.todo is None
        assert run.is_over or run.due_at is not None
        assert run.frozen <= told.walk.scene.is_paused
        assert run.due_at is None or run.due_at <= ENDS_AT


@settings(max_examples=examples(60), deadline=None)
@given(steps(), DEEDS)
def test_the_same_occurrence_twice_does_nothing_more(path: list[Step], deeds: list[Deed]) -> None:
    told = Chronicle(path)
    for deed in deeds:
        occurrence = told.do(deed)
        before, effects = told.walk.run, len(told.walk.effects)
        if occurrence is not None:
            told.walk.bring(occurrence)
        assert told.walk.run is before
        assert len(told.walk.effects) == effects


@settings(max_examples=examples(60), deadline=None)
@given(steps(), DEEDS)
def test_a_run_never_speaks_when_a_rule_holds_the_journey_is_over_or_is_paused(
    path: list[Step], deeds: list[Deed]
) -> None:
    told = Chronicle(path)
    for deed in deeds:
        before = len(told.walk.effects)
        told.do(deed)
        walk = told.walk
        spoken = [effect for _, _, effect in walk.effects[before:] if isinstance(effect, Tell)]
        silent = walk.profile.trait("plan") == "gone" or walk.now >= ENDS_AT or walk.scene.is_paused
        assert not (spoken and silent)


@settings(max_examples=examples(60), deadline=None)
@given(steps(), DEEDS)
def test_every_run_comes_to_an_end_by_itself(path: list[Step], deeds: list[Deed]) -> None:
    told = Chronicle(path)
    for deed in deeds:
        told.do(deed)
    walk = told.walk
    if walk.scene.is_paused:
        told.do(("pause", 0, None))
    walk.pass_time(days=60)
    assert walk.run.is_over


@settings(max_examples=examples(60), deadline=None)
@given(steps(), st.integers(0, 40_000), st.sampled_from(NAMES))
def test_an_event_and_an_alarm_that_was_due_before_it_come_to_the_same_in_either_order(
    path: list[Step], later: int, name: str
) -> None:
    def walked(*, event_first: bool) -> list[str]:
        walk = Chronicle(path).walk
        due = walk.run.due_at
        if due is None:
            return []
        walk.now = due + later * MINUTE
        event = EventHappened(walk.event(name, at=due + (later // 2) * MINUTE))
        for occurrence in (event, TimePassed()) if event_first else (TimePassed(), event):
            walk.bring(occurrence)
        return walk.path

    assert walked(event_first=True) == walked(event_first=False)


@settings(max_examples=examples(60), deadline=None)
@given(steps(), DEEDS)
def test_a_walk_is_a_matter_of_what_happened_and_of_nothing_else(path: list[Step], deeds: list[Deed]) -> None:
    one, other = Chronicle(path), Chronicle(path)
    for deed in deeds:
        one.do(deed)
        other.do(deed)
    assert one.walk.run == other.walk.run


@settings(max_examples=examples(40), deadline=None)
@given(steps(), DEEDS)
def test_an_answer_to_something_that_is_done_already_changes_nothing(
    path: list[Step], deeds: list[Deed]
) -> None:
    told = Chronicle(path)
    for deed in deeds:
        told.do(deed)
        run = told.walk.run
        for _, node, _ in told.walk.effects:
            mark = f"{node}.{run.visits.get(node, 0)}.0"
            assert advance(run, Acted(mark, Done()), told.walk.scene).run is run
