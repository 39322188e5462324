"""What is refused of a journey's path, and that what is accepted ends or waits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.journeys.graph import takes_time
from kizuna.core.journeys.parts import END, EXIT
from kizuna.core.journeys.steps import Goto
from tests.support.journey_graphs import a_journey, back, document, fork, problems, tell, wait

LATE = {"type": "wait_for", "events": [{"event": "Order Completed"}], "timeout": "1d"}


def test_a_step_goes_on_to_what_it_says_else_to_the_step_below_and_the_last_one_completes() -> None:
    journey = a_journey(tell("a"), tell("b", next="d"), tell("d", next=END))
    assert [journey.after(step) for step in journey.steps] == ["b", "d", "end"]
    assert a_journey(tell("a")).after(a_journey(tell("a")).steps[0]) == END


REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "two of one id": ([tell("a"), tell("a")], "it: steps.a: 2 steps have this id"),
    "next to nothing": ([tell("a", next="b")], "it: steps.a.next: there is no step 'b'"),
    "else to nothing": ([fork("a", END, "b")], "it: steps.a.else: there is no step 'b'"),
    "case to nothing": ([fork("a", "b", END)], "it: steps.a.cases.0.next: there is no step 'b'"),
    "time-out to nothing": (
        [{"id": "a", **LATE, "on_timeout": "b"}],
        "it: steps.a.on_timeout: there is no step 'b'",
    ),
    "a branch of a split without a step": (
        [{"id": "a", "type": "split", "weights": {"one": 50, "two": 50}}, tell("one")],
        "it: steps.a.branches.two: there is no step 'two'",
    ),
    "an arm without a step": (
        [{"id": "a", "type": "experiment", "arms": [{"name": "one"}, {"name": "two"}]}, tell("one")],
        "it: steps.a.arms.two: there is no step 'two'",
    ),
    "goto to nothing": ([back("a", "b")], "it: steps.a.node: there is no step 'b'"),
    "an end that is none": ([tell("a", next=EXIT)], "it: steps.a.next: there is no step 'exit'"),
    "never reached": ([tell("a", next=END), tell("b")], "it: steps.b: is never reached: no way leads to it"),
    "a loop without goto": (
        [wait("a"), tell("b", next="a")],
        "it: steps.b: comes back to where it was (a → b → a): close a loop by goto, which has a bound",
    ),
    "a loop without a wait": (
        [tell("a"), back("b", "a")],
        "it: steps.b.node: goes round from 'a' without a wait: put one on the way",
    ),
    "a wait beside the loop": (
        [tell("a"), fork("b", "c", "d"), back("c", "a", next=END), wait("d", next=END)],
        "it: steps.c.node: goes round from 'a' without a wait: put one on the way",
    ),
    "a moment is no wait on the second round": (
        [{"id": "a", "type": "wait", "until": "2030-01-01T00:00:00Z"}, back("b", "a")],
        "it: steps.b.node: goes round from 'a' without a wait: put one on the way",
    ),
    "loops within loops": (
        [wait("a"), back("b", "a", max_loops=40), back("c", "a", max_loops=40)],
        "it: steps.a: is come by up to 1,681 times, by loops within loops: 1,000 at most",
    ),
    "a forgotten next": (
        [{"id": "a", **LATE, "next": "thanks", "on_timeout": "remind"}, tell("remind"), tell("thanks")],
        "it: steps.remind.next: is not told, and the step below, 'thanks', is where 'a' leads: say next: thanks if "
        "it goes on there, or next: end",
    ),
    "a join of a path that does not come": (
        [fork("a", "b", "c"), tell("b", next=END), tell("c"), {"id": "d", "type": "join", "of": ["b", "c"]}],
        "it: steps.d.of: no way leads here from 'b'",
    ),
    "a join that never meets": (
        [
            fork("a", "b", "c"),
            tell("b", next="d"),
            tell("c"),
            {"id": "d", "type": "join", "of": ["b", "c"], "mode": "all", "otherwise": END},
        ],
        "it: steps.d.of: can never meet: no path comes by both 'b' and 'c'; take mode: any",
    ),
    "a join of nothing": (
        [tell("a"), {"id": "b", "type": "join", "of": ["z"]}],
        "it: steps.b.of: there is no step 'z'",
    ),
    "a key that there is not": (
        [{"id": "a", **LATE, "match_key": "order_id"}],
        "it: steps.a.match_key: there is no key to match: say which property it is by reentry: {per_key: …}",
    ),
    "an exit at once": (
        [{"id": "a", "type": "exit", "reason": "nothing"}],
        "it: steps.a: the first step ends the run: nobody gets any further",
    ),
}


NO_VALUES = (
    "a run has no values under {!r}: it has entry, what set_context sets, and what came to a wait_for or survey, "
    "under the id of the step"
)


@pytest.mark.parametrize(
    ("step", "place", "name"),
    [
        (
            {"type": "gate", "context": [{"property": "entri.total", "op": "gt", "value": 1}]},
            "context",
            "entri",
        ),
        (
            {
                **fork("b", END, END),
                "cases": [{"context": {"any": [{"property": "tell", "op": "exists"}]}, "next": END}],
            },
            "cases.0.context",
            "tell",
        ),
        ({"type": "update_profile", "set": {"plan": {"context": "aa.plan"}}}, "set.plan", "aa"),
        ({"type": "emit_event", "event": "Told", "properties": {"n": {"context": "x"}}}, "properties.n", "x"),
        ({"type": "set_context", "values": {"y": {"context": "x.z"}}}, "values.y", "x"),
        ({"type": "journey", "start": "other", "inputs": {"y": {"context": "x.z"}}}, "inputs.y", "x"),
    ],
)
def test_values_that_no_step_leaves_to_a_run_are_refused(step: dict[str, Any], place: str, name: str) -> None:
    assert problems(tell("tell"), {**step, "id": "b"}) == [f"it: steps.b.{place}: {NO_VALUES.format(name)}"]


def test_an_exit_rule_too_asks_for_values_that_there_are() -> None:
    rule = {"context": [{"property": "odrer.id", "op": "exists"}]}
    assert problems(tell("a"), exit_rules=[rule]) == [
        f"it: exit_rules.0.context: {NO_VALUES.format('odrer')}"
    ]


def test_a_run_has_what_began_it_what_it_waited_for_what_it_remembers_and_what_it_brought_along() -> None:
    asked = ("entry.total", "came.total", "dear", "old.total")
    gates = [
        {"id": f"g{n}", "type": "gate", "context": [{"property": path, "op": "exists"}]}
        for n, path in enumerate(asked)
    ]
    steps: list[dict[str, Any]] = [
        {"id": "came", **LATE},
        {"id": "s", "type": "set_context", "values": {"dear": True}},
        *gates,
    ]
    assert problems(*steps, version_policy={"migrate": {"old": "came"}}) == []
    assert problems(*steps) == [f"it: steps.g3.context: {NO_VALUES.format('old')}"]


@pytest.mark.parametrize(("steps", "told"), REFUSED.values(), ids=REFUSED)
def test_a_path_that_cannot_be_meant_is_refused_with_its_place(
    steps: list[dict[str, Any]], told: str
) -> None:
    assert problems(*steps) == [told]


ACCEPTED: dict[str, list[dict[str, Any]]] = {
    "a loop with a wait": [wait("a"), tell("b"), back("c", "a", max_loops=3)],
    "a loop that waits for something": [{"id": "a", **LATE}, back("c", "a")],
    "a goto that only leads on": [fork("a", "b", "c"), back("b", "d", next=END), tell("c", next="d"), tell("d")],
    "paths that meet": [
        fork("a", "b", "c"), tell("b", next="d"), tell("c"), {"id": "d", "type": "join", "of": ["b", "c"]},
    ],
    "all of them on one path": [
        tell("a"),
        tell("b"),
        {"id": "c", "type": "join", "of": ["a", "b"], "mode": "all", "otherwise": END},
    ],
    "a gate whose others go on elsewhere": [
        {"id": "a", "type": "gate", "when": {"everyone": True}, "on_false": "c"}, tell("b", next=END), tell("c"),
    ],
    "a branch to the step below, which nobody else enters": [fork("a", "b", END), tell("b")],
    "every yearly day is a wait": [
        {"id": "a", "type": "wait", "until_trait": {"trait": "birthday", "yearly": True}}, back("b", "a"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("steps", ACCEPTED.values(), ids=ACCEPTED)
def test_a_path_that_can_be_walked_is_accepted(steps: list[dict[str, Any]]) -> None:
    assert problems(*steps) == []


def test_what_a_migration_maps_to_exists() -> None:
    mapped = {"version_policy": {"migrate": {"old": "hello", "older": "gone", "oldest": "end"}}}
    assert problems(tell("hello"), **mapped) == ["it: version_policy.migrate.older: there is no step 'gone'"]


# ── any graph ───────────────────────────────────────────────────────────────────────────────────


@st.composite
def graphs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Steps whose ways lead anywhere: forward, back, to themselves, to the end."""
    size = draw(st.integers(1, 7))
    names = [f"s{number}" for number in range(size)]
    anywhere = st.sampled_from([*names, END])
    steps = []
    for name in names:
        kind = draw(st.sampled_from(["wait", "tell", "tell", "fork", "goto", "below"]))
        match kind:
            case "wait":
                steps.append(wait(name, next=draw(anywhere)))
            case "tell":
                steps.append(tell(name, next=draw(anywhere)))
            case "fork":
                steps.append(fork(name, draw(anywhere), draw(anywhere)))
            case "goto":
                to = draw(st.sampled_from(names))
                steps.append(back(name, to, max_loops=draw(st.integers(1, 3)), next=draw(anywhere)))
            case _:
                steps.append(tell(name))
    return steps


