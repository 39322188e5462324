"""docs/segments.md: every example can be saved, every operator is told, and what a backfill costs is counted."""

from __future__ import annotations

import re
from typing import Any, get_args

import boto3
import pytest
import yaml
from pydantic import TypeAdapter

from kizuna.core.condition_words import in_words
from kizuna.core.conditions import Condition
from kizuna.core.conditions.event_questions import Verb
from kizuna.core.conditions.operators import TraitOperator
from kizuna.core.segments import Segment
from kizuna.topology import Function
from kizuna.usecases.segments.backfill import progress_of
from tests.docs.reading import codes, page
from tests.docs.units import Meter
from tests.support.clouds import a_user, running_shop, sample_documents

PAGE = "docs/segments.md"
BLOCKS = re.findall(r"```yaml\n(.*?)```", page(PAGE), re.DOTALL)
PARSED: TypeAdapter[Condition] = TypeAdapter(Condition)
READ, WRITTEN = 0.125, 0.625  # dollars per million units
PEOPLE = 40


@pytest.mark.parametrize("text", BLOCKS)
def test_every_example_can_be_saved_and_said(text: str) -> None:
    document = yaml.safe_load(text)
    if "id" in document:
        segment = Segment.model_validate(document)
        condition = segment.when
    else:
        condition = PARSED.validate_python(document)
    assert in_words(condition, "en")
    assert in_words(condition, "ja")


def test_every_operator_verb_and_leaf_is_on_the_page() -> None:
    told = set(codes(page(PAGE))) | set(re.findall(r"[a-z_]+", " ".join(BLOCKS)))
    for each in codes(page(PAGE)):
        told |= set(re.findall(r"[a-z_]+", each))
    assert set(get_args(TraitOperator)) - told == set()
    assert set(get_args(Verb)) - told == set()
    union = get_args(Condition)[0]
    leaves = {member.model_fields["type"].default for member in get_args(union)}
    assert leaves - told - {"trait", "event"} == set()


def test_a_backfill_of_a_million_costs_what_the_page_says() -> None:
    with running_shop() as shop:
        users = [a_user() for _ in range(PEOPLE)]
        for user in users:
            traits = {"email": f"{user}@people.example", "country": "US", "note": "n" * 450}
            shop.send(
                {"type": "identify", "userId": user, "traits": traits},
                *(
                    {"type": "track", "userId": user, "event": "Product Viewed", "properties": {"n": n}}
                    for n in range(5)
                ),
            )
        shop.settle()
        new = {"id": "lookers", "name": "Lookers", "when": {"event": "Product Viewed", "verb": "did_not"}}
        shop.apply({**sample_documents(), ("segment", "lookers"): new})
        with Meter(shop.wired._dynamodb, boto3.client("dynamodb")).running() as units:
            shop.settle()
        progress = progress_of(shop.wired.backfills)
        assert progress is not None
        assert (progress.is_done, progress.changed) == (True, PEOPLE)
        shop.invoke(Function.WAKE, {})
    fixed = 8 * (2 * WRITTEN + 5.5 * READ)  # of eight shards, however few people
    told = _dollars("about \\$([0-9.]+)\\*\\* in DynamoDB")
    spent = (units.writes * WRITTEN + units.reads * READ - fixed) / PEOPLE
    assert spent == pytest.approx(told, rel=0.1)


def _dollars(pattern: str) -> float:
    found: Any = re.search(pattern, " ".join(page(PAGE).split()))
    return float(found[1])
