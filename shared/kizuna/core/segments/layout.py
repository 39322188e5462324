"""The groups of many trees in one large number, so that a few operations count all of them.

A group has three bits. They start at 4 less what the group needs; each part that holds adds 1; so the highest bit
tells whether the group holds. Groups lie in rows, the k-th groups at a depth beside each other, one column a tree:

               tree 0   tree 1   tree 2   tree 3
    depth 0    root     root     root     root
    depth 1    inner    inner    inner                the first inner group of each tree that has one
    depth 1    inner                                  the second

One move (shift, leave the lowest bits, add) carries a row of inner groups into their outer ones, of all trees at
once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kizuna.core.segments.trees import Tree

BITS = 3


Move = tuple[int, int, bool]  # shift, mask, and whether what holds counts as not holding


@dataclass(slots=True)
class _Row:
    depth: int
    columns: dict[int, int] = field(default_factory=dict)  # to groups
    start: int = 0


class Layout:
    """`layers` tells for each tree how many others must be decided before it; moves are made layer by layer."""

    def __init__(self, trees: Sequence[Tree], layers: Sequence[int]) -> None:
        self._trees = trees
        self._layers = layers
        self._depths = [_depths(tree) for tree in trees]
        self._rows = _rows(self._depths)
        start = 0
        for row in self._rows:
            row.start = start
            start += max(row.columns) + 1
        self.size = start
        # Where each group of each tree lies: counted in groups.
        self.places: list[dict[int, int]] = [{} for _ in trees]
        for row in self._rows:
            for column, group in row.columns.items():
                self.places[column][group] = row.start + column

    def moves(self) -> list[list[Move]]:
        """For each layer its moves: the innermost groups first."""
        masks: dict[tuple[int, int, int, bool], int] = {}
        for column, tree in enumerate(self._trees):
            places = self.places[column]
            for group, outer in enumerate(tree.groups):
                to = places[group]
                for part in outer.parts:
                    if part.is_group:
                        depth = self._depths[column][part.number]
                        key = (self._layers[column], -depth, places[part.number] - to, part.negated)
                        masks[key] = masks.get(key, 0) + (1 << BITS * to)
        found: list[list[Move]] = [[] for _ in range(max(self._layers, default=0) + 1)]
        for (layer, _, distance, negated), mask in sorted(masks.items()):
            found[layer].append((BITS * distance + BITS - 1, mask, negated))
        return found


def order_of(trees: Mapping[int, Tree]) -> list[int]:
    """Trees in such an order of columns that the rows are short."""
    return sorted(trees, key=lambda number: -len(trees[number].groups))


def _depths(tree: Tree) -> list[int]:
    """How far inside each group lies: further than every group that it is a part of."""
    depths = [0] * len(tree.groups)
    for number in range(len(tree.groups) - 1, -1, -1):
        for part in tree.groups[number].parts:
            if part.is_group:
                depths[part.number] = max(depths[part.number], depths[number] + 1)
    return depths


def _rows(depths: Sequence[Sequence[int]]) -> list[_Row]:
    """Rows from the outermost groups to the innermost: what is carried always comes from a later row."""
    rows: dict[tuple[int, int], _Row] = {}
    for column, of_tree in enumerate(depths):
        seen: dict[int, int] = {}
        for group, depth in enumerate(of_tree):
            number = seen[depth] = seen.get(depth, -1) + 1
            rows.setdefault((depth, number), _Row(depth)).columns[column] = group
    return [rows[key] for key in sorted(rows)]


def units(places: Mapping[int, int], size: int) -> int:
    """One number of what is added at each place (counted in groups)."""
    raised, lowered = bytearray(b"0") * size, bytearray(b"0") * size
    for place, change in places.items():
        where = raised if change > 0 else lowered
        where[size - 1 - place] += abs(change)
    if not size:
        return 0
    return int(bytes(raised), 1 << BITS) - int(bytes(lowered), 1 << BITS)
