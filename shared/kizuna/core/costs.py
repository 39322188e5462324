"""What messages cost: the provider's price, parts of texts by country, and what the engine itself takes for each.

All prices are US dollars. A model and no bill: what the engine takes is counted on the local cloud and priced by the
list (docs/costs.md), and what a workspace says of its own prices goes before every list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.content.templates import TemplateChannel
from kizuna.core.money import Currency, Rate, Rates
from kizuna.core.prices import MILLION, US_EAST_1, Prices

Price = Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)]
ELSEWHERE = "*"  # any country that has no price of its own

# Of one message, from its decision to the report of its delivery, and of one that is withheld (docs/costs.md).
WRITE_UNITS = {"sent": 70.0, "withheld": 15.0}
READ_UNITS = {"sent": 18.5, "withheld": 5.0}
REST = {"sent": 6.0, "withheld": 2.0}  # a million: Lambda, SQS, EventBridge and Firehose


class CostRules(BaseModel):
    """What messages cost here, and in which currency reports add money up.

    message     US dollars for one message on a channel; else the list price of e-mail and push, and nothing
    sms_part    US dollars for one part of a text, by country (`JP`); `*` is everywhere else
    currency    of the reports; `rates` say from which day on one unit of another is worth how much of it
    margin      the share of revenue that is left after what was sold was bought; return on investment goes by it
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: dict[TemplateChannel, Price] = Field(default_factory=dict)
    sms_part: dict[Annotated[str, Field(pattern=r"^([A-Z]{2}|\*)$")], Price] = Field(default_factory=dict)
    currency: Currency = "USD"
    rates: tuple[Rate, ...] = Field(default=(), max_length=1_000)
    margin: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None

    @property
    def exchange(self) -> Rates:
        """The rates by day, ready to use."""
        return Rates.of(self.currency, self.rates)

    def of_message(self, channel: str) -> float:
        """One message to its provider; texts are charged by the part."""
        if channel == "sms":
            return 0.0
        own = {str(name): price for name, price in self.message.items()}.get(channel)
        return own if own is not None else _LIST.get(channel, 0.0)

    def of_part(self, country: str) -> float | None:
        """One part of a text to a country; None where nobody has said what it costs."""
        told = self.sms_part.get(country, self.sms_part.get(ELSEWHERE))
        return told if told is not None else {str(name): at for name, at in self.message.items()}.get("sms")


_LIST = {"email": US_EAST_1.emails / MILLION, "push": US_EAST_1.push_messages / MILLION}


def engine_cost(fate: str, prices: Prices = US_EAST_1) -> float:
    """What the engine takes for one message that was `sent`, or `withheld`."""
    units = WRITE_UNITS[fate] * prices.write_units + READ_UNITS[fate] * prices.read_units
    return (units + REST[fate]) / MILLION


@dataclass(frozen=True, slots=True)
class Cost:
    """US dollars, and how many parts of texts went to countries that nobody gave a price for."""

    provider: float = 0.0
    engine: float = 0.0
    unpriced_parts: int = 0

    @property
    def total(self) -> float:
        return self.provider + self.engine

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.provider + other.provider,
            self.engine + other.engine,
            self.unpriced_parts + other.unpriced_parts,
        )


def cost_of(
    rules: CostRules, channel: str, *, sent: int, withheld: int = 0, parts: Mapping[str, int] | None = None
) -> Cost:
    """What messages of one channel cost: `sent` went to the provider, `parts` of texts by country among them."""
    provider, unpriced = sent * rules.of_message(channel), 0
    for country, number in (parts or {}).items():
        price = rules.of_part(country)
        if price is None:
            unpriced += number
        else:
            provider += number * price
    engine = sent * engine_cost("sent") + withheld * engine_cost("withheld")
    return Cost(provider, engine, unpriced)
