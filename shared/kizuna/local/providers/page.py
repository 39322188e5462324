"""The outbox for a person: a list, newest first, and one page for each message. Plain HTML, all escaped.

The HTML of a message is shown in a sandboxed frame: no script, no form, no link, nothing from the net.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape, unescape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from kizuna.core.content.running_links import LINK
from kizuna.local.providers.calls import Fate
from kizuna.local.providers.events import ProviderEvent
from kizuna.local.providers.outbox import Channel, OutboxMessage
from kizuna.local.providers.page_style import STYLE
from kizuna.local.providers.page_words import Words, words_for

if TYPE_CHECKING:
    from kizuna.local.providers.double import ProviderDouble

PER_PAGE = 100
_LINK = re.compile(r"https?://[^\s\"'<>]+")
_SOON_OVERTAKEN = frozenset({"Send", "TEXT_PENDING"})
_GOOD = frozenset({"Delivery", "Open", "Click", "TEXT_DELIVERED"})
_BAD = frozenset({"Bounce", "Complaint", "Reject", "TEXT_INVALID", "TEXT_UNREACHABLE", "TEXT_BLOCKED"})


def list_page(double: ProviderDouble, query: Mapping[str, str], *, accepts: str = "") -> str:
    language, words = words_for(query.get("lang"), accepts)
    everything = double.outbox.messages()
    channel, wanted = query.get("channel", ""), query.get("q", "").strip().lower()
    found = [m for m in reversed(everything) if channel in ("", m.channel) and _has(m, wanted)]
    start = _number(query.get("from"))
    rows = "".join(_row(double, m, words, language) for m in found[start : start + PER_PAGE])
    listing = (
        f'<ul class="messages card">{rows}</ul>' if rows else f'<p class="card soft">{words["empty"]}</p>'
    )
    live = query.get("live") == "1"
    right = _link({**query, "live": "" if live else "1"}, words["live_on" if live else "live"])
    body = (
        f'<p class="lead">{words["lead"]}</p>{_tabs(everything, query, words)}{listing}'
        f"{_pages(query, start, len(found), words)}{_footer(double, words)}"
    )
    return _page(words["title"], body, words, query, language, right=right, refresh=live)


def detail_page(
    double: ProviderDouble, message: OutboxMessage, query: Mapping[str, str], *, accepts: str = ""
) -> str:
    language, words = words_for(query.get("lang"), accepts)
    title = message.subject or f"{words[message.channel]} · {message.recipient}"
    fate = double.calls.fate_of(message.id) or Fate.ACCEPTED
    facts = {
        words["from"]: message.sender,
        words["to"]: ", ".join(message.to),
        words["at"]: f"{message.at:%Y-%m-%d %H:%M:%S} UTC",
        words["provider"]: message.provider,
        words["id"]: message.id,
        words["set"]: message.configuration_set or "–",
        words["fate"]: fate.replace("_", " "),
    }
    body = (
        f'<p class="lead"><a href="/?{urlencode({"lang": language})}">← {words["back"]}</a> &nbsp; '
        f'<span class="channel {message.channel}">{words[message.channel]}</span></p>'
        f'<div class="two"><section class="card">{_pairs(facts.items())}</section>'
        f"{_reports(double.events_of(message.id), words)}</div>"
        f"{_acts(message, words, language)}"
        f'<div class="two">{_card(words["tags"], _pairs(message.tags.items()))}'
        f"{_card(words['headers'], _pairs(message.headers))}</div>"
        f"{_card(words['data'], _pairs(message.data.items()))}"
        f"{_bodies(message, words)}{_links(message, words, language)}"
        f'<details class="card"><summary>{words["request"]}</summary>'
        f"<pre>{escape(json.dumps(message.request, indent=2, ensure_ascii=False))}</pre></details>"
    )
    return _page(title, body, words, query, language, path=f"/messages/{quote(message.id)}")


# ── the list ────────────────────────────────────────────────────────────────────────────────────


def _has(message: OutboxMessage, wanted: str) -> bool:
    if not wanted:
        return True
    places = (*message.to, message.subject, message.text, *message.tags.values())
    return any(wanted in place.lower() for place in places)


def _row(double: ProviderDouble, message: OutboxMessage, words: Words, language: str) -> str:
    address = f"/messages/{quote(message.id)}?{urlencode({'lang': language})}"
    subject = f"{escape(message.subject)} " if message.subject else ""
    fate = double.calls.fate_of(message.id) or Fate.ACCEPTED
    badges = "" if fate is Fate.ACCEPTED else f'<span class="badge warn">{fate.replace("_", " ")}</span>'
    told = [event for event in double.events_of(message.id) if event.kind not in _SOON_OVERTAKEN]
    badges += "".join(_badge(event) for event in told[-2:])
    return (
        f'<li><a href="{address}"><span class="channel {message.channel}">{words[message.channel]}</span>'
        f'<span class="who">{escape(message.recipient)}</span>'
        f'<span class="what">{subject}<span>{escape(message.text[:160])}</span></span>'
        f'<span class="meta">{badges}<time>{message.at:%m-%d %H:%M:%S}</time></span></a></li>'
    )


def _badge(event: ProviderEvent) -> str:
    tone = "good" if event.kind in _GOOD else "bad" if event.kind in _BAD else "soft"
    return f'<span class="badge {tone}">{escape(event.kind.removeprefix("TEXT_").lower())}</span>'


def _tabs(everything: Iterable[OutboxMessage], query: Mapping[str, str], words: Words) -> str:
    counts = dict.fromkeys(Channel, 0)
    for message in everything:
        counts[message.channel] += 1
    now = query.get("channel", "")
    tabs = [("", words["all"], sum(counts.values()))]
    tabs += [(c.value, words[c], n) for c, n in counts.items() if n or c is not Channel.TOPIC]
    links = "".join(
        f'<a class="tab{" on" if name == now else ""}" '
        f'href="/?{_query({**query, "channel": name, "from": ""})}">{label}<small>{count}</small></a>'
        for name, label, count in tabs
    )
    kept = "".join(
        f'<input type="hidden" name="{escape(k)}" value="{escape(v)}">'
        for k, v in query.items()
        if k in ("lang", "channel") and v
    )
    asked = escape(query.get("q", ""))
    return (
        f'<nav>{links}<form action="/">{kept}<input type="search" name="q" value="{asked}" '
        f'placeholder="{words["search_hint"]}"><button>{words["search"]}</button></form></nav>'
    )


def _pages(query: Mapping[str, str], start: int, total: int, words: Words) -> str:
    newer = {**query, "from": str(max(0, start - PER_PAGE))}
    older = {**query, "from": str(start + PER_PAGE)}
    back = _link(newer, f"← {words['newer']}") if start > 0 else "<span></span>"
    on = _link(older, f"{words['older']} →") if start + PER_PAGE < total else "<span></span>"
    return f'<p class="pages">{back}{on}</p>'


def _footer(double: ProviderDouble, words: Words) -> str:
    counts = " · ".join(f"{n} {fate.replace('_', ' ')}" for fate, n in double.calls.by_fate().items())
    files = " ".join(
        f'<a href="/{name}">{name}</a>' for name in ("outbox.json", "log.json", "events.json", "faults")
    )
    return f"<footer><span>{words['calls']}: {counts or '0'}</span><span>{files}</span></footer>"


# ── one message ─────────────────────────────────────────────────────────────────────────────────


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escape(str(k))}</dt><dd>{escape(str(v))}</dd>" for k, v in pairs)
    return f"<dl>{rows}</dl>" if rows else ""


def _card(title: str, content: str) -> str:
    return f'<section class="card"><h2>{title}</h2>{content}</section>' if content else ""


def _reports(events: Iterable[ProviderEvent], words: Words) -> str:
    rows = "".join(
        f"<li><time>{event.at:%m-%d %H:%M:%S}</time>{_badge(event)}{_about(event)}</li>" for event in events
    )
    inside = f'<ol class="reports">{rows}</ol>' if rows else f'<p class="soft">{words["no_reports"]}</p>'
    return _card(words["reports"], inside)


def _about(event: ProviderEvent) -> str:
    """The one thing about an event that its kind does not say."""
    record = event.record
    bounce = record.get("bounce", {})
    about = record.get("messageBody") or record.get("click", {}).get("link") or bounce.get("bounceType") or ""
    return f"<span>{escape(about)}</span>"


def _acts(message: OutboxMessage, words: Words, language: str) -> str:
    address = f"/messages/{quote(message.id)}?{urlencode({'lang': language})}"
    match message.channel:
        case Channel.EMAIL:
            forms = "".join(
                f'<form method="post" action="{address}"><button name="kind" value="{kind}">'
                f"{words[kind]}</button></form>"
                for kind in ("open", "complaint", "bounce")
            )
        case Channel.SMS:
            forms = (
                f'<form method="post" action="{address}"><input type="hidden" name="kind" value="reply">'
                f'<input name="body" value="STOP" required aria-label="{words["reply"]}">'
                f"<button>{words['reply']}</button></form>"
            )
        case _:
            return ""
    return _card(words["act"], f'<div class="acts">{forms}</div>')


def _bodies(message: OutboxMessage, words: Words) -> str:
    text = _card(words["text"], f'<pre class="text">{escape(message.text)}</pre>' if message.text else "")
    frame = f'<iframe sandbox="" title="{words["html"]}" srcdoc="{escape(message.html)}"></iframe>'
    html = _card(words["html"], frame if message.html else "")
    return f'<div class="two">{html}{text}</div>' if html and text else html + text


def _links(message: OutboxMessage, words: Words, language: str) -> str:
    """Every web address in headers and bodies, once; an e-mail's can be clicked on the person's behalf."""
    marked = (*(value for _, value in message.headers), message.html)
    found = dict.fromkeys(unescape(link).rstrip(".,)>") for place in marked for link in _LINK.findall(place))
    found |= dict.fromkeys(LINK.findall(message.text))
    address = f"/messages/{quote(message.id)}?{urlencode({'lang': language})}"
    click = (
        '<form method="post" action="{address}"><input type="hidden" name="kind" value="click">'
        '<button name="link" value="{link}">{word}</button></form>'
    )
    rows = "".join(
        f'<li><a href="{escape(link)}" rel="noreferrer" target="_blank">{escape(link)}</a>'
        + (
            click.format(address=address, link=escape(link), word=words["click"])
            if message.channel is Channel.EMAIL
            else ""
        )
        + "</li>"
        for link in found
    )
    return _card(words["links"], f'<ul class="links">{rows}</ul>' if rows else "")


# ── the frame of both ───────────────────────────────────────────────────────────────────────────


def _page(
    title: str,
    body: str,
    words: Words,
    query: Mapping[str, str],
    language: str,
    *,
    path: str = "/",
    right: str = "",
    refresh: bool = False,
) -> str:
    other = "en" if language == "ja" else "ja"
    toggle = f'<a href="{path}?{_query({**query, "lang": other})}">{words["other"]}</a>'
    again = '<meta http-equiv="refresh" content="2">' if refresh else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{again}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Kizuna</title><style>{STYLE}</style></head><body>"
        f'<header><span class="kanji">絆</span><h1>{escape(title)}</h1>'
        f'<span class="right">{right}{toggle}</span></header>{body}</body></html>'
    )


def _query(query: Mapping[str, str]) -> str:
    return escape(urlencode({k: v for k, v in query.items() if v}))


def _link(query: Mapping[str, str], label: str) -> str:
    return f'<a href="/?{_query(query)}">{label}</a>'


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else 0
