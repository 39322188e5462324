"""The items of people's inboxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.inbox import Held, InboxItem


class Inboxes(Protocol):
    """What lies in somebody's inbox."""

    def put(self, item: InboxItem) -> None:
        """Put an item where there is none by its key; one that is there stays as it is. So it may be put again after
        any doubt, and a crash leaves it there or not. Raises Unavailable if the store refuses.
        """
        ...

    def page(
        self, parts: Sequence[str], *, before: str = "", limit: int = 20
    ) -> tuple[tuple[Held, ...], str | None]:
        """A page of a person's items, the newest first, with where the next page starts (None: nowhere).

        `before` is what an earlier page gave. An item whose message is gone is left out.
        """
        ...

    def find(self, parts: Sequence[str], ids: Sequence[str]) -> tuple[str, ...]:
        """Those of the ids that are messages to this person's inbox."""
        ...
