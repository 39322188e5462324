"""What messengers call: their webhooks, each with a signature of its own."""

from __future__ import annotations

from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem
from kizuna.apidocs.shared_parts import INTERNAL, THROTTLED, UNAVAILABLE

HOOKS = "Webhooks of messengers"
_TEXT = {"type": "string"}


def hook_operations() -> tuple[Operation, ...]:
    """One for each messenger that calls by HTTPS. WhatsApp tells by SNS instead."""
    told = {
        "type": "object",
        "properties": {
            "destination": {**_TEXT, "description": "The user id of the account itself."},
            "events": {
                "type": "array",
                "items": {"type": "object"},
                "description": "Follow, unfollow, message …",
            },
        },
        "required": ["events"],
    }
    return (
        Operation(
            id="lineWebhook",
            method="post",
            path="/hooks/line/{account}",
            tag=HOOKS,
            summary="LINE tells what people did",
            japanese="LINE公式アカウントの友だち追加・ブロック・メッセージを受け取ります。",
            description="Enter this address as the webhook of the account. Answered 200 once every event is queued; "
            "what is told twice is recorded once.",
            parameters=(
                Parameter("account", "path", "The name of the account in the settings.", _TEXT, "main"),
                Parameter(
                    "X-Line-Signature",
                    "header",
                    "HMAC-SHA256 of the body with the channel's secret, base64.",
                    _TEXT,
                ),
            ),
            body=Body(told, {"nothing": {"destination": "U0", "events": []}}),
            replies=(
                Reply(200, "Queued.", {JSON: {"type": "object"}}, {"queued": {}}),
                problem(
                    400,
                    "Signed, and yet not what LINE sends.",
                    {"not_json": "the body is not JSON", "no_events": "the body has no list of events"},
                ),
                problem(401, "Not signed by LINE.", {"not_signed": "the signature is not LINE's"}),
                problem(404, "No account has this name.", {"not_found": "there is no such account"}),
                problem(413, "More than LINE sends.", {"too_large": "the body is too large"}),
                THROTTLED,
                INTERNAL,
                UNAVAILABLE,
            ),
        ),
    )
