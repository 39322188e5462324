"""What a message took of the frequency caps is given back when it never reached anybody."""

from __future__ import annotations

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict
from kizuna.core.messages import Message
from kizuna.core.ports import Messages, People, Pressed
from kizuna.core.restraint.caps import counts_addresses
from kizuna.core.restraint.pressure import without

TRIES = 5


def give_back(message: Message, catalog: Catalog, *, people: People, messages: Messages) -> None:
    """Take a message out of the pressure on its person and its address.

    Guarded by the versions of the pressure, and done twice it changes nothing. Raises Conflict when others keep
    changing it: whoever told us tells us again. A message that never counted costs the reads alone.
    """
    if message.category != "marketing" or not catalog.policy.frequency_caps:
        return
    living = people.profiles([message.person]).get(message.person)
    # After a merge it may be counted under the id of either.
    holders = dict.fromkeys((message.person, *((living.id,) if living else ())))
    at_address = counts_addresses(catalog.policy.frequency_caps) and bool(message.address_id)
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
