"""When an identifier changes hands: its holder gives it up in a write of its own, and only then is it free.

    1. the holder's profile without it, and its row led to nobody   guarded by the holder's version
    2. the taker's profile with it, and its row led to the taker    guarded by the row: nobody's, or the taker's

At no moment do two hold it. A crash between the two leaves it nobody's: the next event that tells it takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.core.consent import Action, ConsentEvent, carried_over
from kizuna.core.folding import settled
from kizuna.core.ids import address_id, digest
from kizuna.core.people import CHANNELS_OF, Identity, Profile
from kizuna.core.ports import IdentityKey, Ledger, PersonWrite
from kizuna.core.seen import Pages

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog

_FOR_GOOD = (Action.OBJECT, Action.DO_NOT_CONTACT)


@dataclass(slots=True)
class Losses:
    """What stored people give up while a group is resolved. `before` is kept as they will be stored then."""

    before: dict[str, Profile]
    catalog: Catalog
    now: datetime
    marks: Pages
    _originals: dict[str, Profile] = field(default_factory=dict)
    _released: dict[str, PersonWrite] = field(default_factory=dict)

    @property
    def writes(self) -> tuple[PersonWrite, ...]:
        return tuple(self._released.values())

    def without(self, profile: Profile, key: IdentityKey) -> Profile:
        """The profile (as far as this group has come) without an identifier, and based on what will be stored."""
        if key not in profile.identities:
            return profile
        stored = self.before.get(profile.id)
        left = {held: identity for held, identity in profile.identities.items() if held != key}
        if stored is None:
            return replace(profile, identities=left)
        if key in stored.identities:
            stored = self._release(stored.id, key)
        return replace(stored, identities=left)

    def _release(self, person: str, key: IdentityKey) -> Profile:
        original = self._originals.setdefault(person, self.before[person])
        earlier = self._released.get(person)
        given_up = (*(earlier.released if earlier else ()), key)
        addresses = {(channel, value) for kind, value in given_up for channel in CHANNELS_OF.get(kind, ())}
        after = replace(
            original,
            identities={
                held: identity for held, identity in original.identities.items() if held not in given_up
            },
            addresses={place: held for place, held in original.addresses.items() if place not in addresses},
        )
        folded = settled(
            before=original,
            after=after,
            catalog=self.catalog,
            now=self.now,
            announces=False,
            base=original,
            marks=self.marks,
        )
        self._released[person] = PersonWrite(folded, original.version, released=given_up)
        self.before[person] = folded.profile
        return folded.profile


@dataclass(frozen=True, slots=True)
class Bequest:
    """An identifier that somebody takes from another, whose ledger lies in `parts`."""

    identity: Identity
    parts: tuple[str, ...]


def inherited(bequests: list[Bequest], ledger: Ledger, *, now: datetime) -> tuple[ConsentEvent, ...]:
    """Copies of every No that stands on a mailbox or number for whoever takes it over.

    The No may have been said by its true owner, to mail that went there. A token is another matter: on a shared
    device the next user has not said what the last one did.
    """
    found: dict[str, ConsentEvent] = {}
    for bequest in bequests:
        channels = () if bequest.identity.type == "push_token" else CHANNELS_OF.get(bequest.identity.type, ())
        if not channels:
            continue
        addresses = {channel: address_id(channel, bequest.identity.value) for channel in channels}
        about = [
            event
            for event in ledger.events(bequest.parts)
            if event.endpoint in (None, *addresses.values()) and event.channel in (None, "*", *channels)
        ]
        taking = digest("taking", addresses[channels[0]], *bequest.parts)
        copies = carried_over(about, merge_id=taking, at=now)
        for_good = [
            replace(event, id=f"merge:{taking}:{event.id}", supersedes=event.id, prev_hash=None)
            for event in about
            if event.action in _FOR_GOOD
        ]
        found |= {copy.id: copy for copy in (*copies, *for_good)}
    return tuple(found.values())
