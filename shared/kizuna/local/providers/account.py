"""The account at the providers, on the wire: SES's suppression list, and what End User Messaging says of texts.

SES v2 `ListSuppressedDestinations` and `PutSuppressedDestination`; SMS and voice v2 `DescribeSpendLimits`,
`DescribeAccountAttributes` and `DescribeOptedOutNumbers`. `GetAccount` is answered by `ses`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kizuna.local.providers.wire import Refusal, Reply, Request, json_reply, rest_json_refusal
from kizuna.local.providers.world import World

SUPPRESSED_PATH = "/v2/email/suppression/addresses"
_TARGET = "PinpointSMSVoiceV2."
_PAGE = 100


def answer(request: Request, world: World, *, now: datetime) -> Reply | None:
    """The answer to a question about the account; None if the request is none."""
    if request.path == SUPPRESSED_PATH:
        return _listed(request, world) if request.method == "GET" else _put(request, world, now)
    target = request.headers.get("x-amz-target", "")
    match target.removeprefix(_TARGET) if target.startswith(_TARGET) else "":
        case "DescribeSpendLimits":
            limit = {
                "Name": "TEXT_MESSAGE_MONTHLY_SPEND_LIMIT",
                "EnforcedLimit": 50,
                "MaxLimit": 100,
                "Overridden": True,
            }
            return _of_texts({"SpendLimits": [limit]})
        case "DescribeAccountAttributes":
            return _of_texts({"AccountAttributes": [{"Name": "ACCOUNT_TIER", "Value": "PRODUCTION"}]})
        case "DescribeOptedOutNumbers":
            return _opted_out(request, world)
        case _:
            return None


def _listed(request: Request, world: World) -> Reply:
    asked = request.query.get("StartDate", "")
    since = datetime.fromisoformat(asked) if asked else datetime.min.replace(tzinfo=UTC)
    found = sorted((at, address, why) for address, (why, at) in world.suppressed.items() if at >= since)
    start = _place(request.query.get("NextToken", ""), len(found))
    if start is None:
        return rest_json_refusal(Refusal("InvalidNextTokenException", "the token is no good"), "account")
    page = [
        {"EmailAddress": address, "Reason": why, "LastUpdateTime": at.timestamp()}
        for at, address, why in found[start : start + _PAGE]
    ]
    following = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(found) else {}
    return json_reply({"SuppressedDestinationSummaries": page, **following})


def _put(request: Request, world: World, now: datetime) -> Reply:
    asked = request.json_object()
    world.suppressed[str(asked["EmailAddress"]).lower()] = (str(asked["Reason"]), now)
    return json_reply({})


def _opted_out(request: Request, world: World) -> Reply:
    found = sorted((at, number) for number, at in world.opted_out_at.items())
    start = _place(str(request.json_object().get("NextToken") or ""), len(found)) or 0
    page = [
        {"OptedOutNumber": number, "OptedOutTimestamp": at.timestamp(), "EndUserOptedOut": True}
        for at, number in found[start : start + _PAGE]
    ]
    following = {"NextToken": str(start + _PAGE)} if start + _PAGE < len(found) else {}
    return _of_texts({"OptOutListName": "Default", "OptedOutNumbers": page, **following})


def _place(token: str, count: int) -> int | None:
    """Where a page begins; None for a token that was never given."""
    if not token:
        return 0
    return int(token) if token.isdigit() and int(token) < count else None


def _of_texts(body: dict[str, Any]) -> Reply:
    made = json_reply(body)
    return Reply(made.status, made.body, "application/x-amz-json-1.0")
