"""What would have to change: told in both languages of every reason that holds back, and of none that lets go."""

from __future__ import annotations

import re

import pytest

from kizuna.core.messages import State
from kizuna.core.reasons import OtherReason, Reason
from kizuna.core.remedies import REMEDIES, remedy
from kizuna.core.sentences import LANGUAGES

ALLOWED = tuple(Reason)[:8]
HELD_BACK = [*(reason for reason in Reason if reason not in ALLOWED), *OtherReason]
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def test_each_reason_that_holds_back_has_its_own_and_no_reason_that_allows() -> None:
    assert set(REMEDIES) == set(HELD_BACK)


@pytest.mark.parametrize("reason", HELD_BACK)
def test_it_is_a_sentence_in_the_language_that_was_asked_for(reason: str) -> None:
    english, japanese = (remedy(State.DENIED, reason, language) for language in LANGUAGES)
    assert english[0].isupper()
    assert english.endswith(".")
    assert not JAPANESE.search(english)
    assert japanese.endswith("。")
    assert JAPANESE.search(japanese)
    assert " " not in re.sub(r"[A-Za-z_.: -]+", "", japanese)  # spaces inside of commands and names alone


@pytest.mark.parametrize("state", [State.PENDING, State.SENDING, State.SENT])
def test_what_goes_its_way_needs_no_change(state: State) -> None:
    assert {remedy(state, reason, "en") for reason in (*Reason, *OtherReason)} == {""}


def test_an_unknown_outcome_is_not_explained_by_why_it_was_allowed() -> None:
    for language in LANGUAGES:
        told = remedy(State.UNKNOWN, Reason.CONSENT, language)
        assert told == remedy(State.UNKNOWN, OtherReason.UNKNOWN_OUTCOME, language) != ""


def test_a_code_of_a_provider_has_none() -> None:
    assert remedy(State.FAILED, "TooManyRequestsException", "en") == ""
