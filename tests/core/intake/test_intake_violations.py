"""What cannot be used is named with its path and kept for a replay; what is valid beside it is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.intake.batch import Intake
from kizuna.core.intake.bus import from_bus
from kizuna.core.intake.http import Rejected
from kizuna.core.intake.limits import Limits
from tests.support.intake import NOW, SERVER, a_post, a_track, batch_of, rejection, taken_in

LONG = "x" * 513

# what is wrong, cause, path
BAD_EVENTS: list[tuple[Any, str, str]] = [
    ("text", "not_an_object", ""),
    (17, "not_an_object", ""),
    (None, "not_an_object", ""),
    ([a_track()], "not_an_object", ""),
    ({}, "unknown_type", "type"),
    (a_track(type=...), "unknown_type", "type"),
    (a_track(type=None), "unknown_type", "type"),
    (a_track(type="video"), "unknown_type", "type"),
    (a_track(type="Track"), "unknown_type", "type"),
    (a_track(type=["track"]), "unknown_type", "type"),
    (a_track(userId=...), "missing_identity", "userId"),
    (a_track(userId=None, anonymousId=" "), "missing_identity", "userId"),
    (a_track(event=...), "missing_field", "event"),
    (a_track(event=""), "missing_field", "event"),
    (a_track(event=None), "wrong_type", "event"),
    (a_track(event=["Order Completed"]), "wrong_type", "event"),
    (a_track(event=LONG), "name_too_long", "event"),
    ({"type": "group", "userId": "u1"}, "missing_field", "groupId"),
    ({"type": "group", "userId": "u1", "groupId": " "}, "missing_field", "groupId"),
    ({"type": "alias", "userId": "u1"}, "missing_field", "previousId"),
    ({"type": "alias", "previousId": "u1"}, "missing_field", "userId"),
    ({"type": "alias", "previousId": "u1", "anonymousId": "a"}, "missing_field", "userId"),
    ({"type": "merge"}, "missing_field", "mergeProperties"),
    (
        {"type": "merge", "mergeProperties": [{"type": "email", "value": "a"}]},
        "missing_field",
        "mergeProperties",
    ),
    (
        {"type": "merge", "mergeProperties": [{"type": "email"}] * 2},
        "missing_field",
        "mergeProperties[0].value",
    ),
    ({"type": "merge", "mergeProperties": [{"type": "e", "value": 1}] * 11}, "wrong_type", "mergeProperties"),
    (a_track(userId=True), "wrong_type", "userId"),
    (a_track(userId=["u1", "u2"]), "wrong_type", "userId"),
    (a_track(anonymousId={"id": "a"}), "wrong_type", "anonymousId"),
    (a_track(userId=LONG), "identifier_too_long", "userId"),
    (a_track(userId="x" * 10_000), "identifier_too_long", "userId"),
    (a_track(userId="人" * 171), "identifier_too_long", "userId"),  # 513 bytes
    (a_track(userId="u\0"), "invalid_identifier", "userId"),
    (a_track(userId="u\n"), "invalid_identifier", "userId"),
    (a_track(userId="u\x7f"), "invalid_identifier", "userId"),
    (a_track(userId="u\u202e1"), "invalid_identifier", "userId"),
    (a_track(userId="u\u200f1"), "invalid_identifier", "userId"),
    (a_track(userId="u\u2067"), "invalid_identifier", "userId"),
    (a_track(userId="u\ud800"), "invalid_identifier", "userId"),
    (a_track(userId="u\ufffd"), "invalid_identifier", "userId"),
    (a_track(messageId="x" * 101), "message_id_too_long", "messageId"),
    (a_track(messageId="m\0"), "invalid_identifier", "messageId"),
    (a_track(messageId=[1]), "wrong_type", "messageId"),
    (a_track(properties=[1]), "wrong_type", "properties"),
    (a_track(properties="a=1"), "wrong_type", "properties"),
    (a_track(properties={LONG: 1}), "name_too_long", "properties.*"),
    (a_track(context=[]), "wrong_type", "context"),
    (a_track(integrations=[True]), "wrong_type", "integrations"),
    (a_track(context={"device": "phone"}), "wrong_type", "context.device"),
    (a_track(context={"device": {"token": ["t"]}}), "wrong_type", "context.device.token"),
    (a_track(context={"device": {"token": LONG}}), "identifier_too_long", "context.device.token"),
    (a_track(context={"externalIds": {"id": 1}}), "wrong_type", "context.externalIds"),
    (a_track(context={"externalIds": [{"id": 1}, {"id": [1]}]}), "wrong_type", "context.externalIds[1].id"),
    (a_track(context={"timezone": 9}), "wrong_type", "context.timezone"),
    (
        a_track(context={"consent": {"categoryPreferences": {"a@example.com": "perhaps"}}}),
        "wrong_type",
        "context.consent.categoryPreferences.*",
    ),
    (
        a_track(context={"messaging_subscriptions": [{"key": ["a@example.com"]}]}),
        "wrong_type",
        "context.messaging_subscriptions[0].key",
    ),
    ({"type": "identify", "userId": "u1", "traits": "pro"}, "wrong_type", "traits"),
    ({"type": "page", "userId": "u1", "name": {"de": "Start"}}, "wrong_type", "name"),
    (a_track(properties={"n": 10**40}), "number_out_of_range", ""),
    (a_track(properties={"n": 1e300}), "number_out_of_range", ""),
    (a_track(properties={"text": "x" * 32_768}), "event_too_large", ""),
    (a_track(properties={"deep": json.loads("[" * 40 + "]" * 40)}), "event_too_deep", ""),
]


@pytest.mark.parametrize(("bad", "cause", "path"), BAD_EVENTS, ids=lambda value: str(value)[:40])
def test_an_unusable_event_is_named_with_cause_and_path_and_its_neighbours_are_kept(
    bad: Any, cause: str, path: str
) -> None:
    intake = batch_of([a_track(messageId="before"), bad, a_track(messageId="after")])
    assert [event.id for event in intake.events] == ["before", "after"]
    assert intake.problem is None
    (violation,) = intake.violations
    assert (violation.cause, violation.path) == (cause, ".".join(part for part in ("batch[1]", path) if part))
    assert (violation.source, violation.received_at) == (SERVER.id, NOW)


@pytest.mark.parametrize(
    ("bad", "cause", "path"),
    [
        row
        for row in BAD_EVENTS
        if isinstance(row[0], dict) and row[1] not in {"unknown_type", "event_too_large"}
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_same_event_alone_is_answered_400_with_the_path_and_quarantined(
    bad: dict[str, Any], cause: str, path: str
) -> None:
    intake = taken_in(a_post(f"/v1/{bad['type']}", bad))
    assert rejection(intake.problem) == (400, "invalid_request")
    assert isinstance(intake.problem, Rejected)
    assert intake.problem.message.startswith(f"{path or 'body'}: ")
    assert intake.events == ()
    assert [(violation.cause, violation.path) for violation in intake.violations] == [(cause, path)]


def test_an_oversized_event_alone_is_quarantined_and_answered_with_success() -> None:
    intake = taken_in(a_post("/v1/track", a_track(properties={"text": "x" * 32_768})))
    assert (intake.problem, intake.events) == (None, ())
    assert [violation.cause for violation in intake.violations] == ["event_too_large"]


def test_a_type_that_only_the_url_names_and_nobody_knows_is_quarantined() -> None:
    intake = taken_in(a_post("/api/s/heartbeat", a_track()))
    assert [violation.cause for violation in intake.violations] == ["unknown_type"]
    assert rejection(intake.problem) == (400, "invalid_request")


@pytest.mark.parametrize(
    "bad",
    [row[0] for row in BAD_EVENTS if isinstance(row[0], dict) and row[1] != "number_out_of_range"],
    ids=lambda bad: str(bad)[:40],
)
def test_a_kept_event_replays_to_the_same_finding(bad: dict[str, Any]) -> None:
    (first,) = batch_of([bad], sentAt="2026-11-22T11:00:00Z", context={"locale": "en"}).violations
    (again,) = from_bus(json.loads(first.raw), source=SERVER, received_at=first.received_at).violations
    assert (again.cause, again.path) == (first.cause, first.path.removeprefix("batch[0]").removeprefix("."))
    assert first.raw.isascii()


def test_a_number_out_of_range_is_kept_to_the_last_digit_as_text() -> None:
    digits = "1" * 5000
    intake = taken_in(a_post("/v1/batch", f'{{"batch": [{{"properties": {{"n": {digits}, "m": -1e999}}}}]}}'))
    (violation,) = intake.violations
    assert json.loads(violation.raw) == {"properties": {"n": digits, "m": "-1e999"}}


def test_after_a_fix_a_kept_event_is_what_it_would_have_been() -> None:
    body = a_track(messageId="m2", userId="x" * 600, timestamp="2026-11-22T10:00:00Z")
    around = {"sentAt": "2026-11-22T11:00:00Z", "context": {"locale": "en"}, "integrations": {"All": False}}
    (kept,) = batch_of([body], **around).violations
    repaired = json.loads(kept.raw) | {"userId": "u1"}
    assert batch_of([body | {"userId": "u1"}], **around) == from_bus(
        repaired, source=SERVER, received_at=kept.received_at
    )


def test_what_is_kept_holds_no_credential() -> None:
    bad = a_track(
        event=..., writeKey="wk_secret", context={"identityToken": "token_secret"}, _metadata={"a": 1}
    )
    for intake in (taken_in(a_post("/v1/track", bad)), batch_of([bad], writeKey="wk_secret")):
        (violation,) = intake.violations
        assert "secret" not in violation.raw
        assert "_metadata" not in violation.raw


def test_no_finding_repeats_what_the_client_wrote() -> None:
    canary = "canary@example.com"
    for bad in (
        canary,
        a_track(type=canary),
        a_track(userId=canary * 100),
        a_track(userId=[canary]),
        a_track(properties={canary * 50: 1}),
        a_track(context={"device": canary, canary: 1}),
        a_track(context={"consent": {"categoryPreferences": {canary: canary}}}),
        {"type": "identify", "userId": canary, "traits": canary},
    ):
        (violation,) = batch_of([bad]).violations
        assert canary not in f"{violation.cause} {violation.path} {violation.reason}"
    alone = taken_in(a_post(f"/api/s/{canary}", a_track()))
    assert alone.problem is not None
    assert canary not in alone.problem.message


def test_the_name_of_an_unusable_track_event_is_shown_if_it_is_one() -> None:
    (named,) = batch_of([a_track(userId=...)]).violations
    (unnamed,) = batch_of([a_track(event=[1])]).violations
    assert (named.event_name, unnamed.event_name) == ("Product Viewed", "")


@pytest.mark.parametrize(
    ("path", "body", "code", "message"),
    [
        ("/v1/batch", {}, "invalid_request", "batch: must be a list of events"),
        ("/v1/batch", {"batch": None}, "invalid_request", "batch: must be a list of events"),
        ("/v1/batch", {"batch": {"0": {}}}, "invalid_request", "batch: must be a list of events"),
        ("/v1/b", {"batch": [], "context": "x"}, "invalid_request", "context: must be an object"),
        ("/v1/b", {"batch": [], "integrations": []}, "invalid_request", "integrations: must be an object"),
        ("/v1/track", {"batch": []}, "invalid_request", "batch: this path takes one event"),
        ("/v1/batch", {"batch": [{}] * 2501}, "too_many_events", "batch: more than 2500 events"),
        (
            "/v1/batch",
            {"batch": [a_track()], "context": {"n": 1e200}},
            "invalid_request",
            "body: holds a number beyond 38 digits or the range of 1e-130 to 9.99e125",
        ),
    ],
)
def test_a_request_that_is_unusable_as_a_whole_is_refused_by_name(
    path: str, body: Any, code: str, message: str
) -> None:
    assert taken_in(a_post(path, body)) == Intake(problem=Rejected(400, code, message))


def test_a_full_batch_is_taken_and_an_empty_one_too() -> None:
    assert len(batch_of([a_track()] * 2500).events) == 2500
    assert batch_of([]) == Intake()
    assert rejection(batch_of([a_track()] * 4, limits=Limits(events=3)).problem) == (400, "too_many_events")


@pytest.mark.parametrize(
    "bad", [{"n": float("inf")}, {"n": float("nan")}, {"deep": json.loads("[" * 300 + "]" * 300)}]
)
def test_an_unreadable_event_on_the_bus_is_a_violation(bad: dict[str, Any]) -> None:
    (violation,) = from_bus(a_track(properties=bad), source=SERVER, received_at=NOW).violations
    assert violation.cause == "not_json"
    assert "Product Viewed" in violation.raw


GOOD = st.builds(
    lambda number, kind: {"type": kind, "event": "X", "userId": f"u{number}", "messageId": f"m{number}"},
    st.integers(0, 99),
    st.sampled_from(["identify", "track", "page", "screen"]),
)
JUNK = st.sampled_from([row[0] for row in BAD_EVENTS if "too_" not in row[1]])


@given(st.lists(st.tuples(st.booleans(), GOOD, JUNK), max_size=12))
def test_every_valid_item_is_kept_in_order_and_every_other_is_named_by_its_place(
    rows: list[tuple[bool, dict[str, Any], Any]],
) -> None:
    items = [good if is_good else junk for is_good, good, junk in rows]
    intake = batch_of(items)
    assert [event.id for event in intake.events] == [
        good["messageId"] for is_good, good, _ in rows if is_good
    ]
    places = [f"batch[{place}]" for place, (is_good, _, _) in enumerate(rows) if not is_good]
    assert [violation.path.partition(".")[0] for violation in intake.violations] == places


ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("type", "userId", "anonymousId", "previousId", "groupId", "messageId", "event", "name", "category"),
    *("traits", "properties", "context", "integrations", "mergeProperties"),
    *("timestamp", "originalTimestamp", "sentAt"),
)


@given(
    st.dictionaries(st.sampled_from(FIELDS), ANY | st.sampled_from(["track", "identify"])),
    ANY,
    st.sampled_from(["/v1/track", "/v1/batch", "/v1/merge", "/api/s/x"]),
)
def test_whatever_an_event_holds_it_is_an_event_or_a_violation(
    fields: dict[str, Any], context: Any, path: str
) -> None:
    body = {"batch": [fields], "context": context} if path == "/v1/batch" else fields
    intake = taken_in(a_post(path, body))
    assert len(intake.events) + len(intake.violations) == 1 or intake.problem is not None
    by_bus = from_bus({**fields, "more": context}, source=SERVER, received_at=NOW)
    assert len(by_bus.events) + len(by_bus.violations) == 1
