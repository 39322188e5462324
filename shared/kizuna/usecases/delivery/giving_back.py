"""What a message takes of the frequency caps: given back when nobody heard it, moved on when it was held up, and left
out of what was delivered when it turns out not to have arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.decide import with_again
from kizuna.core.errors import Conflict
from kizuna.core.messages import Message, never_arrived
from kizuna.core.ports import Messages, People, Pressed
from kizuna.core.restraint.caps import are_counted, counts_addresses, counts_arrivals
from kizuna.core.restraint.pressure import Pressure, with_arrival, without
from kizuna.usecases.decisions.deciding import heard_by, pressed_by
from kizuna.usecases.decisions.rejudge import address_of

TRIES = 5


def counted_anew(
    message: Message, catalog: Catalog, *, people: People, messages: Messages, now: datetime
) -> Pressed | None:
    """What is to be stored with a message that was held up (throttled, paused, lost) and goes out only now.

    It counts from now on: counted from when it was ready, it may have left a window before anybody heard of it.
    None where it does not count.
    """
    if not are_counted(catalog.counted_caps, message.category):
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
    """Take a message out of the pressure on its person, its address and its household.

    Guarded by the versions of the pressure, and done twice it changes nothing. Raises Conflict when others keep
    changing it: whoever told us tells us again. A message that never counted costs the reads alone.
    """
    _amend(message, catalog, lambda heard: without(heard, message.id), people=people, messages=messages)


def note_arrival(message: Message, catalog: Catalog, *, people: People, messages: Messages) -> None:
    """Note in the pressure whether a message is known not to have arrived, where a cap counts what was delivered.

    Guarded and repeated like `give_back`; drawn from what the message shows now, so a repeat changes nothing.
    """
    if not counts_arrivals(catalog.counted_caps):
        return
    lost = never_arrived(message)
    _amend(
        message,
        catalog,
        lambda heard: with_arrival(heard, message.id, lost=lost),
        people=people,
        messages=messages,
    )


Change = Callable[[Pressure], Pressure | None]  # None: there is nothing to change


def _amend(message: Message, catalog: Catalog, change: Change, *, people: People, messages: Messages) -> None:
    if not are_counted(catalog.counted_caps, message.category):
        return
    living = people.profiles([message.person]).get(message.person)
    # Whoever it counted for has it under an id of their own once something else was decided for them: every part of
    # a merged person, and whoever was taken for the same person before (`deciding.pressure_on`).
    counted_for = (*living.parts, *(pair.other for pair in living.apart)) if living else ()
    holders = dict.fromkeys((message.person, *counted_for))
    at_address = counts_addresses(catalog.counted_caps) and bool(message.address_id)
    for _ in range(TRIES):
        try:
            found = {person: messages.pressure(person) for person in holders}
            # The person's own touch names the household, so it is changed last: a crash leaves it to be found again.
            for home in _homes_of(message, found.values()):
                _at_home(message, home, change, messages)
            if at_address:
                _at_address(message, change, messages)
            for person, heard in found.items():
                after = change(heard)
                if after is not None:
                    messages.press(Pressed(person, on_person=after))
        except Conflict:
            continue
        return
    raise Conflict(f"pressure of {message.person}")


def _homes_of(message: Message, found: Iterable[Pressure]) -> frozenset[str]:
    touches = (touch for heard in found for touch in heard.touches if touch.message == message.id)
    return frozenset(touch.home for touch in touches if touch.home)


def _at_address(message: Message, change: Change, messages: Messages) -> None:
    after = change(messages.pressure_at(message.address_id))
    if after is not None:
        messages.press(Pressed(message.person, address=message.address_id, on_address=after))


def _at_home(message: Message, home: str, change: Change, messages: Messages) -> None:
    after = change(messages.pressure_at(home))
    if after is not None:
        messages.press(Pressed(message.person, home=home, on_home=after))
