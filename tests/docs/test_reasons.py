"""docs/reasons.md: every code, with the words that people are told."""

from __future__ import annotations

import json
from itertools import chain

from kizuna.core.intake.causes import Cause
from kizuna.core.reasons import OtherReason, Reason, Waits
from kizuna.core.remedies import REMEDIES
from kizuna.core.sentences import HOLDS, REASONS
from tests.docs.reading import ROOT, codes, page, rows, section

PAGE = "docs/reasons.md"
GATE = {"allow": "## The gate allows", "deny": "## The gate denies", "defer": "## The gate defers"}


def told(heading: str) -> dict[str, list[str]]:
    return {codes(code)[0]: cells for code, *cells in rows(section(page(PAGE), heading))}


def test_every_reason_of_the_gate_is_told_once() -> None:
    listed = list(chain.from_iterable(told(heading) for heading in GATE.values()))
    assert sorted(listed) == sorted(Reason)


def test_every_other_reason_is_told() -> None:
    assert list(told("## Outside the gate")) == list(OtherReason)


def test_a_reason_is_told_in_the_words_that_people_read() -> None:
    for heading in (*GATE.values(), "## Outside the gate"):
        for code, (meaning, english, japanese) in told(heading).items():
            assert meaning, code
            assert (english, japanese) == REASONS[code], code


def test_what_holds_a_message_back_is_told_in_the_words_that_people_read() -> None:
    held = told("## Held back though it may go")
    assert list(held) == list(Waits)
    assert {code: (english, japanese) for code, (_, english, japanese) in held.items()} == HOLDS


def test_what_would_have_to_change_is_told_in_the_same_words() -> None:
    found = {code: tuple(cells) for code, cells in told("## What would have to change").items()}
    assert found == REMEDIES


def test_a_reason_that_is_not_given_yet_is_marked_and_no_other() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "shared" / "kizuna").rglob("*.py")]
    code = "\n".join(sources)
    unused = {reason for reason in OtherReason if code.count(f"OtherReason.{reason.name}") <= 1}
    marked = {name for name, cells in told("## Outside the gate").items() if "not given yet" in cells[0]}
    assert marked == unused


def test_each_reason_stands_where_the_worked_cases_use_it() -> None:
    cases = json.loads((ROOT / "events" / "consent_cases.json").read_text(encoding="utf-8"))["cases"]
    expected = {(case["expect"]["decision"], case["expect"]["reason"]) for case in cases if "expect" in case}
    assert {decision for decision, _ in expected} == set(GATE)
    for decision, reason in expected:
        assert reason in told(GATE[decision]), (decision, reason)


def test_every_cause_of_quarantine_is_told() -> None:
    listed = {
        code
        for cells in rows(section(page(PAGE), "## Why an event is in quarantine"))
        for code in codes(cells[0])
    }
    assert set(Cause) <= listed
    sources = [path for base in ("shared", "functions") for path in (ROOT / base).rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    built = {"invalid_email", "invalid_phone"}  # put together from the field's name
    assert {cause for cause in listed - built if f'"{cause}"' not in code} == set()
