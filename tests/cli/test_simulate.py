"""`kizuna simulate delivery`: figures that add up, as text and as JSON."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from kizuna.cli.main import app

ASKED = ["simulate", "delivery", "--seeds", "2", "--messages", "20", "--jobs", "1"]


def test_it_ends_well_and_tells_what_became_of_every_message() -> None:
    done = CliRunner().invoke(app, ASKED)
    assert done.exit_code == 0, done.output
    assert "= intended" in done.output
    assert "✓ nobody was written to twice" in done.output


def test_as_json_the_states_add_up_to_what_was_intended() -> None:
    done = CliRunner().invoke(app, ["--json", *ASKED, "--harsh"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert sum(told["states"].values()) == told["intended"] > 0
    assert (told["doubled"], told["silently_lost"], told["wrong"]) == (0, 0, [])
