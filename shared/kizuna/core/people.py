"""The golden record: everything known of one person, and how it is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from kizuna.core.ids import address_id
from kizuna.core.restraint.exclusions import Exclusions
from kizuna.core.seen import MarkPage, Seen

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.conditions.view import Consents, Moves
    from kizuna.core.consent.summary import ConsentSummary
    from kizuna.core.entry_pages import RowPages
    from kizuna.core.segments.stands import Stands

PersonStatus = Literal["active", "restricted", "erasing", "erased"]
GONE = frozenset({"erasing", "erased"})  # nobody finds these; see `erasure`


@dataclass(frozen=True, slots=True)
class Identity:
    """One identifier of a person, normalised; two people never hold the same one."""

    type: str  # user_id, anonymous_id, email, phone, push_token, or a custom kind
    value: str
    raw: str = ""
    at: datetime | None = None
    source: str = ""
    seen: datetime | None = None  # when it was last used, where its policy asks for that
    vouched: bool = (
        True  # False: a publishable key's word for a user id, e-mail or phone, or told to be unproven
    )

    @property
    def key(self) -> tuple[str, str]:
        return (self.type, self.value)


@dataclass(frozen=True, slots=True)
class Trait:
    """A fact about the person with its origin; `at` is the corrected event time.

    Which of two is kept says `survivorship.survivor`: the newest, unless the workspace declares another rule. That
    also says what `since` and `differed` mean; how long a value has held makes no two traits different.
    """

    value: Any
    at: datetime
    source: str
    vouched: bool = True  # by a back end or an identity token; False: a publishable key's word
    raw: Any = None  # as it was told, where that is not `value` (`names.normalised`); else None
    since: datetime | None = field(
        default=None, compare=False, repr=False
    )  # it has held this value; None: `at`
    differed: datetime | None = field(default=None, compare=False, repr=False)  # another value was told last

    @property
    def held_since(self) -> datetime:
        """When the trait came to its value, as far as is known; it was told again up to `at`."""
        return self.since or self.at


class HeldSince(Mapping[str, datetime]):
    """When each trait came to its value."""

    __slots__ = ("_traits",)

    def __init__(self, traits: Mapping[str, Trait]) -> None:
        self._traits = traits

    def __getitem__(self, name: str) -> datetime:
        return self._traits[name].held_since

    def __iter__(self) -> Iterator[str]:
        return iter(self._traits)

    def __len__(self) -> int:
        return len(self._traits)


# Where the law asks, the word of somebody we can trust goes before that of a page, however new.
LEGAL_TRAITS = frozenset({"country", "region", "age", "birthday", "guardian_consent"})

# What Kizuna works out itself (`rfm`, `devices`): no event tells it.
COMPUTED_TRAITS = frozenset({"rfm", "seen_devices", "wish_pause", "wish_frequency", "wish_quiet_hours"})


class AddressStatus(StrEnum):
    """Whether an address can be used, in the words of the consent rules. Later members win a merge."""

    OK = "ok"
    COMPLAINED = "complained"
    INVALID_TOKEN = "invalid_token"  # noqa: S105  (a status, not a secret)
    HARD_BOUNCED = "hard_bounced"


SOFT_BOUNCES = 3
SOFT_BOUNCE_SPAN = timedelta(days=14)
SOFT_BOUNCE_REST = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a channel reaches the person: one mailbox, phone number or push token."""

    channel: str
    value: str
    at: datetime  # when it was last given to us; the newest usable one is used
    status: AddressStatus = AddressStatus.OK
    status_at: datetime | None = None
    platform: str = ""  # of a push token: ios or android
    zone: str | None = None  # the zone a phone number implies
    soft_bounces: tuple[datetime, ...] = ()  # the newest transient ones, in order
    heard_at: datetime | None = None  # when the person last wrote to us from it, where a provider tells

    def with_soft_bounces(self, bounces: Iterable[datetime]) -> Address:
        """The address after more transient bounces, whichever is told first and however often."""
        known = sorted({*self.soft_bounces, *bounces})
        return replace(self, soft_bounces=tuple(known[-SOFT_BOUNCES:]))

    @property
    def rests_until(self) -> datetime | None:
        """Until when it gets no promotion: it bounced three times in a fortnight, and has a fortnight's rest."""
        if len(self.soft_bounces) < SOFT_BOUNCES:
            return None
        oldest, *_, newest = self.soft_bounces
        return newest + SOFT_BOUNCE_REST if newest - oldest <= SOFT_BOUNCE_SPAN else None

    def rests_at(self, now: datetime) -> bool:
        return self.rests_until is not None and now < self.rests_until

    @property
    def id(self) -> str:
        return address_id(self.channel, self.value)

    @property
    def key(self) -> tuple[str, str]:
        return (self.channel, self.value)

    @property
    def how_bad(self) -> tuple[int, float]:
        """Sorts what is told of one address by how bad it is; of equally bad news the first to happen counts."""
        since = self.status_at.timestamp() if self.status_at else 0.0
        return (_FROM_GOOD_TO_BAD.index(self.status), -since)


