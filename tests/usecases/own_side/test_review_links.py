"""A page says that somebody has left only if the ledger says so too."""

from __future__ import annotations

import pytest

from kizuna.core.errors import TooLarge
from kizuna.core.intake.http import HttpRequest
from kizuna.core.links import Unsubscribe, issue
from kizuna.core.ports import PersonWrite
from kizuna.usecases.own_side.preferences import answer
from tests.support.builders import NOON, a_catalog, a_message, a_profile, new
from tests.support.fakes import InMemoryPeople
from tests.support.house import LINK_KEYS, House


class FullPeople(InMemoryPeople):
    """No record of anybody takes anything more."""

    def commit(self, write: PersonWrite) -> None:
        raise TooLarge("told to")


@pytest.mark.parametrize(("people", "status"), [(FullPeople, 503), (InMemoryPeople, 200)])
def test_an_opt_out_that_the_ledger_does_not_hold_is_not_confirmed(
    people: type[InMemoryPeople], status: int
) -> None:
    house = House(a_catalog(), people=people(a_profile()))
    message = a_message()
    house.messages.create(new(message))
    token = issue(
        send_ref=message.id,
        scope=Unsubscribe("news", "email"),
        issued_at=NOON,
        nonce=b"n" * 16,
        keys=LINK_KEYS,
    )
    request = HttpRequest("POST", f"/u/{token}", body=b"List-Unsubscribe=One-Click")
    reply = answer(request, house.desk, house.catalog, now=NOON)
    assert reply.status == status
    assert bool(house.ledger.events(["p1"])) == (status == 200)
