"""What a message takes of the frequency caps: given back when nobody heard it, moved on when it was held up."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.decide import with_again
from kizuna.core.errors import Conflict
from kizuna.core.messages import Message
from kizuna.core.ports import Messages, People, Pressed
from kizuna.core.restraint.caps import counts_addresses
from kizuna.core.restraint.pressure import without
from kizuna.usecases.deciding import heard_by, pressed_by
from kizuna.usecases.rejudge import address_of

TRIES = 5


def counted_anew(
    message: Message, catalog: Catalog, *, people: People, messages: Messages, now: datetime
) -> Pressed | None:
    """What is to be stored with a message that was held up (throttled, paused, lost) and goes out only now.

    It counts from now on: counted from when it was ready, it may have left a window before anybody heard of it.
    None where it does not count.
    """
    if message.category != "marketing" or not catalog.counted_caps:
        return None
    profile = people.profiles([message.person]).get(message.person)
    address = address_of(message, profile) if profile else None
    if profile is None or address is None:
        return None  # it is not sent any more
    heard = heard_by(profile, address, messages, catalog)
    if all(touch.message != message.id for touch in heard.person.touches):
        return None
    return pressed_by(profile.id, message.address_id, with_again(heard, message, catalog, now=now), catalog)


def give_back(message: Message, catalog: Catalog, *, people: People, messages: Messages) -> None:
    """Take a message out of the pressure on its person and its address.

    Guarded by the versions of the pressure, and done twice it changes nothing. Raises Conflict when others keep
    changing it: whoever told us tells us again. A message that never counted costs the reads alone.
    """
    if message.category != "marketing" or not catalog.counted_caps:
        return
    living = people.profiles([message.person]).get(message.person)
    # Whoever it counted for has it under an id of their own once something else was decided for them: every part of
    # a merged person, and whoever was taken for the same person before (`deciding.pressure_on`).
    counted_for = (*living.parts, *(pair.other for pair in living.apart)) if living else ()
    holders = dict.fromkeys((message.person, *counted_for))
    at_address = counts_addresses(catalog.counted_caps) and bool(message.address_id)
    for _ in range(TRIES):
        try:
            for person in holders:
                _of_person(message, person, messages)
            if at_address:
                _of_address(message, messages)
        except Conflict:
            continue
        return
    raise Conflict(f"pressure of {message.person}")


def _of_person(message: Message, person: str, messages: Messages) -> None:
    after = without(messages.pressure(person), message.id)
    if after is not None:
        messages.press(Pressed(person, on_person=after))


def _of_address(message: Message, messages: Messages) -> None:
    after = without(messages.pressure_at(message.address_id), message.id)
    if after is not None:
        messages.press(Pressed(message.person, address=message.address_id, on_address=after))
