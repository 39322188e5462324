"""What the functions answer, as types: the reply side of the contract. Tests hold the functions to it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.bus_events import Instant
from kizuna.core.campaigns import Campaign
from kizuna.core.messages import Category, State
from kizuna.core.people import AddressStatus, PersonStatus
from kizuna.core.segments import Segment

Channel = Annotated[str, Field(examples=["email", "sms", "push"])]
Count = Annotated[int, Field(ge=0)]
Fact = Literal["sent", "delivered", "bounced", "complained", "opened", "clicked"]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Accepted(_Reply):
    """It is durable: on the golden records already, or in the queue that leads there."""

    success: Literal[True]


class Problem(_Reply):
    """Why a request was not taken."""

    code: str = Field(description="For programs: never changes its meaning.")
    message: str = Field(description="For people: names fields and positions, never values.")


class GatewayProblem(_Reply):
    """What the gateway says where no function was asked."""

    message: str


# ── start-up stubs ──────────────────────────────────────────────────────────────────────────────


class SegmentSettings(_Reply):
    """Where the browser SDK shall send. `apiHost` has no scheme."""

    apiKey: str  # noqa: N815  (as the SDK reads it; so below)
    apiHost: str  # noqa: N815
    protocol: Literal["http", "https"]


class Integrations(_Reply):
    """The one destination that the SDK needs."""

    segment: SegmentSettings = Field(alias="Segment.io")


class SettingsStub(_Reply):
    """What `@segment/analytics-next` asks at start."""

    integrations: Integrations


class RudderSource(_Reply):
    """The source as `@rudderstack/analytics-js` reads it, with nothing that it would load or report to."""

    id: str
    name: str
    writeKey: str  # noqa: N815
    enabled: Literal[True]
    workspaceId: str  # noqa: N815
    updatedAt: str  # noqa: N815
    destinations: list[Any] = Field(max_length=0)
    dataplanes: dict[str, Any]
    config: dict[str, Any]


class SourceConfigStub(_Reply):
    """What `@rudderstack/analytics-js` asks at start."""

    source: RudderSource


# ── deciding ────────────────────────────────────────────────────────────────────────────────────


class ConsideredAction(_Reply):
    """One action of the placement, and whether it was open to this person."""

    action: str
    eligible: bool
    rank: float


class Decision(_Reply):
    """What to show, or nothing, and why."""

    placement: str
    action: str | None = Field(description="Null: show nothing special.")
    content: dict[str, Any] = Field(description="What the action gives the page to render.")
    reason: Literal["best_ranked", "none_eligible", "restricted", "unknown_person"]
    considered: list[ConsideredAction]
    holdsUntil: Instant | None = Field(  # noqa: N815
        description="Until when this can change only by a new event; null: for ever."
    )


# ── management ──────────────────────────────────────────────────────────────────────────────────


class HeldIdentity(_Reply):
    """One identifier of the person, normalised, and the source that told it."""

    type: str = Field(examples=["user_id", "email", "phone", "anonymous_id", "push_token"])
    value: str
    source: str


class HeldTrait(_Reply):
    """A fact about the person with its origin."""

    value: Any
    at: Instant
    source: str


class HeldAddress(_Reply):
    """Where a channel reaches the person."""

    id: str
    channel: Channel
    value: str
    status: AddressStatus


class Touch(_Reply):
    """A promotional message that counts for the frequency caps."""

    at: Instant
    channel: Channel


class Person(_Reply):
    """The golden record on one page: what is known, since when and from where."""

    id: str
    version: Count = Field(description="One more with every change.")
    reachVersion: Count = Field(  # noqa: N815
        description="One more with everything that may change whether we may speak."
    )
    createdAt: Instant  # noqa: N815
    updatedAt: Instant  # noqa: N815
    status: PersonStatus
    identities: list[HeldIdentity]
    traits: dict[str, HeldTrait]
    addresses: list[HeldAddress]
    segments: list[str]
    dueAt: Instant | None = Field(  # noqa: N815
        description="When something about the person may change with no event."
    )
    parts: list[str] = Field(description="The ids of this profile and of those merged into it.")
    pressure: list[Touch]


class TimelineEvent(_Reply):
    """One event as it is kept."""

    id: str
    type: Literal["identify", "track", "page", "screen", "group", "alias"]
    name: str
    at: Instant
    receivedAt: Instant  # noqa: N815
    source: str
    properties: dict[str, Any]
    traits: dict[str, Any]


class Timeline(_Reply):
    """Everything a person did, oldest first."""

    id: str
    events: list[TimelineEvent]


class Sentence(_Reply):
    """The decision in words."""

    en: str
    ja: str


class MessageDecision(_Reply):
    """One message that was intended for the person: what became of it, and by which steps of the gate."""

    message: str
    campaign: str
    run: str
    channel: Channel
    topic: str
    category: Category
    state: State
    reason: str = Field(description="A code of `kizuna.core.reasons`, or what the provider said.")
    at: Instant
    notBefore: Instant | None  # noqa: N815
    facts: dict[Fact, Instant] = Field(description="What the provider reported, and when it was so.")
    record: dict[str, Any] = Field(description="What the decision saw, and each step it went through.")
    sentence: Sentence


class Decisions(_Reply):
    """Why this person heard from us, or did not, oldest first."""

    id: str
    decisions: list[MessageDecision]


class Segments(_Reply):
    """The segments in force."""

    segments: list[Segment]


class Campaigns(_Reply):
    """The campaigns in force."""

    campaigns: list[Campaign]


class CountRow(_Reply):
    """How many messages are in one state for one reason on one channel."""

    channel: Channel
    state: State
    reason: str
    count: Count


class RunReport(_Reply):
    """One run: what was intended is the sum of its rows."""

    run: str
    scheduledAt: Instant | None = Field(description="Null for triggered messages.")  # noqa: N815
    intended: Count
    states: list[CountRow]


class CampaignReport(_Reply):
    """What became of the messages of a campaign."""

    campaign: str
    runs: list[RunReport]


class CatalogInForce(_Reply):
    """The version of the definitions in force, and that of each by `kind/id`."""

    version: Count
    definitions: dict[str, Count] = Field(examples=[{"segment/loyal-customers": 3}])
