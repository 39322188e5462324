"""Pushes by SNS platform endpoints, to APNs and FCM: a `Sender`, in the place of `push` where a stage chooses SNS.

SNS wants a token registered before it takes a push to it. `CreatePlatformEndpoint` gives the same endpoint for the
same token each time, so it is asked for every push and nothing of it is kept; an error of it proves that nothing was
sent. `Publish` then is the one call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from kizuna.adapters.senders.provider_calls import THROTTLED_FOR, check_leave, one_call
from kizuna.adapters.senders.sns_errors import OF_PUBLISH
from kizuna.core.content.rendering import RenderedPush
from kizuna.core.gate import Approved
from kizuna.core.messages import Accepted, Message, NotAccepted, Outcome, Rejected, Unclear
from kizuna.core.ports import Envelope
from kizuna.core.pushes import data_of

DISABLED = "EndpointDisabled"
ERRORS = replace(
    OF_PUBLISH,
    permanent=OF_PUBLISH.permanent | {DISABLED, "PlatformApplicationDisabled"},
    account=frozenset({"PlatformApplicationDisabled", "AuthorizationError", "InvalidSecurity"}),
)
_LIFE_MOST = timedelta(weeks=4)  # FCM refuses a longer one, and APNs keeps nothing that long
# What is told where the token is registered already with other attributes than none.
_REGISTERED = re.compile(r"Endpoint (arn:\S+) already exists")


class SnsPushSender:
    """Sends one push to one token. `client` comes from `sending_client("sns")`; `registry` registers tokens, and may
    be the same. `applications` are the ARNs of platform applications by platform (`ios`, `android`).
    """

    def __init__(self, client: Any, registry: Any, *, applications: Mapping[str, str]) -> None:
        self._client = client
        self._registry = registry
        self._applications = applications

    def send(self, approved: Approved, envelope: Envelope, content: RenderedPush) -> Outcome:
        """Raises NotApproved for another message's approval; whatever else happens is an outcome."""
        check_leave(approved, envelope, channel="push")
        application = self._applications.get(envelope.platform)
        if not application:
            return Rejected("unknown_platform")
        endpoint = self._endpoint(application, envelope.message.address)
        if not isinstance(endpoint, str):
            return endpoint

        def call() -> Outcome:
            reply = self._client.publish(
                TargetArn=endpoint,
                MessageStructure="json",
                Message=_body(envelope.message, content, application),
                **_attributes(envelope.message, application),
            )
            provider_id = reply.get("MessageId")
            return Accepted(provider_id) if provider_id else Unclear("unreadable_reply")

        outcome = one_call(call, ERRORS)
        if isinstance(outcome, Rejected) and outcome.reason == DISABLED:
            return replace(outcome, address_dead=True)
        return outcome

    def _endpoint(self, application: str, token: str) -> str | NotAccepted | Rejected:
        """The endpoint of a token, or why there is none: nothing has been sent until then."""
        try:
            reply = self._registry.create_platform_endpoint(PlatformApplicationArn=application, Token=token)
        except ClientError as error:
            if held := _REGISTERED.search(str(error.response.get("Error", {}).get("Message", ""))):
                return held[1]
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code not in ERRORS.permanent:
                return NotAccepted("endpoint_not_created", THROTTLED_FOR)
            return Rejected(code, account=code in ERRORS.account)
        except BotoCoreError:
            return NotAccepted("endpoint_not_created", THROTTLED_FOR)
        return str(reply["EndpointArn"])


def _is_apple(application: str) -> bool:
    return ":app/APNS" in application


def _body(message: Message, content: RenderedPush, application: str) -> str:
    """One text for each platform that may be meant; SNS picks that of the endpoint."""
    if _is_apple(application):
        payload = {
            "aps": {"alert": {"title": content.title, "body": content.body}},
            **data_of(message, content.data),
        }
        name = "APNS_SANDBOX" if ":app/APNS_SANDBOX/" in application else "APNS"
    else:
        shown = {"title": content.title, "body": content.body}
        android = {"collapse_key": message.id, **_life(message)}
        payload = {
            "fcmV1Message": {
                "message": {"notification": shown, "data": data_of(message, content.data), "android": android}
            }
        }
        name = "GCM"
    told = json.dumps(payload, ensure_ascii=False)
    return json.dumps({"default": content.body, name: told}, ensure_ascii=False)


def _life(message: Message) -> dict[str, str]:
    seconds = _seconds_left(message)
    return {} if seconds is None else {"ttl": f"{seconds}s"}


def _seconds_left(message: Message) -> int | None:
    if message.expires_at is None:
        return None
    left = min(_LIFE_MOST, message.expires_at - message.changed_at)
    return max(0, int(left.total_seconds()))


def _attributes(message: Message, application: str) -> dict[str, Any]:
    """ "Mobile push message attributes" of SNS. On the device a repeat takes the place of the first."""
    if not _is_apple(application):
        return {}
    told = {"AWS.SNS.MOBILE.APNS.COLLAPSE_ID": message.id, "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert"}
    seconds = _seconds_left(message)
    if seconds is not None:
        prefix = "APNS_SANDBOX" if ":app/APNS_SANDBOX/" in application else "APNS"
        told[f"AWS.SNS.MOBILE.{prefix}.TTL"] = str(seconds)
    return {
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in told.items()
        }
    }
