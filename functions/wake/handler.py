"""Every minute → what is due."""

import time
from typing import Any

from kizuna.runtime.wiring import services
from kizuna.topology import Function, function
from kizuna.usecases.wake import sweep

_SECONDS = function(Function.WAKE).timeout * 0.8


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    wired = services()
    started = time.monotonic()
    rung = sweep(
        wired.people, wired.queues, now=wired.now(), is_over=lambda: time.monotonic() - started > _SECONDS
    )
    return {"rung": rung}
