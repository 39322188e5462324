"""Holds what a simulation stored against the plain model, and tells of whom they differ and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.durations import from_epoch_millis
from kizuna.core.people import Profile
from kizuna.core.ports import People
from kizuna.usecases.reacting.upkeep import bring_up_to_date
from tests.simulation import plain
from tests.simulation.crowd import TABLET, Deed
from tests.simulation.run import IN_THE_END, Simulation

NEAR = timedelta(
    seconds=1
)  # a repeat is told to have happened a little earlier or later, by the way its request took


class Differs(AssertionError):
    """What is stored is not what must be true."""


def assert_exactly_once(simulation: Simulation) -> int:
    """Everybody as the plain model has them; how many people that are. Raises `Differs` with all that helps."""
    simulation.chaos.calm = True
    people, now = simulation.world.people, simulation.end
    expected = plain.everybody(simulation.deeds)
    owners = people.owners({key for person in expected for key in person.identifiers})
    of_part: dict[str, plain.Person] = {}
    for person in expected:
        found = {owners.get(key) for key in person.identifiers}
        profiles = people.profiles([owner for owner in found if owner])
        ids = sorted({profile.id for profile in profiles.values()})
        if len(ids) != 1 or None in found:
            raise _differs(simulation, person, [f"one profile was expected, and these are: {ids}"])
        bring_up_to_date(ids[0], people, IN_THE_END, now=now, alarm=False)
        profile = people.profiles(ids)[ids[0]]
        wrong = [*_differences(profile, person, people, now)]
        for part in profile.parts:
            if of_part.setdefault(part, person) is not person:
                wrong.append(f"part {part} is somebody else's too")
        if wrong:
            raise _differs(simulation, person, wrong)
    _assert_bad_ones_are_kept(simulation)
    return len(expected)


def _differences(profile: Profile, person: plain.Person, people: People, now: datetime) -> Iterator[str]:
    yield from _unlike("identities", set(profile.identities) - {("anonymous_id", TABLET)}, person.identifiers)
    yield from _timeline(profile, person, people)
    yield from _traits(profile, person)
    yield from _aggregates(profile, person)
    inside, maybe = person.segments(now)
    yield from _unlike("segments", set(profile.segments) - maybe, inside - maybe)
    marks = [mark.hash for mark in profile.seen]
    if len(set(marks)) != len(marks):
        yield "a mark is in the profile twice"


def _timeline(profile: Profile, person: plain.Person, people: People) -> Iterator[str]:
    """A crash between two tries may leave an event in two rows, a moment apart; readers know it by its mark."""
    told = {}
    for entry in people.timeline(profile.parts):
        deed = person.deeds.get(entry.event.id)
        told[entry.event.id] = entry
        if deed is not None and abs(entry.event.at - deed.at) > NEAR:
            yield f"{deed.id} happened at {deed.at} and is in the timeline at {entry.event.at}"
    yield from _unlike("timeline", set(told), set(person.deeds))


def _traits(profile: Profile, person: plain.Person) -> Iterator[str]:
    expected = person.traits
    found = {name: trait.value for name, trait in profile.traits.items()}
    yield from _unlike("traits", set(found.items()), {(name, value) for name, (value, _) in expected.items()})
    for name, (_, at) in expected.items():
        if name in profile.traits and abs(profile.traits[name].at - at) > NEAR:
            yield f"trait {name} is of {at} and held as of {profile.traits[name].at}"


def _aggregates(profile: Profile, person: plain.Person) -> Iterator[str]:
    """Each state that the conditions ask for, counted from the deeds."""
    for key, need in IN_THE_END.needs.items():
        state: Mapping[str, Any] = profile.aggregates.get(key, {})
        done = sorted(
            (deed for deed in person.deeds.values() if deed.type == "track" and deed.name == need.event),
            key=lambda deed: deed.at,
        )
        if need.total and state.get("n", 0) != len(done):
            yield f"{need.event}: counted {state.get('n', 0)} times, done {len(done)} times"
        if need.recent:
            yield from _instants(need.event, state.get("t", []), done[-need.recent :])
        for name in need.sums:
            spent = round(sum(deed.total or 0 for deed in done), 6)
            if abs(state.get("s", {}).get(name, 0) - spent) > 1e-6:
                yield f"{need.event}: sum {state.get('s')} instead of {spent}"


def _instants(name: str, held: list[int], done: list[Deed]) -> Iterator[str]:
    instants = [from_epoch_millis(millis) for millis in held]
    if len(instants) != len(done):
        yield f"{name}: {len(instants)} instants are held, {len(done)} are the latest"
    elif any(abs(at - deed.at) > NEAR for at, deed in zip(instants, done, strict=True)):
        yield f"{name}: the latest instants are {[deed.at for deed in done]} and not {instants}"


def _unlike(what: str, found: set[Any], expected: set[Any]) -> Iterator[str]:
    if found != expected:
        yield f"{what}: missing {sorted(expected - found)[:20]}, too many {sorted(found - expected)[:20]}"


def _assert_bad_ones_are_kept(simulation: Simulation) -> None:
    kept = "".join(violation.raw for violation in simulation.world.quarantine.report())
    lost = [deed.id for deed in simulation.deeds if deed.bad is not None and f'"{deed.id}"' not in kept]
    if lost:
        raise Differs(f"seed {simulation.chaos.seed}: not in the quarantine: {lost[:20]}")


def _differs(simulation: Simulation, person: plain.Person, wrong: list[str]) -> Differs:
    """With seed, person, what differs, and what happened to each of the person's deeds."""
    lines = [
        f"seed {simulation.chaos.seed}: {sorted(person.identifiers)}",
        *wrong,
        "what was told of this person:",
    ]
    named = [deed for deed in person.deeds.values() if any(deed.id in line for line in wrong)]
    chosen = named or list(person.deeds.values())
    for deed in sorted(chosen, key=lambda deed: deed.at)[:60]:
        who = ", ".join(sorted(value for _, value in plain.identifiers_of(deed)))
        lines.append(f"  {deed.at:%d %H:%M:%S} {deed.id} {deed.type} {deed.name} ({who})")
        lines += [f"      {attempt}" for attempt in simulation.log[deed.id]]
    return Differs("\n".join(lines))
