"""The port `Proofs` in memory."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.proofs.proof import Proof


class InMemoryProofs:
    def __init__(self) -> None:
        self._stored: dict[str, Proof] = {}

    def get(self, proof: str) -> Proof | None:
        return self._stored.get(proof)

    def save(self, proof: Proof) -> bool:
        before = self._stored.get(proof.id)
        if proof == before:
            return True
        if proof.version != (before.version if before else 0) + 1:
            return False
        self._stored[proof.id] = proof
        return True

    def since(self, at: datetime) -> tuple[Proof, ...]:
        found = [proof for proof in self._stored.values() if proof.at >= at]
        return tuple(sorted(found, key=lambda proof: proof.id, reverse=True))
