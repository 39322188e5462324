"""Events in the same shape that did not come over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kizuna.core.events import Event, Source, Violation
from kizuna.core.intake.batch import Intake
from kizuna.core.intake.causes import Cause
from kizuna.core.intake.items import Surroundings, event_of
from kizuna.core.intake.json_text import NotJson, read_item
from kizuna.core.intake.limits import DEFAULT_LIMITS, Limits


def from_bus(
    detail: Mapping[str, Any],
    *,
    source: Source,
    received_at: datetime,
    limits: Limits = DEFAULT_LIMITS,
) -> Intake:
    """The one event of an EventBridge detail, or of a violation's `raw`: an event or a violation, never both.

    Goes through text once more, so that the rules and limits are the same as over HTTP.
    """
    text = json.dumps(detail)
    try:
        outcome = event_of(read_item(text, limits), "", None, Surroundings(source, received_at, limits))
    except NotJson as problem:
        outcome = Violation(Cause.NOT_JSON.value, "", str(problem), source.id, received_at, raw=text)
    return Intake(events=(outcome,)) if isinstance(outcome, Event) else Intake(violations=(outcome,))
