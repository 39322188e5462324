"""Whether calls wait for their replies, so that more of them at a time are done sooner.

A call of boto3 is a third of a millisecond of this process, and some milliseconds of waiting where DynamoDB is a
network away. There threads are worth their while. Where replies are at hand (an emulator in this process) they would
only wait for each other, for one interpreter runs one of them at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Pace:
    """What the last measured call told. Until one is measured, calls are taken to wait."""

    def __init__(self) -> None:
        self.waits = True

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Measure the calls inside the block, which one thread makes one after the other."""
        started, worked = time.perf_counter(), time.thread_time()
        yield
        work = time.thread_time() - worked
        self.waits = time.perf_counter() - started > 2 * work
