"""What the management side answers about segments, as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from kizuna.apidocs.reply_parts import Shape
from kizuna.core.bus_events import Instant
from kizuna.core.segments import Segment

Count = Annotated[int, Field(ge=0)]
_NEXT = "Where the next page begins; null after the last."


class SegmentInForce(Segment):
    """A segment as it is defined, and whether its members are complete."""

    version: Count
    complete: bool = Field(description="False while a backfill is still filling it.")


class Segments(Shape):
    """The segments in force, each after those it asks about."""

    segments: list[SegmentInForce]


class InWords(Shape):
    """The whole condition as a sentence."""

    en: str
    ja: str


class SegmentPage(SegmentInForce):
    """One segment: its definition, in words, how many are in it, and what depends on it."""

    text: InWords
    members: Count
    asksAbout: list[str]  # noqa: N815  (as everywhere in the API; so below)
    usedBy: list[str] = Field(description="Definitions that ask about it, as `kind/id`.")  # noqa: N815  (as it is called outside)


class SegmentMembers(Shape):
    """A page of members, in an order in which nobody is missed or comes twice while others come and go."""

    segment: str
    members: list[str] = Field(description="Profile ids, shard by shard in their order.")
    next: str | None = Field(description=_NEXT)


class SegmentOverlapPair(Shape):
    """How many people are in both of two segments."""

    segments: list[str] = Field(min_length=2, max_length=2)
    members: Count


class SegmentOverlap(Shape):
    """Exact numbers of people."""

    members: dict[str, Count]
    pairs: list[SegmentOverlapPair]
    inAny: Count  # noqa: N815  (as it is called outside)
    inAll: Count  # noqa: N815  (as it is called outside)


class WhyNode(Shape):
    """One question or group of a condition, asked of one person."""

    text: str
    type: str
    holds: bool
    until: Instant | None = Field(description="When the answer may change if nothing happens.")
    seen: dict[str, Any] | None = Field(
        description="What the question looks at; null where the answer says it all."
    )
    completeSince: Instant | None = Field(  # noqa: N815  (as it is called outside)
        description="Where the record of what is asked does not reach back as far as the question."
    )
    points: float | None = Field(description="Of a part of a score.")
    of: list[WhyNode]


class SegmentExplanation(Shape):
    """Why somebody is in a segment or is not: every question, also those that change nothing."""

    person: str
    segment: str
    name: str
    holds: bool
    until: Instant | None
    onRecord: bool = Field(  # noqa: N815  (as it is called outside)
        description="What the stored record says; another answer than `holds` only until it is brought up to date."
    )
    when: WhyNode
    exclude: WhyNode | None
    text: list[str] = Field(description="The same as lines of text.")


class Because(Shape):
    """One question that decides."""

    text: str
    holds: bool
    until: Instant | None


class SampledMember(Shape):
    """Somebody who would be a member, and why."""

    person: str
    because: list[Because]


class OtherMembers(Shape):
    """How many of the members are in another segment."""

    segment: str
    members: Count


class ReachedBy(Shape):
    """How many a promotional message would get through to, now or a little later."""

    channel: str
    now: Count
    later: Count


class MembersReached(Shape):
    """What the gate said, after consent and caps, about `asked` of the members."""

    asked: Count
    exact: bool = Field(description="Whether all members were asked about; else a sample of 200.")
    channels: list[ReachedBy]


class SegmentPreview(Shape):
    """What a draft would be, among the people who were looked at."""

    segment: str
    people: Count = Field(description="How many were looked at.")
    complete: bool
    next: str | None = Field(description="Send it to go on from here; add up what each reply counts.")
    members: Count
    entering: Count = Field(description="Members who are none by their record.")
    leaving: Count = Field(description="Members by their record who would be none.")
    overlap: list[OtherMembers]
    sample: list[SampledMember]
    reach: MembersReached | None


class DraftProblem(Shape):
    """One reason why a draft would be refused, and where in it."""

    path: str
    reason: str


class DraftRefused(Shape):
    """Every reason why a draft would be refused."""

    code: Literal["invalid_definition"]
    message: str
    problems: list[DraftProblem]


class BackfillShardRow(Shape):
    """One of eight parts of everybody."""

    shard: Count
    people: Count
    total: Count
    changed: Count
    done: bool
    at: Instant


class BackfillRow(Shape):
    """The newest backfill. Nothing of it is announced to anybody."""

    number: Count
    catalog: Count = Field(description="The version of the definitions it goes by.")
    state: Literal["running", "done"]
    share: float = Field(ge=0, le=1)
    people: Count = Field(description="Looked at so far.")
    total: Count | None = Field(description="How many there are; null before each shard has counted its own.")
    changed: Count
    apart: Count = Field(
        description="People who could not be written just then, and are tried by themselves."
    )
    startedAt: Instant  # noqa: N815  (as it is called outside)
    finishedAt: Instant | None  # noqa: N815  (as it is called outside)
    waitingFor: list[str] = Field(description="Segments that are not complete yet.")  # noqa: N815  (as it is called outside)
    moved: list[str]
    forgotten: list[str]
    shards: list[BackfillShardRow]


class BackfillStatus(Shape):
    """How bringing everybody up to date with changed definitions stands."""

    backfill: BackfillRow | None


SEGMENT_SHAPES: tuple[type[BaseModel], ...] = (
    Segments,
    SegmentPage,
    SegmentMembers,
    SegmentOverlap,
    SegmentExplanation,
    SegmentPreview,
    DraftRefused,
    BackfillStatus,
)
