"""What WhatsApp and LINE tell, read from their own forms; whatever is not of that form is named and nothing else."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.events import Source, SourceKind
from kizuna.core.messenger_events import consent_of_messenger, contacted, may_be_answered
from kizuna.core.messenger_reports import LINE_ENVELOPE, read_reports
from kizuna.core.people import Address
from kizuna.core.provider_reports import Contact, MessageReport
from kizuna.core.report_parts import UnreadableReport
from tests.support.builders import NOON, an_event

LINE_USER = "U0123456789abcdef0123456789abcdef"
AT = datetime(2026, 11, 23, 11, tzinfo=UTC)
SECONDS = str(int(AT.timestamp()))
PROVIDER = Source("provider", SourceKind.PROVIDER)


def whatsapp(**value: Any) -> str:
    entry = {
        "id": "1",
        "changes": [{"field": "messages", "value": {"messaging_product": "whatsapp", **value}}],
    }
    notice = {"whatsAppWebhookEntry": json.dumps(entry), "messageId": "n1"}
    return json.dumps({"Type": "Notification", "MessageId": "s1", "Message": json.dumps(notice)})


def status(kind: str, **more: Any) -> dict[str, Any]:
    return {"id": "wamid.1", "status": kind, "timestamp": SECONDS, "biz_opaque_callback_data": "m1", **more}


def line(*events: Any) -> str:
    return json.dumps({LINE_ENVELOPE: json.dumps({"events": list(events)})})


def a_line_event(kind: str, **more: Any) -> dict[str, Any]:
    millis = int(AT.timestamp() * 1000)
    source = {"type": "user", "userId": LINE_USER}
    return {"type": kind, "timestamp": millis, "webhookEventId": "e1", "source": source, **more}


@pytest.mark.parametrize(
    ("kind", "fact", "event"),
    [
        ("sent", "sent", ""),
        ("delivered", "delivered", "WhatsApp Delivered"),
        ("read", "opened", "WhatsApp Read"),
        ("failed", "bounced", "WhatsApp Failed"),
    ],
)
def test_a_status_is_about_the_message_whose_id_it_brings_back(kind: str, fact: str, event: str) -> None:
    (report,) = read_reports(whatsapp(statuses=[status(kind)]), received_at=NOON)
    assert isinstance(report, MessageReport)
    assert (report.message, report.fact, report.event, report.at) == ("m1", fact, event, AT)
    assert (report,) == read_reports(whatsapp(statuses=[status(kind)]), received_at=NOON)


def test_why_a_message_failed_is_its_code() -> None:
    told = status("failed", errors=[{"code": 131047, "title": "Re-engagement message"}])
    (report,) = read_reports(whatsapp(statuses=[told]), received_at=NOON)
    assert isinstance(report, MessageReport)
    assert report.reason == "131047"


def test_one_event_may_tell_several_things_and_others_messages_are_left_out() -> None:
    others = {"id": "wamid.2", "status": "sent", "timestamp": SECONDS}
    told = whatsapp(statuses=[status("sent"), others, status("warned"), status("read")])
    assert [
        report.fact for report in read_reports(told, received_at=NOON) if isinstance(report, MessageReport)
    ] == [
        "sent",
        "opened",
    ]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"type": "text", "text": {"body": "Hello"}}, "Hello"),
        ({"type": "button", "button": {"text": "Stop", "payload": "x"}}, "Stop"),
        ({"type": "image", "image": {"id": "1"}}, ""),
    ],
)
def test_what_somebody_wrote_by_whatsapp(message: dict[str, Any], text: str) -> None:
    told = whatsapp(messages=[{"from": "819012345678", "id": "wamid.9", "timestamp": SECONDS, **message}])
    expected = Contact("wamid.9", "WhatsApp Received", "whatsapp", "+819012345678", AT, text)
    assert read_reports(told, received_at=NOON) == (expected,)


@pytest.mark.parametrize(
    ("event", "name", "text"),
    [
        (a_line_event("follow"), "LINE Followed", ""),
        (a_line_event("unfollow"), "LINE Unfollowed", ""),
        (a_line_event("message", message={"type": "text", "text": "hi"}), "LINE Received", "hi"),
    ],
)
def test_what_somebody_did_in_line(event: dict[str, Any], name: str, text: str) -> None:
    assert read_reports(line(event), received_at=NOON) == (Contact("e1", name, "line", LINE_USER, AT, text),)


def test_groups_and_other_kinds_of_events_mean_nothing() -> None:
    group = a_line_event("message", source={"type": "group", "groupId": "C1", "userId": LINE_USER})
    assert (
        read_reports(line(group, a_line_event("beacon"), a_line_event("join", source={})), received_at=NOON)
        == ()
    )


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("[]", "body"),
        (json.dumps({LINE_ENVELOPE: "no json"}), LINE_ENVELOPE),
        (json.dumps({LINE_ENVELOPE: json.dumps({"events": 1})}), "events"),
        (line(a_line_event("follow", timestamp="soon")), "timestamp"),
        (whatsapp(statuses=[status("sent", timestamp=None)]), "timestamp"),
        (whatsapp(messages=[{"from": "nobody", "timestamp": SECONDS}]), "messages.from"),
        (whatsapp(messages="text"), "messages"),
    ],
)
def test_an_unreadable_report_names_what_is_wrong(body: str, named: str) -> None:
    with pytest.raises(UnreadableReport, match=named):
        read_reports(body, received_at=NOON)


NAMES = ["events", "source", "type", "userId", "timestamp", "statuses", "messages", "from", "errors"]
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


@given(JSON)
def test_whatever_comes_is_read_or_refused_by_name(value: Any) -> None:
    in_line = json.dumps({LINE_ENVELOPE: json.dumps(value)})
    for body in (whatsapp(statuses=value), whatsapp(messages=[value]), in_line):
        with suppress(UnreadableReport):
            read_reports(body, received_at=NOON)


# ── what follows ────────────────────────────────────────────────────────────────────────────────


def test_only_a_providers_word_changes_consent() -> None:
    followed = an_event("LINE Followed", source=PROVIDER, properties={"address_id": "a1"})
    (grant,) = consent_of_messenger(followed, "p1")
    assert (grant.action, grant.channel, grant.endpoint) == ("grant", "line", "a1")
    told_by_a_page = an_event("LINE Followed", source=Source("web", SourceKind.CLIENT))
    assert consent_of_messenger(told_by_a_page, "p1") == ()


def test_a_conversation_is_open_for_a_day_less_a_margin() -> None:
    heard = Address("whatsapp", "+819012345678", NOON, heard_at=NOON)
    day, margin = timedelta(hours=24), timedelta(minutes=5)
    assert may_be_answered(heard, now=NOON + day - margin - timedelta(seconds=1))
    assert not may_be_answered(heard, now=NOON + day - margin)
    assert not may_be_answered(Address("whatsapp", "+819012345678", NOON), now=NOON)


def test_an_earlier_word_that_comes_late_closes_nothing() -> None:
    number = (("phone", "+819012345678"),)
    late = an_event("WhatsApp Received", source=PROVIDER, at=NOON - timedelta(hours=2), identities=number)
    held = {("whatsapp", "+819012345678"): Address("whatsapp", "+819012345678", NOON, heard_at=NOON)}
    assert contacted(held, late) == held
