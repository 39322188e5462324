"""`python -m tests.fuzz RUNS [SEED] [TARGET …]`: so many inputs for each target; what breaks one is kept."""

from __future__ import annotations

import json
import sys
import time

from tests.fuzz.mutating import mutants
from tests.fuzz.samples import SAMPLES
from tests.fuzz.targets import Target, targets

SLOWEST = 5.0  # seconds of one input: beyond, it is a way to stop us


def run(name: str, target: Target, *, runs: int, seed: int) -> int:
    """How many inputs broke it; at most ten are looked for."""
    broken: list[tuple[str, str]] = []
    slowest, started = 0.0, time.monotonic()
    for text in mutants(target.seeds, runs=runs, seed=seed, words=target.words):
        begun = time.monotonic()
        try:
            target.holds(text)
        except Exception as error:  # every kind is a finding
            broken.append((text, f"{type(error).__name__}: {error}"))
        took = time.monotonic() - begun
        if took > SLOWEST:
            broken.append((text, f"took {took:.1f} s"))
        slowest = max(slowest, took)
        if len(broken) == 10:
            break
    if broken:
        with (SAMPLES / f"{name}.jsonl").open("a", encoding="utf-8") as kept:
            kept.writelines(json.dumps(text) + "\n" for text, _ in broken)
    for text, why in broken:
        sys.stdout.write(f"  {name}: {why[:200]}\n    {text[:200]!r}\n")
    spent = time.monotonic() - started
    told = f"{runs:,} inputs in {spent:.0f} s, slowest {slowest * 1000:.0f} ms, broken by {len(broken)}"
    sys.stdout.write(f"fuzz {name}: {told}\n")
    return len(broken)


def main(arguments: list[str]) -> int:
    runs, seed = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1
    named = arguments[2:] or list(targets())
    return 1 if sum(run(name, targets()[name], runs=runs, seed=seed) for name in named) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
