"""The last simulation of each campaign, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class InMemorySimulations:
    """The port `Simulations`."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def last(self, campaign: str) -> Mapping[str, Any] | None:
        found = self._kept.get(campaign)
        if found is None:
            return None
        body: dict[str, Any] = json.loads(found)
        return body

    def keep(self, campaign: str, body: Mapping[str, Any]) -> None:
        kept = {name: value for name, value in body.items() if name != "samples"}
        self._kept[campaign] = json.dumps(kept)
