"""The pages behind the links: they show, they reduce, they leak nothing (A07, A08, A10, A17)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.links import Unsubscribe
from kizuna.core.pages.languages import page_language, posted_language
from kizuna.core.pages.layout import Page
from kizuna.core.pages.pages import (
    Choice,
    Reduction,
    TopicLabel,
    broken_link_page,
    preference_choices,
    preferences_page,
    preferences_saved_page,
    reduction,
    unsubscribe_choice,
    unsubscribe_page,
    unsubscribed_page,
)
from kizuna.core.pages.texts import TEXTS, PageLanguage
from tests.support.content import a_brand

ACTION = "/u/v1.k1.token.mac"
TOPICS = (TopicLabel("news", "News", "Twice a month"), TopicLabel("events", "Evenings"))
CHANNELS = ("email", "sms", "push")
LEAVE = Unsubscribe("news", "email")
EVIL = "\"><script>alert('x')</script>{brand}"
LANGUAGES: tuple[PageLanguage, ...] = ("en", "ja")


def the_form(language: PageLanguage = "en", **changes: str) -> Page:
    values: dict[str, Any] = {"topic_name": "News", "channel": "email", "action": ACTION} | changes
    return unsubscribe_page(brand=a_brand(), language=language, **values)


def every_page(language: PageLanguage, *, evil: str = "") -> Iterator[Page]:
    brand = a_brand(name=f"The Shop{evil}", languages={"en": {}, "ja": {}})
    topics = (TopicLabel(f"news{evil}", f"News{evil}", f"Sometimes{evil}"),)
    stopped = Reduction(f"news{evil}", f"email{evil}")
    yield unsubscribe_page(
        brand=brand,
        language=language,
        topic_name=f"News{evil}",
        channel=f"email{evil}",
        action=ACTION + evil,
        preferences_url=f"/preferences/x{evil}",
    )
    yield unsubscribed_page(brand=brand, language=language, stopped=stopped, topic_name=f"News{evil}")
    yield preferences_page(
        brand=brand, language=language, topics=topics, channels=[f"fax{evil}"], action=f"/preferences/x{evil}"
    )
    yield preferences_saved_page(brand=brand, language=language, stopped=[stopped], topics=topics)
    yield preferences_saved_page(brand=brand, language=language, stopped=[], topics=topics)
    yield broken_link_page(brand=brand, language=language, path=f"/u/x{evil}")


class Parsed(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


# ── what every page promises ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_loads_runs_stores_or_passes_on_anything(language: PageLanguage) -> None:
    for page in every_page(language):
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        tags = {tag for tag, _ in Parsed(page.html).tags}
        assert not tags & {"script", "img", "iframe", "link", "object", "embed", "base", "video", "audio"}
        assert "http-equiv" not in page.html
        assert not re.search(r"\bon[a-z]+=|style=\"|url\(|@import", page.html)


def test_the_policy_allows_exactly_the_style_that_the_page_has() -> None:
    page = the_form()
    (style,) = re.findall(r"<style>(.*?)</style>", page.html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_that_is_put_into_a_page_becomes_markup(language: PageLanguage) -> None:
    for plain, attacked in zip(every_page(language), every_page(language, evil=EVIL), strict=True):
        assert "<script" not in attacked.html
        assert "{brand}" in attacked.html
        assert [tag for tag, _ in Parsed(attacked.html).tags] == [tag for tag, _ in Parsed(plain.html).tags]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_can_be_read_by_everybody(language: PageLanguage) -> None:
    for page in every_page(language):
        parsed = Parsed(page.html)
        assert parsed.all("html") == [{"lang": language}]
        assert page.headers["Content-Language"] == language
        assert len(parsed.all("h1")) == len(parsed.all("main")) == len(parsed.all("title")) == 1
        assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in parsed.all("meta")
        shown = [entry for entry in parsed.all("input") if entry["type"] != "hidden"]
        assert len(parsed.all("label")) == len(shown)


def test_both_languages_have_every_text_with_the_same_places_for_values() -> None:
    def places(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    english, japanese = TEXTS["en"], TEXTS["ja"]
    for name in english.__slots__:
        one, other = getattr(english, name), getattr(japanese, name)
        if isinstance(one, str):
            assert one
            assert other
            assert places(one) == places(other), name
        else:
            assert one.keys() == other.keys()


# ── A07: looking changes nothing ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_acts_only_by_a_form_that_a_person_posts_to_the_link_itself(language: PageLanguage) -> None:
    parsed = Parsed(the_form(language).html)
    assert parsed.all("form") == [{"method": "post", "action": ACTION}]
    assert [attrs["type"] for attrs in parsed.all("button")] == ["submit"]
    other = "ja" if language == "en" else "en"
    assert [attrs["href"] for attrs in parsed.all("a")] == [f"{ACTION}?lang={other}"]


def test_the_form_offers_topic_channel_and_everything_with_the_smallest_chosen() -> None:
    radios = [attrs for attrs in Parsed(the_form().html).all("input") if attrs["type"] == "radio"]
    assert [attrs["value"] for attrs in radios] == ["topic", "channel", "all"]
    assert ["checked" in attrs for attrs in radios] == [True, False, False]


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "https://evil.example/", "\\\\evil.example", "javascript:alert(1)"]
)
def test_a_form_and_a_switch_never_lead_to_another_host(path: str) -> None:
    for page in (the_form(action=path), broken_link_page(brand=a_brand(), language="en", path=path)):
        parsed = Parsed(page.html)
        targets = [a["action"] for a in parsed.all("form")] + [
            a["href"] for a in parsed.all("a") if "hreflang" in a
        ]
        assert targets
        assert all(re.match(r"/[^/\\]", target or "") for target in targets)


# ── A08 and A10: posting reduces, again and again the same ───────────────────────────────────────

ONE_CLICK = "List-Unsubscribe=One-Click"


def test_the_same_one_click_always_means_the_same_reduction() -> None:
    assert {reduction(unsubscribe_choice(ONE_CLICK), LEAVE) for _ in range(100)} == {
        Reduction("news", "email")
    }


@pytest.mark.parametrize(
    ("body", "stopped"),
    [
        ("", Reduction("news", "email")),
        ("scope=topic", Reduction("news", "email")),
        ("scope=channel&lang=ja", Reduction("*", "email")),
        ("scope=all", Reduction("*", "*")),
        ("scope=subscribe", Reduction("news", "email")),
        ("scope=ALL", Reduction("news", "email")),
        ("--boundary\r\nContent-Disposition: form-data", Reduction("news", "email")),
        ("scope=all" + "&x=1" * 500, Reduction("news", "email")),
        ("scope=all&x=" + "1" * 100_000, Reduction("news", "email")),
    ],
)
def test_a_post_means_what_it_says_and_the_topic_of_the_link_when_unclear(
    body: str, stopped: Reduction
) -> None:
    assert reduction(unsubscribe_choice(body), LEAVE) == stopped


@given(st.text(max_size=200) | st.text(alphabet="scopetl=&all*%2A+", max_size=60))
def test_no_post_can_ask_for_more_than_the_link_may_take_away(body: str) -> None:
    stopped = reduction(unsubscribe_choice(body), LEAVE)
    assert stopped in {reduction(choice, LEAVE) for choice in Choice}
    offered = preference_choices(body, topics=["news"], channels=["email"])
    assert set(offered) <= {Reduction("news", "*"), Reduction("*", "email"), Reduction("*", "*")}


def test_preferences_are_read_as_the_reductions_that_were_offered_and_no_others() -> None:
    body = (
        "stop=topic:news&stop=channel:sms&stop=topic:secret&stop=topic:*&stop=start&stop=topic:news&start=all"
    )
    assert preference_choices(body, topics=["news", "events"], channels=CHANNELS) == (
        Reduction("news", "*"),
        Reduction("*", "sms"),
    )
    assert preference_choices("stop=all", topics=[], channels=[]) == (Reduction("*", "*"),)
    assert preference_choices("", topics=["news"], channels=CHANNELS) == ()


def test_the_preference_form_offers_what_is_read_and_shows_no_state() -> None:
    page = preferences_page(
        brand=a_brand(), language="en", topics=TOPICS, channels=CHANNELS, action="/preferences/x"
    )
    boxes = [attrs for attrs in Parsed(page.html).all("input") if attrs["type"] == "checkbox"]
    assert not any("checked" in attrs for attrs in boxes)
    body = "&".join(f"{attrs['name']}={attrs['value']}" for attrs in boxes)
    found = preference_choices(body, topics=[t.id for t in TOPICS], channels=CHANNELS)
    assert len(found) == len(boxes) == 6


# ── honest answers ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stopped", "shown"),
    [
        (Reduction("news", "email"), "“News” by e-mail"),
        (Reduction("*", "email"), "All news and offers by e-mail"),
        (Reduction("news", "*"), "“News”"),
        (Reduction("*", "*"), "All news and offers"),
        (Reduction("news", "carrier-pigeon"), "“News” by carrier-pigeon"),
    ],
)
def test_the_success_page_says_what_was_stopped_and_what_still_comes(stopped: Reduction, shown: str) -> None:
    page = unsubscribed_page(brand=a_brand(), language="en", stopped=stopped, topic_name="News")
    assert f"<li>{shown}</li>" in page.html
    assert "may still arrive" in page.html
    assert "orders" in page.html


def test_a_preference_page_that_stopped_nothing_says_so() -> None:
    page = preferences_saved_page(brand=a_brand(), language="en", stopped=[], topics=TOPICS)
    assert "Nothing was changed" in page.html
    assert "Done" not in page.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_broken_link_claims_nothing_and_offers_a_way_to_reach_the_sender(language: PageLanguage) -> None:
    page = broken_link_page(brand=a_brand(), language=language, path="/u/junk")
    targets = [attrs["href"] for attrs in Parsed(page.html).all("a")]
    assert "mailto:care@shop.example" in targets
    assert "https://shop.example/contact" in targets
    assert TEXTS[language].left_heading not in page.html


# ── language ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("requested", "person", "accepted", "language"),
    [
        (None, None, None, "en"),
        (None, None, "ja", "ja"),
        (None, None, "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        (None, None, "en;q=0.2, ja;q=0.9", "ja"),
        (None, None, "fr, de;q=0.9, ja;q=0.1", "ja"),
        (None, None, "ja;q=0, en", "en"),
        (None, None, "ja;q=zero, *", "en"),
        (None, None, "ja;q=nan", "en"),
        (None, "ja", "en", "ja"),
        (None, "fr", "ja", "ja"),
        ("en", "ja", "ja", "en"),
        ("xx", "ja_JP", "en", "ja"),
    ],
)
def test_a_wish_goes_before_the_persons_language_and_that_before_the_browsers(
    requested: str | None, person: str | None, accepted: str | None, language: str
) -> None:
    assert page_language(requested=requested, person=person, accept_language=accepted) == language


@given(st.text(max_size=300) | st.text(alphabet="jaen;q=0.19,-* ", max_size=100))
def test_any_accept_language_header_gives_a_language(header: str) -> None:
    assert page_language(accept_language=header) in LANGUAGES


def test_a_form_remembers_the_language_it_was_shown_in() -> None:
    hidden = [attrs for attrs in Parsed(the_form("ja").html).all("input") if attrs["type"] == "hidden"]
    assert hidden == [{"type": "hidden", "name": "lang", "value": "ja"}]
    assert page_language(requested=posted_language("scope=all&lang=ja")) == "ja"
    assert posted_language("") is None
