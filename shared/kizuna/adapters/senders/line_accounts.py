"""The LINE channels that a stage speaks through: their tokens and secrets, in one secret of Secrets Manager.

    {"default": {"token": "<channel access token>", "secret": "<channel secret>"}, "second-brand": {…}}

Read as `kept_secret` does: a token that was reissued is used without a deployment.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from kizuna.adapters.kept_secret import KEPT_SECONDS, KeptSecret, UnusableSecret


class LineAccounts:
    """`client` is one of Secrets Manager, `secret` the ARN. Both methods raise Unavailable where the secret was never
    read and cannot be, UnusableSecret where it is of another form, KeyError for an account that it does not hold.
    """

    def __init__(
        self,
        client: Any,
        *,
        secret: str,
        kept: float = KEPT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kept = KeptSecret(
            client, secret=secret, name="secret of LINE", parsed=_parsed, kept=kept, clock=clock
        )

    def token(self, account: str) -> str:
        """What we show to LINE."""
        return self._kept.value()[account]["token"]

    def channel_secret(self, account: str) -> bytes:
        """What LINE signs its calls with."""
        return self._kept.value()[account]["secret"].encode()


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
