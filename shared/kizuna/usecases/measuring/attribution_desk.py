"""Attribution over HTTP, and as the command tells it too: who was there before each success, by every model.

GET /admin/campaigns/{id}/attribution?since=30d&language=ja

Each call asks the lake anew, which takes its seconds and costs a little. Where a request has no time for it, it says
so: the command line waits longer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, cast

from kizuna.core.attribution.report import MODELS, ORGANIC, Credit
from kizuna.core.attribution.touches import Source
from kizuna.core.catalog import Catalog
from kizuna.core.durations import Duration, instant_to_text
from kizuna.core.errors import NotFound
from kizuna.core.experiments.definition import arm_name
from kizuna.core.intake.http import HttpReply, HttpRequest, json_reply, wrong_method
from kizuna.core.money import whole_units
from kizuna.core.ports.lake_queries import QueryFailed
from kizuna.core.results.report import Report
from kizuna.core.results.tables import sentence_of
from kizuna.core.rights.rights import roles_of
from kizuna.usecases.admin import READERS
from kizuna.usecases.measuring.attributing import Attributed, TooMuch, attribute
from kizuna.usecases.measuring.reporting import read_report

if TYPE_CHECKING:
    from kizuna.core.ports import People, Results, Runs
    from kizuna.core.ports.lake_queries import LakeRecords

Answer = tuple[int, dict[str, Any]]
_PATH = re.compile(r"/admin/campaigns/([a-z][a-z0-9.-]{0,127})/attribution/?")
_PATIENCE = timedelta(seconds=20)  # a request has 30 at most
_USUALLY = "30d"


@dataclass(frozen=True, slots=True)
class AttributionDesk:
    """The ports that answering needs; nothing here is written to."""

    lake: Callable[[], LakeRecords]
    people: People
    runs: Runs
    results: Results
    pause: Callable[[float], None] = time.sleep


def is_meant(request: HttpRequest) -> bool:
    """Whether a request is one for attribution."""
    return _PATH.fullmatch(request.path) is not None


def reply(request: HttpRequest, on: AttributionDesk, catalog: Catalog, *, now: datetime) -> HttpReply:
    """Answer one request."""
    status, body = _answer(request, on, catalog, now=now)
    return json_reply(status, body)


def _answer(request: HttpRequest, on: AttributionDesk, catalog: Catalog, *, now: datetime) -> Answer:
    found = _PATH.fullmatch(request.path)
    if found is None:
        return 404, {"code": "not_found", "message": "no such thing"}
    if request.method != "GET":
        return wrong_method("GET", "attribution is read")
    if not roles_of(request.claims) & READERS:
        return 403, {"code": "forbidden", "message": f"needs one of the roles {', '.join(sorted(READERS))}"}
    language = request.query_value("language") or "en"
    if language not in ("en", "ja"):
        return 400, {"code": "invalid_parameter", "message": "language: one of en, ja"}
    try:
        since = Duration.parse(request.query_value("since") or _USUALLY).before(now)
    except ValueError:
        return 400, {"code": "invalid_parameter", "message": "since: a duration such as 30d"}
    try:
        told = attribute(
            found[1],
            since=since,
            now=now,
            catalog=catalog,
            lake=on.lake(),
            people=on.people,
            pause=on.pause,
            patience=_PATIENCE,
        )
        report = read_report(
            found[1], by="channel", catalog=catalog, runs=on.runs, results=on.results, now=now
        )
    except NotFound as error:
        return 404, {"code": "not_found", "message": str(error)}
    except TooMuch as error:
        return 400, {"code": "invalid_parameter", "message": f"since: {error}"}
    except QueryFailed as error:
        message = f"{error}; kizuna campaign attribution waits longer"
        return 503, {"code": "unavailable", "message": message}
    return 200, attribution_body(told, report, cast('Literal["en", "ja"]', language))


def attribution_body(attributed: Attributed, report: Report, language: Literal["en", "ja"]) -> dict[str, Any]:
    """The credit of every source by every model, and beside it what only a holdout can tell."""
    found = attributed.found
    return {
        "campaign": attributed.name,
        "goal": attributed.goal.event,
        "since": instant_to_text(attributed.since),
        "until": instant_to_text(attributed.until),
        "successes": found.successes,
        "organic": found.organic,
        "incremental": sentence_of(report, language),
        "credits": [
            {
                "campaign": source.campaign,
                "variant": arm_name(source.variant),
                "channel": source.channel,
                "models": {model: _credit(found.credits[model].get(source, Credit())) for model in MODELS},
            }
            for source in sources_of(attributed)
        ],
    }


def sources_of(attributed: Attributed) -> list[Source]:
    """What is owed most by the last touch first, and what is owed to nobody last."""
    credits = attributed.found.credits
    every = {source for by in credits.values() for source in by}
    return sorted(
        every,
        key=lambda each: (each == ORGANIC, -credits["last_touch"].get(each, Credit()).successes, each),
    )


def _credit(credit: Credit) -> dict[str, Any]:
    money = {currency: whole_units(amount, currency) for currency, amount in sorted(credit.money.items())}
    return {"successes": round(credit.successes, 6), "money": money}
