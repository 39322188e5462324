"""Journeys as they are written: what each step takes, what is refused, and where an error says it is."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from kizuna.core.catalog import build
from kizuna.core.errors import InvalidDefinition
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.parts import LocalMoment, TraitMoment
from kizuna.core.journeys.steps import NOT_BUILT, Step
from tests.support.clouds import sample_documents
from tests.support.journey_graphs import a_journey, document, tell, wait


def refused(*steps: dict[str, Any], **changes: Any) -> list[str]:
    """What a workspace with such a journey is told, in full."""
    sample = {key: each for key, each in sample_documents().items() if key[0] != "journey"}
    it = document(*steps, **{"brand": "groove-harbour", "topic": "new-releases", **changes})
    try:
        build({**sample, ("journey", it["id"]): it}, linted=True)
    except InvalidDefinition as error:
        return [str(problem) for problem in error.problems]
    return []


MAIL = {"template": "win-back-email"}


def test_a_journey_of_the_workspace_is_accepted() -> None:
    assert refused(tell("hello", **MAIL)) == []


STEPS: dict[str, tuple[dict[str, Any], str]] = {
    "a wait for nothing": ({"type": "wait"}, "give one of for, until_local, until_trait and until"),
    "a wait for two things": (
        {"type": "wait", "for": "1d", "until": "2030-01-01T00:00:00Z"},
        "give one of for, until_local, until_trait and until",
    ),
    "a wait too short": ({"type": "wait", "for": "59s"}, "a wait is 1m to 2y long"),
    "a wait too long": ({"type": "wait", "for": "25mo"}, "a wait is 1m to 2y long"),
    "jitter of nothing": ({"type": "wait", "for": "1d", "jitter": "0s"}, "jitter is 1m to 30d"),
    "a timeout too short": (
        {"type": "wait_for", "events": [{"event": "X"}], "timeout": "299s"},
        "timeout: a timeout is 5m to 182d",
    ),
    "a timeout too long": (
        {"type": "wait_segment", "segment": "loyal-customers", "timeout": "183d"},
        "timeout: a timeout is 5m to 182d",
    ),
    "ten events": (
        {"type": "wait_for", "events": [{"event": f"E{n}"} for n in range(10)], "timeout": "1d"},
        "events: takes at most 9 items, and has 10",
    ),
    "a case that asks nothing": (
        {"type": "branch", "cases": [{"next": "end"}], "else": "end"},
        "cases.0: a case asks something: give when, context, or both",
    ),
    "a branch without else": (
        {"type": "branch", "cases": [{"when": {"everyone": True}, "next": "end"}]},
        "else: Field required",
    ),
    "a split of 99": (
        {"type": "split", "weights": {"one": 49, "two": 50}},
        "weights sum to 99, not to 100",
    ),
    "a limit without overflow": (
        {"type": "split", "weights": {"one": 50, "two": 50}, "limits": {"one": {"count": 3}}},
        "limits and overflow belong together: who finds a branch full goes to overflow",
    ),
    "a branch without a weight": (
        {"type": "split", "weights": {"one": 50, "two": 50}, "branches": {"three": "end"}},
        "branches names 'three', which has no weight",
    ),
    "arms judged by opens": (
        {"type": "experiment", "arms": [{"name": "one"}, {"name": "two"}], "metric": "open"},
        "arms that are paths are compared by the goal, or by revenue: a path is no mail to open",
    ),
    "paths that win": (
        {"type": "experiment", "arms": [{"name": "one"}, {"name": "two"}], "winner": "rest_gets_best"},
        "paths are drawn and not judged by themselves: take winner: report_only, and method: sequential or fixed; "
        "an experiment of a campaign gives the rest the best arm",
    ),
    "a join that waits": (
        {"type": "join", "of": ["x"], "timeout": "1d"},
        "a run walks one path at a time: there is nothing that a join could wait for",
    ),
    "a goto without a bound": (
        {"type": "goto", "node": "x", "max_loops": 101},
        "max_loops: Input should be less than or equal to 100",
    ),
    "an update of nothing": (
        {"type": "update_profile"},
        "changes nothing: give set, unset, increment or append",
    ),
    "an update of one trait twice": (
        {"type": "update_profile", "set": {"plan": "a"}, "unset": ["plan"]},
        "changes 'plan' twice",
    ),
    "a message nowhere": (
        {"type": "message"},
        "give either channel, with its template, or channels, with their templates",
    ),
    "a fallback of one channel": (
        {"type": "message", "channel": "email", "template": "x", "fallback_after": "1h"},
        "fallback_after and cancel_when are for several channels",
    ),
    "a task waited for without end": (
        {"type": "task", "template": "x", "await": True},
        "timeout says how long a task is waited for: with await, and only there",
    ),
    "outcomes of a task that is not waited for": (
        {"type": "task", "template": "x", "outcomes": {"reached": "end"}},
        "outcomes and on_timeout are for a task that is waited for: await: true",
    ),
    "a key that is not known": (
        {"type": "wait", "for": "1d", "ahead": 3},
        "ahead: Extra inputs are not permitted",
    ),
    "a type that is not known": (
        {"type": "dance"},
        "there is no kind 'dance' here",
    ),
}


@pytest.mark.parametrize(("step", "told"), STEPS.values(), ids=STEPS)
def test_what_a_step_cannot_mean_is_refused_by_its_id(step: dict[str, Any], told: str) -> None:
    (problem,) = refused({"id": "x", **step})
    assert problem.startswith("journey/welcome: steps.x")
    assert told in problem


@pytest.mark.parametrize("name", NOT_BUILT)
def test_a_step_of_the_specification_that_is_not_built_is_refused_with_what_to_do_instead(name: str) -> None:
    (problem,) = refused({"id": "x", "type": name})
    assert problem == f"journey/welcome: steps.x: steps of the type {name} are not built: {NOT_BUILT[name]}"


def test_every_step_of_the_specification_is_built_or_refused_by_name() -> None:
    union = get_args(Step)[0]
    built = {model.model_fields["type"].default for model in get_args(union)}
    assert built | set(NOT_BUILT) == {
        "wait", "wait_for", "wait_segment", "branch", "split", "gate", "experiment", "holdout", "message", "decide",
        "offer", "survey", "update_profile", "consent_prompt", "set_context", "feature_flag", "emit_event", "webhook",
        "task", "audience_sync", "throttle", "join", "goto", "journey", "exit",
    }  # fmt: skip


JOURNEYS: dict[str, tuple[dict[str, Any], str]] = {
    "a word of ours as an id": (
        {"steps": [tell("end", **MAIL)]},
        "steps.end.id: 'end' has a meaning of its own",
    ),
    "no goal": ({"goal": None}, "goal: is not an object with keys"),
    "no owner": ({"owner": ""}, "owner: String should have at least 1 character"),
    "a key of a segment": (
        {"enter": {"segment": "loyal-customers"}, "reentry": {"per_key": "order_id"}},
        "reentry.per_key names a property of an event or a call, and a segment has none",
    ),
    "an opt-out": ({"category": "opt_out_confirmation"}, "a journey confirms no STOP"),
    "a cooldown of nothing": ({"contact_cooldown": "0s"}, "contact_cooldown is 1m to 2y"),
    "a zone that there is not": (
        {"default_zone": "Mars/Base"},
        "default_zone: unknown time zone 'Mars/Base'",
    ),
    "a holdout of most": ({"holdout": 60}, "holdout.percent: Input should be less than or equal to 50"),
    "an exit rule of nothing": ({"exit_rules": [{"reason": "x"}]}, "give either event, or a question"),
    "an exit rule of both": (
        {"exit_rules": [{"event": "X", "when": {"everyone": True}}]},
        "give either event, or a question",
    ),
    "no limit at all": ({"entry_limits": {}}, "give per_day, total or per_second"),
}


@pytest.mark.parametrize(("changes", "told"), JOURNEYS.values(), ids=JOURNEYS)
def test_what_a_journey_cannot_mean_is_refused(changes: dict[str, Any], told: str) -> None:
    (problem,) = refused(tell("hello", **MAIL), **changes)
    assert told in problem


REFERENCES: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "brand": ([], {"brand": "none"}, "brand: there is no brand 'none'"),
    "topic": ([], {"topic": "none"}, "topic: there is no topic 'none'"),
    "segment of entry": ([], {"enter": {"segment": "none"}}, "enter.segment: there is no segment 'none'"),
    "audience": (
        [],
        {"enter": {"schedule": {"cron": "0 9 * * 1"}, "audience": {"in": ["none"]}}},
        "enter.audience.in: there is no segment 'none'",
    ),
    "template": ([tell("a", template="none")], {}, "steps.a.template: there is no template 'none'"),
    "template of another channel": (
        [tell("a", template="welcome-back-push")],
        {},
        "steps.a.template: is for push, the campaign speaks by email",
    ),
    "template of another purpose": (
        [tell("a", template="preferences-link-email")],
        {},
        "steps.a.template: is transactional, the campaign's category is marketing",
    ),
    "segment of a wait": (
        [{"id": "a", "type": "wait_segment", "segment": "none", "timeout": "1d"}],
        {},
        "steps.a.segment: there is no segment 'none'",
    ),
    "a condition": (
        [{"id": "a", "type": "gate", "when": {"in_segment": "none"}}],
        {},
        "steps.a.when: asks about segment 'none', which does not exist",
    ),
    "an exit rule": (
        [],
        {"exit_rules": [{"when": {"static_list": "none"}}]},
        "exit_rules.0.when: asks about list 'none', which does not exist",
    ),
    "a journey": (
        [{"id": "a", "type": "journey", "start": "none"}],
        {},
        "steps.a.start: there is no journey 'none'",
    ),
    "an event of ours": (
        [{"id": "a", "type": "emit_event", "event": "Unsubscribed"}],
        {},
        "steps.a.event: 'Unsubscribed' tells of what only we, or a provider, can know",
    ),
    "a trait of ours": (
        [{"id": "a", "type": "update_profile", "set": {"wish_pause": "1"}}],
        {},
        "steps.a: 'wish_pause' is worked out by us: nothing sets it",
    ),
    "our own messages": ([], {"enter": {"event": "Message Sent"}}, "enter.event: tells of our own messages"),
    "no basis": (
        [tell("a", **MAIL, category="transactional")],
        {},
        "steps.a: a transactional campaign needs transactional_basis: what the person asked for",
    ),
    "no topic": ([tell("a", **MAIL)], {"topic": None}, "steps.a.topic: neither the step nor the journey says"),
    "a channel without a template": (
        [
            {
                "id": "a", "type": "message", "channels": {"list": ["email", "push"]},
                "templates": {"email": "win-back-email"},
            }
        ],
        {},
        "steps.a: templates names one template for each channel of channels.order, and no other",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("steps", "changes", "told"), REFERENCES.values(), ids=REFERENCES)
def test_what_a_journey_names_exists_and_fits(
    steps: list[dict[str, Any]], changes: dict[str, Any], told: str
) -> None:
    (problem,) = refused(*(steps or [wait("pause")]), **changes)
    assert problem.startswith(f"journey/welcome: {told}")


def test_an_event_that_the_tracking_plan_lets_through_nowhere_is_refused() -> None:
    sample = {key: each for key, each in sample_documents().items() if key[0] not in ("journey", "campaign")}
    policy = {**sample["policy", "policy"], "tracking": {"unknown_event": "reject"}}
    policy.pop("canary", None)
    it = document(
        wait("pause"), brand="groove-harbour", topic="new-releases", enter={"event": "Order Completd"}
    )
    with pytest.raises(InvalidDefinition) as error:
        build({**sample, ("policy", "policy"): policy, ("journey", "welcome"): it}, linted=True)
    assert [str(each) for each in error.value.problems] == [
        "journey/welcome: enter.event: 'Order Completd' is not in the tracking plan, which lets no other event "
        "through"
    ]


def test_journeys_that_start_each_other_are_refused() -> None:
    sample = {key: each for key, each in sample_documents().items() if key[0] != "journey"}
    here = {"brand": "groove-harbour", "topic": "new-releases"}
    there = document(wait("w"), {"id": "s", "type": "journey", "start": "second"}, **here)
    again = document(wait("w"), {"id": "s", "type": "journey", "start": "welcome"}, **here, id="second")
    with pytest.raises(InvalidDefinition) as error:
        build({**sample, ("journey", "welcome"): there, ("journey", "second"): again}, linted=True)
    assert [problem.reason for problem in error.value.problems] == [
        "starts itself again by way of other journeys (second, welcome)"
    ] * 2


def test_a_journey_that_only_leads_into_a_circle_is_not_blamed_for_it() -> None:
    sample = {key: each for key, each in sample_documents().items() if key[0] != "journey"}
    here = {"brand": "groove-harbour", "topic": "new-releases"}

    def starting(name: str, other: str) -> dict[str, Any]:
        return document(wait("w"), {"id": "s", "type": "journey", "start": other}, **here, id=name)

    wanted = [starting("one", "two"), starting("two", "two")]
    with pytest.raises(InvalidDefinition) as error:
        build({**sample, **{("journey", each["id"]): each for each in wanted}}, linted=True)
    assert [str(each) for each in error.value.problems] == ["journey/two: steps: starts itself again"]


def test_a_started_journey_by_key_is_told_which() -> None:
    sample = {key: each for key, each in sample_documents().items() if key[0] != "journey"}
    here = {"brand": "groove-harbour", "topic": "new-releases"}
    first = document({"id": "s", "type": "journey", "start": "second"}, **here)
    second = document(wait("w"), **here, id="second", reentry={"per_key": "order_id"})
    with pytest.raises(InvalidDefinition) as error:
        build({**sample, ("journey", "welcome"): first, ("journey", "second"): second}, linted=True)
    assert "steps.s.inputs: journey 'second' has a run for each 'order_id': say which one" in str(error.value)


def test_a_journey_by_key_may_have_several_runs_of_a_person_at_once_unless_it_says_otherwise() -> None:
    assert a_journey(wait("w")).max_concurrent == 1
    assert a_journey(wait("w"), reentry={"per_key": "cart"}).max_concurrent == 10
    assert a_journey(wait("w"), reentry={"per_key": "cart"}, max_concurrent=2).max_concurrent == 2
    assert a_journey(wait("w"), reentry="never").reentry.after is None


def test_short_forms_mean_what_the_long_ones_say() -> None:
    assert a_journey(wait("w"), holdout=10).holdout == a_journey(wait("w"), holdout={"percent": 10}).holdout
    for short in ({"event": "X"}, {"segment": "s"}, {"api": True}):
        (name,) = short
        assert a_journey(wait("w"), enter=short) == a_journey(wait("w"), enter={"type": name, **short})


def test_people_inside_move_by_the_map_and_leave_where_it_names_nothing() -> None:
    steps = (wait("a"), tell("b"))
    mapped = a_journey(*steps, version_policy={"migrate": {"old": "b", "done": "end"}})
    assert [mapped.moved(node) for node in ("old", "done", "a", "gone")] == ["b", "end", None, None]
    same = a_journey(*steps, version_policy={"migrate": {"old": "b"}, "unmapped": "same"})
    assert [same.moved(node) for node in ("old", "a", "gone")] == ["b", "a", None]
    assert a_journey(*steps, version_policy="exit").moved("a") is None


def test_a_local_moment_knows_its_minute_and_its_days() -> None:
    told = LocalMoment.model_validate({"time": "09:30", "weekdays": ["workdays", "sunday"]})
    assert (told.minute, told.days) == (570, frozenset({0, 1, 2, 3, 4, 6}))
    assert LocalMoment.model_validate({"time": "00:00"}).days == frozenset(range(7))


@pytest.mark.parametrize("offset", ["3", "d", "--3d", "3 d", "+-1h"])
def test_an_offset_that_is_none_is_refused(offset: str) -> None:
    with pytest.raises(ValidationError, match="an offset is a length with a sign"):
        TraitMoment(trait="birthday", offset=offset)


def test_a_definition_is_read_back_as_it_was_written() -> None:
    journey = a_journey(wait("a", jitter="5m"), tell("b"), holdout=5, reentry={"after": "30d"})
    assert Journey.model_validate(journey.model_dump(mode="json", by_alias=True)) == journey
