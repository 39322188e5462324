"""An identity token speaks for one person, for an hour at most, and only if the key that it names has signed it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.identity.rsa_keys import RsaPublicKey
from kizuna.core.identity.tokens import LONGEST_LIFE, subject_of
from tests.support import rsa
from tests.support.builders import NOON

SECRET = b"0123456789abcdef0123456789abcdef"
OTHER = b"fedcba9876543210fedcba9876543210"
SECONDS = int(NOON.timestamp())
CLAIMS: dict[str, Any] = {"sub": "u1", "exp": SECONDS + 600}


def signed(
    claims: dict[str, Any] | None = None, *, secret: bytes = SECRET, kid: Any = "k1", algorithm: str = "HS256"
) -> str:
    return jwt.encode(CLAIMS if claims is None else claims, secret, algorithm=algorithm, headers={"kid": kid})


def speaks_for(token: str) -> str | None:
    keys: dict[str, bytes | RsaPublicKey] = {"k1": SECRET, "k2": OTHER, "r1": rsa.public_key()}
    return subject_of(token, key_of=keys.get, now=NOON)


def test_a_token_of_ours_speaks_for_its_subject() -> None:
    assert speaks_for(signed()) == "u1"
    assert speaks_for(signed(secret=OTHER, kid="k2")) == "u1"
    assert speaks_for(signed(CLAIMS | {"iat": SECONDS + 30, "nbf": SECONDS + 30, "extra": [1]})) == "u1"


def by_the_company(claims: dict[str, Any] | None = None, *, kid: Any = "r1", algorithm: str = "RS256") -> str:
    """Signed with the private key of which we hold the public one, by PyJWT's own means."""
    told = CLAIMS if claims is None else claims
    return jwt.encode(told, rsa.private_pem(), algorithm=algorithm, headers={"kid": kid})


