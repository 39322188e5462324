"""Room under the frequency caps for a message that was decided before: whose turn it is, and whether it is counted.

A message is counted in the write that makes it ready. Two cases are left for the moment at which it goes out. Two
that were counted by themselves may be too much together, because their people were merged: the one that was ready
first goes. And a cap may have come into force after a message was decided, which nobody has counted: the claim does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.decide import with_message
from kizuna.core.gate import Judgement
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.core.ports import Messages, Pressed
from kizuna.core.reasons import Reason
from kizuna.core.restraint.caps import Heard, counts_addresses
from kizuna.core.restraint.pressure import Pressure
from kizuna.usecases.decisions.deciding import pressed_by

_ON_THE_WAY = frozenset({State.SENDING, State.SENT, State.UNKNOWN})  # heard, or it may come to be
_NEVER_HEARD = frozenset({State.DENIED, State.EXPIRED, State.FAILED})  # its place is about to be given back


def judged_in_turn(
    judge: Callable[[Heard], Judgement], message: Message, heard: Heard, messages: Messages
) -> Judgement:
    """The gate's answer, where a full cap is no reason if what fills it is counted later than the message and waits,
    or was refused.

    Of two such messages one sees the other, always: the later one counts the earlier, whatever its state. So no cap
    is exceeded, and they do not stop each other. Reads the messages that compete, only where a cap is in the way.
    """
    judgement = judge(heard)
    if judgement.reason is not Reason.FREQUENCY_CAP:
        return judgement
    places = (heard.person, heard.address, heard.household)
    behind = frozenset[str]().union(*(_behind(message, place, messages) for place in places))
    return judge(replace(heard, behind=behind)) if behind else judgement


def _behind(message: Message, pressure: Pressure, messages: Messages) -> frozenset[str]:
    """What is counted beside a message and takes none of its room; empty where the message itself is not counted."""
    own = next((touch for touch in pressure.touches if touch.message == message.id), None)
    if own is None:
        return frozenset()
    found = ((touch, messages.get(touch.message)) for touch in pressure.touches if touch is not own)
    return frozenset(
        other.id
        for touch, other in found
        if other is not None
        and other.state not in _ON_THE_WAY
        and (other.state in _NEVER_HEARD or (touch.at, touch.message) > (own.at, own.message))
    )


def not_counted_yet(
    message: Message,
    profile: Profile,
    heard: Heard,
    judgement: Judgement,
    catalog: Catalog,
    *,
    now: datetime,
) -> Pressed | None:
    """What is to be stored with the claim of a message that no cap has counted so far; None where nothing is."""
    of_addresses = counts_addresses(catalog.counted_caps)
    places = (
        heard.person,
        *([heard.address] if of_addresses else []),
        *([heard.household] if heard.home else []),
    )
    if all(any(touch.message == message.id for touch in place.touches) for place in places):
        return None
    counted = with_message(heard, message, judgement, catalog, now=now)
    return pressed_by(profile.id, message.address_id, counted, catalog)
