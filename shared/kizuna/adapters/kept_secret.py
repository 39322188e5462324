"""A secret of Secrets Manager, read now and then: so that a rotation reaches everybody without a deployment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from kizuna.adapters.batches import refusals_as_unavailable
from kizuna.core.errors import KizunaError, Unavailable

KEPT_SECONDS = 300.0

_RETRY_SECONDS = 30.0
T = TypeVar("T")


class UnusableSecret(KizunaError):
    """A stored secret is not of its form. Names the secret and its parts, never a value."""


class KeptSecret(Generic[T]):
    """What `parsed` makes of the secret, read again every five minutes; while it cannot be, the last one is used."""

    def __init__(
        self,
        client: Any,
        *,
        secret: str,
        name: str,
        parsed: Callable[[str], T],
        kept: float = KEPT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`client` is one of Secrets Manager, `secret` the ARN, `name` what errors call it."""
        self._client = client
        self._secret = secret
        self._name = name
        self._parsed = parsed
        self._kept = kept
        self._clock = clock
        self._held: T | None = None
        self._until = float("-inf")

    def value(self) -> T:
        """Raises Unavailable where it was never read and cannot be, and whatever `parsed` raises of a text."""
        now = self._clock()
        if self._held is not None and now < self._until:
            return self._held
        try:
            with refusals_as_unavailable(self._name):
                reply = self._client.get_secret_value(SecretId=self._secret)
        except Unavailable:
            if self._held is None:
                raise
            self._until = now + _RETRY_SECONDS
            return self._held
        self._held, self._until = self._parsed(reply.get("SecretString", "")), now + self._kept
        return self._held
