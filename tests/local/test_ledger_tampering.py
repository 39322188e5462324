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
    exchange_chains_of,
    exchange_entries_of,
    nest_without_end,
    remove_all,
    remove_one_in_the_middle,
    remove_the_first,
    spoil,
    spoil_with_a_number,
    strip_of_its_links,
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
    (spoil_with_a_number, "altered_body"),
    (nest_without_end, "altered_body"),
    (strip_of_its_links, "broken_link"),
    (empty, "missing_body"),
    (remove_the_first, "broken_link"),
    (remove_one_in_the_middle, "broken_link"),
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


@pytest.mark.parametrize(
    ("tamper", "cause"), [(exchange_entries_of, "of_another"), (exchange_chains_of, "of_another")]
)
def test_what_two_people_said_cannot_be_exchanged(
    shop: Shop, tamper: Callable[[Ledger, str, str], None], cause: str
) -> None:
    one, other = (with_two_chains(shop, a_user()).profile for _ in range(2))
    assert not problems_of(one, auditor(shop))[0] + problems_of(other, auditor(shop))[0]
    first, second = one.parts[-1], other.parts[-1]
    tamper(Ledger(shop), first, second)

    for person, part in ((one, first), (other, second)):
        problems, _ = problems_of(person, auditor(shop))
        assert cause in {problem.cause for problem in problems if problem.part == part}
