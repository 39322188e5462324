"""A public key is read as people have it at hand, and what is none is refused with what to give instead."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.identity.rsa_keys import UnusableKey
from kizuna.core.identity.rsa_texts import LONGEST, read_public_key
from tests.support import rsa

KEY = read_public_key(rsa.PUBLIC_2048)
JWK: dict[str, Any] = json.loads(KEY.jwk())


def test_openssl_s_file_gives_the_numbers_that_others_read_in_it() -> None:
    for pem in (rsa.PUBLIC_2048, rsa.PUBLIC_3072):
        key = load_pem_public_key(pem.encode())
        assert isinstance(key, RSAPublicKey)
        numbers = key.public_numbers()
        assert (read_public_key(pem).modulus, read_public_key(pem).exponent) == (numbers.n, numbers.e)


SAME = {
    "in the older form": rsa.PUBLIC_2048_AS_PKCS1,
    "with line ends of Windows": rsa.PUBLIC_2048.replace("\n", "\r\n"),
    "in one line": "\n".join(
        (rsa.PUBLIC_2048.splitlines()[0], "".join(rsa.PUBLIC_2048.splitlines()[1:-1]), "-----END PUBLIC KEY-----")
    ),
    "with space around it": f"\n\n  {rsa.PUBLIC_2048}\n\n",
    "with a mark of byte order": "\ufeff" + rsa.PUBLIC_2048,
    "as a JWK": KEY.jwk(),
    "as a JWK with all that it may tell": json.dumps(
        {**JWK, "alg": "RS256", "use": "sig", "key_ops": ["verify"], "kid": "2026-11"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_the_same_key_is_read_in_each_of_its_forms(case: str) -> None:
    assert read_public_key(SAME[case]) == KEY


def test_a_key_goes_by_its_thumbprint() -> None:
    """The example of RFC 7638, 3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n"
        "3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0z"
        "gdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-cs"
        "FCur-kEgU8awapJzKnqDKgw"
    )
    example = read_public_key(json.dumps({"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256"}))
    assert example.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def wrapped(der: bytes, label: str = "PUBLIC KEY") -> str:
    return f"-----BEGIN {label}-----\n{base64.b64encode(der).decode()}\n-----END {label}-----\n"


def der_of(pem: str) -> bytes:
    return base64.b64decode("".join(pem.splitlines()[1:-1]))


DER = der_of(rsa.PUBLIC_2048)
PRIVATE = rsa.private_pem().decode()
REFUSED = {
    "nothing": ("", "no public key"),
    "prose": ("hello", "no public key"),
    "a private key": (PRIVATE, "private key"),
    "a private key of another label": (PRIVATE.replace("PRIVATE", "RSA PRIVATE"), "private key"),
    "a private key behind a public one": (rsa.PUBLIC_2048 + PRIVATE, "private key"),
    "a certificate": (wrapped(DER, "CERTIFICATE"), "openssl x509"),
    "two keys": (rsa.PUBLIC_2048 + rsa.PUBLIC_3072, "no public key"),
    "a key of another kind": (rsa.NOT_RSA, "no RSA public key"),
    "a key for another form of signature": (rsa.FOR_PSS, "no RSA public key"),
    "another label": (wrapped(DER, "EC PUBLIC KEY"), "no RSA public key"),
    "the older form under the newer label": (wrapped(der_of(rsa.PUBLIC_2048_AS_PKCS1)), "no RSA public key"),
    "labels that differ": (rsa.PUBLIC_2048.replace("END PUBLIC", "END RSA PUBLIC"), "no public key"),
    "cut off": (wrapped(DER[:-1]), "not the whole"),
    "cut off in the file": (rsa.PUBLIC_2048[:-60], "no public key"),
    "something behind it": (wrapped(DER + b"\x00"), "not the whole"),
    "a length in a longer form": (wrapped(b"\x30\x83\x00" + DER[2:]), "not the whole"),
    "a length without end": (wrapped(b"\x30\x80" + DER[4:]), "not the whole"),
    "an empty value": (wrapped(b"\x30\x00"), "not the whole"),
    "too short": (rsa.TOO_SHORT, "1024 bits"),
    "too long a file": ("-" * (LONGEST + 1), "longer than"),
    "JSON that is none": ("{", "not JSON"),
    "JSON nested without end": ('{"a":' * 3_900, "not JSON"),
    "a set of keys": (json.dumps({"keys": [JWK]}), "set of keys"),
    "a private JWK": (json.dumps({**JWK, "d": "AQAB"}), "private key"),
    "a secret as JWK": (json.dumps({"kty": "oct", "k": "c2VjcmV0"}), "private key"),
    "a JWK of another kind": (json.dumps({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}), "kty"),
    "a JWK of another algorithm": (json.dumps({**JWK, "alg": "RS512"}), "alg"),
    "a JWK for secrecy": (json.dumps({**JWK, "use": "enc"}), "use"),
    "a JWK for other work": (json.dumps({**JWK, "key_ops": ["encrypt"]}), "use"),
    "a JWK whose work is no list": (json.dumps({**JWK, "key_ops": "verify"}), "use"),
    "a JWK without its modulus": (json.dumps({"kty": "RSA", "e": "AQAB"}), "n: must"),
    "a JWK with a number": (json.dumps({**JWK, "e": 65537}), "e: must"),
    "a JWK in another alphabet": (json.dumps({**JWK, "e": "A+/B"}), "e: must"),
    "a JWK of one letter": (json.dumps({**JWK, "e": "A"}), "e: must"),
    "a JWK with a line end": (json.dumps({**JWK, "e": "AQAB\n"}), "e: must"),
    "a JWK that is too weak": (json.dumps({**JWK, "e": "Aw"}), "exponent"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_public_key_is_refused_with_what_to_give_and_never_shown(case: str) -> None:
    text, told = REFUSED[case]
    with pytest.raises(UnusableKey, match=told) as refusal:
        read_public_key(text)
    for line in text.split():
        assert len(line) < 40 or line not in str(refusal.value)


@given(st.binary(max_size=80), st.integers(min_value=0, max_value=len(DER)))
def test_no_octets_whatever_make_it_crash(octets: bytes, place: int) -> None:
    for der in (octets, DER[:place] + octets + DER[place:]):
        try:
            read = read_public_key(wrapped(der))
        except UnusableKey:
            continue
        assert der == DER or read != KEY
