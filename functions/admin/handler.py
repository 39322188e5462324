"""`/admin/*` for the people who run it; behind the JWT authorizer of the HTTP API."""

import json
from datetime import datetime

from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.wiring import Services
from kizuna.usecases.admin import serve
from kizuna.usecases.data_pages import DataDesk
from kizuna.usecases.desk import Desk


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    on = Desk(wired.people, wired.ledger, wired.messages, wired.counters, wired.runs, wired.merges)
    data = DataDesk(wired.quarantine, wired.arrivals)
    status, body = serve(request, on, data, wired.catalog.current(), now=now)
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return HttpReply(status, json.dumps(body, ensure_ascii=False), headers)
