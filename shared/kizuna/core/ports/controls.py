"""What people decided about campaigns: approvals and pauses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.campaigning.controls import Control


class Controls(Protocol):
    """One row a campaign about which somebody decided something."""

    def current(self) -> Mapping[str, Control]:
        """As they stand at this very moment, by campaign; what nobody decided about is missing."""
        ...

    def save(self, control: Control) -> bool:
        """Store a control whose version is one higher than what was read. False if somebody else was first."""
        ...
