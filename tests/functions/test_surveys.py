"""A survey behind a link: machines look and nothing happens, an answer counts once and is heard by the house."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from kizuna.core.errors import InvalidDefinition
from kizuna.core.events import Event
from kizuna.core.links import Preferences, Survey, issue
from kizuna.local.gateway import LocalReply
from kizuna.topology import Function
from tests.support.clouds import (
    GREETING_WANTED,
    Shop,
    a_lambda_event,
    running_shop,
    sample_documents,
    with_words,
)

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A company whose letter asks the Net Promoter question."""
    documents = dict(sample_documents())
    letter = documents["template", "win-back-email"]
    asks = {
        "html": '<p><a href="{{ links.survey }}?score=9">9</a></p>',
        "text": "Tell us: {{ links.survey }}",
    }
    languages = {
        language: {**content, **{part: content[part] + asks[part] for part in asks}}
        for language, content in letter["languages"].items()
    }
    documents["template", "win-back-email"] = {**letter, "languages": languages, "survey": "nps"}
    with running_shop(documents=documents) as made:
        yield made


def asked(shop: Shop, user: str) -> str:
    """Where the link of somebody's letter leads."""
    shop.greet(user)
    (mail,) = shop.mails(user)
    url = next(word for word in (mail.text or "").split() if "/s/" in word)
    return urlsplit(url).path


def answer(shop: Shop, path: str, **told: Any) -> LocalReply:
    return shop.call("POST", path, body=urlencode(told).encode(), headers=FORM)


def answers(shop: Shop, user: str) -> list[Event]:
    return [event for event in shop.timeline(user) if event.name == "NPS Answered"]


def test_an_answer_is_one_event_of_the_person_with_what_was_asked(shop: Shop, user: str) -> None:
    path = asked(shop, user)
    event = with_words(a_lambda_event("links/survey"), TOKEN=path.rpartition("/")[2])
    reply = shop.invoke(Function.PREFERENCES, event)
    assert reply["statusCode"] == 200
    (event,) = answers(shop, user)
    (message,) = shop.messages(user)
    told = {
        "survey": "nps",
        "message_id": message.id,
        "campaign": "hello",
        "score": 3,
        "why": "音飛びがありました",
    }
    assert event.properties.items() >= told.items()


def test_a_page_that_machines_fetch_writes_nothing_and_ticks_only_what_the_link_brings(
    shop: Shop, user: str
) -> None:
    path = asked(shop, user)
    with shop.watching_writes() as writes:
        pages = [
            shop.call("GET", path, query=query).text() for query in ("", "score=9", "score=12", "why=spam")
        ]
        shop.call("HEAD", path)
    assert writes == []
    assert [page.count(" checked") for page in pages] == [0, 1, 0, 0]
    assert "spam" not in pages[3]


def test_the_first_answer_stays(shop: Shop, user: str) -> None:
    path = asked(shop, user)
    assert {answer(shop, path, score=score).status for score in (2, 9, 9)} == {200}
    assert [event.properties["score"] for event in answers(shop, user)] == [2]


def test_an_answer_without_a_score_is_asked_again_and_keeps_what_was_written(shop: Shop, user: str) -> None:
    path = asked(shop, user)
    reply = answer(shop, path, why="Because of the sleeve")
    assert reply.status == 400
    assert "Because of the sleeve" in reply.text()
    assert 'role="alert"' in reply.text()
    assert answers(shop, user) == []


def test_a_low_score_keeps_promotion_quiet(shop: Shop, user: str) -> None:
    assert answer(shop, asked(shop, user), score=1).status == 200
    shop.cloud.advance(timedelta(days=2))
    body = {"type": "track", "event": GREETING_WANTED, "userId": user, "messageId": f"{user}-again"}
    assert shop.send(body).status == 200
    shop.settle()
    again = [message for message in shop.messages(user) if message.facts == {} or message.state == "DENIED"]
    assert "tone_hold" in {message.reason for message in again}


@pytest.mark.parametrize("scope", [Preferences(), Survey("of-last-year")])
def test_a_link_of_another_kind_or_of_a_survey_that_is_gone_asks_nothing(
    shop: Shop, user: str, scope: Preferences | Survey
) -> None:
    asked(shop, user)
    (message,) = shop.messages(user)
    keys = shop.wired.secrets.link_keys()
    token = issue(send_ref=message.id, scope=scope, issued_at=shop.now, nonce=b"n" * 16, keys=keys)
    assert answer(shop, f"/s/{token}", score=9).status in (400, 403)
    assert answers(shop, user) == []


def test_an_answer_that_could_not_be_stored_is_not_thanked_for(shop: Shop, user: str) -> None:
    path = asked(shop, user)
    with shop.refusing_dynamodb():
        assert answer(shop, path, score=9).status == 503
    assert answer(shop, path, score=9).status == 200
    assert len(answers(shop, user)) == 1


@pytest.mark.parametrize("survey", ["nowhere", None])
def test_a_template_that_links_to_no_survey_is_refused(shop: Shop, survey: str | None) -> None:
    documents = dict(sample_documents())
    letter = dict(documents["template", "win-back-email"])
    content = dict(letter["languages"]["en"])
    content["text"] += " {{ links.survey }}"
    letter["languages"] = {**letter["languages"], "en": content}
    if survey:
        letter["survey"] = survey
    documents["template", "win-back-email"] = letter
    with pytest.raises(InvalidDefinition, match="survey"):
        shop.apply(documents)
