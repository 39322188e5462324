"""Files of definitions: what two readers of YAML would read differently is refused or stays what was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kizuna.core.errors import InvalidDefinition
from kizuna.local.yaml_files import LARGEST, parse_yaml, read_yaml
from tests.docs.reading import ROOT


def refusal(text: str) -> str:
    with pytest.raises(InvalidDefinition) as refused:
        parse_yaml(text, place="policy.yaml")
    (problem,) = refused.value.problems
    assert problem.path == "policy.yaml"
    return problem.reason


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("[22:00, 07:00]", ["22:00", "07:00"]),
        ("[1:30:00, 12:30.5]", ["1:30:00", "12:30.5"]),
        ("[2026-12-31, 2026-12-31T00:00:00Z]", ["2026-12-31", "2026-12-31T00:00:00Z"]),
        ("[012, 0123456789, 0o7, 0b11]", ["012", "0123456789", "0o7", "0b11"]),
        ("[0, -3, 1_000, 0x1f, 1.5, -.5e+3, 2., .5]", [0, -3, 1000, 31, 1.5, "-.5e+3", 2.0, 0.5]),
        ("[true, False, TRUE, ~, null, '']", [True, False, True, None, None, ""]),
        ('["NO", "on", y, n, North, office]', ["NO", "on", "y", "n", "North", "office"]),
        ("{<<: {a: 1, b: 2}, b: 3}", {"a": 1, "b": 3}),
        ("{a: &x {b: 1}, c: *x}", {"a": {"b": 1}, "c": {"b": 1}}),
    ],
)
def test_words_mean_what_somebody_wrote(text: str, held: Any) -> None:
    assert parse_yaml(text, place="p") == held


@pytest.mark.parametrize(
    "word", ["yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"]
)
@pytest.mark.parametrize("text", ["a: [{0}]", "{0}: 1", "a: {0}"])
def test_an_answer_that_may_be_a_word_is_asked_back(word: str, text: str) -> None:
    meant = "true" if word.lower() in ("yes", "on") else "false"
    told = refusal("x: 1\n" + text.format(word))
    assert told.startswith("cannot be read: line 2, column ")
    assert f'{word} may be an answer or a word: write {meant}, or put it in quotes: "{word}"' in told


@pytest.mark.parametrize(
    "text", ["kill_switch: true\nkill_switch: false\n", "a:\n  b: 1\nc: {b: 1, x: 2, b: 1}\n", "1: a\n1: b\n"]
)
def test_a_key_that_is_given_twice_is_refused_with_both_lines(text: str) -> None:
    assert "is given twice, first in line" in refusal(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("a: [", "line 1, column"),
        ("a: 1\n---\nb: 1", "but found another document"),
        ("a: !!python/object/apply:os.system [id]", "could not determine a constructor"),
        ("a: \x07", "special characters are not allowed"),
        ("a: *nobody", "found undefined alias"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, why: str) -> None:
    assert why in refusal(text)


def test_a_file_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    large, latin = tmp_path / "large.yaml", tmp_path / "latin.yaml"
    large.write_bytes(b"#" * (LARGEST + 1))
    latin.write_bytes(b"a: \xe9")
    for path, why in (
        (large, "is larger than 16 MB"),
        (latin, "cannot be read: 'utf-8'"),
        (tmp_path / "none.yaml", "there is no such file"),
        (tmp_path, "cannot be read: Is a directory"),
    ):
        with pytest.raises(InvalidDefinition) as refused:
            read_yaml(path)
        (problem,) = refused.value.problems
        assert (problem.path, problem.reason[: len(why)]) == (str(path), why)


def test_what_is_saved_with_a_mark_of_its_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("id: policy\n", encoding="utf-8-sig")
    assert read_yaml(tmp_path / "a.yaml") == {"id": "policy"}


def test_the_sample_workspace_means_the_same_to_any_reader_but_for_its_days_and_hours() -> None:
    def plain(value: Any) -> Any:
        match value:
            case dict():
                return {str(key): plain(each) for key, each in value.items()}
            case list():
                return [plain(each) for each in value]
            case bool() | int() | float() | str() | None:
                return value
            case _:
                return value.isoformat()

    for path in sorted((ROOT / "shared" / "workspace").rglob("*.yaml")):
        ours, others = read_yaml(path), yaml.safe_load(path.read_text(encoding="utf-8"))
        if not path.name.endswith(".test.yaml"):
            assert ours == plain(others), path.name
