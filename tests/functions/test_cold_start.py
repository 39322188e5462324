"""What a function imports before its first call: each module here would cost every cold start of `collect`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.cold_start import _OURS_READY, _OURS_WHOLE, _SETTINGS

ROOT = Path(__file__).resolve().parents[2]
RARE = (
    "kizuna.adapters.tables.merge_records",
    "kizuna.adapters.tables.reviews",
    "kizuna.core.bus_events",
    "kizuna.core.content.rendering",
    "kizuna.core.contracts",
    "kizuna.core.rights.erasure",
    "kizuna.core.identity.reviews",
    "kizuna.core.links",
    "kizuna.core.merges.log",
    "kizuna.core.merges.merging",
    "kizuna.core.rights.rights",
    "kizuna.core.merges.unmerging",
    "email_validator",
    "liquid",
    "phonenumbers",
)


# What the first call, which reads the definitions, does not need: it is imported while that call waits.
LATER = (
    "kizuna.adapters.tables.people",
    "kizuna.core.catalog",
    "kizuna.core.conditions",
    "kizuna.core.folding",
    "kizuna.core.intake.shapes",
    "kizuna.core.people",
    "kizuna.core.sources",
    "kizuna.usecases.collecting.collect",
)


@pytest.mark.parametrize(
    ("start", "without"), [(_OURS_READY, (*RARE, *LATER)), (_OURS_WHOLE, RARE)], ids=["first call", "request"]
)
def test_collect_starts_without_what_it_does_not_need_yet(start: str, without: tuple[str, ...]) -> None:
    told = f"{start}\nimport sys; print([name for name in {without} if name in sys.modules])"
    assert run(told) == "[]"


def test_what_the_first_call_does_not_need_is_there_when_it_is_asked_for() -> None:
    told = f"""{_OURS_READY}
from functions.collect.handler import _AFTER_THE_FIRST_CALL as later
from kizuna.runtime.meanwhile import import_meanwhile
import_meanwhile("kizuna.core.no_such_module")()
wait = import_meanwhile(*later)
from kizuna.core.catalog import build
wait()
from kizuna.usecases.collecting.collect import collect
print(build.__name__, collect.__name__)
"""
    assert run(told) == "build collect"


def run(code: str) -> str:
    """What a fresh process prints that has the settings of a deployed function."""
    path = os.pathsep.join((str(ROOT), str(ROOT / "shared")))
    done = subprocess.run(  # noqa: S603  (our own code)
        [sys.executable, "-c", code],
        env={**os.environ, **_SETTINGS, "PYTHONPATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