_FROM_GOOD_TO_BAD = tuple(AddressStatus)

# The identifiers that are addresses, and the channels on which each may reach somebody.
CHANNELS_OF: Mapping[str, tuple[str, ...]] = {
    "email": ("email",),
    "phone": ("sms", "whatsapp"),
    "push_token": ("push",),
    "line": ("line",),
}


@dataclass(frozen=True, slots=True, order=True)
class Apart:
    """A merge that was undone: `part` and `other` are two people, and no rule makes them one again.

    `versions` are those of writes of `part` that counted no event of its own: an event row under one of them was
    left behind by a writer who came too late, and counted elsewhere.
    """

    part: str
    other: str
    at: datetime
    versions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """The last that was said of a person and one list: on it or no longer, when, and by whom.

    Of a hold (`staff_holds`) also until when, and why.
    """

    inside: bool
    at: datetime
    by: str = ""
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One person. Every change makes a new version; a write succeeds only on the version it read.

    `reach_version` rises with everything that may change whether we may speak: consent, address status,
    merge, restriction, erasure. A message is claimed against the one its decision saw.
    `parts` are the ids whose partitions hold this person's timeline and ledger: its own and those of the
    profiles merged into it. `bucket_id` is the oldest of them, so nobody changes arm by a merge.
    """

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    reach_version: int = 0
    identities: Mapping[tuple[str, str], Identity] = field(default_factory=dict)
    traits: Mapping[str, Trait] = field(default_factory=dict)
    addresses: Mapping[tuple[str, str], Address] = field(default_factory=dict)
    aggregates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    segments: frozenset[str] = frozenset()
    evaluated: str = ""  # by which definitions, and as of which version: `SegmentIndex.mark`
    seen: tuple[Seen, ...] = ()
    seen_pages: tuple[MarkPage, ...] = ()  # marks that the item has no room for: only of a hot profile
    due_at: datetime | None = None
    parts: tuple[str, ...] = ()
    bucket_id: str = ""
    merged_into: str | None = None
    status: PersonStatus = "active"
    gpc: bool = False
    zone: str | None = None  # last seen IANA zone …
    zone_at: datetime | None = None  # … and when
    language: str | None = None  # last seen, such as `ja` or `en-GB` …
    language_at: datetime | None = None  # … and when
    ledger_head: str = ""  # hash of the newest consent event of this profile's own chain
    ledger_length: int = 0
    consent_scopes: Mapping[str, str] = field(default_factory=dict)  # last act per scope, to see changes
    last_event_at: datetime | None = None
    purchased_at: datetime | None = None  # the newest purchase that somebody we can trust told us of
    exclusions: Exclusions = field(default_factory=dict)  # products given up, by rule and product
    apart: tuple[Apart, ...] = ()  # whom this person was once taken for
    # Kept while some condition asks for it: what counts of the ledger, and when segments were entered and left.
    consents: ConsentSummary | None = None
    moves: Moves = field(default_factory=dict)
    stands: Stands = field(default_factory=dict)  # in journeys, likewise
    lists: Mapping[str, Listing] = field(default_factory=dict)  # kept by hand: who is on them, and who was
    # What the pages hold that aggregates list (`entry_pages`): read with the profile, and never stored in it.
    held_rows: RowPages = field(default_factory=dict, compare=False, repr=False)
    # What conditions may ask of the consents; never stored (`Catalog.decidable`).
    standing: Consents | None = field(default=None, compare=False, repr=False)

    def trait(self, path: str) -> Any:
        """The value at a dotted path, or None where there is none."""
        head, *rest = path.split(".")
        found = self.traits.get(head)
        value = found.value if found else None
        for name in rest:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    @property
    def zone_name(self) -> str | None:
        """The IANA zone used for this person's local times: told, else last seen."""
        told = self.trait("timezone")
        return told if isinstance(told, str) and told else self.zone

    @property
    def on_lists(self) -> frozenset[str]:
        """The lists that the person is on now."""
        return frozenset(name for name, listing in self.lists.items() if listing.inside)

    def holds(self, address_id: str) -> bool:
        """Whether the person is reached by this address."""
        return any(address.id == address_id for address in self.addresses.values())

    def addresses_on(self, channel: str) -> tuple[Address, ...]:
        """The person's addresses on a channel, the most recently given first."""
        found = [address for address in self.addresses.values() if address.channel == channel]
        return tuple(sorted(found, key=lambda address: (address.at, address.value), reverse=True))


def kept_apart(one: Profile, other: Profile) -> bool:
    """Whether these two were one and taken apart again: only somebody who says so may unite them."""
    return any(
        pair.part in side.parts and pair.other in opposite.parts
        for side, opposite in ((one, other), (other, one))
        for pair in side.apart
    )


def new_profile(profile_id: str, *, now: datetime) -> Profile:
    """An empty profile that is not stored yet (version 0)."""
    return Profile(
        id=profile_id, version=0, created_at=now, updated_at=now, parts=(profile_id,), bucket_id=profile_id
    )
