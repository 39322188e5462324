"""What an inbound text asks for (`consent.md` section 9).

The keywords are those named by 47 CFR 64.1200(a)(10) together with the AWS and CTIA lists. Providers do not
catch all of them, so every inbound text is read here. Who may be unsure is not sent to: a text that only
*mentions* leaving is held for a person to read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property

from pydantic import BaseModel, ConfigDict, field_validator, model_validator


class SmsClass(StrEnum):
    STOP = "stop"
    START = "start"
    HELP = "help"
    REVIEW = "review"
    OTHER = "other"


_STOP_WORDS = frozenset(
    {
        "stop",
        "quit",
        "end",
        "revoke",
        "opt out",
        "optout",
        "opt-out",
        "cancel",
        "unsubscribe",
        "stopall",
        "arret",
        "remove",
        "td",
    }
)
_START_WORDS = frozenset({"start", "unstop"})
# A word ends where Latin letters do: Japanese is written without spaces, and "stopしてください" says stop.
_STOP_PHRASE = re.compile(r"\bstop (?:texting|messaging|sending|contacting)\b", re.ASCII)
_REVIEW_WORDS = re.compile(r"\b(?:stop|quit|unsubscribe|cancel|revoke|opt[ -]?out)\b", re.ASCII)

# Combining marks of Latin letters only: the voicing marks of kana are part of the letter, not accents.
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
# Letters and marks that show nothing (Default_Ignorable_Code_Point of Unicode): fillers, variation selectors.
_FILLERS = re.compile("[\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")

# What stands between two Latin letters and looks like a hyphen: the dashes and hyphens of Unicode (category Pd), the
# minus, the bullet, and what a Japanese keyboard gives (the mark of a long vowel, the figure one, a line of a box).
# Ours beside section 9, which knows the hyphen of ASCII alone.
_HYPHENS = re.compile(
    "(?<=[a-z])[\u058a\u05be\u1400\u1806\u2010-\u2015\u2043\u2212\u2e17\u2e1a\u2e3a\u2e3b\u2e40\u301c\u3030"
    "\u30a0\u30fc\u2500\u2501\u4e00](?=[a-z])"
)


def normalise(text: str) -> str:
    """The text as keywords are compared: compatible forms, no accents, lower case, single spaces.

    Leading and trailing `.` and `!` go too, with the spaces around them. What cannot be seen (zero-width space, byte
    order mark, marks of direction, variation selectors, NUL) is dropped: a phone that adds one still means its word.
    What looks like a hyphen between two Latin letters is one: phones set `opt–out` by themselves.
    """
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    plain = _FILLERS.sub("", _ACCENTS.sub("", plain)).lower()
    plain = "".join(char for char in plain if not _is_unseen(char))
    plain = _HYPHENS.sub("-", plain)
    return " ".join(unicodedata.normalize("NFC", plain).split()).strip(" .!")


# Letters of Cyrillic and Greek that look like the Latin ones of the keywords: what looks like a STOP and is none
# waits for a person, as whatever else may be one.
_LOOKALIKES = str.maketrans("аеорсѕтіԁкмԛѵӏοτρυεακιν", "aeopcstidkmqvlotpueakiv")


def _is_unseen(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind == "Cf" or (kind == "Cc" and not char.isspace())


class SmsWords(BaseModel):
    """Words of the workspace beside those of section 9, such as Japanese ones; they only ever add.

    `stop`, `start` and `help` are the whole text, `review` is anything that a text contains (a word of Latin letters
    as a whole word). They are compared as the built-in words are, without a full stop of any script at their end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    review: tuple[str, ...] = ()

    @field_validator("stop", "start", "help", "review")
    @classmethod
    def _can_be_written(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            if not 1 <= len(_folded(word)) <= _LONGEST:
                raise ValueError(f"a word has 1 to {_LONGEST} letters")
        return words

    @model_validator(mode="after")
    def _mean_one_thing(self) -> SmsWords:
        meant: dict[str, SmsClass] = {}
        for kind, word in self._whole_texts():
            told = meant.setdefault(word, kind)
            ours = _built_in(word)
            if told is not kind or ours not in (kind, SmsClass.OTHER, SmsClass.REVIEW):
                other = told if told is not kind else ours
                raise ValueError(f"{word!r} means {other} already and cannot mean {kind} as well")
        return self

    def class_of(self, text: str) -> SmsClass | None:
        """What these words make of a text; None where they say nothing."""
        plain = _folded(text)
        whole = self._meanings.get(plain)
        if whole is not None:
            return whole
        return SmsClass.REVIEW if any(each.search(plain) for each in self._review) else None

    @cached_property
    def _meanings(self) -> dict[str, SmsClass]:
        return {word: kind for kind, word in self._whole_texts()}

    @cached_property
    def _review(self) -> tuple[re.Pattern[str], ...]:
        folded = map(_folded, self.review)
        return tuple(
            re.compile(rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word), re.ASCII)
            for word in folded
        )

    def _whole_texts(self) -> Iterator[tuple[SmsClass, str]]:
        for kind, words in (
            (SmsClass.STOP, self.stop),
            (SmsClass.START, self.start),
            (SmsClass.HELP, self.help),
        ):
            yield from ((kind, _folded(word)) for word in words)


NO_WORDS = SmsWords()
_LONGEST = 40
_FULL_STOPS = " .!?。、，．"  # after NFKC only the ideographic ones are left beside ours


def _folded(text: str) -> str:
    return normalise(text).strip(_FULL_STOPS)


def classify(text: str, words: SmsWords = NO_WORDS) -> SmsClass:
    """The class of an inbound text; the first that applies, in the order of the table in section 9.

    What that table takes for STOP, START or HELP stays so whatever the `words` of the workspace; then come those, and
    last what is held for a person to read.
    """
    ours = _built_in(text)
    if ours not in (SmsClass.OTHER, SmsClass.REVIEW):
        return ours
    return words.class_of(text) or ours


def _built_in(text: str) -> SmsClass:
    plain = normalise(text)
    if plain in _STOP_WORDS or _STOP_PHRASE.search(plain):
        return SmsClass.STOP
    if plain in _START_WORDS:
        return SmsClass.START
    if plain == "help":
        return SmsClass.HELP
    looks = plain.translate(_LOOKALIKES)
    if _REVIEW_WORDS.search(looks) or looks in _STOP_WORDS:
        return SmsClass.REVIEW
    return SmsClass.OTHER
