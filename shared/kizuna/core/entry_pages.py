"""Pages beside a profile: events that aggregates keep one by one, and for which the item has no room.

    up to 4 KB in the profile's item   the newest: they cost neither a read nor a write of their own
    pages beside it                    what somebody very active holds beyond these; only who has pages reads them,
                                       with the profile, and only who overflows writes one

As with the pages of marks (`seen`): a page is named after its content and never changes, and it means something only
to a profile that lists it. So it is stored before the profile that will list it, and what a crash or a lost race
leaves behind is a page that nobody reads until its time is over. An aggregate lists its pages itself (`x`: name,
part, newest millisecond, number): it is forgotten with them, and rebuilt without them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kizuna.core.aggregates import Needs, State
from kizuna.core.conditions.remembered import AggregateNeed
from kizuna.core.tallying import oldest_kept, place

INLINE_BYTES = 4 * 1024  # of rows that a profile's item carries at most …
LEFT_INLINE = 4  # … and one in so many of an aggregate that stays in it when the older ones move to a page
FEW_PAGES = 4  # beyond as many pages of an aggregate that are not full, these become one
PAGE_BYTES = 200 * 1024  # of a full page, before it is compressed

Rows = tuple[Sequence[Any], ...]


@dataclass(frozen=True, slots=True)
class RowPage:
    """Where rows lie beside a profile: in the partition of `part`, under a name made of their content."""

    part: str
    name: str
    newest: int  # millisecond of the newest row
    count: int
    kept: int | None = field(default=None, compare=False)  # seconds for which a row matters; None: for good


RowPages = Mapping[RowPage, Rows]


@dataclass(frozen=True, slots=True)
class Paged:
    """What a profile is to carry, and the pages that have to be stored before it."""

    aggregates: Mapping[str, State]
    held: RowPages  # what the pages that it lists hold, as far as that is at hand
    new: RowPages = field(default_factory=dict)


def pages_of(aggregates: Mapping[str, State]) -> Iterator[RowPage]:
    """The pages that aggregates list."""
    for state in aggregates.values():
        for name, part, newest, count in state.get("x", ()):
            yield RowPage(part, name, newest, count)


def whole(aggregates: Mapping[str, State], held: RowPages) -> Mapping[str, State]:
    """The aggregates with the rows of their pages in place. One that is gone (its time is over) is left out."""
    if not held:
        return aggregates
    return {
        key: {**state, "e": _all_rows(state, held)} if "x" in state else state
        for key, state in aggregates.items()
    }


def _all_rows(state: State, held: RowPages) -> list[Sequence[Any]]:
    there = [row for page in _listed(state) for row in held.get(page, ())]
    return sorted([*there, *state.get("e", ())], key=place)


def paged(
    aggregates: Mapping[str, State],
    held: RowPages,
    needs: Mapping[str, AggregateNeed],
    *,
    part: str,
    now: datetime,
) -> Paged:
    """Forget what has left every window in force, and move rows to pages of `part` where the item holds too many."""
    asked = needs.with_rows if isinstance(needs, Needs) else Needs(needs).with_rows
    work: dict[str, State] = {}
    for need in asked:
        state = aggregates.get(need.key)
        if state is not None and ("e" in state or "x" in state):
            work[need.key] = _forgetting(state, need, now=now)
    if not work:
        return Paged(aggregates, held)
    by_key = {need.key: need for need in asked}
    new: dict[RowPage, Rows] = {}
    sizes = {key: _bytes_of(state.get("e", ())) for key, state in work.items()}
    while sum(sizes.values()) > INLINE_BYTES:
        key = max(sizes, key=lambda each: (sizes[each], each))
        work[key], fresh = _moved(work[key], by_key[key], {**held, **new}, part=part, now=now)
        new.update(fresh)
        sizes[key] = _bytes_of(work[key].get("e", ()))
    after = {**aggregates, **work}
    listed = set(pages_of(after))
    return Paged(
        after,
        {page: rows for page, rows in {**held, **new}.items() if page in listed},
        {page: rows for page, rows in new.items() if page in listed},
    )


def _forgetting(state: State, need: AggregateNeed, *, now: datetime) -> State:
    oldest = oldest_kept(need, state, now=now)
    rows, pages = state.get("e", ()), state.get("x", ())
    kept = [row for row in rows if row[0] > oldest] if rows and rows[0][0] <= oldest else rows
    listed = [page for page in pages if page[2] > oldest] if pages else pages
    if kept is rows and len(listed) == len(pages):
        return state
    return _with(state, kept, listed)


def _moved(
    state: State, need: AggregateNeed, held: RowPages, *, part: str, now: datetime
) -> tuple[State, RowPages]:
    """The state with all but its newest rows in pages, and these; many small ones become one if all are at hand."""
    rows = list(state.get("e", ()))
    left = rows[-(len(rows) // LEFT_INLINE) :] if len(rows) >= LEFT_INLINE else []
    moved = rows[: len(rows) - len(left)]
    listed = _listed(state)
    small = [page for page in listed if not _is_full(held.get(page))]
    if len(small) >= FEW_PAGES and all(page in held for page in small):
        oldest = oldest_kept(need, state, now=now)
        there = [row for page in small for row in held[page] if row[0] > oldest]
        moved = sorted([*moved, *there], key=place)
        listed = [page for page in listed if page not in small]
    fresh = dict(_pages(moved, need, part))
    entries = [[page.name, page.part, page.newest, page.count] for page in (*listed, *fresh)]
    return _with(state, left, entries), fresh


def _with(state: State, rows: Sequence[Any], pages: Sequence[Any]) -> State:
    bare = {name: value for name, value in state.items() if name not in ("e", "x")}
    return {**bare, **({"e": rows} if rows else {}), **({"x": list(pages)} if pages else {})}


def _listed(state: State) -> list[RowPage]:
    return [RowPage(part, name, newest, count) for name, part, newest, count in state.get("x", ())]


def _is_full(rows: Rows | None) -> bool:
    return rows is not None and _bytes_of(rows) > PAGE_BYTES // 2


def _pages(rows: Sequence[Any], need: AggregateNeed, part: str) -> Iterator[tuple[RowPage, Rows]]:
    for portion in _portions(rows):
        content = tuple(portion)
        named = hashlib.sha256(f"{need.key}|{need.form}|".encode() + packed(content)).hexdigest()[:20]
        newest = max(row[0] for row in content)
        yield RowPage(part, named, newest, len(content), need.kept), content


def _portions(rows: Sequence[Any]) -> Iterator[list[Any]]:
    portion: list[Any] = []
    size = 0
    for row in rows:
        length = _bytes_of((row,))
        if portion and size + length > PAGE_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(row)
        size += length
    if portion:
        yield portion


def packed(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as text."""
    return json.dumps(list(rows), separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def unpacked(raw: bytes) -> Rows:
    """The inverse of `packed`."""
    rows: list[list[Any]] = json.loads(raw.decode("utf-8", "surrogatepass"))
    return tuple(rows)


def _bytes_of(rows: Sequence[Any]) -> int:
    return len(packed(rows)) if rows else 0
