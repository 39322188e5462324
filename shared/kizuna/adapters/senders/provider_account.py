"""Our account at SES and End User Messaging SMS: the port `ProviderAccount`.

SES v2: `GetAccount`, `ListSuppressedDestinations`, `PutSuppressedDestination`. SMS and voice v2:
`DescribeSpendLimits`, `DescribeAccountAttributes`, `DescribeOptedOutNumbers`. The clients are those that send: one
attempt, and the next hour brings the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from kizuna.core.accounts import EmailQuota, TextQuota
from kizuna.core.errors import Unavailable
from kizuna.core.ports.accounts import OptedOut, PageGone
from kizuna.core.ports.suppressed import Suppressed

_PAGE = 1_000
_PAGE_OF_NUMBERS = 100
_BECAUSE: Mapping[str, Literal["bounce", "complaint"]] = {"BOUNCE": "bounce", "COMPLAINT": "complaint"}
_REASON = {because: reason for reason, because in _BECAUSE.items()}
_TEXTS = "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT"
_TIER = "ACCOUNT_TIER"
# What a token that is too old is answered with; asked without one the same request cannot be wrong so.
_GONE = frozenset({"InvalidNextTokenException", "BadRequestException", "ValidationException"})


class AwsAccount:
    """`mail` and `texts` give clients of `sesv2` and `pinpoint-sms-voice-v2`; each is built when it is needed."""

    def __init__(
        self, mail: Callable[[], Any], texts: Callable[[], Any], *, opt_out_list: str = "Default"
    ) -> None:
        self._mail = mail
        self._texts = texts
        self._opt_out_list = opt_out_list

    def email(self) -> EmailQuota:
        with _asked("account of SES"):
            told = self._mail().get_account()
        quota = told.get("SendQuota", {})
        return EmailQuota(
            per_second=float(quota.get("MaxSendRate", 0)),
            per_day=float(quota.get("Max24HourSend", 0)),
            sent=float(quota.get("SentLast24Hours", 0)),
            sending=bool(told.get("SendingEnabled", True)),
            production=bool(told.get("ProductionAccessEnabled", True)),
            health=str(told.get("EnforcementStatus", "HEALTHY")),
        )

    def texts(self) -> TextQuota:
        with _asked("account of End User Messaging"):
            client = self._texts()
            limits = {each["Name"]: each for each in client.describe_spend_limits()["SpendLimits"]}
            attributes = {
                each["Name"]: each["Value"]
                for each in client.describe_account_attributes()["AccountAttributes"]
            }
        limit = limits.get(_TEXTS)
        return TextQuota(
            spend_limit=None if limit is None else float(limit["EnforcedLimit"]),
            most=None if limit is None else float(limit["MaxLimit"]),
            tier=str(attributes.get(_TIER, "")),
        )

    def suppressed(self, *, since: datetime | None, token: str) -> tuple[tuple[Suppressed, ...], str]:
        """A reason that is not known is passed over: a new one of SES has first to be understood."""
        asked: dict[str, Any] = {"PageSize": _PAGE, **({"StartDate": since} if since else {})}
        with _asked("suppression list of SES", token):
            reply = self._mail().list_suppressed_destinations(**asked, **_next(token))
        found = (
            Suppressed(each["EmailAddress"], because, each["LastUpdateTime"].astimezone(UTC))
            for each in reply.get("SuppressedDestinationSummaries", ())
            if (because := _BECAUSE.get(each["Reason"])) is not None
        )
        return tuple(found), str(reply.get("NextToken") or "")

    def opted_out(self, *, token: str) -> tuple[tuple[OptedOut, ...], str]:
        with _asked("opt-out list of texts", token):
            reply = self._texts().describe_opted_out_numbers(
                OptOutListName=self._opt_out_list, MaxResults=_PAGE_OF_NUMBERS, **_next(token)
            )
        found = (
            OptedOut(
                each["OptedOutNumber"],
                each["OptedOutTimestamp"].astimezone(UTC),
                bool(each.get("EndUserOptedOut", True)),
            )
            for each in reply.get("OptedOutNumbers", ())
        )
        return tuple(found), str(reply.get("NextToken") or "")

    def suppress(self, address: str, because: Literal["bounce", "complaint"]) -> None:
        with _asked("suppression list of SES"):
            self._mail().put_suppressed_destination(EmailAddress=address, Reason=_REASON[because])


def _next(token: str) -> dict[str, str]:
    return {"NextToken": token} if token else {}


@contextmanager
def _asked(what: str, token: str = "") -> Iterator[None]:
    """Raises PageGone where a token is what was wrong, Unavailable for everything else: a stage may lack the leave,
    or the whole service, and goes on with what it knows."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if token and code in _GONE:
            raise PageGone(what) from error
        raise Unavailable(f"{what}: {code if code.isalnum() else type(error).__name__}") from error
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable(f"{what}: {type(error).__name__}") from error
