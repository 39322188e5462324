"""Nobody pulls or releases a brake without saying why: blanks are no reason."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from kizuna.cli.main import app

WORDS = (
    ("campaign", "pause", "spring", "20261122T120000Z"),
    ("campaign", "resume", "spring", "20261122T120000Z"),
    ("brake", "stop"),
    ("brake", "release"),
)


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
@pytest.mark.parametrize("reason", ["", "  "])
def test_an_empty_reason_is_refused_before_anything_is_done(words: tuple[str, ...], reason: str) -> None:
    done = CliRunner().invoke(app, [*words, "--reason", reason])
    assert done.exit_code == 2
    assert "tell why" in done.output
