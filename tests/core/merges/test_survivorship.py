"""Which of two values of a trait survives: the same in any order and grouping, for every rule."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.catalog import build
from kizuna.core.errors import InvalidDefinition
from kizuna.core.merges.survivorship import UNION_LIMIT, survivor
from kizuna.core.people import Trait
from kizuna.core.traits import Survivorship, TraitDefinition
from tests.support.builders import NOON
from tests.support.folds import HOUR
from tests.support.sides import VALUES

ORDER = ["any", "weekly", "never"]
RULES: dict[str, dict[str, Any]] = {
    "most_recent": {},
    "source_rank": {"sources": ["shop", "app"]},
    "most_trusted": {"sources": ["app"]},
    "longest": {},
    "min": {},
    "max": {"sources": ["web"]},
    "union": {},
    "most_restrictive": {"order": ORDER},
}


def defined(rule: str, **more: Any) -> dict[str, TraitDefinition]:
    document = {"rule": rule, **RULES[rule], **more}
    return {
        name: TraitDefinition(
            id=name, meaning={"en": "?"}, survivorship=Survivorship.model_validate(document)
        )
        for name in ("t", "country")
    }


def told(value: Any, *, hour: int = 0, source: str = "web", vouched: bool = True) -> Trait:
    return Trait(value, NOON + hour * HOUR, source, vouched)


def kept(rule: str, *traits: Trait, name: str = "t", **more: Any) -> Trait:
    definitions = defined(rule, **more)
    held: Trait | None = None
    for trait in traits:
        held = survivor(name, held, trait, definitions)
    assert held is not None
    return held


TRAITS = st.builds(
    told,
    st.sampled_from([*VALUES, *ORDER, 1.0, False, "1", float("inf"), [2, "a", None]]),
    hour=st.integers(0, 2),
    source=st.sampled_from(["web", "app", "shop"]),
    vouched=st.booleans(),
)


@pytest.mark.parametrize("name", ["t", "country"])
@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=120)
@given(one=TRAITS, two=TRAITS, three=TRAITS)
def test_order_grouping_and_repeats_make_no_difference(
    rule: str, name: str, one: Trait, two: Trait, three: Trait
) -> None:
    definitions = defined(rule)

    def together(*traits: Trait) -> Trait:
        return reduce(
            lambda held, trait: survivor(name, held, trait, definitions), traits[1:], _alone(traits[0])
        )

    def _alone(trait: Trait) -> Trait:
        return survivor(name, None, trait, definitions)

    everything = together(one, two, three)
    assert all(repr(together(*each)) == repr(everything) for each in permutations((one, two, three)))
    assert repr(together(one, together(two, three))) == repr(everything)
    assert repr(together(together(one, two), together(two, three))) == repr(everything)
    assert repr(together(everything, everything)) == repr(everything)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "union"])
@settings(max_examples=60)
@given(st.lists(TRAITS, min_size=1, max_size=5))
def test_what_survives_is_one_of_those_that_were_told(rule: str, traits: list[Trait]) -> None:
    assert any(kept(rule, *traits) == trait for trait in traits)


@pytest.mark.parametrize(
    ("rule", "winner", "loser"),
    [
        ("most_recent", told("a", hour=1), told("zz", source="shop")),
        ("source_rank", told("a", source="shop"), told("b", source="app", hour=5)),
        ("source_rank", told("a", source="app"), told("b", source="unknown", hour=5)),
        ("most_trusted", told("a"), told("b", hour=5, vouched=False)),
        ("most_trusted", told("a", source="app"), told("b", hour=5)),
        ("longest", told("long"), told("abc", hour=5)),
        ("longest", told([1, 2, 3]), told("ab", hour=5)),
        ("max", told(10), told(9, hour=5)),
        ("max", told(1), told("9", hour=5)),
        ("max", told("2026-02-01"), told("2026-01-31", hour=5)),
        ("max", told("a"), told(None, hour=5)),
        ("min", told(9), told(10, hour=5)),
        ("min", told(9), told("1", hour=5)),
        ("min", told("2026-01-31"), told("2026-02-01", hour=5)),
        ("min", told(9), told(None, hour=5)),
        ("most_restrictive", told("never"), told("weekly", hour=5)),
        ("most_restrictive", told("any"), told("unheard of", hour=5)),
    ],
)  # fmt: skip
def test_each_rule_keeps_what_it_says(rule: str, winner: Trait, loser: Trait) -> None:
    assert kept(rule, winner, loser) == winner
    assert kept(rule, loser, winner) == winner


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "union"])
def test_ties_go_to_the_later_then_to_the_better_source_then_to_the_greater_value(rule: str) -> None:
    value = "weekly"
    assert kept(rule, told(value, hour=1), told(value)).at == NOON + HOUR
    ranked: dict[str, Any] = {"sources": ["app"]}
    assert kept(rule, told(value, source="app"), told(value, source="web"), **ranked).source == "app"
    if rule == "most_recent":
        assert kept(rule, told("b", source="a"), told("a", source="b")).value == "b"


@pytest.mark.parametrize("rule", RULES)
def test_where_the_law_asks_a_vouched_word_goes_before_a_pages_whatever_the_rule(rule: str) -> None:
    page = told("weekly-and-longer" if rule == "longest" else "never", hour=9, source="shop", vouched=False)
    vouched = told("any", source="web")
    found = kept(rule, page, vouched, name="country")
    assert found.vouched
    assert found.value == (["any"] if rule == "union" else "any")


def test_a_union_holds_all_elements_once_and_stays_bounded() -> None:
    assert kept("union", told(["b", "a"]), told("c", hour=1), told(["a"]), told(None)).value == [
        "a",
        "b",
        "c",
    ]
    assert kept("union", told(["b", "a", "b"])).value == ["a", "b"]
    assert kept("union", told([{"k": 1}]), told([{"k": 1}, 1])).value == [1, {"k": 1}]
    many = [told([f"{number:04d}" for number in range(start, start + 80)]) for start in (0, 40, 160)]
    assert len(kept("union", *many).value) == UNION_LIMIT
    assert kept("union", *many).value == kept("union", *reversed(many)).value


def test_a_trait_that_nobody_declared_keeps_its_newest_value() -> None:
    old, new = told("z"), told("a", hour=1)
    assert survivor("t", old, new, {}) == new
    assert survivor("t", new, old, {}) == new


# ── definitions ─────────────────────────────────────────────────────────────────────────────────

PLAN = {"id": "plan", "meaning": {"en": "The plan", "ja": "プラン"}}


def test_a_definition_is_read_with_everything_in_it() -> None:
    document = {
        **PLAN, "survivorship": {"rule": "source_rank", "sources": ["crm", "web"]}, "stale_after": "1y",
        "sensitive": True, "owner": "sales", "use": ["segments"],
    }  # fmt: skip
    catalog = build({("trait", "plan"): document})
    found = catalog.traits["plan"]
    assert (found.survivorship.rule, found.survivorship.sources) == ("source_rank", ("crm", "web"))
    assert found.stale_after is not None
    assert found.stale_after.before(NOON) == NOON.replace(year=NOON.year - 1)


@pytest.mark.parametrize(
    ("survivorship", "reason"),
    [
        ({"rule": "source_rank"}, "source_rank needs `sources`"),
        ({"rule": "most_restrictive"}, "most_restrictive needs `order`"),
        ({"rule": "most_restrictive", "order": ["never"]}, "most_restrictive needs `order`"),
        ({"rule": "max", "order": [1, 2]}, "`order` is for most_restrictive, not for max"),
        ({"rule": "most_restrictive", "order": ["a", "b", "a"]}, "`order` names something twice"),
        ({"rule": "most_recent", "sources": ["a", "a"]}, "`sources` names something twice"),
        ({"rule": "newest"}, "survivorship.rule"),
        ({"rules": "max"}, "survivorship.rules"),
    ],
)
def test_a_definition_that_does_not_say_what_its_rule_needs_is_refused_by_its_place(
    survivorship: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidDefinition, match="trait/plan") as refused:
        build({("trait", "plan"): {**PLAN, "survivorship": survivorship}})
    assert reason in str(refused.value)


def test_a_trait_without_a_meaning_is_refused() -> None:
    with pytest.raises(ValidationError):
        TraitDefinition.model_validate({"id": "plan", "meaning": {}})


def test_a_day_later_is_later() -> None:
    assert kept("most_recent", told(1), Trait(0, NOON + timedelta(days=1), "web")).value == 0
