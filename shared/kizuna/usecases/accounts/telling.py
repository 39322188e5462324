"""The other way round: mailboxes that are dead to us are put on the account's list, where the policy asks for it.

What our own mail met, SES has on its list by itself. What came by other ways (an import, another provider, a
complaint told by hand) it does not know; other systems of the same account would write there once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from kizuna.core.accounts import OVERLAP, Checkpoint
from kizuna.core.catalog import Catalog
from kizuna.core.people import Address, AddressStatus, Profile
from kizuna.core.ports import People
from kizuna.core.ports.accounts import AccountNotes, ProviderAccount
from kizuna.core.segments import EVERYONE
from kizuna.topology import SEGMENT_SHARDS
from kizuna.usecases.people.everybody import living

PAGE = 100
EVERY = timedelta(days=1)
AT_MOST_EVERY = 1.0  # seconds: SES takes one such call a second from an account
_BECAUSE: dict[AddressStatus, Literal["bounce", "complaint"]] = {
    AddressStatus.HARD_BOUNCED: "bounce",
    AddressStatus.COMPLAINED: "complaint",
}


@dataclass(frozen=True, slots=True)
class Teller:
    """The ports of telling. `rest(n)` lets n seconds pass."""

    account: ProviderAccount
    notes: AccountNotes
    people: People
    rest: Callable[[float], object]
    is_over: Callable[[], bool] = lambda: False


def tell_suppressed(on: Teller, catalog: Catalog, *, now: datetime) -> int:
    """Go on with a walk over everybody, one a day; how many mailboxes were told of now.

    After the first walk only people whose record changed since the last one began are looked at, and of each mailbox
    the same is told once. A page is behind us once all of it was told. Raises Unavailable; the next hour goes on from
    there, and may tell once more what it told last, which changes nothing at the provider.
    """
    checkpoint = on.notes.checkpoint("told")
    if not catalog.policy.tell_suppressed:
        return 0
    if not checkpoint.is_under_way:
        if checkpoint.ended is not None and now - checkpoint.ended < EVERY:
            return 0
        checkpoint = replace(checkpoint.begun(now), page="0#", newest=None)
    told = 0
    while True:
        shard, _, after = checkpoint.page.partition("#")
        ids, following = on.people.members(EVERYONE, int(shard), after=after or None, limit=PAGE)
        for profile in living(ids, on.people):
            told += _told_of(profile, checkpoint, on)
        checkpoint = _behind(checkpoint, int(shard), following, now=now)
        on.notes.note_checkpoint(checkpoint)
        if not checkpoint.is_under_way or on.is_over():
            return told


def _behind(checkpoint: Checkpoint, shard: int, following: str | None, *, now: datetime) -> Checkpoint:
    """The walk one page further. What the next one begins with is what died after this one began."""
    if following is not None:
        return replace(checkpoint, page=f"{shard}#{following}")
    if shard + 1 < SEGMENT_SHARDS:
        return replace(checkpoint, page=f"{shard + 1}#")
    began = checkpoint.began or now
    return replace(checkpoint, page="", began=None, ended=now, since=began - OVERLAP)


def _told_of(profile: Profile, checkpoint: Checkpoint, on: Teller) -> int:
    since = checkpoint.since
    if since is not None and profile.updated_at < since:
        return 0  # when a mailbox died is when somebody says so, which may be told us a year later
    dead = [held for held in profile.addresses.values() if _is_dead_mailbox(held)]
    known = on.notes.told(profile.id, [held.id for held in dead]) if dead else {}
    new = [held for held in dead if known.get(held.id) != _BECAUSE[held.status]]
    for held in new:
        on.account.suppress(held.value, _BECAUSE[held.status])
        on.notes.note_told(profile.id, held.id, _BECAUSE[held.status])
        on.rest(AT_MOST_EVERY)
    return len(new)


def _is_dead_mailbox(held: Address) -> bool:
    return held.channel == "email" and held.status in _BECAUSE
