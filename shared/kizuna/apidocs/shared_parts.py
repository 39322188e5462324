"""What many operations have in common: ways to show a key, replies that may always come, preflights."""

from __future__ import annotations

from collections.abc import Mapping

from kizuna.apidocs.operations import JSON, Operation, Reply, problem, ref

WRITE_KEY: tuple[Mapping[str, list[str]], ...] = (
    {"writeKeyBasic": []},
    {"writeKeyBearer": []},
    {"writeKeyHeader": []},
    {"writeKeyQuery": []},
)

UNAUTHORIZED = problem(
    401,
    "No key, an unknown or a revoked one.",
    {"unauthorized": "the write key is missing or not valid"},
    component="Unauthorized",
)
INTERNAL = problem(
    500,
    "A fault of ours. Sending it again is safe: what was stored of it counts once.",
    {"internal": "something went wrong on our side"},
    component="Internal",
)
UNAVAILABLE = problem(
    503,
    "Neither table nor queue took it. Send it again after `Retry-After` seconds.",
    {"unavailable": "try again later"},
    headers=("Retry-After",),
    component="Unavailable",
)
TOO_OFTEN = Reply(
    429,
    "This key asks more often than its source may (`requests_per_second`): ask again after `Retry-After` seconds. Or "
    "more requests than this deployment lets in, where the gateway answers, without that header.",
    {JSON: {"anyOf": [ref("Problem"), ref("GatewayProblem")]}},
    {
        "rate_limited": {"code": "rate_limited", "message": "too many requests with this key"},
        "throttled": {"message": "Too Many Requests"},
    },
    component="TooOften",
)
THROTTLED = Reply(
    429,
    "More requests than this deployment lets in; the gateway answers.",
    {JSON: ref("GatewayProblem")},
    {"throttled": {"message": "Too Many Requests"}},
    component="Throttled",
)
TOO_LARGE = Reply(
    413,
    "More than the gateway takes; it answers itself.",
    {JSON: ref("GatewayProblem")},
    {"too_large": {"message": "Request Entity Too Large"}},
    component="TooLarge",
)
_PREFLIGHT = Reply(
    200,
    "A page of any origin may ask; a key's own origins are checked on the real request.",
    {JSON: ref("Accepted")},
    {"preflight": {"success": True}},
    headers=("Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"),
    component="Preflight",
)


def preflight(of: Operation) -> Operation:
    """The question that a browser asks before it calls."""
    return Operation(
        id=f"{of.id}Preflight",
        method="options",
        path=of.path,
        tag=of.tag,
        summary="A browser asks whether it may call",
        japanese="ブラウザの事前確認（CORS）に答えます。",
        parameters=tuple(each for each in of.parameters if each.where == "path"),
        replies=(_PREFLIGHT, THROTTLED, INTERNAL),
        slash=of.slash,
    )
