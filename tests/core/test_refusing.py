"""What is refused is told at the place that its author wrote, with what they may have meant."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError

from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import MODELS
from kizuna.core.identity.rules import IdentityDefinition
from kizuna.core.refusing.faults import faults_of
from kizuna.core.refusing.meant import missing
from kizuna.core.segments import Segment
from tests.support.builders import CAMPAIGN

PRO = {"trait": "plan", "op": "eq", "value": "pro"}


def told(document: Any, model: type[BaseModel]) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(document)
    faults = faults_of(refused.value, model, document)
    return {".".join(map(str, fault.keys)): fault.reason for fault in faults}


def of_a_segment(when: Any) -> dict[str, str]:
    return told({"id": "x", "name": "X", "when": when}, Segment)


PLACES: dict[str, tuple[Any, str, str]] = {
    "an operator within groups": (
        {"all": [{"any": [PRO, PRO | {"op": "equals"}]}]}, "when.all.0.any.1.op", "did you mean 'eq'?"
    ),
    "an operator under not": ({"not": PRO | {"op": "stars_with"}}, "when.not.op", "did you mean 'starts_with'"),
    "a word like one of other languages": (PRO | {"op": "eqals"}, "when.op", "did you mean 'eq'?"),
    "no question under not": ({"not": {"evnt": "A"}}, "when.not", "did you mean 'event'?"),
    "a group under not": ({"not": {"xor": [PRO, {"trait": 5, "op": "exists"}]}}, "when.not.xor.1.trait", "string"),
    "a group with its type": ({"type": "all", "of": [PRO | {"op": "is"}]}, "when.of.0.op", "did you mean 'eq'?"),
    "too few steps": ({"sequence": [{"event": "A"}]}, "when.sequence", "takes at least 2 items, and has 1"),
    "a country by its name": ({"geo": "home", "region": "Japan"}, "when.region", "of the form of JP or JP-13"),
    "days in words": (PRO | {"op": "anniversary", "value": None, "window": "soon"}, "when.window", "3d or 2w"),
    "a part of at_least": ({"at_least": 1, "of": [PRO, {"evnt": "A"}]}, "when.of.1", "did you mean 'event'?"),
    "the number of at_least": ({"at_least": 0, "of": [PRO]}, "when.at_least", "greater than or equal to 1"),
    "a part of a score": (
        {"score": [{"when": PRO | {"op": "gtt"}, "points": 1}], "value": 1}, "when.score.0.when.op", "'gt'"
    ),
    "an empty group": ({"any": []}, "when.any", "at least 1 item"),
    "an unknown group": ({"al": [PRO]}, "when", "did you mean 'all'?"),
    "an unknown type": ({"type": "traits", "trait": "x", "op": "exists"}, "when", "did you mean 'trait'?"),
    "an unknown key": (PRO | {"valeu": 1}, "when.valeu", "did you mean 'value'?"),
    "a filter that is a list": (
        {"event": "A", "where": [{"property": "p", "op": "=="}]}, "when.where.0.op", "did you mean 'eq'?"
    ),
    "a filter under not": (
        {"event": "A", "where": {"not": {"property": "p", "op": "eqq"}}}, "when.where.not.op", "did you mean 'eq'"
    ),
    "a window": ({"event": "A", "window": {"last": "soon"}}, "when.window.last", "not a duration"),
    "a step": ({"sequence": [{"event": "A"}, {"event": 5}]}, "when.sequence.1.event", "valid string"),
    "a step's filter": (
        {"sequence": [{"event": "A"}, {"event": "B", "where": [{"property": "p", "op": "nott_in"}]}]},
        "when.sequence.1.where.0.op", "did you mean 'not_in'",
    ),
    "what is no question": (5, "when", "is not an object with keys"),
}  # fmt: skip


@pytest.mark.parametrize(("when", "place", "reason"), PLACES.values(), ids=PLACES)
def test_a_condition_is_refused_where_its_author_wrote_it(when: Any, place: str, reason: str) -> None:
    found = of_a_segment(when)
    assert list(found) == [place]
    assert reason in found[place]


def test_a_word_that_is_like_no_other_brings_the_list_of_all() -> None:
    (reason,) = of_a_segment(PRO | {"op": "zzz"}).values()
    assert "starts_with" in reason
    assert "semver" in reason


def test_a_long_word_is_not_told_whole() -> None:
    (reason,) = of_a_segment(PRO | {"op": "z" * 500}).values()
    assert "z" * 41 not in reason


def test_what_is_missing_is_named_and_a_key_like_it_is_suggested() -> None:
    found = told({"id": "x", "nam": "X", "when": PRO}, Segment)
    assert found == {"name": "Field required", "nam": "Extra inputs are not permitted; did you mean 'name'?"}


def test_the_kinds_of_other_definitions_stand_in_no_place_either() -> None:
    trigger = {"type": "event", "event": 5}
    assert list(told({**CAMPAIGN, "trigger": trigger}, Campaign)) == ["trigger.event"]


@pytest.mark.parametrize(
    ("written", "reason"), [("2027-01-01T09:00", "has no offset"), ("new year", "is no moment")]
)
def test_a_moment_without_an_offset_is_told_how_to_write_it(written: str, reason: str) -> None:
    found = told({**CAMPAIGN, "trigger": {"type": "schedule", "at": written}}, Campaign)
    assert found["trigger.at"].startswith(reason)
    assert "2026-11-23T09:00:00+09:00" in found["trigger.at"]


NO_TEXT = "Input should be a valid string"
BLOCKED: dict[str, tuple[Any, dict[str, str]]] = {
    "an object with a wrong part": ({"matches": "a" * 257}, {"matches": "String should have at most 256 characters"}),
    "an object with a part of another kind": ({"matches": 5}, {"matches": NO_TEXT}),
    "an object with another key": (
        {"match": "a"},
        {"matches": "Field required", "match": "Extra inputs are not permitted; did you mean 'matches'?"},
    ),
    "an empty object": ({}, {"matches": "Field required"}),
    "a text that is too long": ("a" * 513, {"": "String should have at most 512 characters"}),
    "a number, which may be meant as text": (5, {"": NO_TEXT}),
}  # fmt: skip


@pytest.mark.parametrize("case", BLOCKED)
def test_where_text_or_an_object_may_stand_the_kind_that_was_written_is_told_what_is_wrong_with_it(
    case: str,
) -> None:
    written, expected = BLOCKED[case]
    document = {"id": "identity", "identifiers": [{"type": "card", "blocked": ["none", written]}]}
    place = "identifiers.0.blocked.1"
    assert told(document, IdentityDefinition) == {
        f"{place}.{key}".removesuffix("."): reason for key, reason in expected.items()
    }


class Leaf(BaseModel, extra="forbid"):
    size: int


class Several(BaseModel):
    """Unions as pydantic labels them in more than one way."""

    listed: list[Annotated[int, Field(gt=0)]] | Leaf | None = None
    counted: Annotated[int, Field(gt=0)] | Leaf | None = None
    worded: Literal["all", "none"] | list[str] | None = None
    checked: Annotated[str, AfterValidator(str.strip), Field(max_length=2)] | Leaf | None = None
    either: Leaf | dict[str, int] | None = None


SEVERAL: dict[str, tuple[Any, list[str]]] = {
    "a list": ({"listed": [1, 0]}, ["listed.1"]),
    "an object beside a list": ({"listed": {"size": "x"}}, ["listed.size"]),
    "a number": ({"counted": 0}, ["counted"]),
    "an object beside a number": ({"counted": {"sise": 1}}, ["counted.size", "counted.sise"]),
    "a word": ({"worded": "some"}, ["worded"]),
    "a list beside words": ({"worded": ["all", 5]}, ["worded.1"]),
    "a text that a function reads": ({"checked": "long"}, ["checked"]),
    "an object beside such a text": ({"checked": {"size": "x"}}, ["checked.size"]),
    "two that fit equally": ({"either": {"size": "x"}}, ["either.size"]),
}


@pytest.mark.parametrize(("document", "places"), SEVERAL.values(), ids=SEVERAL)
def test_of_a_union_nothing_but_the_keys_of_the_author_stands_in_the_place(
    document: Any, places: list[str]
) -> None:
    assert list(told(document, Several)) == places


@st.composite
def nested(draw: st.DrawFn) -> tuple[Any, str]:
    """A condition with one operator that is none, and its place."""
    wrong: Any = PRO | {"op": "zzz"}
    place = "op"
    for _ in range(draw(st.integers(0, 5))):
        match draw(st.sampled_from(["all", "any", "none", "xor", "not", "typed", "at_least", "score"])):
            case "not":
                wrong, place = {"not": wrong}, f"not.{place}"
            case "typed":
                wrong, place = {"type": "all", "of": [PRO, wrong]}, f"of.1.{place}"
            case "at_least":
                wrong, place = {"at_least": 1, "of": [wrong, PRO]}, f"of.0.{place}"
            case "score":
                scored = [{"when": PRO, "points": 1}, {"when": wrong, "points": 2}]
                wrong, place = {"score": scored, "value": 1}, f"score.1.when.{place}"
            case group:
                before = draw(st.integers(0, 2))
                wrong, place = {group: [*[PRO] * before, wrong]}, f"{group}.{before}.{place}"
    return wrong, place


@settings(max_examples=200, deadline=None)
@given(nested())
def test_the_place_leads_to_what_is_wrong_however_deep_it_stands(case: tuple[Any, str]) -> None:
    when, place = case
    assert list(of_a_segment(when)) == [f"when.{place}"]
    here: Any = when
    for key in place.split("."):
        here = here[int(key)] if isinstance(here, list) else here[key]
    assert here == "zzz"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ｆｕｙｕ", "; did you mean 'fuyu'?"),
        ("Spring Sale", "; did you mean 'spring-sale'?"),
        ("spring　sale", "; did you mean 'spring-sale'?"),
        ("spring_sale", "; did you mean 'spring-sale'?"),
        ("冬のセール", ""),
        ("9lives", ""),
    ],
)
def test_a_name_of_another_form_is_told_what_form_and_which_name_of_it_was_meant(
    written: str, meant: str
) -> None:
    form = "spring-sale: small letters, digits and hyphens, a letter first, at most 64 in all"
    assert told({"id": written, "name": "X", "when": PRO}, Segment) == {
        "id": f"is not of the form of {form}{meant}"
    }


def test_a_name_that_leads_nowhere_is_told_those_that_it_is_like() -> None:
    assert missing("topic", "new-release", {"new-releases", "orders"}) == (
        "there is no topic 'new-release'; did you mean 'new-releases'?"
    )
    assert missing("topic", "zzz", {"orders"}) == "there is no topic 'zzz'"
    assert (
        missing("topic", "order", {"orders"}, because=": it is gone")
        == "there is no topic 'order': it is gone"
    )


# All that the models of definitions are made of, as the walk knows it: gone through, or the end of a way.
_KINDS = """
    any bool chain date datetime default definition-ref definitions dict enum float frozenset function-after
    function-before function-plain function-wrap int json-or-python list literal model model-field model-fields
    named-tuple named-tuple-field nullable str tagged-union time tuple union
"""
KINDS_OF_SCHEMA = frozenset(_KINDS.split())
_WHAT_A_FUNCTION_IS_GIVEN = frozenset({"no-info", "with-info"})


def kinds_in(schema: Any) -> frozenset[str]:
    match schema:
        case dict():
            kind = schema.get("type")
            inner = (value for key, value in schema.items() if key not in ("metadata", "serialization"))
            own = frozenset({kind}) if isinstance(kind, str) else frozenset()
            return own.union(*map(kinds_in, inner))
        case list() | tuple():
            return frozenset[str]().union(*map(kinds_in, schema))
        case _:
            return frozenset()


def test_no_definition_is_made_of_a_kind_of_schema_that_was_not_looked_at() -> None:
    """A new pydantic may build models of other kinds: places would be told less well, and nobody would notice."""
    found = frozenset[str]().union(*(kinds_in(TypeAdapter(model).core_schema) for model in MODELS.values()))
    assert found - _WHAT_A_FUNCTION_IS_GIVEN == KINDS_OF_SCHEMA
