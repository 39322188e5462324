"""What a usable event becomes (`ingest-api.md` 3)."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.intake.batch import Intake
from kizuna.core.intake.bus import from_bus
from kizuna.core.intake.limits import Limits
from kizuna.core.intake.network import truncated_ip
from tests.support.intake import CLIENT, NOW, SERVER, a_post, a_track, batch_of, only_event, taken_in


def event_of(body: dict[str, Any], path: str = "/v1/track", **request: Any) -> Event:
    known = {name: request.pop(name) for name in ("source", "limits", "now") if name in request}
    return only_event(taken_in(a_post(path, body, **request), **known))


def test_the_path_decides_the_type_of_a_single_event_and_the_item_that_of_a_batch() -> None:
    assert event_of({"type": "track", "userId": "u1"}, "/v1/identify").type == "identify"
    assert event_of({"userId": "u1", "event": "X"}, "/v1/t").type == "track"
    assert event_of({"userId": "u1"}, "/api/s/s2s/screen").type == "screen"
    assert only_event(batch_of([{"type": "page", "userId": "u1"}], type="track")).type == "page"


@pytest.mark.parametrize(
    ("written", "identifier"),
    [
        ("u1", "u1"), ("0017", "0017"), (17, "17"), (0, "0"), (-5, "-5"), (12.0, "12"),
        (1e21, "1000000000000000000000"), (1e-7, "0.0000001"),
        (1.5, "1.5"), (12345678901234567890, "12345678901234567890"), (" u1", " u1"),
        ("a#b|c/d/../e", "a#b|c/d/../e"), ("Zoë 人 😀", "Zoë 人 😀"), ("x" * 512, "x" * 512), ("é" * 256, "é" * 256),
        ("a\u200bb", "a\u200bb"),
    ],
)  # fmt: skip
def test_an_identifier_is_kept_as_it_is_and_a_number_is_written_out(written: Any, identifier: str) -> None:
    assert event_of(a_track(userId=written)).user_id == identifier
    assert event_of(a_track(userId=None, anonymousId=written)).anonymous_id == identifier
    alias = event_of({"userId": "u1", "previousId": written}, "/v1/alias")
    assert alias.previous_id == identifier
    assert event_of({"userId": "u1", "groupId": written}, "/v1/group").group_id == identifier


@pytest.mark.parametrize("blank", [None, "", " ", "\n\t"])
def test_null_and_blank_are_the_same_as_absent(blank: str | None) -> None:
    event = event_of(
        a_track(anonymousId=blank, properties=None, context=None, integrations=None, timestamp=blank)
    )
    assert event == event_of(a_track())
    assert event.anonymous_id is None
    assert event.at == NOW


@pytest.mark.parametrize(
    ("traits", "in_context", "expected"),
    [
        ({"a": 1}, None, {"a": 1}),
        (None, {"a": 1}, {"a": 1}),
        ({"a": 1, "b": None}, {"a": 2, "b": 2, "c": 3}, {"a": 1, "b": None, "c": 3}),
        ({}, {}, {}),
    ],
)
def test_an_identifys_own_traits_stand_over_those_in_its_context(
    traits: Any, in_context: Any, expected: dict[str, Any]
) -> None:
    event = event_of({"userId": "u1", "traits": traits, "context": {"traits": in_context}}, "/v1/identify")
    assert event.traits == expected
    assert event.context == {}


def test_traits_in_the_context_of_another_call_stay_there() -> None:
    event = event_of(a_track(context={"traits": {"plan": "pro"}}))
    assert (event.traits, event.context) == ({}, {"traits": {"plan": "pro"}})


def test_the_category_of_a_page_is_a_property_unless_the_properties_have_one() -> None:
    page = {"userId": "u1", "name": "Home", "category": "Shop", "properties": {"path": "/"}}
    assert event_of(page, "/v1/page").properties == {"category": "Shop", "path": "/"}
    assert event_of({**page, "properties": {"category": "Own"}}, "/v1/page").properties == {"category": "Own"}
    assert event_of(page, "/v1/page").name == "Home"
    assert event_of({"userId": "u1"}, "/v1/screen").name == ""


def test_a_merge_declares_any_identifiers_to_be_one_persons() -> None:
    pairs = [{"type": "email", "value": "a@example.com"}, {"type": "loyalty_id", "value": 17}]
    event = event_of({"mergeProperties": pairs}, "/v1/merge")
    assert event.type == "alias"
    assert event.identities == (("email", "a@example.com"), ("loyalty_id", "17"))
    assert (event.user_id, event.previous_id, event.extra) == (None, None, {})


def test_the_requests_context_and_integrations_lie_under_each_items_own() -> None:
    read = batch_of(
        [a_track(context={"locale": "de"}, integrations={"X": True}), a_track(context=None, userId="u2")],
        context={"locale": "en", "timezone": "Asia/Tokyo"},
        integrations={"All": False, "X": False},
    )
    first, second = read.events
    assert first.context == {"locale": "de", "timezone": "Asia/Tokyo"}
    assert second.context == {"locale": "en", "timezone": "Asia/Tokyo"}
    assert not first.triggers


@pytest.mark.parametrize(
    ("integrations", "triggers"),
    [
        (None, True), ({}, True), ({"All": True}, True), ({"All": False}, False), ({"Kizuna": False}, False),
        ({"All": True, "Kizuna": False}, False), ({"All": False, "Kizuna": True}, True), ({"Facebook": False}, True),
        ({"All": False, "Kizuna": None}, False), ({"All": False, "Kizuna": {"option": 1}}, True),
    ],
)  # fmt: skip
def test_integrations_say_whether_an_event_may_start_anything(integrations: Any, triggers: bool) -> None:
    assert event_of(a_track(integrations=integrations)).triggers is triggers


def test_unknown_fields_are_kept_and_credentials_and_metadata_are_not() -> None:
    event = event_of(
        a_track(
            channel="web",
            rudderId="r",
            traits={"odd": 1},
            _metadata={"x": 1},
            writeKey="wk",
            context={"new": [1]},
        )
    )
    assert event.extra == {"channel": "web", "rudderId": "r", "traits": {"odd": 1}}
    assert event.context == {"new": [1]}


def test_an_identity_token_is_never_carried_on() -> None:
    event = event_of(a_track(context={"identityToken": "secret", "locale": "en"}))
    assert event.context == {"locale": "en"}


def encoded(text: str) -> dict[str, str]:
    return {"anonymousid": base64.b64encode(text.encode()).decode()}


def test_the_anonymous_id_of_the_header_is_a_fallback_and_no_authority() -> None:
    assert event_of(a_track(userId=...), headers=encoded("anon-1")).anonymous_id == "anon-1"
    assert event_of(a_track(userId=None, anonymousId="own"), headers=encoded("anon-1")).anonymous_id == "own"
    # A queue may be flushed after a logout: the header's person need not be this event's.
    assert event_of(a_track(userId="u1"), headers=encoded("anon-1")).anonymous_id is None


@pytest.mark.parametrize(
    "header", ["", "%%%", "/w==", base64.b64encode(b" ").decode(), base64.b64encode(b"\0").decode()]
)
def test_an_unreadable_anonymous_id_header_counts_as_absent(header: str) -> None:
    (violation,) = taken_in(
        a_post("/v1/batch", {"batch": [a_track(userId=...)]}, headers={"anonymousid": header})
    ).violations
    assert violation.cause == "missing_identity"


class TestMessageIds:
    def test_the_senders_id_is_kept(self) -> None:
        for given in ("m", "x" * 100, "ajs-next-1795307658805-7b5107d0", "人" * 100, "a b#c"):
            assert event_of(a_track(messageId=given)).id == given

    @pytest.mark.parametrize("absent", [..., None, "", "  "])
    def test_a_missing_id_is_derived_from_source_and_content_so_that_a_retry_is_the_same_event(
        self, absent: Any
    ) -> None:
        body = a_track(messageId=absent, properties={"n": 1})
        first = event_of({**body, "sentAt": "2026-11-22T11:00:00Z"})
        again = event_of({**body, "sentAt": "2026-11-22T11:59:00Z"}, source=SERVER)
        assert first.id == again.id
        assert first.id.startswith("derived-")
        others = [
            event_of({**body, "properties": {"n": 2}}),
            event_of({**body, "timestamp": "2026-11-22T11:00:00Z"}),
            event_of(body, source=Source("other", SourceKind.SERVER)),
            event_of(a_track(messageId=absent, userId=...), headers=encoded("anon-1")),
            event_of(a_track(messageId=absent, userId=...), headers=encoded("anon-2")),
            event_of(body, "/v1/page"),
        ]
        assert len({first.id, *(event.id for event in others)}) == 1 + len(others)

    @pytest.mark.parametrize(
        ("words", "is_told_again"),
        [
            (
                {
                    "messaging_subscriptions": [
                        {"type": "EMAIL", "key": "a@example.com", "status": "UNSUBSCRIBED"}
                    ]
                },
                True,
            ),
            (
                {
                    "messaging_subscriptions": [
                        {"type": "EMAIL", "key": "a@example.com", "status": "SUBSCRIBED"}
                    ]
                },
                False,
            ),
            (
                {
                    "messaging_subscriptions": [
                        {"type": "EMAIL", "key": "a@example.com", "status": "unsubscribed"},
                        {"type": "SMS", "key": "+14255550100", "status": "SUBSCRIBED"},
                    ]
                },
                False,
            ),
            ({"consent": {"categoryPreferences": {"Advertising": False}}}, True),
            ({"consent": {"categoryPreferences": {"Advertising": False, "Analytics": True}}}, False),
            ({"consent": {"categoryPreferences": {}}}, False),
            ({"device": {"adTrackingEnabled": False}}, False),
        ],
    )
    def test_a_refusal_without_a_time_of_its_own_is_told_anew_by_each_call(
        self, words: dict[str, Any], is_told_again: bool
    ) -> None:
        """No, Yes, No in the same words: the second No is no repeat of the first. A Yes may be one, for safety."""
        body = {"type": "identify", "userId": "u", "context": words}
        first = event_of(body, "/v1/identify")
        later = event_of(body, "/v1/identify", now=NOW + timedelta(seconds=2))
        assert (first.id != later.id) is is_told_again
        dated = {**body, "timestamp": "2026-11-22T11:00:00Z"}
        known = event_of(dated, "/v1/identify")
        assert known.id == event_of(dated, "/v1/identify", now=NOW + timedelta(seconds=2)).id

    def test_an_order_that_is_retried_counts_once_whatever_a_banner_left_in_its_context(self) -> None:
        body = a_track(messageId=..., context={"consent": {"categoryPreferences": {"Advertising": False}}})
        assert event_of(body).id == event_of(body, now=NOW + timedelta(seconds=2)).id

    def test_the_same_event_gets_the_same_id_alone_and_in_a_batch(self) -> None:
        body = a_track(messageId=...)
        assert event_of(body).id == only_event(batch_of([body], context={"locale": "en"})).id


class TestAddresses:
    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("203.0.113.57", "203.0.113.0"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
            ("::ffff:203.0.113.57", "203.0.113.0"),
            (" 203.0.113.57 ", "203.0.113.0"), ("fe80::1%eth0", "fe80::"), ("203.0.113", None), ("999.0.0.1", None),
            ("", None), ("unknown", None), ("203.0.113.57, 10.0.0.1", None),
        ],
    )  # fmt: skip
    def test_an_address_is_cut_to_its_network(self, address: str, network: str | None) -> None:
        assert truncated_ip(address) == network

    def test_a_claimed_address_goes_before_the_callers_and_a_servers_own_says_nothing(self) -> None:
        claimed = a_track(context={"ip": "198.51.100.7"})
        assert event_of(claimed, source=CLIENT, ip="203.0.113.57").context == {"ip": "198.51.100.0"}
        assert event_of(claimed, source=SERVER, ip="203.0.113.57").context == {"ip": "198.51.100.0"}
        assert event_of(a_track(), source=CLIENT, ip="203.0.113.57").context == {"ip": "203.0.113.0"}
        assert event_of(a_track(), source=SERVER, ip="203.0.113.57").context == {}

    @pytest.mark.parametrize("nonsense", ["{{ip}}", 17, ["203.0.113.57"], {"v4": "203.0.113.57"}])
    def test_what_is_no_address_is_dropped(self, nonsense: Any) -> None:
        assert event_of(a_track(context={"ip": nonsense})).context == {}

    def test_a_deployment_may_drop_addresses_altogether(self) -> None:
        event = event_of(a_track(context={"ip": "198.51.100.7"}), source=CLIENT, limits=Limits(keep_ip=False))
        assert event.context == {}


@pytest.mark.parametrize(
    ("header", "context"), [("1", {"gpc": True}), (" 1 ", {"gpc": True}), ("0", {}), ("", {})]
)
def test_global_privacy_control_is_noted_in_the_context(header: str, context: dict[str, Any]) -> None:
    assert event_of(a_track(), headers={"sec-gpc": header}).context == context


def test_the_context_is_typed_where_it_is_acted_upon_and_open_elsewhere() -> None:
    context = {
        "device": {"id": 17, "token": "t", "type": "ios", "adTrackingEnabled": False, "model": ["odd"]},
        "externalIds": [{"id": 5, "type": "ga_client_id", "collection": "users", "encoding": "none"}],
        "groupId": 7,
        "consent": {"categoryPreferences": {"Advertising": False}},
        "messaging_subscriptions": [{"type": "EMAIL", "status": "UNSUBSCRIBED"}],
        "timezone": None,
        "active": 1,
    }
    event = event_of(a_track(context=context))
    assert event.context == {
        "device": {"id": "17", "token": "t", "type": "ios", "adTrackingEnabled": False, "model": ["odd"]},
        "externalIds": [{"id": "5", "type": "ga_client_id", "collection": "users", "encoding": "none"}],
        "groupId": "7",
        "consent": {"categoryPreferences": {"Advertising": False}},
        "messaging_subscriptions": [{"type": "EMAIL", "status": "UNSUBSCRIBED"}],
        "active": 1,
    }
    assert event.group_id == "7"


def test_the_source_is_the_credentials_whatever_the_body_names() -> None:
    event = event_of(
        a_track(source="other", sourceId="other", workspace="other", context={"source": "other"})
    )
    assert event.source == SERVER


def test_an_event_from_the_bus_has_the_same_shape() -> None:
    over_http = event_of(a_track(timestamp="2026-11-22T11:00:00Z", context={"locale": "en"}))
    detail = a_track(timestamp="2026-11-22T11:00:00Z", context={"locale": "en"})
    assert from_bus(detail, source=SERVER, received_at=NOW) == Intake(events=(over_http,))
