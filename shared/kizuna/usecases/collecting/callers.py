"""Who calls: the key that a request presents, what it may do from where, how often, and whom its tokens vouch for.

The same for everything behind write keys: events, `/v1/decide` and `/v1/inbox`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from kizuna.core.intake import replies
from kizuna.core.intake.credentials import PresentedKey, presented_key
from kizuna.core.intake.http import HttpRequest, Rejected
from kizuna.core.ports import KeyFinder
from kizuna.core.sources import REQUESTS_PER_SECOND, Key, KeyKind, SourceDefinition, key_hash
from kizuna.usecases.collecting.throttling import Throttle

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.identity.rsa_keys import RsaPublicKey


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """The ports of asking who calls. Without `limits` a key may ask as often as it likes."""

    keys: KeyFinder
    identity_secret: Callable[[str], bytes]
    limits: Throttle | None = None


def admitted(
    request: HttpRequest, door: Doorkeeper, sources: Mapping[str, SourceDefinition], *, now: datetime
) -> Key | Rejected:
    """The write key of a request whose body names none, or why the request goes no further."""
    key = known_key(presented_key(request), door.keys)
    if key is None:
        return replies.unauthorized()
    refusal = from_elsewhere(request, key, sources)
    return refusal or too_often(key, sources, door.limits, now=now) or key


def known_key(presented: PresentedKey | None, keys: KeyFinder) -> Key | None:
    """The living write key that was presented, if it is one. Jitsu sends `id:secret`; the secret may be ours."""
    if presented is None or not presented.key:
        return None
    for text in dict.fromkeys((presented.key, presented.key.rpartition(":")[2])):
        key = keys.find(key_hash(text)) if text else None
        if key is not None:
            return key if key.revoked_at is None and key.kind is not KeyKind.IDENTITY else None
    return None


def from_elsewhere(
    request: HttpRequest, key: Key, sources: Mapping[str, SourceDefinition]
) -> Rejected | None:
    """Why this page may not use a key that is good for others. A back end has no origin."""
    definition = sources.get(key.source)
    if key.kind is KeyKind.SERVER or definition is None or not definition.origins:
        return None
    if request.origin and request.origin not in definition.origins:
        return replies.forbidden("this key may not be used from this origin")
    return None


def too_often(
    key: Key,
    sources: Mapping[str, SourceDefinition],
    limits: Throttle | None,
    *,
    events: int = 0,
    now: datetime,
) -> Rejected | None:
    """Why this key has to wait, if it asks more often than its source may: what others send does not matter.

    A key has one rate for all that it asks. Costs a write now and then, as `Throttle` says.
    """
    if limits is None:
        return None
    definition = sources.get(key.source)
    rate = definition.requests_per_second if definition else REQUESTS_PER_SECOND
    wait = limits.wait(key.hash, per_second=rate, events=events, now=now)
    return replies.rate_limited(wait) if wait else None


def identity_keys(
    keys: KeyFinder, source: str, secret: Callable[[str], bytes]
) -> Callable[[str], bytes | RsaPublicKey | None]:
    """What verifies tokens for one source, by key id: the public key that the company told, or the secret that it was
    given. A key id is the name of its key, of which the hash is stored."""

    def key_of(kid: str) -> bytes | RsaPublicKey | None:
        key = keys.find(key_hash(kid))
        if (
            key is None
            or key.kind is not KeyKind.IDENTITY
            or key.revoked_at is not None
            or key.source != source
        ):
            return None
        return secret(kid) if key.public_key is None else key.public_key

    return key_of
