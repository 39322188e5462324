"""What the functions answer, as types: the reply side of the contract. Tests hold the functions to it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from kizuna.apidocs.reply_parts import Shape
from kizuna.apidocs.report_shapes import ReportHead
from kizuna.core.bus_events import Instant
from kizuna.core.campaigns import Campaign
from kizuna.core.messages import State

Channel = Annotated[str, Field(examples=["email", "sms", "push"])]
Count = Annotated[int, Field(ge=0)]


class Accepted(Shape):
    """It is durable: on the golden records already, or in the queue that leads there."""

    success: Literal[True]


class Problem(Shape):
    """Why a request was not taken."""

    code: str = Field(description="For programs: never changes its meaning.")
    message: str = Field(description="For people: names fields and positions, never values.")


class GatewayProblem(Shape):
    """What the gateway says where no function was asked."""

    message: str


# ── start-up stubs ──────────────────────────────────────────────────────────────────────────────


class SegmentSettings(Shape):
    """Where the browser SDK shall send. `apiHost` has no scheme."""

    apiKey: str  # noqa: N815  (as the SDK reads it; so below)
    apiHost: str  # noqa: N815  (as it is called outside)
    protocol: Literal["http", "https"]


class Integrations(Shape):
    """The one destination that the SDK needs."""

    segment: SegmentSettings = Field(alias="Segment.io")


class SettingsStub(Shape):
    """What `@segment/analytics-next` asks at start."""

    integrations: Integrations


class RudderSource(Shape):
    """The source as `@rudderstack/analytics-js` reads it, with nothing that it would load or report to."""

    id: str
    name: str
    writeKey: str  # noqa: N815  (as it is called outside)
    enabled: Literal[True]
    workspaceId: str  # noqa: N815  (as it is called outside)
    updatedAt: str  # noqa: N815  (as it is called outside)
    destinations: list[Any] = Field(max_length=0)
    dataplanes: dict[str, Any]
    config: dict[str, Any]


class SourceConfigStub(Shape):
    """What `@rudderstack/analytics-js` asks at start."""

    source: RudderSource


# ── deciding ────────────────────────────────────────────────────────────────────────────────────


class ConsideredAction(Shape):
    """One action of the placement, and whether it was open to this person."""

    action: str
    eligible: bool
    rank: float


class Decision(Shape):
    """What to show, or nothing, and why."""

    placement: str
    action: str | None = Field(description="Null: show nothing special.")
    content: dict[str, Any] = Field(description="What the action gives the page to render.")
    reason: Literal["best_ranked", "none_eligible", "held_back", "restricted", "unknown_person"]
    considered: list[ConsideredAction]
    holdsUntil: Instant | None = Field(  # noqa: N815  (as it is called outside)
        description="Until when this can change only by a new event; null: for ever."
    )


class InboxEntry(Shape):
    """An item as a client draws it. `title` and `body` are plain text, never HTML."""

    id: str
    placement: str
    language: str
    title: str
    body: str
    link: str | None
    data: dict[str, str]
    at: Instant
    expiresAt: Instant  # noqa: N815  (as it is called outside)
    read: bool
    clicked: bool


class InboxPage(Shape):
    """The newest items first. A page may hold fewer than asked for though more follow."""

    items: list[InboxEntry]
    next: str | None = Field(description="Where the following page starts; null where there is none.")


class ActedOn(Shape):
    """With how many items of this person it was done."""

    success: Literal[True]
    items: Count


# ── management ──────────────────────────────────────────────────────────────────────────────────


class Campaigns(Shape):
    """The campaigns in force."""

    campaigns: list[Campaign]


class CountRow(Shape):
    """How many messages are in one state for one reason on one channel."""

    channel: Channel
    state: State
    reason: str
    count: Count


class WaveReport(Shape):
    """One wave of a large run."""

    wave: Annotated[int, Field(ge=1)]
    share: Annotated[float, Field(ge=0, le=1)] = Field(
        description="Of the audience, with the waves before it."
    )
    at: Instant = Field(description="When it begins, put off by what pauses there were.")
    state: Literal["begun", "waits", "paused"]


class Because(Shape):
    """A reason as the rules wrote it in each language; what a person wrote is the same in both."""

    en: str
    ja: str


class PauseReport(Shape):
    """Why a run stands still."""

    because: str = Field(description="The name of a signal, `errors`, `budget` or `by_hand`.")
    at: Instant
    by: str
    rule: str
    reason: str
    sentence: Because
    sent: Count
    bad: Count
    logEvidence: float | None = Field(description="The logarithm of the e-value, where the test decided.")  # noqa: N815  (as it is called outside)


class BrakeStep(Shape):
    """Somebody, or the rules, paused or resumed a run."""

    at: Instant
    act: Literal["paused", "resumed"]
    by: str
    reason: str
    sentence: Because


class RunReport(Shape):
    """One run: what was intended is the sum of its rows."""

    run: str
    scheduledAt: Instant | None = Field(description="Null for triggered messages.")  # noqa: N815  (as it is called outside)
    intended: Count
    states: list[CountRow]
    waves: list[WaveReport] = Field(description="Empty where the run is not large.")
    unramped: bool = Field(
        description="Whether it is large and yet goes out at once: in waves its messages would be too late."
    )
    paused: PauseReport | None = Field(description="Null while the run goes on.")
    brake: list[BrakeStep] = Field(description="Every pause and resumption so far.")


class CampaignReport(ReportHead):
    """What became of the messages of a campaign, or of all message steps of a journey."""

    runs: list[RunReport]


class ReviewRow(Shape):
    """Two profiles that may be one person, by the rule and the types of identifiers that say so."""

    id: str
    people: list[str] = Field(min_length=2, max_length=2)
    rule: str
    evidence: list[str]
    source: str
    at: Instant
    verdict: Literal["open", "same", "different"]
    settledAt: Instant | None  # noqa: N815  (as it is called outside)
    settledBy: str  # noqa: N815  (as it is called outside)


class Reviews(Shape):
    """Pairs of people who may be one, the oldest first."""

    reviews: list[ReviewRow]


class CatalogInForce(Shape):
    """The version of the definitions in force, and that of each by `kind/id`."""

    version: Count
    definitions: dict[str, Count] = Field(examples=[{"segment/loyal-customers": 3}])
