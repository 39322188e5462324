"""An identity token speaks for one person, for an hour at most, and only if our own secret signed it."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.identity.tokens import LONGEST_LIFE, subject_of
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
    return subject_of(token, secret_of={"k1": SECRET, "k2": OTHER}.get, now=NOON)


def test_a_token_of_ours_speaks_for_its_subject() -> None:
    assert speaks_for(signed()) == "u1"
    assert speaks_for(signed(secret=OTHER, kid="k2")) == "u1"
    assert speaks_for(signed(CLAIMS | {"iat": SECONDS + 30, "nbf": SECONDS + 30, "extra": [1]})) == "u1"


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


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
    "a beginning that is no time": ({"exp": SECONDS + 600, "nbf": "today"}, False),
}


@pytest.mark.parametrize("case", TIMES)
def test_a_token_lives_for_an_hour_at_most(case: str) -> None:
    claims, is_valid = TIMES[case]
    assert speaks_for(signed({"sub": "u1"} | claims)) == ("u1" if is_valid else None)


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
