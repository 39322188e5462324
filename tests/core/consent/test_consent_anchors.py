"""Where chains ended on a day, sealed: one bit anywhere, and it shows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.consent import GENESIS, ChainEntry, ChainFault, verify_chain
from kizuna.core.consent.anchors import (
    Anchor,
    Head,
    HeadPage,
    InvalidAnchor,
    Seal,
    anchor_of,
    holds_to,
    unlinked,
)

AT = datetime(2026, 11, 22, 3, tzinfo=UTC)
HEADS = st.lists(
    st.builds(Head, st.text("ab1", min_size=1, max_size=5), st.integers(1, 9), st.text("0f", max_size=4)),
    max_size=4,
)
PAGES = st.builds(HeadPage, HEADS.map(tuple), st.text("ab~|", max_size=3))


def sealed(*pages: HeadPage) -> Seal:
    seal = Seal()
    for page in pages:
        seal = seal.with_page(page)
    return seal


@given(PAGES)
def test_a_page_is_read_as_it_was_written(page: HeadPage) -> None:
    assert HeadPage.read(page.lines()) == page
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in page.lines())


@given(st.lists(PAGES, max_size=3))
def test_a_seal_is_read_as_its_checkpoint_says(pages: list[HeadPage]) -> None:
    seal = sealed(*pages)
    assert Seal.read(str(seal)) == seal
    assert seal.chains == sum(len(page.heads) for page in pages)
    assert seal.entries == sum(head.length for page in pages for head in page.heads)
    assert seal.after == (pages[-1].until if pages else "")


@given(st.lists(PAGES, min_size=1, max_size=3), st.data())
def test_another_head_page_or_order_is_another_seal(pages: list[HeadPage], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(pages) - 1))
    head = Head("new", 1, "ff")
    changed = [*pages]
    changed[at] = replace(pages[at], heads=(*pages[at].heads, head))

    assert sealed(*changed).digest != sealed(*pages).digest
    assert sealed(*pages, *pages).digest != sealed(*pages).digest
    assert sealed().digest == GENESIS


def an_anchor(name: str = "a", *, before: Anchor | None = None) -> Anchor:
    first = sealed(HeadPage((Head("p1", 2, "aa"), Head("p2", 3, "bb")), "~"))
    return anchor_of(name, [first, Seal("~")], at=AT, before=before)


def test_an_anchor_counts_names_and_is_read_as_it_was_written() -> None:
    first = an_anchor()
    second = an_anchor("b", before=first)

    assert (first.chains, first.entries, first.before, first.at) == (2, 5, GENESIS, AT)
    assert second.before == first.root
    assert Anchor.read(first.to_json()) == first
    assert len(first.seals) == 2


def test_what_is_stored_looks_the_same_for_good() -> None:
    """Anchors are kept for years: another form of the same would look like another content."""
    page = HeadPage((Head("p1", 2, "aa"),), "~")
    assert page.lines() == ('["p1",2,"aa"]\n', '{"until":"~"}\n')
    assert str(sealed(page)) == "~|976259607e988784296ed3ec3f541c28c2dd5b949ef99c1e0ec3508b731ff18f|1|2"
    assert an_anchor().root == "e22cefcc6f79f8331e6fb3c8779ec20d81043a2cc4ee687f8be8ae3d8c75fefc"


@pytest.mark.parametrize(
    "change",
    [
        {"id": "b"}, {"at": "2026-11-22T04:00:00.000Z"}, {"chains": 3}, {"entries": 4}, {"before": "f" * 64},
        {"seals": []}, {"root": "f" * 64},
    ],
)  # fmt: skip
def test_an_anchor_that_was_altered_cannot_be_read(change: dict[str, Any]) -> None:
    altered = {**json.loads(an_anchor().to_json()), **change}
    with pytest.raises(InvalidAnchor, match="was altered"):
        Anchor.read(json.dumps(altered))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "{}", '{"id": "a"}', '{"id":"a","at":"never","seals":[]}']
)
def test_what_is_no_anchor_is_none(text: str) -> None:
    with pytest.raises(InvalidAnchor, match="an anchor cannot be read"):
        Anchor.read(text)


@pytest.mark.parametrize("lines", [[], ["3"], ["[1]", '{"until": ""}'], ["{}"], ['["p", 1, "h"]'], ["{"]])
def test_what_is_no_page_of_heads_is_none(lines: list[str]) -> None:
    with pytest.raises(InvalidAnchor, match="an object of an anchor is not what was written"):
        HeadPage.read(lines)


@pytest.mark.parametrize("text", ["", "a|b", "a|b|c|d", "~|x|1|two"])
def test_what_is_no_checkpoint_is_none(text: str) -> None:
    with pytest.raises(InvalidAnchor, match="the checkpoint of an anchor cannot be read"):
        Seal.read(text)


def test_an_anchor_that_was_taken_out_or_exchanged_breaks_the_row() -> None:
    first = an_anchor("a")
    second = an_anchor("b", before=first)
    third = an_anchor("c", before=second)

    assert unlinked([]) == unlinked([first]) == unlinked([first, second, third]) == ()
    assert unlinked([second, third]) == ()  # what is older is no longer kept
    assert unlinked([first, third]) == ("c",)
    assert unlinked([replace(first, chains=9), second, third]) == ("b",)


# ── a chain, and what is known of its end ───────────────────────────────────────────────────────

CHAIN = (ChainEntry("h1", GENESIS, None), ChainEntry("h2", "h1", None), ChainEntry("h3", "h2", None))


@pytest.mark.parametrize(
    ("head", "holds"),
    [
        (Head("p", 3, "h3"), True),
        (Head("p", 2, "h2"), True),
        (Head("p", 1, "h1"), True),
        (Head("p", 2, "h3"), False),
        (Head("p", 4, "h4"), False),
        (Head("p", 0, "h3"), False),
    ],
)
def test_a_chain_holds_to_an_anchor_if_it_begins_with_it(head: Head, holds: bool) -> None:
    assert holds_to(head, CHAIN) is holds


def test_fewer_entries_than_there_were_are_a_cut() -> None:
    assert verify_chain(CHAIN, head="h3", length=3) == ()
    assert verify_chain(CHAIN[:2], head="h3", length=3) == (ChainFault(2, "truncated"),)
    assert verify_chain((), head="h3", length=3) == (ChainFault(0, "truncated"),)
    assert verify_chain(CHAIN, head="h2", length=2) == (ChainFault(3, "wrong_head"),)


def test_bodies_are_missed_where_nobody_was_erased_and_what_cannot_be_read_was_altered() -> None:
    spoilt = replace(CHAIN[1], is_readable=False)
    assert verify_chain(CHAIN[:1], bodies=True) == (ChainFault(0, "missing_body"),)
    assert verify_chain((CHAIN[0], spoilt), bodies=False) == (ChainFault(1, "altered_body"),)
    assert verify_chain((CHAIN[0], spoilt), bodies=True) == (
        ChainFault(0, "missing_body"),
        ChainFault(1, "altered_body"),
    )
