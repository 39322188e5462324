"""The short token of a followed link."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.clicks.tokens import LINKS_MAX, FollowedLink, issue_click, read_click
from kizuna.core.ids import digest
from kizuna.core.links import LinkKeys, UnusableLink

OLD, NEW = b"o" * 32, b"n" * 32
KEYS = LinkKeys("new", {"old": OLD, "new": NEW})
MESSAGE = digest("message", "one")

messages = st.text(string.ascii_lowercase + "234567", min_size=26, max_size=26)
links = st.integers(0, LINKS_MAX - 1)


@given(messages, links)
def test_a_token_says_what_it_was_made_of_in_forty_letters(message: str, link: int) -> None:
    token = issue_click(message, link, keys=KEYS)
    assert len(token) == 40
    assert read_click(token, keys=KEYS) == FollowedLink(message, link)


@given(messages, links, st.integers(0, 39), st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_a_token_with_one_letter_changed_says_nothing(message: str, link: int, at: int, letter: str) -> None:
    token = issue_click(message, link, keys=KEYS)
    changed = token[:at] + letter + token[at + 1 :]
    assert (read_click(changed, keys=KEYS) is None) == (changed != token)


@pytest.mark.parametrize("token", ["", "a" * 39, "a" * 41, "é" * 40, "=" * 40, "a" * 40, "a" * 39 + "\n"])
def test_what_is_no_token_says_nothing(token: str) -> None:
    assert read_click(token, keys=KEYS) is None


def test_a_token_of_a_retired_key_still_leads_and_one_of_a_key_that_is_gone_does_not() -> None:
    token = issue_click(MESSAGE, 1, keys=LinkKeys("old", {"old": OLD}))
    assert read_click(token, keys=KEYS) == FollowedLink(MESSAGE, 1)
    assert read_click(token, keys=LinkKeys("new", {"new": NEW})) is None


@pytest.mark.parametrize(
    ("message", "link"), [("short", 0), (MESSAGE.upper(), 0), (MESSAGE, -1), (MESSAGE, 64)]
)
def test_no_token_is_made_of_what_does_not_fit(message: str, link: int) -> None:
    with pytest.raises(UnusableLink):
        issue_click(message, link, keys=KEYS)
