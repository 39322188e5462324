"""The list of addresses that a provider of ours sends nothing to, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Suppressed:
    """One address on the list, and what put it there."""

    address: str
    because: Literal["bounce", "complaint"]
    at: datetime
