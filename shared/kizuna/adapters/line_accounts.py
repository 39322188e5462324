"""The LINE channels that a stage speaks through: their tokens and secrets, in one secret of Secrets Manager.

    {"default": {"token": "<channel access token>", "secret": "<channel secret>"}, "second-brand": {…}}

Read again every five minutes, so that a token that was reissued is used without a deployment.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from kizuna.adapters.batches import refusals_as_unavailable
from kizuna.adapters.secrets import KEPT_SECONDS, UnusableSecret


class LineAccounts:
    """`client` is one of Secrets Manager, `secret` the ARN. Both methods raise Unavailable where the secret cannot be
    read, UnusableSecret where it is of another form, KeyError for an account that it does not hold.
    """

    def __init__(
        self,
        client: Any,
        *,
        secret: str,
        kept: float = KEPT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret = secret
        self._kept = kept
        self._clock = clock
        self._held: Mapping[str, Mapping[str, str]] = {}
        self._until = float("-inf")

    def token(self, account: str) -> str:
        """What we show to LINE."""
        return self._read()[account]["token"]

    def channel_secret(self, account: str) -> bytes:
        """What LINE signs its calls with."""
        return self._read()[account]["secret"].encode()

    def _read(self) -> Mapping[str, Mapping[str, str]]:
        now = self._clock()
        if now >= self._until:
            with refusals_as_unavailable("secret of LINE"):
                reply = self._client.get_secret_value(SecretId=self._secret)
            self._held, self._until = _parsed(reply.get("SecretString", "")), now + self._kept
        return self._held


def _parsed(text: str) -> Mapping[str, Mapping[str, str]]:
    try:
        plain = json.loads(text)
    except ValueError:
        raise UnusableSecret("the secret of LINE is not JSON") from None
    if not isinstance(plain, dict):
        raise UnusableSecret("the secret of LINE is not an object of accounts")
    for name, account in plain.items():
        whole = isinstance(account, dict) and all(
            isinstance(account.get(part), str) and account[part] for part in ("token", "secret")
        )
        if not whole:
            raise UnusableSecret(f"account {name} of the secret of LINE lacks token or secret")
    return plain