def test_a_token_of_the_company_s_own_key_speaks_for_its_subject() -> None:
    assert speaks_for(by_the_company()) == "u1"
    assert (
        speaks_for(by_the_company(CLAIMS | {"iat": SECONDS + 30, "nbf": SECONDS + 30, "extra": [1]})) == "u1"
    )


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def hashed_with(secret: bytes, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """HMAC by hand: PyJWT takes no public key for a secret, and a forger is not kept by that."""
    message = f"{part(header)}.{part(claims)}"
    tag = hmac.new(secret, message.encode(), hashlib.sha256).digest()
    return f"{message}.{base64.urlsafe_b64encode(tag).decode().rstrip('=')}"


DETACHED = {"alg": "RS256", "kid": "r1", "b64": False, "crit": ["b64"]}
HS_NAMING_RS = {"alg": "HS256", "kid": "r1"}
RS_HEADER, _, RS_SIGNATURE = by_the_company().split(".")
HEADER, _, SIGNATURE = signed().split(".")
NESTED = base64.urlsafe_b64encode(b"[" * 20_000).decode()
FORGED = {
    "another secret": signed(secret=OTHER),
    "another key's id": signed(kid="k2"),
    "an unknown key": signed(kid="k9"),
    "another algorithm": signed(secret=SECRET * 2, algorithm="HS512"),
    "no signature": f"{part({'alg': 'none', 'kid': 'k1'})}.{part(CLAIMS)}.",
    "no key id": f"{part({'alg': 'HS256'})}.{part(CLAIMS)}.x",
    "a key id that is no text": f"{part({'alg': 'HS256', 'kid': 7})}.{part(CLAIMS)}.x",
    "claims that were changed": f"{HEADER}.{part(CLAIMS | {'sub': 'u2'})}.{SIGNATURE}",
    "cut off": signed()[:-4],
    "of an hour for somebody else": signed(CLAIMS | {"aud": "another-service"}),
    "our secret for a key of the company": signed(kid="r1"),
    "the company's key for a secret of ours": by_the_company(kid="k1"),
    "the public key as a secret": hashed_with(rsa.public_pem().encode(), HS_NAMING_RS, CLAIMS),
    "the public key as a secret, trimmed": hashed_with(
        rsa.public_pem().strip().encode(), HS_NAMING_RS, CLAIMS
    ),
    "the stored key as a secret": hashed_with(rsa.public_key().jwk().encode(), HS_NAMING_RS, CLAIMS),
    "the public key's numbers as a secret": hashed_with(
        rsa.public_key().modulus.to_bytes(256), HS_NAMING_RS, CLAIMS
    ),
    "nothing as a secret": hashed_with(b"", HS_NAMING_RS, CLAIMS),
    "signed by RSA, called HS256": by_the_company().replace(RS_HEADER, part(HS_NAMING_RS)),
    "signed by RSA with a longer hash": by_the_company(algorithm="RS512"),
    "signed by RSA in another form": by_the_company(algorithm="PS256"),
    "RSA and no algorithm": f"{part({'kid': 'r1'})}.{part(CLAIMS)}.{RS_SIGNATURE}",
    "RSA and none": f"{part({'alg': 'none', 'kid': 'r1'})}.{part(CLAIMS)}.",
    "RSA and a list of algorithms": f"{part({'alg': ['RS256'], 'kid': 'r1'})}.{part(CLAIMS)}.{RS_SIGNATURE}",
    "RSA in small letters": f"{part({'alg': 'rs256', 'kid': 'r1'})}.{part(CLAIMS)}.{RS_SIGNATURE}",
    "RSA with a key of its own": f"{part({'alg': 'RS256', 'kid': 'r1', 'jwk': {}})}.{part(CLAIMS)}.{RS_SIGNATURE}",
    "RSA and claims that were changed": f"{RS_HEADER}.{part(CLAIMS | {'sub': 'u2'})}.{RS_SIGNATURE}",
    "RSA and claims elsewhere": f"{part(DETACHED)}..{RS_SIGNATURE}",
    "RSA without a signature": f"{RS_HEADER}.{part(CLAIMS)}.",
    "RSA, cut off": by_the_company()[:-4],
    "RSA of an hour for somebody else": by_the_company(CLAIMS | {"aud": ["another-service"]}),
    "something else": "hello",
    "three parts of nothing": "..",
    "letters of another kind": "トークン.トークン.トークン",
    "nested without end": f"{NESTED}.{NESTED}.x",
    "empty": "",
}


@pytest.mark.parametrize("case", FORGED)
def test_what_we_did_not_sign_speaks_for_nobody(case: str) -> None:
    assert speaks_for(FORGED[case]) is None


TIMES: dict[str, tuple[dict[str, Any], bool]] = {
    "just now": ({"exp": SECONDS + 1}, True),
    "an hour and our clocks' difference": ({"exp": SECONDS + LONGEST_LIFE + 60}, True),
    "expired": ({"exp": SECONDS}, False),
    "too long a life": ({"exp": SECONDS + LONGEST_LIFE + 61}, False),
    "not yet": ({"exp": SECONDS + 600, "nbf": SECONDS + 120}, False),
    "never ending": ({}, False),
    "an end that is no time": ({"exp": "tomorrow"}, False),
    "an end that is a yes": ({"exp": True}, False),
    "a beginning that is a yes": ({"exp": SECONDS + 600, "nbf": True}, False),
    "a beginning that is no time": ({"exp": SECONDS + 600, "nbf": "today"}, False),
}


@pytest.mark.parametrize("case", TIMES)
def test_a_token_lives_for_an_hour_at_most(case: str) -> None:
    claims, is_valid = TIMES[case]
    for made_by in (signed, by_the_company):
        assert speaks_for(made_by({"sub": "u1"} | claims)) == ("u1" if is_valid else None)


@pytest.mark.parametrize("claims", [[], "u1", 7, None, ["sub", "exp"]])
def test_claims_are_an_object(claims: Any) -> None:
    header = {"alg": "HS256", "typ": "JWT", "kid": "k1"}
    assert speaks_for(hashed_with(SECRET, header, CLAIMS)) == "u1"
    assert speaks_for(hashed_with(SECRET, header, claims)) is None


@pytest.mark.parametrize("subject", ["", 7, None, ["u1"]])
def test_a_subject_is_a_text(subject: Any) -> None:
    token = (
        f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{part({'sub': subject, 'exp': SECONDS + 60})}"
    )
    signature = jwt.get_algorithm_by_name("HS256").sign(token.encode(), SECRET)
    assert speaks_for(f"{token}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}") is None


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=20))
def test_no_text_whatever_makes_it_crash(header: str, claims: str, signature: str) -> None:
    for token in (f"{header}.{claims}.{signature}", header):
        assert speaks_for(token) is None
