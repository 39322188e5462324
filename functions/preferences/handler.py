"""Signed links → pages, opt-outs in the ledger."""

from datetime import datetime

from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.wiring import Services
from kizuna.usecases.preferences import FrontDesk, answer


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    on = FrontDesk(wired.people, wired.ledger, wired.messages, wired.secrets.link_keys, wired.new_profile_id)
    return answer(request, on, wired.catalog.current(), now=now)
