"""What people are called and where they are reached, in one comparable form; the form they gave is kept beside it.

    ｱﾝﾅ　ﾀﾅｶ ─ kana ─▶ アンナ タナカ    Ｔａｎａｋａ ─ name ─▶ Tanaka    〒１５０ー０００１ ─ postcode ─▶ 150-0001

Only form is folded, never meaning: case stays, letters stay, and nothing is dropped that cannot be read. A value that
is no text is left as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from kizuna.core.identity import identifiers

# Reserved traits, in the words of the SDKs (camelCase) and in ours (snake_case): compared without case and `_`.
_NAMES = frozenset(
    {"name", "firstname", "lastname", "middlename", "fullname", "givenname", "familyname", "nickname"}
)
_KANA = frozenset(
    {*(f"{name}kana" for name in _NAMES), "kana", "furigana", *(f"{name}furigana" for name in _NAMES)}
)
_POSTCODES = frozenset({"postcode", "postalcode", "zip", "zipcode"})

_SPACES = re.compile(r"\s+")
# Marks that nobody sees: zero-width space, word joiner, byte order mark, and what turns the direction of writing.
# The joiners U+200C and U+200D stay: names in Persian and Indic scripts are spelt with them.
_HIDDEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
# Compatibility ideographs. NFKC would replace them (塚 U+FA10, 神 U+FA19, 福 U+FA1B), but they are how some families
# are written in the register, so for a name the difference is one of meaning.
_IDEOGRAPHS = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
# Voicing marks that stand alone are their combining twins: カ゛ is ガ, not カ and a space.
_VOICING = str.maketrans({"\u309b": "\u3099", "\u309c": "\u309a"})
_HIRAGANA = str.maketrans({code: code + 0x60 for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)})
_HYPHENS = re.compile("[‐‑‒–—―−ーｰ－]")
_JAPANESE_POSTCODE = re.compile(r"(?:〒\s*)?([0-9]{3})-?([0-9]{4})")


def width(text: str) -> str:
    """Full-width Latin becomes ASCII, half-width katakana full-width, each character one that can be compared."""
    if text.isascii():
        return text
    pieces = _IDEOGRAPHS.split(text.translate(_VOICING))
    return "".join(
        piece if number % 2 else unicodedata.normalize("NFKC", piece) for number, piece in enumerate(pieces)
    )


def name(text: str) -> str:
    """A name with one width and one space between its parts. Case is left alone: `van Gogh`, `McCoy`, `東郷`."""
    return _SPACES.sub(" ", _HIDDEN.sub("", width(text))).strip()


def kana(text: str) -> str:
    """A reading in full-width katakana, whichever kana it was typed in; other letters stay."""
    return name(text).translate(_HIRAGANA)


def postcode(text: str, country: Any = None) -> str:
    """A postcode in ASCII capitals; a Japanese one as `150-0001`."""
    plain = name(_HYPHENS.sub("-", text)).upper()
    japanese = _JAPANESE_POSTCODE.fullmatch(plain.replace(" ", "")) if country in (None, "JP", "jp") else None
    # Nine figures are a US ZIP+4 and five a US ZIP, but seven with a hyphen after the third are Japan's alone.
    if japanese and (country is not None or "〒" in plain or "-" in plain):
        return f"{japanese[1]}-{japanese[2]}"
    return plain


def _email(value: str, country: Any) -> str:
    return identifiers.email(value) or value


def _phone(value: str, country: Any) -> str:
    return identifiers.phone(value, country if isinstance(country, str) else None) or value


_FORMS: Mapping[str, Callable[[str, Any], str]] = {
    **{each: lambda value, country: name(value) for each in _NAMES},
    **{each: lambda value, country: kana(value) for each in _KANA},
    **dict.fromkeys(_POSTCODES, postcode),
    "email": _email,
    "phone": _phone,
}
_ADDRESS = "address"  # a reserved trait that is an object with parts of its own


def is_kana_trait(trait: str) -> bool:
    """Whether a trait is a reading, by its name."""
    return _plain(trait) in _KANA


def normalised(trait: str, value: Any, *, country: Any = None) -> Any:
    """The value of a trait in comparable form, or the value itself where there is nothing to do.

    `country` is what the same call says of the country: without it a phone number in national form stays as it is.
    What cannot be read as an e-mail address or a phone number stays as it was told.
    """
    if isinstance(value, str):
        form = _FORMS.get(_plain(trait))
        return value if form is None else form(value, country)
    if trait == _ADDRESS and isinstance(value, Mapping):
        home = value.get("country") or country
        parts = {
            part: postcode(held, home) if isinstance(held, str) and _plain(part) in _POSTCODES else held
            for part, held in value.items()
        }
        return value if parts == value else parts
    return value


def _plain(trait: str) -> str:
    return trait.replace("_", "").lower()


# ── legacy mobile addresses ─────────────────────────────────────────────────────────────────────

# The carriers of Japan let people choose local parts with dots anywhere until about 2009, against the Dot-string of
# RFC 5321 4.1.2 (RFC 3696 3 says it in words). Many of these mailboxes still work between carriers.
_CARRIERS = (
    "docomo.ne.jp", "ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "vodafone.ne.jp", "disney.ne.jp",
    "willcom.com", "wcm.ne.jp", "pdx.ne.jp", "emnet.ne.jp", "emobile.ne.jp", "ymobile.ne.jp", "y-mobile.ne.jp",
)  # fmt: skip
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
LEGACY_MOBILE = (
    "is in the legacy form of Japanese mobile carriers (dots together or at an end), which RFC 5321 does not know "
    "and SES does not take; kept as a trait only"
)


def is_legacy_mobile(value: Any) -> bool:
    """Whether this is a Japanese carrier's e-mail address in a form that no standard knows: `a..b@`, `a.@`, `.a@`."""
    if not isinstance(value, str):
        return False
    local, at, domain = width(value).strip().rpartition("@")
    host = domain.lower()
    of_a_carrier = any(host == carrier or host.endswith("." + carrier) for carrier in _CARRIERS)
    odd = ".." in local or local.startswith(".") or local.endswith(".")
    return bool(at) and of_a_carrier and odd and _LOCAL.fullmatch(local) is not None
