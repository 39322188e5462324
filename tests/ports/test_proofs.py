"""The contract of `Proofs`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kizuna.core.proofs.proof import Proof, proof_id
from tests.support.builders import NOON
from tests.support.stores import Stores

FIRST = Proof(
    proof_id(NOON, b"first!"), "hello", "spring", "email", "ann@shop.example", "ja", "ann", NOON, "p1",
    "Order Completed", {"total": 7, "products": [{"name": "盤"}]},
)  # fmt: skip
HOUR = timedelta(hours=1)


def test_one_that_nobody_asked_for_is_missing(stores: Stores) -> None:
    assert stores.proofs.get("proof-none") is None
    assert stores.proofs.since(NOON - HOUR) == ()


def test_it_is_stored_whole_and_replaced_by_its_next_version(stores: Stores) -> None:
    assert stores.proofs.save(FIRST)
    told = FIRST.moved("sending").with_fact("delivered", NOON)
    assert not stores.proofs.save(told), "a version was left out"
    assert stores.proofs.save(FIRST.moved("sending"))
    assert stores.proofs.save(told)
    assert stores.proofs.get(FIRST.id) == told


def test_of_two_who_claim_it_one_is_first_and_a_lost_reply_is_no_second(stores: Stores) -> None:
    assert stores.proofs.save(FIRST)
    assert stores.proofs.save(FIRST)
    assert stores.proofs.save(FIRST.moved("sending"))
    assert stores.proofs.save(FIRST.moved("sending"))
    assert not stores.proofs.save(FIRST.moved("expired"))


def test_those_of_a_time_are_listed_with_the_newest_first(stores: Stores) -> None:
    later = replace(FIRST, id=proof_id(NOON + HOUR, b"later!"), at=NOON + HOUR)
    assert stores.proofs.save(FIRST)
    assert stores.proofs.save(later)
    assert stores.proofs.since(NOON) == (later, FIRST)
    assert stores.proofs.since(NOON + timedelta(seconds=1)) == (later,)
