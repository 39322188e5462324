"""A message tells of somebody no more than they allow: the story of a trait that needs consent to personalisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kizuna.core.errors import InvalidDefinition
from kizuna.core.messages import State
from tests.support.clouds import GREETING_WANTED, Shop, a_user, running_shop, sample_documents

GENRE = {"id": "favorite_genre", "meaning": {"en": "Genre"}, "depth": "deep"}


def documents(genre: dict[str, Any], *, line: str) -> dict[tuple[str, str], Any]:
    found = dict(sample_documents())
    mail = dict(found["template", "win-back-email"])
    mail["languages"] = {
        language: {**content, "text": f"{content['text']}\n{line}\n"}
        for language, content in mail["languages"].items()
    }
    policy = dict(found["policy", "policy"])
    policy["consent_categories"] = {**policy["consent_categories"], "personal": "personalisation"}
    return {
        **found,
        ("trait", "favorite_genre"): genre,
        ("template", "win-back-email"): mail,
        ("policy", "policy"): policy,
    }


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        line = "You like: {{ person.traits.favorite_genre | default: 'something' }}."
        running.apply(documents({**GENRE, "fallback": {"en": "music"}}, line=line))
        yield running


def mail_of(shop: Shop, *, agreed: bool | None, **traits: str) -> tuple[str, dict[str, Any]]:
    """The text of the mail that somebody gets, and its decision."""
    user = a_user()
    email = f"{user}@people.example"
    context: dict[str, Any] = {
        "messaging_subscriptions": [{"key": email, "type": "EMAIL", "status": "SUBSCRIBED"}]
    }
    if agreed is not None:
        context["consent"] = {"categoryPreferences": {"personal": agreed}}
    told = {"email": email, "country": "US", "favorite_genre": "Bossa Nova", **traits}
    shop.send({"type": "identify", "userId": user, "traits": told, "context": context})
    shop.send({"type": "track", "userId": user, "event": GREETING_WANTED})
    shop.settle()
    (message,) = shop.messages(user)
    assert message.state is State.SENT, message.reason
    return shop.mails(user)[0].text, dict(message.decision)


def test_a_deep_trait_is_told_to_whoever_agreed_to_personalisation(shop: Shop) -> None:
    text, decision = mail_of(shop, agreed=True)
    assert "You like: Bossa Nova." in text
    assert "not_told" not in decision


@pytest.mark.parametrize("agreed", [None, False])
def test_who_did_not_agree_reads_the_fallback_and_the_decision_says_so(
    shop: Shop, agreed: bool | None
) -> None:
    text, decision = mail_of(shop, agreed=agreed)
    assert "You like: music." in text
    assert "Bossa Nova" not in text
    assert (decision["depth"], "favorite_genre" in decision["not_told"]) == ("basic", True)


def test_a_wish_for_less_goes_before_the_consent(shop: Shop) -> None:
    text, decision = mail_of(shop, agreed=True, privacy_depth="none")
    assert "You like: music." in text
    assert decision["depth"] == "none"


def test_a_template_that_has_nothing_to_say_instead_is_refused_when_it_is_saved(shop: Shop) -> None:
    line = "You like: {{ person.traits.favorite_genre }}."
    with pytest.raises(InvalidDefinition) as caught:
        shop.apply(documents(GENRE, line=line))
    assert "deep trait 'favorite_genre'" in str(caught.value)
