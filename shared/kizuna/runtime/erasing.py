"""What the function and the command erase with."""

from __future__ import annotations

from kizuna.runtime.wiring import Services
from kizuna.usecases.rights.erasing import Eraser


def eraser(wired: Services) -> Eraser:
    """What takes a person out of everything."""
    return Eraser(
        wired.people,
        wired.ledger,
        wired.erasures,
        wired.rows,
        wired.bus,
        wired.hash_keys,
        wired.journeys,
    )
