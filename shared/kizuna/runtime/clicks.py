"""A link of ours that is followed, and what becomes of a click that could not be told."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.errors import KizunaError
from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.observability import logger, metrics, safe
from kizuna.runtime.wiring import Services
from kizuna.usecases.outcomes.following import Signpost, follow


def followed(request: HttpRequest, wired: Services, now: datetime) -> HttpReply | None:
    """Where the link leads; None for one that leads nowhere."""
    on = Signpost(wired.messages, wired.queues, wired.secrets.link_keys, _lost)
    return follow(request, on, now=now)


def _lost(error: KizunaError) -> None:
    logger.warning("click not told", extra={"error": safe(error)})
    metrics.add_metric("ClickNotTold", unit="Count", value=1)
