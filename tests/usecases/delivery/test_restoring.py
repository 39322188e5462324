"""After a restore: what may have been sent since is UNKNOWN, and never sent again because of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.core.messages import LEASE, By, Category, Message, State
from kizuna.core.provider_reports import MessageReport
from kizuna.usecases.delivery.restoring import give_up_what_was_on_its_way
from tests.support.builders import NOON, a_message
from tests.support.customers import decided, mail_shop
from tests.support.house import House

HOUR = timedelta(hours=1)
BACKUP, NOW = NOON + HOUR, NOON + 3 * HOUR


def restore(house: House) -> dict[str, int]:
    found = give_up_what_was_on_its_way(house.people, house.messages, restored_to=BACKUP, now=NOW)
    return {str(state): count for state, count in found.items()}


MESSAGES: dict[str, tuple[Message, State]] = {
    "waiting": (a_message(), State.UNKNOWN),
    "waiting for a throttled provider": (a_message(not_before=BACKUP + HOUR), State.UNKNOWN),
    "being sent": (a_message(state=State.SENDING, lease_until=NOON + LEASE), State.UNKNOWN),
    "deferred to a time that came since": (
        a_message(state=State.DEFERRED, not_before=BACKUP + HOUR),
        State.UNKNOWN,
    ),
    "deferred to a time to come": (
        a_message(state=State.DEFERRED, not_before=NOW + HOUR),
        State.DEFERRED,
    ),
    "decided since": (a_message(changed_at=NOW, created_at=NOW), State.PENDING),
    **{
        str(state): (a_message(state=state), state)
        for state in (State.SENT, State.FAILED, State.DENIED, State.EXPIRED)
    },
}


@pytest.mark.parametrize("case", MESSAGES)
def test_what_may_have_gone_out_since_the_backup_is_unknown(case: str) -> None:
    message, state = MESSAGES[case]
    house = House(mail_shop())
    house.messages.stored[message.id] = message
    changed = restore(house)
    assert house.only_message().state is state
    assert changed == ({str(message.state): 1} if state is not message.state else {})
    assert restore(house) == {}  # doing it again changes nothing
    if state is State.UNKNOWN:
        assert house.only_message().evidence[-1].by is By.RESTORE


@pytest.mark.parametrize("category", ["marketing", "transactional", "mandatory"])
def test_nothing_of_a_restored_table_is_sent_again_and_a_report_still_settles_it(category: Category) -> None:
    house = decided()
    message = replace(house.only_message(), category=category)
    house.messages.stored[message.id] = message
    restore(house)
    for hours in (4, 6, 30):
        now = NOON + hours * HOUR
        house.ring(now=now)
        house.settle(now=now)
        house.send(now=now)
    assert house.email.sent == []
    assert house.states() == {"UNKNOWN": 1}
    house.hear(MessageReport("r1", message.id, NOON, "accepted", "sent"), now=NOON + 31 * HOUR)
    assert house.only_message().state is State.SENT
