"""The list of addresses that a provider of ours sends nothing to, whoever asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One address on the list, and what put it there."""

    address: str
    because: Literal["bounce", "complaint"]
    at: datetime


class SuppressedList(Protocol):
    def listed(self, *, since: datetime | None = None) -> Iterable[Suppressed]:
        """Everybody on the list, or who came onto it since then, page by page. Raises Unavailable."""
        ...
