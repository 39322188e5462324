"""Pages of the command that a marketer reads: the same figures in English and Japanese."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console, RenderableType

from kizuna.cli.journey_report_page import journey_report_page
from kizuna.cli.policy_diff_page import policy_diff_page
from kizuna.core.sentences import Language

STEPS: list[dict[str, Any]] = [
    {
        "step": "greet", "name": "greet", "entered": 12, "here": 0, "wentOn": 9, "dropped": 3, "meanSeconds": None,
        "ended": [
            {"state": "converted", "reason": "", "count": 2},
            {"state": "exited", "reason": "bought", "count": 1},
        ],
    },
    {
        "step": "rest", "name": "Wait a day", "entered": 9, "here": 9, "wentOn": 0, "dropped": 0,
        "meanSeconds": 90061, "ended": [],
    },
]  # fmt: skip
JOURNEY: dict[str, Any] = {
    "journey": "welcome",
    "begun": 12,
    "inside": 9,
    "converted": 2,
    "conversion": 0.1667,
    "steps": STEPS,
    "paused": {"since": "2026-11-22T10:00:00Z", "reason": "99"},
    "heldOut": {"begun": 4, "converted": 1},
}
DIFFERENCE: dict[str, Any] = {
    "people": 1200,
    "losing": 7,
    "gaining": 1,
    "differences": [
        {
            "kind": "lost", "people": 7, "channel": "email", "topic": "", "sample": ["p1"],
            "before": {"answer": "allow", "reason": "consent"},
            "after": {"answer": "deny", "reason": "campaign_stopped"},
        },
        {
            "kind": "gained", "people": 1, "channel": "sms", "topic": "news", "sample": ["p2"],
            "before": {"answer": "defer", "reason": "quiet_hours"}, "after": {"answer": "allow", "reason": "consent"},
        },
    ],
}  # fmt: skip


def printed(page: RenderableType, *, width: int = 200) -> str:
    told = io.StringIO()
    Console(file=told, width=width).print(page)
    return told.getvalue()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_journeys_report_has_every_figure_in_both_languages(language: Language) -> None:
    told = printed(journey_report_page(JOURNEY, language))
    for figure in (
        "welcome",
        "12",
        "9",
        "16.7%",
        "greet",
        "Wait a day",
        "1:01:01",
        "99",
        "4",
        "bought",
    ):
        assert figure in told


def test_in_japanese_it_says_who_left_and_why_in_japanese() -> None:
    told = printed(journey_report_page(JOURNEY, "ja"))
    assert "開始 12人、進行中 9人、目標達成 2人（16.7%）" in told
    assert "目標を達成しました 2、離脱：bought 1" in told
    assert "1日と1:01:01" in told
    assert "一時停止中 2026-11-22T10:00:00Z 99" in told
    assert "ホールドアウト：開始 4人、目標達成 1人" in told
    assert not re.search(r"\b(entered|goal|left|PAUSED|held out|step|day,)\b", told)


def test_in_english_a_reason_is_a_sentence_and_not_a_code() -> None:
    told = printed(journey_report_page(JOURNEY, "en"))
    assert "12 entered, 9 inside, 2 reached the goal (16.7%)" in told
    assert "reached the goal 2, left: bought 1" in told
    assert "held out: 4 entered, 1 reached the goal" in told


def test_nothing_is_said_of_a_pause_ghosts_or_a_share_that_are_not_there() -> None:
    told = printed(journey_report_page(JOURNEY | {"paused": None, "heldOut": None, "conversion": None}, "en"))
    assert told.startswith("welcome: 12 entered, 9 inside, 2 reached the goal\n")
    assert "PAUSED" not in told
    assert "held out" not in told


def test_a_policys_differences_are_told_in_japanese_and_without_cutting_anything() -> None:
    told = printed(policy_diff_page(DIFFERENCE, "ja"))
    for words in ("届かなくなる", "新たに届く", "送信不可：", "送信可：", "本人の依頼による連絡", "1,200人"):
        assert words in told
    assert not re.search(r"\b(allow|deny|defer|lost|gained|before|after|people)\b", told)
    assert "…" not in printed(policy_diff_page(DIFFERENCE, "ja"), width=60)


def test_in_english_they_name_kind_answer_and_reason() -> None:
    told = printed(policy_diff_page(DIFFERENCE, "en"))
    assert "1,200 people; 7 lose reach somewhere, 1 gain some" in told
    for words in ("lost", "gained", "deny:", "allow:", "defer:", "what was asked for", "news", "p1", "p2"):
        assert words in told
