"""The report as the management API and the command line give it: figures, and beneath them every run's states."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from kizuna.core.catalog import Catalog
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.intake.http import HttpRequest
from kizuna.core.results.report import WAYS, By, Report
from kizuna.core.results.tables import body_of
from kizuna.core.results.words import Language
from kizuna.usecases.desk import Desk
from kizuna.usecases.measuring.reporting import campaigns_of, read_report
from kizuna.usecases.reports import report_body

LANGUAGES = ("en", "ja")


class UnknownChoice(KizunaError):
    """A query parameter that is none of its choices."""


def report_answer(
    name: str, request: HttpRequest, on: Desk, catalog: Catalog, *, now: datetime
) -> tuple[int, dict[str, Any]]:
    """`GET /admin/campaigns/{id}/report?by=…&goal=…&language=…`, of a campaign or a journey."""
    try:
        by = cast("By", _chosen(request, "by", WAYS))
        language = cast("Language", _chosen(request, "language", LANGUAGES))
        goal = request.query_value("goal") or ""
        found = read_report(
            name, by=by, goal=goal, catalog=catalog, runs=on.runs, results=on.results, now=now
        )
    except NotFound as error:
        return 404, {"code": "not_found", "message": str(error)}
    except UnknownChoice as error:
        return 400, {"code": "invalid_parameter", "message": str(error)}
    return 200, whole_body(found, language, on, catalog, now=now)


def whole_body(
    found: Report, language: Language, on: Desk, catalog: Catalog, *, now: datetime
) -> dict[str, Any]:
    """A report with the states of every run; of a journey those of all its message steps, by their names."""
    runs = [
        {**run, "run": run["run"] if name == found.name else name}
        for name in campaigns_of(found.name, catalog)
        for run in report_body(name, runs=on.runs, counters=on.counters, brakes=on.brakes, now=now)["runs"]
    ]
    return {"campaign": found.name, **body_of(found, language), "runs": runs}


def _chosen(request: HttpRequest, name: str, choices: tuple[str, ...]) -> str:
    """The first choice where nothing is asked for."""
    told = request.query_value(name) or choices[0]
    if told not in choices:
        raise UnknownChoice(f"{name}: one of {', '.join(choices)}")
    return told
