"""Money as whole numbers of the smallest unit of a currency, with the currency beside it.

Digits after the point: ISO 4217. What no currency stands beside is of `UNKNOWN` (`XXX`, the code of ISO 4217 for no
currency), in hundredths, and is never added to anything else.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

UNKNOWN = "XXX"
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
_LARGEST = 10**12  # smallest units; what is larger is a number of something else

# All other currencies have two digits. UYW and CLF have four, and no customer pays with them.
_NONE = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
    "XOF", "XPF",
)  # fmt: skip
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DIGITS: Mapping[str, int] = {**dict.fromkeys(_NONE, 0), **dict.fromkeys(_THREE, 3)}

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def digits_of(currency: str) -> int:
    """How many digits a currency has after the point."""
    return _DIGITS.get(currency, 2)


def currency_code(told: Any) -> str:
    """The currency that is meant, in upper case; `UNKNOWN` for what is no code of three letters."""
    code = told.strip().upper() if isinstance(told, str) else ""
    return code if _CODE.fullmatch(code) else UNKNOWN


def minor_units(told: Any, currency: str) -> int | None:
    """An amount that is told in whole units (`12.5`, `"12.50"`) in the smallest ones; None for what is no amount.

    What lies between two is rounded to the even one.
    """
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    if isinstance(told, float) and not math.isfinite(told):
        return None
    text = told.strip() if isinstance(told, str) else repr(told)
    if isinstance(told, str) and not _NUMBER.fullmatch(text):
        return None
    try:
        scaled = Decimal(text).scaleb(digits_of(currency))
        if abs(scaled) > _LARGEST:
            return None
        return int(scaled.to_integral_value(rounding=ROUND_HALF_EVEN))
    except InvalidOperation:
        return None


def whole_units(minor: float, currency: str) -> float:
    """The inverse of `minor_units`, to be shown."""
    return float(minor / 10 ** digits_of(currency))


def amount_text(minor: float, currency: str) -> str:
    """An amount as a report shows it: `1,234.50 USD`, `1,234 JPY`."""
    return f"{whole_units(minor, currency):,.{digits_of(currency)}f} {currency}"


class Rate(BaseModel):
    """From a day on one unit of a currency is worth so many of the currency of the reports."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    currency: Currency
    since: date
    worth: Annotated[float, Field(gt=0, le=1_000_000_000, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates by day, into one currency. Of a day before the first rate there is none."""

    into: str
    rates: Mapping[str, Sequence[tuple[date, float]]]  # of each currency, the earliest first

    @classmethod
    def of(cls, into: str, rates: Sequence[Rate]) -> Rates:
        found: dict[str, list[tuple[date, float]]] = {}
        for rate in sorted(rates, key=lambda rate: rate.since):
            found.setdefault(rate.currency, []).append((rate.since, rate.worth))
        return cls(into, found)

    def exchanged(self, minor: float, currency: str, on: date) -> float | None:
        """An amount in the smallest units of `into`; None where no rate of that day is known."""
        if currency == self.into:
            return minor
        known = self.rates.get(currency, ())
        index = bisect_right(known, on, key=lambda rate: rate[0])
        if not index:
            return None
        worth = known[index - 1][1]
        return minor * worth * 10.0 ** (digits_of(self.into) - digits_of(currency))
