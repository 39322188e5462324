"""How many proofs go out within an hour, however many ask at once; and what one says of a campaign."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest

from kizuna.core.proofs.proof import MOST_AN_HOUR, Proof, proof_id
from kizuna.local.memory.people import InMemoryLedger, InMemoryPeople
from kizuna.local.memory.proofs import InMemoryProofs
from kizuna.local.memory.services import InMemoryQueues
from kizuna.usecases.authoring.proofs import ProofDesk, TooManyProofs, ask_for_proof
from tests.support.builders import NOON
from tests.support.content import sample_catalog

catalog = cache(sample_catalog)
SUCCESS = "success@simulator.amazonses.com"


class Crowded(InMemoryProofs):
    """A store in which `others` proofs are asked for between somebody's look and their own write."""

    def __init__(self, others: int) -> None:
        super().__init__()
        self._others = others

    def save(self, proof: Proof) -> bool:
        others, self._others = self._others, 0
        for number in range(others):
            super().save(replace(proof, id=proof_id(proof.at, number.to_bytes(6, "big"))))
        return super().save(proof)


def desk(proofs: InMemoryProofs) -> ProofDesk:
    return ProofDesk(
        ledger=InMemoryLedger(InMemoryPeople()),
        proofs=proofs,
        queues=InMemoryQueues(),
        base_url="https://api.example.com",
        randomness=lambda length: b"\xff" * length,
    )


def ask(on: ProofDesk, *, now: datetime = NOON, name: str = "win-back-email") -> Proof:
    return ask_for_proof(name, SUCCESS, on, catalog(), by="ann", now=now)


def queued(on: ProofDesk) -> int:
    assert isinstance(on.queues, InMemoryQueues)
    return sum(map(len, on.queues.sent.values()))


@pytest.mark.parametrize(("others", "goes"), [(MOST_AN_HOUR - 1, True), (MOST_AN_HOUR, False)])
def test_of_many_who_ask_at_once_no_more_go_than_within_any_hour(others: int, goes: bool) -> None:
    on = desk(Crowded(others))
    if goes:
        assert on.proofs.get(ask(on).id) is not None
    else:
        with pytest.raises(TooManyProofs):
            ask(on)
    mine = on.proofs.get(proof_id(NOON, b"\xff" * 6))
    assert mine is not None
    assert (mine.state, queued(on)) == (("waiting", 1) if goes else ("expired", 0))


def test_an_hour_later_there_is_room_again() -> None:
    on = desk(Crowded(MOST_AN_HOUR))
    with pytest.raises(TooManyProofs):
        ask(on)
    with pytest.raises(TooManyProofs):
        ask(on, now=NOON + timedelta(minutes=59))
    ask(on, now=NOON + timedelta(hours=1, seconds=1))
    assert queued(on) == 1
