"""The 360° view over the use cases: what was told is there with its origin, and no record is too odd to be shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.catalog import Catalog
from kizuna.core.intake.http import HttpRequest
from kizuna.core.people import Address, AddressStatus, Identity, Profile, Trait
from kizuna.core.restraint.wishes import FREQUENCY, PREFERENCES_CHANGED
from kizuna.core.segments import EVERYONE
from kizuna.local.memory.journeys import InMemoryHalts, InMemoryJourneyRuns
from kizuna.usecases.admin import serve
from kizuna.usecases.desk import Desk
from kizuna.usecases.own_side.front_desk import LINK
from kizuna.usecases.people.bodies import person_body
from kizuna.usecases.people.view import EVENTS_READ, view_of_person
from kizuna.usecases.quality.data_pages import DataDesk
from kizuna.usecases.segments.desk import SegmentDesk
from kizuna.usecases.segments.preview import Looker
from tests.support.builders import CAMPAIGN, MAILBOX, NOON, a_catalog, a_profile, an_event, some_documents
from tests.support.customers import DAILY, decided, identify, order, subscribe
from tests.support.examples import examples
from tests.support.fakes_of_merges import InMemoryMerges
from tests.support.fakes_of_sources import InMemoryArrivals
from tests.support.folds import BUYERS
from tests.support.house import House

DAY = timedelta(days=1)
PARTNER = {"id": "shop-backend", "name": "A partner", "licence": "second"}


def desk_of(house: House) -> Desk:
    return Desk(
        house.people,
        house.ledger,
        house.messages,
        house.counters,
        house.runs,
        InMemoryMerges(house.people),
        house.brakes,
        house.results,
        InMemoryJourneyRuns(house.people),
        InMemoryHalts(),
    )


def get(
    house: House, path: str, *, below: str = "/admin/people/", roles: str = "[viewer]", **query: str
) -> tuple[int, dict[str, Any]]:
    request = HttpRequest(
        "GET",
        below + path,
        query={name: (value,) for name, value in query.items()},
        claims={"sub": "somebody", "cognito:groups": roles},
    )
    data = DataDesk(house.quarantine, InMemoryArrivals())
    looker = Looker(house.people, house.ledger, house.messages)
    segments = SegmentDesk(looker, house.backfills, dict)
    return serve(request, desk_of(house), data, segments, house.catalog, now=NOON)


def a_shop() -> Catalog:
    return a_catalog(
        {
            **some_documents(CAMPAIGN | DAILY),
            ("segment", "buyers"): BUYERS,
            ("source", "shop-backend"): PARTNER,
            ("trait", "salary"): {
                "id": "salary",
                "meaning": {"en": "Pay"},
                "sensitive": True,
                "stale_after": "30d",
            },
            ("policy", "policy"): {"frequency_caps": [{"count": 3, "window": "7d"}]},
        }
    )


# ── what is shown ───────────────────────────────────────────────────────────────────────────────


def known() -> House:
    house = decided(a_shop())
    house.ingest(identify(1, anonymous="a1", salary=100, country="JP", phone="(03) 1234-5678"))
    house.ingest(order(2))
    house.settle()
    house.send()
    return house


def test_every_fact_has_its_origin() -> None:
    _, body = get(known(), "u1")
    assert body["traits"]["phone"] == {
        "value": "+81312345678",
        "told": "(03) 1234-5678",
        "withheld": False,
        "at": "2026-11-23T11:00:00.000Z",
        "source": "shop-backend",
        "licence": "second",
        "vouched": True,
        "stale": False,
        "inDecisions": True,
    }
    told = {each["type"]: each for each in body["identities"]}
    assert (told["user_id"]["firstSeen"], told["user_id"]["licence"]) == (
        "2026-11-16T12:00:00.000Z",
        "second",
    )
    assert set(told) == {"user_id", "anonymous_id", "email", "phone"}


def test_addresses_say_what_may_go_there_and_consents_what_proves_it() -> None:
    _, body = get(known(), "u1")
    mail = next(each for each in body["addresses"] if each["channel"] == "email")
    assert mail["used"]
    assert [(each["topic"], each["category"], each["answer"], each["reason"]) for each in mail["reach"]] == [
        ("news", "marketing", "allow", "consent"),
        (None, "transactional", "allow", "transactional"),
        (None, "mandatory", "allow", "mandatory"),
    ]
    (word,) = [each for each in body["consents"] if each["channel"] == "email"]
    assert (word["word"], word["because"][0]["wording_version"]) == ("granted", "v2")
    assert mail["reach"][0]["decidedBy"] == [word["because"][0]["id"]]


def test_messages_pressure_segments_and_events_are_on_the_page() -> None:
    _, body = get(known(), "u1")
    (message,) = body["messages"]["messages"]
    assert (message["state"], body["messages"]["next"]) == ("SENT", None)
    assert set(message["sentence"]) == {"en", "ja"}
    assert body["pressure"]["caps"] == [
        {
            "scope": "person",
            "address": None,
            "wished": False,
            "channel": None,
            "topic": None,
            "brand": None,
            "tag": None,
            "campaign": None,
            "purpose": None,
            "appliesTo": "promotional",
            "counts": "sent",
            "window": "1w",
            "most": 3,
            "used": 1,
            "roomAt": None,
            "onHit": "drop",
        }
    ]
    assert body["brief"]["lately"] == {"days": 7, "promotions": 1, "roomAt": None}
    (segment,) = body["segments"]
    assert segment["id"] == "buyers"
    assert segment["until"] == "2026-11-30T10:00:00.000Z"
    assert segment["because"][0]["question"] == {"event": "Order Completed", "window": {"last": "1w"}}
    assert [each["name"] for each in body["timeline"]["events"]][:2] == ["", "Order Completed"]
    assert body["brief"]["text"]["en"].startswith("U1 (u1)\n")


def test_every_cap_that_counts_for_somebody_says_over_whom_and_when_there_is_room() -> None:
    rules = {
        "frequency_caps": [
            {"scope": "address", "count": 1, "window": "7d"},
            {"scope": "household", "count": 5, "window": "7d"},
            {"topic": "news", "count": 2, "window": "30d"},
            {"tag": "sale", "count": 1, "window": "30d"},
            {"scope": "address", "channel": "sms", "count": 0, "window": "7d"},
        ],
        "household": {"trait": "home"},
        "preference_center": {
            "frequencies": [{"id": "weekly", "name": {"en": "weekly"}, "count": 1, "window": "7d"}]
        },
    }
    shop = a_catalog({**some_documents(CAMPAIGN | DAILY), ("policy", "policy"): rules})
    house = decided(shop)
    house.ingest(identify(1, anonymous="a1", home="elm-street-1", phone="(03) 1234-5678", country="JP"))
    wish = {"choice": "weekly", "count": 1, "window": "7d"}
    house.ingest(
        order(9, name=PREFERENCES_CHANGED, source=LINK, properties={"only_less": False, FREQUENCY: wish})
    )
    house.settle()
    house.send()
    _, body = get(house, "u1")
    addresses = {each["id"]: each["channel"] for each in body["addresses"]}
    caps = [
        (
            each["scope"], addresses.get(each["address"]), each["topic"] or each["tag"] or each["channel"],
            each["wished"], each["used"], each["most"], each["roomAt"] is not None,
        )
        for each in body["pressure"]["caps"]
    ]  # fmt: skip
    assert caps == [
        ("address", "email", None, False, 1, 1, True),
        ("address", "sms", None, False, 0, 1, False),
        ("household", None, None, False, 1, 5, False),
        ("person", None, "news", False, 1, 2, False),
        ("person", None, "sale", False, 0, 1, False),
        ("address", "sms", "sms", False, 0, 0, False),
        ("person", None, None, True, 1, 1, True),
    ]


def test_a_merge_is_shown_with_what_tied_the_two() -> None:
    house = House(a_shop())
    house.ingest(order(1, user=None, anonymous="a1"))
    visitor = house.person("anonymous_id", "a1").id
    house.ingest(order(2))
    house.ingest(identify(3, anonymous="a1"))
    _, body = get(house, visitor)
    (merge,) = body["merges"]
    assert {merge["into"], *merge["absorbed"]} == set(body["parts"])
    assert {"type": "anonymous_id", "value": "a1"} in merge["evidence"][0]["identifiers"]
    assert (merge["undoneAt"], merge["undoableUntil"][:10]) == (None, "2027-02-21")
    assert len(body["timeline"]["events"]) == 3


def test_what_is_declared_sensitive_is_for_the_privacy_role_alone() -> None:
    house = known()
    _, hidden = get(house, "u1")
    assert (hidden["traits"]["salary"]["value"], hidden["traits"]["salary"]["withheld"]) == (None, True)
    assert "salary" not in json.dumps(hidden["timeline"])
    _, shown = get(house, "u1", roles="[privacy]")
    assert (shown["traits"]["salary"]["value"], shown["traits"]["salary"]["withheld"]) == (100, False)
    assert "salary" in json.dumps(shown["timeline"])
    assert "salary" in json.dumps(get(house, "u1/timeline", roles="[privacy]")[1])
    assert "salary" not in json.dumps(get(house, "u1/timeline")[1])


def test_what_has_not_been_confirmed_for_long_is_out_of_date() -> None:
    old = {"salary": Trait(1, NOON - 30 * DAY, "shop"), "plan": Trait("x", NOON - 900 * DAY, "shop")}
    house = House(a_shop(), a_profile(traits=old))
    _, body = get(house, "p1")
    assert {name: trait["stale"] for name, trait in body["traits"].items()} == {"salary": True, "plan": False}


def test_of_many_addresses_only_some_are_asked_about_the_one_in_use_among_them() -> None:
    addresses = [Address("push", f"token-{number}", NOON - number * DAY) for number in range(40)]
    dead = Address("push", "newest", NOON + DAY, AddressStatus.INVALID_TOKEN)
    house = House(a_shop(), a_profile(addresses={each.key: each for each in (dead, *addresses)}))
    _, body = get(house, "p1")
    asked = [each for each in body["addresses"] if each["reach"] is not None]
    assert len(body["addresses"]) == 41
    assert len(asked) <= 10
    assert [each["value"] for each in asked if each["used"]] == ["token-0"]


# ── pages ───────────────────────────────────────────────────────────────────────────────────────


def test_the_timeline_goes_on_where_the_page_ended_over_all_parts() -> None:
    house = House(a_shop())
    house.ingest(*(order(number, user=None, anonymous="a1") for number in range(1, 8)))
    house.ingest(*(order(number) for number in range(11, 18)))
    house.ingest(identify(99, anonymous="a1"))
    _, page = get(house, "u1", limit="4")
    seen = [each["id"] for each in page["timeline"]["events"]]
    following = page["timeline"]["next"]
    while following:
        status, page = get(house, "u1/timeline", before=following, limit="4")
        assert (status, len(page["events"]) <= 4) == (200, True)
        seen += [each["id"] for each in page["events"]]
        following = page["next"]
    everything = house.people.timeline(house.person("user_id", "u1").parts)
    assert sorted(seen) == sorted(entry.event.id for entry in everything)
    assert len(seen) == len(set(seen)) == 15


def test_however_long_the_history_a_view_reads_a_bounded_part_of_it() -> None:
    house = House(a_shop())
    events = {f"e#{number:013d}#{number:016x}": an_event(number=number) for number in range(3 * EVENTS_READ)}
    house.people.stored["p1"] = a_profile()
    house.people.events["p1"] = events
    view = view_of_person(a_profile(), desk_of(house), house.catalog, now=NOON)
    assert len(view.entries) == EVENTS_READ
    assert view.brief.events_since is not None
    assert view.brief.orders is not None
    assert not view.brief.orders.complete


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"before": "p#1"}, "before"),
        ({"before": "e#0000000000001#00"}, "before"),
        ({"country": "JPN"}, "country"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(query: dict[str, str], says: str) -> None:
    status, body = get(known(), "u1/timeline", **query)
    assert (status, body["code"]) == (400, "invalid_parameter")
    assert body["message"].startswith(f"{says}:")


# ── whoever it is ───────────────────────────────────────────────────────────────────────────────

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
INSTANTS = st.integers(0, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
NAMES = st.sampled_from(
    [
        "name",
        "first_name",
        "last_name",
        "language",
        "country",
        "region",
        "timezone",
        "age",
        "birthday",
        "plan",
    ]
) | st.text(max_size=8)
TRAITS = st.dictionaries(
    NAMES, st.builds(Trait, VALUES, INSTANTS, st.text(max_size=5), st.booleans(), VALUES), max_size=6
)
ADDRESSES = st.lists(
    st.builds(
        Address,
        st.sampled_from(["email", "sms", "push", "whatsapp", "carrier-pigeon"]),
        st.text(max_size=20),
        INSTANTS,
        st.sampled_from(AddressStatus),
        INSTANTS | st.none(),
    ),
    max_size=4,
).map(lambda found: {each.key: each for each in found})
IDENTITIES = st.lists(
    st.builds(
        Identity,
        st.sampled_from(["user_id", "email", "x"]),
        st.text(max_size=9),
        st.text(max_size=9),
        INSTANTS | st.none(),
    ),
    max_size=3,
).map(lambda found: {each.key: each for each in found})
PROFILES = st.builds(
    a_profile,
    traits=TRAITS,
    addresses=ADDRESSES,
    identities=IDENTITIES,
    segments=st.sampled_from([frozenset[str](), frozenset({EVERYONE, "buyers", "gone"})]),
    status=st.sampled_from(["active", "restricted"]),
    zone=st.sampled_from(["Asia/Tokyo", "", "../etc", "x\x00", None]),
    purchased_at=INSTANTS | st.none(),
    gpc=st.booleans(),
)
EVENT_NAMES = ["Support Ticket Opened", "Support Ticket Closed", "NPS Answered", "Order Completed", "X", ""]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["Support Ticket Opened", "Support Ticket Closed", "NPS Answered", "Order Completed", "X", ""]
        ),
        st.dictionaries(st.sampled_from(["ticket_id", "score", "revenue", "currency"]), VALUES, max_size=3),
        INSTANTS,
    ),
    max_size=5,
)
CATALOG = a_shop()


@settings(max_examples=examples(40), deadline=None)
@given(profile=PROFILES, events=EVENTS)
def test_no_record_is_too_odd_to_be_shown(
    profile: Profile, events: list[tuple[str, dict[str, Any], datetime]]
) -> None:
    house = House(CATALOG, profile)
    for number, (name, properties, at) in enumerate(events):
        event = an_event(name, number=number, at=at, properties=properties)
        house.people.events[profile.id][f"e#{int(at.timestamp() * 1000):013d}#{number:016x}"] = event
    view = view_of_person(profile, desk_of(house), CATALOG, now=NOON)
    body = person_body(view, CATALOG)
    assert json.loads(json.dumps(body))["id"] == profile.id
    assert body["brief"]["text"]["en"]
    assert body["brief"]["text"]["ja"]


def test_the_brief_shows_no_address() -> None:
    house = known()
    house.ingest(subscribe("u1", number=9, status="UNSUBSCRIBED", at=NOON))
    _, body = get(house, "u1/brief")
    assert MAILBOX.partition("@")[2] not in json.dumps(body)
    assert "1234" not in json.dumps(body)
