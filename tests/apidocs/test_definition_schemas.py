"""The published schemas of workspace definitions say what `kizuna plan` says of a definition's shape."""

from __future__ import annotations

import copy
from typing import Any, cast

import pytest
from pydantic import ValidationError

from kizuna.apidocs.definitions import definition_schemas
from kizuna.core.catalog import KINDS, MODELS, Kind, build
from tests.support.clouds import sample_documents
from tests.support.json_schemas import problems, unknown_keywords

SCHEMAS = definition_schemas()
SEGMENT = {"id": "s", "name": "S"}
TRAIT = {"trait": "plan", "op": "eq", "value": "pro"}
CAMPAIGN = sample_documents()["campaign", "win-back"]
POLICY: dict[str, Any] = {"id": "policy"}


def changed(document: Any, **fields: Any) -> dict[str, Any]:
    """A document with some fields set; `...` takes one away."""
    whole = {**copy.deepcopy(dict(document)), **fields}
    return {name: value for name, value in whole.items() if value is not ...}


def taken(kind: Any, document: Any) -> bool:
    try:
        MODELS[kind].model_validate(document)
    except ValidationError:
        return False
    return True


def test_there_is_a_schema_for_every_kind_of_definition() -> None:
    assert tuple(SCHEMAS) == KINDS
    for kind, schema in SCHEMAS.items():
        assert unknown_keywords(schema) == set(), kind


def test_every_definition_of_the_sample_workspace_is_valid() -> None:
    build(sample_documents())
    kinds = set()
    for (kind, name), document in sample_documents().items():
        schema = SCHEMAS[cast(Kind, kind)]
        assert problems(document, schema, schema) == [], f"{kind}/{name}"
        kinds.add(kind)
    assert kinds == set(KINDS)


