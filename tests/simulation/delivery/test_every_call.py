"""R2: every call of the delivery path, with everything that can go wrong there: all are tried, none does harm."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, Protocol, get_type_hints

import pytest

from kizuna.core import ports
from kizuna.usecases.campaigning import launching, walking
from kizuna.usecases.delivery import deliver
from kizuna.usecases.outcomes import feedback
from kizuna.usecases.reacting import react
from tests.simulation.delivery.every_call import every_call
from tests.simulation.delivery.faults import POSSIBLE, Faults, Kind
from tests.simulation.delivery.hooks import HOOKS, Hooked, NoHook
from tests.simulation.delivery.staff import (
    HALTED_AND_GOING_ON,
    PAUSED_AND_RESUMED,
    STOPPED_AND_RELEASED,
    Staff,
)

PARTS = int(
    os.environ.get("KIZUNA_POINTS_PART", "13")
)  # one of so many points is tried; all of them by `make deep`
ON_THE_PATH = {
    "counters.count", "ledger.events", "messages.claim", "messages.create", "messages.get", "messages.save",
    "messages.add_fact", "people.due", "people.members", "people.profiles", "people.commit", "provider.send",
    "queues.send", "runs.start", "runs.advance", "schedules.arm", "lake.put", "bus.publish",
    "cohorts.count", "brakestore.current", "results.count", "messages.first_of", "trials.current",
    "controls.current", "catalogstore.current",
}  # fmt: skip
# Nothing is announced unless the policy asks for it; what is not marketing has no brakes.
NOT_BY = {
    "marketing": {"bus.publish"},
    "transactional": {
        "bus.publish",
        "cohorts.count",
        "brakestore.current",
        "messages.first_of",
        "trials.current",
    },
}
NOT_TESTED = {"messages.first_of", "trials.current"}  # only mail has two subjects to compare


@pytest.mark.slow
@pytest.mark.parametrize(
    ("category", "channel"),
    [
        ("marketing", "email"),
        ("transactional", "email"),
        ("marketing", "sms"),
        ("marketing", "line"),
        ("transactional", "webhook"),
    ],
)
def test_every_call_with_every_fault_of_its_kind_does_no_harm(category: str, channel: str) -> None:
    parts = PARTS if channel == "email" or PARTS == 1 else 3 * PARTS
    found = every_call(category, channel, part=(0, parts))
    assert found.violations == []
    assert found.missed == []
    assert found.calls > 150
    if PARTS == 1:
        tried = {place for place, _ in found.tried}
        assert tried >= ON_THE_PATH - NOT_BY[category] - (NOT_TESTED if channel != "email" else set())
        kinds = {place: HOOKS[_port(place)][place.partition(".")[2]] for place in tried - {"provider.send"}}
        for place, kind in {**kinds, "provider.send": Kind.SEND}.items():
            assert {fault for at, fault in found.tried if at == place} == {
                fault.value for fault in POSSIBLE[kind]
            }


@pytest.mark.parametrize(
    ("staff", "pulls"),
    [
        (PAUSED_AND_RESUMED, "brakestore.save_run"),
        (STOPPED_AND_RELEASED, "brakestore.save_account"),
        (HALTED_AND_GOING_ON, "controls.save"),
    ],
    ids=["paused", "stopped", "halted"],
)
def test_nor_does_any_where_a_brake_is_pulled_and_released_in_the_middle(staff: Staff, pulls: str) -> None:
    """With all that follows: the words, and who is woken by them."""
    found = every_call("marketing", "email", part=(0, 1 if PARTS == 1 else 5 * PARTS), staff=staff)
    assert found.violations == []
    assert found.missed == []
    if PARTS == 1:
        tried = {place for place, _ in found.tried}
        assert tried >= {pulls, "messages.decided", "runs.list", "brakestore.current", "queues.send"}


def _port(place: str) -> type:
    name = place.partition(".")[0]
    return next(port for port in HOOKS if port.__name__.lower() == name)


@pytest.mark.parametrize("port", list(HOOKS), ids=lambda port: port.__name__)
def test_every_method_of_a_port_has_a_hook(port: type) -> None:
    assert set(HOOKS[port]) == _methods(port)


def _methods(port: type) -> set[str]:
    return {
        name
        for each in port.__mro__
        if each is not Protocol and each is not object
        for name, held in vars(each).items()
        if callable(held) and not name.startswith("_")
    }


def test_a_call_without_a_hook_is_refused() -> None:
    class Store:
        def something_new(self) -> None: ...

    with pytest.raises(NoHook, match="something_new"):
        Hooked(Store(), ports.Ledger, Faults(1)).something_new()


WORKERS = (deliver.Deliverer, react.Reactor, walking.Walker, launching.Planner, feedback.Listener)
# The turnstile is the worker's own, and what it asks (`Pace`) is hooked; a quota is what was last read, and cannot
# fail.
ELSEWHERE = {ports.Turns, ports.Quotas}


@pytest.mark.parametrize("worker", WORKERS, ids=lambda worker: worker.__name__)
def test_every_port_of_a_worker_is_hooked(worker: type) -> None:
    assert _ports(worker) - ELSEWHERE <= set(HOOKS)


def _ports(worker: type) -> set[Any]:
    return {port for hint in get_type_hints(worker).values() for port in _protocols(hint)}


def _protocols(hint: Any) -> Iterator[Any]:
    """The ports that an annotation names, however deep inside; a sender has hooks of its own."""
    is_port = isinstance(hint, type) and getattr(hint, "_is_protocol", False)
    if is_port and hint.__module__.startswith("kizuna") and hint is not ports.Sender:
        yield hint
    elif is_dataclass(hint) and hint.__module__.startswith("kizuna.usecases"):
        yield from (port for inner in get_type_hints(hint).values() for port in _protocols(inner))
    for member in getattr(hint, "__args__", ()):
        if not isinstance(member, list):
            yield from _protocols(member)
