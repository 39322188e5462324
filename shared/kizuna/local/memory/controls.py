"""The port `Controls` in memory."""

from __future__ import annotations

from collections.abc import Mapping

from kizuna.core.campaigning.controls import Control


class InMemoryControls:
    """What people decided about campaigns."""

    def __init__(self) -> None:
        self._stored: dict[str, Control] = {}

    def current(self) -> Mapping[str, Control]:
        return dict(self._stored)

    def save(self, control: Control) -> bool:
        before = self._stored.get(control.campaign)
        if control == before:
            return True
        if control.version != (before.version if before else 0) + 1:
            return False
        self._stored[control.campaign] = control
        return True
