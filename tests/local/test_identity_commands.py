"""A story over the local cloud: two who may be one are looked at and united; changed rules are tried out first."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kizuna.cli.console import SafeConsole
from kizuna.cli.context import Place
from kizuna.cli.main import app
from tests.support.clouds import Shop, a_user, running_shop

NAME = {"last_name_kana": "タナカ", "first_name_kana": "ハナ", "birthday": "1990-01-02"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


def kizuna(*arguments: str) -> tuple[int, Any]:
    """A command with `--json` inside the cloud of this process."""
    printed = io.StringIO()
    place = Place(installed=True, console=SafeConsole(file=printed, width=100))
    ended = app(["--json", *arguments], obj=place, standalone_mode=False)
    return (ended if isinstance(ended, int) else 0), json.loads(printed.getvalue())


def test_a_pair_is_looked_at_and_united(shop: Shop) -> None:
    user, visitor = a_user(), f"visit-{a_user()}"
    shop.send({"type": "identify", "userId": user, "traits": NAME})
    shop.send({"type": "identify", "anonymousId": visitor, "traits": NAME})
    code, listed = kizuna("profile", "reviews")
    (review,) = listed["reviews"]
    guest = shop.holder("anonymous_id", visitor)
    assert guest is not None
    assert (code, set(review["people"])) == (0, {shop.person(user).id, guest.id})
    assert "タナカ" not in json.dumps(listed, ensure_ascii=False)
    code, settled = kizuna("profile", "settle", review["id"], "--same", "--reason", "they called")
    assert (code, settled["verdict"]) == (0, "same")
    assert shop.holder("anonymous_id", visitor) == shop.person(user)
    assert kizuna("profile", "reviews")[1] == {"reviews": []}
    code, refused = kizuna("profile", "settle", review["id"], "--different")
    assert (code, refused["error"]) == (1, "AlreadySettled")


def test_changed_rules_are_tried_out_on_who_is_stored(shop: Shop, tmp_path: Path) -> None:
    for number in ("47-11", "4711"):
        card = {"externalIds": [{"type": "member_card", "id": number}]}
        shop.send({"type": "identify", "userId": None, "anonymousId": f"card-{number}", "context": card})
    shop.settle()
    rules = tmp_path / "identity.yaml"
    rules.write_text("id: identity\nidentifiers: [{type: member_card, normaliser: digits}]\n")
    code, told = kizuna("identity", "simulate", str(rules))
    assert (code, told["merge"]["count"]) == (0, 1)
    assert told["merge"]["samples"][0]["types"] == ["member_card"]
    rules.write_text("id: identity\nidentifiers: [{type: member_card, normaliser: rot13}]\n")
    code, refused = kizuna("identity", "simulate", str(rules))
    assert code == 1
    assert refused["reasons"][0].startswith("identity.yaml.identifiers.0.normaliser:")
