"""A story over the local cloud: a shared tablet fused two people; support takes them apart with the command."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kizuna.cli.console import SafeConsole
from kizuna.cli.context import Place
from kizuna.cli.main import app
from tests.support.clouds import Shop, a_user, running_shop


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


def visit(visitor: str, number: int, **more: Any) -> dict[str, Any]:
    order = {
        "type": "track",
        "anonymousId": visitor,
        "event": "Order Completed",
        "messageId": f"{visitor}-{number}",
    }
    return {**order, "properties": {"revenue": 10}, **more}


def test_support_takes_apart_what_a_shared_tablet_had_fused(shop: Shop) -> None:
    user, visitor = a_user(), f"tablet-{a_user()}"
    shop.send(visit(visitor, 1), visit(visitor, 2))
    shop.greet(user)
    customer, guest = shop.person(user), shop.holder("anonymous_id", visitor)
    assert guest is not None
    shop.send({"type": "identify", "userId": user, "anonymousId": visitor, "messageId": f"{user}-tie"})
    shop.settle()
    shop.cloud.advance(timedelta(days=3))
    shop.send(visit(visitor, 3), {**visit("", 4), "anonymousId": None, "userId": user})
    shop.settle()
    assert shop.holder("anonymous_id", visitor) == shop.person(user)
    mails = len(shop.mails(user))

    code, listed = kizuna("profile", "merges", f"user_id:{user}")
    assert code == 0
    (merge,) = listed["merges"]
    assert (merge["primary"], merge["absorbed"], merge["undoneAt"]) == (customer.id, [guest.id], None)
    (evidence,) = merge["evidence"]
    assert evidence["event"] == f"{user}-tie"
    assert {each["type"] for each in evidence["identifiers"]} == {"user_id", "anonymous_id"}

    for again in (False, True):
        code, undone = kizuna("profile", "unmerge", merge["id"])
        assert (code, undone["again"]) == (0, again)
    shop.settle()
    back = shop.holder("anonymous_id", visitor)
    assert back is not None
    assert (back.id, shop.person(user).id) == (guest.id, customer.id)
    assert {each.id for each in shop.timeline(user)} >= {f"{user}-tie", "-4"}
    theirs = {entry.event.id for entry in shop.wired.people.timeline(back.parts)}
    assert theirs == {f"{visitor}-1", f"{visitor}-2", f"{visitor}-3"}
    assert len(shop.mails(user)) == mails

    shop.send({"type": "identify", "userId": user, "anonymousId": visitor, "messageId": f"{user}-tie-2"})
    again_guest = shop.holder("anonymous_id", visitor)
    assert again_guest is not None
    assert again_guest.id == guest.id
    code, found = kizuna("profile", "unmerge", f"user_id:{user}")
    assert (code, found["error"]) == (1, "NotFound")
    code, united = kizuna("profile", "merge", guest.id, f"user_id:{user}", "--reason", "told us so")
    assert (code, united["rule"], united["reason"]) == (0, "by_hand", "told us so")
    assert shop.holder("anonymous_id", visitor) == shop.person(user)
