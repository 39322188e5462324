"""What Kizuna tells other systems: domain events on the bus, published where the policy's `publish` names them.

The class is the detail type, its fields are the detail. A published shape never changes under its `version`: a
new field is a new number. An event may come twice and in any order, so `cause` and `message` are there to know
a repeat by. Nothing in it is personal but ids: who may see more asks for the person.
`docs/schemas/<name>.schema.json` is generated from here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from kizuna.core.durations import instant_to_text

# RFC 3339 in UTC with milliseconds.
Instant = Annotated[
    AwareDatetime,
    PlainSerializer(instant_to_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class BusEvent(BaseModel):
    """What all domain events have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Literal[1] = Field(default=1, description="Of the shape of this detail.")

    @property
    def name(self) -> str:
        """The detail type."""
        return type(self).__name__

    def detail(self) -> dict[str, Any]:
        """The detail as plain JSON values."""
        return self.model_dump(mode="json")


# ── people ──────────────────────────────────────────────────────────────────────────────────────


class _OfPerson(BusEvent):
    person: str = Field(description="The id of the profile, after any merge.")
    cause: str = Field(
        description="What made it so: the id of an event, of a consent event or of a profile, or the instant "
        "of an alarm. The same cause for the same person is the same event."
    )
    at: Instant = Field(description="When it became so.")


class SegmentEntered(_OfPerson):
    """A person is in a segment since this moment, because of something they did or because time went by."""

    segment: str


class SegmentExited(_OfPerson):
    """A person is in a segment no longer."""

    segment: str


class ConsentChanged(_OfPerson):
    """The ledger of a person has one entry more: a permission, a refusal, or what came back as one."""

    act: str = Field(
        description="What was recorded, in the ledger's words.",
        examples=["grant", "withdraw", "sms_in"],
    )


class ProfileMerged(_OfPerson):
    """Two profiles turned out to be one person. `person` lives on; `absorbed` answers with it from now on."""

    absorbed: str = Field(description="The id of the profile that was merged into `person`.")


class ProfileErased(BusEvent):
    """A person was erased: whoever keeps something under this id has to let go of it too. Never told of again but
    as a repeat."""

    person: str = Field(description="The id that the profile had. It stands for nobody any more.")
    parts: tuple[str, ...] = Field(
        description="The ids of all profiles that had been merged into it, and its own."
    )
    cause: str = Field(description="The id of the erasure in the log of rights; it tells a repeat.")
    at: Instant = Field(description="The instant of the erasure: what was received before it is dropped.")


class ProfileUnmerged(_OfPerson):
    """A merge was undone: `person` and `restored` are two people again, each with what is their own.

    `cause` is the id of the merge. What a segment gains or loses by it is not announced.
    """

    restored: str = Field(description="The id of the profile that was merged into `person`, and lives again.")


class AddressChanged(_OfPerson):
    """An address of a person can be used again, or no longer."""


# ── messages ────────────────────────────────────────────────────────────────────────────────────


class _OfMessage(BusEvent):
    message: str = Field(description="The id of the message; with the name of the event it tells a repeat.")
    person: str = Field(description="The id of the profile it was decided for.")
    campaign: str
    run: str = Field(description="Of the campaign; `triggered` where a person's own act set it off.")
    channel: str = Field(examples=["email", "sms", "push"])
    topic: str
    reason: str = Field(
        description="A code of `kizuna.core.reasons`, or what the provider said.",
        examples=["consent", "no_consent", "quiet_hours"],
    )
    at: Instant = Field(description="When the message came into this state.")


class MessageSent(_OfMessage):
    """A provider took a message. Whether it arrived is feedback, and comes later."""


class MessageWithheld(_OfMessage):
    """A message was decided against, or stopped before its sender: `reason` says why Kizuna stayed silent."""


class MessageDeferred(_OfMessage):
    """A message waits, for instance until quiet hours are over; it will be judged again."""


class MessageExpired(_OfMessage):
    """A message was not worth sending any more when its turn came."""


class MessageFailed(_OfMessage):
    """A message was certainly not taken and will not be tried again."""


class MessageUnknown(_OfMessage):
    """Nobody can say whether the provider took a message. It is never sent again on a guess."""


# ── brakes ──────────────────────────────────────────────────────────────────────────────────────


