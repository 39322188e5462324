"""Reading inbound texts: consent.md section 9."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent.sms_keywords import SmsClass, classify, normalise

STOP_WORDS = (
    *("stop", "quit", "end", "revoke", "opt out", "optout", "opt-out"),
    *("cancel", "unsubscribe", "stopall", "arret", "remove", "td"),
)


@pytest.mark.parametrize("word", STOP_WORDS)
@pytest.mark.parametrize("form", ["{}", "  {}\n", "{}.", "!{}!!", "... {} ...", "{} !"])
def test_a_text_that_is_a_stop_word_stops_in_any_dress(word: str, form: str) -> None:
    for dressed in (word, word.upper(), word.title()):
        assert classify(form.format(dressed)) is SmsClass.STOP


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ＳＴＯＰ", SmsClass.STOP),
        ("Arrêt", SmsClass.STOP),
        ("ARRE\u0302T", SmsClass.STOP),
        ("STOP\u200b", SmsClass.STOP),
        ("\ufeffstop", SmsClass.STOP),
        ("OPT  OUT", SmsClass.STOP),
        ("opt\u00a0out", SmsClass.STOP),
        ("please stop texting me", SmsClass.STOP),
        ("STOP MESSAGING!", SmsClass.STOP),
        ("will you stop  sending these", SmsClass.STOP),
        ("Stop contacting my mother", SmsClass.STOP),
        ("start and then stop texting", SmsClass.STOP),
        ("START", SmsClass.START),
        ("unstop.", SmsClass.START),
        ("Help!", SmsClass.HELP),
        ("stop it", SmsClass.REVIEW),
        ("see you at the bus stop", SmsClass.REVIEW),
        ("stop the texting", SmsClass.REVIEW),
        ("stop textings", SmsClass.REVIEW),
        ('"STOP"', SmsClass.REVIEW),
        ("I want to quit", SmsClass.REVIEW),
        ("unsubscribe me", SmsClass.REVIEW),
        ("can I cancel?", SmsClass.REVIEW),
        ("I revoke this", SmsClass.REVIEW),
        ("I opt out of this", SmsClass.REVIEW),
        ("i opt-out of this", SmsClass.REVIEW),
        ("optout now", SmsClass.REVIEW),
        ("help me stop this", SmsClass.REVIEW),
        ("the weekend", SmsClass.OTHER),
        ("the end of it", SmsClass.OTHER),
        ("remove the lid", SmsClass.OTHER),
        ("nonstop service", SmsClass.OTHER),
        ("stops", SmsClass.OTHER),
        ("stopped texting", SmsClass.OTHER),
        ("cancelled", SmsClass.OTHER),
        ("start now", SmsClass.OTHER),
        ("help me", SmsClass.OTHER),
        ("thanks", SmsClass.OTHER),
        # What a phone adds and nobody sees.
        ("\u200eSTOP\u200f", SmsClass.STOP),
        ("\u202eSTOP\u202c", SmsClass.STOP),
        ("S\u200bT\u200cO\u200dP", SmsClass.STOP),
        ("STOP\ufe0f", SmsClass.STOP),
        ("STOP\u3164", SmsClass.STOP),
        ("opt\u00adout", SmsClass.STOP),
        ("STOP\x00\x00", SmsClass.STOP),
        ("ＳＴＡＲＴ\u200b", SmsClass.START),
        # What says stop among other things waits for a person, whatever stands beside it and in whatever script.
        ("STOPしてください", SmsClass.REVIEW),
        ("もうstopで", SmsClass.REVIEW),
        ("ＳＴＯＰ。", SmsClass.REVIEW),
        ("STOP 🛑", SmsClass.REVIEW),
        ("STOP\n\n> On 22 Nov we wrote: half price today", SmsClass.REVIEW),
        ("Re: cancel your order?\nSTOP", SmsClass.REVIEW),
        ("stop " * 2_000, SmsClass.REVIEW),
        # Letters that only look so: no STOP, and no reason to go on either.
        ("ЅТОР", SmsClass.REVIEW),
        ("SТOP", SmsClass.REVIEW),
        ("stορ", SmsClass.REVIEW),
        ("СТОП", SmsClass.OTHER),
        ("s t o p", SmsClass.OTHER),
        ("非stopの", SmsClass.REVIEW),
        ("x" * 10_000, SmsClass.OTHER),
        ("\u202e\u200b\x00", SmsClass.OTHER),
        ("", SmsClass.OTHER),
        ("...", SmsClass.OTHER),
        ("ストップ", SmsClass.OTHER),
    ],
)
def test_a_text_is_read_as_its_class(text: str, expected: SmsClass) -> None:
    assert classify(text) is expected


HYPHENS = {
    "hyphen": "\u2010",
    "non-breaking hyphen": "\u2011",
    "figure dash": "\u2012",
    "en dash": "\u2013",
    "em dash": "\u2014",
    "bar": "\u2015",
    "minus": "\u2212",
    "small hyphen": "\ufe63",
    "full-width hyphen": "\uff0d",
    "long vowel": "\u30fc",
    "half-width long vowel": "\uff70",
    "double hyphen of kana": "\u30a0",
    "wave dash": "\u301c",
    "line of a box": "\u2500",
    "the figure one": "\u4e00",
}


@pytest.mark.parametrize("hyphen", HYPHENS.values(), ids=HYPHENS)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("opt{}out", SmsClass.STOP),
        ("ＯＰＴ{}ＯＵＴ。", SmsClass.REVIEW),
        (" Opt{}Out! ", SmsClass.STOP),
        ("I opt{}out of this", SmsClass.REVIEW),
        ("stop{}it", SmsClass.REVIEW),
        ("please stop texting{}now", SmsClass.STOP),
        ("pop{}out", SmsClass.OTHER),
    ],
)
def test_whatever_looks_like_a_hyphen_between_latin_letters_is_one(
    hyphen: str, text: str, expected: SmsClass
) -> None:
    assert classify(text.format(hyphen)) is expected


@pytest.mark.parametrize("text", ["メール", "サーバーストップ", "一つ", "Aーい"])
def test_marks_of_japanese_stay_what_they_are_beside_japanese(text: str) -> None:
    assert normalise(text) == text.lower()


def test_voiced_kana_are_letters_and_keep_their_marks() -> None:
    assert normalise("が") == "が"
    assert normalise("ガ") == "ガ"


@settings(max_examples=150)
@given(st.text(max_size=40))
def test_every_text_has_a_class_and_normalising_twice_changes_nothing(text: str) -> None:
    assert classify(text) is classify(normalise(text))
