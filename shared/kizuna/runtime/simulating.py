"""What a simulation is built of, for the command and for the function behind `/admin`."""

from __future__ import annotations

from collections.abc import Callable

from kizuna.runtime.wiring import Services
from kizuna.usecases.campaigning.simulating import NOWHERE, Simulator
from kizuna.usecases.campaigning.simulation_desk import SimulationDesk


def simulator(wired: Services) -> Simulator:
    return Simulator(
        wired.people,
        wired.ledger,
        wired.messages,
        wired.runs,
        wired.rhythms,
        wired.trials,
        base_url=wired.settings.base_url or NOWHERE,
    )


def simulation_desk(wired: Services, is_over: Callable[[], bool]) -> SimulationDesk:
    return SimulationDesk(simulator(wired), wired.simulations, wired.catalog.documents, is_over)
