"""What was wrong with an event is reported, whatever else goes wrong on the way; and nothing valid waits for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.intake.http import HttpRequest
from kizuna.core.sources import KeyKind
from kizuna.topology import Queue
from kizuna.usecases.collecting.collect import Collector, collect
from tests.support.builders import NOON, a_catalog, a_key
from tests.support.customers import a_house, identify, order
from tests.support.fakes import InMemoryKeys
from tests.support.fragile import FragilePeople
from tests.support.house import House


def be_beaten() -> None:
    raise Conflict("somebody else")


def refuse() -> None:
    raise Unavailable("told to")


def a_tablet_of_two(house: House, **fails: Callable[[], None]) -> list[str]:
    """Two people on one device in one batch, the first with a mailbox that is none; the causes reported."""
    house.ingest(order(1, user="u1", anonymous="a1"), order(2, user="u2"))
    assert isinstance(house.people, FragilePeople)
    house.people.fails = {house.people.points + int(at[1:]): fail for at, fail in fails.items()}
    told = identify(3, user="u1", anonymous="a1", email="no mailbox")
    done = house.ingest(told, order(4, user="u2", anonymous="a1"))
    left = house.ingest(*done.left_over) if done.left_over else done
    assert {len(list(house.people.timeline(person.parts))) for person in house.living()} == {2}
    reports = (*done.violations, *(left.violations if left is not done else ()))
    return [one.cause for one in reports if one.cause != "identifier_demoted"]


def test_a_report_survives_that_the_next_person_was_contended() -> None:
    assert a_tablet_of_two(a_house(people=FragilePeople()), p3=be_beaten) == ["invalid_email"]


def test_a_report_survives_that_the_store_refused_the_next_person() -> None:
    assert a_tablet_of_two(a_house(people=FragilePeople()), p3=refuse) == ["invalid_email"]


def test_without_faults_it_is_reported_once_too() -> None:
    assert a_tablet_of_two(a_house(people=FragilePeople())) == ["invalid_email"]


# ── a request ───────────────────────────────────────────────────────────────────────────────────

GOOD = '{"type":"track","userId":"u1","event":"X","messageId":"1"}'
BAD = '{"type":"track","userId":"u1","messageId":"2"}'


def asked(house: House, batch: str) -> int:
    key = "kzs_1"
    on = Collector(
        people=house.people, ledger=house.ledger, keys=InMemoryKeys(a_key(key, kind=KeyKind.SERVER)),
        queues=house.queues, quarantine=house.quarantine, identity_secret=lambda kid: b"", new_id=house.new_id,
    )  # fmt: skip
    request = HttpRequest("POST", "/v1/batch", {"x-write-key": key}, body=f'{{"batch":[{batch}]}}'.encode())
    return collect(request, on, a_catalog(), now=NOON).reply.status


def test_what_is_valid_is_stored_although_the_quarantine_is_closed_and_the_client_comes_again() -> None:
    """Beacons never come again: what can be kept is kept at the first try."""
    house = a_house()
    house.quarantine.down = True
    assert asked(house, f"{BAD},{GOOD}") == 503
    assert len(list(house.people.timeline(["n001"]))) == 1
    house.quarantine.down = False
    assert asked(house, f"{BAD},{GOOD}") == 200
    assert [one.cause for one in house.quarantine.report()] == ["missing_field"]
    assert len(list(house.people.timeline(["n001"]))) == 1


@pytest.mark.parametrize("broken", ["quarantine", "queues"])
def test_of_queue_and_quarantine_each_gets_its_own_although_the_other_is_closed(broken: str) -> None:
    house = a_house()
    house.people.down = True
    getattr(house, broken).down = True
    assert asked(house, f"{BAD},{GOOD}") == 503
    assert len(house.taken(Queue.INGEST)) == (0 if broken == "queues" else 1)
    assert len(house.quarantine.report()) == (0 if broken == "quarantine" else 1)
