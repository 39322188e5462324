"""`kizuna journey simulate` and `kizuna test`: what happens when, and whether it is as it should be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from kizuna.cli.console import SafeConsole
from kizuna.cli.context import Place
from kizuna.cli.main import app
from tests.support.builders import some_documents
from tests.support.travels import ANN, STARTS, cart
from tests.support.walks import a_document, say, wait, wait_for

JOURNEY = a_document(
    wait("w", "1h"), say("m"), wait_for("c", "Email Clicked", timeout="2d", on_timeout="n"), say("n")
)
CLICKS = {
    "name": "A click is enough",
    "events": [cart()],
    "reactions": [{"to": "m", "delivered": "1m", "clicked": "2h"}],
    "expect": {"messages": [{"at": "1h", "step": "m"}, {"at": "3h", "step": "n"}]},
}
SILENT = {
    "name": "Whoever does not click hears it again",
    "events": [cart()],
    "expect": {"messages": [{"step": "m"}, {"at": "2d 1h", "step": "n"}], "runs": [{"state": "completed"}]},
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace folder with one journey, and no tests yet."""
    folder = tmp_path / "workspace"
    for (kind, name), document in some_documents().items():
        _write(folder / f"{kind}s" / f"{name}.yaml", document)
    _write(folder / "journeys" / "spring.yaml", JOURNEY)
    return folder


def _write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def with_tests(workspace: Path, *tests: dict[str, Any]) -> Path:
    file = {"journey": "spring", "starts": STARTS, "people": {"ann": ANN}, "tests": list(tests)}
    return _write(workspace / "journeys" / "spring.test.yaml", file)


def kizuna(*arguments: object, as_json: bool = False) -> Result:
    told = [*(["--json"] if as_json else []), *map(str, arguments)]
    return CliRunner().invoke(app, told, obj=Place(console=SafeConsole(width=200)))


# ── tests ───────────────────────────────────────────────────────────────────────────────────────


def test_tests_that_hold_end_well(workspace: Path) -> None:
    with_tests(workspace, CLICKS, SILENT)
    result = kizuna("test", "--workspace", workspace)
    assert result.exit_code == 0, result.output
    assert "✓ spring.test.yaml: A click is enough" in result.output
    assert "2 tests, 0 failed" in result.output


WRONG = {**SILENT, "name": "Too soon", "expect": {"messages": [{"step": "m"}, {"at": "1d", "step": "n"}]}}


def test_one_that_fails_ends_badly_with_both_sides_and_the_path_that_was_taken(workspace: Path) -> None:
    with_tests(workspace, CLICKS, WRONG)
    result = kizuna("test", "--workspace", workspace)
    assert result.exit_code == 1
    for told in (
        "✗ spring.test.yaml: Too soon",
        "messages[1]",
        "expected: 2026-11-24 12:00 n",
        "got: 2026-11-25 13:00 ann spring.n email spring-email en",
        "nothing came in time",
        "2 tests, 1 failed",
    ):
        assert told in result.output


def test_as_data_it_tells_the_same(workspace: Path) -> None:
    with_tests(workspace, CLICKS, WRONG)
    told = json.loads(kizuna("test", "--workspace", workspace, as_json=True).output)
    assert (told["tests"], told["failed"]) == (2, 1)
    (good, bad) = told["results"]
    assert good["passed"] is True
    assert bad["differences"][0]["path"] == "messages[1]"
    assert {"kind": "sent", "what": "email spring.m (spring-email, en)"}.items() <= bad["lines"][4].items()


def test_some_are_chosen_by_file_and_by_name(workspace: Path) -> None:
    file = with_tests(workspace, CLICKS, WRONG)
    chosen = kizuna("test", file, "--workspace", workspace, "--only", "click")
    assert (chosen.exit_code, "1 tests, 0 failed" in chosen.output) == (0, True)


@pytest.mark.parametrize(
    ("test", "told"),
    [
        ({"name": "it", "expect": {}}, "tests.0.expect: expects nothing"),
        ({**SILENT, "events": [{"at": "1h", "person": "bob", "event": "X"}]}, "nobody called 'bob'"),
    ],
)
def test_a_file_that_cannot_be_played_says_where(workspace: Path, test: dict[str, Any], told: str) -> None:
    with_tests(workspace, test)
    result = kizuna("test", "--workspace", workspace)
    assert result.exit_code == 1
    assert told in result.output
    assert "spring.test.yaml" in result.output


