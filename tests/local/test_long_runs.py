"""What judges and tells in the long runs (`make e2e`, `make deep`): a judge that lets everything pass is none."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from kizuna.core.messages import State
from tests.deep import main, parts_of
from tests.e2e.judge import judge
from tests.e2e.processes import Failed, run
from tests.e2e.progress import Progress

ROWS = {"a": State.SENT, "b": State.UNKNOWN, "c": State.UNKNOWN, "d": State.DENIED}


@pytest.mark.parametrize("taken", [["a"], ["a", "b"], ["c", "b", "a"]])
def test_what_is_in_doubt_may_have_been_taken_or_not(taken: Sequence[str]) -> None:
    verdict = judge(ROWS, taken, intended=4)
    assert not verdict.faults
    assert verdict.sent <= verdict.distinct <= verdict.sent + verdict.unknown


@pytest.mark.parametrize(
    ("rows", "taken", "intended", "fault"),
    [
        (ROWS, ["a", "a"], 4, "a was taken 2 times"),
        (ROWS, ["a", "b", "b"], 4, "b was taken 2 times"),
        (ROWS, ["a", "x"], 4, "x was taken and has no row"),
        (ROWS, ["b", "c"], 4, "a says SENT and was never taken"),
        (ROWS, ["a", "d"], 4, "d says DENIED and was taken"),
        (ROWS, ["a"], 5, "5 messages were intended, and there are 4"),
        ({"a": State.SENDING}, [], 1, "a has not come to an end: SENDING"),
        ({"a": State.PENDING}, ["a"], 1, "a says PENDING and was taken"),
        (ROWS, [], 4, "0 were taken: not between SENT 1 and SENT + UNKNOWN 3"),
        (ROWS, ["a", "b", "c", "d"], 4, "4 were taken: not between SENT 1 and SENT + UNKNOWN 3"),
    ],
)
def test_whatever_is_doubled_lost_or_unfinished_is_found(
    rows: dict[str, State], taken: list[str], intended: int, fault: str
) -> None:
    assert fault in judge(rows, taken, intended=intended).faults


def test_long_work_says_how_far_it_is_at_most_every_ten_seconds() -> None:
    out, now = io.StringIO(), [0.0]
    line = Progress("sending", 1000, out=out, clock=lambda: now[0])
    for done, now[0] in ((10, 9.9), (100, 10.0), (150, 12.0), (400, 20.0)):
        line.at(done, "3 of 9 killed")
    told = [each.split(" ", 1)[1] for each in out.getvalue().splitlines()]
    assert told == [
        "sending: 1,000 to do",
        "sending: 100 of 1,000, 3 of 9 killed, 10 a second, some 1 min left",
        "sending: 400 of 1,000, 3 of 9 killed, 20 a second, some 30 s left",
    ]


def test_a_program_that_is_missing_is_named_with_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"npx is missing: it comes with node"):
        run(["npx", "x"], log=tmp_path / "log", environment={"PATH": "/nowhere"}, timeout=1)


def test_the_makefile_hands_its_numbers_to_the_parts() -> None:
    parts = {
        part.name: part for part in parts_of({"EVENTS": "500", "SENDS": "4000", "KILLS": "10", "SEED": "7"})
    }
    assert parts["events"].command[1:] == ["-m", "tests.simulation", "500", "7"]
    assert parts["tables"].command[1:] == ["-m", "tests.simulation", "50", "7", "tables"]
    assert parts["delivery"].command[-1] == "20"
    assert parts["kills"].command[1:] == ["-m", "tests.e2e.kills", "1000", "10", "7"]
    assert parts["wire"].command[1:] == ["-m", "tests.e2e.kills", "100", "2", "7", "0.02"]


def test_a_part_that_is_unknown_is_answered_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kills", "klls"]) == 2
    told = capsys.readouterr().out
    assert told.startswith("there is no part klls.")
    assert all(part.name in told for part in parts_of({}))


def test_the_parts_are_listed_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        part.name for part in parts_of({})
    ]


def test_a_check_of_the_deployment_that_is_unknown_is_answered_with_those_there_are() -> None:
    command = [sys.executable, "-m", "tests.e2e.run", "strom"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 1
    assert "a_campaign_goes_out_in_a_storm" in done.stdout
