"""What a forecast would cost: providers, parts of texts by country, and what the engine itself takes.

The workspace's own prices go before every list (`costs.py`). What a text costs that the workspace has no price for is
assumed, and told as a range; one to a country of which nothing is even assumed is not priced, and counted as such.
"""

from __future__ import annotations

from typing import Any

from kizuna.core.campaigning import sms_prices
from kizuna.core.campaigning.forecast import Forecast
from kizuna.core.costs import READ_UNITS, REST, WRITE_UNITS, CostRules, engine_cost
from kizuna.core.prices import MILLION, US_EAST_1, Prices


def cost_body(found: Forecast, rules: CostRules, prices: Prices = US_EAST_1) -> dict[str, Any]:
    """US dollars, rounded to a hundredth of a cent, with the day of the lists they rest on. `total` is null where
    prices are assumed, or missing: then only `low` and `high` are told, of what has one."""
    channels = {
        channel: _money(number * rules.of_message(channel))
        for channel, number in sorted(found.sent.items())
        if channel != "sms"
    }
    texts = [_texts(country, parts, rules) for country, parts in sorted(found.parts.items())]
    sent, withheld = sum(found.sent.values()), sum(found.withheld.values())
    engine = sent * engine_cost("sent", prices) + withheld * engine_cost("withheld", prices)
    certain = sum(channels.values()) + engine
    low, high = (certain + sum(each[end] or 0.0 for each in texts) for end in ("low", "high"))
    assumed = sum(each["parts"] for each in texts if each["source"] == "assumed")
    unpriced = sum(each["parts"] for each in texts if each["source"] == "none")
    units = sent * WRITE_UNITS["sent"] + withheld * WRITE_UNITS["withheld"]
    reads = sent * READ_UNITS["sent"] + withheld * READ_UNITS["withheld"]
    return {
        "currency": "USD",
        "total": None if assumed or unpriced else _money(low),
        "low": _money(low),
        "high": _money(high),
        "channels": channels,
        "texts": texts,
        "engine": {
            "cost": _money(engine),
            "writeUnits": round(units),
            "readUnits": round(reads),
            "dynamodb": _money((units * prices.write_units + reads * prices.read_units) / MILLION),
            "rest": _money((sent * REST["sent"] + withheld * REST["withheld"]) / MILLION),
        },
        "assumedParts": assumed,
        "unpricedParts": unpriced,
        "pricesAsOf": prices.as_of.isoformat(),
        "region": prices.region,
    }


def _texts(country: str, parts: int, rules: CostRules) -> dict[str, Any]:
    own = rules.of_part(country)
    between = sms_prices.assumed(country) if own is None else (own, own)
    low, high = (None, None) if between is None else (_money(parts * price) for price in between)
    return {
        "country": country,
        "parts": parts,
        "price": own,
        "low": low,
        "high": high,
        "source": "workspace" if own is not None else "assumed" if between is not None else "none",
    }


def _money(dollars: float) -> float:
    return round(dollars, 4)
