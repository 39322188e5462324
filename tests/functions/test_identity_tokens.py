"""Identity tokens that were not made by the company's own server for this very person (abuse case A04)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest

from kizuna.core.sources import KeyKind
from tests.support import rsa
from tests.support.clouds import Shop, basic


def told(user: str, email: str) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "traits": {"email": email}}


Forger = Callable[[Shop, str], str]


def signed(shop: Shop, user: str, *, key: Any = None, algorithm: str = "HS256", **changes: Any) -> str:
    now = int(shop.now.timestamp())
    kid = changes.pop("kid", shop.keys.identity)
    claims = {"sub": user, "exp": now + 600, **changes}
    secret = shop.keys.identity_secret if key is None else key
    return jwt.encode(
        {name: value for name, value in claims.items() if value is not ...},
        secret,
        algorithm=algorithm,
        headers={"kid": kid} if kid else {},
    )


def unsigned(shop: Shop, user: str) -> str:
    parts = ({"alg": "none", "kid": shop.keys.identity}, {"sub": user, "exp": int(shop.now.timestamp()) + 60})
    first, second = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )
    return f"{first}.{second}."


def of_another_source(shop: Shop, user: str) -> str:
    kid = shop.new_key("app", KeyKind.IDENTITY, text="kzi_of_another_source")
    return shop.identity_token(user, kid=kid, secret=shop.wired.secrets.identity_secret(kid))


def revoked(shop: Shop, user: str) -> str:
    kid = shop.new_key("web", KeyKind.IDENTITY, text="kzi_revoked", revoked=True)
    return shop.identity_token(user, kid=kid, secret=shop.wired.secrets.identity_secret(kid))


def by_the_company(
    shop: Shop, user: str, *, source: str = "web", revoked: bool = False, **changes: Any
) -> str:
    """Signed by a private key whose public half is a key of ours."""
    kid = shop.new_key(source, KeyKind.IDENTITY, revoked=revoked, public_key=rsa.public_key())
    return signed(
        shop, user, key=rsa.private_pem(), algorithm="RS256", kid=changes.pop("kid", kid), **changes
    )


def by_the_derived_secret(shop: Shop, user: str) -> str:
    kid = shop.new_key("web", KeyKind.IDENTITY, public_key=rsa.public_key())
    return shop.identity_token(user, kid=kid, secret=shop.wired.secrets.identity_secret(kid))


FORGERIES: dict[str, Forger] = {
    "RSA for a key with a secret": lambda shop, user: by_the_company(shop, user, kid=shop.keys.identity),
    "a secret for a key with RSA": by_the_derived_secret,
    "RSA of another source": lambda shop, user: by_the_company(shop, user, source="app"),
    "RSA of a revoked key": lambda shop, user: by_the_company(shop, user, revoked=True),
    "RSA, expired": lambda shop, user: by_the_company(shop, user, exp=int(shop.now.timestamp()) - 1),
    "RSA, good for too long": lambda shop, user: by_the_company(shop, user, exp=int(shop.now.timestamp()) + 90_000),
    "RSA, not yet": lambda shop, user: by_the_company(shop, user, nbf=int(shop.now.timestamp()) + 300),
    "alg none": unsigned,
    "another algorithm": lambda shop, user: signed(shop, user, algorithm="HS512", key=b"x" * 64),
    "another secret": lambda shop, user: signed(shop, user, key=b"x" * 32),
    "the key id as the secret": lambda shop, user: signed(shop, user, key=shop.keys.identity.encode()),
    "an unknown kid": lambda shop, user: signed(shop, user, kid="kzi_unknown"),
    "no kid": lambda shop, user: signed(shop, user, kid=""),
    "a write key as kid": lambda shop, user: signed(shop, user, kid=shop.keys.client),
    "expired": lambda shop, user: signed(shop, user, exp=int(shop.now.timestamp()) - 1),
    "good for too long": lambda shop, user: signed(shop, user, exp=int(shop.now.timestamp()) + 90_000),
    "without an end": lambda shop, user: signed(shop, user, exp=...),
    "without a subject": lambda shop, user: signed(shop, user, sub=...),
    "another subject": lambda shop, user: signed(shop, f"{user}-other"),
    "another source's key": of_another_source,
    "a revoked key": revoked,
    "no token": lambda shop, user: "abc",
    "a changed claim": lambda shop, user: signed(shop, "x").replace(".", ".e", 1),
}  # fmt: skip


def test_a_token_that_the_company_signed_with_its_own_key_vouches(shop: Shop, user: str) -> None:
    shop.send(told(user, f"{user}@people.example"))
    shop.cloud.clock.advance(timedelta(seconds=1))
    token = by_the_company(shop, user)
    shop.send(told(user, f"{user}@moved.example"), key=shop.keys.client, x_identity_token=token)
    assert shop.person(user).trait("email") == f"{user}@moved.example"
    ask = {"placement": "home-hero", "userId": user}
    assert shop.post("/v1/decide", ask, key=shop.keys.client, x_identity_token=token).status == 200


HONEST = "another subject"  # signed by us, and not for this person


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_identity_token_vouches_for_nobody_and_leaves_one_line_in_the_log(
    shop: Shop, user: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.send(told(user, f"{user}@people.example"))
    token = FORGERIES[name](shop, user)
    moved = told(user, "attacker@evil.example")
    shop.send(moved, key=shop.keys.client, x_identity_token=token)
    assert shop.person(user).trait("email") == f"{user}@people.example"
    assert said(caplog) == ([] if name == HONEST else ["identity tokens refused"])
    ask = {"placement": "home-hero", "userId": user}
    headers = {"authorization": basic(shop.keys.client), "x-identity-token": token}
    for read in ("decide", "inbox"):
        reply = (
            shop.post("/v1/decide", ask, key=shop.keys.client, x_identity_token=token)
            if read == "decide"
            else shop.call("GET", "/v1/inbox", query=f"userId={user}", headers=headers)
        )
        assert reply.status == (403 if name == HONEST else 401)
        assert token not in reply.text() + caplog.text
        assert said(caplog) == ([] if name == HONEST else ["identity token refused"])


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged since the last look, but for the news of every day."""
    found = [record.getMessage() for record in caplog.records if record.levelname != "INFO"]
    caplog.clear()
    return found
