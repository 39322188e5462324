"""Wakes what a brake held, once it is released.

    resumed, released ─▶ the brake says from when on (`wakes`) ─ the sweep of a minute ─▶ WakeHeld, page after page
                         ─▶ each message that waits for a brake is rung for ─▶ its queue

A message that meets a brake waits in its row, unwritten, however long the brake stands. That somebody is to be woken
is stored with the release, in one write; the word goes out before it is noted that it did, so a crash in between
wakes again, which changes nothing. It goes out once more a while later, for those that a sender held by what it had
read before. Who is missed by all of that looks again by itself after a day.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang, WakeHeld
from kizuna.core.ports import BrakeStore, Messages, Queues
from kizuna.core.restraint.brakes import Brakes, waits_for_brake, woken
from kizuna.topology import Queue

PAGE = 100  # messages that are looked at for one read
PAGES = 10  # of them for one piece of work
_MEANT_FOR_LATER = timedelta(days=8)  # a message may be decided so long before the moment it is meant for


def look_after(brakes: BrakeStore, queues: Queues, catalog: Catalog, *, now: datetime) -> Brakes:
    """Once a minute: have those woken whose brake was released. Returns the brakes as they were read.

    Guarded by each brake's version: whoever pulls it at this moment wins.
    """
    standing = brakes.current()
    for run in standing.runs.values():
        if run.wakes is not None and run.wakes <= now:
            # All walks through a journey are braked as one, and each is a run of its own.
            named = "" if run.run == TRIGGERED else run.run
            queues.send(Queue.WAKE, [WakeHeld(campaign=run.campaign, run=named).model_dump()])
            later = woken(run.wakes, run.watched_from)
            brakes.save_run(replace(run, version=run.version + 1, wakes=later))
    account = standing.account
    if account.wakes is not None and account.wakes <= now:
        for campaign in catalog.campaigns.values():
            if campaign.category == "marketing":
                queues.send(Queue.WAKE, [WakeHeld(campaign=campaign.id).model_dump()])
        later = woken(account.wakes, account.watched_from)
        brakes.save_account(replace(account, version=account.version + 1, wakes=later))
    return standing


def wake_held(work: WakeHeld, messages: Messages, queues: Queues, catalog: Catalog, *, now: datetime) -> int:
    """Ring for the next messages of a campaign that wait for a brake; returns for how many. What is left goes back on
    the queue. Who is rung for twice goes on once."""
    campaign = catalog.campaigns.get(work.campaign)
    if campaign is None:
        return 0  # its messages are stopped when they look again
    since = now - (campaign.expires_after.after(now) - now) - _MEANT_FOR_LATER
    after, rung = work.after, 0
    for _ in range(PAGES):
        page, following = messages.decided(work.campaign, run=work.run, since=since, before=after, limit=PAGE)
        held = [AlarmRang(kind="held", id=each.id).model_dump() for each in page if waits_for_brake(each)]
        if held:
            queues.send(Queue.WAKE, held)
            rung += len(held)
        if following is None:
            return rung
        after = following
    queues.send(Queue.WAKE, [work.model_copy(update={"after": after}).model_dump()])
    return rung
