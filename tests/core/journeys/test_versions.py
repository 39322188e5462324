"""Which paths of older versions are kept for people who walk by them."""

from __future__ import annotations

from typing import Any

from kizuna.core.journeys.versions import KEPT, as_walked, path_of, paths_after

KEY = ("journey", "welcome")


def a_document(step: str = "one", **more: Any) -> dict[str, Any]:
    return {"id": "welcome", "name": "Welcome", "steps": [{"id": step}], "goal": {"event": "Bought"}, **more}


def test_a_changed_path_is_kept_with_the_last_version_that_had_it() -> None:
    old, new = a_document("one"), a_document("two")
    kept = paths_after({}, {KEY: old}, {"journey/welcome": 3}, {KEY: new})
    assert kept == {"welcome": [(1, 3, path_of(old))]}
    kept = paths_after(kept, {KEY: new}, {"journey/welcome": 4}, {KEY: a_document("three")})
    assert [(since, until) for since, until, _ in kept["welcome"]] == [(1, 3), (4, 4)]


def test_a_version_with_the_same_path_leaves_nothing_behind_and_forgets_nothing() -> None:
    old, new = a_document(), a_document(paused=True, name="Hello")
    assert paths_after({}, {KEY: old}, {"journey/welcome": 1}, {KEY: new}) == {}
    before: dict[str, Any] = {"welcome": [(1, 1, {"steps": []})]}
    assert paths_after(before, {KEY: old}, {"journey/welcome": 2}, {KEY: new}) == before


def test_nothing_is_kept_of_a_journey_that_is_gone_or_moves_people_on() -> None:
    before: dict[str, Any] = {"welcome": [(1, 1, {"steps": []})]}
    assert paths_after(before, {KEY: a_document()}, {"journey/welcome": 2}, {}) == {}
    policies: tuple[Any, ...] = ("exit", {"migrate": {}})
    for policy in policies:
        wanted = {KEY: a_document("two", version_policy=policy)}
        assert paths_after(before, {KEY: a_document()}, {"journey/welcome": 2}, wanted) == {}


def test_only_so_many_paths_are_kept() -> None:
    kept: dict[str, Any] = {}
    for version in range(1, KEPT + 5):
        before, wanted = a_document(f"s{version}"), a_document(f"s{version + 1}")
        kept = paths_after(kept, {KEY: before}, {"journey/welcome": version}, {KEY: wanted})
    assert [until for _, until, _ in kept["welcome"]] == list(range(5, KEPT + 5))


def test_what_is_no_path_is_that_of_the_version_in_force() -> None:
    walked = as_walked(a_document("two", paused=True, holdout=10), path_of(a_document("one")))
    assert walked == a_document("one", paused=True)
