"""What people were shown when they said yes: kept for good, and named where consents rest on it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from kizuna.core.catalog import build
from kizuna.core.errors import InvalidDefinition
from kizuna.core.wordings import Wording, altered

NEWS: dict[str, Any] = {"id": "form-1", "locale": "en", "text": "Yes, write to me.", "checkbox": "unticked"}
STORED = {("wording", "form-1"): NEWS, ("topic", "news"): {"id": "news", "name": {"en": "News"}}}


def place(kind: str, name: str) -> str:
    return f"{kind}s.yaml: {name}"


def refusals(documents: dict[tuple[str, str], dict[str, Any]]) -> list[str]:
    try:
        build(documents)
    except InvalidDefinition as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize(
    "change", [{"text": "Yes!"}, {"locale": "en-GB"}, {"checkbox": "pre_ticked"}, {"shown": "somewhere else"}]
)
def test_a_wording_never_changes(change: dict[str, str]) -> None:
    (problem,) = altered(STORED, {**STORED, ("wording", "form-1"): {**NEWS, **change}}, place)
    assert str(problem).startswith("wordings.yaml: form-1: grants may rest on it: a wording never changes")


def test_a_wording_is_never_taken_out_and_others_may_come() -> None:
    (problem,) = altered(STORED, {}, place)
    assert problem.reason == "grants may rest on it: a wording is never taken out"
    more = {**STORED, ("wording", "form-2"): {**NEWS, "id": "form-2"}}
    assert altered(STORED, more, place) == ()
    assert altered(STORED, {("wording", "form-1"): {**NEWS, "shown": ""}}, place) == ()


def test_a_box_that_was_ticked_before_is_no_consent() -> None:
    ticked = {("wording", "form-1"): {**NEWS, "checkbox": "pre_ticked"}}
    (told,) = refusals(ticked)
    assert told.endswith("checkbox: is pre_ticked: name it in consent.invalid_wording_versions")
    policy = {"id": "policy", "consent": {"invalid_wording_versions": ["form-1"]}}
    assert refusals({**ticked, ("policy", "policy"): policy}) == []


@pytest.mark.parametrize(
    ("key", "document", "told"),
    [
        (
            ("source", "shop"),
            {
                "id": "shop",
                "name": "Shop",
                "consent_proof": {"wording_version": "form-9", "shown": "x", "basis": "express"},
            },
            "source/shop: consent_proof.wording_version: there is no wording 'form-9'",
        ),
        (
            ("policy", "policy"),
            {"id": "policy", "preference_center": {"wording_version": "form-9"}},
            "policy/policy: preference_center.wording_version: there is no wording 'form-9'",
        ),
    ],
)
def test_where_there_is_a_registry_every_wording_that_is_named_is_in_it(
    key: tuple[str, str], document: dict[str, Any], told: str
) -> None:
    assert refusals({key: document}) == []
    assert refusals({key: document, ("wording", "form-1"): NEWS}) == [told]
    assert refusals({key: document, ("wording", "form-9"): {**NEWS, "id": "form-9"}}) == []


def test_a_text_has_a_fingerprint_that_anybody_can_compute() -> None:
    wording = Wording.model_validate(NEWS)
    assert wording.fingerprint == hashlib.sha256(b"Yes, write to me.").hexdigest()
