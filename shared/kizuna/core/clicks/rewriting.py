"""The links of a rendered message: led through ours where that is noted, with what the company's own sites hear.

A link is led through ours only if its host stands in the template as its author wrote it: what came with somebody's
traits or an event must not become a link of our domain (an open redirect, CWE-601).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel

from kizuna.core.clicks.definition import Utm
from kizuna.core.clicks.tokens import LINKS_MAX
from kizuna.core.content.messengers import RenderedLine, RenderedWhatsApp
from kizuna.core.content.own_content import RenderedInbox, RenderedTask, RenderedWebhook
from kizuna.core.content.running_links import LINK, goes_on
from kizuna.core.content.sms_text import sms_parts
from kizuna.core.content.templates import Rendered, RenderedEmail, RenderedPush, RenderedSms

_HREF = re.compile(r"(?<=\shref=\")[^\"]+(?=\")|(?<=\shref=')[^']+(?=')", re.IGNORECASE)
_WRITTEN_HOST = re.compile(r"https?://([A-Za-z0-9.-]+)(?=[/?#:\s\"'\\<>)\]]|[^\x00-\x7f]|$)")


@dataclass(frozen=True, slots=True)
class Leading:
    """How the links of one message are to be led.

    `written` are the hosts that its author wrote; `utm` the parameters for the hosts of the company; `through` gives
    our link by its number, and is absent where nothing is noted.
    """

    written: Collection[str]
    utm: Mapping[str, str] = field(default_factory=dict)
    hosts: Collection[str] = ()
    through: Callable[[int], str] | None = None


def written_hosts(*definitions: BaseModel) -> frozenset[str]:
    """The hosts of links that stand in a template or a brand as they are, and not in what is put in for a person."""
    written = (host for each in definitions for host in _WRITTEN_HOST.findall(each.model_dump_json()))
    return frozenset(map(str.lower, written))


def utm_of(utm: Utm | None, *, campaign: str, channel: str) -> Mapping[str, str]:
    """The parameters of a message's links; none where the workspace has none."""
    if utm is None:
        return {}
    return {"utm_source": utm.source, "utm_medium": channel, "utm_campaign": campaign}


def led(content: Rendered, by: Leading) -> tuple[Rendered, tuple[str, ...]]:
    """The message with its links led, and where each of ours leads, by its number.

    Pictures and media stay as they are. A text message that would be longer by a part for it keeps its own links.
    """
    links: list[str] = []

    def text(value: str) -> str:
        return LINK.sub(lambda found: _led_in_text(found, by, links), value)

    def address(value: str) -> str:
        return _led(value, by, links)

    match content:
        case RenderedSms():
            return _led_sms(content, text(content.body), by, links)
        case RenderedWhatsApp():
            # A button's address is put together by WhatsApp, of a part that it approved: it leads where it did.
            told = replace(content, text=text(content.text), body=tuple(map(text, content.body)))
            return told, tuple(links)
        case RenderedLine():
            messages = tuple(text(each) if isinstance(each, str) else each for each in content.messages)
            return replace(content, messages=messages), tuple(links)
        case RenderedEmail():
            page = _HREF.sub(lambda found: html.escape(address(html.unescape(found.group()))), content.html)
            return replace(content, html=page, text=text(content.text)), tuple(links)
        case RenderedPush() | RenderedInbox() | RenderedWebhook() | RenderedTask():
            return content, ()
        case _:
            assert_never(content)


def _led_sms(
    content: RenderedSms, body: str, by: Leading, links: list[str]
) -> tuple[RenderedSms, tuple[str, ...]]:
    parts = sms_parts(body)
    if parts.parts > content.parts.parts and not content.media:
        return content, ()
    return replace(content, body=body, parts=parts), tuple(links)


def _led_in_text(found: re.Match[str], by: Leading, links: list[str]) -> str:
    """A link in running text. Where words go right on behind it, ours is set apart: phones then agree on its end."""
    told = _led(found.group(), by, links)
    return f"{told} " if told != found.group() and goes_on(found.string, found.end()) else told


def _led(url: str, by: Leading, links: list[str]) -> str:
    """One link as it goes out; where it is led through ours, what it leads to joins `links`."""
    host = _host_of(url)
    if host is None or host not in by.written:
        return url
    told = with_parameters(url, by.utm) if host in by.hosts else url
    if by.through is None:
        return told
    if told not in links:
        if len(links) == LINKS_MAX:
            return told
        links.append(told)
    return by.through(links.index(told))


def _host_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        return parts.hostname if parts.scheme in ("http", "https") and "@" not in parts.netloc else None
    except ValueError:
        return None


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """A link with parameters that it does not have yet; what stands in it stays as it is."""
    parts = urlsplit(url)
    there = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    missing = urlencode({name: value for name, value in parameters.items() if name not in there})
    query = "&".join(part for part in (parts.query, missing) if part)
    return urlunsplit(parts._replace(query=query))
