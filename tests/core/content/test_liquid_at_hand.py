"""Values that are simply there are found as the engine finds them, and cost the same steps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid.output import LimitedStringIO

from kizuna.core.content.liquid_compile import compile_source
from kizuna.core.content.liquid_sandbox import _ELSEWHERE, OUTPUT_LIMIT, Meter, Output

SOURCES = (
    "{{ person.traits.a }}", "{{ person.traits.a.b }}", "{{ person.traits['a'] }}", "{{ person.traits.a.size }}",
    "{{ person.traits.a.first }}", "{{ person.traits.a.last }}", "{{ person.traits.a[0] }}",
    "{{ person.traits[person.language] }}", "{{ person }}", "{{ partial }}", "{{ nothing.at.all }}",
    "{% if person.traits.a %}{{ person.traits.a }}{% endif %}", "{{ person.traits.a | default: 'x' }}",
    "{% assign persons = person.traits.a %}{{ persons }}{{ person.traits.a }}",
    "{% for b in person.traits.a %}{{ b }}{{ person.traits.b }}{% endfor %}",
    "{% for person in persons %}{{ person.traits.a }}{% endfor %}", "{% assign person = 'p' %}{{ person.traits.a }}",
    "{% capture person %}c{% endcapture %}{{ person }}",
)  # fmt: skip
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text("abß é", max_size=600))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(("a", "b", "size", "first", "last")), inner, max_size=3),
    ),
    max_leaves=5,
)


class TheEngines(Meter):
    def _at_hand(self, path: list[object]) -> object:
        return _ELSEWHERE


def _rendered(kind: type[Meter], source: str, values: dict[str, Any]) -> tuple[str, int]:
    template = compile_or_parse(source)
    context = kind(template, values=values, language="en")
    buffer = Output(limit=OUTPUT_LIMIT) if kind is Meter else LimitedStringIO(limit=OUTPUT_LIMIT)
    try:
        template.render_with_context(context, buffer)
    except Exception as error:
        return f"{type(error).__name__}: {error}", context._steps
    return f"{buffer.getvalue()} {buffer.size}", context._steps


def compile_or_parse(source: str) -> Any:
    """As it is compiled, or, where we would refuse to, as the engine reads it."""
    from kizuna.core.content.errors import TemplateRefused
    from kizuna.core.content.liquid_sandbox import environment

    try:
        return compile_source(source, html=True).template
    except TemplateRefused:
        return environment(html=True).from_string(source)


@pytest.mark.parametrize("source", SOURCES)
@given(a=VALUES, b=VALUES)
def test_what_is_at_hand_is_what_the_engine_finds(source: str, a: Any, b: Any) -> None:
    values = {"person": {"traits": {"a": a, "b": b}, "language": "a"}, "persons": [{"traits": {"a": b}}]}
    assert _rendered(Meter, source, values) == _rendered(TheEngines, source, values)
