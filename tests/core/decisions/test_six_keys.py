"""The six keys: each score has a reason, follows from what was seen, and is there for what was not sent too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.decide import Occasion, decide
from kizuna.core.decisions.record import keys_of
from kizuna.core.decisions.six_keys import Key, Seen, SixKeys, Why, six_keys
from kizuna.core.decisions.telling import lines_of, record_body
from kizuna.core.decisions.words import ANSWERS, KEYS, QUESTIONS, WHY
from kizuna.core.gate import judge
from kizuna.core.ids import address_id
from kizuna.core.people import Address, AddressStatus, Identity, Profile, Trait
from kizuna.core.policy import ConsentPolicy
from kizuna.core.reasons import OtherReason
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import Pressure, Touch
from tests.support.builders import (
    CAMPAIGN,
    MAILBOX,
    NOON,
    SERVER,
    a_catalog,
    a_message,
    a_profile,
    some_documents,
)
from tests.support.consents import EXAMPLES, a_request, events, grant, withdraw

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
YES = grant(NOON - DAY, endpoint=address_id("email", MAILBOX))
EVENT = CAMPAIGN | {"trigger": {"type": "event", "event": "X"}, "audience": None}


def someone(**traits: Any) -> Profile:
    told = {"country": "JP", "timezone": "Europe/London", **traits}
    return a_profile(
        traits={name: Trait(value, NOON, SERVER.id) for name, value in told.items()}, language="en"
    )


def keys(
    profile: Profile | None = None,
    campaign: dict[str, Any] = CAMPAIGN,
    *,
    ledger: Any = (YES,),
    heard: Any = (),
    policy: dict[str, Any] | None = None,
    withheld: OtherReason | None = None,
    late: timedelta = timedelta(0),
    hour: int = 0,
) -> SixKeys:
    documents = {
        **some_documents(campaign),
        ("policy", "policy"): {"frequency_caps": [{"count": 4, "window": "7d"}]}
        if policy is None
        else policy,
    }
    catalog = a_catalog(documents)
    now = NOON + hour * HOUR
    decided = decide(
        profile or someone(),
        Occasion(catalog.campaigns["spring"], 1, "run", since=now - late),
        ledger=ledger,
        heard=Heard(Pressure(1, tuple(heard))),
        catalog=catalog,
        now=now,
        withheld=withheld,
    )
    found = keys_of(decided.message.decision)
    assert found is not None
    return found


def touch(hours: int, campaign: str = "other") -> Touch:
    return Touch(NOON - hours * HOUR, "sms", f"m{hours}", campaign=campaign)


WHEN = {"when": {"trait": "country", "op": "exists"}}
CASES: dict[str, tuple[str, dict[str, Any], Key]] = {
    "everybody": ("relevance", {}, Key(1, Why.EVERYBODY)),
    "a condition": ("relevance", {"campaign": CAMPAIGN | WHEN}, Key(4, Why.FITS_AND_MORE)),
    "their own event": ("relevance", {"campaign": EVENT}, Key(5, Why.OWN_EVENT)),
    "not meant": ("relevance", {"withheld": OtherReason.NOT_IN_AUDIENCE}, Key(0, Why.NOT_MEANT)),
    "a yes": ("suitability", {}, Key(5, Why.SAID_YES)),
    "silence": ("suitability", {"ledger": ()}, Key(0, Why.NO_YES)),
    "a no": ("suitability", {"ledger": (withdraw(NOON - DAY, endpoint=None),)}, Key(0, Why.SAID_NO)),
    "not asked": ("suitability", {"withheld": OtherReason.SUPPRESSION_LIST}, Key(0, Why.NOT_ASKED)),
    "the law, without a word of theirs": (
        "suitability",
        {"ledger": (), "profile": replace(someone(), purchased_at=NOON - DAY)},
        Key(3, Why.LAWFUL),
    ),
    "a kind of their language": (
        "suitability",
        {"profile": replace(someone(), language="en-GB")},
        Key(5, Why.SAID_YES),
    ),
    "their language": (
        "suitability",
        {"profile": replace(someone(), language="ja")},
        Key(4, Why.OTHER_LANGUAGE),
    ),
    "a usable address": ("convenience", {}, Key(4, Why.USABLE)),
    "the channel they chose": (
        "convenience",
        {"profile": someone(preferred_channel="email")},
        Key(5, Why.PREFERRED),
    ),
    "another channel": (
        "convenience",
        {"profile": someone(preferred_channel="sms")},
        Key(2, Why.OTHER_PREFERRED),
    ),
    "no address": ("convenience", {"profile": replace(someone(), addresses={})}, Key(0, Why.NO_ADDRESS)),
    "room": ("frequency", {}, Key(5, Why.ROOM)),
    "little room": ("frequency", {"heard": [touch(30), touch(31), touch(32)]}, Key(2, Why.LITTLE_ROOM)),
    "no room": ("frequency", {"heard": [touch(n) for n in range(30, 34)]}, Key(0, Why.FULL)),
    "never counted": ("frequency", {"withheld": OtherReason.SUPPRESSION_LIST}, Key(3, Why.UNKNOWN)),
    "no limit": ("frequency", {"policy": {}}, Key(3, Why.NO_LIMIT)),
    "at once": ("timeliness", {"campaign": EVENT}, Key(5, Why.AT_ONCE)),
    "within the hour": ("timeliness", {"campaign": EVENT, "late": HOUR}, Key(4, Why.SAME_HOUR)),
    "within the day": ("timeliness", {"campaign": EVENT, "late": DAY}, Key(3, Why.SAME_DAY)),
    "late": ("timeliness", {"campaign": EVENT, "late": DAY + HOUR}, Key(1, Why.LATE)),
    "before there is room": (
        "timeliness",
        {
            "heard": [touch(1)],
            "policy": {"frequency_caps": [{"count": 1, "window": "1d", "on_hit": "defer"}]},
        },
        Key(1, Why.TOO_SOON),
    ),
    "by day": ("timeliness", {}, Key(4, Why.WAKING_HOURS)),
    "by night": ("timeliness", {"hour": 10}, Key(2, Why.ODD_HOUR)),
    "nobody knows where": ("timeliness", {"profile": someone(timezone=None)}, Key(3, Why.HOUR_UNKNOWN)),
    "alone": ("consistency", {}, Key(5, Why.ALONE)),
    "another": ("consistency", {"heard": [touch(3)]}, Key(3, Why.ANOTHER_TODAY)),
    "another, a day ago to the second": ("consistency", {"heard": [touch(24)]}, Key(5, Why.ALONE)),
    "another, an hour later": ("consistency", {"heard": [touch(23)]}, Key(3, Why.ANOTHER_TODAY)),
    "several": ("consistency", {"heard": [touch(3), touch(4)]}, Key(2, Why.SEVERAL_TODAY)),
    "the same": ("consistency", {"heard": [touch(3, "spring")]}, Key(1, Why.SAME_TODAY)),
    "nothing kept": ("consistency", {"policy": {}}, Key(3, Why.UNKNOWN)),
}


@pytest.mark.parametrize("case", CASES)
def test_a_score_follows_from_what_was_seen(case: str) -> None:
    name, changes, expected = CASES[case]
    assert getattr(keys(**changes), name) == expected


@pytest.mark.parametrize(
    ("theirs", "content", "expected"),
    [
        ("en-GB", "en", Key(5, Why.SAID_YES)),
        ("en", "en-US", Key(5, Why.SAID_YES)),
        ("EN-gb", "en-US", Key(5, Why.SAID_YES)),
        ("zh-Hant", "zh-Hans", Key(5, Why.SAID_YES)),
        ("en", "", Key(5, Why.SAID_YES)),
        ("enm", "en", Key(4, Why.OTHER_LANGUAGE)),
        ("ja-JP", "en-JP", Key(4, Why.OTHER_LANGUAGE)),
    ],
)
def test_the_language_is_theirs_whatever_its_region(theirs: str, content: str, expected: Key) -> None:
    catalog = a_catalog(some_documents(CAMPAIGN))
    campaign, message = catalog.campaigns["spring"], a_message(language=theirs)
    french = a_request(grant(), subject={"country": "FR", "region": None})
    asked = judge(french, ConsentPolicy())
    seen = Seen(campaign, message, None, False, "", content, (), False, NOON, None, NOON, asked)

    assert six_keys(seen).suitability == expected


def test_a_dead_address_and_one_that_only_a_page_told_of_are_no_convenience() -> None:
    dead = Address("email", MAILBOX, NOON, status=AddressStatus.HARD_BOUNCED)
    assert keys(replace(someone(), addresses={dead.key: dead})).convenience == Key(0, Why.UNUSABLE)
    claimed = Identity("email", MAILBOX, at=NOON, source="web", vouched=False)
    person = replace(someone(), identities={claimed.key: claimed})
    assert keys(person).convenience == Key(2, Why.ONLY_CLAIMED)


def test_an_open_complaint_is_out_of_tune_with_promotion() -> None:
    hold = {"id": "sad", "name": {"en": "Sad"}, "when": {"trait": "sad", "op": "eq", "value": True}}
    found = keys(someone(sad=True), policy={"tone_holds": [hold]})
    assert found.suitability == Key(0, Why.TROUBLED)
    assert found.consistency == Key(0, Why.OUT_OF_TUNE)


@settings(max_examples=EXAMPLES)
@given(
    st.lists(events(), max_size=4),
    st.lists(st.integers(0, 200), max_size=5, unique=True),
    st.sampled_from([None, *OtherReason]),
    st.sampled_from([CAMPAIGN, EVENT, CAMPAIGN | WHEN]),
    st.integers(0, 23),
)
def test_every_decision_has_six_scores_from_0_to_5_with_a_reason_each_and_always_the_same(
    ledger: Any, heard: list[int], withheld: OtherReason | None, campaign: dict[str, Any], hour: int
) -> None:
    told = tuple(replace(event, id=f"{number}") for number, event in enumerate(ledger))

    def scored() -> SixKeys:
        touches = [touch(hours) for hours in heard]
        return keys(None, campaign, ledger=told, heard=touches, withheld=withheld, hour=hour)

    found = scored()
    assert all(0 <= key.score <= 5 and key.why in WHY for key in found)
    assert scored() == found


def test_every_reason_key_and_question_has_words_in_both_languages() -> None:
    assert set(WHY) == set(Why)
    assert set(KEYS) == set(SixKeys._fields)
    for words in (*WHY.values(), *KEYS.values(), *QUESTIONS.values(), *ANSWERS.values()):
        assert words.en.isascii()
        assert not words.ja.isascii()
    assert len({words.en for words in WHY.values()}) == len(WHY)
    assert len({words.ja for words in WHY.values()}) == len(WHY)


def test_a_record_answers_the_three_questions_in_both_languages() -> None:
    catalog = a_catalog(
        some_documents(
            CAMPAIGN | {"intent_card": {**CAMPAIGN["intent_card"], "relevant_because": "it is spring"}}
        )
    )
    message = decide(
        someone(),
        Occasion(catalog.campaigns["spring"], 1, "run"),
        ledger=(YES,),
        heard=Heard(Pressure()),
        catalog=catalog,
        now=NOON,
    ).message
    told = record_body(message)["questions"]
    assert told["relevant"] == {
        "yes": False,
        "because": "everybody",
        "said": "it is spring",
        "sentence": {
            "en": "Is it relevant? No: it goes to everybody, whoever they are.",
            "ja": "お客様に関係のある内容ですか？ いいえ。お客様を選ばず、全員に向けた内容です。",
        },
    }
    assert told["way"]["yes"] is True
    english, japanese = lines_of(message, "en"), lines_of(message, "ja")
    assert len(english) == len(japanese) == 4
    assert english[-1].startswith("Relevance 1, Suitability 5")
    assert "inputs" not in record_body(message)
    assert record_body(message, personal=True)["inputs"]["subject"]["country"] == "JP"
