"""Previews and proofs over HTTP, and what a proof leaves behind: nothing with any person, and what providers told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.contracts import SendProof
from kizuna.core.proofs.proof import GOOD_FOR, MOST_AN_HOUR
from kizuna.local.providers.faults import Fault, LoseReply, Throttle
from kizuna.topology import Function, Queue
from tests.support.clouds import Shop, an_sqs_event, failures, running_shop, sample_documents
from tests.support.contract import declared

AUTHOR, VIEWER, PRIVACY = "an author's token", "a viewer's token", "a token of privacy"
CLAIMS = {
    AUTHOR: {"sub": "a-1", "email": "ann@shop.example", "cognito:groups": ["author"]},
    VIEWER: {"sub": "v-1", "cognito:groups": ["viewer"]},
    PRIVACY: {"sub": "p-1", "cognito:groups": ["privacy"]},
}
ANN = "ann@colleagues.example"
EVENT = {"name": "Order Completed", "properties": {"order_id": "7", "total": 5, "currency": "JPY"}}
SUCCESS = "success@simulator.amazonses.com"
HELLO = "Hello {{ person.traits.first_name | default: 'you' }} “<b>”"
PICTURE = "https://shop.example/a.png"
OTHER_CHANNELS: dict[str, dict[str, Any]] = {
    "line": {"messages": [{"text": HELLO}, {"image": PICTURE}]},
    "whatsapp": {"template": "hello", "body": [HELLO], "media": {"kind": "image", "url": PICTURE}},
    "inbox": {"title": "Hello", "body": HELLO, "stays": "9d"},
    "task": {"queue": "calls", "title": HELLO, "script": "Good morning", "due": "4h"},
    "webhook": {"webhook": "crm", "type": "person.greeted", "data": {"said": HELLO}},
    "push": {"title": HELLO, "body": "Come in", "data": {"open": "shop://home"}},
    "sms": {"body": HELLO},
}


def documents() -> dict[tuple[str, str], Any]:
    """The sample workspace with a colleague, and a trait that not everybody may see."""
    sample = dict(sample_documents())
    sample["policy", "policy"] = {**sample["policy", "policy"], "colleagues": {"email": [ANN]}}
    sample["trait", "illness"] = {
        "id": "illness",
        "meaning": {"en": "what they told us in confidence"},
        "sensitive": True,
        "depth": "basic",
    }
    told = {
        "default_language": "en",
        "languages": {"en": {"body": "{{ person.traits.illness | default: 'nothing' }}"}},
    }
    sample["template", "confided"] = {"id": "confided", "channel": "sms", "purpose": "transactional", **told}
    for channel, content in OTHER_CHANNELS.items():
        sample["template", f"by-{channel}"] = {
            "id": f"by-{channel}",
            "channel": channel,
            "purpose": "transactional",
            "default_language": "en",
            "languages": {"en": content},
        }
    return sample


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop(documents=documents(), authorizer=CLAIMS.get) as made:
        made.greet("u1")
        made.settle()
        yield made


@pytest.fixture(autouse=True)
def another_hour(shop: Shop) -> None:
    """So that no test's proofs are counted against another's."""
    shop.cloud.advance_to(shop.now + timedelta(hours=1, seconds=1))


def call(shop: Shop, method: str, path: str, body: Any = None, *, token: str = AUTHOR) -> tuple[int, Any]:
    sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    reply = shop.call(method, f"/admin/{path}", headers=headers, body=sent)
    if reply.status != 405:
        template = re.sub(r"^(template|campaign|proof)s/[^/]+", r"\1s/{\1}", path)
        declared(reply, method.lower(), f"/admin/{template}")
    return reply.status, json.loads(reply.body)


def proof(shop: Shop, to: str = SUCCESS, *, name: str = "campaigns/win-back", **asked: Any) -> Any:
    """A proof on its way, as it stands when all has come to rest."""
    status, body = call(shop, "POST", f"{name}/proof", {"to": to, **asked})
    assert status == 202, body
    assert body["state"] == "waiting"
    shop.settle()
    return call(shop, "GET", f"proofs/{body['id']}")[1]


def mails_to(shop: Shop, address: str) -> list[Any]:
    return [mail for mail in shop.cloud.providers.outbox.messages() if mail.to == (address,)]


# ── previews ────────────────────────────────────────────────────────────────────────────────────


def test_a_campaign_is_shown_as_one_person_would_get_it(shop: Shop) -> None:
    status, body = call(
        shop, "POST", "campaigns/win-back/preview", {"person": "u1", "language": "ja"}, token=VIEWER
    )
    (mail,) = body["previews"]
    assert (status, mail["channel"], mail["language"], mail["reason"]) == (200, "email", "ja", "")
    assert "https://preview.invalid/u/preview" in mail["message"]["text"]
    assert (mail["pictures"], mail["no_pictures"]) == (None, None)


@pytest.mark.parametrize("channel", OTHER_CHANNELS)
def test_what_each_channel_shows_is_told_part_by_part(shop: Shop, channel: str) -> None:
    status, body = call(shop, "POST", f"templates/by-{channel}/preview", {"person": "u1"}, token=VIEWER)
    (shown,) = body["previews"]
    assert (status, shown["channel"], shown["reason"]) == (200, channel, "")
    assert "“<b>”" in json.dumps(shown["message"], ensure_ascii=False), (
        "a plain text holds its values as they are"
    )
    if channel == "line":
        assert shown["message"]["messages"][1] == {"image": PICTURE}
    if channel in ("inbox", "task"):
        assert shown["message"]["stays" if channel == "inbox" else "due"] in ("9d", "4h")


def test_a_step_of_a_journey_is_shown_by_its_campaign(shop: Shop) -> None:
    steps = [name for name in shop.wired.catalog.current().campaigns if name.startswith("welcome.")]
    status, body = call(shop, "POST", f"campaigns/{steps[0]}/preview", {"person": "u1"}, token=VIEWER)
    assert (status, bool(body["previews"])) == (200, True)


def test_it_speaks_the_language_that_the_person_told_us_as_delivery_does(shop: Shop) -> None:
    """Not the one that their browser last spoke."""
    shop.send(
        {"type": "identify", "userId": "fumi", "traits": {"email": "fumi@people.example", "language": "ja"}},
        {"type": "track", "userId": "fumi", "event": "Seen", "context": {"locale": "en-GB"}},
    )
    shop.settle()
    assert shop.person("fumi").language == "en-GB"
    _, body = call(shop, "POST", "templates/win-back-email/preview", {"person": "fumi"})
    assert body["previews"][0]["language"] == "ja"
    assert proof(shop, ANN, name="templates/win-back-email", person="fumi")["language"] == "ja"


def test_pictures_are_told_apart_or_it_is_said_why_there_are_none(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.wired, "pictures", None)
    _, body = call(shop, "POST", "templates/win-back-email/preview", {"person": "u1", "pictures": True})
    assert body["previews"][0]["pictures"] == []
    assert "Chromium" in body["previews"][0]["no_pictures"]


def test_what_is_sensitive_is_shown_to_the_role_privacy_alone_and_stands_in_no_proof(shop: Shop) -> None:
    shop.send({"type": "identify", "userId": "u1", "traits": {"illness": "measles"}})
    shop.settle()
    seen = {}
    for token in (VIEWER, AUTHOR, PRIVACY):
        _, body = call(shop, "POST", "templates/confided/preview", {"person": "u1"}, token=token)
        seen[token] = (body["previews"][0]["message"]["body"], body["previews"][0]["not_told"])
    assert seen == {
        VIEWER: ("nothing", ["illness"]),
        AUTHOR: ("nothing", ["illness"]),
        PRIVACY: ("measles", []),
    }
    proof(shop, "+14254147755", name="templates/confided", person="u1")
    (text,) = [each for each in shop.cloud.providers.outbox.messages() if each.to == ("+14254147755",)]
    assert text.text == "(TEST) nothing"


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("campaigns/nothing/preview", {"person": "u1"}, 404, "no campaign 'nothing'"),
        ("templates/win-back/preview", {"person": "u1"}, 404, "no template 'win-back'"),
        ("campaigns/win-back/preview", {"person": "nobody"}, 404, "no person"),
        ("campaigns/win-back/preview", {"person": "u1", "channel": "sms"}, 404, "no template for sms"),
        ("campaigns/win-back/preview", {"person": "u1", "channel": "fax"}, 400, "channel"),
        ("campaigns/win-back/preview", {}, 400, "person"),
        ("campaigns/win-back/preview", b"{", 400, "JSON"),
        ("campaigns/win-back/preview", b"[" * 100_000, 400, "JSON"),
        ("campaigns/win-back/preview", {"person": "u1", "event": {"name": "x", "properties": {"a": "x" * 20_000}}},
         400, "event.properties"),
        ("templates/confided/proof", {"to": "ann@colleagues.example"}, 422, "no address of the channel sms"),
        ("campaigns/win-back/proof", {"to": "u1@people.example"}, 422, "proofs go to nobody else"),
        ("templates/order-thanks-sms/proof", {"to": "+14254147755"}, 422, "order_id is missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_or_sent_says_why_and_quotes_no_address(
    shop: Shop, path: str, body: Any, status: int, told: str
) -> None:
    found, answer = call(shop, "POST", path, body)
    assert (found, told in answer["message"]) == (status, True), answer
    assert "people.example" not in answer["message"]


REACHES = {"to": SUCCESS}
TRICKS = [
    ("templates/..%2fcampaigns%2fwin-back/proof", REACHES),
    ("templates/win-back-email%00/proof", REACHES),
    ("templates/../proofs/proof", REACHES),
    ("templates/%2e%2e/proof", REACHES),
    ("campaigns/WIN-BACK/proof", REACHES),
    ("campaigns/win-back/proof", {"to": [SUCCESS, ANN]}),
    ("campaigns/win-back/proof", {"to": f"{SUCCESS}, u1@people.example"}),
    ("campaigns/win-back/proof", {"to": f"{SUCCESS}\r\nBcc: u1@people.example"}),
    ("campaigns/win-back/proof", {"to": "success@simulator.amazonses.com@people.example"}),
    ("campaigns/win-back/proof", {"to": "u1@people.example@simulator.amazonses.com"}),
    ("campaigns/win-back/proof", {"to": "successful@simulator.amazonses.com"}),
    ("campaigns/win-back/proof", {"to": "success@simulator.amazonses.com.people.example"}),
    ("campaigns/win-back/proof", {"to": "*@colleagues.example"}),
    ("campaigns/win-back/proof", {**REACHES, "cc": ["u1@people.example"]}),
    ("campaigns/win-back/proof", {**REACHES, "bcc": "u1@people.example"}),
    ("campaigns/win-back/proof", {**REACHES, "brand": "another"}),
    ("campaigns/win-back/proof", {**REACHES, "by": "somebody@else.example"}),
    ("campaigns/win-back/proof", {**REACHES, "channel": "webhook"}),
    ("campaigns/win-back/proof", {**REACHES, "language": "x" * 36}),
    ("campaigns/win-back/proof", {**REACHES, "person": ""}),
    ("campaigns/win-back/proof", {"to": "x" * 5_000}),
    ("campaigns/win-back/proof", b'{"to": "' + b"x" * 3_000_000 + b'"}'),
    ("campaigns/win-back/proof", b'{"to": "success@simulator.amazonses.com", "event": ' + b'{"a":' * 9_000),
    ("campaigns/win-back/proof", b"\xff\xfe"),
    ("campaigns/win-back/proof", b""),
    ("templates/by-webhook/proof", REACHES),
    ("templates/by-inbox/proof", {"to": "u1"}),
    ("templates/by-task/proof", {"to": "u1"}),
    ("templates/by-line/proof", {"to": "U" + "0" * 32}),
    ("templates/by-push/proof", {"to": "ios:token-1"}),
    ("templates/by-sms/proof", {"to": "+819012345678"}),
    ("templates/by-sms/proof", {"to": "+1 (425) 414-7755 ext 9"}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), TRICKS)
def test_no_trick_makes_a_proof_of_it_or_reaches_anybody_else(shop: Shop, path: str, body: Any) -> None:
    sent, known = len(shop.cloud.providers.outbox.messages()), len(shop.wired.proofs.since(shop.now))
    headers = {"authorization": f"Bearer {AUTHOR}", "content-type": "application/json"}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = shop.call("POST", f"/admin/{path}", headers=headers, body=raw)
    assert 400 <= reply.status < 500, reply.body
    assert b"people.example" not in reply.body
    shop.settle()
    assert len(shop.cloud.providers.outbox.messages()) == sent
    assert len(shop.wired.proofs.since(shop.now)) == known


@pytest.mark.parametrize("language", ["ja\r\nBcc: u1@people.example", "../../etc", "zz", "\u2028", "JA_jp"])
def test_whatever_is_called_a_language_the_nearest_that_there_is_is_spoken(shop: Shop, language: str) -> None:
    found = proof(shop, SUCCESS, language=language)
    assert found["state"] == "sent"
    mail = mails_to(shop, SUCCESS)[-1]
    assert mail.to == (SUCCESS,)
    assert mail.header("Bcc") is None


def test_roles_and_methods_are_held_to(shop: Shop) -> None:
    assert call(shop, "POST", "campaigns/win-back/proof", {"to": SUCCESS}, token=VIEWER)[0] == 403
    assert call(shop, "GET", "campaigns/win-back/proof")[0] == 405
    assert call(shop, "POST", "proofs", {})[0] == 405
    assert call(shop, "GET", "proofs/proof-none")[0] == 404


# ── proofs ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("to", "told"),
    [
        (SUCCESS, {"sent", "delivered"}),
        ("bounce@simulator.amazonses.com", {"sent", "bounced"}),
        ("complaint@simulator.amazonses.com", {"sent", "delivered", "complained"}),
        ("suppressionlist@simulator.amazonses.com", {"sent", "bounced"}),
        (ANN, {"sent", "delivered"}),
    ],
)
def test_a_proof_goes_by_the_sender_of_its_channel_and_tells_what_the_provider_told(
    shop: Shop, to: str, told: set[str]
) -> None:
    before = shop.person("u1"), shop.messages("u1")
    found = proof(shop, to, person="u1", language="ja")
    assert (found["state"], set(found["facts"]), found["by"]) == ("sent", told, "ann@shop.example")
    mail = mails_to(shop, to)[-1]
    assert mail.subject.startswith("【テスト】")
    assert (mail.tags["send_id"], mail.tags["campaign"], mail.header("X-Kizuna-Proof")) == (
        found["id"],
        "proof",
        "1",
    )
    assert (shop.person("u1"), shop.messages("u1")) == before
    assert shop.wired.counters.read("win-back", "triggered") == {}
    assert shop.wired.counters.read("proof", "proof") == {}


def test_a_failing_number_tells_so(shop: Shop) -> None:
    found = proof(shop, "+14254147167", name="templates/order-thanks-sms", event=EVENT)
    assert (found["state"], set(found["facts"])) == ("sent", {"sent", "bounced"})


def test_the_links_of_a_proof_let_nobody_leave(shop: Shop) -> None:
    proof(shop, ANN, person="u1")
    mail = mails_to(shop, ANN)[-1]
    (way_out,) = [(mail.header("List-Unsubscribe") or "").strip("<>")]
    path = way_out.removeprefix("http://localhost:8080")
    assert shop.call("POST", path, body=b"List-Unsubscribe=One-Click").status != 200
    assert shop.consents("u1") == ()


def test_brought_twice_it_goes_out_once_and_one_that_is_late_not_at_all(shop: Shop) -> None:
    found = proof(shop, ANN)
    sent = len(mails_to(shop, ANN))
    again = an_sqs_event(Queue.EMAIL, SendProof(proof=found["id"]).model_dump())
    assert failures(shop.invoke(Function.DELIVER, again)) == []
    assert len(mails_to(shop, ANN)) == sent
    _, waiting = call(shop, "POST", "campaigns/win-back/proof", {"to": ANN})
    shop.cloud.clock.advance(GOOD_FOR)
    shop.settle()
    assert call(shop, "GET", f"proofs/{waiting['id']}")[1]["state"] == "expired"
    assert len(mails_to(shop, ANN)) == sent


def test_what_the_provider_refuses_fails_and_a_lost_reply_is_cleared_up_by_its_report(shop: Shop) -> None:
    faults = shop.cloud.providers.faults
    faults.add(Fault(effect=Throttle(), count=1))
    assert proof(shop)["state"] == "failed"
    faults.add(Fault(effect=LoseReply(), count=1))
    found = proof(shop)
    assert (found["state"], "delivered" in found["facts"]) == ("sent", True)


def test_there_are_only_so_many_an_hour(shop: Shop) -> None:
    for _ in range(MOST_AN_HOUR):
        assert call(shop, "POST", "campaigns/win-back/proof", {"to": SUCCESS})[0] == 202
    status, body = call(shop, "POST", "campaigns/win-back/proof", {"to": SUCCESS})
    assert (status, body["code"]) == (422, "too_many_proofs")
    shop.settle()
