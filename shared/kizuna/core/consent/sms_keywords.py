"""What an inbound text asks for (`consent.md` section 9).

The keywords are those named by 47 CFR 64.1200(a)(10) together with the AWS and CTIA lists. Providers do not
catch all of them, so every inbound text is read here. Who may be unsure is not sent to: a text that only
*mentions* leaving is held for a person to read.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


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
_STOP_PHRASE = re.compile(r"\bstop (?:texting|messaging|sending|contacting)\b")
_REVIEW_WORDS = re.compile(r"\b(?:stop|quit|unsubscribe|cancel|revoke|opt[ -]?out)\b")

# Combining marks of Latin letters only: the voicing marks of kana are part of the letter, not accents.
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")


def normalise(text: str) -> str:
    """The text as keywords are compared: compatible forms, no accents, lower case, single spaces.

    Leading and trailing `.` and `!` go too, with the spaces around them. Invisible format characters
    (zero-width space, byte order mark) are dropped, since a phone that adds one still means its word.
    """
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    plain = _ACCENTS.sub("", plain).lower()
    plain = "".join(char for char in plain if unicodedata.category(char) != "Cf")
    return " ".join(unicodedata.normalize("NFC", plain).split()).strip(" .!")


def classify(text: str) -> SmsClass:
    """The class of an inbound text; the first that applies, in the order of the table in section 9."""
    plain = normalise(text)
    if plain in _STOP_WORDS or _STOP_PHRASE.search(plain):
        return SmsClass.STOP
    if plain in _START_WORDS:
        return SmsClass.START
    if plain == "help":
        return SmsClass.HELP
    if _REVIEW_WORDS.search(plain):
        return SmsClass.REVIEW
    return SmsClass.OTHER
