"""What the management side answers about one person, as types. Tests hold the function to them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.brief.problems import Code
from kizuna.core.bus_events import Instant
from kizuna.core.decisions.silence import Unasked
from kizuna.core.messages import Category, State
from kizuna.core.people import AddressStatus, PersonStatus
from kizuna.core.sources import Licence

Channel = Annotated[str, Field(examples=["email", "sms", "push"])]
Count = Annotated[int, Field(ge=0)]
Fact = Literal[
    "sent", "delivered", "bounced", "rejected", "complained", "opened", "clicked", "dismissed", "withdrawn"
]
NextPage = Annotated[
    str | None, Field(description="Pass it as `before` to go on; null: there is nothing more.")
]


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sentence(_Reply):
    """The same in words."""

    en: str
    ja: str


# ── what is known, and how ──────────────────────────────────────────────────────────────────────


class HeldIdentity(_Reply):
    """One identifier of the person, normalised, with its evidence."""

    type: str = Field(examples=["user_id", "email", "phone", "anonymous_id", "push_token"])
    value: str
    told: str = Field(description="As it came.")
    firstSeen: Instant | None  # noqa: N815  (as the API writes it; so below)
    lastUsed: Instant | None = Field(description="Where the policy of its type asks for that.")  # noqa: N815
    source: str
    licence: Licence
    vouched: bool = Field(description="False: only a publishable key said so.")


class HeldTrait(_Reply):
    """A fact about the person with its origin."""

    value: Any
    told: Any = Field(description="As it came, where that is not the value; else null.")
    withheld: bool = Field(description="Declared sensitive, and the token has no role that sees it.")
    at: Instant
    source: str
    licence: Licence
    vouched: bool
    stale: bool = Field(description="Older than the workspace declares it good for.")
    inDecisions: bool = Field(description="False: kept out, for where it comes from.")  # noqa: N815


class AnswerOfTheGate(_Reply):
    """Whether a message of this kind may go to the address at this moment, and why."""

    category: Category
    topic: str | None
    answer: Literal["allow", "deny", "defer"]
    reason: str = Field(description="A code of `kizuna.core.reasons`.")
    notBefore: Instant | None  # noqa: N815
    decidedBy: list[str] = Field(description="The consent events it rests on.")  # noqa: N815
    sentence: Sentence


class HeldAddress(_Reply):
    """Where a channel reaches the person."""

    id: str
    channel: Channel
    value: str
    status: AddressStatus
    statusAt: Instant | None  # noqa: N815
    givenAt: Instant  # noqa: N815
    platform: str
    zone: str | None
    used: bool = Field(description="Whether a message on this channel would go here.")
    reach: list[AnswerOfTheGate] | None = Field(
        description="Null: not asked, for there are many; the one in use and the newest are."
    )


class DecidingQuestion(_Reply):
    """One question on which a membership rests. `holds` false: on its being untrue."""

    question: dict[str, Any] = Field(description="As in the definition.")
    holds: bool
    until: Instant | None


class SegmentMembership(_Reply):
    """A segment that the person is in. `holds` false: the record is about to be brought up to date."""

    id: str
    name: str
    holds: bool
    until: Instant | None = Field(description="When it may end with no event.")
    because: list[DecidingQuestion]


class HeldListing(_Reply):
    """A list kept by hand that the person is on."""

    id: str
    name: str
    since: Instant
    by: str | None = Field(description="Who put them on it.")


class ConsentStanding(_Reply):
    """The person's word on one topic at one address, with the proof behind it, the newest first."""

    channel: Channel
    address: str
    topic: str
    word: Literal["granted", "refused", "unproven", "silent"]
    reason: str | None
    because: list[dict[str, Any]]


class Touch(_Reply):
    """A promotional message that counts for the frequency caps."""

    at: Instant
    channel: Channel
    message: str
    campaign: str
    topic: str


