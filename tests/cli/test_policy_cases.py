"""`kizuna policy cases` on files that are not as they should be: one line that says where, and exit code 1."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.kizuna_command import kizuna

FILE = Path(__file__).parents[2] / "events" / "consent_cases.json"
CASES: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))


def judged(tmp_path: Path, content: Any) -> tuple[int, str]:
    path = tmp_path / "cases.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return kizuna("policy", "cases", str(path))


def with_case(number: int, **given: Any) -> dict[str, Any]:
    document = copy.deepcopy(CASES)
    document["cases"][number]["given"].update(given)
    return document


def test_the_worked_cases_are_judged_and_agree(tmp_path: Path) -> None:
    assert kizuna("policy", "cases", str(FILE)) == (0, "60 cases judged, 0 differ\n")
    assert judged(tmp_path, b"\xef\xbb\xbf" + FILE.read_bytes())[0] == 0  # as some editors begin a file


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "Expecting property name"),
        (b"\xff\xfe\x00", "can't decode byte"),
        (b"[" * 100_000, "nested too deeply"),
        ([], "cases: a list of cases is needed"),
        ({"cases": [7]}, "cases[0].expect.decision: must be allow, deny or defer"),
        (
            {"cases": [], "policy_defaults": {"opt_in": 1}},
            "policy_defaults.opt_in: Extra inputs are not permitted",
        ),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, content: Any, told: str) -> None:
    code, output = judged(tmp_path, content)
    assert (code, told in output, "Traceback" in output) == (1, True, False)
    assert kizuna("policy", "cases", str(tmp_path / "nowhere.json"))[0] == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"ledger": [{"id": 5}]}, "cannot be read: consent event without id: id is not a str"),
        ({"ledger": "none"}, "cannot be read: ledger is not a list"),
        ({"now": "soon"}, "cannot be read"),
        ({"message": []}, "cannot be read: message is not an object"),
        ({"relationship": {"last_purchase_at": 5}}, "cannot be read: not an instant"),
    ],
)
def test_a_row_that_cannot_be_read_says_what_of_it_and_the_others_are_judged(
    tmp_path: Path, given: dict[str, Any], told: str
) -> None:
    code, output = judged(tmp_path, with_case(3, **given))
    assert (code, told in output, "60 cases judged, 1 differ" in output) == (1, True, True)


def test_half_a_character_in_a_title_is_shown_as_what_it_is(tmp_path: Path) -> None:
    case = {"id": "x\ud800", "title": "\udfff", "given": {}, "expect": {"decision": "allow"}}
    code, output = judged(tmp_path, {"cases": [case]})
    assert (code, "x\\ud800 \\udfff" in output) == (1, True)
