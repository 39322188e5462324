"""What a test expects, held against what came: everything that is otherwise is told, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from kizuna.cli.paths import ROOT
from kizuna.core.errors import InvalidDefinition
from kizuna.core.sentences import Language
from kizuna.local.time_travel.cases import TestFile
from kizuna.local.time_travel.judging import differences
from kizuna.local.time_travel.playing import play
from kizuna.local.time_travel.reading import read_as
from kizuna.local.time_travel.stories import Story
from kizuna.local.time_travel.telling import kind_in_words, lines_of, what_of, why_of
from tests.support.travels import ANN, STARTS, a_shop, cart
from tests.support.walks import say, wait, wait_for

STEPS = (
    wait("w", "1h"),
    say("m"),
    {"id": "set", "type": "update_profile", "set": {"seen": True}},
    {"id": "tell", "type": "emit_event", "event": "Cart Noted"},
    wait_for("c", "Order Completed", timeout="2d", on_timeout="n"),
    say("n"),
)
CATALOG = a_shop(*STEPS)
LANGUAGES: tuple[Language, ...] = ("en", "ja")


def found(expect: dict[str, Any], *events: dict[str, Any], **changes: Any) -> list[tuple[str, str, str]]:
    told = {"name": "it", "events": list(events) or [cart()], "expect": expect, **changes}
    file = TestFile.model_validate(
        {"journey": "spring", "starts": STARTS, "people": {"ann": ANN}, "tests": [told]}
    )
    (case,) = file.tests
    played = play(file.story_of(case), CATALOG)
    return [(each.path, each.expected, each.got) for each in differences(case, file, played)]


@pytest.mark.parametrize(
    "expect",
    [
        {"messages": [{"at": "1h", "step": "m"}, {"at": "2d 1h", "step": "n", "channel": "email"}]},
        {
            "messages": [
                {"template": "spring-email", "language": "en", "person": "ann"},
                {"campaign": "spring.n"},
            ]
        },
        {"messages": [{"at": "59m", "within": "5m"}, {}]},
        {"messages": [{"contains": "The Shop"}, {}]},
        {"withheld": []},
        {"runs": [{"state": "completed", "reason": "end", "at": "2d 1h", "held_out": False}]},
        {"runs": [{"path": ["w", "m", "set", "tell", "c", "n"], "node": "n", "journey": "spring"}]},
        {"traits": {"ann": {"seen": True}}},
        {"events": ["Cart Noted"]},
    ],
)
def test_what_came_as_expected_is_no_difference(expect: dict[str, Any]) -> None:
    assert found(expect) == []


SENT_M = "2026-11-23 13:00 ann spring.m email spring-email en"
SENT_N = "2026-11-25 13:00 ann spring.n email spring-email en"


@pytest.mark.parametrize(
    ("expect", "expected"),
    [
        ({"messages": [{"step": "m"}]}, [("messages[1]", "nothing more", SENT_N)]),
        ({"messages": [{}, {}, {"step": "o"}]}, [("messages[2]", "o", "nothing more")]),
        ({"messages": [{"at": "58m"}, {}]}, [("messages[0]", "2026-11-23 12:58", SENT_M)]),
        ({"messages": [{"at": "61m"}, {}]}, [("messages[0]", "2026-11-23 13:01", SENT_M)]),
        ({"messages": [{"channel": "sms"}, {}]}, [("messages[0]", "sms", SENT_M)]),
        ({"messages": [{"contains": "no such words"}, {}]}, [("messages[0]", "“no such words”", SENT_M)]),
        (
            {"withheld": [{"reason": "no_consent", "step": "m"}]},
            [("withheld[0]", "m no_consent", "nothing more")],
        ),
        ({"traits": {"ann": {"seen": False}}}, [("traits.ann.seen", "False", "True")]),
        ({"traits": {"bob": {"seen": True}}}, [("traits.bob.seen", "True", "None")]),
        ({"events": []}, [("events", "none", "Cart Noted")]),
    ],
)
def test_what_came_otherwise_is_told_with_both_sides(
    expect: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert found(expect) == expected


def test_a_run_that_went_another_way_is_told_with_its_path() -> None:
    ((path, expected, got),) = found(
        {"runs": [{"state": "completed"}]}, cart(), {"at": "1d", "event": "Order Completed"}
    )
    assert (path, expected) == ("runs[0]", "completed")
    assert got == "2026-11-24 12:00 ann spring converted goal c w → m → set → tell → c"


def test_withheld_messages_are_told_with_their_reasons() -> None:
    silent = {"people": {"ann": {**ANN, "consents": {}}}}
    expect = {"withheld": [{"reason": "no_consent", "step": "m", "at": "1h"}, {"reason": "no_consent"}]}
    assert found(expect, **silent) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"expect": {}}, "expects nothing"),
        ({"expect": {"messages": [{"stepp": "m"}]}}, "tests.0.expect.messages.0.stepp"),
        ({"events": [{"at": "1d"}]}, "give one of event"),
        ({"events": [{"at": "1d", "event": "X", "page": "Y"}]}, "give one of event"),
        ({"events": [{"at": "someday", "event": "X"}]}, "not a moment"),
    ],
)
def test_a_test_that_cannot_be_read_says_where_and_why(changes: dict[str, Any], told: str) -> None:
    test = {"name": "it", "expect": {"messages": []}, **changes}
    with pytest.raises(InvalidDefinition, match=told):
        read_as(TestFile, {"tests": [test]}, "it.test.yaml")


def test_two_tests_of_one_name_are_refused() -> None:
    test = {"name": "it", "expect": {"messages": []}}
    with pytest.raises(InvalidDefinition, match="two tests are called 'it'"):
        read_as(TestFile, {"tests": [test, test]}, "it.test.yaml")


def test_everything_that_happens_is_told_in_both_languages() -> None:
    silent = {"ann": {**ANN, "consents": {}}}
    file = {"starts": STARTS, "people": silent, "events": [cart()], "until": "1d"}
    played = play(Story.model_validate(file), CATALOG)
    lines = lines_of(played, journey="spring")
    assert [line.kind for line in lines] == [
        "happened", "entered", "step", "step", "step", "step", "withheld", "waits",
    ]  # fmt: skip
    for language in LANGUAGES:
        told = [
            (kind_in_words(line.kind, language), what_of(line, language), why_of(line, played, language))
            for line in lines
        ]
        assert len({kind for kind, _, _ in told}) == 5
    assert told[2] == ("ステップ", "spring.w", "待機が終わりました")
    assert told[-1][2] == "2026-11-25 13:00まで"


def test_the_file_that_the_guide_shows_can_be_read() -> None:
    (shown,) = re.findall(
        r"```yaml\n(.*?)```", (ROOT / "docs" / "journey-tests.md").read_text("utf-8"), re.DOTALL
    )
    file = read_as(TestFile, yaml.safe_load(shown), "the guide")
    assert [case.name for case in file.tests] == [
        "Whoever reads the mail and does not buy hears of it once more"
    ]
