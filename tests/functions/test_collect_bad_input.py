"""What cannot be used: a request as a whole is refused, an event of a batch goes to quarantine with its cause."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from tests.support.clouds import Shop, gzipped

A_TRACK = {"type": "track", "userId": "nobody", "event": "X"}
LIMIT = 4 * 1024 * 1024

# path, body, code, what the message names
UNUSABLE: list[tuple[str, Any, str, str]] = [
    ("/v1/batch", b"{not json", "invalid_json", "body"),
    ("/v1/batch", b"", "invalid_json", "body"),
    ("/v1/batch", b"[]", "invalid_json", "body"),
    ("/v1/batch", b'{"batch": [], "batch": []}', "invalid_json", "body"),
    ("/v1/batch", b'{"batch": [{"userId": NaN}]}', "invalid_json", "body"),
    ("/v1/batch", b"\xff\xfe", "invalid_json", "body"),
    ("/v1/batch", gzip.compress(b'{"batch": []}', mtime=0)[:-6], "invalid_json", "body"),
    ("/v1/batch", {"batch": {}}, "invalid_request", "batch"),
    ("/v1/batch", {"events": []}, "invalid_request", "batch"),
    ("/v1/batch", {"batch": [], "context": []}, "invalid_request", "context"),
    ("/v1/batch", {"batch": [A_TRACK] * 2_501}, "too_many_events", "batch"),
    ("/v1/batch", b'{"batch": [], "pad": "' + b"x" * LIMIT + b'"}', "payload_too_large", "body"),
    ("/v1/batch", gzipped({"batch": [], "pad": "x" * LIMIT}), "payload_too_large", "body"),
    ("/v1/track", {"event": "X"}, "invalid_request", "userId"),
    ("/v1/track", {"userId": "nobody"}, "invalid_request", "event"),
    ("/v1/track", {"userId": ["a", "b"], "event": "X"}, "invalid_request", "userId"),
    ("/v1/track", {"userId": {"$ne": ""}, "event": "X"}, "invalid_request", "userId"),
    ("/v1/track", {"userId": "nobody", "event": ["X", "Y"]}, "invalid_request", "event"),
    ("/v1/track", {"userId": "n", "event": "X", "properties": []}, "invalid_request", "properties"),
    ("/v1/track", {"userId": "n", "event": "X", "context": {"device": 7}}, "invalid_request", "context.device"),
    ("/v1/track", {"userId": "x" * 513, "event": "X"}, "invalid_request", "userId"),
    ("/v1/track", {"userId": "n", "event": "X", "messageId": "m" * 101}, "invalid_request", "messageId"),
    ("/v1/group", {"userId": "nobody"}, "invalid_request", "groupId"),
    ("/v1/alias", {"userId": "nobody"}, "invalid_request", "previousId"),
    ("/v1/track", {"batch": [A_TRACK]}, "invalid_request", "batch"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body", "code", "field"), UNUSABLE)
def test_an_unusable_request_is_refused_with_the_path_of_what_is_wrong(
    shop: Shop, path: str, body: Any, code: str, field: str
) -> None:
    reply = shop.post(path, body)
    answer = json.loads(reply.body)
    assert (reply.status, answer["code"]) == (400, code)
    assert answer["message"].startswith(f"{field}: ")
    assert shop.holder("user_id", "nobody") is None


def test_an_unknown_encoding_is_refused(shop: Shop) -> None:
    reply = shop.post("/v1/batch", {"batch": [A_TRACK]}, content_encoding="zstd")
    assert (reply.status, json.loads(reply.body)["code"]) == (400, "unsupported_encoding")


def test_a_batch_of_as_many_events_as_allowed_is_taken(shop: Shop, user: str) -> None:
    events = [
        {"type": "track", "userId": user, "event": "X", "messageId": f"{user}-{n}"} for n in range(2_500)
    ]
    assert shop.send(*events).status == 200
    assert len(shop.timeline(user)) == 2_500


JUNK: list[tuple[Any, str, str]] = [  # an item, its cause, the path within the batch
    ({"type": "track", "event": "X"}, "missing_identity", "batch[1].userId"),
    ({"type": "track", "userId": "", "event": "X"}, "missing_identity", "batch[1].userId"),
    ({"type": "track", "userId": "junk"}, "missing_field", "batch[1].event"),
    ({"type": "nonsense", "userId": "junk"}, "unknown_type", "batch[1].type"),
    ({"userId": "junk", "event": "X"}, "unknown_type", "batch[1].type"),
    ({"type": "track", "userId": ["junk"], "event": "X"}, "wrong_type", "batch[1].userId"),
    ({"type": "track", "userId": "j\u202eunk", "event": "X"}, "invalid_identifier", "batch[1].userId"),
    ({"type": "track", "userId": "j\x00unk", "event": "X"}, "invalid_identifier", "batch[1].userId"),
    ({"type": "track", "userId": "j" * 10_000, "event": "X"}, "identifier_too_long", "batch[1].userId"),
    ({"type": "track", "userId": "junk", "event": "X", "pad": "x" * 33_000}, "event_too_large", "batch[1]"),
    ({"type": "track", "userId": "junk", "event": "X", "properties": {"n": 1e200}},
     "number_out_of_range", "batch[1]"),
    ("a text", "not_an_object", "batch[1]"),
    (None, "not_an_object", "batch[1]"),
]  # fmt: skip


@pytest.mark.parametrize(("junk", "cause", "path"), JUNK)
def test_what_is_valid_in_a_batch_is_kept_and_junk_is_quarantined_with_its_cause(
    shop: Shop, user: str, junk: Any, cause: str, path: str
) -> None:
    valid = [
        {"type": "track", "userId": user, "event": f"Valid {n}", "messageId": f"{user}-{n}"} for n in (1, 2)
    ]
    with shop.new_violations() as found:
        reply = shop.post("/v1/batch", {"batch": [valid[0], junk, valid[1]]})
    assert (reply.status, reply.text()) == (200, '{"success": true}')
    assert shop.names(user) == ["Valid 1", "Valid 2"]
    (kept,) = found
    assert (kept.cause, kept.path, kept.source) == (cause, path, "shop")
    if cause != "number_out_of_range":  # which is kept as text
        assert json.loads(kept.raw) == junk
    assert shop.holder("user_id", "junk") is None


def test_a_single_oversized_event_is_answered_200_and_quarantined(shop: Shop, user: str) -> None:
    reply = shop.post("/v1/track", {"userId": user, "event": "Huge", "properties": {"pad": "x" * 40_000}})
    assert reply.status == 200
    (kept,) = [each for each in shop.violations() if each.event_name == "Huge"]
    assert kept.cause == "event_too_large"
    assert shop.holder("user_id", user) is None


def test_junk_sent_again_is_quarantined_once(shop: Shop) -> None:
    junk = {"type": "track", "event": "Sent Twice", "messageId": "twice"}
    for _ in range(3):
        assert shop.send(junk).status == 200
    assert [each.event_name for each in shop.violations()].count("Sent Twice") == 1


def test_no_error_echoes_what_was_sent(shop: Shop) -> None:
    secret = "ann@people.example"
    reply = shop.post("/v1/track", {"userId": {secret: secret}, "event": "X", "context": {secret: [secret]}})
    assert reply.status == 400
    assert secret not in reply.text()


def test_an_event_that_does_not_fit_the_record_is_quarantined_and_holds_up_nobody(
    shop: Shop, user: str
) -> None:
    large = [
        {"type": "identify", "userId": user, "messageId": f"{user}-{n}", "traits": {f"t{n}": "x" * 30_000}}
        for n in range(20)
    ]
    other = f"{user}-neighbour"
    assert shop.send(*large, {"type": "track", "userId": other, "event": "Fine"}).status == 200
    kept = [each for each in shop.violations() if each.cause == "record_too_large"]
    assert len(shop.person(user).traits) + len(kept) == 20
    assert len(shop.timeline(user)) == len(shop.person(user).traits)
    assert shop.names(other) == ["Fine"]


def test_more_identifiers_than_one_transaction_takes_are_all_stored(shop: Shop, user: str) -> None:
    events = [
        {"type": "track", "userId": user, "anonymousId": f"{user}-{n}", "event": "X", "messageId": f"{user}-{n}"}
        for n in range(90)
    ]  # fmt: skip
    assert shop.send(*events).status == 200
    assert len(shop.timeline(user)) == 90
    assert len(shop.person(user).identities) == 91
