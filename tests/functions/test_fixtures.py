"""Every recorded event is handed to its function by some test."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.clouds import EVENTS

CHECKED_BY_THEIR_OWN_TEST = {"http", "feedback"}


def test_every_recorded_event_is_handed_to_a_function_by_a_test() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    named = set(re.findall(r'"([a-z-]+/[a-z-]+)"', texts)) | {
        f"links/{name}" for name in re.findall(r'"([a-z-]+)"', texts)
    }
    folders = [path for path in EVENTS.iterdir() if path.is_dir() and any(path.glob("*.json"))]
    recorded = {f"{folder.name}/{path.stem}" for folder in folders for path in folder.glob("*.json")}
    ours = {name for name in recorded if name.partition("/")[0] not in CHECKED_BY_THEIR_OWN_TEST}
    assert ours <= named
    assert {folder.name for folder in folders} >= CHECKED_BY_THEIR_OWN_TEST
