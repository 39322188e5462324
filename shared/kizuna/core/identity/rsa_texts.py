"""A public key as people have it at hand: PEM as `openssl pkey -pubout` writes it, or one JWK."""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from kizuna.core.identity.rsa_keys import RsaPublicKey, UnusableKey, checked

LONGEST = 20_000  # characters: a key of 8,192 bits takes about 1,400

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]*)-----END \1-----")
_PRIVATE_MEMBERS = frozenset(
    {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
)  # of a JWK (RFC 7518, 6.3.2 and 6.4)
_IS_PRIVATE = (
    "this is a private key, which stays with whoever signs; give the public one: "
    "openssl pkey -in FILE -pubout -out public.pem"
)
_EXPECTED = "give an RSA public key as PEM (-----BEGIN PUBLIC KEY-----) or as one JWK"

_INTEGER, _BIT_STRING, _SEQUENCE = 0x02, 0x03, 0x30
_RSA = bytes.fromhex("06092a864886f70d0101010500")  # rsaEncryption, with NULL as RFC 3279 2.3.1 wants it


def read_public_key(text: str) -> RsaPublicKey:
    """The one RSA public key that a text holds. Raises UnusableKey, also for a private key or a weak one."""
    if len(text) > LONGEST:
        raise UnusableKey(f"this is longer than {LONGEST:,} characters; {_EXPECTED}")
    stripped = text.strip().removeprefix("\ufeff")
    return _from_jwk(stripped) if stripped.startswith("{") else _from_pem(stripped)


# ── PEM (RFC 7468) ──────────────────────────────────────────────────────────────────────────────


def _from_pem(text: str) -> RsaPublicKey:
    if "PRIVATE KEY-----" in text:
        raise UnusableKey(_IS_PRIVATE)
    found = _PEM.fullmatch(text)
    if found is None:
        raise UnusableKey(f"this is no public key; {_EXPECTED}")
    label, body = found.groups()
    if label == "CERTIFICATE":
        raise UnusableKey(f"this is a certificate; {_EXPECTED}: openssl x509 -in FILE -pubkey -noout")
    if label not in ("PUBLIC KEY", "RSA PUBLIC KEY"):
        raise UnusableKey(f"this is no RSA public key; {_EXPECTED}")
    try:
        der = b64decode("".join(body.split()), validate=True)
        numbers = _key_inside(der) if label == "PUBLIC KEY" else der
        modulus, exponent = _two_integers(numbers)
    except (binascii.Error, ValueError):
        raise UnusableKey(f"this is no RSA public key, or not the whole of it; {_EXPECTED}") from None
    return checked(modulus, exponent)


def _key_inside(der: bytes) -> bytes:
    """SubjectPublicKeyInfo (RFC 5280, 4.1): what kind of key it is, and its bits. Raises ValueError."""
    algorithm, bits = _members(_only(der, _SEQUENCE), (_SEQUENCE, _BIT_STRING))
    if algorithm != _RSA or bits[:1] != b"\x00":
        raise ValueError("not an RSA key")
    return bits[1:]


def _two_integers(der: bytes) -> tuple[int, int]:
    """RSAPublicKey (RFC 8017, A.1.1). Raises ValueError."""
    modulus, exponent = _members(_only(der, _SEQUENCE), (_INTEGER, _INTEGER))
    return int.from_bytes(modulus, signed=True), int.from_bytes(exponent, signed=True)


def _only(der: bytes, tag: int) -> bytes:
    return _members(der, (tag,))[0]


def _members(der: bytes, tags: tuple[int, ...]) -> list[bytes]:
    """The contents of values of just these tags, in this order, and of nothing more (X.690). Raises ValueError."""
    found: list[bytes] = []
    for tag in tags:
        length, start = _length(der)
        if der[0] != tag or start + length > len(der):
            raise ValueError("another value")
        found.append(der[start : start + length])
        der = der[start + length :]
    if der:
        raise ValueError("more than was expected")
    return found


def _length(der: bytes) -> tuple[int, int]:
    """How long the first value is, and where it begins; each length in its one shortest form."""
    if len(der) < 2:
        raise ValueError("cut off")
    first = der[1]
    if first < 0x80:
        return first, 2
    octets = der[2 : 2 + (first & 0x7F)]
    length = int.from_bytes(octets)
    if not 1 <= len(octets) <= 4 or len(octets) != first & 0x7F or octets[0] == 0 or length < 0x80:
        raise ValueError("a length in another form")
    return length, 2 + len(octets)


# ── JWK (RFC 7517) ──────────────────────────────────────────────────────────────────────────────


def _from_jwk(text: str) -> RsaPublicKey:
    try:
        told: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableKey(f"this is not JSON; {_EXPECTED}") from None
    if not isinstance(told, dict) or "keys" in told:
        raise UnusableKey("this is a set of keys; put the one that signs into a file of its own")
    if _PRIVATE_MEMBERS & told.keys():
        raise UnusableKey(_IS_PRIVATE)
    if told.get("kty") != "RSA":
        raise UnusableKey('kty: must be "RSA"')
    if told.get("alg", "RS256") != "RS256":
        raise UnusableKey('alg: must be "RS256", or left out')
    if told.get("use", "sig") != "sig" or "verify" not in _listed(told.get("key_ops", ["verify"])):
        raise UnusableKey("use, key_ops: this key is not for verifying signatures")
    return checked(_number(told, "n"), _number(told, "e"))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(told: Mapping[str, Any], member: str) -> int:
    """A Base64urlUInt (RFC 7518, 2)."""
    value = told.get(member)
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]+", value):
        raise UnusableKey(f"{member}: must be a number in base64url without padding")
    try:
        return int.from_bytes(urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except binascii.Error:
        raise UnusableKey(f"{member}: must be a number in base64url without padding") from None
