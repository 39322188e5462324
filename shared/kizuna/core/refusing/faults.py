"""What a model found wrong with a document: at its author's place, with what they may have meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from kizuna.core.refusing.meant import near, perhaps
from kizuna.core.refusing.walk import Key, Walk

_MANY = 12  # more words than this are not listed: the nearest ones are
_LONGEST = 40  # of a word that is told again


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a document: the keys that lead to it, and why."""

    keys: tuple[Key, ...]
    reason: str


def faults_of(error: ValidationError, model: type[BaseModel], document: Any) -> tuple[Fault, ...]:
    """What `model` found wrong with `document`, in its order.

    Where text or an object may stand, an object is told what is wrong with it as an object, and not that it is no
    text. Two kinds that fit equally badly give two.
    """
    details = error.errors(include_url=False, include_input=False)
    walked = [(detail, _walked(detail, model, document)) for detail in details]
    meant = [(detail, walk) for detail, walk in walked if walk.is_meant]
    found = [
        (detail["type"], Fault(tuple(walk.keys), _reason(detail, walk))) for detail, walk in meant or walked
    ]
    return tuple(
        fault
        for kind, fault in found
        # What is wrong with its parts is told; that too few are left without them need not be.
        if kind != "too_short" or not any(_is_within(each, fault) for _, each in found)
    )


def _is_within(one: Fault, other: Fault) -> bool:
    """Below it; or at it, where a single condition stands for a list of one."""
    return one is not other and one.keys[: len(other.keys)] == other.keys


def _walked(detail: ErrorDetails, model: type[BaseModel], document: Any) -> Walk:
    walk = Walk(TypeAdapter(model).core_schema, document)
    for part in detail["loc"]:
        walk.step(part)
    return walk


def _reason(detail: ErrorDetails, walk: Walk) -> str:
    match detail["type"]:
        case "union_tag_not_found":
            keys = walk.here if isinstance(walk.here, Mapping) else ()
            meant = [each for key in keys if isinstance(key, str) for each in near(key, walk.fields())]
            return "is of no known kind: it has neither a type nor a key that tells one" + perhaps(meant)
        case "union_tag_invalid":
            kind = str((detail.get("ctx") or {}).get("tag", ""))[:_LONGEST]
            meant = near(kind, walk.fields())
            return f"there is no kind {kind!r} here{perhaps(meant) or _one_of(walk.fields())}"
        case "extra_forbidden":
            return f"{detail['msg']}{perhaps(near(str(walk.keys[-1]), walk.beside()))}"
        case "literal_error" if isinstance(walk.here, str) and walk.words():
            meant = near(walk.here, walk.words())
            if len(walk.words()) <= _MANY:
                return detail["msg"] + perhaps(meant)
            return f"there is no {walk.here[:_LONGEST]!r} here{perhaps(meant) or _one_of(walk.words())}"
        case "string_pattern_mismatch" if form := _FORMS.get((detail.get("ctx") or {}).get("pattern", "")):
            return f"is not of the form of {form}{perhaps(_halfwidth(walk.here, detail))}"
        case "too_short" | "too_long" if "actual_length" in (detail.get("ctx") or {}):
            return _length_told(detail)
        case "timezone_aware":
            return "has no offset: write the moment as 2026-11-23T09:00:00+09:00, or with Z for UTC"
        case "datetime_from_date_parsing" | "datetime_parsing":
            return "is no moment: write it as 2026-11-23T09:00:00+09:00, or with Z for UTC"
        case "model_attributes_type" | "model_type" | "dict_type":
            return "is not an object with keys"
        case _:
            return detail["msg"].removeprefix("Value error, ")


# What patterns stand for whose text tells an author little.
_NAME = "spring-sale: small letters, digits and hyphens, a letter first, at most 64 in all"
_FORMS = {
    r"^[a-z][a-z0-9-]{0,63}$": _NAME,
    r"^[A-Z]{3}$": "JPY, a currency by three letters (ISO 4217)",
    r"^[A-Z]{2}$": "JP, a country by two letters (ISO 3166)",
    r"^([01]\d|2[0-3]):[0-5]\d$": "21:00, a time of day from 00:00 to 23:59",
    r"^[0-9]{1,3}[dw]$": "3d or 2w, in days or weeks",
    r"^[+-]?[0-9]{1,3}[dw]$": "3d, -3d or 2w, in days or weeks",
    r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$": "JP or JP-13, a country or a region of one (ISO 3166)",
}


def _halfwidth(written: Any, detail: ErrorDetails) -> list[str]:
    """What may have been meant by a name of full-width letters, capitals or blanks: the one of the form, if it is."""
    if not isinstance(written, str):
        return []
    plain = unicodedata.normalize("NFKC", written).strip()
    names = dict.fromkeys((plain, re.sub(r"[\s_]+", "-", plain.lower())))
    pattern = str((detail.get("ctx") or {}).get("pattern", ""))
    return [name for name in names if name != written and re.search(pattern, name)][:1]


def _length_told(detail: ErrorDetails) -> str:
    """pydantic tells of tuples and of validation, which its author has never heard of."""
    told = detail.get("ctx") or {}
    is_short = "min_length" in told
    bound = told["min_length"] if is_short else told["max_length"]
    words = f"at least {bound}" if is_short else f"at most {bound}"
    return f"takes {words} item{'' if bound == 1 else 's'}, and has {told['actual_length']}"


def _one_of(words: Iterable[str]) -> str:
    return f": it is one of {', '.join(sorted(words))}"
