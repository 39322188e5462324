"""What a forecast would cost: providers, parts of texts by country, and what the engine itself takes.

The workspace's own prices go before every list (`costs.py`). A text to a country that neither names is not priced,
and counted as such.
"""

from __future__ import annotations

from typing import Any

from kizuna.core.campaigning import sms_prices
from kizuna.core.campaigning.forecast import Forecast
from kizuna.core.costs import READ_UNITS, REST, WRITE_UNITS, CostRules, engine_cost
from kizuna.core.prices import MILLION, US_EAST_1, Prices


def cost_body(found: Forecast, rules: CostRules, prices: Prices = US_EAST_1) -> dict[str, Any]:
    """US dollars, rounded to a hundredth of a cent, with the day of the lists they rest on."""
    channels = {
        channel: _money(number * rules.of_message(channel))
        for channel, number in sorted(found.sent.items())
        if channel != "sms"
    }
    texts = [_texts(country, parts, rules) for country, parts in sorted(found.parts.items())]
    sent, withheld = sum(found.sent.values()), sum(found.withheld.values())
    engine = sent * engine_cost("sent", prices) + withheld * engine_cost("withheld", prices)
    total = sum(channels.values()) + sum(each["cost"] or 0.0 for each in texts) + engine
    units = sent * WRITE_UNITS["sent"] + withheld * WRITE_UNITS["withheld"]
    reads = sent * READ_UNITS["sent"] + withheld * READ_UNITS["withheld"]
    return {
        "currency": "USD",
        "total": _money(total),
        "channels": channels,
        "texts": texts,
        "engine": {
            "cost": _money(engine),
            "writeUnits": round(units),
            "readUnits": round(reads),
            "dynamodb": _money((units * prices.write_units + reads * prices.read_units) / MILLION),
            "rest": _money((sent * REST["sent"] + withheld * REST["withheld"]) / MILLION),
        },
        "unpricedParts": sum(each["parts"] for each in texts if each["cost"] is None),
        "pricesAsOf": prices.as_of.isoformat(),
        "region": prices.region,
    }


def _texts(country: str, parts: int, rules: CostRules) -> dict[str, Any]:
    own = rules.of_part(country)
    price = own if own is not None else sms_prices.PER_PART.get(country)
    return {
        "country": country,
        "parts": parts,
        "price": price,
        "cost": None if price is None else _money(parts * price),
        "source": "workspace" if own is not None else "estimate" if price is not None else "none",
    }


def _money(dollars: float) -> float:
    return round(dollars, 4)
