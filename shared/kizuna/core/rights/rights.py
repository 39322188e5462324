"""Who may exercise a person's rights here, on which ground, and how an identifier is remembered without being kept.

A keyed hash is the same for the same identifier and tells nobody without the key which one it was. Under it we keep
what must outlive the person: the No of an address, and that an identifier was held by somebody who was erased.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from kizuna.core.errors import Unauthorized
from kizuna.core.identity import identifiers
from kizuna.core.ids import base32, encode_parts

PRIVACY = "privacy"  # the role, a group of the user pool, that alone may export and erase
HASHING = "address-hash"  # the purpose for which the keys are derived from the signing secret
_ROLE_CLAIMS = ("cognito:groups", "groups", "roles")  # of Cognito, and of the usual identity providers
_HASH_BYTES = 20

IdentityKey = tuple[str, str]


class Ground(StrEnum):
    """Why somebody is erased: the cases of GDPR art. 17(1), and the end of what was kept for testing."""

    NO_LONGER_NEEDED = "no_longer_needed"  # (a)
    CONSENT_WITHDRAWN = "consent_withdrawn"  # (b)
    OBJECTION = "objection"  # (c)
    UNLAWFUL = "unlawful"  # (d)
    LEGAL_OBLIGATION = "legal_obligation"  # (e)
    CHILD = "child"  # (f)
    REQUEST = "request"  # the person asked, and gave no ground
    TEST = "test"


@dataclass(frozen=True, slots=True)
class RightsEntry:
    """One line of the log of rights: what was done, to which profile, by whom and why. Nothing in it is personal."""

    id: str
    kind: str  # erased, finished, restricted, unrestricted, exported, lifted
    at: datetime
    actor: str
    ground: str
    person: str = ""
    parts: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()  # kind of identifier, keyed hash
    counts: Mapping[str, int] | None = None
    since: datetime | None = None  # nothing of the person is older


def roles_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """The roles that a verified token names.

    API Gateway writes a list claim as text (`[privacy viewer]`), others give a list or JSON.
    """
    return frozenset(role for name in _ROLE_CLAIMS for role in _roles(claims.get(name)))


def _roles(told: Any) -> Iterator[str]:
    if isinstance(told, str):
        read: Any
        try:
            read = json.loads(told)
        except ValueError:
            read = re.split(r"[\s,]+", told.strip().removeprefix("[").removesuffix("]"))
        told = read if isinstance(read, list) else [told]
    if isinstance(told, list | tuple):
        yield from (role for role in told if isinstance(role, str) and role)


def officer(claims: Mapping[str, Any]) -> str:
    """Who acts, by the subject of the token. Raises Unauthorized for whoever is not of the privacy role."""
    subject = claims.get("sub")
    if PRIVACY not in roles_of(claims) or not isinstance(subject, str) or not subject:
        raise Unauthorized("only the role privacy may do this")
    return subject


@dataclass(frozen=True, slots=True)
class HashKeys:
    """Keys for hashes by id. What was hashed with an old key is found as long as that key is there."""

    current: str
    keys: Mapping[str, bytes]

    def hash(self, kind: str, value: str) -> str:
        """The hash to store: the key's id, a dot, and 160 bits in base32."""
        return _hash(self.current, self.keys[self.current], kind, value)

    def hashes(self, kind: str, value: str) -> tuple[str, ...]:
        """The hash under every key, that of the current one first."""
        others = (kid for kid in self.keys if kid != self.current)
        return tuple(_hash(kid, self.keys[kid], kind, value) for kid in (self.current, *others))


def _hash(kid: str, key: bytes, kind: str, value: str) -> str:
    mac = hmac.digest(key, encode_parts(kind, value), "sha256")[:_HASH_BYTES]
    return f"{quote(kid, safe='')}.{base32(mac, 32)}"


_FAMILIES = {"sms": "phone", "whatsapp": "phone", "push": "push_token"}


def identifier_of_address(channel: str, value: str) -> IdentityKey:
    """The identifier that an address is, whatever the channel: one number is reached by SMS and by WhatsApp."""
    return (_FAMILIES.get(channel, channel), value)


_LIKE_PHONE = re.compile(r"\s*[+\uff0b]")
_NAMING = frozenset(
    {"userid", "anonymousid", "previousid", "profileid", "id", "token", "key", "value", "identities", ""}
)
_TELLING = 8  # characters from which a value is somebody's wherever it stands; `1` is many things


def names_somebody(document: Any, hashes: frozenset[tuple[str, str]], keys: HashKeys) -> bool:
    """Whether a JSON document holds an identifier with one of these hashes.

    An address is found anywhere; another identifier where identifiers stand, and anywhere if it is a long one.
    """
    kinds = {kind for kind, _ in hashes}
    return any(
        (kind, mac) in hashes
        for name, leaf in _leaves(document)
        for kind in kinds
        if (value := _read(kind, name, leaf)) is not None
        for mac in keys.hashes(kind, value)
    )


def _read(kind: str, name: str, leaf: str | int) -> str | None:
    match kind:
        case "email":
            return identifiers.email(leaf) if isinstance(leaf, str) and "@" in leaf else None
        case "phone":
            return identifiers.phone(leaf) if isinstance(leaf, str) and _LIKE_PHONE.match(leaf) else None
        case _ if name in _NAMING or len(str(leaf)) >= _TELLING:
            return identifiers.plain(leaf)
        case _:
            return None


def _leaves(document: Any) -> Iterator[tuple[str, str | int]]:
    """Texts and numbers with the name they stand under, without its case and dashes; nameless in a list of lists."""
    waiting = [("", document)]
    while waiting:
        name, each = waiting.pop()
        if isinstance(each, Mapping):
            waiting += ((re.sub(r"[_-]", "", str(key)).lower(), value) for key, value in each.items())
        elif isinstance(each, list | tuple):
            waiting += ((name, value) for value in each)
        elif isinstance(each, str | int) and not isinstance(each, bool):
            yield name, each
