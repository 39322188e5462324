"""Our account at SES and End User Messaging, read as they tell it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from kizuna.adapters.clients import sending_client
from kizuna.adapters.senders.provider_account import AwsAccount
from kizuna.core.accounts import EmailQuota, TextQuota
from kizuna.core.errors import Unavailable
from kizuna.core.ports.accounts import OptedOut, PageGone
from kizuna.core.ports.suppressed import Suppressed
from tests.support.builders import NOON

DAY = timedelta(days=1)


class Stubbed:
    """An account whose two services answer as they are told to."""

    def __init__(self) -> None:
        self.clients = sending_client("sesv2"), sending_client("pinpoint-sms-voice-v2")
        self.mail, self.texts = (Stubber(client) for client in self.clients)
        self.account = AwsAccount(lambda: self.clients[0], lambda: self.clients[1], opt_out_list="ours")


@pytest.fixture
def stubbed() -> Iterator[Stubbed]:
    made = Stubbed()
    with made.mail, made.texts:
        yield made
        made.mail.assert_no_pending_responses()
        made.texts.assert_no_pending_responses()
    for client in made.clients:
        client.close()


def test_what_ses_allows_and_how_the_account_stands_is_read(stubbed: Stubbed) -> None:
    told = {
        "ProductionAccessEnabled": False,
        "SendingEnabled": False,
        "EnforcementStatus": "SHUTDOWN",
        "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 3.0},
    }
    stubbed.mail.add_response("get_account", told)
    found = stubbed.account.email()
    assert found == EmailQuota(1, 200, 3, sending=False, production=False, health="SHUTDOWN")


def test_what_texts_may_cost_is_read(stubbed: Stubbed) -> None:
    limits = [
        {"Name": "VOICE_MESSAGE_MONTHLY_SPEND_LIMIT", "EnforcedLimit": 1, "MaxLimit": 1, "Overridden": False},
        {
            "Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT",
            "EnforcedLimit": 50,
            "MaxLimit": 100,
            "Overridden": True,
        },
    ]
    stubbed.texts.add_response("describe_spend_limits", {"SpendLimits": limits})
    tier = {"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "SANDBOX"}]}
    stubbed.texts.add_response("describe_account_attributes", tier)
    assert stubbed.account.texts() == TextQuota(50, 100, "SANDBOX")


def test_the_suppression_list_is_read_page_by_page_and_reasons_nobody_knows_are_passed_over(
    stubbed: Stubbed,
) -> None:
    def page(*addresses: tuple[str, str], token: str = "") -> dict[str, Any]:
        found = [{"EmailAddress": a, "Reason": why, "LastUpdateTime": NOON} for a, why in addresses]
        return {"SuppressedDestinationSummaries": found, **({"NextToken": token} if token else {})}

    asked = {"PageSize": 1_000, "StartDate": NOON - DAY}
    first = page(("a@example.com", "BOUNCE"), ("b@example.com", "SOMETHING_NEW"), token="t1")
    stubbed.mail.add_response("list_suppressed_destinations", first, asked)
    last = page(("c@example.com", "COMPLAINT"))
    stubbed.mail.add_response("list_suppressed_destinations", last, {**asked, "NextToken": "t1"})
    assert stubbed.account.suppressed(since=NOON - DAY, token="") == (
        (Suppressed("a@example.com", "bounce", NOON),),
        "t1",
    )
    found = stubbed.account.suppressed(since=NOON - DAY, token="t1")
    assert found == ((Suppressed("c@example.com", "complaint", NOON),), "")


def test_the_opt_out_list_of_the_stage_is_read_page_by_page(stubbed: Stubbed) -> None:
    numbers = [
        {"OptedOutNumber": "+12065550190", "OptedOutTimestamp": NOON, "EndUserOptedOut": True},
        {"OptedOutNumber": "+12065550191", "OptedOutTimestamp": NOON, "EndUserOptedOut": False},
    ]
    asked = {"OptOutListName": "ours", "MaxResults": 100, "NextToken": "t1"}
    stubbed.texts.add_response("describe_opted_out_numbers", {"OptedOutNumbers": numbers}, asked)
    assert stubbed.account.opted_out(token="t1") == (
        (OptedOut("+12065550190", NOON), OptedOut("+12065550191", NOON, by_themselves=False)),
        "",
    )


@pytest.mark.parametrize(("because", "reason"), [("bounce", "BOUNCE"), ("complaint", "COMPLAINT")])
def test_a_mailbox_is_put_on_the_list_with_its_reason(stubbed: Stubbed, because: Any, reason: str) -> None:
    asked = {"EmailAddress": "a@example.com", "Reason": reason}
    stubbed.mail.add_response("put_suppressed_destination", {}, asked)
    stubbed.account.suppress("a@example.com", because)


@pytest.mark.parametrize("code", ["TooManyRequestsException", "AccessDeniedException", "InternalFailure"])
def test_whatever_keeps_a_provider_from_answering_is_no_more_than_that(stubbed: Stubbed, code: str) -> None:
    stubbed.mail.add_client_error("get_account", code)
    with pytest.raises(Unavailable, match=code):
        stubbed.account.email()


def test_a_page_that_the_provider_forgot_is_told_from_a_provider_that_says_nothing(stubbed: Stubbed) -> None:
    for token, error in (("old", PageGone), ("", Unavailable)):
        stubbed.mail.add_client_error("list_suppressed_destinations", "BadRequestException")
        with pytest.raises(error):
            stubbed.account.suppressed(since=None, token=token)
    stubbed.texts.add_client_error("describe_opted_out_numbers", "ThrottlingException")
    with pytest.raises(Unavailable):
        stubbed.account.opted_out(token="t1")
