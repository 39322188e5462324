"""The accounts of LINE in their secret: read now and then, of one form, told apart by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kizuna.adapters.kept_secret import UnusableSecret
from kizuna.adapters.senders.line_accounts import LineAccounts
from kizuna.core.errors import Unavailable

ACCOUNT = {"token": "token-1", "secret": "secret-1"}


class Vault:
    """A Secrets Manager of one secret."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.down = False
        self.reads = 0

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        self.reads += 1
        if self.down:
            raise Unavailable("vault")
        return {"SecretString": self.text}


def held(**accounts: Any) -> Vault:
    return Vault(json.dumps(accounts))


def test_each_account_has_its_own_token_and_secret() -> None:
    accounts = LineAccounts(held(default=ACCOUNT, second={"token": "t2", "secret": "s2"}), secret="arn")
    assert [accounts.token(name) for name in ("default", "second")] == ["token-1", "t2"]
    assert accounts.channel_secret("second") == b"s2"
    with pytest.raises(KeyError):
        accounts.token("third")


def test_a_token_that_was_reissued_is_used_after_five_minutes() -> None:
    seconds, vault = 0.0, held(default=ACCOUNT)
    accounts = LineAccounts(vault, secret="arn", clock=lambda: seconds)
    assert accounts.token("default") == "token-1"
    vault.text = json.dumps({"default": {**ACCOUNT, "token": "token-2"}})
    seconds = 299.0
    assert accounts.token("default") == "token-1"
    seconds = 300.0
    assert accounts.token("default") == "token-2"


def test_while_the_secret_is_out_of_reach_the_last_tokens_are_used() -> None:
    seconds, vault = 0.0, held(default=ACCOUNT)
    accounts = LineAccounts(vault, secret="arn", clock=lambda: seconds)
    accounts.token("default")
    vault.down, seconds = True, 400.0
    assert [accounts.token("default"), accounts.channel_secret("default")] == ["token-1", b"secret-1"]
    assert vault.reads == 2


def test_a_secret_that_was_never_read_is_unavailable() -> None:
    vault = held(default=ACCOUNT)
    vault.down = True
    with pytest.raises(Unavailable):
        LineAccounts(vault, secret="arn").token("default")


@pytest.mark.parametrize(
    "text", ["", "[]", '{"default": {"token": "t"}}', '{"default": {"token": "t", "secret": ""}}']
)
def test_a_secret_of_another_form_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(UnusableSecret) as refused:
        LineAccounts(Vault(text), secret="arn").token("default")
    assert '"t"' not in str(refused.value)
