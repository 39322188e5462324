"""When a client hears 200, everything it sent is on a record, in quarantine with its cause, or in the queue."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jwt
import pytest

from kizuna.core.contracts import EventsLeftOver
from kizuna.core.events import Event, SourceKind
from kizuna.core.intake.canonical import event_from_canonical
from kizuna.core.intake.http import HttpReply
from kizuna.core.people import Profile
from kizuna.core.sources import KeyKind
from kizuna.topology import Queue
from kizuna.usecases.collecting.collect import PART_BYTES, PEOPLE_INLINE, Collector, collect, left_over_bodies
from tests.support.builders import NOON, a_catalog, a_key, some_documents
from tests.support.customers import SEGMENTS, order, orders_of
from tests.support.fakes import InMemoryKeys
from tests.support.fragile import FragilePeople, refuse
from tests.support.house import House
from tests.support.intake import a_post

SECRET = b"0123456789abcdef0123456789abcdef"
SOURCE = {
    "id": "website", "name": "Website", "origins": ["https://shop.example"],
    "consent_proof": {"wording_version": "v2", "shown": "form"},
}  # fmt: skip
CATALOG = a_catalog(
    {
        **some_documents(),
        ("source", "website"): SOURCE,
        **{("segment", name): document for name, document in SEGMENTS.items()},
    }
)
CLIENT, SERVER, IDENTITY, REVOKED = "kzc_client", "kzs_server", "kzi_identity", "kzc_revoked"
KEYS = (
    a_key(CLIENT),
    a_key(SERVER, kind=KeyKind.SERVER),
    a_key(IDENTITY, kind=KeyKind.IDENTITY),
    a_key(REVOKED, revoked_at=NOON),
    a_key("kzi_other", kind=KeyKind.IDENTITY, source="other"),
)


class Shop:
    """A collecting endpoint over the fakes."""

    def __init__(self, *, people: FragilePeople | None = None) -> None:
        self.house = House(CATALOG, people=people)
        self.over = False
        self.on = Collector(
            people=self.house.people,
            ledger=self.house.ledger,
            keys=InMemoryKeys(*KEYS),
            queues=self.house.queues,
            quarantine=self.house.quarantine,
            identity_secret=lambda kid: SECRET,
            new_id=self.house.new_id,
            seconds_over=lambda: self.over,
        )

    def post(
        self, path: str, body: Any, *, key: str = SERVER, headers: Mapping[str, str] | None = None
    ) -> HttpReply:
        auth = {"authorization": f"Bearer {key}"} if key else {}
        request = a_post(path, body, headers={"content-type": "application/json", **auth, **(headers or {})})
        return collect(request, self.on, CATALOG, now=NOON).reply

    def batch(self, *events: dict[str, Any], **more: Any) -> HttpReply:
        return self.post("/v1/batch", {"batch": list(events)}, **more)

    def person(self, user: str) -> Profile:
        return self.house.person("user_id", user)

    def queued(self) -> list[Event]:
        """What waits in the ingest queue, as its consumer reads it."""
        found = []
        for body in self.house.taken(Queue.INGEST):
            left = EventsLeftOver.model_validate_json(json.dumps(body))
            source = replace(order().source, id=left.source, kind=SourceKind(left.source_kind))
            found += [event_from_canonical(event, source) for event in left.events]
        return found

    def causes(self) -> list[str]:
        return sorted(one.cause for one in self.house.quarantine.report())


def bought(number: int = 1, *, user: str = "u1", **fields: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Order Completed", "userId": user, "messageId": f"m{number}", **fields}


def test_after_the_reply_the_record_and_its_segments_are_current() -> None:
    shop = Shop()
    reply = shop.batch(bought(1), bought(2), bought(3), bought(3))
    assert reply.status == 200
    assert shop.person("u1").segments == {"everyone", "buyers", "loyal"}
    assert shop.batch(bought(1), bought(2), bought(3)).status == 200
    assert orders_of(shop.person("u1")) == 3


def test_what_is_usable_is_kept_and_what_is_not_is_named() -> None:
    shop = Shop()
    reply = shop.batch(bought(1), bought(2, userId=None), {"type": "what"}, bought(3, user="null"))
    assert reply.status == 200
    assert shop.causes() == ["missing_identity", "no_usable_identity", "unknown_type"]
    assert orders_of(shop.person("u1")) == 1


@pytest.mark.parametrize("key", ["", "kzc_unknown", IDENTITY, REVOKED])
def test_without_a_living_write_key_nothing_is_taken(key: str) -> None:
    shop = Shop()
    reply = shop.batch(bought(1), key=key)
    assert (reply.status, json.loads(reply.body)["code"]) == (401, "unauthorized")
    assert shop.house.people.stored == {}


def test_a_client_key_works_from_its_own_pages_and_where_no_page_is_named() -> None:
    shop = Shop()
    for number, (origin, status) in enumerate(
        [("https://shop.example", 200), ("https://evil.example", 403), (None, 200)]
    ):
        headers = {"origin": origin} if origin else {}
        assert shop.batch(bought(number), key=CLIENT, headers=headers).status == status
    assert orders_of(shop.person("u1")) == 2


def test_declaring_two_identities_one_person_takes_a_server_key() -> None:
    merge = {"type": "merge", "messageId": "m9", "mergeProperties": [
        {"type": "user_id", "value": "u1"}, {"type": "email", "value": "ann@example.com"},
    ]}  # fmt: skip
    shop = Shop()
    assert shop.post("/v1/merge", merge, key=CLIENT).status == 403
    assert shop.batch(merge, bought(1), key=CLIENT).status == 200
    assert shop.causes() == ["forbidden"]
    assert ("email", "ann@example.com") not in shop.person("u1").identities
    assert shop.post("/v1/merge", merge).status == 200
    assert ("email", "ann@example.com") in shop.person("u1").identities


# ── identity tokens ─────────────────────────────────────────────────────────────────────────────


def token(subject: str = "u1", *, kid: str = IDENTITY, secret: bytes = SECRET, lasts: int = 600) -> str:
    claims = {"sub": subject, "exp": int(NOON.timestamp()) + lasts}
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": kid})


def tell(shop: Shop, **headers: str) -> None:
    """A page tells a new address for somebody who is known already."""
    shop.batch(bought(1))
    told = {"type": "identify", "userId": "u1", "messageId": "m5", "traits": {"email": "new@example.com"}}
    assert shop.batch(told, key=CLIENT, headers=headers).status == 200


def test_with_a_token_a_page_may_tell_an_address_for_its_subject() -> None:
    shop = Shop()
    tell(shop, **{"x-identity-token": token()})
    assert set(shop.person("u1").addresses) == {("email", "new@example.com")}


FORGED = {
    "none": "",
    "for somebody else": token("u2"),
    "of another source": token(kid="kzi_other"),
    "of a write key": token(kid=SERVER),
    "of an unknown key": token(kid="kzi_x"),
    "by another secret": token(secret=SECRET[::-1]),
    "expired": token(lasts=-1),
}


@pytest.mark.parametrize("case", FORGED)
def test_without_a_valid_token_it_may_not(case: str) -> None:
    shop = Shop()
    tell(shop, **({"x-identity-token": FORGED[case]} if FORGED[case] else {}))
    assert shop.person("u1").addresses == {}
    assert shop.causes() == ["identity_token_required"]


# ── what is not handled inline ──────────────────────────────────────────────────────────────────


def assert_all_arrives(shop: Shop, people: int) -> None:
    """The queue brings the rest, and the records are as if nothing had happened."""
    shop.house.people.down = False
    waiting = shop.queued()
    assert {event.received_at for event in waiting} <= {NOON}
    assert not shop.house.ingest(*waiting).left_over
    assert len(shop.house.living()) == people
    assert all(orders_of(person) == 1 for person in shop.house.living())


def test_more_people_than_one_call_may_take_go_to_the_queue() -> None:
    shop = Shop()
    people = PEOPLE_INLINE + 30
    assert shop.batch(*(bought(number, user=f"u{number}") for number in range(people))).status == 200
    assert len(shop.house.living()) == PEOPLE_INLINE
    assert_all_arrives(shop, people)


def test_when_the_time_is_over_the_rest_goes_to_the_queue() -> None:
    shop = Shop()
    shop.over = True
    assert shop.batch(*(bought(number, user=f"u{number}") for number in range(5))).status == 200
    assert shop.house.people.stored == {}
    assert_all_arrives(shop, 5)


def test_what_the_store_refuses_goes_to_the_queue_and_is_answered_with_success() -> None:
    shop = Shop()
    shop.house.people.down = True
    assert shop.batch(*(bought(number, user=f"u{number}") for number in range(5))).status == 200
    assert_all_arrives(shop, 5)
    fragile = Shop(people=FragilePeople(fails={4: refuse}))
    assert fragile.batch(*(bought(number, user=f"u{number}") for number in range(5))).status == 200
    assert_all_arrives(fragile, 5)


def test_only_what_neither_the_store_nor_the_queue_takes_is_refused_for_now() -> None:
    shop = Shop()
    shop.house.people.down = shop.house.queues.down = True
    reply = shop.batch(bought(1))
    assert (reply.status, reply.headers["Retry-After"]) == (503, "1")
    shop.house.people.down = shop.house.queues.down = False
    shop.house.quarantine.down = True
    assert shop.batch({"type": "what"}).status == 503


def test_a_token_that_vouched_for_a_caller_still_does_behind_the_queue() -> None:
    shop = Shop()
    shop.batch(bought(1))
    shop.over = True
    told = {"type": "identify", "userId": "u1", "messageId": "m5", "traits": {"email": "new@example.com"}}
    shop.batch(told, key=CLIENT, headers={"x-identity-token": token()})
    (event,) = shop.queued()
    assert event.source.identity_verified
    assert shop.house.ingest(event).violations == ()


@pytest.mark.parametrize("letter", ["a", "é", "界", "👋", '"', "\n", "\x00"])
def test_parts_for_the_queue_fit_whatever_the_letters_and_lose_nothing(letter: str) -> None:
    text = letter * 9_000
    events = [order(number, properties={"text": text}) for number in range(150)]
    events += [order(900 + number, source=replace(order().source, id="app")) for number in range(3)]
    bodies = list(left_over_bodies(events))
    sizes = [len(json.dumps(body).encode()) for body in bodies]
    assert max(sizes) < PART_BYTES + 1_000
    assert len(bodies) <= 2 + math.ceil(sum(sizes) / (PART_BYTES - 9_000 * 12))
    assert sorted(event["id"] for body in bodies for event in body["events"]) == sorted(
        event.id for event in events
    )
    assert {body["source"] for body in bodies} == {"shop-backend", "app"}


def test_nothing_left_over_is_no_message() -> None:
    assert list(left_over_bodies([])) == []
