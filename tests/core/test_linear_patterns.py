"""Patterns of tracking plans mean what Python's mean, for the part they know, and never take long."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.linear_patterns import MAX_STEPS, compiled


@pytest.mark.parametrize(
    ("pattern", "fitting", "unfit"),
    [
        ("[A-Z]{3}", ["EUR"], ["eur", "EU", "EURO", ""]),
        (r"\d+", ["0", "007"], ["", "x", "1.0", "٣"]),
        (r"[a-z][a-z0-9_-]*", ["a", "a-1_b"], ["", "1a", "A"]),
        (r"EUR|US.|\|", ["EUR", "USD", "|"], ["US", "EURUSD"]),
        (r"[^,]*", ["", "a b"], [",", "a,b"]),
        (r"a{2,3}b?", ["aa", "aaab"], ["a", "aaaa", "aabb"]),
        (r"a{2,}", ["aa", "aaaaa"], ["a"]),
        (r"a{0}b", ["b"], ["ab"]),
        (r"[\d.]+", ["1.2"], ["a"]),
        (r"[a\-z]", ["a", "-", "z"], ["b"]),
        (r"[|]", ["|"], [""]),
        (r"\w+@x\.jp", ["ann@x.jp", "名@x.jp"], ["ann@xxjp"]),
        (r".*a.*", ["a", "bab"], ["", "bbb"]),
        ("", [""], ["a"]),
        (r"(jp|us)-\d+", ["jp-1", "us-22"], ["jp", "uk-1"]),
        (r"(ab){2}", ["abab"], ["ab", "ababab"]),
        (r"(?:ab|c)*", ["", "abcab", "cc"], ["a", "cb"]),
        (r"(a|)b", ["ab", "b"], ["a"]),
        (r"((a?b){1,2}c)+", ["bc", "abbc", "bcabc"], ["c", "abbbc"]),
        (r"(){999}x()*", ["x"], [""]),
    ],
)
def test_a_pattern_is_about_the_whole_text(pattern: str, fitting: list[str], unfit: list[str]) -> None:
    fits = compiled(pattern)
    assert [text for text in fitting if not fits(text)] == []
    assert [text for text in unfit if fits(text)] == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a", "never closed"),
        ("a)", "closes nothing"),
        ("(?i)a", "plain groups only"),
        ("(?=a)", "plain groups only"),
        ("(" * 17 + "a" + ")" * 17, "nested deeper"),
        ("((a{16}){16}){2}", "at most"),
        ("^a", "whole text"),
        ("a$", "whole text"),
        ("*a", "behind nothing"),
        ("a**", "behind nothing"),
        ("a|+", "behind nothing"),
        ("[a", "never closed"),
        ("[]", "holds nothing"),
        ("[z-a]", "backwards"),
        ("a{3,2}", "backwards"),
        (r"\b", "not taken"),
        ("\\", "not taken"),
        (f"a{{{MAX_STEPS + 1}}}", "at most"),
    ],
)
def test_what_a_pattern_may_not_hold_is_refused_by_name(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compiled(pattern)


ATOMS = st.sampled_from(["a", "b", ".", r"\d", r"\s", "[ab]", "[^a]", r"\.", "[b-d]"])
QUANTIFIERS = st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}", "{0,2}", "{1,}"])
CHAINS = st.lists(st.tuples(ATOMS, QUANTIFIERS).map("".join), max_size=5).map("".join)


@settings(deadline=None)
@given(st.lists(CHAINS, min_size=1, max_size=3).map("|".join), st.text("abcd1. ", max_size=8))
def test_a_pattern_means_what_it_means_in_python(pattern: str, text: str) -> None:
    expected = re.fullmatch(pattern, text, re.DOTALL) is not None
    assert compiled(pattern)(text) is expected


GROUPS = st.recursive(
    st.tuples(ATOMS, QUANTIFIERS).map("".join),
    lambda parts: st.builds(
        lambda rows, often: f"({'|'.join(rows)}){often}",
        st.lists(parts, min_size=1, max_size=3),
        st.sampled_from(["", "?", "*", "{2}"]),
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.lists(GROUPS, min_size=1, max_size=2).map("".join), st.text("ab1.", max_size=7))
def test_groups_mean_what_they_mean_in_python(pattern: str, text: str) -> None:
    expected = re.fullmatch(pattern, text, re.DOTALL) is not None
    assert compiled(pattern)(text) is expected


@pytest.mark.parametrize(
    "pattern",
    ["a*a*a*a*a*a*a*a*a*a*a*a*b", "(a+)+b", "((a|a)*)*b", "(.*a){20}b", f".*a.{{{MAX_STEPS - 3}}}b"],
)
def test_the_patterns_that_stop_a_backtracking_engine_take_no_time(pattern: str) -> None:
    fits = compiled(pattern)
    started = time.perf_counter()
    assert not fits("a" * 20_000)
    assert not fits("ab?" * 7_000)
    assert time.perf_counter() - started < 5
