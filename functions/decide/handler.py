"""`POST /v1/decide` → the next best action for a placement, or nothing, with the reason."""

import json
from dataclasses import asdict
from datetime import datetime

from kizuna.core.durations import instant_to_text
from kizuna.core.intake import replies
from kizuna.core.intake.http import HttpReply, HttpRequest, Rejected
from kizuna.core.placements import Choice
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.observability import logger, metrics
from kizuna.runtime.wiring import Services
from kizuna.usecases.collecting.callers import Doorkeeper
from kizuna.usecases.decisions.next_best import NOT_A_TOKEN, Adviser, advise


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    if request.method == "OPTIONS":  # pages ask from the browser
        return replies.preflight(request)
    if request.method != "POST":
        allowed = ("POST", "OPTIONS")
        wrong = Rejected(405, "method_not_allowed", "this path takes POST", allow=allowed)
        return replies.refused(request, wrong)
    on = Adviser(wired.people, Doorkeeper(wired.keys, wired.secrets.identity_secret, wired.throttle))
    found = advise(request, on, wired.catalog.current(), now=now)
    if isinstance(found, Rejected):
        if found is NOT_A_TOKEN:
            logger.warning("identity token refused")
        if found.status == 429:
            metrics.add_metric("KeyOverItsRate", unit="Count", value=1)
        return replies.refused(request, found)
    return HttpReply(200, json.dumps(_body(found), ensure_ascii=False), replies.ok(request).headers)


def _body(choice: Choice) -> dict[str, object]:
    return {
        "placement": choice.placement,
        "action": choice.action,
        "content": dict(choice.content),
        "reason": choice.reason,
        "considered": [asdict(each) for each in choice.considered],
        "holdsUntil": instant_to_text(choice.flips_at) if choice.flips_at else None,
    }
