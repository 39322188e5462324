"""The filters that templates may use: a list, and nothing beside it.

Left out on purpose: `safe` (switches escaping off), the engine's own `date` (reads the clock), base64 (grows
exponentially when chained), `uniq` (quadratic), `json`, everything that loads other templates. Filters that
can multiply the size of their input are bounded here before they work.

Import this module only where a template is rendered: it costs about 0.1 s at a cold start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, dates, numbers
from liquid import Environment, soft_str
from liquid.builtin.filters import array, math, misc, string
from liquid.exceptions import FilterArgumentError, OutputStreamLimitError
from liquid.filter import with_context, with_environment
from liquid.undefined import is_undefined

FORMATTED_LANGUAGES = ("en", "ja", "de")
"""Languages whose number and date formats are in the bundle; the others of babel (30 MB) are pruned."""

TEXT_MAX = 500_000
"""Characters that one filter may produce."""

_WIDTHS = ("short", "medium", "long", "full")
_LARGEST = Decimal(10) ** 15

Filter = Callable[..., Any]


class _Reader(Protocol):
    """What a localised filter asks of the render context."""

    @property
    def language(self) -> str: ...


def base_language(language: str) -> str:
    """`ja` of `ja-JP`."""
    return language.split("-", 1)[0].lower()


def _replace(value: object, seq: object, sub: object = "") -> str:
    text, old, new = (soft_str(part) for part in (value, seq, sub))
    count = text.count(old) if old else len(text) + 1
    _bound(len(text) + count * max(0, len(new) - len(old)))
    return cast(str, string.replace(value, seq, sub))


@with_environment
def _join(value: object, separator: object = " ", *, environment: Environment) -> str:
    if isinstance(value, list):
        texts = sum(len(item) if isinstance(item, str) else 20 for item in value)
        _bound(texts + len(value) * len(str(separator)))
    return cast(str, array.join(value, separator, environment=environment))


def _round(value: object, digits: object = 0) -> Any:
    if not isinstance(digits, int) or not 0 <= digits <= 10:
        raise FilterArgumentError("round takes 0 to 10 digits", token=None)
    return math.round_(value, digits)


@with_context
def money(value: object, currency: object, *, context: _Reader) -> str:
    """`{{ event.properties.total | money: "JPY" }}`: an amount in the way of the reader's language."""
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isalpha()):
        raise FilterArgumentError("money takes a currency of three letters", token=None)
    return numbers.format_currency(_amount(value), currency.upper(), locale=_locale(context))


@with_context
def number(value: object, *, context: _Reader) -> str:
    return numbers.format_decimal(_amount(value), locale=_locale(context))


@with_context
def format_date(value: object, width: object = "medium", zone: object = None, *, context: _Reader) -> str:
    """The calendar day, in `zone` when one is given and the value has a time, else as it is written."""
    moment = _moment(value, zone)
    day = moment.date() if isinstance(moment, datetime) else moment
    return dates.format_date(day, format=_width(width), locale=_locale(context))


@with_context
def format_time(value: object, width: object = "short", zone: object = None, *, context: _Reader) -> str:
    moment = _instant(value, zone)
    return dates.format_time(moment, format=_width(width), tzinfo=moment.tzinfo, locale=_locale(context))


@with_context
def format_datetime(value: object, width: object = "medium", zone: object = None, *, context: _Reader) -> str:
    moment = _instant(value, zone)
    return dates.format_datetime(moment, format=_width(width), tzinfo=moment.tzinfo, locale=_locale(context))


LOCALISED: Mapping[str, Filter] = {
    "money": money,
    "number": number,
    "date": format_date,
    "time": format_time,
    "datetime": format_datetime,
}

FILTERS: Mapping[str, Filter] = {
    "abs": math.abs_,
    "append": string.append,
    "at_least": math.at_least,
    "at_most": math.at_most,
    "capitalize": string.capitalize,
    "ceil": math.ceil,
    "compact": array.compact,
    "concat": array.concat,
    "default": misc.default,
    "divided_by": math.divided_by,
    "downcase": string.downcase,
    "escape": string.escape,
    "first": array.first,
    "floor": math.floor,
    "join": _join,
    "last": array.last,
    "lstrip": string.lstrip,
    "map": array.map_,
    "minus": math.minus,
    "modulo": math.modulo,
    "newline_to_br": string.newline_to_br,
    "plus": math.plus,
    "prepend": string.prepend,
    "remove": string.remove,
    "remove_first": string.remove_first,
    "replace": _replace,
    "replace_first": string.replace_first,
    "reverse": array.reverse,
    "round": _round,
    "rstrip": string.rstrip,
    "size": misc.size,
    "slice": string.slice_,
    "sort": array.sort,
    "split": string.split,
    "squish": string.squish,
    "strip": string.strip,
    "strip_newlines": string.strip_newlines,
    "sum": array.sum_,
    "times": math.times,
    "truncate": string.truncate,
    "truncatewords": string.truncatewords,
    "upcase": string.upcase,
    "url_encode": string.url_encode,
    "where": array.where,
    **LOCALISED,
}


def _bound(size: int) -> None:
    if size > TEXT_MAX:
        raise OutputStreamLimitError("filter output limit reached", token=None)


@cache
def _babel(language: str) -> Locale:
    return Locale.parse(language)


def _locale(context: _Reader) -> Locale:
    language = base_language(context.language)
    if language not in FORMATTED_LANGUAGES:
        raise FilterArgumentError("no formats for this language", token=None)
    return _babel(language)


def _amount(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise FilterArgumentError("expected a number", token=None)
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        raise FilterArgumentError("expected a number", token=None) from None
    if not amount.is_finite() or abs(amount) > _LARGEST:
        raise FilterArgumentError("expected a smaller number", token=None)
    return amount


def _width(width: object) -> Any:
    if width not in _WIDTHS:
        raise FilterArgumentError("expected short, medium, long or full", token=None)
    return str(width)


def _instant(value: object, zone: object) -> datetime:
    moment = _moment(value, zone)
    if not isinstance(moment, datetime):
        raise FilterArgumentError("expected a date with a time", token=None)
    return moment


def _moment(value: object, zone: object) -> date:
    """ISO 8601 only: guessing at `03/04` would print a wrong day to somebody."""
    if is_undefined(value) or not isinstance(value, str):
        raise FilterArgumentError("expected an ISO 8601 date", token=None)
    text = str(value).strip()
    try:
        moment = datetime.fromisoformat(text) if len(text) > 10 else date.fromisoformat(text)
    except ValueError:
        raise FilterArgumentError("expected an ISO 8601 date", token=None) from None
    if not isinstance(moment, datetime) or zone is None:
        return moment
    return _in_zone(moment, zone)


def _in_zone(moment: datetime, zone: object) -> datetime:
    try:
        if moment.tzinfo is None:
            raise FilterArgumentError("a date without offset cannot change its zone", token=None)
        return moment.astimezone(ZoneInfo(str(zone)))
    except (ZoneInfoNotFoundError, ValueError, OverflowError, OSError):
        raise FilterArgumentError("unknown time zone", token=None) from None
