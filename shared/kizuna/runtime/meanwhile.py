"""Imports that a function's first call does not need, made while that call waits for its reply.

At a cold start the first call waits for a name, a connection, a handshake and its answer: tens of milliseconds in
which nothing of this process runs. Later starts find the modules there, and nothing is done.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from threading import Thread


def import_meanwhile(*names: str) -> Callable[[], None]:
    """Begin to import these modules, in this order; what is returned waits until they are there.

    Until then the caller imports none but the first of them: two threads that enter a package from two sides would
    wait for each other. What goes wrong is left to whoever imports the module next: that import raises it again.
    """
    missing = [name for name in names if name not in sys.modules]
    if not missing:
        return _nothing
    thread = Thread(target=_import, args=(missing,), name="imports", daemon=True)
    thread.start()
    return thread.join


def _nothing() -> None:
    """There is nothing to wait for."""


def _import(names: list[str]) -> None:
    for name in names:
        try:
            import_module(name)
        except (
            Exception
        ):  # nobody is told here: whoever imports the module next meets it, with its own traceback
            return
