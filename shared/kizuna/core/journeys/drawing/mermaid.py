"""A journey as Mermaid text: `flowchart TD`, one line a step and one a way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.drawing.figure import Box, Look, figure_of
from kizuna.core.sentences import Language

if TYPE_CHECKING:
    from kizuna.core.journeys.counting import Counts

_SHAPES: dict[Look, tuple[str, str]] = {
    "enter": ("([", "])"),
    "wait": ("(", ")"),
    "choice": ("{{", "}}"),
    "message": ("[", "]"),
    "work": ("[[", "]]"),
    "meet": ("(", ")"),
    "over": ("([", "])"),
}


def mermaid_of(journey: Journey, language: Language = "en", *, counts: Counts | None = None) -> str:
    """The drawing as text. Nothing that somebody wrote can become a line of its own, or markup."""
    figure = figure_of(journey, language, counts=counts)
    lines = ["flowchart TD"]
    lines += [f"    {_named(box.id)}{_shaped(box)}" for box in figure.boxes]
    for arrow in figure.arrows:
        line = "-.->" if arrow.back else "-->"
        label = f'|"{_safe(arrow.label)}"|' if arrow.label else ""
        lines.append(f"    {_named(arrow.source)} {line}{label} {_named(arrow.target)}")
    return "\n".join(lines) + "\n"


def _named(box: str) -> str:
    """A name that is no word of Mermaid's (`end` is one)."""
    return f"s_{box.replace('-', '_').replace(':', '__')}"


def _shaped(box: Box) -> str:
    opening, closing = _SHAPES[box.look]
    parts = [f"<b>{_safe(box.title)}</b>", *(_safe(part) for part in (box.text, box.figures) if part)]
    return f'{opening}"{"<br/>".join(parts)}"{closing}'


_ENTITIES = {"&": "#amp;", "#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;"}


def _safe(text: str) -> str:
    """As characters and nothing else, on one line."""
    return "".join(_ENTITIES.get(letter, letter) for letter in " ".join(text.split()))
