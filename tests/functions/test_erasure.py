"""Erasing a person: nothing is left that names them, and what must stay stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.consent import verify_chain
from kizuna.core.messages import State
from kizuna.topology import Function, Queue
from kizuna.usecases.rights.erasing import erase_further
from tests.support.clouds import (
    Shop,
    a_lambda_event,
    a_user,
    an_sqs_event,
    failures,
    running_shop,
    with_words,
)
from tests.support.erasing import (
    ask,
    bucket,
    eraser,
    everything_stored,
    forget,
    into_lake,
    lived,
    places_of,
    work,
)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as made:
        yield made


@contextmanager
def published(shop: Shop) -> Iterator[list[dict[str, Any]]]:
    """What goes on the bus inside the block."""
    seen: list[dict[str, Any]] = []

    def note(params: Any, **_: Any) -> None:
        seen.extend(params["Entries"])

    events = shop.wired.bus._client.meta.events
    events.register("before-parameter-build.events.PutEvents", note)
    try:
        yield seen
    finally:
        events.unregister("before-parameter-build.events.PutEvents", note)


def test_nothing_names_the_person_once_they_are_erased(
    shop: Shop, user: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with published(shop) as told:
        person = lived(shop, user)
        assert len(person.profile.parts) == 2
        assert {"kizuna-local-people", "kizuna-local-ledger"} & {
            place.partition(" ")[0] for place in places_of(shop, person.values)
        }
        forget(shop, user)
        assert places_of(shop, person.values) == []
        shop.settle()
        shop.cloud.advance(timedelta(hours=3))
    assert places_of(shop, person.values) == []
    assert not [each for each in told for value in person.values[1:] if value in each["Detail"]]
    logged = capfd.readouterr()
    assert not [value for value in person.values[1:] if value in logged.out + logged.err]


def test_nothing_is_left_that_leads_to_the_person_but_a_tombstone_and_the_proofs(
    shop: Shop, user: str
) -> None:
    person = lived(shop, user)
    forget(shop, user)
    shop.cloud.advance(timedelta(hours=3))
    parts = person.profile.parts
    places = [place for place, text in everything_stored(shop) if any(part in place for part in parts)]
    kinds = {
        (place.split(" ")[0].rpartition("-")[2], place.split(" ")[2].partition("#")[0]) for place in places
    }
    assert kinds == {("people", "profile"), ("ledger", "e")}
    assert shop.wired.people.profiles(parts) == {}
    assert shop.wired.messages.of_person(parts) == ()
    assert [list(shop.wired.people.timeline(parts))] == [[]]


def test_the_chain_of_consents_is_still_verified_and_each_entry_proved(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    before = shop.wired.ledger.chain([person.profile.id])
    assert len(before) >= 2
    forget(shop, user)
    after = shop.wired.ledger.chain([person.profile.id])
    tombstone = shop.wired.erasures.stored([person.profile.id])[person.profile.id]
    assert [entry.event for entry in after] == [None] * len(before)
    assert verify_chain(after, head=tombstone.ledger_head) == ()
    assert tombstone.ledger_head == before[-1].hash
    proofs = shop.wired.ledger.proofs(person.profile.id)
    told = [entry.event for entry in before if entry.event is not None]
    assert [proof["action"] for proof in proofs] == [event.action for event in told]
    grant = next(proof for proof in proofs if proof["action"] == "grant")
    assert grant["endpoint_hash"] in shop.wired.hash_keys().hashes("email", person.email)
    assert not {"subject_ref", "endpoint", "proof"} & set(grant)


def test_other_systems_are_told_by_an_id_that_stands_for_nobody(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    with published(shop) as told:
        asked = forget(shop, user)
    (erased,) = [each for each in told if each["DetailType"] == "ProfileErased"]
    detail = json.loads(erased["Detail"])
    assert detail["person"] == person.profile.id
    assert asked.erasure is not None
    assert (detail["cause"], set(detail["parts"])) == (asked.erasure.id, set(person.profile.parts))


def test_doing_it_twice_changes_nothing(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    first = forget(shop, user)
    again = ask(shop, person.profile.id)
    assert (first.status, again.status) == ("begun", "erased")
    assert work(shop, person.profile.id).is_buried
    lines = [
        entry for entry in shop.wired.erasures.entries(kind="erased") if entry.person == person.profile.id
    ]
    assert len(lines) == 1


def test_the_log_tells_of_it_in_ids_and_hashes(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    forget(shop, user)
    shop.cloud.advance(timedelta(hours=3))
    mine = [entry for entry in shop.wired.erasures.entries() if entry.person == person.profile.id]
    begun, finished = mine
    assert (begun.kind, finished.kind) == ("erased", "finished")
    assert (begun.actor, begun.ground, begun.parts) == ("dpo", "request", person.profile.parts)
    assert finished.counts
    assert finished.counts["messages"] >= 1
    assert finished.counts["events"] >= 6
    assert {kind for kind, _ in begun.hashes} >= {"email", "phone", "user_id", "anonymous_id", "push_token"}


def test_a_message_in_flight_ends_and_what_is_reported_of_it_is_dropped(shop: Shop, user: str) -> None:
    shop.greet(user, settle=False)
    person = shop.person(user)
    shop.settle()
    (message,) = shop.messages(user)
    forget(shop, user)
    event = with_words(a_lambda_event("feedback/ses-open"), SEND_ID=message.id)
    with shop.new_violations() as found:
        assert failures(shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, event))) == []
    assert [each.cause for each in found] == ["unknown_message"]
    assert shop.wired.people.profiles([person.id]) == {}
    assert places_of(shop, (f"{user}@people.example",)) == []


def test_a_message_that_waits_is_not_sent(shop: Shop, user: str) -> None:
    shop.greet(user, settle=False)
    with shop.refusing_queues(times=0):
        shop.cloud._stream_once()  # decided, and on its queue
    (message,) = shop.messages(user)
    assert message.state is State.PENDING
    asked = ask(shop, user)
    shop.settle()
    assert shop.mails(user) == ()
    work(shop, asked.person)
    assert shop.wired.messages.get(message.id) is None


def test_what_lies_in_quarantine_goes_if_it_names_the_person(shop: Shop, user: str) -> None:
    other = a_user()
    shop.greet(user)
    bad = {"type": "track", "event": "", "messageId": "x", "properties": {"n": 1}}
    shop.send({**bad, "userId": user}, {**bad, "userId": other, "messageId": "y"})
    assert [place for place, text in bucket(shop) if user in text]
    forget(shop, user)
    texts = [text for _, text in bucket(shop)]
    assert not [text for text in texts if f'"{user}' in text or f'{user}\\"' in text]
    assert [text for text in texts if other in text]


def test_the_rows_of_the_lake_go_an_hour_later_and_those_of_others_stay(shop: Shop, user: str) -> None:
    person, other = lived(shop, user), a_user()
    day = f"{shop.now:%Y-%m-%d}"
    mine = [
        {"kind": "event", "id": str(n), "person": person.profile.parts[n % 2], "name": "X"} for n in range(4)
    ]
    theirs = {"kind": "event", "id": "9", "person": f"p-{other}", "name": "Y"}
    into_lake(shop, f"events/dt={day}/a-{user}.jsonl.gz", [*mine[:2], theirs])
    into_lake(shop, f"events/dt={day}/b-{user}.jsonl.gz", mine[2:])
    import base64

    undelivered = base64.b64encode((json.dumps(mine[0]) + "\n").encode()).decode()
    into_lake(
        shop, f"errors/processing-failed/dt={day}/{user}", [{"rawData": undelivered}, {"rawData": "e30="}]
    )
    forget(shop, user)
    shop.cloud.advance(timedelta(hours=3))
    left = {place: text for place, text in bucket(shop) if user in place}
    assert set(left) == {f"events/dt={day}/a-{user}.jsonl.gz", f"errors/processing-failed/dt={day}/{user}"}
    assert json.loads(left[f"events/dt={day}/a-{user}.jsonl.gz"].partition(".gz")[2]) == theirs
    assert undelivered not in left[f"errors/processing-failed/dt={day}/{user}"]


def test_the_work_is_done_in_bounded_pieces_and_goes_on_by_itself(shop: Shop, user: str) -> None:
    """Nobody drives it: the sweep of alarms finds what has stopped."""
    person = lived(shop, user)
    asked = ask(shop, user)
    erase_further(asked.person, eraser(shop), shop.wired.catalog.current(), now=shop.now)
    shop.cloud.advance(timedelta(minutes=10))
    assert places_of(shop, person.values) == []
    assert shop.wired.erasures.under_way(asked.person) is not None
    shop.cloud.advance(timedelta(hours=2))
    assert shop.wired.erasures.under_way(asked.person) is None
