"""The management side about the data itself: what could not be used, what there is, and how its sources stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_to_text
from kizuna.core.ports import Arrivals, Quarantine
from kizuna.core.quality.inventory import inventory
from kizuna.usecases.collecting.violations import report
from kizuna.usecases.quality.freshness import look

DataPage = Literal["violations", "inventory", "sources"]
PAGES_A_LOOK = 500  # of quarantine; the command line reads all of them


@dataclass(frozen=True, slots=True)
class DataDesk:
    """The ports of looking at the data itself."""

    quarantine: Quarantine
    arrivals: Arrivals


def violations_body(on: DataDesk, *, day: str | None, now: datetime) -> dict[str, Any]:
    """The violations of one day of receipt, today's where none is named. Raises ValueError if it is no day."""
    chosen = date.fromisoformat(day).isoformat() if day else now.astimezone(UTC).date().isoformat()
    found = report(on.quarantine, day=chosen, pages=PAGES_A_LOOK)
    return {
        "day": chosen,
        "complete": found.complete,
        "lastAt": instant_to_text(found.last_at) if found.last_at else None,
        "violations": found.rows(),
    }


def inventory_body(catalog: Catalog, *, language: str) -> dict[str, Any]:
    """Every field that the definitions know of."""
    return {"fields": [each.body() for each in inventory(catalog, language=language)]}


def sources_body(on: DataDesk, catalog: Catalog, *, now: datetime) -> dict[str, Any]:
    """The source registry: licence, owner, cadence, and how each watched source stands."""
    standings = {standing.source: standing for standing in look(catalog, on.arrivals, now=now).standings}
    rows = []
    for name, definition in sorted(catalog.sources.items()):
        standing = standings.get(name)
        last = standing.arrived.last_at if standing else None
        rows.append(
            {
                "source": name,
                "name": definition.name,
                "licence": definition.licence,
                "owner": definition.owner,
                "inDecisions": name not in catalog.kept_out,
                "cadence": definition.cadence.model_dump(mode="json") if definition.cadence else None,
                "state": standing.watched.state if standing else None,
                "since": instant_to_text(standing.watched.since) if standing else None,
                "lastAt": instant_to_text(last) if last else None,
            }
        )
    return {"sources": rows}
