"""What everybody in the stack may do, as a file for reviews. `python -m tests.infra.golden` writes it anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.infra.reading import Json, Reader, policies

POLICIES = Path(__file__).with_name("policies.json")


def text(reader: Reader) -> str:
    """One statement a line, so that a difference reads as a sentence."""
    return "\n".join(_lines(policies(reader), indent=0)) + "\n"


def _lines(value: Json, *, indent: int, before: str = "", after: str = "") -> Iterator[str]:
    space = " " * indent
    is_statement = isinstance(value, dict) and "Effect" in value
    if is_statement or not value or not isinstance(value, dict | list):
        yield f"{space}{before}{json.dumps(value, ensure_ascii=False, sort_keys=True)}{after}"
        return
    entries = list(value.items()) if isinstance(value, dict) else [(None, inner) for inner in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield f"{space}{before}{opening}"
    for number, (key, inner) in enumerate(entries, start=1):
        name = "" if key is None else f"{json.dumps(key)}: "
        yield from _lines(inner, indent=indent + 1, before=name, after="," if number < len(entries) else "")
    yield f"{space}{closing}{after}"


def _write() -> None:
    from tests.infra.conftest import EVERYTHING, build, config

    with TemporaryDirectory() as folder:
        app, stack = build(Path(folder), config(**EVERYTHING))
        template = app.synth().get_stack_by_name(stack.stack_name).template
    POLICIES.write_text(text(Reader(template)), encoding="utf-8")


if __name__ == "__main__":
    _write()
