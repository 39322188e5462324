"""What the rules write when they pull a brake: the same figures in English and in Japanese."""

from __future__ import annotations

import re

import pytest

from kizuna.core.restraint import brake_words
from kizuna.core.restraint.brake_words import Told
from kizuna.core.restraint.brakes import AccountBrake, Brakes, Pause, RunBrake, Stop, paused, stopped, warned
from kizuna.core.restraint.early_warning import Signal
from kizuna.usecases.reports import brakes_body, line_body, pause_body
from tests.support.builders import NOON

REASONS = [
    brake_words.errors(failed=11, tried=500),
    brake_words.run_cost(201.5, 200),
    brake_words.run_messages(1_000, 1_000),
    brake_words.run_cost_warning("spring", "r1", 161.2, 200),
    brake_words.day_cost(1_234.5, 1_500),
    *(brake_words.rate(signal, bad=12, sent=4_000, span="24 hours") for signal in Signal),
    *(brake_words.rate(signal, bad=3, sent=2_000, span="7 days") for signal in Signal),
]
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")


@pytest.mark.parametrize("told", REASONS)
def test_both_languages_give_the_same_figures(told: Told) -> None:
    spans = ("24時間", "24 hours", "7日間", "7 days")
    english, japanese = told
    for span in spans:
        english, japanese = english.replace(span, ""), japanese.replace(span, "")
    assert sorted(_NUMBER.findall(english)) == sorted(_NUMBER.findall(japanese)) != []
    assert told.ja.endswith("。")
    assert told.en.endswith(".")


@pytest.mark.parametrize(
    ("is_final", "said"), [(True, "アカウントが停止されている"), (False, "一時停止されている")]
)
def test_what_a_provider_said_stands_in_the_sentence_as_it_was_said(is_final: bool, said: str) -> None:
    told = brake_words.provider("email", "AccountSuspendedException", is_final=is_final)
    assert told.en.startswith("The delivery provider has ")
    assert told.en.endswith(" the account (by email: AccountSuspendedException).")
    assert "（メール：" in told.ja
    assert said in told.ja
    assert "AccountSuspendedException" in told.ja


def test_a_report_tells_the_reason_in_both_and_what_a_person_wrote_as_they_wrote_it() -> None:
    by_rules = Pause("errors", NOON, "rule", "Paused: 11.", ja="一時停止しました：11件。")
    by_hand = Pause("by_hand", NOON, "by_hand", "the price is wrong", by="mika")
    told = [pause_body(pause) for pause in (by_rules, by_hand)]
    assert [each["sentence"] if each else None for each in told] == [
        {"en": "Paused: 11.", "ja": "一時停止しました：11件。"},
        {"en": "the price is wrong", "ja": "the price is wrong"},
    ]
    (line,) = paused(RunBrake("spring", "r1"), by_rules).lines
    assert line_body(line)["sentence"]["ja"] == "一時停止しました：11件。"


def test_the_brake_of_the_account_tells_them_too() -> None:
    brake = stopped(AccountBrake(), Stop("budget", NOON, "send_budget.day", "Too much.", ja="予算超過です。"))
    brake = warned(brake, "bounce", "Much.", now=NOON, ja="多い。")
    assert [line.ja for line in brake.lines] == ["予算超過です。", "多い。"]
    assert brakes_body(Brakes(account=brake), now=NOON)["account"]["stopped"]["sentence"] == {
        "en": "Too much.",
        "ja": "予算超過です。",
    }
