"""The shape of `kizuna profile export`, from which `docs/schemas/PersonExport.schema.json` is made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from kizuna.apidocs.reply_parts import CamelShape


class ExportedProfile(CamelShape):
    """The record itself. Instants are RFC 3339 in UTC, or null where there is none."""

    id: str
    status: Literal["active", "restricted"]
    version: int
    created_at: str | None
    updated_at: str | None
    last_event_at: str | None
    last_purchase_at: str | None
    parts: list[str] = Field(description="The ids of all profiles that turned out to be this person.")
    bucket_id: str = Field(description="What holdouts and experiments are drawn by.")
    global_privacy_control: bool
    time_zone_seen: str | None
    time_zone_seen_at: str | None
    language_seen: str | None
    language_seen_at: str | None
    consent_signals: dict[str, str] = Field(
        description="The last word of each source on each scope of consent."
    )


class ExportedIdentity(CamelShape):
    """What the person is known by, and the first evidence of it."""

    type: str
    value: str
    as_told: str = Field(description="As it came, before it was made comparable.")
    first_seen_at: str | None
    source: str
    vouched: bool = Field(description="False: only a publishable key said so.")


class ExportedTrait(CamelShape):
    """A fact about the person, with its origin."""

    value: Any
    at: str | None
    source: str
    vouched: bool
    as_told: Any = None
    held_since: str | None = Field(
        default=None, description="When the trait came to its value, where it was told again since."
    )


class ExportedListing(CamelShape):
    """A list kept by hand: whether the person is on it, and who said so when.

    `@hold` is a hold that a member of staff placed, with the reason, and until when if they said so.
    """

    list: str
    on_it: bool
    at: str
    by: str
    until: str | None = None
    why: str = ""


class ExportedMoves(CamelShape):
    """When the person last entered and left a segment, where some condition asks for it."""

    segment: str
    entered: str | None
    left: str | None


class ExportedAddress(CamelShape):
    """Where a channel reaches the person."""

    id: str
    channel: str
    value: str
    at: str | None
    status: str
    status_at: str | None
    platform: str
    time_zone: str | None


class ExportedExclusion(CamelShape):
    """A product that was given up, and taken up again, as the policy's rules read the person's events."""

    product: str
    rule: str
    at: str | None
    reason: str
    lifted_at: str | None


class ExportedTouch(CamelShape):
    """A message that counts for the frequency caps."""

    at: str
    channel: str
    message: str


class ExportedConsent(CamelShape):
    """A consent event in its place in the chain: `hash` is SHA-256 over the event and `previous`."""

    hash: str
    previous: str
    event: dict[str, Any] | None


class ExportedChain(CamelShape):
    """The consent events of one part, oldest first, so that the chain can be verified by whoever gets this."""

    part: str
    head: str | None
    holds: bool
    events: list[ExportedConsent]


class ExportedSuppression(CamelShape):
    """What was kept of a No for an address that is this person's."""

    address: str
    event: dict[str, Any]


class ExportedMessage(CamelShape):
    """A message that was intended, sent or withheld, with the record of the decision and a sentence about it."""

    id: str
    campaign: str
    campaign_version: int
    run: str
    topic: str
    category: str
    channel: str
    address: str
    template: str
    language: str
    state: str
    reason: str
    created_at: str | None
    changed_at: str | None
    facts: dict[str, str | None]
    decision: dict[str, Any]
    sentence: dict[str, str]


class ExportedStation(CamelShape):
    """A step of a journey that the person came by, and why they went on as they did."""

    at: str
    step: str
    why: str
    words: str


class ExportedWalk(CamelShape):
    """A walk through a journey: where it stands or how it ended, the way there, and the values that it remembers."""

    run: str
    journey: str
    version: int
    key: str | None
    entry: int
    state: str
    reason: str | None
    step: str
    held_out: bool
    frozen: bool
    entered_at: str
    changed_at: str
    due_at: str | None
    path: list[ExportedStation]
    values: dict[str, Any]


class ExportedMerge(CamelShape):
    """A profile that turned out to be this person, as it was then."""

    id: str
    merged_into: str | None
    merged_at: str | None
    identities: list[ExportedIdentity]
    traits: dict[str, ExportedTrait]


class ExportedRecord(CamelShape):
    """Whatever else lies beside the profile: records of merges, marks of counted events."""

    part: str
    key: str
    content: dict[str, Any]


class PersonExport(CamelShape):
    """Everything about a person (GDPR art. 15 and 20, APPI art. 33), as one document."""

    format: Literal[1]
    exported_at: str
    profile: ExportedProfile
    identities: list[ExportedIdentity]
    traits: dict[str, ExportedTrait]
    addresses: list[ExportedAddress]
    segments: list[str]
    lists: list[ExportedListing]
    segment_moves: list[ExportedMoves]
    aggregates: dict[str, Any] = Field(description="Counts and sums that segments ask for.")
    exclusions: list[ExportedExclusion]
    pressure: list[ExportedTouch]
    consents: list[ExportedChain]
    suppressions: list[ExportedSuppression]
    messages: list[ExportedMessage]
    journeys: list[ExportedWalk]
    merged_profiles: list[ExportedMerge]
    timeline: list[dict[str, Any]] = Field(
        description="Every stored event with the part it lies in, oldest first within each; one that lies in two "
        "parts because of a merge is there twice, under one id and source."
    )
    records: list[ExportedRecord]
    lake: list[dict[str, Any]] | None = Field(description="Rows of the lake; null if it was not looked into.")
