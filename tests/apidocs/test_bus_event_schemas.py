"""What other systems hear on the bus is what the published schemas say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from kizuna.apidocs.files import bus_event_schema
from kizuna.core.bus_events import BUS_EVENTS, MessageEvent, SegmentEntered
from kizuna.core.folding import Fact
from kizuna.core.messages import State
from kizuna.usecases.reacting.react import Change, MessageChanged, ProfileChanged, Reactor, react
from tests.support.builders import NOON, a_catalog, a_message, a_profile, new, some_documents
from tests.support.clouds import Shop, a_user
from tests.support.fakes_of_askings import InMemoryAskings
from tests.support.fakes_of_services import InMemoryBus, InMemoryQueues
from tests.support.json_schemas import problems, unknown_keywords
from tests.support.stores import in_memory

SCHEMAS = {kind.__name__: bus_event_schema(kind) for kind in BUS_EVENTS}
EVERYTHING = {"id": "policy", "publish": list(SCHEMAS)}
ANNOUNCED = {
    State.SENT: "MessageSent",
    State.DENIED: "MessageWithheld",
    State.DEFERRED: "MessageDeferred",
    State.EXPIRED: "MessageExpired",
    State.FAILED: "MessageFailed",
    State.UNKNOWN: "MessageUnknown",
}


def heard(change: Change, *, publish: list[str] | None = None) -> list[tuple[str, dict[str, Any]]]:
    """What goes over the bus for one change, by default whatever may be published."""
    stores, bus = in_memory(), InMemoryBus()
    if isinstance(change, MessageChanged):
        stores.messages.create(new(change.after))
    policy = EVERYTHING if publish is None else {**EVERYTHING, "publish": publish}
    on = Reactor(
        stores.people,
        stores.ledger,
        stores.messages,
        stores.counters,
        InMemoryQueues(),
        bus,
        lambda: "p-new",
        InMemoryAskings(),
    )
    react(change, on, a_catalog({**some_documents(), ("policy", "policy"): policy}), now=NOON)
    return bus.published


def test_every_event_of_the_bus_has_a_schema_that_names_it_and_its_version() -> None:
    for name, schema in SCHEMAS.items():
        assert schema["title"] == name
        assert schema["description"], name
        assert schema["properties"]["version"]["const"] == 1
        assert schema["additionalProperties"] is False
        assert unknown_keywords(schema) == set()


@pytest.mark.parametrize(
    ("kind", "name", "own"),
    [
        ("entered", "SegmentEntered", {"segment": "loyal"}),
        ("exited", "SegmentExited", {"segment": "loyal"}),
        ("consent", "ConsentChanged", {"act": "loyal"}),
        ("merged", "ProfileMerged", {"absorbed": "loyal"}),
        ("address", "AddressChanged", {}),
    ],
)
def test_a_fact_about_a_person_is_told_in_its_published_shape(
    kind: Any, name: str, own: dict[str, str]
) -> None:
    after = a_profile(updated_at=NOON + timedelta(microseconds=1500))
    told = heard(ProfileChanged(None, after, (Fact(kind, "loyal", "event-1"),)))
    detail = {"version": 1, "person": "p1", "cause": "event-1", "at": "2026-11-23T12:00:00.001Z", **own}
    assert told == [(name, detail)]
    assert problems(detail, SCHEMAS[name], SCHEMAS[name]) == []


def test_that_somebody_did_something_is_not_told_again() -> None:
    fact = Fact("event", "Order Completed", "event-1", "e#1")
    assert heard(ProfileChanged(None, a_profile(), (fact,)), publish=[*SCHEMAS]) == []


@pytest.mark.parametrize("state", State)
def test_a_message_that_comes_to_rest_is_told_in_its_published_shape(state: State) -> None:
    message = a_message(state=state, reason="because", state_version=2)
    told = heard(MessageChanged(replace(message, state_version=1, reason="before"), message))
    if state not in ANNOUNCED:
        assert told == []
        return
    ((name, detail),) = told
    assert name == ANNOUNCED[state]
    assert detail == {
        "version": 1,
        "message": message.id,
        "person": "p1",
        "campaign": "spring",
        "run": "20261123T1200Z",
        "channel": "email",
        "topic": "news",
        "reason": "because",
        "at": "2026-11-23T12:00:00.000Z",
    }
    assert problems(detail, SCHEMAS[name], SCHEMAS[name]) == []


def test_a_message_that_goes_on_waiting_for_the_same_reason_is_told_once() -> None:
    waiting = a_message(state=State.DEFERRED, reason="quiet_hours", state_version=2)
    assert heard(MessageChanged(replace(waiting, state_version=1), waiting)) == []


def test_nothing_is_told_that_the_policy_does_not_name() -> None:
    change = ProfileChanged(
        None,
        a_profile(),
        (Fact("entered", "loyal", "e"), Fact("consent", "grant", "c"), Fact("merged", "p2", "p1")),
    )
    assert [name for name, _ in heard(change, publish=["ConsentChanged"])] == ["ConsentChanged"]
    assert heard(change, publish=[]) == []


def test_every_event_of_messages_is_among_those_of_the_bus() -> None:
    assert {kind.__name__ for kind in get_args(MessageEvent)} == set(ANNOUNCED.values())
    assert set(get_args(MessageEvent)) <= set(BUS_EVENTS)


def test_a_detail_with_a_field_that_was_never_published_cannot_be_made() -> None:
    with pytest.raises(ValidationError):
        SegmentEntered.model_validate(
            {"person": "p1", "cause": "c", "at": NOON, "segment": "s", "email": "ann@example.com"}
        )


def test_what_really_goes_over_the_bus_is_in_its_published_shape(shop: Shop) -> None:
    user = a_user()
    told: list[tuple[str, dict[str, Any]]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        told.extend((entry["DetailType"], json.loads(entry["Detail"])) for entry in params["Entries"])

    events = shop.wired.bus._client.meta.events
    events.register("before-parameter-build.eventbridge.PutEvents", note)
    phone = "+447700900124"
    order = {"type": "track", "userId": user, "event": "Order Completed"}
    shop.send(
        {"type": "track", "anonymousId": f"{user}-browser", "event": "Product Viewed"},
        {"type": "identify", "userId": user, "traits": {"phone": phone, "country": "GB"}},
        {"type": "alias", "userId": user, "previousId": f"{user}-browser"},
        *(
            {**order, "properties": {"revenue": 40, "currency": "GBP", "order_id": f"{user}-{number}"}}
            for number in range(4)
        ),
        {
            "type": "track",
            "userId": user,
            "event": "Seen",
            "context": {"messaging_subscriptions": [{"key": phone, "type": "SMS", "status": "UNSUBSCRIBED"}]},
        },
    )
    shop.settle()
    events.unregister("before-parameter-build.eventbridge.PutEvents", note)
    assert {"SegmentEntered", "ConsentChanged"} <= {name for name, _ in told}
    assert {name for name, _ in told} & {"MessageSent", "MessageWithheld"}
    for name, detail in told:
        assert problems(detail, SCHEMAS[name], SCHEMAS[name]) == [], name
