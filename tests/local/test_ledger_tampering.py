"""Whatever somebody does to the chain of a person is found, by its links or by the end that the profile tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from kizuna.usecases.consents.ledger_audit import problems_of
from tests.support.clouds import Shop, a_user, running_shop
from tests.support.tampering import (
    Ledger,
    add,
    alter,
    alter_with_its_hash,
    auditor,
    cut_the_tail_off,
    empty,
    exchange,
    remove_all,
    remove_the_first,
    spoil,
    with_two_chains,
)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


TAMPERINGS: list[tuple[Callable[[Ledger, str], None], str]] = [
    (alter, "altered_body"),
    (alter_with_its_hash, "broken_link"),
    (spoil, "altered_body"),
    (empty, "missing_body"),
    (remove_the_first, "broken_link"),
    (cut_the_tail_off, "truncated"),
    (remove_all, "truncated"),
    (exchange, "broken_link"),
    (add, "wrong_head"),
]


@pytest.mark.parametrize(("tamper", "cause"), TAMPERINGS, ids=lambda each: getattr(each, "__name__", each))
@pytest.mark.parametrize("own", [True, False], ids=["own chain", "chain of somebody absorbed"])
def test_whatever_is_done_to_a_chain_is_found(
    shop: Shop, tamper: Callable[[Ledger, str], None], cause: str, own: bool
) -> None:
    person = with_two_chains(shop, a_user()).profile
    part = next(each for each in person.parts if (each == person.id) is own)
    tamper(Ledger(shop), part)

    problems, _ = problems_of(person, auditor(shop))

    assert cause in {problem.cause for problem in problems if problem.part == part}
