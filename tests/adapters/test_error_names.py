"""Every error that a provider's own model names for sending is on a list of ours, or is known to prove nothing.

A new version of botocore that names another makes this fail: then somebody decides, and until then it is UNKNOWN.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest
from botocore.model import ServiceModel
from botocore.session import get_session

from kizuna.adapters.senders import push, ses, sms, sns_push, whatsapp
from kizuna.adapters.senders.provider_calls import ErrorClasses


@dataclass(frozen=True, slots=True)
class Sending:
    """One operation that sends, the lists it is judged by, and the names after which nothing is certain."""

    service: str
    operation: str
    classes: ErrorClasses
    unclear: frozenset[str] = frozenset()


SENDING = (
    Sending("sesv2", "SendEmail", ses.ERRORS),
    Sending("pinpoint-sms-voice-v2", "SendTextMessage", sms.ERRORS, frozenset({"InternalServerException"})),
    Sending("pinpoint-sms-voice-v2", "SendMediaMessage", sms.ERRORS, frozenset({"InternalServerException"})),
    Sending("pinpoint", "SendMessages", push.ERRORS, frozenset({"InternalServerErrorException"})),
    Sending("sns", "Publish", sns_push.ERRORS, frozenset({"InternalError"})),
    Sending(
        "socialmessaging",
        "SendWhatsAppMessage",
        whatsapp.ERRORS,
        frozenset({"InternalServiceException", "DependencyException"}),
    ),
)
ALL = pytest.mark.parametrize("sending", SENDING, ids=lambda sending: sending.operation)


@cache
def model(service: str) -> ServiceModel:
    return get_session().get_service_model(service)


def statuses(sending: Sending) -> dict[str, int]:
    """The errors of the operation by the name they have on the wire, with their HTTP status (0: it says none)."""
    shapes = model(sending.service).operation_model(sending.operation).error_shapes
    return {
        shape.error_code: int(shape.metadata.get("error", {}).get("httpStatusCode") or 0) for shape in shapes
    }


@ALL
def test_every_error_of_the_model_has_a_class(sending: Sending) -> None:
    by_status = {
        code
        for code, status in statuses(sending).items()
        if sending.classes.any_4xx_is_permanent and 400 <= status < 500
    }
    listed = {*sending.classes.later, *sending.classes.permanent, *by_status, *sending.unclear}
    assert set(statuses(sending)) - listed == set()


@ALL
def test_no_error_has_two_classes_and_what_comes_from_behind_the_front_door_has_none(
    sending: Sending,
) -> None:
    classes = sending.classes
    assert not classes.permanent & set(classes.later)
    assert not sending.unclear & {*classes.later, *classes.permanent}
    behind = {code for code, status in statuses(sending).items() if status >= 500}
    assert behind <= sending.unclear
    assert {code.partition(".")[0] for code in classes.account} <= classes.permanent


@pytest.mark.parametrize("service", sorted({sending.service for sending in SENDING}))
def test_every_operation_of_the_service_that_sends_and_that_we_use_is_looked_at(service: str) -> None:
    """The bulk and template operations are not used; whoever begins to must say what their errors mean."""
    unused = {"SendBulkEmail", "SendVoiceMessage", "SendUsersMessages", "SendOTPMessage", "PublishBatch"}
    unused |= {"SendCustomVerificationEmail", "SendDestinationNumberVerificationCode", "SendRcsMessage"}
    unused |= {"SendNotifyTextMessage", "SendNotifyVoiceMessage", "PublishWhatsAppFlow"}
    unused |= {"SendWhatsAppCallEvent", "SendWhatsAppConversionEvent"}
    names = {name for name in model(service).operation_names if name.startswith(("Send", "Publish"))}
    assert names - unused == {sending.operation for sending in SENDING if sending.service == service}
