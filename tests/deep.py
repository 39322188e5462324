"""`make deep`: what takes long, part by part.

    make deep                      all of it, one part after the other
    make deep PART="kills storm"   only these
    make deep PART=list            what parts there are
    make deep RESUME=1             without those that passed before, of the same tree and with the same settings

Before each part it says what runs, which of how many it is, and how long it has been at work; the parts themselves
tell how far they are. A part that fails does not stop the others; the end names those that failed, and exits with 1.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARKS = ROOT / ".local" / "deep"


@dataclass(frozen=True, slots=True)
class Part:
    """`why` is what a reader is told; the command runs in the project's folder."""

    name: str
    why: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> str:
        return " ".join([*self.command, *(f"{name}={value}" for name, value in self.environment.items())])


def parts_of(settings: Mapping[str, str]) -> tuple[Part, ...]:
    """With the Makefile's variables: EVENTS, SENDS, KILLS, SEED, EXAMPLES."""
    events, sends, kills = (int(settings.get(name, told)) for name, told in _NUMBERS.items())
    seed, examples = settings.get("SEED", "1"), settings.get("EXAMPLES", "2000")
    python, pytest = [sys.executable], [sys.executable, "-m", "pytest", "-q"]
    simulate = [str(Path(sys.executable).parent / "kizuna"), "simulate", "delivery", "--seeds", "200"]
    many = ["tests/core", "tests/simulation", "tests/usecases/people/test_person_view.py"]
    consent = [
        "tests/core/consent",
        "tests/core/gate",
        "tests/usecases/decisions/test_refusals_against_claims.py",
    ]
    storm = {"KIZUNA_STORM_PEOPLE": "600", "KIZUNA_STORM_PROVIDERS": "0.05"}
    return (
        Part("events", f"{events:,} events with every fault, over stores in memory",
             [*python, "-m", "tests.simulation", str(events), seed]),
        Part("tables", f"{events // 10:,} of them over the tables",
             [*python, "-m", "tests.simulation", str(events // 10), seed, "tables"]),
        Part("delivery", f"{sends:,} messages of 200 seeds, usual faults",
             [*simulate, "--messages", str(sends // 200)]),
        Part("harsh", "200,000 messages of 200 seeds, harsh faults", [*simulate, "--messages", "1000", "--harsh"]),
        Part("calls", "every call of the path of a message, with every fault",
             [*pytest, "tests/simulation/delivery/test_every_call.py"], {"KIZUNA_POINTS_PART": "1"}),
        Part("kills", f"{kills} senders killed over {kills * 100:,} messages",
             [*python, "-m", "tests.e2e.kills", str(kills * 100), str(kills), seed]),
        Part("wire", f"{kills // 5} killed over {kills * 10:,}, over a wire that is not to be trusted",
             [*python, "-m", "tests.e2e.kills", str(kills * 10), str(kills // 5), seed, "0.02"]),
        Part("storm", "the deployed stack in a storm, 600 people", ["make", "-s", "e2e", "ONLY=storm"], storm),
        Part("sustained", "ten minutes of events and mails over an emulator",
             [*python, "-m", "benchmarks", "sustained"], {"KIZUNA_SUSTAINED_SECONDS": "600"}),
        Part("examples", f"properties with {examples} examples",
             [*pytest, "-n", "2", *many], {"KIZUNA_EXAMPLES": examples}),
        Part("consent", "properties of consent with 20,000 examples",
             [*pytest, "-n", "2", *consent], {"KIZUNA_EXAMPLES": "20000"}),
        Part("api", "20,000 generated calls of the API",
             [*pytest, "tests/apidocs/test_generated_calls.py"], {"KIZUNA_EXAMPLES": "20000"}),
        Part("fuzz", "a million runs of each parser", [*python, "-m", "tests.fuzz", "1000000"]),
        Part("mutants", "the rules of consent altered in every small way", ["make", "-s", "mutants"]),
    )  # fmt: skip


_NUMBERS = {"EVENTS": "100000", "SENDS": "1000000", "KILLS": "200"}


def main(wanted: Sequence[str]) -> int:
    parts = parts_of(os.environ)
    told = "\n".join(f"  {part.name:<10} {part.why}" for part in parts)
    if list(wanted) == ["list"]:
        _say(told)
        return 0
    if unknown := set(wanted) - {part.name for part in parts}:
        _say(f"there is no part {', '.join(sorted(unknown))}. There are:\n{told}")
        return 2
    chosen = [part for part in parts if not wanted or part.name in wanted]
    began, failed = time.monotonic(), []
    for number, part in enumerate(chosen, start=1):
        head = f"[{number} of {len(chosen)}] {part.name}: {part.why}"
        mark = MARKS / f"{part.name}-{_fingerprint(part)}"
        if os.environ.get("RESUME") and mark.exists():
            _say(f"{head} – passed before")
            continue
        _say(f"{head} ({_minutes(time.monotonic() - began)} so far)")
        started = time.monotonic()
        done = subprocess.run(part.command, cwd=ROOT, env={**os.environ, **part.environment}, check=False)  # noqa: S603
        took = _minutes(time.monotonic() - started)
        if done.returncode:
            failed.append(part.name)
            _say(f"✗ {part.name} ended with {done.returncode} after {took}")
            continue
        _say(f"✓ {part.name} ({took})")
        MARKS.mkdir(parents=True, exist_ok=True)
        mark.touch()
    if failed:
        _say(f'✗ failed: {", ".join(failed)}. Again: make deep PART="{" ".join(failed)}"')
        return 1
    _say(f"✓ all of it ({_minutes(time.monotonic() - began)})")
    return 0


def _fingerprint(part: Part) -> str:
    """Of what was run: the commit, what is not committed yet, and the settings."""
    tree = [_git("rev-parse", "HEAD"), _git("status", "--porcelain"), _git("diff", "HEAD")]
    return sha256("\0".join([*tree, part.settings]).encode()).hexdigest()[:16]


def _git(*words: str) -> str:
    """Empty where this is no checkout: then only the settings tell runs apart."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
