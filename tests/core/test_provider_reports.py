"""What SES and SMS tell us about our messages, and what of it means nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.provider_reports import MessageReport, Reply, read_report
from kizuna.core.report_parts import UnreadableReport
from tests.support.builders import NOON

AT = "2026-11-23T11:59:00.250Z"
MOMENT = datetime(2026, 11, 23, 11, 59, 0, 250_000, tzinfo=UTC)


def mail(kind: str, *, tags: Any = None, **what: Any) -> dict[str, Any]:
    """An SES event in its EventBridge envelope."""
    told = {"send_id": ["m1"], "campaign": ["spring"]} if tags is None else tags
    detail: dict[str, Any] = {"eventType": kind, "mail": {"timestamp": "2026-11-23T11:00:00Z", "tags": told}}
    if what:
        detail[kind.lower()] = what
    return {"id": "envelope-1", "detail-type": f"Email {kind}", "source": "aws.ses", "detail": detail}


def text(kind: str, **changes: Any) -> dict[str, Any]:
    """An SMS event in an SNS notification."""
    notice = {"eventType": kind, "eventTimestamp": 1_795_435_140_250, "context": {"send_id": "m1"}, **changes}
    return by_sns({name: value for name, value in notice.items() if value is not ...})


def by_sns(notice: Any) -> dict[str, Any]:
    message = notice if isinstance(notice, str) else json.dumps(notice)
    return {"Type": "Notification", "MessageId": "notice-1", "Message": message}


def report(body: dict[str, Any]) -> MessageReport:
    found = read_report(json.dumps(body), received_at=NOON)
    assert isinstance(found, MessageReport)
    return found


MAIL: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "sent": (mail("Send"), ("accepted", "sent", "")),
    "delivered": (mail("Delivery", timestamp=AT), ("accepted", "delivered", "Email Delivered")),
    "bounced": (
        mail("Bounce", timestamp=AT, bounceType="Permanent"),
        ("accepted", "bounced", "Email Bounced"),
    ),
    "complained": (mail("Complaint", timestamp=AT), ("accepted", "complained", "Email Complained")),
    "opened": (mail("Open", timestamp=AT), ("accepted", "opened", "Email Opened")),
    "clicked": (mail("Click", timestamp=AT, link="https://x"), ("accepted", "clicked", "Email Clicked")),
    "late": (mail("DeliveryDelay", timestamp=AT), ("accepted", "", "")),
    "rejected": (mail("Reject", reason="Bad content"), ("failed", "rejected", "Email Rejected")),
    "not rendered": (mail("Rendering Failure"), ("failed", "rejected", "Email Rejected")),
}


@pytest.mark.parametrize("case", MAIL)
def test_a_mail_event_proves_something_and_becomes_a_fact_and_an_event(case: str) -> None:
    body, (proves, fact, event) = MAIL[case]
    found = report(body)
    assert (found.message, found.proves, found.fact, found.event) == ("m1", proves, fact, event)
    assert found == report(by_sns(body["detail"])) or case == "sent"


def test_what_the_provider_says_of_mail_that_it_threw_away_is_kept() -> None:
    assert report(mail("Reject", reason="Bad content")).reason == "Bad content"
    body = mail("Rendering Failure")
    body["detail"]["failure"] = {"errorMessage": "Attribute 'name' is not present", "templateName": "spring"}
    assert report(body).reason == "Attribute 'name' is not present"


def test_a_report_counts_from_its_own_moment_else_from_the_mails() -> None:
    assert report(mail("Delivery", timestamp=AT)).at == MOMENT
    assert report(mail("Send")).at == datetime(2026, 11, 23, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "hard"), [("Permanent", True), ("Transient", False), ("Undetermined", False), (None, False)]
)
def test_only_a_permanent_bounce_is_hard(kind: str | None, hard: bool) -> None:
    found = report(mail("Bounce", timestamp=AT, bounceType=kind, bounceSubType="MailboxFull"))
    assert (found.hard, found.reason) == (hard, "MailboxFull")
    assert not report(mail("Delivery", timestamp=AT, bounceType="Permanent")).hard


def test_a_report_that_is_told_twice_has_one_id_and_two_clicks_have_two() -> None:
    later = AT.replace("59:00", "59:01")
    assert report(mail("Click", timestamp=AT)).id == report(by_sns(mail("Click", timestamp=AT)["detail"])).id
    assert report(mail("Click", timestamp=AT)).id != report(mail("Click", timestamp=later)).id
    assert report(mail("Click", timestamp=AT)).id != report(mail("Open", timestamp=AT)).id
    bounces = [mail("Bounce", timestamp=at, feedbackId="f1") for at in (AT, later)]
    assert report(bounces[0]).id == report(bounces[1]).id


TEXTS = {
    "TEXT_DELIVERED": ("accepted", "delivered", "SMS Delivered"),
    "TEXT_SUCCESSFUL": ("accepted", "sent", ""),
    "TEXT_PENDING": ("accepted", "sent", ""),
    "TEXT_INVALID": ("accepted", "bounced", "SMS Failed"),
    "TEXT_CARRIER_BLOCKED": ("accepted", "bounced", "SMS Failed"),
    "TEXT_TTL_EXPIRED": ("accepted", "bounced", "SMS Failed"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_text_event_proves_that_it_was_accepted(kind: str) -> None:
    found = report(text(kind, messageStatus="why"))
    assert (found.proves, found.fact, found.event) == TEXTS[kind]
    assert (found.message, found.at) == ("m1", MOMENT)
    assert found.reason == ("why" if found.fact == "bounced" else "")


MEANINGLESS = {
    "mail sent by other means": mail("Delivery", tags={"other": ["x"]}, timestamp=AT),
    "mail without tags": mail("Delivery", tags="x", timestamp=AT),
    "an empty tag": mail("Delivery", tags={"send_id": []}, timestamp=AT),
    "a subscription": mail("Subscription", timestamp=AT),
    "a text of other means": text("TEXT_DELIVERED", context={"other": "x"}),
    "a text without a context": text("TEXT_DELIVERED", context=...),
    "a text with an empty reference": text("TEXT_DELIVERED", context={"send_id": ""}),
}


@pytest.mark.parametrize("case", MEANINGLESS)
def test_what_is_not_about_a_message_of_ours_means_nothing(case: str) -> None:
    assert read_report(json.dumps(MEANINGLESS[case]), received_at=NOON) is None


UNREADABLE: dict[str, Any] = {
    "not JSON": "{",
    "nothing": "",
    "a list": [],
    "neither envelope": {"hello": 1},
    "another kind of notice": {"Type": "SubscriptionConfirmation", "SubscribeURL": "https://x"},
    "an event without detail": {"detail-type": "Email Bounced"},
    "an event without its mail": {"detail-type": "x", "detail": {"eventType": "Bounce"}},
    "a notice without a message": {"Type": "Notification"},
    "a notice that is no object": by_sns("[]"),
    "a moment that is none": mail("Delivery", timestamp="yesterday"),
    "a moment out of time": mail("Delivery", timestamp="0001-01-01T00:00:00+09:00"),
    "a text without a moment": text("TEXT_DELIVERED", eventTimestamp=...),
    "a text of no moment": text("TEXT_DELIVERED", eventTimestamp="soon"),
    "a text out of time": text("TEXT_DELIVERED", eventTimestamp=10**30),
    "a reply without a sender": by_sns({"inboundMessageId": "i1", "messageBody": "STOP"}),
    "a reply without an id": by_sns({"inboundMessageId": "", "originationNumber": "+819012345678"}),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_no_provider_of_ours_sends_is_refused_without_its_content(case: str) -> None:
    body = UNREADABLE[case]
    with pytest.raises(UnreadableReport) as caught:
        read_report(body if isinstance(body, str) else json.dumps(body), received_at=NOON)
    assert "+81" not in str(caught.value)


def test_a_reply_is_from_its_number_at_the_moment_it_came_in() -> None:
    notice = {"inboundMessageId": "i1", "originationNumber": "+819012345678", "messageBody": "STOP"}
    assert read_report(json.dumps(by_sns(notice)), received_at=NOON) == Reply(
        "i1", "+819012345678", "STOP", NOON
    )
    del notice["messageBody"]
    assert read_report(json.dumps(by_sns(notice)), received_at=NOON) == Reply("i1", "+819012345678", "", NOON)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["eventType", "mail", "tags", "send_id", "timestamp", "context"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["Bounce", "Click", "TEXT_DELIVERED", 5, None]))
def test_any_content_is_read_or_refused(content: Any, kind: Any) -> None:
    detail = content | {"eventType": kind} if isinstance(content, dict) else content
    for body in (content, {"detail-type": "x", "detail": detail}, by_sns(json.dumps(detail))):
        try:
            read_report(json.dumps(body), received_at=NOON)
        except UnreadableReport:
            continue
