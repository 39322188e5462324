"""A journey as an SVG: one file, no script, nothing that is loaded from anywhere, legible in light and dark."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from kizuna.core.content.widths import columns
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.drawing.figure import figure_of
from kizuna.core.journeys.drawing.layout import (
    LABEL_COLUMNS,
    LINE,
    PADDING,
    WIDTH,
    Point,
    Running,
    Standing,
    laid_out,
)
from kizuna.core.sentences import Language

if TYPE_CHECKING:
    from kizuna.core.journeys.counting import Counts

_STYLE = """
text{font:13px/1 system-ui,"Segoe UI","Hiragino Sans","Noto Sans JP","Yu Gothic",sans-serif;fill:#1f2a33}
.title{font-weight:600}.figures{font-size:12px;fill:#1f5f5b;font-variant-numeric:tabular-nums}
.label{font-size:11.5px;fill:#5f584d;paint-order:stroke;stroke:#fbf8f2;stroke-width:5px;stroke-linejoin:round}
rect{stroke-width:1.4}.arrow{fill:none;stroke:#8a8172;stroke-width:1.5}.back{stroke-dasharray:5 4}.tip{fill:#8a8172}
.paper{fill:#fbf8f2}.enter{fill:#1f2a33;stroke:#1f2a33}.enter~text{fill:#fbf8f2}
.wait{fill:#f1ece1;stroke:#b9ae99}.choice{fill:#fdf1d8;stroke:#c9973f}.message{fill:#fde6df;stroke:#b4472a}
.work{fill:#e2eef0;stroke:#4f8189}.meet{fill:#fffdf9;stroke:#b9ae99}.over{fill:#e4efe6;stroke:#5c8a66}
@media(prefers-color-scheme:dark){text{fill:#f1ebe0}.paper{fill:#14181b}.label{fill:#b3aca0;stroke:#14181b}
.figures{fill:#8fd3c8}.arrow{stroke:#877f74}.tip{fill:#877f74}.enter{fill:#f1ebe0;stroke:#f1ebe0}
.enter~text{fill:#14181b}.wait{fill:#22282d;stroke:#56605f}.choice{fill:#3a301a;stroke:#c9973f}
.message{fill:#41231a;stroke:#d9603b}.work{fill:#1b3237;stroke:#5d97a0}.meet{fill:#1a1f23;stroke:#56605f}
.over{fill:#1d3324;stroke:#69a077}}
"""
_ROUND = {"enter": 16, "wait": 16, "over": 16, "meet": 16}
_CURVE = 30
_COLUMN = 6.2  # a column of a label is at most so wide, in pixels
_ABOVE = 13  # from one line of labels to the next


def svg_of(journey: Journey, language: Language = "en", *, counts: Counts | None = None) -> str:
    """The drawing as a picture; with the figures of its steps where they are given."""
    layout = laid_out(figure_of(journey, language, counts=counts))
    width, height = round(layout.width), round(layout.height)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" lang="{language}" aria-label="{_attribute(journey.named(language))}">',
        f"<title>{escape(journey.named(language))}</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path class="tip" d="M0 0 10 5 0 10z"/></marker></defs>',
        f'<rect class="paper" width="{width}" height="{height}"/>',
        *(_line(each) for each in layout.arrows),
        *(line for each in layout.boxes for line in _box(each)),
        *_labels(layout.arrows),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _line(running: Running) -> str:
    points = running.points
    path = [f"M{_at(points[0])}"]
    if running.arrow.back:
        path += [f"L{_at(point)}" for point in points[1:]]
    else:
        for one, other in itertools.pairwise(points):
            bend = min(_CURVE, (other[1] - one[1]) / 2)
            path.append(f"C{_at((one[0], one[1] + bend))} {_at((other[0], other[1] - bend))} {_at(other)}")
    look = "arrow back" if running.arrow.back else "arrow"
    return f'<path class="{look}" marker-end="url(#tip)" d="{" ".join(path)}"/>'


def _at(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _box(standing: Standing) -> Iterator[str]:
    box, left = standing.box, standing.x - WIDTH / 2
    yield "<g>"
    if box.text:
        yield f"<title>{escape(f'{box.title}: {box.text}')}</title>"
    yield (
        f'<rect class="{box.look}" x="{_number(left)}" y="{_number(standing.y)}" width="{WIDTH}" '
        f'height="{_number(standing.height)}" rx="{_ROUND.get(box.look, 6)}"/>'
    )
    rows = [("title", line) for line in standing.title] + [("", line) for line in standing.lines]
    rows += [("figures", box.figures)] if box.figures else []
    for number, (look, line) in enumerate(rows):
        named = f' class="{look}"' if look else ""
        y = standing.y + PADDING + number * LINE + LINE * 0.72
        yield f'<text{named} x="{_number(left + PADDING)}" y="{_number(y)}">{escape(line)}</text>'
    yield "</g>"


def _labels(arrows: Iterable[Running]) -> Iterator[str]:
    """The words beside arrows: in the middle of the first stretch; of a loop, beside the line. What is too long is
    cut, and whole where the pointer rests on it. Words that would lie on others stand a line above them."""
    taken: list[tuple[float, float, float]] = []  # left, right and base line
    for running in arrows:
        whole = running.arrow.label
        if not whole:
            continue
        shown = whole if columns(whole) <= LABEL_COLUMNS else f"{_cut(whole)}…"
        if running.arrow.back:
            (x, top), (_, bottom) = running.points[1], running.points[2]
            at, y, anchor = x + 8, (top + bottom) / 2, "start"
        else:
            (x, top), (end, bottom) = running.points[0], running.points[1]
            at, y, anchor = (x + 2 * end) / 3, (top + 2 * bottom) / 3 - 4, "middle"
            half = columns(shown) * _COLUMN / 2
            while any(
                at - half < right and left < at + half and abs(y - base) < _ABOVE
                for left, right, base in taken
            ):
                y -= _ABOVE
            taken.append((at - half, at + half, y))
        yield (
            f'<text class="label" text-anchor="{anchor}" x="{_number(at)}" y="{_number(y)}">'
            f"<title>{escape(whole)}</title>{escape(shown)}</text>"
        )


def _cut(text: str) -> str:
    kept = ""
    for letter in text:
        if columns(kept + letter) > LABEL_COLUMNS - 1:
            break
        kept += letter
    return kept.rstrip()
