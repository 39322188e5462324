"""Every answer of a provider, and what becomes of the message: the table of delivery.md section 4."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore import exceptions as broken
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from kizuna.adapters.clients import sending_client
from kizuna.core.messages import Accepted, NotAccepted, Outcome, Rejected, Unclear
from tests.support.sending import ANY, OPERATIONS, send

MINUTE, LONGER = timedelta(minutes=1), timedelta(minutes=15)


def told(service: str, code: str, status: int, **fields: Any) -> Outcome:
    """The outcome of an error reply."""
    client = sending_client(service)
    with Stubber(client) as stub:
        stub.add_client_error(
            OPERATIONS[service], service_error_code=code, http_status_code=status, modeled_fields=fields
        )
        outcome = send(service, client)
        stub.assert_no_pending_responses()
    client.close()
    return outcome


SES, SMS, PUSH, SNS, WHATSAPP = ANY
OUR_PUSH_IS_OFF = Rejected("PlatformApplicationDisabledException", account=True)
OUR_TEXTS_ARE_OFF = Rejected("AccessDeniedException.ACCOUNT_DISABLED", account=True)


@pytest.mark.parametrize(
    ("service", "code", "status", "expected"),
    [
        (SES, "TooManyRequestsException", 429, NotAccepted("TooManyRequestsException", MINUTE)),
        (SES, "LimitExceededException", 400, NotAccepted("LimitExceededException", LONGER)),
        (SES, "SendingPausedException", 400, NotAccepted("SendingPausedException", LONGER)),
        (SES, "MessageRejected", 400, Rejected("MessageRejected")),
        (SES, "BadRequestException", 400, Rejected("BadRequestException")),
        (
            SES,
            "MailFromDomainNotVerifiedException",
            400,
            Rejected("MailFromDomainNotVerifiedException"),
        ),
        (SES, "NotFoundException", 404, Rejected("NotFoundException")),
        (SES, "AccessDeniedException", 403, Rejected("AccessDeniedException")),
        (SES, "AccountSuspendedException", 400, Rejected("AccountSuspendedException", account=True)),
        (SES, "InternalFailure", 500, Unclear("InternalFailure")),
        (SES, "ServiceUnavailable", 503, Unclear("ServiceUnavailable")),
        (SES, "TooManyRequestsException", 503, Unclear("TooManyRequestsException")),
        (SES, "ExpiredTokenException", 403, Unclear("ExpiredTokenException")),
        (SES, "ThrottlingException", 400, Unclear("ThrottlingException")),
        (SES, "ValidationException", 400, Unclear("ValidationException")),
        (SES, "", 400, Unclear("unreadable_reply")),
        (SES, "<html>ann@example.com", 400, Unclear("unreadable_reply")),
        (SMS, "ThrottlingException", 400, NotAccepted("ThrottlingException", MINUTE)),
        (SMS, "ServiceQuotaExceededException", 400, NotAccepted("ServiceQuotaExceededException", LONGER)),
        (SMS, "ValidationException", 400, Rejected("ValidationException")),
        (SMS, "AccessDeniedException", 400, Rejected("AccessDeniedException")),
        (SMS, "ResourceNotFoundException", 400, Rejected("ResourceNotFoundException")),
        (SMS, "ConflictException", 400, Rejected("ConflictException")),
        (SMS, "InternalServerException", 500, Unclear("InternalServerException")),
        (SMS, "InternalServerException", 400, Unclear("InternalServerException")),
        (SMS, "TooManyRequestsException", 429, Unclear("TooManyRequestsException")),
        (PUSH, "TooManyRequestsException", 429, NotAccepted("TooManyRequestsException", MINUTE)),
        (PUSH, "ThrottlingException", 429, NotAccepted("ThrottlingException", MINUTE)),
        (PUSH, "BadRequestException", 400, Rejected("BadRequestException")),
        (PUSH, "ForbiddenException", 403, Rejected("ForbiddenException")),
        (PUSH, "NotFoundException", 404, Rejected("NotFoundException")),
        (PUSH, "MethodNotAllowedException", 405, Rejected("MethodNotAllowedException")),
        (PUSH, "PayloadTooLargeException", 413, Rejected("PayloadTooLargeException")),
        (PUSH, "PlatformApplicationDisabledException", 400, OUR_PUSH_IS_OFF),
        (PUSH, "InternalServerErrorException", 500, Unclear("InternalServerErrorException")),
        (PUSH, "ServiceUnavailable", 503, Unclear("ServiceUnavailable")),
        (SNS, "Throttling", 400, NotAccepted("Throttling", MINUTE)),
        (SNS, "KMSThrottling", 400, NotAccepted("KMSThrottling", MINUTE)),
        (SNS, "EndpointDisabled", 400, Rejected("EndpointDisabled", address_dead=True)),
        (SNS, "PlatformApplicationDisabled", 400, Rejected("PlatformApplicationDisabled", account=True)),
        (SNS, "AuthorizationError", 403, Rejected("AuthorizationError", account=True)),
        (SNS, "InvalidParameter", 400, Rejected("InvalidParameter")),
        (SNS, "ParameterValueInvalid", 400, Rejected("ParameterValueInvalid")),
        (SNS, "NotFound", 404, Rejected("NotFound")),
        (SNS, "KMSAccessDenied", 400, Rejected("KMSAccessDenied")),
        (SNS, "InternalError", 500, Unclear("InternalError")),
        (SNS, "SomethingNew", 400, Unclear("SomethingNew")),
        (WHATSAPP, "ThrottledRequestException", 429, NotAccepted("ThrottledRequestException", MINUTE)),
        (WHATSAPP, "LimitExceededException", 402, NotAccepted("LimitExceededException", LONGER)),
        (WHATSAPP, "ValidationException", 400, Rejected("ValidationException")),
        (WHATSAPP, "InvalidParametersException", 400, Rejected("InvalidParametersException")),
        (WHATSAPP, "ResourceNotFoundException", 404, Rejected("ResourceNotFoundException")),
        (WHATSAPP, "AccessDeniedException", 403, Rejected("AccessDeniedException", account=True)),
        (WHATSAPP, "DependencyException", 502, Unclear("DependencyException")),
        (WHATSAPP, "InternalServiceException", 500, Unclear("InternalServiceException")),
        (WHATSAPP, "SomethingNew", 400, Unclear("SomethingNew")),
    ],
)
def test_an_error_reply_is_classified(service: str, code: str, status: int, expected: Outcome) -> None:
    assert told(service, code, status) == expected


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (
            "ConflictException",
            "DESTINATION_PHONE_NUMBER_OPTED_OUT",
            Rejected("ConflictException.DESTINATION_PHONE_NUMBER_OPTED_OUT", opted_out=True),
        ),
        ("ConflictException", "RESOURCE_NOT_ACTIVE", Rejected("ConflictException.RESOURCE_NOT_ACTIVE")),
        ("AccessDeniedException", "ACCOUNT_DISABLED", OUR_TEXTS_ARE_OFF),
        (
            "AccessDeniedException",
            "INSUFFICIENT_ACCOUNT_REPUTATION",
            Rejected("AccessDeniedException.INSUFFICIENT_ACCOUNT_REPUTATION", account=True),
        ),
        ("ValidationException", "INVALID_PARAMETER", Rejected("ValidationException.INVALID_PARAMETER")),
    ],
)
def test_the_reason_of_an_sms_error_is_kept(code: str, reason: str, expected: Outcome) -> None:
    assert told(SMS, code, 400, Reason=reason) == expected


# ── push, address by address ────────────────────────────────────────────────────────────────────


def pushed(result: dict[str, Any], address: str = "token-1") -> Outcome:
    client = sending_client(PUSH)
    with Stubber(client) as stub:
        reply = {"MessageResponse": {"ApplicationId": "app-1", "Result": {address: result}}}
        stub.add_response("send_messages", reply)
        outcome = send(PUSH, client)
    client.close()
    return outcome


@pytest.mark.parametrize(
    ("status", "code", "told", "expected"),
    [
        ("SUCCESSFUL", 200, "", Accepted("push-1")),
        ("THROTTLED", 429, "", NotAccepted("THROTTLED", MINUTE)),
        (
            "PERMANENT_FAILURE",
            410,
            '{"reason":"Unregistered"}',
            Rejected("PERMANENT_FAILURE", address_dead=True),
        ),
        ("PERMANENT_FAILURE", 400, "", Rejected("PERMANENT_FAILURE", address_dead=True)),
        ("PERMANENT_FAILURE", 400, '{"reason":"PayloadTooLarge"}', Rejected("PERMANENT_FAILURE")),
        ("PERMANENT_FAILURE", 403, '{"reason":"InvalidProviderToken"}', Rejected("PERMANENT_FAILURE")),
        ("OPT_OUT", 200, "", Rejected("OPT_OUT")),
        ("UNKNOWN_FAILURE", 400, "", Unclear("UNKNOWN_FAILURE")),
        ("TEMPORARY_FAILURE", 503, "", Unclear("TEMPORARY_FAILURE")),
        ("DUPLICATE", 200, "", Unclear("DUPLICATE")),
        ("SOMETHING_NEW", 200, "", Unclear("unreadable_reply")),
    ],
)
def test_the_result_of_an_address_is_classified(status: str, code: int, told: str, expected: Outcome) -> None:
    result = {"DeliveryStatus": status, "StatusCode": code, "StatusMessage": told, "MessageId": "push-1"}
    assert pushed(result) == expected


def test_a_push_reply_without_our_address_is_unclear() -> None:
    result = {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200}
    assert pushed(result, address="another") == Unclear("unreadable_reply")


# ── no reply at all ─────────────────────────────────────────────────────────────────────────────


class Breaking:
    """A client whose every call ends the same way."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        def call(**_request: Any) -> Any:
            self.calls += 1
            raise self._error

        return call


