"""Countries as people and forms write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.countries import country_code
from kizuna.core.policy import EU


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("Deutschland", "DE"),
        ("  germany ", "DE"),
        ("DEU", "DE"),
        ("de", "DE"),
        ("ＤＥ", "DE"),
        ("日本", "JP"),
        ("ﾄﾞｲﾂ", "DE"),
        ("トイツ", None),
        ("Österreich", "AT"),
        ("OSTERREICH", "AT"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("Pays-Bas", "NL"),
        ("UK", "GB"),
        ("Northern Ireland", "GB"),
        ("Ireland", "IE"),
        ("EL", "GR"),
        ("대한민국", "KR"),
        ("XX", "XX"),
        ("America", None),
        ("Korea", None),
        ("Europe", None),
        ("", None),
        ("D", None),
        ("4Z", None),
        (49, None),
        (None, None),
        (["DE"], None),
    ],
)
def test_a_country_is_read_in_the_ways_it_is_written(told: Any, code: str | None) -> None:
    assert country_code(told) == code


def test_every_country_with_rules_of_the_union_can_be_named() -> None:
    from kizuna.core.countries import _NAMES

    assert EU | {"GB", "US", "CA", "JP"} <= set(_NAMES.values())


@given(st.text())
def test_whatever_is_told_gives_a_code_or_nothing(told: str) -> None:
    code = country_code(told)
    assert code is None or (len(code) == 2 and code.isascii() and code.isupper())
