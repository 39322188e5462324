"""The port `Callout` by way of the one function that may reach the internet and may do nothing else.

Who sends has leave to read people and to send mail; who calls out has neither, so a hostile answer finds nothing.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from kizuna.core.ports.callouts import Barred, Broken, Call, Callout, CallResult, Replied


class CallRequest(BaseModel):
    """What the function is given."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str
    headers: dict[str, str]
    body: str  # in base64


class CallReply(BaseModel):
    """What it gives back: one of a status, a bar, or a break."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    status: int | None = None
    retry_after: float | None = None  # seconds
    barred: str | None = None
    broken: str | None = None


class LambdaCallout:
    """Asks the function and waits for it. `client` is one that makes a single attempt."""

    def __init__(self, client: Any, *, function: str) -> None:
        self._client = client
        self._function = function

    def call(self, call: Call) -> CallResult:
        body = base64.b64encode(call.body).decode()
        wanted = CallRequest(url=call.url, headers=dict(call.headers), body=body)
        try:
            reply = self._client.invoke(
                FunctionName=self._function, Payload=wanted.model_dump_json().encode()
            )
            if reply.get("FunctionError"):
                return Broken("callout_failed")
            told = _REPLY.validate_json(reply["Payload"].read())
        except ValidationError:
            return Broken("callout_unreadable")
        except (
            ClientError,
            BotoCoreError,
        ):  # a webhook may be called again, whatever broke: it is tried later
            return Broken("callout_unavailable")
        return result_of(told)


_REPLY = TypeAdapter(CallReply)


def result_of(reply: CallReply) -> CallResult:
    if reply.status is not None:
        patience = timedelta(seconds=reply.retry_after) if reply.retry_after is not None else None
        return Replied(reply.status, patience)
    if reply.barred is not None:
        return Barred(reply.barred)
    return Broken(reply.broken or "unknown")


def answered(request: Any, callout: Callout) -> dict[str, Any]:
    """The function's side: make the call that it was given, and tell what came of it. Raises ValueError."""
    wanted = CallRequest.model_validate(request)
    result = callout.call(Call(wanted.url, wanted.headers, base64.b64decode(wanted.body, validate=True)))
    match result:
        case Replied(status=status, retry_after=patience):
            reply = CallReply(status=status, retry_after=patience.total_seconds() if patience else None)
        case Barred(reason=reason):
            reply = CallReply(barred=reason)
        case Broken(reason=reason):
            reply = CallReply(broken=reason)
    return reply.model_dump(mode="json", exclude_none=True)