@given(steps=graphs(), choices=st.lists(st.booleans(), min_size=1, max_size=40))
@settings(max_examples=300, deadline=None)
def test_whoever_walks_an_accepted_journey_waits_or_comes_to_an_end(
    steps: list[dict[str, Any]], choices: list[bool]
) -> None:
    if problems(*steps):
        return
    journey = a_journey(*steps)
    node, rounds, since_a_wait, turns = journey.start, dict[str, int](), 0, 0
    while node != END:
        step = journey.by_id[node]
        since_a_wait = 0 if takes_time(step) else since_a_wait + 1
        assert since_a_wait <= len(journey.steps), "it goes round without a wait"
        if isinstance(step, Goto) and rounds.get(node, 0) < step.max_loops:
            rounds[node] = rounds.get(node, 0) + 1
            node = step.node
            continue
        ways = [way for way in journey.graph.of[node] if way.kind != "again"]
        node = ways[choices[turns % len(choices)] % len(ways)].target
        turns += 1
        assert turns <= 2_000, "it goes on for ever"


@given(steps=graphs(), at=st.integers(0, 7))
@settings(max_examples=200, deadline=None)
def test_a_step_that_nothing_leads_to_is_always_refused(steps: list[dict[str, Any]], at: int) -> None:
    if problems(*steps):
        return
    # Told where it goes on, a step cannot run into the one that is put below it.
    told = [dict(step) for step in steps]
    for number, step in enumerate(told):
        if step["type"] in ("message", "wait") and "next" not in step:
            step["next"] = told[number + 1]["id"] if number + 1 < len(told) else END
    place = 1 + at % len(told)
    alone = [*told[:place], tell("alone", next=END), *told[place:]]
    assert "it: steps.alone: is never reached: no way leads to it" in problems(*alone)


def test_a_journey_of_too_many_steps_is_refused() -> None:
    many = [wait(f"s{number}") for number in range(201)]
    with pytest.raises(ValueError, match="at most 200 items"):
        a_journey(*many)
    assert problems(*many[:200]) == []
    assert len(document(*many)["steps"]) == 201
