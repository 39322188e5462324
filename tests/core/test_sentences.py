"""Decisions in words, in English and in Japanese."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from kizuna.core.messages import State
from kizuna.core.reasons import OtherReason, Reason, Waits
from kizuna.core.sentences import CHANNELS, HOLDS, REASONS, WITHHELD, explain

AT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
ALL_REASONS = [*Reason, *OtherReason]
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def told(**changes: Any) -> str:
    facts: dict[str, Any] = {
        "person": "Aiko Sato",
        "campaign": "Winter sale",
        "channel": "email",
        "at": AT,
        "zone": "Europe/Berlin",
        "state": State.DENIED,
        "reason": Reason.NO_CONSENT,
        "not_before": None,
        "language": "en",
    }
    return explain(**{**facts, **changes})


def test_a_decision_is_one_sentence_in_english() -> None:
    assert told() == (
        "Aiko Sato was not sent “Winter sale” by email on 23 November 2026 at 18:00 (Europe/Berlin), "
        "because nothing on record permits it."
    )


def test_a_decision_is_told_politely_in_japanese() -> None:
    assert told(person="佐藤愛子", campaign="冬のセール", zone="Asia/Tokyo", language="ja") == (
        "2026年11月24日（火）2:00（日本時間）、送信を認める同意の記録がないため、"
        "佐藤愛子様への「冬のセール」（メール）は送信しませんでした。"
    )


def test_a_deferred_message_tells_until_when_it_waits() -> None:
    facts: dict[str, Any] = {
        "state": State.DEFERRED,
        "reason": Reason.QUIET_HOURS,
        "channel": "sms",
        "zone": "America/New_York",
        "at": datetime(2026, 11, 23, 12, 59, tzinfo=UTC),
        "not_before": datetime(2026, 11, 23, 13, 0, tzinfo=UTC),
    }

    assert told(**facts) == (
        "“Winter sale” for Aiko Sato by SMS was put off on 23 November 2026 at 07:59 (America/New_York) "
        "until 23 November 2026 at 08:00 (America/New_York), "
        "because it is too early or too late in the day where they are."
    )
    assert told(**facts, language="ja") == (
        "2026年11月23日（月）7:59（ニューヨーク時間）、お客様の地域では、送信を控えるべき時間帯にあたるため、"
        "Aiko Sato様への「Winter sale」（SMS）の送信を"
        "2026年11月23日（月）8:00（ニューヨーク時間）まで延期しました。"
    )


@pytest.mark.parametrize("reason", ALL_REASONS)
def test_every_reason_has_words_in_both_languages(reason: str) -> None:
    words = REASONS[reason]

    assert not JAPANESE.search(words.en)
    assert JAPANESE.search(words.ja)
    assert words.en[0] != " "
    assert words.en[-1] not in " ."
    assert words.ja[-1] in "いるただき"  # a clause that ため can follow
    for language in ("en", "ja"):
        sentence = told(reason=reason, language=language)
        assert getattr(words, language) in sentence
        assert "_" not in sentence


def test_no_two_reasons_are_told_alike() -> None:
    assert set(REASONS) == set(ALL_REASONS)
    assert len({words.en for words in REASONS.values()}) == len(REASONS)
    assert len({words.ja for words in REASONS.values()}) == len(REASONS)


@pytest.mark.parametrize("state", [*State, WITHHELD])
@pytest.mark.parametrize("reason", ALL_REASONS)
def test_every_state_is_told_with_who_what_how_and_when(state: str, reason: str) -> None:
    for language, end, how, when in (
        ("en", ".", "by email", "23 November 2026 at 18:00"),
        ("ja", "。", "メール", "2026年11月23日（月）18:00"),
    ):
        sentence = told(state=state, reason=reason, language=language)
        assert all(part in sentence for part in ("Aiko Sato", "Winter sale", how, when))
        assert sentence.endswith(end)
        assert sentence.count("。") == (language == "ja")
        assert not set("{}") & set(sentence)


def test_the_states_are_told_apart() -> None:
    for language in ("en", "ja"):
        sentences = {told(state=state, language=language) for state in State}
        assert len(sentences) == len(State)
        assert told(state=WITHHELD, language=language) == told(state=State.DENIED, language=language)


def test_an_unknown_outcome_tells_what_went_wrong_and_not_why_it_was_allowed() -> None:
    allowed = told(state=State.UNKNOWN, reason=Reason.CONSENT)

    assert allowed == told(state=State.UNKNOWN, reason=OtherReason.UNKNOWN_OUTCOME)
    assert "may or may not have been sent" in allowed
    assert "it counts as sent" in allowed


@pytest.mark.parametrize(("zone", "clock"), [(None, "17:00 (UTC)"), ("Mars/Olympus", "17:00 (UTC)")])
def test_without_a_known_zone_times_are_told_in_utc(zone: str | None, clock: str) -> None:
    assert clock in told(zone=zone)


def test_every_channel_has_a_name_and_an_unknown_one_is_quoted() -> None:
    for channel, words in CHANNELS.items():
        assert words.en in told(channel=channel)
        assert words.ja in told(channel=channel, language="ja")
    assert "by fax" in told(channel="fax")


def test_a_providers_own_code_is_quoted() -> None:
    failed: dict[str, Any] = {"state": State.FAILED, "reason": "MessageRejected"}

    assert told(**failed).endswith("because of “MessageRejected”.")
    assert "「MessageRejected」のため、" in told(**failed, language="ja")


def test_braces_in_a_name_are_left_as_they_are() -> None:
    assert "{reason}" in told(campaign="{reason}")


def test_a_state_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no such message state: 'LOST'"):
        told(state="LOST")


@pytest.mark.parametrize("why", Waits)
def test_what_is_held_back_though_it_may_go_is_told_with_what_holds_it(why: Waits) -> None:
    for language in ("en", "ja"):
        sentence = told(state=State.PENDING, reason=Reason.CONSENT, language=language, held=str(why))
        assert getattr(HOLDS[why], language) in sentence
        assert getattr(REASONS[Reason.CONSENT], language) not in sentence
    assert sentence.endswith("から保留しています。")
    assert set(HOLDS) == set(Waits)
