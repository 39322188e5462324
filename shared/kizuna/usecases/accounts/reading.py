"""The lists of those whom a provider sends nothing to, read page by page from where the last hour stopped.

A page is taken to the end before the checkpoint behind it is written: killed at any point, a page is read again,
whose events count once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kizuna.core import feedback
from kizuna.core.accounts import Checkpoint
from kizuna.core.catalog import Catalog
from kizuna.core.durations import epoch_millis
from kizuna.core.errors import Unavailable
from kizuna.core.events import Event
from kizuna.core.ids import address_id, digest
from kizuna.core.ports import Ledger, People
from kizuna.core.ports.accounts import AccountNotes, OptedOut, PageGone, ProviderAccount
from kizuna.core.ports.suppressed import Suppressed
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.outcomes.feedback import PROVIDER
from kizuna.usecases.outcomes.mirroring import Mirrored, mirror

NUMBERS_EVERY = timedelta(days=1)  # their list has no "since": it is read whole each time


@dataclass(frozen=True, slots=True)
class Mirror:
    """The ports of mirroring. `is_over` says when the time of this call of the function is used up."""

    account: ProviderAccount
    notes: AccountNotes
    people: People
    ledger: Ledger
    new_id: Callable[[], str]
    is_over: Callable[[], bool] = lambda: False


def suppressed_since(account: ProviderAccount, since: datetime | None) -> Iterator[Suppressed]:
    """Everybody on the suppression list of SES, or who came onto it since then. Raises Unavailable, PageGone."""
    following = ""
    while True:
        found, following = account.suppressed(since=since, token=following)
        yield from found
        if not following:
            return


def read_suppressed(on: Mirror, catalog: Catalog, *, now: datetime) -> Mirrored:
    """Go on with the suppression list of SES to its end, or to the end of the time. Raises Unavailable."""
    done = Mirrored()
    checkpoint = on.notes.checkpoint("suppressed").begun(now)
    while True:
        try:
            found, following = on.account.suppressed(since=checkpoint.since, token=checkpoint.page)
        except PageGone:
            checkpoint = checkpoint.over_again()
            continue
        done += mirror(found, people=on.people, ledger=on.ledger, catalog=catalog, now=now, new_id=on.new_id)
        checkpoint = _noted(
            checkpoint, following, max((each.at for each in found), default=None), on, now=now
        )
        if not following or on.is_over():
            return done


def read_opted_out(on: Mirror, catalog: Catalog, *, now: datetime) -> Mirrored:
    """The same for the opt-out list of texts, once a day. Whoever is on it has said STOP, be it to somebody else."""
    done = Mirrored()
    last = on.notes.checkpoint("opted_out")
    if not last.is_under_way and last.ended is not None and now - last.ended < NUMBERS_EVERY:
        return done
    checkpoint = last.begun(now)
    while True:
        try:
            found, following = on.account.opted_out(token=checkpoint.page)
        except PageGone:
            checkpoint = checkpoint.over_again()
            continue
        news = [each for each in found if checkpoint.since is None or each.at >= checkpoint.since]
        done += Mirrored(len(found)) + _stopped(news, on, catalog, now=now)
        checkpoint = _noted(
            checkpoint, following, max((each.at for each in found), default=None), on, now=now
        )
        if not following or on.is_over():
            return done


def _noted(
    checkpoint: Checkpoint, following: str, newest: datetime | None, on: Mirror, *, now: datetime
) -> Checkpoint:
    after = checkpoint.after_page(following, newest)
    after = after if following else after.done(now)
    on.notes.note_checkpoint(after)
    return after


def _stopped(numbers: Sequence[OptedOut], on: Mirror, catalog: Catalog, *, now: datetime) -> Mirrored:
    done = Mirrored()
    for one in numbers:
        holders = sorted(on.people.holders(address_id("sms", one.number)))
        if not holders:
            continue
        told = _stop_event(one, holders[0], now)
        events = [told, *feedback.for_others(told, holders[1:])]
        stored = ingest(
            events, people=on.people, ledger=on.ledger, catalog=catalog, now=now, new_id=on.new_id
        )
        if stored.left_over:
            raise Unavailable(f"opt-out list: {stored.cause}")
        done += Mirrored(0, 1, int(stored.counted > 0))
    return done


def _stop_event(one: OptedOut, person: str, now: datetime) -> Event:
    return Event(
        type="track",
        id=digest("opted out", one.number, str(epoch_millis(one.at))),
        source=PROVIDER,
        at=min(one.at, now),
        received_at=now,
        name=feedback.SMS_OPTED_OUT,
        properties={
            "address_id": address_id("sms", one.number),
            "channel": "sms",
            "reason": "account_opt_out_list",
            "by_themselves": one.by_themselves,
        },
        profile_id=person,
    )
