"""A decision record is told as it was written, years later: to programs as JSON, to people in two languages.

Records are rows of a table. Whoever asks why they were written to is answered from what an earlier release stored.
"""

from __future__ import annotations

from typing import Any

import pytest

from kizuna.core.decisions.record import (
    Step,
    ends_choice,
    held_for,
    is_for_another_channel,
    judged_at,
    keys_of,
    ledger_of,
    reason_of,
    steps_of,
)
from kizuna.core.decisions.six_keys import Key, Why
from kizuna.core.decisions.telling import answer, lines_of, record_body
from kizuna.core.messages import By, Evidence, State
from tests.support.builders import NOON, a_message

KEYS: list[Any] = [[5, "own_event"], [5, "said_yes"], [2, "other_preferred"], [3, "no_limit"], [4, "same_hour"],
                   [5, "alone"]]  # fmt: skip
RECORD: dict[str, Any] = {
    "answer": "allow",
    "reason": "consent",
    "trace": "erased quiet_hours@2 allow",
    "at": "2026-11-23T17:00:00.25Z",
    "policy": "pol1",
    "inputs": {"subject": {"country": "JP"}},
    "ledger": [2, "abc"],
    "hash": "h1",
    "profile": [7, "ph"],
    "reach": 3,
    "catalog": "cat1",
    "template": 4,
    "inside": {"buyers": 2},
    "outside": {"staff": 1},
    "keys": KEYS,
    "category": "marketing",
    "decided_by": ["yes"],
    "why_relevant": "they left a basket",
}
PASSED = [
    {"rule": "erased", "version": 1, "verdict": "pass", "reason": None},
    {"rule": "quiet_hours", "version": 2, "verdict": "pass", "reason": None},
    {"rule": "allow", "version": 1, "verdict": "allow", "reason": "consent"},
]


def body(state: State = State.PENDING, *, personal: bool = False, items: Any = (), **changes: Any) -> Any:
    message = a_message(decision=RECORD | changes, state=state, reason="consent", items=items)
    return record_body(message, personal=personal)


def sentence(question: str, answer: str, why: str) -> str:
    return f"{question} {answer}: {why}."


@pytest.mark.parametrize(("score", "word"), [(2, "No"), (3, "Yes"), (4, "Yes")])
def test_an_answer_is_yes_from_the_middle_on(score: int, word: str) -> None:
    assert answer("relevant", Key(score, Why.FITS), "en").startswith(f"Is it relevant? {word}: ")


def test_a_record_is_told_whole() -> None:
    told = body()
    questions, keys = told.pop("questions"), told.pop("sixKeys")
    assert told == {
        "answer": "allow",
        "reason": "consent",
        "at": "2026-11-23T17:00:00.25Z",
        "gates": PASSED,
        "outcome": {"state": "PENDING", "reason": "consent", "by": None, "held": None},
        "inputsHash": "h1",
        "profile": {"version": 7, "hash": "ph"},
        "reachVersion": 3,
        "ledger": {"events": 2, "hash": "abc"},
        "policy": "pol1",
        "catalog": "cat1",
        "campaignVersion": 3,
        "template": 4,
        "segments": {"inside": {"buyers": 2}, "outside": {"staff": 1}},
        "category": "marketing",
        "decidedBy": ["yes"],
        "experiment": None,
        "heldOut": False,
        "holdout": None,
    }
    assert {name: (key["score"], key["because"]) for name, key in keys.items()} == {
        "relevance": (5, "own_event"),
        "suitability": (5, "said_yes"),
        "convenience": (2, "other_preferred"),
        "frequency": (3, "no_limit"),
        "timeliness": (4, "same_hour"),
        "consistency": (5, "alone"),
    }
    assert keys["suitability"]["sentence"] == {
        "en": "they said yes to it",
        "ja": "ご本人の同意をいただいています",
    }
    assert [(name, each["yes"], each["because"], each["said"]) for name, each in questions.items()] == [
        ("relevant", True, "own_event", "they left a basket"),
        ("way", False, "other_preferred", None),
        ("time", True, "same_hour", None),
    ]
    assert questions["way"]["sentence"] == {
        "en": "Is it the best way? No: they chose another channel.",
        "ja": "最適な届け方ですか？ いいえ。別のチャネルを希望されています。",
    }


def test_three_of_five_is_a_yes() -> None:
    """The middle is where nothing tells: a marketer is not to be warned of what nobody knows."""
    unknown = [*KEYS[:4], [3, "hour_unknown"], KEYS[5]]
    assert body(keys=unknown)["questions"]["time"]["yes"] is True


def test_what_may_tell_of_the_person_is_told_to_who_asks_for_it_alone() -> None:
    assert "inputs" not in body()
    assert body(personal=True)["inputs"] == {"subject": {"country": "JP"}}
    older = {name: value for name, value in RECORD.items() if name != "inputs"}
    assert "inputs" not in record_body(a_message(decision=older), personal=True)


def test_of_a_bare_record_nothing_is_made_up() -> None:
    told = record_body(a_message(decision={"answer": "deny", "reason": "no_address", "trace": "choose"}))
    assert told["gates"] == [{"rule": "choose", "version": 1, "verdict": "deny", "reason": "no_address"}]
    assert told["segments"] == {"inside": {}, "outside": {}}
    assert (told["decidedBy"], told["heldOut"]) == ([], False)
    unknown = ("ledger", "profile", "questions", "sixKeys", "holdout", "experiment", "at", "hash", "policy")
    assert {told.get(name) for name in unknown} == {None}
    assert record_body(a_message(decision={})) == {}


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("not_before", "notBefore"), ("hold", "hold"), ("product", "product"), ("cap", "cap"), ("until", "until"),
        ("held_for", "heldFor"), ("digest", "digest"), ("left_out", "leftOut"), ("channels", "channels"),
        ("moment", "moment"), ("provider", "provider"), ("error", "error"),
    ],
)  # fmt: skip
def test_what_later_steps_added_is_told_too(stored: str, told: str) -> None:
    later: dict[str, Any] = {stored: "x"}
    assert body(**later)[told] == "x"
    assert told not in body()


