"""What is written without the engine is what the engine writes, at the same cost, or it is left to the engine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.content.errors import MissingVariable, RenderError
from kizuna.core.content.liquid_compile import Compiled, compile_source
from kizuna.core.content.liquid_plain import written
from kizuna.core.content.liquid_run import run, run_in_pieces
from kizuna.core.content.liquid_sandbox import OUTPUT_LIMIT, Allowance

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(-9, 9), st.text("abß <&'\"é", max_size=600)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(("a", "b", "size", "first", "last")), inner, max_size=3),
    ),
    max_leaves=4,
)
CONTEXTS = st.fixed_dictionaries(
    {"person": st.fixed_dictionaries({"traits": st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2)})},
    optional={"event": VALUES, "partial": VALUES},
)
PATHS = st.sampled_from(
    (
        "person.traits.a", "person.traits.b", "person.traits.a.b", "person.traits['a']", "person.traits.a.size",
        "person.traits.a[0]", "event", "event.a", "person", "partial", "nothing.at.all", "person.traits[event.a]",
    )
)  # fmt: skip
SHOWN = st.one_of(
    PATHS,
    st.builds("{} | default: 'x'".format, PATHS),
    st.builds("{} | upcase".format, PATHS),
    st.just("'y'"),
)
QUESTIONS = st.one_of(
    PATHS,
    st.builds("{} == 'a'".format, PATHS),
    st.builds("{} and {}".format, PATHS, PATHS),
    st.builds("{} or {}".format, PATHS, PATHS),
)
WORDS = st.sampled_from(("<p>w</p>", " ", "", "\n", "é&amp;"))
PARTS = st.recursive(
    st.one_of(WORDS, st.builds("{{{{ {} }}}}".format, SHOWN)),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("{{% if {} %}}{}{{% endif %}}".format, QUESTIONS, inner),
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, QUESTIONS, inner, inner),
        st.builds(
            "{{% if {} %}}{}{{% elsif {} %}}{}{{% endif %}}".format, QUESTIONS, inner, QUESTIONS, inner
        ),
        st.builds("{{% unless {} %}}{}{{% endunless %}}".format, QUESTIONS, inner),
        st.builds("{{% for x in {} %}}{}{{{{ x }}}}{{% endfor %}}".format, PATHS, inner),
        st.builds("{{% assign y = {} %}}{}{{{{ y }}}}".format, PATHS, inner),
        st.builds("{{% case {} %}}{{% when 'a' %}}{}{{% endcase %}}".format, PATHS, inner),
    ),
    max_leaves=6,
)


def _without_plan(compiled: Compiled) -> Compiled:
    return Compiled(compiled.source, compiled.template, compiled.variables, compiled.filters)


def _outcome(compiled: Compiled, values: dict[str, Any], steps: int) -> tuple[str, int]:
    allowance = Allowance(steps)
    try:
        text = run(compiled, values=values, language="en", allowance=allowance)
    except RenderError as error:
        text = f"{type(error).__name__}: {error}"
    return text, allowance.steps


@given(source=PARTS, values=CONTEXTS, html=st.booleans(), steps=st.sampled_from((10_000, 12, 5, 1)))
def test_it_writes_what_the_engine_writes_at_the_same_cost_and_fails_alike(
    source: str, values: dict[str, Any], html: bool, steps: int
) -> None:
    compiled = compile_source(source, html=html)
    assert _outcome(compiled, values, steps) == _outcome(_without_plan(compiled), values, steps)


def _pieces(source: str, values: dict[str, Any], *, html: bool = True) -> tuple[str, ...] | None:
    compiled = compile_source(source, html=html)
    assert compiled.plan is not None
    return written(compiled.plan, compiled.template, values=values, language="en", allowance=Allowance())


def test_words_and_values_stand_in_turns() -> None:
    source = (
        "<p>{{ person.traits.a }}{{ person.traits.b }}</p>{% if person.traits.c %}c{% else %}<i>{% endif %}!"
    )
    assert _pieces(source, {"person": {"traits": {"a": "1<2", "b": 3}}}) == (
        "<p>", "1&lt;2", "", "3", "</p>", "", "<i>", "", "!",
    )  # fmt: skip


def test_pieces_are_plain_text_and_not_what_the_escaper_made_of_them() -> None:
    source = "<p>{{ person.traits.a }}{{ person.traits.a | upcase }}</p>"
    pieces = _pieces(source, {"person": {"traits": {"a": "1<2"}}})
    assert pieces is not None
    assert {type(piece) for piece in pieces} == {str}


@pytest.mark.parametrize(
    "source",
    [
        "{{ person.traits.a | upcase }}<br>",
        "{% if person.traits.a == 'x' %}X{% endif %}<br>",
        "{% for x in person.traits.list %}{{ x }},{% endfor %}<br>",
        "{% case person.traits.a %}{% when 'x' %}X{% endcase %}<br>",
    ],
)
def test_what_is_not_plain_the_engine_writes_where_it_stands(source: str) -> None:
    pieces = _pieces(source, {"person": {"traits": {"a": "x", "list": ["1", "2"]}}})
    assert pieces is not None
    assert pieces[-1] == "<br>"


def test_a_template_with_names_of_its_own_has_no_plan() -> None:
    for source in ("{% assign a = 1 %}", "{% if person %}{% capture a %}x{% endcapture %}y{% endif %}"):
        assert compile_source(source, html=True).plan is None


def test_what_is_missing_is_left_to_the_engine_which_names_it() -> None:
    assert _pieces("a{{ person.traits.a }}", {"person": {"traits": {}}}) is None
    with pytest.raises(MissingVariable, match=r"person\.traits\.a"):
        run(
            compile_source("a{{ person.traits.a }}", html=True),
            values={"person": {"traits": {}}},
            language="en",
        )


def test_what_is_too_long_is_left_to_the_engine() -> None:
    half = "é" * (OUTPUT_LIMIT // 4)
    source = "{{ person.traits.a }}{{ person.traits.a }}"
    assert _pieces(source, {"person": {"traits": {"a": half}}}) is not None
    assert _pieces(source + "!", {"person": {"traits": {"a": half}}}) is None


def test_one_piece_alone_is_what_the_engine_wrote() -> None:
    compiled = compile_source("{% assign a = 'x' %}<p>{{ a }}</p>", html=True)
    assert run_in_pieces(compiled, values={}, language="en") == ("<p>x</p>",)
