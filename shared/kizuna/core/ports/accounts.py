"""What providers say of our account, and what is kept of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from kizuna.core.errors import KizunaError

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.accounts import Checkpoint, EmailQuota, ListName, Reading, TextQuota
    from kizuna.core.ports.suppressed import Suppressed


@dataclass(frozen=True, slots=True)
class OptedOut:
    """One number on the list of a pool, and since when; `by_themselves`: they wrote STOP, nobody put them there."""

    number: str
    at: datetime
    by_themselves: bool = True


class PageGone(KizunaError):
    """The provider does not know the page that was asked for any more."""


class ProviderAccount(Protocol):
    """Every method raises Unavailable where the provider cannot be asked, or gives no leave."""

    def email(self) -> EmailQuota: ...

    def texts(self) -> TextQuota: ...

    def suppressed(self, *, since: datetime | None, token: str) -> tuple[tuple[Suppressed, ...], str]:
        """A page of the account's suppression list, and the token of the next, empty behind the last.

        Raises PageGone for a token that is no good any more.
        """
        ...

    def opted_out(self, *, token: str) -> tuple[tuple[OptedOut, ...], str]:
        """A page of the opt-out list that texts go by. Raises PageGone."""
        ...

    def suppress(self, address: str, because: Literal["bounce", "complaint"]) -> None:
        """Put a mailbox on the account's list. Idempotent."""
        ...


class AccountNotes(Protocol):
    """The last readings, how far lists are, and what the provider was told of whom. Each write replaces what is
    there: one function writes them."""

    def readings(self) -> Mapping[str, Reading]: ...

    def note_reading(self, reading: Reading) -> None: ...

    def checkpoint(self, name: ListName) -> Checkpoint: ...

    def note_checkpoint(self, checkpoint: Checkpoint) -> None:
        """A crash before it reads the page once more, which changes nothing."""
        ...

    def told(self, person: str, addresses: Collection[str]) -> Mapping[str, str]:
        """By the ids of addresses, of what the provider was told last; none where it never was told."""
        ...

    def note_told(self, person: str, address: str, what: str) -> None:
        """It goes with the person. A crash before it has the same told once more, which changes nothing."""
        ...
