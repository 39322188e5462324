"""Where the boxes of a drawing stand and how its arrows run: in layers, from top to bottom.

Every box stands below all that lead to it (loops aside); an arrow over several layers has a place in each of them, so
that it runs between boxes and not through them. Within a layer boxes are ordered by the middle of their neighbours,
which leaves few arrows crossing (Sugiyama, Tagawa and Toda, 1981). The same journey is always drawn the same.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kizuna.core.content.widths import columns
from kizuna.core.journeys.drawing.figure import Arrow, Box, Figure

WIDTH = 236  # of a box, in pixels
LINE = 17  # height of a line of text
PADDING = 12
COLUMNS = 29  # of text in a line of a box
GAP, LANE = 34, 26  # between two boxes of a layer; of an arrow that passes one
BETWEEN = 66  # two layers, where arrows and their labels are
MARGIN = 28
LABEL_COLUMNS = 28
_SWEEPS = 12

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Standing:
    """A box with its place: the middle of its upper edge, and its height. `lines` are its words, broken."""

    box: Box
    x: float
    y: float
    height: float
    title: tuple[str, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """An arrow with the points that it runs by."""

    arrow: Arrow
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    width: float
    height: float
    boxes: tuple[Standing, ...]
    arrows: tuple[Running, ...]


def laid_out(figure: Figure) -> Layout:
    """Every box and every arrow of a figure in its place."""
    layers = _layers(figure)
    chains, lanes = _chains(figure, layers)
    rows = _rows(figure, layers, chains)
    x = _across(rows, chains, lanes)
    standing = {box.id: _sized(box) for box in figure.boxes}
    tops, below = _down(rows, standing)
    left = min(x[name] - _wide(name, lanes) / 2 for row in rows for name in row) - MARGIN
    placed = {name: _placed(each, x[name] - left, tops[layers[name]]) for name, each in standing.items()}
    right = max(x[name] + _wide(name, lanes) / 2 for row in rows for name in row) - left
    arrows, right = _run(
        figure, chains, placed, {name: at - left for name, at in x.items()}, tops, layers, right
    )
    return Layout(right + MARGIN, below + MARGIN, tuple(placed.values()), tuple(arrows))


# ── from top to bottom ──────────────────────────────────────────────────────────────────────────


def _layers(figure: Figure) -> dict[str, int]:
    """The layer of each box: one below the lowest that leads to it."""
    into: dict[str, set[str]] = defaultdict(set)
    for arrow in figure.arrows:
        if not arrow.back:
            into[arrow.target].add(arrow.source)
    layers: dict[str, int] = {}
    left = [box.id for box in figure.boxes]
    while left:
        ready = [name for name in left if all(source in layers for source in into[name])]
        if not ready:
            raise ValueError("a journey whose paths come back without goto has no drawing")
        for name in ready:
            layers[name] = max((layers[source] + 1 for source in into[name]), default=0)
        left = [name for name in left if name not in layers]
    return layers


Chains = Mapping[Arrow, tuple[str, ...]]  # an arrow's places in the layers that it passes


def _chains(figure: Figure, layers: Mapping[str, int]) -> tuple[dict[Arrow, tuple[str, ...]], frozenset[str]]:
    chains: dict[Arrow, tuple[str, ...]] = {}
    lanes: set[str] = set()
    for number, arrow in enumerate(figure.arrows):
        if arrow.back:
            continue
        passed = tuple(f":{number}:{at}" for at in range(layers[arrow.source] + 1, layers[arrow.target]))
        chains[arrow] = (arrow.source, *passed, arrow.target)
        lanes.update(passed)
    return chains, frozenset(lanes)


def _rows(figure: Figure, layers: Mapping[str, int], chains: Chains) -> list[list[str]]:
    """Who stands in each layer, from left to right."""
    rows: list[list[str]] = [[] for _ in range(max(layers.values()) + 1)]
    for box in figure.boxes:
        rows[layers[box.id]].append(box.id)
    for arrow, chain in chains.items():
        for step, name in enumerate(chain[1:-1], start=1):
            rows[layers[arrow.source] + step].append(name)
    up, down = _neighbours(chains)
    for sweep in range(_SWEEPS):
        order = rows[1:] if sweep % 2 == 0 else rows[-2::-1]
        places = {name: at for row in rows for at, name in enumerate(row)}
        near = up if sweep % 2 == 0 else down
        for row in order:
            row.sort(key=lambda name: _middle([places[each] for each in near[name]], places[name]))
            places.update({name: at for at, name in enumerate(row)})
    return rows


def _neighbours(chains: Chains) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    up: dict[str, list[str]] = defaultdict(list)
    down: dict[str, list[str]] = defaultdict(list)
    for chain in chains.values():
        for above, below in itertools.pairwise(chain):
            up[below].append(above)
            down[above].append(below)
    return up, down


def _middle(places: Sequence[float], own: float) -> float:
    return sum(places) / len(places) if places else own


def _down(rows: Sequence[Sequence[str]], standing: Mapping[str, Standing]) -> tuple[list[float], float]:
    """The upper edge of each layer, and the lower edge of the last."""
    tops: list[float] = []
    y = float(MARGIN)
    bottom = y
    for row in rows:
        tops.append(y)
        bottom = y + max((standing[name].height for name in row if name in standing), default=0)
        y = bottom + BETWEEN
    return tops, bottom


# ── from left to right ──────────────────────────────────────────────────────────────────────────


def _wide(name: str, lanes: frozenset[str]) -> float:
    return LANE if name in lanes else WIDTH


def _across(rows: Sequence[Sequence[str]], chains: Chains, lanes: frozenset[str]) -> dict[str, float]:
    """The middle of everything: as near to the middle of its neighbours as its row leaves room for."""
    up, down = _neighbours(chains)
    x: dict[str, float] = {}
    for row in rows:
        at = 0.0
        for name in row:
            x[name] = at + _wide(name, lanes) / 2
            at += _wide(name, lanes) + GAP
        middle = (at - GAP) / 2
        x.update({name: x[name] - middle for name in row})
    for sweep in range(2 * _SWEEPS):
        near = up if sweep % 2 == 0 else down
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [_middle([x[each] for each in near[name]], x[name]) for name in row]
            x.update(zip(row, _apart(row, wanted, lanes), strict=True))
    return x


def _apart(row: Sequence[str], wanted: Sequence[float], lanes: frozenset[str]) -> list[float]:
    """Places in this order with room between them: between those that push to the right and those that push left."""
    needs = [(_wide(one, lanes) + _wide(other, lanes)) / 2 + GAP for one, other in itertools.pairwise(row)]
    right = list(wanted)
    for at, need in enumerate(needs, start=1):
        right[at] = max(right[at], right[at - 1] + need)
    left = list(wanted)
    for at in range(len(needs) - 1, -1, -1):
        left[at] = min(left[at], left[at + 1] - needs[at])
    return [(one + other) / 2 for one, other in zip(left, right, strict=True)]


# ── boxes and arrows ────────────────────────────────────────────────────────────────────────────


def _sized(box: Box) -> Standing:
    title, lines = broken(box.title, COLUMNS), broken(box.text, COLUMNS)
    rows = len(title) + len(lines) + bool(box.figures)
    return Standing(box, 0, 0, rows * LINE + 2 * PADDING, title, lines)


def _placed(standing: Standing, x: float, y: float) -> Standing:
    return Standing(standing.box, x, y, standing.height, standing.title, standing.lines)


def _run(
    figure: Figure,
    chains: Chains,
    placed: Mapping[str, Standing],
    x: Mapping[str, float],
    tops: Sequence[float],
    layers: Mapping[str, int],
    right: float,
) -> tuple[list[Running], float]:
    """The points of each arrow, and how far to the right anything reaches."""
    found = []
    for arrow in figure.arrows:
        source, target = placed[arrow.source], placed[arrow.target]
        if arrow.back:
            right += GAP
            start = (source.x + WIDTH / 2, source.y + source.height / 2)
            end = (target.x + WIDTH / 2, target.y + target.height / 2)
            found.append(Running(arrow, (start, (right, start[1]), (right, end[1]), end)))
            right += 6.2 * min(columns(arrow.label), LABEL_COLUMNS)
            continue
        passed = [
            (x[name], edge)
            for step, name in enumerate(chains[arrow][1:-1], start=1)
            for edge in (tops[layers[arrow.source] + step], tops[layers[arrow.source] + step + 1] - BETWEEN)
        ]
        found.append(Running(arrow, ((source.x, source.y + source.height), *passed, (target.x, target.y))))
    return found, right


def broken(text: str, width: int) -> tuple[str, ...]:
    """Text in lines of so many columns: broken at blanks, and where there are none (Japanese) anywhere."""
    lines: list[str] = []
    line = ""
    for word in _words(text):
        if columns(line + word.rstrip()) > width and line:
            lines.append(line.rstrip())
            line = ""
        line += word.lstrip() if not line else word
    return tuple(each for each in (*lines, line.rstrip()) if each)


def _words(text: str) -> list[str]:
    """What may stand at the beginning of a line: words, and each wide character on its own. What is longer than a
    line is cut."""
    found = [""]
    for letter in " ".join(text.split()):
        wide = columns(letter) == 2
        starts = wide and letter not in "。、）」』】・：；？！ー％"
        if (
            starts
            or (found[-1].endswith(" ") and letter != " ")
            or (len(found[-1]) >= COLUMNS and letter not in ".,")
        ):
            found.append("")
        found[-1] += letter
    return [word for word in found if word]
