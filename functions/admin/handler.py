"""`/admin/*` for the people who run it; behind the JWT authorizer of the HTTP API."""

from datetime import datetime

from kizuna.core.bus_events import BusEvent
from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply
from kizuna.runtime.desks import management_desk, proof_desk
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.wiring import Services
from kizuna.topology import Function, function
from kizuna.usecases.admin import serve
from kizuna.usecases.authoring import template_desk
from kizuna.usecases.campaigning import desk as campaign_desk
from kizuna.usecases.campaigning.controlling import ControlDesk
from kizuna.usecases.journeys.desk import JourneyDesk
from kizuna.usecases.journeys.desk import reply as journey_reply
from kizuna.usecases.lists.desk import ListDesk
from kizuna.usecases.lists.desk import reply as list_reply
from kizuna.usecases.measuring import attribution_desk
from kizuna.usecases.outcomes import brake_desk
from kizuna.usecases.outcomes.braking import Told, teller
from kizuna.usecases.quality.data_pages import DataDesk
from kizuna.usecases.segments.desk import SegmentDesk
from kizuna.usecases.segments.lake_desk import LakeDesk
from kizuna.usecases.segments.lake_desk import reply as lake_reply
from kizuna.usecases.segments.preview import Looker

_SECONDS = (
    function(Function.ADMIN).timeout * 0.4
)  # for walking; a sample and its reach are asked for behind it


def _told_by(wired: Services) -> Told:
    """Says on the bus what a person did to a brake, as the command line and the automat do."""

    def tell(event: BusEvent) -> None:
        teller(wired.bus, wired.catalog.current().policy)(event)

    return tell


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    room = (*request.path.split("/"), "", "")[2]
    if room == "lists":
        return list_reply(request, ListDesk(wired.people, wired.queues), wired.catalog.current(), now=now)
    if room == "journeys":
        journeys = JourneyDesk(wired.people, wired.journeys, wired.halts, wired.queues)
        return journey_reply(request, journeys, wired.catalog.current(), now=now)
    if room == "lake-counts":
        lake = LakeDesk(lambda: wired.lake_queries, wired.runs, wired.catalog.documents)
        return lake_reply(request, lake, wired.catalog.current(), now=now)
    is_over = wired.over_after(_SECONDS)
    if request.path.startswith("/admin/campaigns/") and request.path.rstrip("/").endswith("/simulate"):
        # It brings all that decides and renders, which nothing else here needs.
        from kizuna.runtime.simulating import simulation_desk
        from kizuna.usecases.campaigning.simulation_desk import reply as simulation_reply

        return simulation_reply(request, simulation_desk(wired, is_over), wired.catalog.current(), now=now)
    if attribution_desk.is_meant(request):
        desk_of_credit = attribution_desk.AttributionDesk(
            lambda: wired.lake_queries, wired.people, wired.runs, wired.results
        )
        return attribution_desk.reply(request, desk_of_credit, wired.catalog.current(), now=now)
    if brake_desk.is_meant(request):
        desk_of_brakes = brake_desk.BrakeDesk(
            wired.brakes, wired.runs, wired.queues, wired.catalog, _told_by(wired)
        )
        return brake_desk.reply(request, desk_of_brakes, now=now)
    if template_desk.is_meant(request):
        desk_of_templates = template_desk.TemplateDesk(wired.people, proof_desk(wired), wired.pictures)
        return template_desk.reply(request, desk_of_templates, wired.catalog.current(), now=now)
    if campaign_desk.is_meant(request):
        control = ControlDesk(wired.catalog, wired.controls, wired.runs, wired.brakes, tell=_told_by(wired))
        desk = campaign_desk.CampaignDesk(control, wired.people, wired.queues)
        return campaign_desk.reply(request, desk, now=now)
    on = management_desk(wired)
    data = DataDesk(wired.quarantine, wired.arrivals)
    segments = SegmentDesk(
        Looker(wired.people, wired.ledger, wired.messages),
        wired.backfills,
        wired.catalog.documents,
        is_over=is_over,
    )
    return json_reply(*serve(request, on, data, segments, wired.catalog.current(), now=now))
