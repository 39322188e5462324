"""Simulations over HTTP: what a run would do, told before it is launched.

POST /admin/campaigns/{id}/simulate     {"at": …, "campaign": …}, both left out as one likes

`campaign` is a draft, asked as if it were applied. A request has seconds, and a walk over everybody may need minutes:
`share` says how far it came, and the command line has all the time there is. Nothing is sent, and nothing written but
the result of a walk that came to its end, unless it was about a draft.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from kizuna.core.campaigning.telling import changes
from kizuna.core.catalog import Catalog, Documents
from kizuna.core.errors import InvalidDefinition
from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply, wrong_method
from kizuna.core.ports import Simulations
from kizuna.core.refusing.repeating import asked_for
from kizuna.core.rights.rights import roles_of
from kizuna.usecases.admin import READERS
from kizuna.usecases.campaigning.simulating import (
    NotSimulated,
    Simulator,
    body_of,
    drafted,
    moment_of,
    simulate,
)

Answer = tuple[int, dict[str, Any]]
_PATH = re.compile(r"/admin/campaigns/([a-z][a-z0-9-]{0,63})/simulate/?")
DRAFT = "campaign"  # the place that problems of a draft are named by


class SimulationAsked(BaseModel):
    """What a request may say."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    at: AwareDatetime | None = None
    campaign: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SimulationDesk:
    """The ports that answering needs. `documents` are the definitions in force as they are written."""

    simulator: Simulator
    simulations: Simulations
    documents: Callable[[], Documents]
    is_over: Callable[[], bool] = lambda: False


def reply(request: HttpRequest, on: SimulationDesk, catalog: Catalog, *, now: datetime) -> HttpReply:
    """Answer one request for a simulation."""
    status, body = _answer(request, on, catalog, now=now)
    return json_reply(status, body)


def _answer(request: HttpRequest, on: SimulationDesk, catalog: Catalog, *, now: datetime) -> Answer:
    found = _PATH.fullmatch(request.path)
    if found is None:
        return 404, {"code": "not_found", "message": "no such thing"}
    if request.method != "POST":
        return wrong_method("POST", "POST what is to be simulated")
    if not roles_of(request.claims) & READERS:
        return 403, {"code": "forbidden", "message": f"needs one of the roles {', '.join(sorted(READERS))}"}
    name = found[1]
    try:
        asked = SimulationAsked.model_validate(request.json_value() if request.body else {})
        around = _around(name, asked, on, catalog)
        return _simulated(name, asked, on, around, now=now)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        return 400, {"code": "invalid_parameter", "message": f"{where}: {first['msg']}"}
    except InvalidDefinition as refused:
        problems = [{"path": each.path, "reason": each.reason} for each in refused.problems]
        message = "the draft would be refused"
        return 422, {"code": "invalid_definition", "message": message, "problems": problems}
    except NotSimulated as refused:
        return 404, {"code": "not_found", "message": str(refused)}
    except ValueError:
        return 400, {"code": "invalid_parameter", "message": "body: not JSON, or nested too deeply"}


def _around(name: str, asked: SimulationAsked, on: SimulationDesk, catalog: Catalog) -> Catalog:
    if asked.campaign is None:
        return catalog
    draft = {**asked.campaign, "id": name}
    return drafted(on.documents(), draft, version=catalog.version, place=DRAFT)


def _simulated(
    name: str, asked: SimulationAsked, on: SimulationDesk, catalog: Catalog, *, now: datetime
) -> Answer:
    campaign = catalog.campaigns.get(name)
    if campaign is None:
        raise NotSimulated(f"there is no campaign {asked_for(name)}")
    share, body = 0.0, dict[str, Any]()
    for progress in simulate(name, on.simulator, catalog, at=asked.at or moment_of(campaign, now=now)):
        share = progress.share
        if share == 1 or on.is_over():
            body = body_of(progress.simulated, catalog)
            break
    before = on.simulations.last(name)
    moved = [] if before is None or share < 1 else changes(dict(before), body)
    if share == 1 and asked.campaign is None:
        on.simulations.keep(name, body)
    return 200, {**body, "share": share, "previous": before and before["at"], "changes": moved}
