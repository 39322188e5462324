"""What travels on the queues between functions: small, validated, and safe to get twice."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class _Contract(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class EventsLeftOver(_Contract):
    """Events that a request brought and that were not handled inline, with the source they came from."""

    type: Literal["events"] = "events"
    source: str
    source_kind: Literal["client", "server", "provider", "import", "system"]
    events: list[dict[str, Any]] = Field(min_length=1)


class AlarmRang(_Contract):
    """A person, a message or a run of a journey (by its place) that something is due for; or a message that a brake
    `held`, which was released."""

    type: Literal["alarm"] = "alarm"
    kind: Literal["profile", "message", "journey", "held"]
    id: str


class EnterJourney(_Contract):
    """A system of the company lets somebody into a journey. `request` makes this asking itself and no other."""

    type: Literal["enter_journey"] = "enter_journey"
    journey: str
    person: str
    request: str
    at: AwareDatetime
    key: str = ""
    inputs: dict[str, Any] = Field(default_factory=dict)


class HaltJourney(_Contract):
    """Somebody of the management pauses a journey, or has it go on. Brought twice it is done once."""

    type: Literal["halt_journey"] = "halt_journey"
    journey: str
    act: Literal["pause", "resume"]
    by: str
    reason: str
    timers: Literal["freeze", "catch_up"] | None = None


class WakeJourney(_Contract):
    """Ring for the runs of one shard of a journey: those that a pause holds, or, because the journey was changed,
    `everybody` who waits, page after page; the next page begins `after`."""

    type: Literal["wake_journey"] = "wake_journey"
    journey: str
    shard: int
    everybody: bool = False
    after: str = ""


class WakeHeld(_Contract):
    """A brake was released: ring for the messages that it held, of one run of a campaign or (no `run`) of all; the
    next page begins `after`."""

    type: Literal["wake_held"] = "wake_held"
    campaign: str
    run: str = ""
    after: str = ""


class FollowJourneys(_Contract):
    """Definitions were changed at this instant: pauses and people inside are to follow their journeys."""

    type: Literal["follow_journeys"] = "follow_journeys"
    at: AwareDatetime


class MailLink(_Contract):
    """Somebody asked for the link to the page of choices of whoever has this mailbox; nobody may be known there.

    `address` is its id, `person` whom it is about where a link of theirs was used (empty: everybody there), `cause`
    what makes this asking itself and no other.
    """

    type: Literal["mail_link"] = "mail_link"
    address: str
    cause: str
    person: str = ""


class BackfillShard(_Contract):
    """The definitions changed: go on with bringing the people of one shard up to date, from its checkpoint on."""

    type: Literal["backfill"] = "backfill"
    backfill: int
    shard: int


class EraseFurther(_Contract):
    """The erasure of a person has begun: go on with it from where it stopped."""

    type: Literal["erase"] = "erase"
    person: str


class ExportPerson(_Contract):
    """Write everything about a person into the bucket, under a key that names nobody."""

    type: Literal["export"] = "export"
    person: str
    export: str
    actor: str


class SnapshotShard(_Contract):
    """Write the people of one shard into a snapshot of everybody in the lake, from its checkpoint on."""

    type: Literal["snapshot"] = "snapshot"
    snapshot: str
    shard: int


class AnchorShard(_Contract):
    """Note the ends of the chains of one shard of the ledger, from its checkpoint on."""

    type: Literal["anchor"] = "anchor"
    anchor: str
    shard: int


class LostChange(_Contract):
    """A stream record that could not be taken when it came, brought back by a repair."""

    type: Literal["change"] = "change"
    record: dict[str, Any]


class AudienceShard(_Contract):
    """One shard of one segment of a campaign run's audience, from its checkpoint on; or a single page of it again."""

    campaign: str
    run: str
    campaign_version: int
    scheduled_at: AwareDatetime
    segment: str
    shard: int
    after: str | None = None  # where the page begins
    page_alone: bool = False


class RfmShard(_Contract):
    """One shard of everybody, to be collected for a run of RFM, or written with its scores; from its last page on."""

    type: Literal["rfm"] = "rfm"
    rfm: str
    run: str
    phase: Literal["collect", "write"]
    shard: int


class JourneyShard(_Contract):
    """One shard of one segment of people who enter a journey by the clock, from its checkpoint on."""

    type: Literal["journey"] = "journey"
    journey: str
    at: AwareDatetime
    segment: str
    shard: int


class SendMessage(_Contract):
    """A message is ready for its sender; everything else is in its row."""

    message: str


class SendProof(_Contract):
    """A proof is ready to be sent; everything else is in its row."""

    proof: str


class StartRun(_Contract):
    """The clock says that a scheduled campaign is due."""

    campaign: str
    at: AwareDatetime


class StartRfm(_Contract):
    """The clock says that customers are due to be scored again."""

    rfm: str
    at: AwareDatetime


class StartJourneyRuns(_Contract):
    """The clock says that people are due to enter a journey."""

    journey: str
    at: AwareDatetime
