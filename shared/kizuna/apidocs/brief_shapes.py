"""The brief of a person, as types."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from kizuna.apidocs.reply_parts import Channel, Count, Fact, Sentence, Shape
from kizuna.core.brief.problems import Code
from kizuna.core.bus_events import Instant


class BriefOrders(Shape):
    """How often and for how much they bought. `complete` false: only in the events that were read."""

    count: Count
    value: float | None = Field(description="Null: no amount is known, or the currencies differ.")
    currency: str
    complete: bool


class BriefContact(Shape):
    """One time that we spoke, or they did."""

    at: Instant
    what: str
    channel: str
    state: Literal["SENT", "UNKNOWN"] | None
    reactions: list[Fact]


class BriefProblem(Shape):
    """Something that is open between us and them."""

    code: Code
    what: str
    at: Instant | None
    channel: str
    reference: str
    source: str


class BriefLately(Shape):
    """Promotional messages of the last days, over all channels; null where no cap has them counted."""

    days: Count
    promotions: Count
    roomAt: Instant | None = Field(  # noqa: N815  (as it is called outside)
        description="From when on every cap that is full now has room again. Null: there is room."
    )


class BriefHours(Shape):
    """The local hours of today in which promotion may be heard on these channels."""

    channels: list[Channel]
    opens: str = Field(alias="from", examples=["08:00"])
    closes: str = Field(alias="to", examples=["21:00"])


class BriefAdvice(Shape):
    """One thing to do, or not to do."""

    code: str = Field(
        description="A code of `kizuna.core.reasons`, or: write, speak_language, settle_first, ask_consent, "
        "ask_address, night, zone_unknown, sell_before_settled."
    )
    channel: str
    scope: Literal["everything", "promotion", "topics"] | None
    topics: list[str]
    at: Instant | None
    until: Instant | None
    what: str


class Brief(Shape):
    """What to know before contacting the person. Holds a name, but no address."""

    id: str
    knownAs: str  # noqa: N815  (as it is called outside)
    name: str
    language: str
    country: str
    zone: str
    localTime: str | None = Field(examples=["2026-11-22T21:00+09:00"])  # noqa: N815  (as it is called outside)
    since: Instant
    lastPurchaseAt: Instant | None  # noqa: N815  (as it is called outside)
    orders: BriefOrders | None
    lastSeenAt: Instant | None  # noqa: N815  (as it is called outside)
    ours: list[BriefContact] = Field(description="What went out to them last.")
    theirs: list[BriefContact] = Field(description="What they did last.")
    problems: list[BriefProblem]
    channels: list[Channel]
    kept: list[str] = Field(description="Topics they said yes to.")
    left: list[str] = Field(description="Topics they left.")
    lately: BriefLately | None
    hours: BriefHours | None
    do: list[BriefAdvice]
    dont: list[BriefAdvice]
    eventsSince: Instant | None = Field(  # noqa: N815  (as it is called outside)
        description="How far back the events were read; null: all of them."
    )
    text: Sentence
