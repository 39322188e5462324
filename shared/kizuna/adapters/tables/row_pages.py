"""Pages of rows beside profiles: events that aggregates keep and a profile's item has no room for (`entry_pages`)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import Client, Item, batch_get, from_item, key, to_item
from kizuna.core.entry_pages import RowPage, Rows, packed, pages_of, unpacked
from kizuna.core.people import Profile

_ON_TOP = timedelta(days=2)  # of the time for which a row may matter


def with_rows(client: Client, table: str, profiles: Iterable[Profile]) -> list[Profile]:
    """The profiles with what their pages hold; who lists none costs no read.

    Read consistently, however the profile was read: a page is stored before the profile that lists it, and never
    changes. One that is absent has outlived its rows, or its part was erased.
    """
    found = list(profiles)
    listed = {
        (keys.person(page.part), keys.row_page(page.name)): page
        for profile in found
        for page in pages_of(profile.aggregates)
    }
    if not listed:
        return found
    items = batch_get(client, table, [key(*place) for place in listed])
    held = {listed[item["pk"]["S"], item["sk"]["S"]]: _rows(item) for item in items}
    return [
        replace(
            profile,
            held_rows={page: held[page] for page in pages_of(profile.aggregates) if page in held},
        )
        for profile in found
    ]


def _rows(item: Item) -> Rows:
    return unpacked(zlib.decompress(from_item(item)["z"]))


def row_page_to_item(page: RowPage, rows: Rows) -> Item:
    """A page of rows. It may go when the newest of them matters to no question any more."""
    over = None if page.kept is None else page.newest // 1000 + page.kept + int(_ON_TOP.total_seconds())
    return to_item(
        {
            "pk": keys.person(page.part),
            "sk": keys.row_page(page.name),
            "z": zlib.compress(packed(rows), 6),
            "ttl": over,
        }
    )
