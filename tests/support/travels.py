"""Worlds for time travel, with one journey in a small shop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.local.time_travel.playing import Played, play
from kizuna.local.time_travel.stories import Story
from tests.support.builders import a_catalog, some_documents
from tests.support.walks import Step, a_document

STARTS = "2026-11-23T12:00:00Z"
ANN = {"traits": {"email": "ann@example.com", "country": "JP"}, "consents": {"email": "granted"}}


def a_shop(*steps: Step, policy: Mapping[str, Any] | None = None, **changes: Any) -> Catalog:
    """A shop in which the journey `spring` is walked, of these steps."""
    return a_shop_with(a_document(*steps, **changes), policy=policy)


def a_shop_with(
    *journeys: Mapping[str, Any], policy: Mapping[str, Any] | None = None, **more: Any
) -> Catalog:
    documents = dict(some_documents())
    documents |= {("journey", each["id"]): dict(each) for each in journeys}
    for key, each in more.items():
        kind, _, name = key.partition("/")
        documents[kind, name] = each
    if policy is not None:
        documents["policy", "policy"] = {"id": "policy", **policy}
    return a_catalog(documents)


def a_crowd(count: int, **changes: Any) -> dict[str, Any]:
    """People like Ann, each with a mailbox of their own."""
    mailboxes = {
        f"u{number}": {"email": f"u{number}@example.com", "country": "JP"} for number in range(count)
    }
    return {name: {**ANN, "traits": traits, **changes} for name, traits in mailboxes.items()}


def a_story(*events: Mapping[str, Any], **changes: Any) -> Story:
    """Ann, who may be written to, and what happens."""
    return Story.model_validate({"starts": STARTS, "people": {"ann": ANN}, "events": list(events), **changes})


def tell(catalog: Catalog, *events: Mapping[str, Any], **changes: Any) -> Played:
    return play(a_story(*events, **changes), catalog)


def cart(at: str = "0m", **properties: Any) -> dict[str, Any]:
    return {"at": at, "event": "Cart Viewed", "properties": {"cart": "c1", **properties}}


def sent(played: Played) -> list[tuple[str, str]]:
    """Every message that went out: when after the beginning, and of which step."""
    return [(str(each.at - played.starts), each.message.campaign.rpartition(".")[2]) for each in played.sent]
