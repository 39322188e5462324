"""The double's own HTTP: JSON for tests, pages for people, and the process apart."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest

from tests.support.providers import Providers, running

Answer = tuple[int, str, Mapping[str, str]]


@pytest.fixture
def providers() -> Iterator[Providers]:
    with running() as made:
        yield made


def ask(url: str, method: str, path: str, body: object = None, **headers: str) -> Answer:
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port or 0, timeout=5)
    try:
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, body=data, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), dict(answer.headers)
    finally:
        connection.close()


def get(providers: Providers, path: str, **headers: str) -> str:
    status, text, _ = ask(providers.double.url, "GET", path, **headers)
    assert status == 200, text
    return text


def post(providers: Providers, path: str, body: object) -> Answer:
    return ask(providers.double.url, "POST", path, body)


def test_the_outbox_is_json_with_filters_and_can_be_cleared(providers: Providers) -> None:
    sent = providers.mail("ann@example.com")
    providers.mail("bob@example.com")
    providers.text()
    assert len(json.loads(get(providers, "/outbox.json"))) == 3
    assert len(json.loads(get(providers, "/outbox.json?channel=email"))) == 2
    (ann,) = json.loads(get(providers, "/outbox.json?channel=email&to=Ann@example.com"))
    assert (ann["id"], ann["tags"], ann["at"]) == (sent, {"send_id": "s-1"}, "2026-11-22T12:00:00+00:00")
    assert ann["request"]["ConfigurationSetName"] == "kizuna"
    assert ask(providers.double.url, "DELETE", "/outbox.json")[0] == 204
    assert json.loads(get(providers, "/outbox.json")) == []


def test_faults_are_ordered_listed_and_forgiven_over_http(providers: Providers) -> None:
    order = {"effect": {"kind": "lose_reply"}, "channel": "email", "to": "*@x.example", "count": 2}
    status, text, _ = post(providers, "/faults", [order, {"effect": {"kind": "throttle"}, "channel": "sms"}])
    assert status == 201
    assert [fault["effect"]["kind"] for fault in json.loads(text)] == ["lose_reply", "throttle"]
    client = providers.client("pinpoint-sms-voice-v2")
    with pytest.raises(client.exceptions.ThrottlingException):
        providers.text()
    assert [fault["struck"] for fault in json.loads(get(providers, "/faults"))] == [0, 1]
    assert json.loads(get(providers, "/log.json"))[0]["fate"] == "throttled"
    assert ask(providers.double.url, "DELETE", "/faults")[0] == 204
    providers.text()


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        ("/faults", {"effect": {"kind": "explode"}}, "kind"),
        ("/faults", {"effect": {"kind": "throttle"}, "probability": 2}, "probability"),
        ("/faults", b"{", "JSON"),
        ("/events/ack", {"through": 3}, "numbers"),
        ("/events.json", {"kind": "open"}, "message_id"),
    ],
)
def test_a_bad_order_is_refused_by_field(providers: Providers, path: str, body: object, names: str) -> None:
    status, text, _ = post(providers, path, body)
    assert status == 400
    assert names in json.loads(text)["message"]


def test_events_are_polled_and_acknowledged_over_http(providers: Providers) -> None:
    providers.mail("bounce@simulator.amazonses.com")
    events = json.loads(get(providers, "/events.json"))
    assert [event["kind"] for event in events] == ["Send", "Bounce"]
    assert events[1]["bus_event"]["detail-type"] == "Email Bounced"
    assert json.loads(events[1]["sns_message"]["Message"])["eventType"] == "Bounce"
    status, text, _ = post(providers, "/events/ack", {"numbers": [event["number"] for event in events]})
    assert (status, json.loads(text)) == (200, {"acknowledged": 2})
    assert json.loads(get(providers, "/events.json")) == []


def test_a_person_can_act_over_http(providers: Providers) -> None:
    mail, text = providers.mail(), providers.text()
    providers.double.take_events()
    for act in (
        {"kind": "open", "message_id": mail},
        {"kind": "click", "message_id": mail, "link": "https://shop.example/"},
        {"kind": "complaint", "message_id": mail},
        {"kind": "bounce", "message_id": mail},
        {"kind": "reply", "message_id": text, "body": "STOP"},
    ):
        assert post(providers, "/events.json", act)[0] == 201
    kinds = [event.kind for event in providers.double.take_events()]
    assert kinds == ["Open", "Click", "Complaint", "Bounce", "Reply"]
    assert post(providers, "/events.json", {"kind": "open", "message_id": "none"})[0] == 404


def test_the_list_shows_the_newest_first_and_finds_by_word(providers: Providers) -> None:
    providers.mail("ann@example.com")
    providers.clock.forward(minutes=1)
    providers.text("+14155550124")
    page = get(providers, "/")
    assert page.index("+14155550124") < page.index("ann@example.com")
    assert "ann@example.com" not in get(providers, "/?channel=sms")
    assert "+14155550124" not in get(providers, "/?q=ANN")
    assert "delivered" in page
    assert "1 · " not in page  # no half-made sentence of counts
    assert "2 accepted" in page


def test_a_long_list_has_pages(providers: Providers) -> None:
    for number in range(101):
        providers.mail(f"p{number}@example.com")
    assert "p0@example.com" not in get(providers, "/")
    assert "p0@example.com" in get(providers, "/?from=100")


def test_everything_that_a_message_says_is_escaped(providers: Providers) -> None:
    evil = '<script>alert("x")</script>'
    body = {
        "Text": {"Data": evil},
        "Html": {"Data": f'<a href="https://shop.example/?a=1&amp;b=2">{evil}</a>'},
    }
    sent = providers.mail(
        FromEmailAddress=f'"{"<script>"}" <news@shop.example>',
        Content={"Simple": {"Subject": {"Data": evil}, "Body": body}},
    )
    for page in (get(providers, "/"), get(providers, f"/messages/{sent}")):
        assert "<script" not in page
        assert "&lt;script&gt;" in page


def test_the_html_of_a_message_is_framed_without_any_right(providers: Providers) -> None:
    html = '<p onclick="x()">Hi <a href="https://shop.example/?a=1&amp;b=2">sale</a></p>'
    sent = providers.mail(Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Html": {"Data": html}}}})
    status, page, headers = ask(providers.double.url, "GET", f"/messages/{sent}")
    assert status == 200
    assert '<iframe sandbox="" title="HTML" srcdoc="&lt;p onclick=&quot;x()&quot;&gt;' in page
    assert 'href="https://shop.example/?a=1&amp;b=2" rel="noreferrer"' in page
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_page_speaks_japanese_when_asked_or_preferred(providers: Providers) -> None:
    assert "送信箱" in get(providers, "/?lang=ja")
    assert "送信箱" in get(providers, "/", **{"Accept-Language": "ja,en;q=0.5"})
    assert '<html lang="en">' in get(providers, "/?lang=en", **{"Accept-Language": "ja"})


def test_the_buttons_of_a_message_do_what_they_say_but_not_for_other_sites(providers: Providers) -> None:
    sent = providers.text()
    providers.double.take_events()
    form = urlencode({"kind": "reply", "body": "STOP"}).encode()
    path = f"/messages/{sent}?lang=ja"
    status, _, _ = ask(providers.double.url, "POST", path, form, **{"Sec-Fetch-Site": "cross-site"})
    assert status == 403
    status, _, headers = ask(providers.double.url, "POST", path, form)
    assert (status, headers["Location"]) == (303, path)
    (event,) = providers.double.take_events()
    assert event.record["messageBody"] == "STOP"
    assert "STOP" in get(providers, f"/messages/{sent}")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/none", 404), ("GET", "/messages/none", 404), ("PUT", "/faults", 405), ("GET", "/health", 200)],
)
def test_other_paths_answer_plainly(providers: Providers, method: str, path: str, status: int) -> None:
    assert ask(providers.double.url, method, path)[0] == status


def test_it_runs_apart_and_is_found_by_the_environment_of_another_process() -> None:
    command = [sys.executable, "-m", "kizuna.local.providers", "--latency", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own module
        try:
            assert process.stdout is not None
            found = re.fullmatch(r"provider double listening on (\S+)\n", process.stdout.readline())
            assert found is not None
            client = _client(found[1])
            sent = client.send_text_message(
                DestinationPhoneNumber="+14155550123", MessageBody="Hi", ConfigurationSetName="kizuna-sms"
            )["MessageId"]
            client.close()
            events = json.loads(ask(found[1], "GET", "/events.json")[1])
            assert [(e["kind"], e["message_id"]) for e in events] == [
                ("TEXT_PENDING", sent),
                ("TEXT_DELIVERED", sent),
            ]
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def _client(url: str) -> Any:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
    return session.client("pinpoint-sms-voice-v2", endpoint_url=url)


def test_the_environment_for_other_processes_names_every_service(providers: Providers) -> None:
    url = providers.double.url
    assert providers.double.environment() == {
        "AWS_ENDPOINT_URL_SESV2": url,
        "AWS_ENDPOINT_URL_SNS": url,
        "AWS_ENDPOINT_URL_PINPOINT": url,
        "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": url,
        "AWS_ENDPOINT_URL_SOCIALMESSAGING": url,
        "KIZUNA_LINE_ENDPOINT": url,
    }
