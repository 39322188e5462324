"""`kizuna keys`: keys of sources are made, listed, rotated and ended; an identity key may be the company's own."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from typer.testing import CliRunner

from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.core.sources import KeyKind, key_hash
from kizuna.runtime.wiring import installed
from tests.support import rsa
from tests.support.clouds import Shop, running_shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        running.greet("u1")
        running.settle()
        yield running


def done(shop: Shop, *words: str, code: int = 0, as_json: bool = True) -> str:
    with installed(shop.wired):
        result = CliRunner().invoke(
            app, [*(["--json"] if as_json else []), "keys", *words], obj=Place(installed=True)
        )
    assert result.exit_code == code, result.output
    return result.output


def told(shop: Shop, *words: str) -> Any:
    return json.loads(done(shop, *words))


@pytest.fixture
def public_file(tmp_path: Path) -> Path:
    path = tmp_path / "public.pem"
    path.write_text(rsa.public_pem(), encoding="utf-8")
    return path


def asks(shop: Shop, kid: str, signing: str | bytes, algorithm: str) -> int:
    claims = {"sub": "u1", "exp": int(shop.now.timestamp()) + 600}
    token = jwt.encode(claims, signing, algorithm=algorithm, headers={"kid": kid})
    body = {"placement": "home-hero", "userId": "u1"}
    return shop.post("/v1/decide", body, key=shop.keys.client, x_identity_token=token).status


def test_a_company_keeps_its_private_key_and_hands_over_the_public_one(shop: Shop, public_file: Path) -> None:
    made = told(shop, "create", "--source", "web", "--kind", "identity", "--public-key", str(public_file))
    assert made["algorithm"] == "RS256"
    assert made["publicKey"] == rsa.public_key().thumbprint
    assert "secret" not in made
    assert asks(shop, made["key"], rsa.private_pem(), "RS256") == 200
    assert asks(shop, made["key"], shop.wired.secrets.identity_secret(made["key"]), "HS256") == 401
    [row] = [row for row in told(shop, "list") if made["key"].startswith(row["prefix"])]
    assert row["algorithm"] == "RS256"
    kept = shop.wired.keys.find(key_hash(made["key"]))
    assert kept is not None
    assert kept.public_key == rsa.public_key()
    told(shop, "revoke", made["key"][:10])
    assert asks(shop, made["key"], rsa.private_pem(), "RS256") == 401


def test_without_a_public_key_a_secret_is_given_once(shop: Shop) -> None:
    made = told(shop, "create", "--source", "web", "--kind", "identity")
    assert made["algorithm"] == "HS256"
    assert asks(shop, made["key"], base64.b64decode(made["secret"]), "HS256") == 200
    assert asks(shop, made["key"], rsa.private_pem(), "RS256") == 401
    listed = done(shop, "list")
    assert made["secret"] not in listed
    assert made["key"] not in listed


def test_the_jwk_of_an_identity_provider_will_do(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(rsa.public_key().jwk(), encoding="utf-8")
    made = told(shop, "create", "--source", "web", "--kind", "identity", "--public-key", str(path))
    assert asks(shop, made["key"], rsa.private_pem(), "RS256") == 200


def test_a_rotated_key_works_beside_the_old_one_and_a_secret_can_give_way_to_a_public_key(
    shop: Shop, public_file: Path
) -> None:
    first = told(shop, "create", "--source", "web", "--kind", "identity")
    second = told(shop, "rotate", first["key"][:10], "--public-key", str(public_file))
    assert second["algorithm"] == "RS256"
    assert asks(shop, first["key"], base64.b64decode(first["secret"]), "HS256") == 200
    assert asks(shop, second["key"], rsa.private_pem(), "RS256") == 200
    assert "--public-key" in done(shop, "rotate", second["key"][:10], code=1)
    assert told(shop, "rotate", second["key"][:10], "--public-key", str(public_file))["algorithm"] == "RS256"


REFUSED = {
    "a private key": (rsa.private_pem(), "private key"),
    "a key that is too short": (rsa.TOO_SHORT.encode(), "1024 bits"),
    "a binary file": (b"\xff\xfe\x00", "give PEM or JWK"),
    "a large file": (b"-" * 30_000, "longer than"),
    "nothing": (b"", "no public key"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_gives_no_public_key_makes_no_key(shop: Shop, tmp_path: Path, case: str) -> None:
    content, why = REFUSED[case]
    path = tmp_path / "key"
    path.write_bytes(content)
    before = shop.wired.keys.list()
    output = done(shop, "create", "--source", "web", "--kind", "identity", "--public-key", str(path), code=1)
    assert why in output
    assert "BEGIN PRIVATE" not in output
    assert shop.wired.keys.list() == before


def test_a_public_key_goes_with_an_identity_key_and_from_a_file_that_is_there(
    shop: Shop, public_file: Path, tmp_path: Path
) -> None:
    before = shop.wired.keys.list()
    for kind in (KeyKind.CLIENT, KeyKind.SERVER):
        output = done(
            shop, "create", "--source", "web", "--kind", kind, "--public-key", str(public_file), code=1
        )
        assert "--kind identity" in output
    server = told(shop, "create", "--source", "web")
    assert "--kind identity" in done(
        shop, "rotate", server["key"][:10], "--public-key", str(public_file), code=1
    )
    missing = done(
        shop,
        "create",
        "--source",
        "web",
        "--kind",
        "identity",
        "--public-key",
        str(tmp_path / "none"),
        code=1,
    )
    assert "No such file" in missing
    assert len(shop.wired.keys.list()) == len(before) + 1


def test_a_page_for_people_says_how_tokens_are_signed(shop: Shop, public_file: Path) -> None:
    by_secret = done(shop, "create", "--source", "web", "--kind", "identity", as_json=False)
    assert "HS256" in by_secret
    by_key = done(
        shop,
        "create",
        "--source",
        "web",
        "--kind",
        "identity",
        "--public-key",
        str(public_file),
        as_json=False,
    )
    assert "RS256" in by_key
    assert rsa.public_key().thumbprint in "".join(by_key.split())