AT = {"endpoint_url": "https://aws.example"}
NOT_CONNECTED = NotAccepted("not_connected", MINUTE)


@pytest.mark.parametrize("service", ANY)
@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (broken.EndpointConnectionError(**AT), NOT_CONNECTED),
        (broken.ConnectTimeoutError(**AT), NOT_CONNECTED),
        (broken.ReadTimeoutError(**AT), Unclear("read_timeout")),
        (broken.ConnectionClosedError(**AT), Unclear("connection_lost")),
        (broken.SSLError(error="", **AT), Unclear("connection_lost")),
        (broken.HTTPClientError(error=""), Unclear("HTTPClientError")),
        (broken.ProxyConnectionError(proxy_url="https://p"), Unclear("ProxyConnectionError")),
        (broken.ParamValidationError(report=""), Rejected("invalid_request")),
        (ResponseParserError("not XML"), Unclear("ResponseParserError")),
        (RuntimeError("a bug"), Unclear("RuntimeError")),
        (KeyError("Result"), Unclear("KeyError")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_call_without_an_answer_is_classified(service: str, error: Exception, expected: Outcome) -> None:
    client = Breaking(error)
    assert send(service, client) == expected
    assert client.calls == 1


@pytest.mark.parametrize("service", [SES, SMS])
def test_a_success_without_an_id_is_unclear(service: str) -> None:
    client = sending_client(service)
    with Stubber(client) as stub:
        stub.add_response(OPERATIONS[service], {})
        assert send(service, client) == Unclear("unreadable_reply")
    client.close()
