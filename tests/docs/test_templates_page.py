"""What the page on templates shows works, and it knows every rule."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from kizuna.core.authoring.composing import composed
from kizuna.core.catalog import build
from kizuna.core.content.practice import findings
from kizuna.core.content.practice_rules import RULES
from tests.support.content import sample_brand

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")


def test_the_page_lists_every_rule_in_its_order() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE) == list(RULES)


def test_the_examples_become_a_sound_template_that_keeps_every_rule() -> None:
    blocks, template, surveys, vocabulary = (
        yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    )
    brand = sample_brand().model_dump(mode="json", exclude_defaults=True) | vocabulary
    documents = {
        ("brand", brand["id"]): brand,
        ("template", template["id"]): template,
        **{("block", block["id"]): block for block in blocks},
        **{("survey", survey["id"]): survey for survey in surveys},
    }
    catalog = build(composed(documents))
    (made,) = catalog.templates.values()
    assert made.blocks == ("footer",)
    assert set(catalog.surveys) == {"how-was-it"}
    found = {each.rule for each in findings(made, brands=catalog.brands.values())}
    assert found <= {"voice-missing"}
