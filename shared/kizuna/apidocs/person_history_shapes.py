"""What the management side answers about what a person did, the decisions about them and their merges, as types."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from kizuna.apidocs.reply_parts import Channel, Fact, NextPage, Sentence, Shape
from kizuna.core.bus_events import Instant
from kizuna.core.decisions.silence import Unasked
from kizuna.core.messages import Category, State


class TimelineEvent(Shape):
    """One event as it is kept."""

    id: str
    type: Literal["identify", "track", "page", "screen", "group", "alias"]
    name: str
    at: Instant
    receivedAt: Instant  # noqa: N815  (as it is called outside)
    source: str
    sourceKind: Literal["client", "server", "provider", "import", "system"]  # noqa: N815  (as it is called outside)
    properties: dict[str, Any]
    traits: dict[str, Any] = Field(description="Without what is declared sensitive.")


class EventsPage(Shape):
    """Events, the newest first."""

    events: list[TimelineEvent]
    next: NextPage


class Timeline(EventsPage):
    """A page of what a person did, the newest first."""

    id: str


class MessageDecision(Shape):
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
    notBefore: Instant | None  # noqa: N815  (as it is called outside)
    facts: dict[Fact, Instant] = Field(description="What the provider reported, and when it was so.")
    decidedAt: Instant  # noqa: N815  (as it is called outside)
    record: dict[str, Any] = Field(
        description="What the decision saw (versions and hashes), each rule that was asked in order (`gates`), the "
        "three questions and the six keys. With the privacy role also the inputs of the gate."
    )
    sentence: Sentence


class MessagesPage(Shape):
    """What was intended for a person, the newest first."""

    messages: list[MessageDecision]
    next: NextPage


class Decisions(Shape):
    """A page of why this person heard from us, or did not, the newest first."""

    id: str
    decisions: list[MessageDecision]
    next: NextPage


class NotConsidered(Shape):
    """A campaign that decided nothing about the person in that time, and why."""

    campaign: str
    reason: Unasked
    sentence: Sentence
    because: dict[Literal["en", "ja"], list[str]] = Field(
        description="The segments or the condition that say why, each question with what it sees."
    )
    nextRun: Instant | None  # noqa: N815  (as it is called outside)


class DecisionsFound(Shape):
    """A page of decisions, the newest first."""

    decisions: list[MessageDecision]
    next: NextPage


class WhyNothing(Shape):
    """Why somebody heard nothing: what was decided, and the campaigns that decided nothing about them."""

    known: bool = Field(description="False: nobody is known by this identifier.")
    id: str | None
    since: Instant | None
    complete: bool = Field(description="Whether every decision of that time was read.")
    sentence: Sentence
    decisions: list[MessageDecision]
    next: NextPage
    notConsidered: list[NotConsidered]  # noqa: N815  (as it is called outside)


class TiedIdentifier(Shape):
    """An identifier, by type and value."""

    type: str
    value: str


class MergeEvidence(Shape):
    """An event that tied people together."""

    source: str
    event: str
    at: Instant
    identifiers: list[TiedIdentifier]


class MergeOfPeople(Shape):
    """A merge of the last 90 days."""

    id: str
    at: Instant
    rule: Literal["identifiers", "by_hand"]
    reason: str
    into: str
    absorbed: list[str]
    evidence: list[MergeEvidence]
    undoneAt: Instant | None  # noqa: N815  (as it is called outside)
    undoableUntil: Instant  # noqa: N815  (as it is called outside)


class ApartPair(Shape):
    """Somebody whom this person was once taken for."""

    part: str
    other: str
    at: Instant
