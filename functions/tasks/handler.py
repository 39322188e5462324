"""`/admin/tasks`: what members of staff have to do, who does it, and what came of it; behind the JWT authorizer."""

from datetime import datetime

from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.desks import task_desk
from kizuna.runtime.entrypoints import http_handler
from kizuna.runtime.wiring import Services
from kizuna.usecases.tasks.desk import reply


@http_handler
def handler(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    return reply(request, task_desk(wired), wired.catalog.current(fresh=True), now=now)
