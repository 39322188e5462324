"""`kizuna simulate delivery`: figures that add up, as text and as JSON."""

from __future__ import annotations

import json
import subprocess
import sys

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


def test_without_the_packages_of_the_tests_it_says_what_installs_them() -> None:
    """After `make demo` alone: what the command needs is there, and what the tests need is not."""
    bare = "import sys; sys.modules['hypothesis'] = None; from kizuna.cli.main import app; app()"
    done = subprocess.run(  # noqa: S603  (this interpreter, and a text of ours)
        [sys.executable, "-c", bare, *ASKED], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "(hypothesis is missing): `make test` installs them" in " ".join(done.stdout.split())
