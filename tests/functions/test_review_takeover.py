"""Nobody gets at another person's messages with a publishable key, however the events are arranged (A02, A03)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.clouds import Shop

ATTACKER = "attacker@evil.example"


def mailboxes(shop: Shop, user: str) -> set[str]:
    return {held.value for held in shop.person(user).addresses.values() if held.channel == "email"}


def a_customer(shop: Shop, user: str) -> str:
    mailbox = f"{user}@people.example"
    shop.send({"type": "identify", "userId": user, "traits": {"email": mailbox}})
    return mailbox


def a_strange_visit(user: str, mailbox: str = ATTACKER) -> tuple[dict[str, Any], dict[str, Any]]:
    """A visitor tells a mailbox, and then claims to be somebody else."""
    visit = f"visit-{user}"
    told = {"type": "identify", "anonymousId": visit, "traits": {"email": mailbox}}
    claimed = {"type": "track", "userId": user, "anonymousId": visit, "event": "Seen"}
    return told, claimed


@pytest.mark.parametrize("together", [True, False])
def test_a_strangers_mailbox_does_not_reach_a_customer_by_way_of_a_merge(
    shop: Shop, user: str, together: bool
) -> None:
    mailbox = a_customer(shop, user)
    told, claimed = a_strange_visit(user, f"{user}-{ATTACKER}")
    with shop.new_violations() as found:
        for batch in [(told, claimed)] if together else [(told,), (claimed,)]:
            assert shop.send(*batch, key=shop.keys.client).status == 200
    assert mailboxes(shop, user) == {mailbox}
    assert "Seen" in shop.names(user)
    assert "identity_token_required" in {each.cause for each in found}


def test_with_an_identity_token_the_visit_and_the_customer_become_one(shop: Shop, user: str) -> None:
    mailbox = a_customer(shop, user)
    told, claimed = a_strange_visit(user, f"{user}@work.example")
    shop.send(told, key=shop.keys.client)
    shop.send(claimed, key=shop.keys.client, x_identity_token=shop.identity_token(user))
    assert mailboxes(shop, user) == {mailbox, f"{user}@work.example"}


def test_a_visit_without_a_mailbox_still_becomes_part_of_the_customer(shop: Shop, user: str) -> None:
    a_customer(shop, user)
    visit = f"visit-{user}"
    shop.send({"type": "track", "anonymousId": visit, "event": "Looked"}, key=shop.keys.client)
    shop.send({"type": "identify", "userId": user, "anonymousId": visit}, key=shop.keys.client)
    assert "Looked" in shop.names(user)


def test_a_visitor_with_a_mailbox_who_signs_up_is_one_person(shop: Shop, user: str) -> None:
    told, claimed = a_strange_visit(user, f"{user}@people.example")
    shop.send(told, key=shop.keys.client)
    shop.send(claimed, key=shop.keys.client)
    assert mailboxes(shop, user) == {f"{user}@people.example"}
