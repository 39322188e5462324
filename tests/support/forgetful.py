"""A store that has lost the one condition that must not be missing, to see that tests would notice."""

from __future__ import annotations

from typing import Any

from kizuna.core.messages import Message
from tests.support.house import House


class Forgetful:
    """Messages whose claim does not ask whether the person's record is still the one that was judged by."""

    def __init__(self, house: House) -> None:
        self._house = house

    def __getattr__(self, name: str) -> Any:
        return getattr(self._house.messages, name)

    def claim(self, message: Message, *, person: str, reach_version: int, **more: Any) -> bool:
        now = self._house.people.profiles([person])[person].reach_version
        return self._house.messages.claim(message, person=person, reach_version=now, **more)