def test_a_story_that_breaks_off_is_one_failed_test_with_the_path_until_then(workspace: Path) -> None:
    called = {"at": "1d", "task_done": "reached", "step": "call"}
    breaks_off = {"name": "Called too soon", "events": [cart(), called], "expect": {"withheld": []}}
    with_tests(workspace, breaks_off, CLICKS)
    result = kizuna("test", "--workspace", workspace)
    assert result.exit_code == 1
    assert "2 tests, 1 failed" in result.output, "the others are played all the same"
    assert "got: nobody has a task of the step 'call' to do" in result.output
    assert "the wait was over" in result.output, "the path tells why there is no task"
    told = json.loads(kizuna("test", "--workspace", workspace, as_json=True).output)["results"][0]
    assert [line["what"] for line in told["lines"] if line["kind"] == "sent"] == [
        "email spring.m (spring-email, en)"
    ]


def test_without_any_test_it_does_not_end_well(workspace: Path) -> None:
    assert kizuna("test", "--workspace", workspace).exit_code == 1
    assert "no such file or folder" in kizuna("test", workspace / "nowhere", "--workspace", workspace).output


# ── a story ─────────────────────────────────────────────────────────────────────────────────────


def simulated(workspace: Path, *arguments: object, as_json: bool = False) -> Result:
    journey = workspace / "journeys" / "spring.yaml"
    return kizuna("journey", "simulate", journey, "--workspace", workspace, *arguments, as_json=as_json)


def test_a_person_and_events_tell_what_happens_when_and_why(workspace: Path, tmp_path: Path) -> None:
    person, events = _write(tmp_path / "ann.yaml", ANN), _write(tmp_path / "events.yaml", [cart()])
    result = simulated(workspace, "--person", person, "--events", events, "--starts", "2026-11-23 09:00")
    assert result.exit_code == 0, result.output
    told = [" ".join(line.split()) for line in result.output.splitlines()]
    assert told[1:5] == [
        "2026-11-23 09:00 person happens Cart Viewed",
        "2026-11-23 09:00 person enters spring",
        "2026-11-23 10:00 person step spring.w the wait was over",
        "2026-11-23 10:00 person step spring.m sent",
    ]
    assert told[-1] == "2026-11-25 10:00 person ends spring.n came to the end"


def test_it_is_told_in_japanese_and_as_data(workspace: Path) -> None:
    file = with_tests(workspace, CLICKS, SILENT)
    assert (
        "待っていたイベント1が起きました" in simulated(workspace, "--test", file, "--language", "ja").output
    )
    chosen = ("--test", file, "--case", SILENT["name"], "--until", "1d")
    told = json.loads(simulated(workspace, *chosen, as_json=True).output)
    assert told["lines"][-1] == {
        "at": "2026-11-24T12:00:00.000Z",
        "kind": "waits",
        "person": "ann",
        "what": "spring.c",
        "until": "2026-11-25T13:00:00.000Z",
    }


def test_the_journey_of_the_file_is_played_not_that_of_the_workspace(workspace: Path, tmp_path: Path) -> None:
    file = with_tests(workspace, SILENT)
    draft = _write(tmp_path / "draft.yaml", a_document(wait("w", "5d"), say("m")))
    result = kizuna("journey", "simulate", draft, "--workspace", workspace, "--test", file)
    assert "2026-11-28 12:00" in result.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--case", "nothing like it"), "there is no test called 'nothing like it'"),
        (("--until", "someday"), "not a moment"),
    ],
)
def test_what_cannot_be_played_says_why(workspace: Path, arguments: tuple[str, ...], told: str) -> None:
    result = simulated(workspace, "--test", with_tests(workspace, SILENT), *arguments)
    assert result.exit_code == 1
    assert told in result.output


def test_tests_and_journeys_are_played_with_the_workspace_that_they_lie_in(workspace: Path) -> None:
    file = with_tests(workspace, CLICKS)
    for chosen in (workspace, workspace / "journeys", file):
        result = kizuna("test", chosen)
        assert (result.exit_code, result.output.splitlines()[0]) == (
            0,
            "✓ spring.test.yaml: A click is enough",
        )
    told = kizuna("journey", "simulate", workspace / "journeys" / "spring.yaml", "--test", file)
    assert told.exit_code == 0, told.output
    _write(workspace / "topics" / "news.yaml", {"id": "news"})
    assert "topics/news.yaml" in kizuna("test", file).output


def test_what_is_wrong_with_a_file_is_told_with_the_place_and_what_may_be_meant(workspace: Path) -> None:
    draft = _write(
        workspace.parent / "draft.yaml",
        {**JOURNEY, "enter": {"evnt": "x"}, "steps": [{"id": "a", "type": "wiat"}]},
    )
    told = kizuna("journey", "draw", draft).output
    assert f"{draft}: enter: is of no known kind" in told
    assert f"{draft}: steps.a: there is no kind 'wiat' here; did you mean 'wait'?" in told
    gone = workspace / "gone.yaml"
    for command in (("draw", gone), ("simulate", gone)):
        result = kizuna("journey", *command)
        assert (result.exit_code, result.output) == (1, f"✗ {gone}: there is no such file\n")
    assert "--events" in kizuna("journey", "simulate", workspace / "journeys" / "spring.yaml").output
