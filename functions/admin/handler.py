"""`/admin/*` for the people who run it; behind the JWT authorizer of the HTTP API."""

import json
import time
from datetime import datetime

from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.wiring import Services
from kizuna.topology import Function, function
from kizuna.usecases.admin import serve
from kizuna.usecases.data_pages import DataDesk
from kizuna.usecases.desk import Desk
from kizuna.usecases.lake_desk import LakeDesk
from kizuna.usecases.lake_desk import reply as lake_reply
from kizuna.usecases.list_desk import ListDesk
from kizuna.usecases.list_desk import reply as list_reply
from kizuna.usecases.segment_desk import SegmentDesk
from kizuna.usecases.segment_preview import Looker

_SECONDS = (
    function(Function.ADMIN).timeout * 0.4
)  # for walking; a sample and its reach are asked for behind it


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    if request.path.startswith("/admin/lists"):
        return list_reply(request, ListDesk(wired.people, wired.queues), wired.catalog.current(), now=now)
    if request.path.startswith("/admin/lake-counts"):
        lake = LakeDesk(lambda: wired.lake_queries, wired.runs, wired.catalog.documents)
        return lake_reply(request, lake, wired.catalog.current(), now=now)
    on = Desk(
        wired.people, wired.ledger, wired.messages, wired.counters, wired.runs, wired.merges, wired.brakes
    )
    data = DataDesk(wired.quarantine, wired.arrivals)
    started = time.monotonic()
    segments = SegmentDesk(
        Looker(wired.people, wired.ledger, wired.messages),
        wired.backfills,
        wired.catalog.documents,
        is_over=lambda: time.monotonic() - started > _SECONDS,
    )
    status, body = serve(request, on, data, segments, wired.catalog.current(), now=now)
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return HttpReply(status, json.dumps(body, ensure_ascii=False), headers)
