"""Plans that are over before they are in force: somebody mistook a date, and would wait for what never comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from kizuna.core.campaigns import next_run_as_stored
from kizuna.core.catalog import Document, Documents
from kizuna.core.durations import instant_from_text
from kizuna.core.errors import Problem


def past_plans(
    stored: Documents, wanted: Documents, origin: Callable[[str, str], str], *, now: datetime
) -> Iterator[Problem]:
    """Campaigns that are added, switched on or given another time, of which no run is to come.

    One whose plan stays as it is may be over: a campaign that is done can be kept, and its words mended.
    """
    for (kind, name), document in wanted.items():
        if kind != "campaign" or not document.get("enabled", True):
            continue
        before = stored.get((kind, name))
        if before is not None and _plan_of(before) == _plan_of(document):
            continue
        place = origin(kind, name)
        ends_at = _instant(document.get("ends_at"))
        if ends_at is not None and ends_at <= now:
            yield Problem(f"{place}: ends_at", "is past: give it a later end, or `enabled: false`")
        elif _is_planned(document) and next_run_as_stored(document, after=now) is None:
            told = (
                "has no run left, every time that it names is past: give it a later one, or `enabled: false`"
            )
            yield Problem(f"{place}: trigger", told)


def _plan_of(document: Document) -> tuple[Any, ...]:
    return document.get("enabled", True), document.get("trigger"), document.get("ends_at")


def _is_planned(document: Document) -> bool:
    trigger = document.get("trigger")
    return isinstance(trigger, dict) and trigger.get("type", "schedule") == "schedule"


def _instant(told: Any) -> datetime | None:
    return instant_from_text(str(told)) if told is not None else None
