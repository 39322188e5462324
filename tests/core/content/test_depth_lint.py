"""A template that reads deep traits must say what stands in their place."""

from __future__ import annotations

import pytest

from kizuna.core.content.depth_lint import depth_problems
from kizuna.core.content.templates import Template


def problems(body: str, *, with_fallback: tuple[str, ...] = ()) -> list[str]:
    content = {"title": "Hello", "body": body, "data": {}}
    document = {"id": "t", "channel": "push", "default_language": "en", "languages": {"en": content}}
    template = Template.model_validate(document)
    found = depth_problems(template, deep={"genre", "birthday"}, with_fallback=with_fallback)
    return [f"{each.path}: {each.reason}" for each in found]


@pytest.mark.parametrize(
    "body",
    [
        "Hello {{ person.traits.first_name }}",
        "{{ person.traits.genre | default: 'music' }}",
        "{% if person.traits.genre %}We know what you like{% endif %}",
        "{%- unless person.traits.birthday -%}When?{% endunless %}",
        "person.traits.genre as text",
    ],
)
def test_one_that_says_what_stands_in_its_place_may_be_saved(body: str) -> None:
    assert problems(body) == []


@pytest.mark.parametrize(
    "body",
    [
        "{{ person.traits.genre }}",
        "{{ person.traits['genre'] | upcase }}",
        '{{ person . traits [ "genre" ] }}',
        "{% assign g = person.traits.genre %}{{ g }}",
        "{{ 'you like ' | append: person.traits.genre }}",
    ],
)
def test_one_that_does_not_is_refused_with_the_place_and_the_trait(body: str) -> None:
    (found,) = problems("\n" + body)
    assert found.startswith("languages.en.body:2: reads the deep trait 'genre'")
    assert problems(body, with_fallback=("genre",)) == []


def test_one_that_computes_which_trait_it_reads_is_refused() -> None:
    (found,) = problems("{{ person.traits[event.properties.which] }}")
    assert "name the trait" in found