WRITTEN: list[tuple[str, dict[str, Any]]] = [
    *(
        ("segment", {**SEGMENT, "when": when})
        for when in (
            TRAIT,
            {"type": "trait", **TRAIT},
            {"trait": "plan", "op": "in", "value": ["pro", 1, True]},
            {"trait": "plan", "op": "exists"},
            {"event": "Order Completed"},
            {"event": "X", "verb": "sum", "of": "revenue", "op": "between", "value": [1, 2.5]},
            {"event": "X", "where": [{"property": "p", "op": "gt", "value": 3}], "window": {"last": "3mo"}},
            {"all": [TRAIT, {"any": [TRAIT, {"none": [TRAIT]}]}, {"xor": [TRAIT]}]},
            {"type": "all", "of": [TRAIT]},
            {"type": "at_least", "n": 2, "of": [TRAIT, TRAIT]},
            {"at_least": 2, "of": [TRAIT, TRAIT]},
            {"not": TRAIT},
            {"score": [{"when": TRAIT, "points": 2.5}], "op": "between", "value": [1, 3]},
            {
                "event": "X",
                "where": {
                    "any": [{"property": "p", "op": "exists"}, {"not": {"property": "q", "op": "exists"}}]
                },
            },
            {"in_segment": "everyone"},
            {"entered_segment": "s", "window": {"last": "7d"}},
            {"left_segment": "s"},
            {"static_list": "staff"},
            {"reachable": "email"},
            {"reachable": "email", "purpose": "promotional", "topic": "t"},
            {"consent": "granted", "channel": "email", "topic": "t", "purpose": "marketing"},
            {"subscription": "t", "state": "unsubscribed"},
            {"message": "opened", "campaign": "c", "window": {"last": "7d"}, "human_only": False},
            {"converted": "X", "campaign": "c", "within": "3d"},
            {"holdout": "winter", "percent": 10},
            {"variant": "a", "experiment": "e", "arms": [{"name": "a", "weight": 2}, {"name": "b"}]},
            {"affinity": "category", "key": "shoes", "value": 0.5},
            {"rfm": "orders", "bucket": ["loyal"], "recency": {"value": 4}},
            {"device": "ios", "os": "iOS", "app_version": {"cmp": "lt", "value": "2.0.0"}},
            {"journey": "welcome", "state": "completed"},
            {"random_bucket": "salt", "from": 0, "to": 12.5},
            {"everyone": True},
            {"type": "everyone"},
        )
    ),
    ("segment", {**SEGMENT, "when": TRAIT, "exclude": {"everyone": True}, "description": "d"}),
    ("segment", {**SEGMENT, "when": TRAIT, "exclude": None}),
    ("campaign", changed(CAMPAIGN, trigger={"type": "schedule", "at": "2026-12-01T10:00:00Z"})),
    ("campaign", changed(CAMPAIGN, trigger={"type": "event", "event": "X", "where": []})),
    ("campaign", changed(CAMPAIGN, trigger={"type": "segment", "segment": "s"}, audience=None, when=TRAIT)),
    ("campaign", changed(CAMPAIGN, expires_after="90s", enabled=False)),
    ("policy", POLICY),
    ("policy", {}),
    ("policy", {**POLICY, "consent": {"quiet_hours": {"DE": ["08:00", "24:00"]}, "revoke_all": True}}),
    ("policy", {**POLICY, "frequency_caps": [{"count": 3, "window": "7d", "channel": "email"}]}),
    ("policy", {**POLICY, "publish": ["MessageSent"], "live_within": "2h"}),
    ("topic", {"id": "t", "name": {"en": "T"}}),
    ("rfm", {"id": "orders"}),
    ("rfm", {"id": "orders", "date_range": "3mo", "monetary": "average", "schedule": {"cron": "0 3 * * 1"}}),
    ("rfm", {"id": "o", "quantiles": 2, "grid": {"1": ["at_risk", "loyal"], "2": ["new", "champions"]}}),
    ("source", {"id": "s", "name": "S", "origins": ["https://shop.example"]}),
    ("placement", {"id": "p", "name": "P", "actions": [{"id": "a", "when": TRAIT, "rank": 1}]}),
    (
        "template",
        {"id": "t", "channel": "sms", "default_language": "en", "languages": {"en": {"body": "Hi"}}},
    ),
    ("webhook", {"id": "crm", "url": "https://crm.example.com/kizuna", "secrets": [1, 2], "enabled": False}),
    (
        "campaign",
        changed(
            CAMPAIGN,
            channel=None,
            template=None,
            channels={"order": ["push", "email"], "fallback_after": "2h", "cancel_when": "delivered"},
            templates={"push": "spring-push", "email": "spring-email"},
        ),
    ),
]
NO_CONDITIONS: list[Any] = [
    {},
    {"trait": "plan"},
    {"trait": "", "op": "exists"},
    {"trait": "plan", "op": "equals", "value": 1},
    {"type": "event", **TRAIT},
    {"of": [TRAIT]},
    {"all": []},
    {"all": TRAIT},
    {"all": [TRAIT], "any": [TRAIT]},
    {"all": [{"trait": "plan"}]},
    {"at_least": 0, "of": [TRAIT]},
    {"score": [{"when": TRAIT}], "value": 1},
    {"score": [{"when": TRAIT, "points": 1}]},
    {"not": [TRAIT]},
    {"consent": "maybe", "channel": "email"},
    {"message": "read"},
    {"holdout": "h", "percent": 60},
    {"variant": "a", "experiment": "e", "arms": [{"name": "a"}]},
    {"n": 2, "of": [TRAIT]},
    {"event": "X", "window": {"last": "soon"}},
    {"random_bucket": "salt", "from": 0, "to": 101},
    {"random_bucket": "salt", "from_": 0, "to": 10},
    {"everyone": False},
    "everyone",
]
WRONG: list[tuple[str, dict[str, Any]]] = [
    *(("segment", {**SEGMENT, "when": when}) for when in NO_CONDITIONS),
    ("webhook", {"id": "crm"}),
    ("webhook", {"id": "crm", "url": "https://crm.example.com", "secrets": []}),
    ("rfm", {"id": "Orders"}),
    ("rfm", {"id": "orders", "monetary": "median"}),
    ("rfm", {"id": "orders", "quantiles": 1}),
    ("rfm", {"id": "orders", "quantiles": 2, "grid": {"1": ["golden"], "2": ["loyal"]}}),
    ("segment", {**SEGMENT, "id": "S!", "when": TRAIT}),
    ("segment", SEGMENT),
    ("segment", {**SEGMENT, "when": TRAIT, "if": TRAIT}),
    ("campaign", changed(CAMPAIGN, goal=...)),
    ("campaign", changed(CAMPAIGN, intent_card={"why": "because it is so"})),
    ("campaign", changed(CAMPAIGN, trigger={"cron": "0 10 * * 3"})),
    ("campaign", changed(CAMPAIGN, trigger={"type": "schedule", "segment": "s"})),
    ("campaign", changed(CAMPAIGN, channel="fax")),
    ("campaign", changed(CAMPAIGN, audience={"in": []})),
    ("campaign", changed(CAMPAIGN, expires_after="two days")),
    ("policy", {**POLICY, "id": "another"}),
    ("policy", {**POLICY, "consent": {"quiet_hours": {"DE": ["8:00", "20:00"]}}}),
    ("policy", {**POLICY, "consent": {"consent_max_age_months": {"Germany": 24}}}),
    ("policy", {**POLICY, "frequency_caps": [{"count": -1, "window": "7d"}]}),
    ("topic", {"id": "t", "name": "T"}),
    ("source", {"id": "s", "name": "S", "consent_proof": {"shown": "a box"}}),
    ("placement", {"id": "p", "name": "P", "actions": []}),
    (
        "template",
        {"id": "t", "channel": "sms", "default_language": "en", "languages": {"en": {"text": "Hi"}}},
    ),
    (
        "template",
        {"id": "t", "channel": "email", "default_language": "en", "languages": {"en": {"body": "Hi"}}},
    ),
    (
        "template",
        {"id": "t", "channel": "sms", "default_language": "en", "languages": {"English": {"body": "Hi"}}},
    ),
]


@pytest.mark.parametrize(("kind", "document"), WRITTEN)
def test_what_plan_takes_is_valid(kind: Any, document: dict[str, Any]) -> None:
    assert taken(kind, document)
    assert problems(document, SCHEMAS[kind], SCHEMAS[kind]) == []


@pytest.mark.parametrize(("kind", "document"), WRONG)
def test_what_has_the_wrong_shape_is_neither_taken_nor_valid(kind: Any, document: dict[str, Any]) -> None:
    assert not taken(kind, document)
    assert problems(document, SCHEMAS[kind], SCHEMAS[kind]) != []
