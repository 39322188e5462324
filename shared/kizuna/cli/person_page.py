"""The 360° view and the brief on a terminal. What people told us is shown as it is, never read as markup."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

Body = dict[str, Any]
Sections = Sequence[tuple[str, Sequence[str]]]

_WIDTH = 110
_ANSWERS = {"allow": ("●", "green"), "defer": ("◐", "yellow"), "deny": ("○", "red")}
_STATES = {"SENT": "green", "DENIED": "yellow", "FAILED": "red", "UNKNOWN": "red", "EXPIRED": "red"}


def person_page(body: Body, brief: Sections, language: Literal["en", "ja"]) -> Group:
    """All panels of the view, the brief first; what is empty is left out."""
    panels: list[Panel | None] = [
        brief_panel(brief),
        _panel("Identities", _identities(body), body["identities"]),
        _panel("Traits", _traits(body), body["traits"]),
        _panel(
            "Addresses, and what the gate would let through now",
            _addresses(body, language),
            body["addresses"],
        ),
        _panel("Consents", _consents(body), body["consents"]),
        _panel("Segments", _segments(body), body["segments"]),
        _panel("Lists", _lists(body), body["lists"]),
        _panel("Pressure", _pressure(body), body["pressure"]["caps"] or body["pressure"]["touches"]),
        _panel("Held back", _restraint(body, language), any(body["restraint"].values())),
        _panel("Messages", _messages(body, language), body["messages"]["messages"]),
        _panel("Events", _events(body), body["timeline"]["events"]),
        _panel("Merges", _merges(body), body["merges"]),
    ]
    footer = Text(
        f"profile {body['id']}  version {body['version']}  since {body['createdAt'][:10]}"
        f"  next alarm {body['dueAt'] or 'none'}",
        style="dim",
    )
    return Group(*(panel for panel in panels if panel is not None), footer)


def brief_panel(brief: Sections) -> Panel:
    """The brief: its first section is the title and the first lines."""
    (title, who), *rest = brief
    lines: list[RenderableType] = [Text(line) for line in who]
    for heading, told in rest:
        lines.append(Text(heading, style="bold"))
        lines += [Text(f"• {line}") for line in told]
    return Panel(Group(*lines), title=Text(title, style="bold"), title_align="left", width=_WIDTH)


def _panel(title: str, content: RenderableType, there: Any) -> Panel | None:
    return (
        Panel(content, title=title, title_align="left", width=_WIDTH, border_style="dim") if there else None
    )


def _grid(*rows: Sequence[str | Text]) -> Table:
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return table


def _origin(told: Body) -> Text:
    at = told.get("at") or told.get("firstSeen") or ""
    said = f"{told['source']}, {told['licence']}-party" + (f", {at[:10]}" if at else "")
    return Text(
        said + ("" if told["vouched"] else ", not vouched for"), style="dim" if told["vouched"] else "yellow"
    )


def _identities(body: Body) -> Table:
    return _grid(
        *(
            (each["type"], each["value"], _told(each["told"], each["value"]), _origin(each))
            for each in body["identities"]
        )
    )


def _told(raw: Any, value: Any) -> Text:
    return Text(f"told as {_shown(raw)}" if raw is not None and raw != value else "", style="dim")


def _traits(body: Body) -> Table:
    rows = []
    for name, trait in body["traits"].items():
        value = (
            Text("withheld: sensitive", style="dim") if trait["withheld"] else Text(_shown(trait["value"]))
        )
        if trait["stale"]:
            value.append("  out of date", style="yellow")
        rows.append((name, value, _told(trait["told"], trait["value"]), _origin(trait)))
    return _grid(*rows)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _addresses(body: Body, language: str) -> Group:
    lines: list[RenderableType] = []
    for address in body["addresses"]:
        used = "  in use" if address["used"] else ""
        head = Text(f"{address['channel']}  {address['value']}", style="bold")
        head.append(f"  {address['status']}{used}", style="dim" if address["status"] == "ok" else "red")
        lines.append(head)
        for reach in address["reach"] or ():
            mark, style = _ANSWERS[reach["answer"]]
            line = Text(f"  {mark} ", style=style)
            line.append(reach["sentence"][language], style="default")
            line.append(f"  {reach['reason']}", style="dim")
            lines.append(line)
    return Group(*lines)


def _consents(body: Body) -> Table:
    rows = []
    for word in body["consents"]:
        proof = word["because"][0] if word["because"] else {}
        shown = [proof.get("at", "")[:10], proof.get("action", ""), proof.get("proof", "")]
        told = f"{word['word']} ({word['reason']})" if word["reason"] else word["word"]
        rows.append((word["channel"], word["topic"], told, Text("  ".join(filter(None, shown)), style="dim")))
    return _grid(*rows)


def _segments(body: Body) -> Table:
    rows = []
    for segment in body["segments"]:
        because = "; ".join(
            ("" if leaf["holds"] else "not ") + json.dumps(leaf["question"], ensure_ascii=False)
            for leaf in segment["because"]
        )
        until = f"until {segment['until'][:16]}" if segment["until"] else ""
        rows.append((segment["name"], until, Text(because, style="dim")))
    return _grid(*rows)


def _lists(body: Body) -> Table:
    rows = []
    for listing in body["lists"]:
        by = f", by {listing['by']}" if listing["by"] else ""
        rows.append((listing["name"], Text(f"since {listing['since'][:10]}{by}", style="dim")))
    return _grid(*rows)


def _pressure(body: Body) -> Table:
    values = {address["id"]: address["value"] for address in body["addresses"]}
    rows = [
        (
            _about(cap, values),
            f"{cap['used']} of {cap['most']} in {cap['window']}",
            Text(_room(cap), style="yellow"),
        )
        for cap in body["pressure"]["caps"]
    ]
    return _grid(*rows)


def _about(cap: Body, values: dict[str, str]) -> str:
    """What a cap counts, and over whom where that is not the person alone."""
    parts = [cap[part] for part in ("channel", "topic", "brand", "tag", "campaign", "purpose") if cap[part]]
    parts += ["with service"] if cap["appliesTo"] == "all" and not cap["purpose"] else []
    whom = {"household": "household", "address": values.get(cap["address"] or "", "")}.get(cap["scope"], "")
    told = " ".join(parts) or "all channels"
    told += f", {whom}" if whom else ""
    return f"{told}, as they chose" if cap["wished"] else told


def _room(cap: Body) -> str:
    if cap["used"] < cap["most"]:
        return ""
    return f"full until {cap['roomAt'][:16]}" if cap["roomAt"] else "full"


def _restraint(body: Body, language: str) -> Table:
    rows = []
    for hold in body["restraint"]["holds"]:
        name = hold["name"].get(language) or next(iter(hold["name"].values()))
        until = f"until {hold['until'][:16]}" if hold["until"] else "until it is settled"
        rows.append(("all promotion", name, Text(until, style="dim")))
    for each in body["restraint"]["exclusions"]:
        until = f"until {each['until'][:10]}" if each["until"] else "until they take it up again"
        rows.append((each["product"], each["reason"] or "given up", Text(until, style="dim")))
    return _grid(*rows)


def _messages(body: Body, language: str) -> Group:
    lines: list[RenderableType] = []
    for message in body["messages"]["messages"]:
        line = Text(f"{message['state']:8} ", style=_STATES.get(message["state"], "default"))
        line.append(message["sentence"][language], style="default")
        facts = ", ".join(message["facts"])
        line.append(f"  {facts}" if facts else "", style="dim")
        lines.append(line)
    if body["messages"]["next"]:
        lines.append(Text("… and older ones", style="dim"))
    lines.append(Text(f"why, and why nothing: kizuna explain {body['id']} --since 7d", style="dim"))
    return Group(*lines)


def _events(body: Body) -> Group:
    rows = [
        (each["at"][:16].replace("T", " "), each["name"] or each["type"], Text(each["source"], style="dim"))
        for each in body["timeline"]["events"]
    ]
    more = [Text("… and older ones", style="dim")] if body["timeline"]["next"] else []
    return Group(_grid(*rows), *more)


def _merges(body: Body) -> Table:
    rows = []
    for merge in body["merges"]:
        undone = f"can be undone until {merge['undoableUntil'][:10]}"
        if merge["undoneAt"]:
            undone = f"undone {merge['undoneAt'][:10]}"
        tied = ", ".join(f"{each['source']} {each['event']}" for each in merge["evidence"])
        rows.append((merge["at"][:10], ", ".join(merge["absorbed"]), tied or merge["rule"], undone))
    return _grid(*rows)
