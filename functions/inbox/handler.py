"""`GET /v1/inbox` → what waits for a person; `POST /v1/inbox/{act}` → what they did with it."""

import hashlib
import json
from datetime import datetime
from typing import get_args

from kizuna.core.inbox import Act
from kizuna.core.intake import replies
from kizuna.core.intake.http import HttpReply, HttpRequest, Rejected
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.observability import logger, metrics
from kizuna.runtime.wiring import Services
from kizuna.usecases.collecting.callers import Doorkeeper
from kizuna.usecases.decisions.next_best import NOT_A_TOKEN
from kizuna.usecases.delivery.inbox import Keeper, Sources, act, look

_ROOT = "/v1/inbox"
_ACTS: dict[str, Act] = {f"{_ROOT}/{deed}": deed for deed in get_args(Act)}


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    wanted = "GET" if request.path == _ROOT else "POST" if request.path in _ACTS else None
    if wanted is None:
        return replies.refused(request, Rejected(404, "not_found", "no such path"))
    if request.method == "OPTIONS":  # pages ask from the browser
        return replies.preflight(request)
    if request.method != wanted:
        allow = (wanted, "OPTIONS")
        refusal = Rejected(405, "method_not_allowed", f"this path takes {wanted}", allow=allow)
        return replies.refused(request, refusal)
    door = Doorkeeper(wired.keys, wired.secrets.identity_secret, wired.throttle)
    on = Keeper(wired.people, door, wired.messages, wired.inboxes)
    sources = wired.catalog.current().sources
    return _acted(request, on, sources, now) if wanted == "POST" else _looked(request, on, sources, now)


def _looked(request: HttpRequest, on: Keeper, sources: Sources, now: datetime) -> HttpReply:
    shown = look(request, on, sources, now=now)
    if isinstance(shown, Rejected):
        return _refused(request, shown)
    body = {"items": [each.body() for each in shown.items], "next": shown.following}
    text = json.dumps(body, ensure_ascii=False)
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {**replies.ok(request).headers, "ETag": tag, "Cache-Control": "private, no-cache"}
    headers["Access-Control-Expose-Headers"] = "ETag"
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    return HttpReply(304, "", headers) if {tag, "*"} & known else HttpReply(200, text, headers)


def _acted(request: HttpRequest, on: Keeper, sources: Sources, now: datetime) -> HttpReply:
    done = act(request, _ACTS[request.path], on, sources, now=now)
    if isinstance(done, Rejected):
        return _refused(request, done)
    return HttpReply(200, json.dumps({"success": True, "items": done}), replies.ok(request).headers)


def _refused(request: HttpRequest, why: Rejected) -> HttpReply:
    if why is NOT_A_TOKEN:
        logger.warning("identity token refused")
    if why.status == 429:
        metrics.add_metric("KeyOverItsRate", unit="Count", value=1)
    return replies.refused(request, why)
