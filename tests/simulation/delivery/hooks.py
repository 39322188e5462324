"""Every method of every port that a message meets, with what it does; a port's call without an entry is refused.

A test holds the table against the ports: a new method must be entered here, and so gets its faults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kizuna.core.ports import (
    Askings,
    BrakeStore,
    Bus,
    CatalogStore,
    Cohorts,
    Controls,
    Counters,
    Erasures,
    Lake,
    Ledger,
    Merges,
    Messages,
    Pace,
    People,
    Proofs,
    Quarantine,
    Queues,
    Results,
    Rhythms,
    Runs,
    Schedules,
    Trials,
)
from kizuna.core.ports.backfills import Backfills
from kizuna.core.ports.journeys import Halts, JourneyRuns
from tests.simulation.delivery.faults import Faults, Kind

_READ, _WRITE = Kind.READ, Kind.WRITE

HOOKS: Mapping[type, Mapping[str, Kind]] = {
    People: {
        "owners": _READ,
        "profiles": _READ,
        "commit": _WRITE,
        "commit_all": _WRITE,
        "recorded_consents": _READ,
        "keep_reviews": _WRITE,
        "reviews": _READ,
        "settle_review": _WRITE,
        "marks": _READ,
        "holders": _READ,
        "timeline": _READ,
        "recent": _READ,
        "timeline_event": _READ,
        "members": _READ,
        "members_at": _READ,
        "member_count": _READ,
        "index_membership": _WRITE,
        "due": _READ,
        "erased": _READ,
        "runs_in": _READ,
    },
    Ledger: {"events": _READ, "suppressions": _READ},
    Messages: {
        "pressure": _READ,
        "pressure_at": _READ,
        "press": _WRITE,
        "create": _WRITE,
        "first_of": _WRITE,
        "get": _READ,
        "claim": _WRITE,
        "save": _WRITE,
        "add_fact": _WRITE,
        "note_click": _WRITE,
        "note_delivery": _WRITE,
        "note_early": _WRITE,
        "renderings": _READ,
        "of_person": _READ,
        "recent": _READ,
        "decided": _READ,
    },
    Counters: {"count": _WRITE, "read": _READ, "sent_on": _READ},
    Runs: {
        "start": _WRITE,
        "get": _READ,
        "list": _READ,
        "checkpoint": _READ,
        "advance": _WRITE,
        "set_aside": _WRITE,
        "finish": _WRITE,
        "parts": _READ,
        "end": _WRITE,
    },
    Backfills: {"latest": _READ, "begin": _WRITE, "shards": _READ, "advance": _WRITE},
    Schedules: {"arm": _WRITE, "disarm": _WRITE},
    Queues: {"send": _WRITE},
    Bus: {"publish": _WRITE},
    Lake: {"put": _WRITE},
    Quarantine: {"keep": _WRITE, "report": _READ, "pages": _READ, "settle": _WRITE},
    Merges: {
        "get": _READ,
        "of": _READ,
        "stored": _READ,
        "entries_since": _READ,
        "move": _WRITE,
        "claim": _WRITE,
        "append": _WRITE,
        "part": _WRITE,
    },
    Results: {"counted": _READ, "count": _WRITE, "sums": _READ},
    Cohorts: {"mark": _READ, "count": _WRITE, "sums": _READ, "hours": _READ},
    CatalogStore: {"current": _READ, "documents": _READ, "changed_by": _READ, "apply": _WRITE},
    BrakeStore: {"current": _READ, "save_run": _WRITE, "save_account": _WRITE},
    Askings: {"asked": _READ, "remember": _WRITE},
    Controls: {"current": _READ, "save": _WRITE},
    Rhythms: {"note": _WRITE, "of": _READ},
    Trials: {"current": _READ, "save": _WRITE},
    JourneyRuns: {
        "walked": _READ,
        "enter": _WRITE,
        "get": _READ,
        "of_person": _READ,
        "save": _WRITE,
        "counts": _READ,
        "frozen": _READ,
        "waiting": _READ,
        "take_place": _WRITE,
    },
    Halts: {"current": _READ, "save": _WRITE},
    Pace: {"reserve": _WRITE},
    Proofs: {"get": _READ, "save": _WRITE, "since": _READ},
    Erasures: {
        "stored": _READ,
        "under_way": _READ,
        "begin": _WRITE,
        "advance": _WRITE,
        "close": _WRITE,
        "mark": _WRITE,
        "suppress": _WRITE,
        "lift": _WRITE,
        "log": _WRITE,
        "entries": _READ,
        "raise_reach": _WRITE,
        "disown": _WRITE,
        "forget_holders": _WRITE,
        "leave_segments": _WRITE,
        "forget_merges": _WRITE,
        "clear": _WRITE,
        "redact": _WRITE,
        "bury": _WRITE,
        "remains": _READ,
    },
}


class NoHook(AssertionError):
    """A call to a port at which nothing can go wrong: it would not be tried out."""


class Hooked:
    """A port whose every call passes the faults. `weight`: of a worker that makes hundreds of calls at a time."""

    def __init__(self, port: Any, protocol: type, faults: Faults, *, weight: float = 1.0) -> None:
        self._port, self._protocol, self._faults, self._weight = port, protocol, faults, weight

    def __getattr__(self, method: str) -> Callable[..., Any]:
        kind = HOOKS[self._protocol].get(method)
        if kind is None:
            raise NoHook(f"{self._protocol.__name__}.{method}")
        found, place = getattr(self._port, method), f"{self._protocol.__name__.lower()}.{method}"
        call, weight = self._faults.call, self._weight

        def hooked(*given: Any, **named: Any) -> Any:
            return call(place, kind, lambda: found(*given, **named), weight=weight)

        self.__dict__[method] = hooked
        return hooked
