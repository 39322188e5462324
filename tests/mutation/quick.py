"""The altered versions of one slice, each tried in a process that is forked once all tests are collected.

To start pytest for each of them takes most of the time. Here the tests that reach an altered function are called as
the functions they are, with their parameters, the quick ones first, until one fails. Those that ask for a fixture are
left out, and so is what fails with nothing altered: what survives here is tried once more by the tool itself.

    python tests/mutation/quick.py PLACE JOBS      in the folder of the altered sources; writes PLACE/quick.json
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ["MUTANT_UNDER_TEST"] = ""  # read by the altered sources when they are called
import pytest

LONGEST = 90  # seconds for one altered version; longer is caught, as an endless loop is


class Judge:
    """Runs in place of pytest's own loop, after the collection."""

    def __init__(self, altered: Sequence[str], stats: Mapping[str, Any], jobs: int) -> None:
        self._altered, self._jobs = altered, jobs
        self._reaching: Mapping[str, Sequence[str]] = stats["tests_by_mangled_function_name"]
        self._lasts: Mapping[str, float] = stats["duration_by_test"]
        self._tests: dict[str, pytest.Function] = {}
        self.survivors: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        found = [each for each in session.items if isinstance(each, pytest.Function) and _is_plain(each)]
        failing = _failing_unaltered(found)
        self._tests = {each.nodeid: each for each in found if each.nodeid not in failing}
        running: dict[int, str] = {}
        todo = deque(self._altered)
        while todo or running:
            while todo and len(running) < self._jobs:
                name = todo.popleft()
                running[self._fork(name)] = name
            process, status = os.wait()
            name = running.pop(process)
            if status == 0:
                self.survivors.append(name)
            print(f"{len(self._altered) - len(todo) - len(running)}/{len(self._altered)} ", flush=True)
        return True

    def _fork(self, name: str) -> int:
        process = os.fork()
        if process:
            return process
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            sys.stdout = sys.stderr = nowhere
            signal.alarm(LONGEST)
            os._exit(1 if self._is_noticed(name) else 0)

    def _is_noticed(self, name: str) -> bool:
        reaching = self._reaching.get(name.rpartition("__mutmut_")[0], ())
        for test in sorted(reaching, key=lambda each: self._lasts.get(each, 0)):
            if test in self._tests and _fails(self._tests[test], name):
                return True
        return False


def _failing_unaltered(tests: Sequence[pytest.Function]) -> frozenset[str]:
    """Asked once and in a process of its own: what an altered version left in a cache would fail here as well, and
    what this leaves there would hide an altered version."""
    reading, writing = os.pipe()
    if (process := os.fork()) == 0:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, os.fdopen(writing, "w") as out:
            sys.stdout = sys.stderr = nowhere
            out.writelines(f"{each.nodeid}\n" for each in tests if _fails(each, ""))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        failing = frozenset(told.read().splitlines())
    os.waitpid(process, 0)
    return failing


def _parameters(test: pytest.Function) -> Mapping[str, Any]:
    return test.callspec.params if hasattr(test, "callspec") else {}


def _is_plain(test: pytest.Function) -> bool:
    return set(test._fixtureinfo.argnames) <= set(_parameters(test))


def _fails(test: pytest.Function, altered: str) -> bool:
    os.environ["MUTANT_UNDER_TEST"] = altered
    given = _parameters(test)
    try:
        test.obj(**{name: given[name] for name in test._fixtureinfo.argnames})
    except BaseException:  # whatever it is, it is noticed; also an exit
        return True
    return False


def main(place: Path, jobs: int) -> int:
    stats = json.loads(Path("mutmut-stats.json").read_text(encoding="utf-8"))
    kept = [json.loads(each.read_text(encoding="utf-8")) for each in Path("src").rglob("*.meta")]
    altered = sorted(name for each in kept for name in each["exit_code_by_key"])
    reaching = [
        stats["tests_by_mangled_function_name"].get(each.rpartition("__mutmut_")[0], ()) for each in altered
    ]
    files = sorted({test.partition("::")[0] for tests in reaching for test in tests})
    judge = Judge(altered, stats, jobs)
    code = pytest.main(["-q", "-p", "no:cacheprovider", "-o", "pythonpath=. src", *files], plugins=[judge])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return int(code)
    told = {"total": len(altered), "survivors": judge.survivors}
    (place / "quick.json").write_text(json.dumps(told), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
