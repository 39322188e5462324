"""Signed links → pages, what people choose there in the ledger and on the record, and where followed links lead."""

from datetime import datetime

from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.clicks import followed
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.wiring import Services
from kizuna.usecases.outcomes.following import CLICKS
from kizuna.usecases.own_side.front_desk import FrontDesk
from kizuna.usecases.own_side.preferences import answer


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    if request.path.startswith(CLICKS):
        led = followed(request, wired, now)
        if led is not None:
            return led
    on = FrontDesk(
        people=wired.people,
        ledger=wired.ledger,
        messages=wired.messages,
        link_keys=wired.secrets.link_keys,
        new_id=wired.new_profile_id,
        queues=wired.queues,
        askings=wired.askings,
        erasures=wired.erasures,
        journeys=wired.journeys,
        hash_keys=wired.hash_keys,
        randomness=wired.randomness,
    )
    return answer(request, on, wired.catalog.current(), now=now)
