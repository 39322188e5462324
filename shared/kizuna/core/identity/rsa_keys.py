"""RSA public keys by which a company's own tokens are verified, and what such a key has signed (RS256).

Nothing here is secret, and the work is one power of a number, so the standard library does it. A package for it would
weigh twice as much as all that it would be bundled with (`docs/decisions.md`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache
from itertools import count, takewhile
from math import gcd, prod

from kizuna.core.errors import KizunaError

SMALLEST, LARGEST = 2048, 8192  # bits of a modulus: RFC 7518 3.3 asks for the first, the last bounds the work
_SMALLEST_EXPONENT, _LARGEST_EXPONENT = 2**16, 2**256  # both are outside (NIST FIPS 186-5, A.1.1)

# DigestInfo of SHA-256 up to the hash itself (RFC 8017, 9.2, note 1).
_SHA_256 = bytes.fromhex("3031300d060960864801650304020105000420")


class UnusableKey(KizunaError):
    """A text that gives no public key to verify tokens by. Says what to give instead, never what the text holds."""


@dataclass(frozen=True, slots=True)
class RsaPublicKey:
    """A public key that is fit for RS256: see `checked`."""

    modulus: int
    exponent: int

    @property
    def bits(self) -> int:
        return self.modulus.bit_length()

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this is the key's signature of the message: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2).

        What a true signature would open to is built, and compared as a whole. Nothing is parsed, so there is no room
        for garbage behind the hash or for another form of the same (CVE-2006-4339 and its relatives).
        """
        length = (self.bits + 7) // 8
        opened = int.from_bytes(signature)
        if len(signature) != length or opened >= self.modulus:
            return False
        hashed = _SHA_256 + hashlib.sha256(message).digest()
        expected = b"\x00\x01" + b"\xff" * (length - len(hashed) - 3) + b"\x00" + hashed
        return hmac.compare_digest(pow(opened, self.exponent, self.modulus).to_bytes(length), expected)

    def jwk(self) -> str:
        """The key as JSON (RFC 7517), with its members in the one order that has a thumbprint (RFC 7638)."""
        members = {"e": _base64url(self.exponent), "kty": "RSA", "n": _base64url(self.modulus)}
        return json.dumps(members, separators=(",", ":"))

    @property
    def thumbprint(self) -> str:
        """By which this key is told from others: that of RFC 7638."""
        return _encoded(hashlib.sha256(self.jwk().encode()).digest())


def checked(modulus: int, exponent: int) -> RsaPublicKey:
    """The key of these numbers. Raises UnusableKey for one by which somebody else could sign, or nobody can."""
    if modulus <= 0:
        raise UnusableKey("this is no RSA key: its modulus is not above zero")
    bits = modulus.bit_length()
    if not SMALLEST <= bits <= LARGEST:
        raise UnusableKey(f"this RSA key has {bits} bits; it takes {SMALLEST} to {LARGEST}")
    if not _SMALLEST_EXPONENT < exponent < _LARGEST_EXPONENT or exponent % 2 == 0:
        raise UnusableKey(
            "the exponent of this RSA key is not an odd number above 65,536, such as the usual 65,537"
        )
    if gcd(modulus, _small_primes()) != 1:
        raise UnusableKey("this is no RSA key: its modulus has a small factor; is the file whole?")
    return RsaPublicKey(modulus, exponent)


@cache
def _small_primes() -> int:
    """The product of all primes below 752: a modulus that shares one is broken (NIST SP 800-89, 5.3.3)."""
    primes: list[int] = []
    for number in takewhile(lambda number: number < 752, count(2)):
        if all(number % prime for prime in primes):
            primes.append(number)
    return prod(primes)


def _base64url(number: int) -> str:
    return _encoded(number.to_bytes((number.bit_length() + 7) // 8))


def _encoded(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")
