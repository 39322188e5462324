"""What holds for all tests: a property is about behaviour and never about time, so no example has a deadline, and
nobody asks how long a busy machine takes to draw one.

`KIZUNA_EXAMPLES=2000` draws more examples than a run of every day does. With `CI` set the examples are the same
in every run, so that a change is judged by what it changed; everywhere else each run draws new ones.
"""

from __future__ import annotations

import gc
import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "kizuna",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=int(os.environ.get("KIZUNA_EXAMPLES", "100")),
    derandomize="CI" in os.environ,
)
settings.load_profile("kizuna")


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: whoever looks for garbage need not walk through it again,
    nor look as often as in a program that is short of memory.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
