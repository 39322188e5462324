"""`kizuna journey draw`: of a file, and of a journey in force with its people."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from kizuna.cli.context import Place
from kizuna.cli.main import app
from tests.support.clouds import a_user, running_shop
from tests.support.journey_graphs import document, tell, wait
from tests.support.journeys_running import a_journey, starts, with_journeys


def drawn(*arguments: str, installed: bool = False) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*arguments], obj=Place(installed=installed))
    return result.exit_code, result.output


def a_file(folder: Path, text: str) -> str:
    file = folder / "welcome.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_file_is_drawn_as_a_picture_or_as_text_in_both_languages(tmp_path: Path) -> None:
    file = a_file(tmp_path, yaml.safe_dump(document(wait("pause"), tell("hello"))))
    code, picture = drawn("journey", "draw", file)
    assert (code, picture.startswith("<svg xmlns=")) == (0, True)
    assert picture.endswith("</svg>\n")
    code, text = drawn("journey", "draw", file, "--mermaid", "--language", "ja")
    assert text.startswith("flowchart TD\n")
    assert "1日待つ" in text
    body = json.loads(drawn("--json", "journey", "draw", file)[1])
    assert (body["journey"], body["svg"]) == ("welcome", picture)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "cannot be read"),
        ("- 1", "holds no definition"),
        ("id: x", "intent_card: Field required"),
        (yaml.safe_dump(document(tell("a", next="b"))), "steps.a.next: there is no step 'b'"),
        (yaml.safe_dump(document(tell("a", channel=None))), "give either channel"),
        (yaml.safe_dump(document(tell("a"), topic=None)), "steps.a.topic: neither the step nor the journey"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    code, output = drawn("journey", "draw", a_file(tmp_path, text))
    assert (code, told in " ".join(output.split())) == (1, True), output


def test_a_language_that_there_is_not_is_refused(tmp_path: Path) -> None:
    assert "is en or ja" in drawn("journey", "draw", "x.yaml", "--language", "fr")[1]


def test_a_journey_in_force_is_drawn_with_the_people_at_each_step() -> None:
    with running_shop(documents=with_journeys(a_journey())) as shop:
        starts(shop, a_user())
        code, text = drawn("journey", "draw", "trial", "--mermaid", "--counts", installed=True)
        assert code == 0, text
        assert "1 entered, 1 inside, 0 reached the goal" in text
        assert "1 came, 1 here" in text
        assert "there is no journey 'none' in force" in drawn("journey", "draw", "none", installed=True)[1]