class RunPaused(BusEvent):
    """A run stands still: a signal is worse than acceptable, too much fails, its money is spent, or somebody said so.
    Nothing but a person with a reason lets it go on. Service messages are not touched."""

    campaign: str
    run: str
    because: str = Field(
        description="The name of a signal, `errors`, `budget` or `by_hand`.", examples=["complaint"]
    )
    rule: str = Field(description="The rule of the policy that decided, with its figures.")
    reason: str = Field(description="The same as a sentence.")
    sent: int = Field(description="The messages that were judged.")
    bad: int = Field(description="Those of them that speak against the run.")
    at: Instant = Field(description="With campaign and run it tells a repeat.")


class RunResumed(BusEvent):
    """A person answers for a run that was paused, and it goes on."""

    campaign: str
    run: str
    by: str
    reason: str
    at: Instant


class MarketingWarned(BusEvent):
    """If this goes on, all promotion will be stopped. Told once a day for each cause."""

    because: str
    reason: str
    at: Instant


class MarketingStopped(BusEvent):
    """No promotion leaves until a person, or time, releases it. Service messages are not touched."""

    because: str = Field(
        description="The name of a signal, `suspended`, `sending_paused`, `budget` or `by_hand`."
    )
    rule: str
    reason: str
    at: Instant = Field(description="With the cause it tells a repeat.")


class MarketingReleased(BusEvent):
    """A person answers for promotion to go on."""

    by: str
    reason: str
    at: Instant


# ── experiments ─────────────────────────────────────────────────────────────────────────────────


class _OfExperiment(BusEvent):
    campaign: str = Field(description="The campaign, or `<journey>.<step>`.")
    experiment: str = Field(description="Names exactly these arms: another after any change of them.")
    at: Instant


class ExperimentDecided(_OfExperiment):
    """An experiment is over. What comes from now on follows from its rules for a winner and for none."""

    result: str = Field(examples=["winner", "no_winner", "stopped"])
    arm: str = Field(description="The arm that won; the control where none did.")
    reason: str = Field(description="The result as a sentence, with its figures.")


class ExperimentWarned(_OfExperiment):
    """An arm was stopped because it does harm, or arms do not have the people that the draw gives them."""

    because: str = Field(examples=["guardrail", "uneven"])
    arm: str = Field(description="The arm that was stopped; empty where the draw is uneven.")


# ── journeys ────────────────────────────────────────────────────────────────────────────────────


class _OfJourney(BusEvent):
    journey: str
    journey_version: int = Field(description="By which the person walks.")
    person: str = Field(description="The id of the profile that entered.")
    run: str = Field(description="The id of this walk; with the name of the event it tells a repeat.")
    held_out: bool = Field(description="Whether they walk as a ghost, to whom nothing is said.")
    at: Instant = Field(description="When it became so.")


class JourneyEntered(_OfJourney):
    """A person has entered a journey."""


class JourneyCompleted(_OfJourney):
    """A person has come to the end of a journey, or reached its goal."""

    state: str = Field(examples=["completed", "converted", "held_out"])


class JourneyExited(_OfJourney):
    """A person has left a journey before its end."""

    state: str = Field(examples=["exited", "migrated_out", "failed"])
    reason: str = Field(description="A code: of an exit step or rule, or of Kizuna's own.")
    step: str = Field(description="Where they stood.")


# ── sources ─────────────────────────────────────────────────────────────────────────────────────


class _OfSource(BusEvent):
    source: str = Field(description="The id of the source in the workspace.")
    at: Instant = Field(description="When the episode began; with the source it tells a repeat.")


class SourceQuiet(_OfSource):
    """A source has not spoken for longer than its cadence allows."""

    last_at: Instant | None = Field(description="When it spoke last; null if it never did, or weeks ago.")


class SourceFlooding(_OfSource):
    """A source sends more events in an hour than its cadence allows."""

    events: int = Field(description="Of the fullest hour so far, at least.")


MessageEvent = (
    MessageSent | MessageWithheld | MessageDeferred | MessageExpired | MessageFailed | MessageUnknown
)

BUS_EVENTS: tuple[type[BusEvent], ...] = (
    SegmentEntered,
    SegmentExited,
    ConsentChanged,
    ProfileMerged,
    ProfileUnmerged,
    ProfileErased,
    AddressChanged,
    MessageSent,
    MessageWithheld,
    MessageDeferred,
    MessageExpired,
    MessageFailed,
    MessageUnknown,
    RunPaused,
    RunResumed,
    MarketingWarned,
    MarketingStopped,
    MarketingReleased,
    ExperimentDecided,
    ExperimentWarned,
    JourneyEntered,
    JourneyCompleted,
    JourneyExited,
    SourceQuiet,
    SourceFlooding,
)
