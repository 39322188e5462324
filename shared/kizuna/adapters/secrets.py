"""The signing secret in Secrets Manager, and the keys that are derived from it.

    {"current": "2026a", "2026a": "<random text>", "2025b": "<the one before>"}

Each purpose has keys of its own (HKDF with SHA-256, RFC 5869), so that what one signs proves nothing to another.
Rotating is adding a key and pointing `current` at it; the old one stays for as long as its links must work.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kizuna.adapters.kept_secret import KEPT_SECONDS, KeptSecret, UnusableSecret

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.links import LinkKeys

SECRET_MIN = 32  # characters; the derived keys are no better than what they come from

_SALT = b"kizuna"


@dataclass(frozen=True, slots=True)
class _Held:
    current: str
    texts: Mapping[str, str]


class SigningSecrets:
    """Keys by purpose, of a secret that is read as `kept_secret` does."""

    def __init__(
        self,
        client: Any,
        *,
        secret: str,
        kept: float = KEPT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kept = KeptSecret(
            client, secret=secret, name="signing secret", parsed=_parsed, kept=kept, clock=clock
        )
        self._link_keys: tuple[_Held, LinkKeys] | None = None

    def link_keys(self) -> LinkKeys:
        """The keys of the links in messages, made once of a secret. Raises Unavailable, UnusableSecret."""
        held = self._kept.value()
        if self._link_keys is None or self._link_keys[0] is not held:
            from kizuna.core.links import LinkKeys  # only who makes links, or takes them, needs their keys

            self._link_keys = held, LinkKeys(*self.keys("links"))
        return self._link_keys[1]

    def keys(self, purpose: str) -> tuple[str, Mapping[str, bytes]]:
        """The id of the key to sign with, and all keys by id: 32 bytes each, of this purpose alone."""
        held = self._kept.value()
        derived = {kid: _derived(text, purpose) for kid, text in held.texts.items()}
        return held.current, MappingProxyType(derived)

    def webhook_secrets(self, webhook: str, numbers: Sequence[int]) -> tuple[bytes, ...]:
        """The secrets with which requests to a webhook are signed, the newest first: 32 bytes each.

        Each is derived from the first key listed, as those of identity keys are: signing links anew breaks none.
        """
        text = next(iter(self._kept.value().texts.values()))
        return tuple(_derived(text, f"webhook|{webhook}|{number}") for number in reversed(numbers))

    def identity_secret(self, key_id: str) -> bytes:
        """The secret with which tokens of one identity key are signed: 32 bytes.

        Derived from the first key listed, so that signing links anew does not end every session; that key
        stays in the secret for as long as identity keys of its time are used.
        """
        held = self._kept.value()
        return _derived(next(iter(held.texts.values())), f"identity|{key_id}")


def _parsed(text: str) -> _Held:
    try:
        plain = json.loads(text)
    except ValueError:
        raise UnusableSecret("the signing secret is not JSON") from None
    if not isinstance(plain, dict) or not all(isinstance(value, str) for value in plain.values()):
        raise UnusableSecret("the signing secret is not an object of texts")
    current = plain.pop("current", None)
    if current not in plain:
        raise UnusableSecret("the signing secret's current key is not among its keys")
    for kid, value in plain.items():
        if len(value) < SECRET_MIN:
            raise UnusableSecret(f"key {kid} of the signing secret is shorter than {SECRET_MIN} characters")
    return _Held(current, plain)


@lru_cache(maxsize=64)  # the links of each message ask for the same few
def _derived(text: str, purpose: str) -> bytes:
    """One block of HKDF-SHA256: 32 bytes."""
    extracted = hmac.new(_SALT, text.encode(), hashlib.sha256).digest()
    return hmac.new(extracted, purpose.encode() + b"\x01", hashlib.sha256).digest()
