"""What was asked for lately, in memory."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.errors import Conflict
from kizuna.core.restraint.asked import NOTHING_ASKED, Asked


class InMemoryAskings:
    """The port `Askings`; nothing is ever forgotten, as a table may keep what is over for days."""

    def __init__(self) -> None:
        self.stored: dict[str, Asked] = {}

    def asked(self, key: str) -> Asked:
        return self.stored.get(key, NOTHING_ASKED)

    def remember(self, key: str, asked: Asked, *, until: datetime) -> None:
        if asked.version != self.asked(key).version + 1:
            raise Conflict("what was asked for lately")
        self.stored[key] = asked
