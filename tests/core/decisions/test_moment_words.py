"""Why somebody is told at this moment is a sentence in two languages, whatever the reason."""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.campaigns.moments import Because, Moment
from kizuna.core.campaigns.rhythm import Hits
from kizuna.core.decisions.moment_words import moment_sentence
from tests.support.builders import NOON

TOLD: dict[str, tuple[Moment, str, str]] = {
    "their own time": (
        Moment(NOON, Because.LOCAL_TIME),
        "The moment: at the time of day that was set, where they are.",
        "タイミングの選び方：お客様の現地での指定時刻。",
    ),
    "a declared zone": (
        Moment(NOON, Because.LOCAL_TIME, own_zone=False),
        "The moment: at the time of day that was set, where they are"
        " (by the declared zone, for theirs is not known).",
        "タイミングの選び方：お客様の現地での指定時刻（現地のタイムゾーンが不明のため既定値を使用）。",
    ),
    "a habit": (
        Moment(NOON, Because.OWN_HABIT, hour=19, rate=0.42, own=Hits(12, 6)),
        "The moment: around 19:00, when they are likeliest to react: 6 of 12 messages of that hour so far,"
        " 42% expected.",
        "タイミングの選び方：19時台。最も反応が見込まれる時間帯です（この時間帯の実績：12件中6件、見込み42%）。",
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_a_moment_is_told(case: str) -> None:
    moment, english, japanese = TOLD[case]
    assert moment_sentence(moment.record(), "en") == english
    assert moment_sentence(moment.record(), "ja") == japanese


@pytest.mark.parametrize("because", list(Because))
def test_every_reason_has_its_words(because: Because) -> None:
    record: dict[str, Any] = Moment(NOON, because, hour=9, rate=0.1).record()
    assert "{" not in moment_sentence(record, "en") + moment_sentence(record, "ja")


def test_an_older_record_that_counted_nothing_is_told_as_nothing() -> None:
    told = {"because": "own_habit", "hour": 19}
    assert moment_sentence(told, "en") == (
        "The moment: around 19:00, when they are likeliest to react: 0 of 0 messages of that hour so far,"
        " 0% expected."
    )


def test_a_reason_of_another_release_is_not_guessed() -> None:
    assert moment_sentence({"because": "the stars"}, "en") == ""
