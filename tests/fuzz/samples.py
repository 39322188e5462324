"""Inputs that once broke something, a JSON text a line, by target: kept, so that none does so again."""

from __future__ import annotations

import json
from pathlib import Path

SAMPLES = Path(__file__).parent / "found"


def samples(name: str) -> list[str]:
    path = SAMPLES / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
