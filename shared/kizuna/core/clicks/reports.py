"""That a link was followed, as it waits in the queue of feedback among what providers report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kizuna.core.clicks.tokens import FollowedLink
from kizuna.core.durations import instant_to_text
from kizuna.core.feedback import LINK_FOLLOWED
from kizuna.core.ids import digest
from kizuna.core.provider_reports import MessageReport
from kizuna.core.report_parts import instant_in, object_of, text_in

FOLLOWED = "followed"
"""The key under which it stands in the message of the queue."""

_AGENT_MAX = 500


def followed(
    link: FollowedLink, *, leads_to: str, at: datetime, user_agent: str, ip: str
) -> Mapping[str, Any]:
    """The message for the queue. What program followed the link, and from where, is looked at and not kept."""
    told = {
        "message": link.message,
        "link": leads_to,
        "at": instant_to_text(at),
        "userAgent": user_agent[:_AGENT_MAX],
        "ip": ip,
    }
    return {FOLLOWED: json.dumps(told, ensure_ascii=False)}


def of_followed(text: Any) -> MessageReport:
    """That somebody holds the link proves that the message went out. Raises UnreadableReport.

    However often a link is followed within a minute, it is one click: the id holds no more of the time.
    """
    told = object_of(text, FOLLOWED)
    message, link, at = text_in(told, "message"), text_in(told, "link"), instant_in(told, "at")
    return MessageReport(
        id=digest("report", "click", message, link, f"{at:%Y%m%dT%H%M}"),
        message=message,
        at=at,
        proves="accepted",
        fact="clicked",
        event=LINK_FOLLOWED,
        link=link,
        user_agent=str(told.get("userAgent") or ""),
        ip=str(told.get("ip") or ""),
    )
