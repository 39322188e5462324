"""What the last simulation of each campaign found, so that the next one can say what is different."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Simulations(Protocol):
    """One simulation a campaign: the last that somebody ran to its end."""

    def last(self, campaign: str) -> Mapping[str, Any] | None:
        """The body of the last simulation without its samples, None if there was none."""
        ...

    def keep(self, campaign: str, body: Mapping[str, Any]) -> None:
        """Put a simulation in the place of the last. Not guarded: of two at once the later stays; both are true."""
        ...
