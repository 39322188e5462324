"""What a country is called, as CLDR has it: for pages that people read."""

from __future__ import annotations

import re

_CODE = re.compile(r"[A-Z]{2}")
_UNKNOWN = "ZZ"  # of CLDR, for what it does not know


def country_name(code: str, language: str) -> str:
    """The name of a country (two letters of ISO 3166, in any case); empty where it has none.

    `language` is one whose names are in the bundle (`core/content/liquid_filters.py: FORMATTED_LANGUAGES`).
    """
    from babel import Locale  # only who shows a country pays for the names, some 0.04 s the first time

    code = code.strip().upper()
    if not _CODE.fullmatch(code) or code == _UNKNOWN:
        return ""
    return str(Locale.parse(language).territories.get(code, ""))