class CapStanding(_Reply):
    """How much of a frequency cap is used: of the company's, of the one that the person chose, of a campaign's."""

    scope: Literal["person", "address", "household"] = Field(description="Over whom is counted.")
    address: str | None = Field(description="The id of the address, where each is counted by itself.")
    wished: bool = Field(description="The person chose it on their own page.")
    channel: Channel | None = Field(description="Null: all together.")
    topic: str | None
    brand: str | None
    tag: str | None
    campaign: str | None = Field(description="Null: all together. A journey's id means all of its steps.")
    purpose: Literal["promotional", "transactional"] | None
    appliesTo: Literal["promotional", "all"]  # noqa: N815
    counts: Literal["sent", "delivered"]
    window: str
    most: Count
    used: Count
    roomAt: Instant | None = Field(  # noqa: N815
        description="When a cap that is full has room again, by what is known now. Null: it has room, or never has."
    )
    onHit: Literal["drop", "defer", "digest", "next_channel"] = Field(  # noqa: N815
        description="What becomes of a message that is too much."
    )


class PressureStanding(_Reply):
    """What the person has heard of us lately, against the caps."""

    touches: list[Touch]
    caps: list[CapStanding]


class StandingHold(_Reply):
    """Promotion is held back because of something between us; null: until that is settled."""

    id: str
    name: dict[str, str]
    until: Instant | None


class StandingExclusion(_Reply):
    """A product that the person gave up."""

    product: str
    rule: str
    since: Instant | None
    until: Instant | None = Field(description="Null: until they take it up again.")
    reason: str


class Restraint(_Reply):
    """What the company holds back of its own accord, on every channel."""

    holds: list[StandingHold]
    exclusions: list[StandingExclusion]


class TimelineEvent(_Reply):
    """One event as it is kept."""

    id: str
    type: Literal["identify", "track", "page", "screen", "group", "alias"]
    name: str
    at: Instant
    receivedAt: Instant  # noqa: N815
    source: str
    sourceKind: Literal["client", "server", "provider", "import", "system"]  # noqa: N815
    properties: dict[str, Any]
    traits: dict[str, Any] = Field(description="Without what is declared sensitive.")


class EventsPage(_Reply):
    """Events, the newest first."""

    events: list[TimelineEvent]
    next: NextPage


class Timeline(EventsPage):
    """A page of what a person did, the newest first."""

    id: str


class MessageDecision(_Reply):
    """One message that was intended for the person: what became of it, and by which steps of the gate."""

    message: str
    person: str = Field(description="For whom it was decided; after a merge one of `parts`.")
    campaign: str
    run: str
    channel: Channel
    topic: str
    category: Category
    state: State
    reason: str = Field(description="A code of `kizuna.core.reasons`, or what the provider said.")
    remedy: Sentence | None = Field(description="What would have to change. Null: nothing is in the way.")
    at: Instant
    notBefore: Instant | None  # noqa: N815
    facts: dict[Fact, Instant] = Field(description="What the provider reported, and when it was so.")
    decidedAt: Instant  # noqa: N815
    record: dict[str, Any] = Field(
        description="What the decision saw (versions and hashes), each rule that was asked in order (`gates`), the "
        "three questions and the six keys. With the privacy role also the inputs of the gate."
    )
    sentence: Sentence


class MessagesPage(_Reply):
    """What was intended for a person, the newest first."""

    messages: list[MessageDecision]
    next: NextPage


class Decisions(_Reply):
    """A page of why this person heard from us, or did not, the newest first."""

    id: str
    decisions: list[MessageDecision]
    next: NextPage


class NotConsidered(_Reply):
    """A campaign that decided nothing about the person in that time, and why."""

    campaign: str
    reason: Unasked
    sentence: Sentence
    because: dict[Literal["en", "ja"], list[str]] = Field(
        description="The segments or the condition that say why, each question with what it sees."
    )
    nextRun: Instant | None  # noqa: N815


class DecisionsFound(_Reply):
    """A page of decisions, the newest first."""

    decisions: list[MessageDecision]
    next: NextPage


class WhyNothing(_Reply):
    """Why somebody heard nothing: what was decided, and the campaigns that decided nothing about them."""

    known: bool = Field(description="False: nobody is known by this identifier.")
    id: str | None
    since: Instant | None
    complete: bool = Field(description="Whether every decision of that time was read.")
    sentence: Sentence
    decisions: list[MessageDecision]
    next: NextPage
    notConsidered: list[NotConsidered]  # noqa: N815


class TiedIdentifier(_Reply):
    """An identifier, by type and value."""

    type: str
    value: str


