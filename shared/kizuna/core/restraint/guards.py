"""What a workspace says about pausing runs, sending large ones in waves, and stopping promotion as a whole."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kizuna.core.content.templates import TemplateChannel
from kizuna.core.durations import Duration
from kizuna.core.prices import MILLION, US_EAST_1
from kizuna.core.restraint.early_warning import Signal

Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Money = Annotated[float, Field(gt=0, le=100_000_000, allow_inf_nan=False)]  # US dollars
Price = Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorBudget(_Rule):
    """A run pauses once more than this share of its first messages failed for good, or were thrown away by the
    provider after it had taken them."""

    share: Share = 0.02
    of_first: Annotated[int, Field(ge=50, le=100_000)] = 500

    def is_spent(self, *, failed: int, tried: int, rejected: int = 0) -> bool:
        """Whether a run of which so many were tried is to pause; `rejected` were taken and thrown away later.

        Of these one may hear when the first messages are long through: then they are held to the share of all.
        """
        if tried <= self.of_first:
            return failed + rejected > self.share * self.of_first
        return rejected > self.share * tried


class AutoPause(_Rule):
    """Which signals pause a run (`delivery.md` 10), and whose complaints nobody is told of."""

    ignored: frozenset[Signal] = frozenset()
    silent_domains: frozenset[str] = frozenset({"gmail.com", "googlemail.com"})
    errors: ErrorBudget | None = ErrorBudget()


class Ramp(_Rule):
    """A promotional run to at least `large` people goes out in three waves: `first` of them but at most
    `first_at_most`, then `second`, then the rest, each at least `gap` after the one before."""

    large: Annotated[int, Field(ge=10)] = 10_000
    first: Share = 0.01
    first_at_most: Annotated[int, Field(ge=10)] = 500
    second: Share = 0.10
    gap: Duration = Duration(seconds=3_600)

    @model_validator(mode="after")
    def _grows(self) -> Ramp:
        if self.first >= self.second or self.first + self.second >= 1:
            raise ValueError("the second wave is larger than the first, and both leave a rest")
        if self.gap.months or not 3_600 <= self.gap.seconds <= 86_400:
            raise ValueError("gap is 60m to 24h: a wave must have matured before the next one")
        return self


class Band(_Rule):
    """From which rate on somebody is warned, and from which all promotion stops."""

    warn: Share
    stop: Share

    @model_validator(mode="after")
    def _in_order(self) -> Band:
        if self.warn >= self.stop:
            raise ValueError("warn is lower than stop")
        return self


class Breakers(_Rule):
    """Rates over the last 24 hours and the last 7 days, of promotion alone; of fewer than `least` messages they say
    nothing. After `try_again` one looks whether a provider that paused sending takes messages again."""

    complaint: Band = Band(warn=0.001, stop=0.003)
    bounce: Band = Band(warn=0.02, stop=0.05)
    least: Annotated[int, Field(ge=100)] = 1_000
    try_again: Duration = Duration(seconds=3_600)


class SendBudget(_Rule):
    """How much money (US dollars) promotion may cost in a day (UTC) and in a run. At 80 % somebody is warned.

    `prices` is what one message costs; what is not named costs the list price of e-mail and push, and nothing else.
    """

    day: Money | None = None
    run: Money | None = None
    prices: dict[TemplateChannel, Price] = Field(default_factory=dict)

    def counts(self, category: str) -> bool:
        """Whether what goes out is counted by the day."""
        return self.day is not None and category == "marketing"

    def price_of(self, channel: str) -> float:
        own = {str(name): price for name, price in self.prices.items()}.get(channel)
        return own if own is not None else _LIST_PRICES.get(channel, 0.0)


_LIST_PRICES = {"email": US_EAST_1.emails / MILLION, "push": US_EAST_1.push_messages / MILLION}
WARN_AT = 0.8  # of a budget
