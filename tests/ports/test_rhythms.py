"""The contract of `Rhythms`."""

from __future__ import annotations

from kizuna.core.campaigns.rhythm import Hits, Rhythm
from tests.support.stores import Stores


def test_what_nobody_was_told_of_has_no_rhythm(stores: Stores) -> None:
    assert stores.rhythms.of("email") == Rhythm({})


def test_messages_and_reactions_add_up_by_channel_and_hour_whatever_row_takes_them(stores: Stores) -> None:
    for number in range(20):
        stores.rhythms.note("email", 10, tries=1, spread=f"m{number}")
    stores.rhythms.note("email", 10, hits=1, spread="m3")
    stores.rhythms.note("email", 167, tries=2)
    stores.rhythms.note("push", 10, tries=5)
    assert stores.rhythms.of("email") == Rhythm({10: Hits(20, 1), 167: Hits(2, 0)})
    assert stores.rhythms.of("push") == Rhythm({10: Hits(5, 0)})
