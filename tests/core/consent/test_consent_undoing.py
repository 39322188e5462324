"""What an undone merge takes out of a ledger, and what it never can (consent.md 3.4)."""

from __future__ import annotations

import pytest

from kizuna.core.consent import (
    ConsentEvent,
    Permission,
    carried_over,
    fold,
    in_force,
    in_order,
    permission,
    united,
)
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import DAY, NOW, act, confirm, grant, text, withdraw

POLICY = ConsentPolicy()
MERGED = NOW - DAY
REFUSAL = withdraw(id="w")


def undoing(what: str | None, *, actor: str | None = "system") -> ConsentEvent:
    """The entry by which a merge, or what it had brought, is taken back."""
    return act("merge_undone", NOW, id=f"undo:{what}:{actor}", actor=actor, supersedes=what)


def left(*ledger: ConsentEvent) -> list[str]:
    """What still counts, without the entries that take back."""
    return [event.id for event in in_force(ledger) if event.action != "merge_undone"]


def copy_by(merge: str, event: ConsentEvent = REFUSAL) -> ConsentEvent:
    (copy,) = carried_over([event], merge_id=merge, at=MERGED)
    return copy


def test_undoing_a_merge_takes_back_its_copies_and_leaves_the_refusals_they_were_made_of() -> None:
    stop = text("STOP", id="s")
    ledger = united([REFUSAL], [stop], merge_id="m1", at=MERGED)
    assert left(*ledger) == ["w", "s", "merge:m1:w", "merge:m1:s"]
    assert left(*ledger, undoing("merge:m1")) == ["w", "s"]


def test_undoing_one_merge_leaves_the_copies_of_every_other() -> None:
    assert left(copy_by("m1"), copy_by("m2"), undoing("merge:m2")) == ["merge:m1:w"]
    assert left(copy_by("m1"), copy_by("m2"), undoing("merge:m3")) == ["merge:m1:w", "merge:m2:w"]


@pytest.mark.parametrize(
    ("event", "is_taken_back"),
    [
        (grant(id="x"), True),
        (confirm(id="x"), True),
        (grant(id="x", supersedes="older"), True),
        # nobody's own No is ever among what can be taken back
        (withdraw(id="x"), False),
        (withdraw(id="x", supersedes="older"), False),
        (withdraw(id="x", merged_at=MERGED), False),
        (act("one_click_post", id="x"), False),
        (act("object", id="x"), False),
        (act("do_not_contact", id="x"), False),
        (act("suppression_hash", id="x"), False),
        (text("STOP", id="x"), False),
        (text("the bus stop", id="x"), False),
        (text("START", id="x"), False),
    ],
)
def test_only_what_permits_can_be_taken_back_by_its_id(event: ConsentEvent, is_taken_back: bool) -> None:
    assert left(event, undoing("x")) == ([] if is_taken_back else ["x"])
    assert left(undoing("x"), event) == ([] if is_taken_back else ["x"])
    assert left(event, undoing("y")) == ["x"]


@pytest.mark.parametrize(
    ("actor", "may"), [("staff", True), ("system", True), ("self", False), ("import", False), (None, False)]
)
def test_only_staff_and_the_system_take_back(actor: str | None, may: bool) -> None:
    ledger = (grant(id="x"), copy_by("m1"), undoing("x", actor=actor), undoing("merge:m1", actor=actor))
    assert left(*ledger) == ([] if may else ["x", "merge:m1:w"])


def test_an_entry_that_replaces_another_takes_nothing_back() -> None:
    renewed = grant("2026-07-01T00:00", id="new", actor="staff", supersedes="old")
    assert left(grant(id="old"), renewed) == ["old", "new"]
    assert left(grant(id="old"), undoing(None)) == ["old"]


def test_what_was_taken_back_permits_and_refuses_nothing() -> None:
    ledger = (grant(id="theirs"), copy_by("m1"), undoing("theirs"), undoing("merge:m1"))
    standing = fold(ledger, now=NOW, policy=POLICY)
    assert (standing.grants, standing.opt_outs, standing.unknown) == ((), (), ())
    assert [event.action for event in in_order(ledger)] == ["merge_undone", "merge_undone"]


# ── copies and what lifts them ──────────────────────────────────────────────────────────────────


def test_the_copies_of_both_sides_carry_the_name_of_their_merge() -> None:
    copies = united([withdraw(id="a")], [withdraw(id="b")], merge_id="m7", at=MERGED)[2:]
    assert [(copy.id, copy.supersedes) for copy in copies] == [("merge:m7:a", "a"), ("merge:m7:b", "b")]


@pytest.mark.parametrize(
    ("granted", "lifts"),
    [("2026-06-01T00:00", False), ("2026-06-01T00:01", True), ("2026-05-01T00:00", False)],
)
def test_a_copy_is_lifted_by_the_grants_that_were_later_than_the_refusal(granted: str, lifts: bool) -> None:
    refusal, own = withdraw("2026-06-01T00:00", id="w"), grant(granted, id="own")
    (copy,) = carried_over([refusal, own], merge_id="m1", at=MERGED)
    assert copy.lifted_by == (("own",) if lifts else ())
    stands = _asked(copy, own).channel_opt_outs
    assert stands == (() if lifts else (copy,))


def test_a_grant_of_the_very_moment_of_a_refusal_never_lifts_it_even_if_a_copy_names_it() -> None:
    same = withdraw("2026-06-01T00:00", merged_at=MERGED, lifted_by=("own",))
    assert _asked(same, grant("2026-06-01T00:00", id="own")).channel_opt_outs == (same,)
    assert _asked(same, grant("2026-06-01T00:01", id="own")).channel_opt_outs == ()


# ── one message ─────────────────────────────────────────────────────────────────────────────────


def _asked(*ledger: ConsentEvent) -> Permission:
    return permission(
        fold(ledger, now=NOW, policy=POLICY),
        channel="email",
        topic="news",
        endpoint="ep1",
        country="FR",
        now=NOW,
        policy=POLICY,
    )


def test_an_empty_ledger_permits_nothing_and_has_nothing_against_it() -> None:
    found = _asked()
    assert (found.valid, found.channel_opt_outs, found.topic_opt_outs, found.failure) == ((), (), (), None)
    assert found.other_topic is False


@pytest.mark.parametrize(
    "other", [{"endpoint": "ep2"}, {"channel": "sms"}, {"purpose": "analytics"}, {"topic": "offers"}]
)
def test_a_grant_for_something_else_does_not_hide_the_one_that_holds(other: dict[str, str]) -> None:
    """Whichever of the two was given first."""
    for when in ("2025-12-01T00:00", "2026-02-01T00:00"):
        found = _asked(grant(when, id="other", **other), grant(id="holds"))
        assert [event.id for event in found.valid] == ["holds"]
        assert found.other_topic is ("topic" in other)
