"""`POST /hooks/line/<account>` → the queue of feedback, once LINE's signature is right."""

from datetime import datetime

from kizuna.core.intake import replies
from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.core.intake.line_webhooks import NotFromLine, events_of
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.observability import metrics
from kizuna.runtime.wiring import Services
from kizuna.topology import Queue


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    """200 once everything is on the queue: LINE does not call again for what it was told we have."""
    try:
        events = events_of(request, wired.line_accounts.channel_secret)
    except NotFromLine as error:
        metrics.add_metric("HookRefused", unit="Count", value=1)
        return replies.refused(request, error.refusal)
    if events:
        wired.queues.send(Queue.FEEDBACK, events)
    return HttpReply(200, "{}", {"content-type": "application/json"})
