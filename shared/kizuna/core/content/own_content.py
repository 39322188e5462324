"""What is said in our own inbox, to systems of the company and by its staff: as it stands in a template, and for one
person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.content.errors import BudgetExceeded, ValueRefused
from kizuna.core.content.parts import SingleLineSource, Source
from kizuna.core.content.writing import Writer
from kizuna.core.durations import Duration, instant_to_text

INBOX_BYTES_MAX = 16_000
"""Of one item as the API gives it. A page of an inbox holds up to 50."""
WEBHOOK_BYTES_MAX = 20_000
"""Standard Webhooks advises bodies below 20 kB."""
TASK_BYTES_MAX = 16_000
"""Of what a member of staff is to say, and to know."""
_SLUG = r"^[a-z][a-z0-9-]{0,63}$"
_NAME = r"^[A-Za-z][A-Za-z0-9_]{0,39}$"
_DANGEROUS = frozenset({"javascript", "data", "vbscript", "file", "blob", "about", "http"})

Named = dict[Annotated[str, Field(pattern=_NAME)], Source]


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# ── inbox and web messages ──────────────────────────────────────────────────────────────────────


class InboxContent(_Definition):
    """An item of the person's inbox, or a message on a page or screen (`placement`): plain text, drawn by the client.

    `link` is an https address or a deep link of the app. The item is there for as long as it `stays`; `data` goes to
    the client unseen.
    """

    title: SingleLineSource
    body: Source
    link: SingleLineSource | None = None
    placement: str = Field(default="inbox", pattern=_SLUG)
    stays: Duration = Duration(seconds=30 * 86_400)
    data: Named = Field(default_factory=dict, max_length=20)


@dataclass(frozen=True, slots=True)
class RenderedInbox:
    channel: ClassVar[Literal["inbox"]] = "inbox"

    language: str
    title: str
    body: str
    link: str
    placement: str
    stays: Duration
    data: Mapping[str, str]


def inbox(content: InboxContent, writer: Writer) -> RenderedInbox:
    """Raises ContentError for what a client could not show, or should not follow."""
    item = RenderedInbox(
        writer.language,
        writer.header(content.title, "title"),
        writer.body(content.body, "body"),
        _link(content.link, writer) if content.link is not None else "",
        content.placement,
        content.stays,
        {name: writer.body(source, f"data.{name}") for name, source in content.data.items()},
    )
    shown = [item.title, item.body, item.link, dict(item.data)]
    if len(json.dumps(shown, ensure_ascii=False).encode()) > INBOX_BYTES_MAX:
        raise BudgetExceeded(f"more than {INBOX_BYTES_MAX} bytes", field=writer.place("inbox"))
    return item


def _link(source: str, writer: Writer) -> str:
    link = writer.header(source, "link").strip()
    try:
        parts = urlsplit(link)
    except ValueError:
        parts = urlsplit("")
    usable = parts.scheme and parts.netloc and "\\" not in link and not any(map(str.isspace, link))
    if not usable or parts.scheme.lower() in _DANGEROUS:
        raise ValueRefused("is neither an https address nor a deep link", field=writer.place("link"))
    return link


# ── webhooks ────────────────────────────────────────────────────────────────────────────────────


class WebhookContent(_Definition):
    """What a system of the company is told: an event of this `type` at one of the workspace's webhooks.

    The values of `data` are texts made by Liquid; they are put into JSON as values, so none of them can add a field.
    """

    webhook: str = Field(pattern=_SLUG)
    # As short as the subject of what an SNS topic takes.
    type: str = Field(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", max_length=99)
    data: Named = Field(min_length=1, max_length=50)


@dataclass(frozen=True, slots=True)
class RenderedWebhook:
    channel: ClassVar[Literal["webhook"]] = "webhook"

    language: str
    webhook: str
    type: str
    data: Mapping[str, Any]

    def body(self, at: datetime) -> bytes:
        """The payload in the form that Standard Webhooks proposes: type, timestamp, data."""
        told = {"type": self.type, "timestamp": instant_to_text(at), "data": dict(self.data)}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def webhook(content: WebhookContent, writer: Writer) -> RenderedWebhook:
    data = {name: writer.body(source, f"data.{name}") for name, source in content.data.items()}
    if len(json.dumps(data, ensure_ascii=False).encode()) > WEBHOOK_BYTES_MAX:
        raise BudgetExceeded(f"more than {WEBHOOK_BYTES_MAX} bytes", field=writer.place("webhook"))
    return RenderedWebhook(writer.language, content.webhook, content.type, data)


# ── tasks ───────────────────────────────────────────────────────────────────────────────────────


class TaskContent(_Definition):
    """Work for a call centre, a shop or a printer: on this `queue`, to be done by `due` after the decision.

    `script` is what is to be said, in plain text. `data` is what is needed for it, such as a number to dial or the
    lines of a postal address; its names are the columns of a file.
    """

    queue: str = Field(pattern=_SLUG)
    title: SingleLineSource
    script: Source
    due: Duration = Duration(seconds=86_400)
    data: Named = Field(default_factory=dict, max_length=20)


@dataclass(frozen=True, slots=True)
class RenderedTask:
    channel: ClassVar[Literal["task"]] = "task"

    language: str
    queue: str
    title: str
    script: str
    due: Duration
    data: Mapping[str, str]


def task(content: TaskContent, writer: Writer) -> RenderedTask:
    """Raises ContentError for more than a screen or a letter holds."""
    made = RenderedTask(
        writer.language,
        content.queue,
        writer.header(content.title, "title"),
        writer.body(content.script, "script"),
        content.due,
        {name: writer.body(source, f"data.{name}") for name, source in content.data.items()},
    )
    said = [made.title, made.script, dict(made.data)]
    if len(json.dumps(said, ensure_ascii=False).encode()) > TASK_BYTES_MAX:
        raise BudgetExceeded(f"more than {TASK_BYTES_MAX} bytes", field=writer.place("task"))
    return made
