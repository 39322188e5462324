"""Proofs: what was sent to colleagues and simulators, for a month."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.proofs.proof import Proof


class Proofs(Protocol):
    """Each is written whole, guarded by its version."""

    def get(self, proof: str) -> Proof | None: ...

    def save(self, proof: Proof) -> bool:
        """Store it as version `proof.version`, if the one before is what is stored (none, for the first).

        True if that is so, also where an ambiguous reply hid it; False if somebody else was first. A crash right
        after leaves it stored.
        """
        ...

    def since(self, at: datetime) -> tuple[Proof, ...]:
        """Those asked for since then, the newest first."""
        ...
