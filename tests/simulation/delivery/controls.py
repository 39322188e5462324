"""Two designs that are known to send twice, and four that go on where they should stand still: the judge must catch
them, or it is worth nothing.

* Send, then record: a crash or a lost reply in between, and the queue brings the message again. So work
  dittofeed and most first drafts.
* Claim with an expiry: a sender that died is presumed to have sent nothing. So work idempotency records that expire.

Neither hears what the provider reports: what ours makes of a report would save many of theirs. The other
two are ours but for the one thing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kizuna.core.campaigning.controls import Control, halted
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang
from kizuna.core.errors import Unavailable
from kizuna.core.messages import Accepted, Message, NotAccepted, Outcome, State, claimed
from kizuna.core.settlement import settled
from kizuna.topology import CHANNEL_QUEUES
from kizuna.usecases.campaigning.controlling import ControlDesk
from kizuna.usecases.delivery.deliver import Deliverer, deliver
from kizuna.usecases.reacting.react import Reactor, ring
from tests.simulation.delivery.records import Design
from tests.support.builders import an_envelope, approved, rendered_email

_OWNER = "somebody"


def _call(message: Message, on: Deliverer) -> Outcome:
    """Without gate and rendering: what is tried out is when something is written down."""
    return on.senders[message.channel].send(approved(message), an_envelope(message), rendered_email())


def _sent_then_recorded(message_id: str, on: Deliverer, catalog: Catalog, *, now: datetime) -> State | None:
    message = on.messages.get(message_id)
    if message is None or message.state is not State.PENDING or (message.not_before or now) > now:
        return message.state if message else None
    outcome = _call(message, on)
    if not isinstance(outcome, Accepted | NotAccepted):
        raise Unavailable("no answer: the queue brings it again")
    after = settled(claimed(message, owner=_OWNER, now=now), outcome, now=now)
    on.messages.save(after, expected=message.state_version)
    return after.state


def _claimed_with_expiry(message_id: str, on: Deliverer, catalog: Catalog, *, now: datetime) -> State | None:
    message = on.messages.get(message_id)
    if message is None or (message.not_before or now) > now:
        return None
    is_over = (
        message.state is State.SENDING and message.lease_until is not None and message.lease_until <= now
    )
    if message.state is not State.PENDING and not is_over:
        return message.state
    mine = claimed(replace(message, state=State.PENDING), owner=_OWNER, now=now)
    if not on.messages.save(mine, expected=message.state_version):
        return None
    outcome = _call(mine, on)
    if not isinstance(outcome, Accepted | NotAccepted):
        raise Unavailable("no answer: after the lease it is tried again")
    after = settled(mine, outcome, now=now)
    on.messages.save(after, expected=mine.state_version)
    return after.state


def _queued_again(alarm: AlarmRang, on: Reactor, catalog: Catalog, *, now: datetime) -> None:
    """What was claimed and not recorded goes back on the queue once its lease is over."""
    message = on.messages.get(alarm.id) if alarm.kind == "message" else None
    if message is not None and message.state is State.SENDING:
        on.queues.send(CHANNEL_QUEUES[message.channel], [{"message": message.id}])
        return
    ring(alarm, on, catalog, now=now)


def _without_brakes(message_id: str, on: Deliverer, catalog: Catalog, *, now: datetime) -> State | None:
    return deliver(message_id, replace(on, brakes=None), catalog, now=now)


def _deaf_to_releases(alarm: AlarmRang, on: Reactor, catalog: Catalog, *, now: datetime) -> None:
    """What a brake held waits for its own alarm, whoever says that the brake is released."""
    if alarm.kind != "held":
        ring(alarm, on, catalog, now=now)


def _halted_on_paper(name: str, on: ControlDesk, *, by: str, reason: str, now: datetime) -> tuple[str, ...]:
    """The campaign is said to stand still, and the run that is under way goes on."""
    before = on.controls.current().get(name, Control(name))
    on.controls.save(halted(before, by=by, reason=reason, now=now))
    return ()


HALTED_ON_PAPER = Design("runs go on when their campaign is halted", deliver, ring, halt=_halted_on_paper)
NEVER_REREADS = Design("definitions are read once and for good", deliver, ring, rereads=False)
NO_BRAKES = Design("brakes are not read", _without_brakes, ring)
NOT_WOKEN = Design("nobody is woken", deliver, _deaf_to_releases)
SEND_THEN_RECORD = Design("send, then record", _sent_then_recorded, ring, listens=False)
CLAIM_WITH_EXPIRY = Design("claim with expiry", _claimed_with_expiry, _queued_again, listens=False)