def test_a_digest_tells_of_what_and_a_ghost_of_which_comparison() -> None:
    assert body(items=("m1", "m2"))["items"] == ["m1", "m2"]
    assert "items" not in body()
    ghost = body(held_out=True, holdout=["campaign", "spring"], experiment={"id": "e", "arm": "b"})
    assert ghost["heldOut"] is True
    assert ghost["holdout"] == {"level": "campaign", "name": "spring"}
    assert ghost["experiment"] == {"id": "e", "arm": "b"}


@pytest.mark.parametrize("state", list(State))
def test_what_ended_a_message_that_the_gate_let_pass_is_its_last_rule(state: State) -> None:
    """Else the record of a message that nobody got would read as though it had gone out."""
    ended = {"rule": "afterwards", "version": 1, "verdict": "deny", "reason": "consent"}
    not_sent = state in (State.DENIED, State.EXPIRED, State.FAILED)
    assert body(state)["gates"] == [*PASSED, *([ended] if not_sent else [])]
    assert body(state, answer="deny", trace="erased")["gates"][1:] == []  # the gate itself ended it


def test_the_outcome_names_what_moved_it_there_and_what_holds_it() -> None:
    steps = (Evidence(State.PENDING, NOON, By.RULES), Evidence(State.PENDING, NOON, By.HOLD, "pace"))
    moved = [record_body(a_message(decision=RECORD, evidence=steps[:count]))["outcome"] for count in (1, 2)]
    assert [(each["by"], each["held"]) for each in moved] == [("rules", None), ("hold", "pace")]


def test_a_message_is_told_in_lines() -> None:
    message = a_message(decision=RECORD | {"moment": {"because": "at_once"}})
    assert lines_of(message, "en") == (
        "Is it relevant? Yes: it answers something they just did. (The plan says: they left a basket.)",
        "Is it the best way? No: they chose another channel.",
        "Is it the best time? Yes: it comes within the hour of its cause.",
        "The moment: as soon as it was decided.",
        "Relevance 5, Suitability 5, Convenience 2, Frequency 3, Timeliness 4, Consistency 5",
    )
    assert lines_of(a_message(decision=RECORD), "ja") == (
        "お客様に関係のある内容ですか？ はい。ご本人の行動に応える内容です。（企画：they left a basket）",
        "最適な届け方ですか？ いいえ。別のチャネルを希望されています。",
        "最適なタイミングですか？ はい。きっかけから1時間以内です。",
        "関連性：5、適切さ：5、利便性：2、頻度：3、タイミング：4、一貫性：5",
    )
    assert lines_of(a_message(decision={"answer": "deny"}), "en") == ()


# ── reading what is stored ──────────────────────────────────────────────────────────────────────


def test_the_rules_of_a_record_are_read_in_order() -> None:
    assert steps_of(RECORD) == (
        Step("erased", 1, "pass", ""),
        Step("quiet_hours", 2, "pass", ""),
        Step("allow", 1, "allow", "consent"),
    )
    assert steps_of({}) == steps_of({"trace": ""}) == ()


def test_what_was_read_is_named_and_when() -> None:
    mark, at = ledger_of(RECORD), judged_at(RECORD)
    assert mark is not None
    assert (mark.events, mark.hash) == (2, "abc")
    assert at is not None
    assert at.isoformat() == "2026-11-23T17:00:00.250000+00:00"
    assert ledger_of({}) is None
    assert judged_at({}) is None


@pytest.mark.parametrize(
    "told", [None, [], KEYS[:5], [*KEYS[:5], [5, "by the stars"]], [*KEYS, [5, "alone"]]]
)
def test_keys_of_another_release_are_none(told: Any) -> None:
    assert keys_of({"keys": told}) is None


HOURS, CAP = "house_hours", "frequency_cap"
ELSEWHERE = {"inputs": {"message": {"cap_elsewhere": True}}}


@pytest.mark.parametrize(
    ("record", "ends", "elsewhere"),
    [
        ({"answer": "deny", "reason": HOURS}, True, False),
        ({"answer": "deny", "reason": "house_hours_elsewhere"}, False, True),
        ({"answer": "deny", "reason": CAP}, True, False),
        ({"answer": "defer", "reason": CAP}, False, False),
        ({"answer": "deny", "reason": CAP, **ELSEWHERE}, False, True),
        ({"answer": "deny", "reason": CAP, "inputs": {"message": {"cap_elsewhere": False}}}, True, False),
        ({"answer": "deny", "reason": CAP, "inputs": {}}, True, False),
        ({"answer": "deny", "reason": "objection", **ELSEWHERE}, False, False),
        ({}, False, False),
    ],
)
def test_whether_another_channel_is_tried(record: dict[str, Any], ends: bool, elsewhere: bool) -> None:
    """What was too much is dropped and not told on the next channel, unless the cap or the hours say so."""
    assert (ends_choice(record), is_for_another_channel(record)) == (ends, elsewhere)


def test_what_is_held_for_a_digest_has_that_reason() -> None:
    held = {"reason": CAP, "held_for": "weekly"}
    assert (held_for(held), str(reason_of(held))) == ("weekly", "held_for_digest")
    assert (held_for(RECORD), reason_of(RECORD)) == ("", "consent")
