"""Why somebody is in a segment: the questions that decide it, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.people import Trait
from kizuna.core.segments import EVERYONE, Segment
from kizuna.core.segments.reasons import memberships
from tests.support.builders import NOON, SERVER, a_profile

PRO = {"trait": "plan", "op": "eq", "value": "pro"}
JP = {"trait": "country", "op": "eq", "value": "JP"}
DE = {"trait": "country", "op": "eq", "value": "DE"}


def deciding(when: dict[str, Any], exclude: dict[str, Any] | None = None) -> list[tuple[Any, bool]]:
    """The values asked about that decide, with their answers, for a pro in Japan."""
    profile = a_profile(
        traits={"plan": Trait("pro", NOON, SERVER.id), "country": Trait("JP", NOON, SERVER.id)},
        segments=frozenset({EVERYONE, "s"}),
    )
    segment = Segment.model_validate({"id": "s", "name": "S", "when": when, "exclude": exclude})
    (found,) = memberships(profile, [segment], now=NOON)
    assert found.holds
    return [(getattr(leaf.question, "value", None), leaf.holds) for leaf in found.because]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (PRO, [("pro", True)]),
        ({"all": [PRO, JP]}, [("pro", True), ("JP", True)]),
        ({"any": [DE, JP]}, [("JP", True)]),
        ({"none": [DE]}, [("DE", False)]),
        ({"xor": [DE, JP]}, [("DE", False), ("JP", True)]),
        ({"type": "at_least", "n": 1, "of": [DE, PRO]}, [("pro", True)]),
        ({"all": [PRO, {"none": [{"all": [DE, PRO]}]}]}, [("pro", True), ("DE", False)]),
    ],
)
def test_only_the_parts_that_agree_with_the_answer_decide_it(
    when: dict[str, Any], expected: list[tuple[str, bool]]
) -> None:
    assert deciding(when) == expected


def test_what_is_not_excluded_is_part_of_why() -> None:
    assert deciding(PRO, exclude={"all": [DE, PRO]}) == [("pro", True), ("DE", False)]


def test_a_segment_that_was_removed_is_named_and_one_that_no_longer_holds_says_so() -> None:
    profile = a_profile(segments=frozenset({EVERYONE, "gone", "stale"}))
    stale = Segment.model_validate({"id": "stale", "name": "Stale", "when": DE})
    gone, outdated = memberships(profile, [stale], now=NOON)
    assert (gone.segment, gone.because, gone.holds) == ("gone", (), True)
    assert (outdated.segment, outdated.holds) == ("stale", False)


def test_what_is_asked_twice_is_told_once_be_it_a_sequence() -> None:
    viewed = {"sequence": [{"event": "Viewed"}, {"not": "Bought", "join": {}}]}
    assert deciding({"all": [PRO, PRO, {"not": viewed}, {"not": viewed}]}) == [("pro", True), (None, False)]