class MergeEvidence(_Reply):
    """An event that tied people together."""

    source: str
    event: str
    at: Instant
    identifiers: list[TiedIdentifier]


class MergeOfPeople(_Reply):
    """A merge of the last 90 days."""

    id: str
    at: Instant
    rule: Literal["identifiers", "by_hand"]
    reason: str
    into: str
    absorbed: list[str]
    evidence: list[MergeEvidence]
    undoneAt: Instant | None  # noqa: N815
    undoableUntil: Instant  # noqa: N815


class ApartPair(_Reply):
    """Somebody whom this person was once taken for."""

    part: str
    other: str
    at: Instant


# ── the brief ───────────────────────────────────────────────────────────────────────────────────


class BriefOrders(_Reply):
    """How often and for how much they bought. `complete` false: only in the events that were read."""

    count: Count
    value: float | None = Field(description="Null: no amount is known, or the currencies differ.")
    currency: str
    complete: bool


class BriefContact(_Reply):
    """One time that we spoke, or they did."""

    at: Instant
    what: str
    channel: str
    state: Literal["SENT", "UNKNOWN"] | None
    reactions: list[Fact]


class BriefProblem(_Reply):
    """Something that is open between us and them."""

    code: Code
    what: str
    at: Instant | None
    channel: str
    reference: str
    source: str


class BriefLately(_Reply):
    """Promotional messages of the last days, over all channels; null where no cap has them counted."""

    days: Count
    promotions: Count
    roomAt: Instant | None = Field(  # noqa: N815
        description="From when on every cap that is full now has room again. Null: there is room."
    )


class BriefHours(_Reply):
    """The local hours of today in which promotion may be heard on these channels."""

    channels: list[Channel]
    opens: str = Field(alias="from", examples=["08:00"])
    closes: str = Field(alias="to", examples=["21:00"])


class BriefAdvice(_Reply):
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


class Brief(_Reply):
    """What to know before contacting the person. Holds a name, but no address."""

    id: str
    knownAs: str  # noqa: N815
    name: str
    language: str
    country: str
    zone: str
    localTime: str | None = Field(examples=["2026-11-22T21:00+09:00"])  # noqa: N815
    since: Instant
    lastPurchaseAt: Instant | None  # noqa: N815
    orders: BriefOrders | None
    lastSeenAt: Instant | None  # noqa: N815
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
    eventsSince: Instant | None = Field(  # noqa: N815
        description="How far back the events were read; null: all of them."
    )
    text: Sentence


class ExplainLinks(_Reply):
    """Where to ask further: every decision about the person, and why they heard nothing in the last seven days."""

    decisions: str
    silence: str


class Person(_Reply):
    """The 360° view: everything that is known, how it is known, and what may be done now."""

    id: str
    version: Count = Field(description="One more with every change.")
    reachVersion: Count = Field(  # noqa: N815
        description="One more with everything that may change whether we may speak."
    )
    status: PersonStatus
    createdAt: Instant  # noqa: N815
    updatedAt: Instant  # noqa: N815
    lastEventAt: Instant | None  # noqa: N815
    lastPurchaseAt: Instant | None  # noqa: N815
    zone: str | None
    globalPrivacyControl: bool  # noqa: N815
    identities: list[HeldIdentity]
    traits: dict[str, HeldTrait]
    addresses: list[HeldAddress]
    segments: list[SegmentMembership]
    lists: list[HeldListing]
    consents: list[ConsentStanding]
    pressure: PressureStanding
    restraint: Restraint
    timeline: EventsPage
    messages: MessagesPage
    merges: list[MergeOfPeople]
    apart: list[ApartPair]
    explain: ExplainLinks
    dueAt: Instant | None = Field(  # noqa: N815
        description="When something about the person may change with no event."
    )
    parts: list[str] = Field(description="The ids of this profile and of those merged into it.")
    brief: Brief


class Candidate(_Reply):
    """Whom a reference may mean."""

    kind: str = Field(description="The kind of identifier that it would be, or profile.")
    id: str


class SeveralPeople(_Reply):
    """The reference fits several people."""

    code: Literal["ambiguous"]
    message: str
    candidates: list[Candidate]
