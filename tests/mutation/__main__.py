"""`python -m tests.mutation`: alter the rules of consent in every small way, and count what the tests notice.

The worked cases, the tables and the properties guard each other (`consent.md` 13): of all altered versions at
least 95 % must make some test fail. Takes a quarter of an hour on two cores; part of `make deep`. Survivors are
listed by name; `--show` prints what was altered in each.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FLOOR = 95.0  # per cent
MODULES = (
    "consent/__init__", "consent/anchors", "consent/chain", "consent/events", "consent/fold", "consent/merge",
    "consent/signals", "consent/sms_keywords", "gate/*", "restraint/caps", "restraint/depth", "restraint/exclusions",
    "restraint/holds", "restraint/house_hours", "restraint/households", "restraint/settling", "restraint/staff_holds",
    "restraint/wishes",
)  # fmt: skip
TESTS = ("brief", "consent", "gate", "restraint", "merges")  # folders below tests/core
_COPIED = ("tests", "events", "functions", "docs", "shared", "kizuna.toml", "README.md")
_CAUGHT = ("killed", "timeout", "segfault", "suspicious")


def main() -> int:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kizuna-mutants-") as folder:
        place = Path(folder)
        _lay_out(place)
        _run(place)
        survivors = sorted(_survivors(place))
        if "--show" in sys.argv:
            for survivor in survivors:
                print(_mutmut(place, "show", survivor))
        return _judged(json.loads((place / "mutants/mutmut-cicd-stats.json").read_text()), survivors, started)


def _lay_out(place: Path) -> None:
    """A copy of the project as the tool wants it: the library below `src`, for it knows that folder's name."""
    for name in _COPIED:
        whole = ROOT / name
        if whole.is_dir():
            shutil.copytree(whole, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(whole, place / name)
    shutil.copytree(place / "shared", place / "src")
    told = {
        "source_paths": ["src"],
        "only_mutate": [f"src/kizuna/core/{name}.py" for name in MODULES],
        "also_copy": ["src", *_COPIED],
        "pytest_add_cli_args_test_selection": [f"tests/core/{name}" for name in TESTS],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-o", "pythonpath=. src"],
    }
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in told.items())
    (place / "pyproject.toml").write_text(
        (ROOT / "pyproject.toml").read_text(encoding="utf-8") + "\n[tool.mutmut]\n" + text, encoding="utf-8"
    )


def _run(place: Path) -> None:
    log = place / "log"
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(os.cpu_count() or 1)]
    environment = {**os.environ, "KIZUNA_EXAMPLES": os.environ.get("KIZUNA_EXAMPLES", "50")}
    with log.open("wb") as out:
        running = subprocess.Popen(command, cwd=place, stdout=out, stderr=subprocess.STDOUT, env=environment)
        while running.poll() is None:
            time.sleep(5)
            progress = re.findall(rb"(\d+/\d+) ", log.read_bytes()[-400:])
            print(f"\r{progress[-1].decode() if progress else 'preparing'}  ", end="", flush=True)
    print()
    if running.returncode:
        sys.exit(log.read_text(encoding="utf-8", errors="replace")[-2000:])
    _mutmut(place, "export-cicd-stats")


def _mutmut(place: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=True).stdout


def _survivors(place: Path) -> Iterator[str]:
    for line in _mutmut(place, "results").splitlines():
        name, _, status = line.strip().partition(": ")
        if status in ("survived", "no tests"):
            yield name


def _judged(stats: dict[str, int], survivors: list[str], started: float) -> int:
    caught, total = sum(stats.get(name, 0) for name in _CAUGHT), stats["total"]
    share = 100 * caught / total
    print(*survivors, sep="\n")
    minutes = (time.monotonic() - started) / 60
    print(
        f"{total:,} altered versions, {caught:,} caught: {share:.1f} % (at least {FLOOR:.0f}), {minutes:.0f} min"
    )
    return 0 if share >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
