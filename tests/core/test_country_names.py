"""Countries by their names."""

from __future__ import annotations

import pytest

from kizuna.core.content.liquid_filters import FORMATTED_LANGUAGES
from kizuna.core.country_names import country_name


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("DE", "en", "Germany"),
        ("DE", "ja", "ドイツ"),
        ("jp", "ja", "日本"),
        (" us ", "en", "United States"),
        ("ZZ", "en", ""),
        ("001", "en", ""),
        ("Germany", "en", ""),
        ("", "ja", ""),
    ],
)
def test_a_country_is_called_by_its_name(code: str, language: str, name: str) -> None:
    assert country_name(code, language) == name


@pytest.mark.parametrize("language", FORMATTED_LANGUAGES)
def test_every_language_of_the_bundle_has_names(language: str) -> None:
    assert country_name("FR", language)
