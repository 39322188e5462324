"""What the management side answers about one person, as types. Tests hold the function to them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from kizuna.apidocs.brief_shapes import Brief
from kizuna.apidocs.person_history_shapes import ApartPair, EventsPage, MergeOfPeople, MessagesPage
from kizuna.apidocs.reply_parts import Channel, Count, Sentence, Shape
from kizuna.core.bus_events import Instant
from kizuna.core.messages import Category
from kizuna.core.people import AddressStatus, PersonStatus
from kizuna.core.sources import Licence


class HeldIdentity(Shape):
    """One identifier of the person, normalised, with its evidence."""

    type: str = Field(examples=["user_id", "email", "phone", "anonymous_id", "push_token"])
    value: str
    told: str = Field(description="As it came.")
    firstSeen: Instant | None  # noqa: N815  (as the API writes it; so below)
    lastUsed: Instant | None = Field(description="Where the policy of its type asks for that.")  # noqa: N815  (as it is called outside)
    source: str
    licence: Licence
    vouched: bool = Field(description="False: only a publishable key said so.")


class HeldTrait(Shape):
    """A fact about the person with its origin."""

    value: Any
    told: Any = Field(description="As it came, where that is not the value; else null.")
    withheld: bool = Field(description="Declared sensitive, and the token has no role that sees it.")
    at: Instant
    source: str
    licence: Licence
    vouched: bool
    stale: bool = Field(description="Older than the workspace declares it good for.")
    inDecisions: bool = Field(description="False: kept out, for where it comes from.")  # noqa: N815  (as it is called outside)


class AnswerOfTheGate(Shape):
    """Whether a message of this kind may go to the address at this moment, and why."""

    category: Category
    topic: str | None
    answer: Literal["allow", "deny", "defer"]
    reason: str = Field(description="A code of `kizuna.core.reasons`.")
    notBefore: Instant | None  # noqa: N815  (as it is called outside)
    decidedBy: list[str] = Field(description="The consent events it rests on.")  # noqa: N815  (as it is called outside)
    sentence: Sentence


class HeldAddress(Shape):
    """Where a channel reaches the person."""

    id: str
    channel: Channel
    value: str
    status: AddressStatus
    statusAt: Instant | None  # noqa: N815  (as it is called outside)
    givenAt: Instant  # noqa: N815  (as it is called outside)
    platform: str
    zone: str | None
    used: bool = Field(description="Whether a message on this channel would go here.")
    reach: list[AnswerOfTheGate] | None = Field(
        description="Null: not asked, for there are many; the one in use and the newest are."
    )


class DecidingQuestion(Shape):
    """One question on which a membership rests. `holds` false: on its being untrue."""

    question: dict[str, Any] = Field(description="As in the definition.")
    holds: bool
    until: Instant | None


class SegmentMembership(Shape):
    """A segment that the person is in. `holds` false: the record is about to be brought up to date."""

    id: str
    name: str
    holds: bool
    until: Instant | None = Field(description="When it may end with no event.")
    because: list[DecidingQuestion]


class HeldListing(Shape):
    """A list kept by hand that the person is on."""

    id: str
    name: str
    since: Instant
    by: str | None = Field(description="Who put them on it.")


class ConsentStanding(Shape):
    """The person's word on one topic at one address, with the proof behind it, the newest first."""

    channel: Channel
    address: str
    topic: str
    word: Literal["granted", "refused", "unproven", "silent"]
    reason: str | None
    because: list[dict[str, Any]]


class Touch(Shape):
    """A promotional message that counts for the frequency caps."""

    at: Instant
    channel: Channel
    message: str
    campaign: str
    topic: str


class CapStanding(Shape):
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
    appliesTo: Literal["promotional", "all"]  # noqa: N815  (as it is called outside)
    counts: Literal["sent", "delivered"]
    window: str
    most: Count
    used: Count
    roomAt: Instant | None = Field(  # noqa: N815  (as it is called outside)
        description="When a cap that is full has room again, by what is known now. Null: it has room, or never has."
    )
    onHit: Literal["drop", "defer", "digest", "next_channel"] = Field(  # noqa: N815  (as it is called outside)
        description="What becomes of a message that is too much."
    )


class PressureStanding(Shape):
    """What the person has heard of us lately, against the caps."""

    touches: list[Touch]
    caps: list[CapStanding]


class StandingHold(Shape):
    """Promotion is held back because of something between us; null: until that is settled."""

    id: str
    name: dict[str, str]
    until: Instant | None


class StandingExclusion(Shape):
    """A product that the person gave up."""

    product: str
    rule: str
    since: Instant | None
    until: Instant | None = Field(description="Null: until they take it up again.")
    reason: str


class Restraint(Shape):
    """What the company holds back of its own accord, on every channel."""

    holds: list[StandingHold]
    exclusions: list[StandingExclusion]


class ExplainLinks(Shape):
    """Where to ask further: every decision about the person, and why they heard nothing in the last seven days."""

    decisions: str
    silence: str


class Person(Shape):
    """The 360° view: everything that is known, how it is known, and what may be done now."""

    id: str
    version: Count = Field(description="One more with every change.")
    reachVersion: Count = Field(  # noqa: N815  (as it is called outside)
        description="One more with everything that may change whether we may speak."
    )
    status: PersonStatus
    createdAt: Instant  # noqa: N815  (as it is called outside)
    updatedAt: Instant  # noqa: N815  (as it is called outside)
    lastEventAt: Instant | None  # noqa: N815  (as it is called outside)
    lastPurchaseAt: Instant | None  # noqa: N815  (as it is called outside)
    zone: str | None
    globalPrivacyControl: bool  # noqa: N815  (as it is called outside)
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
    dueAt: Instant | None = Field(  # noqa: N815  (as it is called outside)
        description="When something about the person may change with no event."
    )
    parts: list[str] = Field(description="The ids of this profile and of those merged into it.")
    brief: Brief


class Candidate(Shape):
    """Whom a reference may mean."""

    kind: str = Field(description="The kind of identifier that it would be, or profile.")
    id: str


class SeveralPeople(Shape):
    """The reference fits several people."""

    code: Literal["ambiguous"]
    message: str
    candidates: list[Candidate]
