"""A name that nobody knows is repeated to whoever asked, unless it may be somebody's address, number or name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.refusing.repeating import asked_for


@pytest.mark.parametrize("name", ["win-bak", "Win_Back", "welcome.mail-1", "a", "sale-202611", "x" * 64])
def test_what_may_be_a_definition_s_name_is_repeated(name: str) -> None:
    assert asked_for(name) == f"'{name}'"


@pytest.mark.parametrize(
    "name",
    [
        "ada@people.example", "ada%40people.example", "+819012345678", "090-1234-5678", "tel0312345678", "b-19840229",
        "Ada Lovelace", "山田太郎", "U4af4980629b1e3c7d5a0f2e6b8c9d1a3", "", "x" * 65, "a\nb", "a\x00", "１２３",
    ],
)  # fmt: skip
def test_what_may_be_a_person_s_is_not(name: str) -> None:
    assert asked_for(name) == "'…'"


@given(st.text(max_size=80))
def test_no_text_breaks_out_of_its_quotes(name: str) -> None:
    told = asked_for(name)
    assert told[0] == told[-1] == "'"
    assert not set(told[1:-1]) & set("'\"\\<>&@ \n\r")
