"""`python -m tests.mutation [SLICE …]`: alter the rules of consent in every small way, count what the tests notice.

The worked cases, the tables and the properties guard each other (`consent.md` 13): of all altered versions of
each slice at least 95 % must make some test fail. Survivors are listed by name; `--show` prints what was altered in
each.

It goes slice by slice, all of them without a name; part of `make deep`. What a slice found is kept below `.local/`,
and holds as long as neither the code nor the tests change: a run that was broken off goes on where it stopped, and
a finished slice is told again at once. All are tried the quick way (`quick.py`), and what survives that once more
by the tool. A module may be named in place of a slice, such as `gate/guards`. `--jobs 1` leaves the other
processors to others.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORE = ROOT / "shared" / "kizuna" / "core"
KEPT = ROOT / ".local" / "mutants"
FLOOR = 95.0  # per cent, of each slice
_COPIED = ("tests", "events", "functions", "docs", "shared", "kizuna.toml", "README.md")
_NOTHING = "nothing.is.called.so"


@dataclass(frozen=True)
class Slice:
    """Modules below `shared/kizuna/core`, and the tests (below `tests`) that are asked whether they notice."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


SLICES = {
    "gate": Slice(("gate/*",), ("core/gate", "core/consent", "core/proofs", "core/restraint")),
    "consent": Slice(
        ("consent/*",),
        (
            "cli/test_consents_page.py", "core/condition_sql/test_places_by_consent.py", "core/consent", "core/gate",
            "core/merges", "usecases/consents/test_consent_report.py",
        ),
    ),
    "restraint": Slice(
        (
            "restraint/caps", "restraint/depth", "restraint/exclusions", "restraint/guards", "restraint/holds",
            "restraint/house_hours", "restraint/households", "restraint/settling", "restraint/staff_holds",
            "restraint/wishes",
        ),
        ("core/brief", "core/consent", "core/gate", "core/merges", "core/restraint"),
    ),
    "decisions": Slice(
        ("decisions/*",), ("core/decisions", "core/gate", "core/test_decide.py", "core/test_sentences.py")
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Count:
    """How many altered versions of a slice there are, how many were caught, and the names of the others."""

    total: int
    caught: int
    survivors: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.total:,} altered versions, {self.caught:,} caught: {self.share:.1f} %"

    @property
    def share(self) -> float:
        return 100 * self.caught / self.total if self.total else 100.0


def main() -> int:
    asked = _asked()
    reached = []
    for name in asked.slices or SLICES:
        count = _count(name, jobs=asked.jobs, show=asked.show)
        print(f"{name}: {count} (at least {FLOOR:.0f})")
        reached.append(count.share >= FLOOR)
    return 0 if all(reached) else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument(
        "slices", nargs="*", metavar="SLICE", help=f"of {', '.join(SLICES)}; all, if none is named"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once")
    parser.add_argument("--show", action="store_true", help="what was altered in each survivor")
    asked = parser.parse_args()
    for name in asked.slices:
        if _slice(name) is None:
            parser.error(f"no slice or module of one is called {name!r}; there are {', '.join(SLICES)}")
    return asked


def _slice(name: str) -> Slice | None:
    """A slice by its name, or a part of it: the one module that is named, with the tests of its slice."""
    whole = SLICES.get(name)
    if whole is not None:
        return whole
    for piece in SLICES.values():
        if any(fnmatch(name, module) for module in piece.modules) and (CORE / f"{name}.py").is_file():
            return Slice((name,), piece.tests)
    return None


def _count(name: str, *, jobs: int, show: bool) -> Count:
    piece = _slice(name)
    assert piece is not None
    place, stamp = KEPT / name.replace("/", "-"), _stamp(piece)
    told = place / "count.json"
    if not (place / stamp).exists():
        shutil.rmtree(place, ignore_errors=True)
        _lay_out(place, piece)
        (place / stamp).touch()
    if not told.exists():
        told.write_text(json.dumps(_tried(place, name, jobs)), encoding="utf-8")
    total, caught, survivors = json.loads(told.read_text(encoding="utf-8"))
    print(*([_mutmut(place, "show", each) for each in survivors] if show else survivors), sep="\n")
    return Count(total, caught, tuple(survivors))


def _stamp(piece: Slice) -> str:
    """Of everything that the answer depends on: the library, the tests, and the slice itself."""
    found = hashlib.sha256(repr(piece).encode())
    for folder in ("shared/kizuna", "tests", "events"):
        for file in sorted((ROOT / folder).rglob("*.*")):
            if file.is_file() and "__pycache__" not in file.parts:
                found.update(f"{file.relative_to(ROOT)} ".encode() + file.read_bytes())
    return f"stamp-{found.hexdigest()[:16]}"


def _lay_out(place: Path, piece: Slice) -> None:
    """A copy of the project as the tool wants it: the library below `src`, for it knows that folder's name."""
    place.mkdir(parents=True)
    for name in _COPIED:
        whole = ROOT / name
        if whole.is_dir():
            shutil.copytree(whole, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(whole, place / name)
    shutil.copytree(place / "shared", place / "src")
    told = {
        "source_paths": ["src"],
        "only_mutate": [f"src/kizuna/core/{name}.py" for name in piece.modules],
        "also_copy": ["src", *_COPIED],
        "pytest_add_cli_args_test_selection": [f"tests/{name}" for name in piece.tests],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-o", "pythonpath=. src"],
    }
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in told.items())
    (place / "pyproject.toml").write_text(
        (ROOT / "pyproject.toml").read_text(encoding="utf-8") + "\n[tool.mutmut]\n" + text, encoding="utf-8"
    )


def _tried(place: Path, name: str, jobs: int) -> tuple[int, int, list[str]]:
    """How many altered versions there are, how many were caught, and the others: each step is taken once."""
    stats, quick = place / "mutants" / "mutmut-stats.json", place / "quick.json"
    tool = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs)]
    if (
        not stats.exists()
    ):  # alters the modules and notes which test reaches what, then finds nothing called so
        _run([*tool, _NOTHING], name, place=place, folder=place)
        if not stats.exists():
            sys.exit((place / "log").read_text(encoding="utf-8", errors="replace")[-2000:])
    if not quick.exists():
        script = [sys.executable, str(place / "tests/mutation/quick.py"), str(place), str(jobs)]
        if _run(script, name, place=place, folder=place / "mutants"):
            sys.exit((place / "log").read_text(encoding="utf-8", errors="replace")[-2000:])
    found = json.loads(quick.read_text(encoding="utf-8"))
    survivors = found["survivors"]
    if survivors:
        _run([*tool, *survivors], f"{name}, {len(survivors)} once more", place=place, folder=place)
        survivors = sorted(set(survivors).intersection(_survivors(place)))
    return found["total"], found["total"] - len(survivors), survivors


def _run(command: list[str], name: str, *, place: Path, folder: Path) -> int:
    """Run something long in a folder and say how far it is. Its exit code."""
    log, started = place / "log", time.monotonic()
    environment = {**os.environ, "KIZUNA_EXAMPLES": os.environ.get("KIZUNA_EXAMPLES", "50")}
    with log.open("wb") as out:
        running = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, env=environment)
        while running.poll() is None:
            time.sleep(5)
            progress = re.findall(rb"(\d+/\d+) ", log.read_bytes()[-400:])
            minutes = (time.monotonic() - started) / 60
            tried = progress[-1].decode() if progress else "preparing"
            print(f"\r{name}: {tried}, {minutes:.0f} min  ", end="", flush=True)
    print()
    return running.returncode


def _mutmut(place: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=place, capture_output=True, text=True, check=True).stdout


def _survivors(place: Path) -> Iterator[str]:
    for line in _mutmut(place, "results").splitlines():
        name, _, status = line.strip().partition(": ")
        if status in ("survived", "no tests"):
            yield name


if __name__ == "__main__":
    sys.exit(main())
