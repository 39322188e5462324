"""`python -m tests.e2e.run [WORD]`: deploy for real, without AWS; see that it stands, and that nothing stays behind.

With a word only those checks whose names have it, such as `story` or `storm`. Each check gets the deployed stack and
raises `Failed` when something is not as it should be. A longer story is one more check.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

from kizuna.topology import QUEUES, TABLES
from tests.e2e.deployment import Deployed, deployed
from tests.e2e.processes import Failed
from tests.e2e.storm import a_campaign_goes_out_in_a_storm
from tests.e2e.story import the_story_of_two_customers

Check = Callable[[Deployed], None]


def the_tables_and_queues_of_the_topology_are_there(stack: Deployed) -> None:
    tables = set(stack.client("dynamodb").list_tables()["TableNames"])
    queues = {url.rpartition("/")[2] for url in stack.client("sqs").list_queues()["QueueUrls"]}
    for name in (f"Table{spec.name.value.title()}" for spec in TABLES):
        _hold(stack.outputs[name] in tables, f"the table of the output {name} is missing")
    for name in (f"Queue{spec.name.value.title().replace('-', '')}" for spec in QUEUES):
        _hold(stack.outputs[name].rpartition("/")[2] in queues, f"the queue of the output {name} is missing")


def the_management_side_is_closed_without_a_token(stack: Deployed) -> None:
    status, _, _ = stack.request("GET", "/admin/people/p1")
    _hold(status == 401, f"GET /admin/people/p1 answered {status}")


def a_path_that_ends_in_a_slash_reaches_the_same_function(stack: Deployed) -> None:
    with_slash, _, _ = stack.request("GET", "/sourceConfig/")
    without, _, _ = stack.request("GET", "/sourceConfig")
    _hold(with_slash == without < 500, f"/sourceConfig/ answered {with_slash}, /sourceConfig {without}")


CHECKS: tuple[Check, ...] = (
    the_tables_and_queues_of_the_topology_are_there,
    the_management_side_is_closed_without_a_token,
    a_path_that_ends_in_a_slash_reaches_the_same_function,
    the_story_of_two_customers,
    a_campaign_goes_out_in_a_storm,
)


def main(word: str = "") -> int:
    """0 when all is well, and the logs are gone; else 1, with the reason and the folder of the logs."""
    checks = [check for check in CHECKS if word in check.__name__]
    if not checks:
        _say(f"✗ no check has {word!r} in its name: {', '.join(check.__name__ for check in CHECKS)}")
        return 1
    folder = Path(mkdtemp(prefix="kizuna-e2e-"))
    since = _stopwatch()
    try:
        with deployed(folder) as stack:
            _say(f"deployed after {since():.0f} s")
            for check in checks:
                check(stack)
                _say(f"✓ {check.__name__.replace('_', ' ')} ({since():.0f} s)")
    except Failed as failure:
        _say(f"✗ {failure}\nlogs: {folder}")
        return 1
    _say(f"✓ destroyed, nothing left behind ({since():.0f} s)")
    shutil.rmtree(folder)
    return 0


def _hold(condition: bool, otherwise: str) -> None:
    if not condition:
        raise Failed(otherwise)


def _stopwatch() -> Callable[[], float]:
    started = time.monotonic()
    return lambda: time.monotonic() - started


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
