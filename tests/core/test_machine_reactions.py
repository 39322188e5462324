"""Opens and clicks: whose they are, row by row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.machine_reactions import BotFilter, Machine, machine_of
from kizuna.local.providers.ses_events import BROWSER
from tests.support.builders import NOON

SECOND = timedelta(seconds=1)
RULES = BotFilter(
    ua_patterns=("AcmeSecurity",),
    ip_ranges=("17.0.0.0/8", "2001:db8::/32"),
    honeypot_links=("https://shop.example/never",),
)
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
LATER = NOON + 60 * SECOND


def judged(**told: Any) -> Machine | None:
    """A click by a browser, a minute after delivery, with the named things changed."""
    given_: dict[str, Any] = {
        "at": LATER,
        "delivered_at": NOON,
        "user_agent": BROWSER,
        "ip": "198.51.100.7",
        "link": "https://shop.example/new",
        "clicks": {},
    }
    return machine_of(RULES, **(given_ | told))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, None),
        ({"user_agent": SAFARI}, None),
        ({"user_agent": GMAIL, "link": ""}, None),  # fetched when a human opens
        ({"user_agent": YAHOO, "link": ""}, None),
        ({"user_agent": ""}, None),  # nothing told is no sign
        ({"user_agent": "Mozilla/5.0", "link": ""}, Machine.PROGRAM),  # Apple's mail privacy protection
        ({"user_agent": " mozilla/5.0 "}, Machine.PROGRAM),
        ({"user_agent": "Mozilla/5.0 (compatible; BarracudaCentral)"}, Machine.PROGRAM),
        ({"user_agent": "python-requests/2.32"}, Machine.PROGRAM),
        ({"user_agent": "Mozilla/5.0 HeadlessChrome/142.0"}, Machine.PROGRAM),
        ({"user_agent": "curl/8.5.0"}, Machine.PROGRAM),
        ({"user_agent": "Slackbot-LinkExpanding 1.0"}, Machine.PROGRAM),
        ({"user_agent": "acmesecurity gateway"}, Machine.PROGRAM),
        ({"ip": "17.58.101.3"}, Machine.NETWORK),
        ({"ip": "18.0.0.1"}, None),
        ({"ip": "2001:db8::7"}, Machine.NETWORK),
        ({"ip": "2001:db9::7"}, None),
        ({"ip": "not an address"}, None),
        ({"ip": ""}, None),
        ({"link": "https://shop.example/never/seen"}, Machine.HIDDEN_LINK),
        ({"at": NOON}, Machine.TOO_SOON),
        ({"at": NOON + 9.999 * SECOND}, Machine.TOO_SOON),
        ({"at": NOON + 10 * SECOND}, None),
        ({"at": NOON - SECOND}, Machine.TOO_SOON),  # before the provider says it arrived
        ({"at": NOON, "delivered_at": None}, None),
        ({"at": NOON, "link": ""}, Machine.TOO_SOON),
        ({"clicks": {"a": LATER, "b": LATER}}, None),
        ({"clicks": {"a": LATER, "b": LATER, "c": LATER}}, Machine.BURST),
        ({"clicks": {"a": LATER, "b": LATER + 3 * SECOND, "c": LATER + 5 * SECOND}}, Machine.BURST),
        ({"clicks": {"a": LATER, "b": LATER + 3 * SECOND, "c": LATER + 5.001 * SECOND}}, None),
        ({"clicks": {"a": LATER - 4 * SECOND, "b": LATER - 2 * SECOND, "c": LATER}}, Machine.BURST),
        ({"clicks": {"a": LATER - 4 * SECOND, "b": LATER, "c": LATER + 4 * SECOND}}, None),
        ({"clicks": {"a": NOON, "b": NOON, "c": NOON, "d": LATER}}, None),  # a machine then, a human now
        (
            {"link": "", "clicks": {"a": LATER, "b": LATER, "c": LATER}},
            None,
        ),  # an open is not part of a burst
    ],
)
def test_a_reaction_is_a_machines_or_a_humans(told: dict[str, Any], expected: Machine | None) -> None:
    assert judged(**told) == expected


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=8), st.integers(0, 7))
def test_a_burst_is_so_many_links_within_the_span_wherever_the_click_lies_in_it(
    millis: list[int], which: int
) -> None:
    clicks = {str(number): LATER + timedelta(milliseconds=at) for number, at in enumerate(millis)}
    at = list(clicks.values())[which % len(millis)]

    def lies_in_one() -> bool:
        return any(
            start <= at <= start + 5 * SECOND
            and sum(start <= other <= start + 5 * SECOND for other in clicks.values()) >= 3
            for start in clicks.values()
        )

    assert (judged(at=at, clicks=clicks) is Machine.BURST) == lies_in_one()


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ({"ip_ranges": ["17.0.0.0/33"]}, "ip_ranges"),
        ({"ip_ranges": ["17.0.0.1/8"]}, "ip_ranges"),
        ({"ua_patterns": ["a"]}, "ua_patterns"),
        ({"honeypot_links": [""]}, "honeypot_links"),
        ({"burst": {"links": 1}}, "burst"),
        ({"burst": {"within": "1m"}}, "burst"),
        ({"window": "soon"}, "window"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_when_it_is_saved(rules: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as refused:
        BotFilter.model_validate(rules)
    assert refused.value.errors()[0]["loc"][0] == path


def test_the_window_is_the_workspaces() -> None:
    rules = BotFilter.model_validate({"window": "2m"})
    at: datetime = NOON + 119 * SECOND
    found = machine_of(rules, at=at, delivered_at=NOON, user_agent=BROWSER, ip="", link="")
    assert found is Machine.TOO_SOON
