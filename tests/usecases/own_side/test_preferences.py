"""The person's side: looking changes nothing, leaving is recorded before anybody is told that it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.core.links import Confirm, LinkKeys, LinkScope, Preferences, Survey, Unsubscribe, Visit, issue
from kizuna.core.messages import State
from kizuna.usecases.own_side.preferences import answer
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, decided, identify, mail_shop, order, subscribe
from tests.support.folds import HOUR
from tests.support.house import LINK_KEYS, House

LEAVE = Unsubscribe("news", "email")
ONE_CLICK = "List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def token_of(house: House, scope: LinkScope = LEAVE, *, keys: LinkKeys = LINK_KEYS, ref: str = "") -> str:
    return issue(
        send_ref=ref or house.only_message().id, scope=scope, issued_at=NOON, nonce=b"0" * 16, keys=keys
    )  # fmt: skip


def asked(
    house: House, path: str, *, method: str = "POST", body: str = ONE_CLICK, now: Any = NOON, **more: Any
) -> HttpReply:
    request = HttpRequest(method, path, headers=FORM, body=body.encode() if method == "POST" else b"", **more)
    return answer(request, house.desk, house.catalog, now=now)


def consents(house: House, user: str = "u1") -> list[tuple[str, str | None, str | None]]:
    person = house.person("user_id", user)
    return [(one.action, one.channel, one.topic) for one in house.ledger.events(person.parts)]


# ── looking ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
@pytest.mark.parametrize(("path", "scope"), [("/u/", LEAVE), ("/preferences/", Preferences())])
def test_only_a_post_acts(method: str, path: str, scope: LinkScope) -> None:
    house = decided()
    writes, people, messages = (
        len(house.people.writes),
        dict(house.people.stored),
        dict(house.messages.stored),
    )
    for _ in range(20):
        reply = asked(house, path + token_of(house, scope), method=method)
        assert reply.status == 200
    assert (len(house.people.writes), house.people.stored, house.messages.stored) == (
        writes,
        people,
        messages,
    )
    assert consents(house) == [("grant", "email", "*")]
    assert len(list(house.people.timeline([house.person("user_id", "u1").id]))) == 1


def test_a_page_posts_to_itself_and_says_nothing_of_the_person() -> None:
    house = decided()
    token = token_of(house)
    page = asked(house, f"/u/{token}", method="GET", prefix="/prod").body
    assert f'action="/prod/u/{token}"' in page
    assert "u1@example.com" not in page
    assert "News" in page


def test_the_page_speaks_the_language_that_was_asked_for() -> None:
    house = decided()
    reply = asked(house, f"/u/{token_of(house)}", method="GET", query={"lang": ("ja",)})
    assert '<html lang="ja"' in reply.body


# ── leaving ─────────────────────────────────────────────────────────────────────────────────────


def test_a_hundred_posts_of_one_link_are_one_entry_of_the_ledger() -> None:
    house = decided()
    token = token_of(house)
    replies = [asked(house, f"/u/{token}", now=NOON + number * HOUR / 60) for number in range(100)]
    assert {reply.status for reply in replies} == {200}
    assert consents(house) == [("grant", "email", "*"), ("one_click_post", "email", "news")]
    assert house.person("user_id", "u1").ledger_length == 2


def test_after_leaving_nothing_more_is_sent() -> None:
    house = decided()
    asked(house, f"/u/{token_of(house)}")
    house.send()
    message = house.only_message()
    assert (message.state, message.reason, house.email.sent) == (State.DENIED, "topic_opt_out", [])


def test_the_same_link_works_again_after_the_person_had_come_back() -> None:
    house = decided()
    token = token_of(house)
    asked(house, f"/u/{token}", now=NOON)
    house.ingest(subscribe("u1", number=2, status="UNSUBSCRIBED", at=NOON + HOUR))
    house.ingest(subscribe("u1", number=3, at=NOON + 2 * HOUR))
    for _ in range(3):
        asked(house, f"/u/{token}", now=NOON + 3 * HOUR)
    assert consents(house)[1:] == [
        ("one_click_post", "email", "news"),
        ("withdraw", "email", "*"),
        ("grant", "email", "*"),
        ("one_click_post", "email", "news"),
    ]


@pytest.mark.parametrize(
    ("scope", "recorded"), [("topic", ("email", "news")), ("channel", ("email", "*")), ("all", ("*", "*"))]
)
def test_the_form_may_ask_for_more_than_its_link(scope: str, recorded: tuple[str, str]) -> None:
    house = decided()
    asked(house, f"/u/{token_of(house)}", body=f"scope={scope}&lang=en")
    assert consents(house)[-1] == ("one_click_post", *recorded)


@pytest.mark.parametrize(
    ("mail", "browser", "company", "page"),
    [
        ("ja", "en-GB", "en", "ja"),  # the mail that they opened the page from
        ("en", "ja", "ja", "en"),
        (
            "de",
            "ja",
            "ja",
            "en",
        ),  # they speak German, the mail has it not, and was written in its own language
        ("", "ja,en;q=0.5", "en", "ja"),  # no message: the browser
        ("", "de", "ja", "ja"),  # which speaks none of ours: the company
        ("", "", "", "en"),
    ],
)
def test_a_page_speaks_as_the_mail_did_else_as_the_browser_and_else_as_the_company_does(
    mail: str, browser: str, company: str, page: str
) -> None:
    documents = some_documents(CAMPAIGN | DAILY)
    template = documents["template", "spring-email"]
    (words,) = template["languages"].values()
    shop = a_catalog(
        {
            **documents,
            ("template", "spring-email"): {**template, "languages": {"en": words, "ja": words}},
            ("policy", "policy"): {"default_language": company} if company else {},
        }
    )
    house = decided(shop)
    token = token_of(house)
    (message,) = house.messages.of_person(house.person("user_id", "u1").parts)
    house.messages.stored[message.id] = replace(message, language=mail)
    path = f"/u/{token}" if mail else "/u/not-a-token"
    request = HttpRequest("GET", path, headers={"accept-language": browser}, body=b"")
    assert f'<html lang="{page}"' in answer(request, house.desk, house.catalog, now=NOON).body


def test_what_is_stopped_beside_hearing_less_is_told_as_well() -> None:
    weekly = {"id": "weekly", "name": {"en": "once a week"}, "count": 1, "window": "7d"}
    house = decided(mail_shop(preference_center={"frequencies": [weekly]}))
    path = f"/preferences/{token_of(house, Preferences())}"
    said = asked(house, path, body="less=frequency:weekly&stop=channel:sms").body
    assert "once a week" in said
    assert "All news and offers by text message" in said
    assert consents(house)[-1] == ("one_click_post", "sms", "*")
    assert "Nothing was changed" in asked(house, path, body="less=").body  # as it is now


def test_preferences_stop_each_thing_that_was_ticked_and_nothing_that_was_not_offered() -> None:
    house = decided()
    path = f"/preferences/{token_of(house, Preferences())}"
    asked(house, path, body="stop=topic:news&stop=channel:sms&stop=channel:pigeon&stop=topic:secret")
    assert consents(house)[1:] == [("one_click_post", "*", "news"), ("one_click_post", "sms", "*")]
    writes = len(house.people.writes)
    assert asked(house, path, body="").status == 200
    assert len(house.people.writes) == writes


@pytest.mark.parametrize(
    "body", ["subscribe=1", "scope=in", "start=topic:news", "action=grant&scope=%00", "\xff"]
)
def test_no_form_whatever_subscribes_anybody(body: str) -> None:
    house = decided()
    for path, scope in (("/u/", LEAVE), ("/preferences/", Preferences())):
        asked(house, path + token_of(house, scope), body=body)
    assert [action for action, _, _ in consents(house)].count("grant") == 1


def test_a_link_of_a_merged_profile_is_the_persons() -> None:
    house = House(mail_shop())
    house.ingest(subscribe("v", user_id=None, anonymous_id="a1"))
    house.settle()
    house.start("spring", NOON)
    house.walk()
    house.ingest(order(1, user="u1"))
    house.ingest(identify(user="u1", anonymous="a1"))
    asked(house, f"/u/{token_of(house)}")
    assert ("one_click_post", "email", "news") in consents(house)


def test_when_the_ledger_cannot_be_written_nobody_is_told_that_it_was() -> None:
    house = decided()
    house.people.down = True
    reply = asked(house, f"/u/{token_of(house)}")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
    assert consents(house) == [("grant", "email", "*")]
    house.people.down = False
    assert asked(house, f"/u/{token_of(house)}").status == 200
    assert len(consents(house)) == 2


def test_for_somebody_who_was_erased_there_is_nothing_left_to_do() -> None:
    house = decided()
    house.people.stored.clear()
    assert asked(house, f"/u/{token_of(house)}").status == 200


# ── links that are not ours ─────────────────────────────────────────────────────────────────────

OTHERS = LinkKeys("k1", {"k1": b"another deployment's secret, 32 b"})


OWN_PATHS: dict[str, LinkScope] = {
    "/u/": LEAVE,
    "/preferences/": Preferences(),
    "/s/": Survey("nps"),
    "/confirm/": Confirm(),
}


@pytest.mark.parametrize("path", OWN_PATHS)
@pytest.mark.parametrize("scope", [*OWN_PATHS.values(), Visit()])
def test_a_token_works_on_its_own_path_alone(path: str, scope: LinkScope) -> None:
    if scope == OWN_PATHS[path] or (path, scope) == ("/preferences/", Visit()):
        return
    house = decided()
    before = dict(house.people.stored), dict(house.messages.stored)
    for method in ("GET", "HEAD", "POST"):
        for body in (ONE_CLICK, "act=save&topic=news&rhythm=any&pause=none", "act=erase-now", "act=export"):
            assert asked(house, path + token_of(house, scope), method=method, body=body).status == 403
    assert (dict(house.people.stored), dict(house.messages.stored)) == before
    assert len(consents(house)) == 1


@pytest.mark.parametrize(("path", "scope"), [*OWN_PATHS.items(), ("/preferences/", Visit())])
def test_whatever_its_scope_a_link_that_is_only_looked_at_changes_nothing(
    path: str, scope: LinkScope
) -> None:
    house = decided()
    before = dict(house.people.stored), dict(house.messages.stored), len(house.people.writes)
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"):
        asked(
            house,
            path + token_of(house, scope),
            method=method,
            query={"act": ("erase-now",), "score": ("9",)},
        )
    assert (dict(house.people.stored), dict(house.messages.stored), len(house.people.writes)) == before
    assert len(consents(house)) == 1


def test_a_token_that_is_not_ours_gets_the_same_page_whatever_is_wrong_with_it() -> None:
    house = decided()
    good = token_of(house)
    wrong = [
        token_of(house, keys=OTHERS), good[:-1], good + "A", good.replace("v1.", "v2."), good[:-1] + "~",
        good.replace("k1", "k2"), "", "x", "v1.k1..",
    ]  # fmt: skip
    pages = {asked(house, f"/u/{token}").body.replace(f"/u/{token}", "/u/") for token in wrong}
    assert {asked(house, f"/u/{token}").status for token in wrong} == {400}
    assert len(pages) == 1
    assert len(consents(house)) == 1


def test_a_link_of_a_message_that_is_gone_still_answers() -> None:
    house = decided()
    assert asked(house, f"/u/{token_of(house, ref='gone')}").status == 200
    assert len(consents(house)) == 1


def test_without_any_brand_there_is_no_page() -> None:
    house = decided()
    house.catalog = replace(house.catalog, brands={}, campaigns={})
    assert asked(house, f"/u/{token_of(house)}", method="GET").status == 404
