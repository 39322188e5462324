"""The price of a text message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.content.rendering import BudgetExceeded, Template, render, sms_parts
from tests.support.content import a_context


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("hello", "GSM-7", 5, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # the euro sign does not fit the first part
        ("¥1,980 [ok]", "GSM-7", 13, 1),
        ("it’s", "UCS-2", 4, 1),
        ("あ" * 70, "UCS-2", 70, 1),
        ("あ" * 71, "UCS-2", 71, 2),
        ("あ" * 134, "UCS-2", 134, 2),
        ("あ" * 135, "UCS-2", 135, 3),
        ("🎵" * 35, "UCS-2", 70, 1),
        ("a" * 66 + "🎵" + "a" * 66, "UCS-2", 134, 3),  # a pair of surrogates is not torn apart
    ],
)
def test_a_text_counts_as_the_networks_count_it(text: str, encoding: str, units: int, parts: int) -> None:
    counted = sms_parts(text)
    assert (counted.encoding, counted.units, counted.parts) == (encoding, units, parts)


def test_the_characters_that_make_a_text_costly_are_named_once() -> None:
    assert sms_parts("“yes”, “no”").costly == ("“", "”")


@given(st.text(max_size=400), st.text(max_size=50))
def test_a_longer_text_never_costs_less(text: str, more: str) -> None:
    assert sms_parts(text + more).parts >= sms_parts(text).parts


@pytest.mark.parametrize(("length", "fits"), [(1_600, True), (1_601, False)])
def test_the_words_with_a_picture_are_as_long_as_the_provider_takes_whatever_parts_they_would_be(
    length: int, fits: bool
) -> None:
    content = {"body": "{{ person.traits.words }}", "media": ["s3://pictures/mms/a.png"]}
    template = Template.model_validate(
        {
            "id": "look",
            "channel": "sms",
            "purpose": "transactional",
            "default_language": "en",
            "languages": {"en": content},
        }
    )
    context = a_context({"words": "雪" * length})
    if fits:
        assert render(template, language="en", context=context)
        return
    with pytest.raises(BudgetExceeded):
        render(template, language="en", context=context)
