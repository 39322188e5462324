"""Somebody follows one of our links: led where the message leads, and told of it among what providers report.

The way is shown whatever becomes of the telling: nobody pays for our bookkeeping. Nothing here changes a record; who
followed the link, a human or a program that looks for a preview, is found out where reports are read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.clicks.reports import followed
from kizuna.core.clicks.tokens import read_click
from kizuna.core.errors import KizunaError
from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.core.links import LinkKeys
from kizuna.core.ports import Messages, Queues
from kizuna.topology import Queue

CLICKS = "/c/"

_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # where it leads need not hear of the token
    "X-Robots-Tag": "noindex",
    "Content-Type": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Signpost:
    """The ports of following. `lost` hears of a click that could not be told: its name, and nothing of the person."""

    messages: Messages
    queues: Queues
    link_keys: Callable[[], LinkKeys]
    lost: Callable[[KizunaError], None]


def follow(request: HttpRequest, on: Signpost, *, now: datetime) -> HttpReply | None:
    """Where the link leads; None for one that leads nowhere: not ours, or of somebody who was erased since.

    Only where the message was sent to say so: nothing of the request takes part in it. HEAD, and what a browser
    fetches ahead, is led and not told of. Raises Unavailable where the message cannot be read.
    """
    link = read_click(request.path.removeprefix(CLICKS), keys=on.link_keys())
    message = on.messages.get(link.message) if link else None
    if link is None or message is None or link.link >= len(message.links):
        return None
    leads_to = message.links[link.link]
    if request.method == "GET" and not _is_ahead(request.headers):
        told = followed(
            link,
            leads_to=leads_to,
            at=now,
            user_agent=request.headers.get("user-agent", ""),
            ip=request.source_ip,
        )
        try:
            on.queues.send(Queue.FEEDBACK, [told])
        except KizunaError as error:
            on.lost(error)
    return HttpReply(302, "", {**_HEADERS, "Location": leads_to})


def _is_ahead(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that nobody asked for this yet (Fetch, `Sec-Purpose`; older ones `Purpose`)."""
    said = f"{headers.get('sec-purpose', '')} {headers.get('purpose', '')} {headers.get('x-moz', '')}".lower()
    return "prefetch" in said or "preview" in said
