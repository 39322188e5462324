"""What of a condition is refused when it is saved, with the file and the place in the tree."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.catalog import build
from kizuna.core.condition_checks import MAX_PLAIN_LEAVES, located
from kizuna.core.conditions import MAX_DEPTH, MAX_LEAVES, EventDid
from kizuna.core.errors import InvalidDefinition
from tests.support.builders import a_catalog, some_documents
from tests.support.histories import the_condition
from tests.support.journeys_running import a_journey as trial
from tests.support.journeys_running import with_journeys

PRO = {"trait": "plan", "op": "eq", "value": "pro"}
LISTS = {("list", "staff"): {"id": "staff", "name": "Staff"}}


def a_segment(when: Any, **more: Any) -> dict[str, Any]:
    return {"id": "asking", "name": "Asking", "when": when, **more}


def refusals(when: Any, **more: Any) -> list[str]:
    documents = {**some_documents(), **LISTS, ("segment", "asking"): a_segment(when, **more)}
    try:
        build(documents, origin=lambda kind, name: f"{kind}s/{name}.yaml", linted=True)
    except InvalidDefinition as refused:
        return [str(problem) for problem in refused.problems]
    return []


def nested(depth: int) -> Any:
    return PRO if depth == 1 else {"all": [nested(depth - 1)]}


def a_hundred_events(verb: str = "did") -> list[Any]:
    return [{"event": f"E{number}", "verb": verb} for number in range(MAX_LEAVES)]


FINE: dict[str, Any] = {
    "on a list": {"static_list": "staff"},
    "the built-in segment": {"in_segment": "everyone"},
    "all topics": {"consent": "granted", "channel": "email"},
    "another purpose": {"consent": "granted", "channel": "email", "purpose": "analytics"},
    "a channel without addresses": {"consent": "withdrawn", "channel": "ad_audience"},
    "as deep as allowed": nested(MAX_DEPTH),
    "as many as allowed": {"any": a_hundred_events()},
    "a holdout": {"holdout": "winter", "percent": 10},
    "at least": {"at_least": 2, "of": [PRO, PRO, PRO]},
    "not": {"not": PRO},
    "the goal of a campaign": {"converted": "Order Completed", "campaign": "spring"},
    "a goal of no campaign": {"converted": "Signed Up"},
    "a device": {"device": "ios", "app_version": {"cmp": "gte", "value": "2.1.0"}},
}


@pytest.mark.parametrize("case", FINE)
def test_a_condition_that_names_what_exists_is_accepted(case: str) -> None:
    assert refusals(FINE[case]) == []


WRONG: dict[str, tuple[Any, str]] = {
    "an unknown segment": ({"all": [PRO, {"in_segment": "x"}]}, "when.all.1: asks about segment 'x'"),
    "entered an unknown segment": ({"entered_segment": "x"}, "when: asks about segment 'x'"),
    "left an unknown segment": ({"left_segment": "x"}, "when: asks about segment 'x'"),
    "an unknown list": ({"none": [{"static_list": "x"}]}, "when.not: asks about list 'x'"),
    "an unknown campaign": ({"message": "opened", "campaign": "x"}, "when: asks about campaign 'x'"),
    "an unknown topic of messages": ({"message": "sent", "topic": "x"}, "when: asks about topic 'x'"),
    "an unknown topic of consent": (
        {"consent": "granted", "channel": "email", "topic": "x"}, "when: asks about topic 'x'"
    ),
    "an unknown subscription": ({"subscription": "x"}, "when: asks about topic 'x'"),
    "an unknown topic of reach": (
        {"reachable": "email", "purpose": "promotional", "topic": "x"}, "when: asks about topic 'x'"
    ),
    "an unknown journey": ({"journey": "x"}, "when: asks about journey 'x'"),
    "messages of an unknown journey": ({"message": "sent", "journey": "x"}, "when: asks about journey 'x'"),
    "an unknown channel": ({"reachable": "fax"}, "when: asks about channel 'fax'; there are"),
    "messages on a channel without any": (
        {"message": "sent", "channel": "ad_audience"},
        "channel 'ad_audience'; there are",
    ),
    "inside a score": (
        {"score": [{"when": {"any": [PRO, {"in_segment": "x"}]}, "points": 1}], "value": 1},
        "when.score.0.when.any.1: asks about segment 'x'",
    ),
    "too deep": (nested(MAX_DEPTH + 1), "when: nested deeper than 8"),
    "too deep by scores": (
        {"score": [{"when": nested(MAX_DEPTH), "points": 1}], "value": 1}, "when: nested deeper than 8"
    ),
    "too many": ({"any": [*a_hundred_events(), PRO]}, "when: more than 200 questions"),
    "too many in plain form": (
        {"any": [{"subscription": "news", "state": "unsubscribed"} for _ in range(MAX_LEAVES)]},
        f"when: comes to more than {MAX_PLAIN_LEAVES} base questions",
    ),
    "an empty group": ({"all": []}, "when.all: takes at least 1 item, and has 0"),
    "an unknown question": ({"mood": "good"}, "when"),
    "an unknown key": ({"holdout": "w", "percent": 10, "until": "1d"}, "until"),
    "an unknown outcome": ({"message": "read"}, "message"),
    "an unknown word": ({"consent": "maybe", "channel": "email"}, "consent"),
    "a topic without a purpose": ({"reachable": "email", "topic": "news"}, "say purpose: promotional"),
    "half of everybody and more": ({"holdout": "w", "percent": 51}, "percent"),
    "an arm that is none": (
        {"variant": "c", "experiment": "e", "arms": [{"name": "a"}, {"name": "b"}]}, "'c' is none of the arms"
    ),
    "one arm": ({"variant": "a", "experiment": "e", "arms": [{"name": "a"}]}, "arms"),
    "converted by an unknown campaign": (
        {"converted": "Order Completed", "campaign": "x"}, "when: asks about campaign 'x'"
    ),
    "another goal than the campaign's": (
        {"converted": "Signed Up", "campaign": "spring"}, "when: the goal of campaign 'spring' is 'Order Completed'"
    ),
    "another time than the campaign's": (
        {"converted": "Order Completed", "campaign": "spring", "within": "9d"}, "within 3d"
    ),
    "an unknown RFM definition": ({"rfm": "x", "bucket": "loyal"}, "when: asks about rfm 'x'"),
    "an unknown bucket": ({"rfm": "x", "bucket": ["rich"]}, "when: asks about bucket 'rich'; there are champions"),
    "nothing of RFM": ({"rfm": "x"}, "say which bucket"),
    "a version that is none": ({"device": "ios", "app_version": {"cmp": "near", "value": "1"}}, "cmp"),
    "two arms of one name": (
        {"variant": "a", "experiment": "e", "arms": [{"name": "a"}, {"name": "a"}]}, "two arms have one name"
    ),
    "between one number": ({"affinity": "category", "key": "shoes", "op": "between", "value": 1}, "between"),
    "a score between one number": (
        {"score": [{"when": PRO, "points": 1}], "op": "between", "value": 1}, "between takes a list of two"
    ),
    "points that are no number": ({"score": [{"when": PRO, "points": "many"}], "value": 1}, "points"),
    "points without end": ({"score": [{"when": PRO, "points": float("inf")}], "value": 1}, "points"),
    "a key with dots": ({"affinity": "category", "key": "a.b", "value": 1}, "key"),
    "a window that is none": ({"entered_segment": "everyone", "window": {"last": "soon"}}, "window"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_condition_that_cannot_be_meant_is_refused_with_file_and_path(case: str) -> None:
    when, expected = WRONG[case]
    found = refusals(when)
    assert any(each.startswith("segments/asking.yaml: ") and expected in each for each in found), found


def test_a_condition_is_checked_wherever_it_stands() -> None:
    lost = {"static_list": "x"}
    documents = {
        **some_documents(),
        ("segment", "asking"): a_segment(PRO, exclude=lost),
        ("placement", "home"): {"id": "home", "name": "Home", "actions": [{"id": "a", "when": lost}]},
        ("suppression", "s"): {"id": "s", "kind": "rule", "when": lost, "reason": "asked for it"},
    }
    with pytest.raises(InvalidDefinition) as refused:
        build(documents, linted=True)
    assert [problem.path for problem in refused.value.problems] == [
        "segment/asking: exclude",
        "placement/home: actions.a.when",
        "suppression/s: when",
    ]


@pytest.mark.parametrize("state", ["in", "completed", "exited", "never"])
def test_where_people_stand_in_a_journey_is_kept_of_those_that_are_asked_about(state: str) -> None:
    documents = dict(with_journeys(trial()))
    assert build(documents, linted=True).asks.journeys == frozenset()
    asked = {"journey": "trial", "state": state}
    documents["segment", "asking"] = a_segment({"all": [PRO, {"not": asked}]})
    assert build(documents, linted=True).asks.journeys == {"trial"}


def test_a_journey_is_refused_as_long_as_none_is_defined() -> None:
    assert refusals({"journey": "welcome", "state": "never"}) == [
        "segments/asking.yaml: when: asks about journey 'welcome', which does not exist"
    ]


BAD_SUPPRESSIONS: dict[str, tuple[dict[str, Any], str]] = {
    "nobody is named": ({"kind": "static"}, "names a `list`"),
    "both": ({"kind": "static", "list": "staff", "when": PRO}, "has a condition `when`"),
    "a rule without one": ({"kind": "rule"}, "has a condition `when`"),
    "a rule with a list": ({"kind": "rule", "when": PRO, "list": "staff"}, "names a `list`"),
    "an unknown list": ({"kind": "static", "list": "x"}, "list: there is no list 'x'"),
    "an unknown brand": ({"kind": "static", "list": "staff", "scope": {"brand": "x"}}, "scope.brand: there is no"),
    "an unknown topic": ({"kind": "static", "list": "staff", "scope": {"topic": "x"}}, "scope.topic: there is no"),
    "no reason": ({"kind": "static", "list": "staff", "reason": ""}, "reason"),
    "an end without a zone": ({"kind": "static", "list": "staff", "expires_at": "2027-01-01T00:00"}, "expires_at"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_SUPPRESSIONS)
def test_a_suppression_that_cannot_be_meant_is_refused(case: str) -> None:
    document, expected = BAD_SUPPRESSIONS[case]
    documents = {
        **some_documents(), **LISTS,
        ("suppression", "s"): {"id": "s", "reason": "they asked for it", **document},
    }  # fmt: skip
    with pytest.raises(InvalidDefinition) as refused:
        build(documents, linted=True)
    assert any(expected in str(problem) for problem in refused.value.problems), refused.value.problems


def test_our_own_messages_start_no_other_message() -> None:
    [(key, campaign)] = [(key, each) for key, each in some_documents().items() if key[0] == "campaign"]
    echo = {**campaign, "trigger": {"type": "event", "event": "Message Sent"}}
    with pytest.raises(InvalidDefinition, match="start no other message"):
        build({**some_documents(), key: echo}, linted=True)


def test_every_question_of_a_tree_has_a_path() -> None:
    tree = the_condition({"all": [PRO, {"score": [{"when": {"event": "A"}, "points": 1}], "value": 1}]})
    paths = {path: type(leaf) for path, leaf in located(tree, "when")}
    assert list(paths) == ["when.all.0", "when.all.1.score.0.when"]
    assert paths["when.all.1.score.0.when"] is EventDid


@pytest.mark.parametrize(
    ("when", "consents", "moves", "told"),
    [
        (PRO, False, set(), set()),
        ({"subscription": "news"}, True, set(), set()),
        ({"reachable": "email"}, False, set(), set()),
        ({"reachable": "email", "purpose": "promotional"}, True, set(), set()),
        ({"entered_segment": "everyone"}, False, {"everyone"}, set()),
        ({"message": "sent"}, False, set(), {"Message Sent"}),
        ({"none": [{"message": "withheld"}]}, False, set(), {"Message Withheld"}),
        ({"event": "Message Sent"}, False, set(), {"Message Sent"}),
        ({"message": "opened"}, False, set(), set()),
    ],
)
def test_a_catalog_knows_what_its_conditions_ask_a_record_to_keep(
    when: Any, consents: bool, moves: set[str], told: set[str]
) -> None:
    asks = a_catalog({**some_documents(), ("segment", "asking"): a_segment(when)}).asks
    assert (asks.consents, set(asks.moves), set(asks.told)) == (consents, moves, told)
