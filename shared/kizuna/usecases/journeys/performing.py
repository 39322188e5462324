"""What a run has to do, done: each under the mark of its step and visit, so that a second doing changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, assert_never

from kizuna.core.catalog import Catalog
from kizuna.core.decide import Occasion
from kizuna.core.durations import FIRST
from kizuna.core.errors import Unavailable
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.experiments import HeldOut
from kizuna.core.ids import digest
from kizuna.core.journeys.effects import (
    ChangeProfile,
    Done,
    Emit,
    Look,
    NotDone,
    Placed,
    Result,
    SlotGiven,
    StartJourney,
    TakePlace,
    TakeSlot,
    Tell,
    Told,
)
from kizuna.core.journeys.run import JourneyRun, Todo
from kizuna.core.journeys.scene import Scene
from kizuna.core.journeys.steps import OnChannels
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.usecases.campaigning.rhythms import rhythms_for
from kizuna.usecases.decisions.deciding import decide_and_store
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.journeys.driver import Driver

JOURNEYS = Source("journeys", SourceKind.SYSTEM)
LONGEST_THROTTLE = timedelta(days=365)
MOST_APPENDED = 100  # values of a list; the oldest go

# Of several messages of one step the one that tells most of what the person hears.
_BEST_FIRST = (
    State.SENT,
    State.UNKNOWN,
    State.SENDING,
    State.PENDING,
    State.DEFERRED,
    State.EXPIRED,
    State.FAILED,
    State.DENIED,
)

Starter = Callable[[StartJourney, str], str]


def perform(run: JourneyRun, todo: Todo, scene: Scene, on: Driver, *, start: Starter) -> Result:
    """Do what a run asks for, and tell what came of it. `start` lets the person into another journey.

    Whatever is done is found done by the next who tries: a message by its id, an event by its own, a place by the
    run's mark. Only a slot of a throttle is taken anew; the one before it is lost to all, and nothing else is.
    """
    cause = digest("journey", run.id, todo.node, str(todo.visit))
    catalog, now = scene.catalog, scene.now
    match todo.effect:
        case Tell():
            return _tell(run, todo.effect, scene, on)
        case Look(messages=messages):
            return _told([found for each in messages if (found := on.messages.get(each)) is not None], now)
        case ChangeProfile():
            return _record(_traits_event(todo.effect, scene.profile, cause, now), on, catalog, now)
        case Emit(name=name, properties=properties):
            event = _event(scene.profile, cause, now, name=name, properties=properties)
            return _record(event, on, catalog, now)
        case StartJourney():
            return Done(start(todo.effect, cause))
        case TakePlace(branch=branch, count=count, per=per):
            name = branch + _period(per, now)
            mark = f"{run.id}.{todo.visit}"
            return Placed(on.runs.take_place(run.journey, todo.node, name=name, most=count, mark=mark))
        case TakeSlot(rate=rate, per=per):
            every = (per.after(FIRST) - FIRST) / rate
            queue = f"journey:{run.journey}.{todo.node}"
            slots = on.pace.reserve(queue, every=every, count=1, now=now, within=LONGEST_THROTTLE)
            return NotDone("throttle_full") if slots is None else SlotGiven(slots.first)
        case _:
            assert_never(todo.effect)


# ── speaking ────────────────────────────────────────────────────────────────────────────────────


def _tell(run: JourneyRun, tell: Tell, scene: Scene, on: Driver) -> Result:
    """Decide the message of a step, with the very gate that every message meets."""
    catalog, profile, now = scene.catalog, scene.profile, scene.now
    campaign = catalog.campaigns.get(tell.campaign)
    if campaign is None:
        return NotDone("step_gone")

    def told() -> Told:
        found = on.messages.renderings(
            profile.parts,
            campaign=campaign.id,
            run=run.id,
            step=tell.occasion,
            channels=campaign.reaches_by,
        )
        return _told(found, now)

    before = told()
    if before.messages:
        return before
    too_soon = _cooling_until(run, scene, on)
    if too_soon is not None:
        return Told((), None, "contact_cooldown", too_soon)
    occasion = Occasion(
        campaign,
        scene.version,
        run.id,
        tell.occasion,
        event_part=run.event_part,
        event_key=run.event_key,
        held_out=HeldOut("journey", run.journey) if tell.held_out else None,
        ends_at=tell.ends_at,
        rhythms=rhythms_for(campaign, on.rhythms),
    )
    decide_and_store(profile, occasion, ledger=on.ledger, messages=on.messages, catalog=catalog, now=now)
    return told()


def _told(found: Iterable[Message], now: datetime) -> Told:
    """What became of the messages of a step, all together."""
    messages: list[Message] = sorted(found, key=lambda each: (_BEST_FIRST.index(each.state), each.id))
    ids = tuple(sorted(message.id for message in messages))
    if not messages:
        return Told(ids, None)
    best = messages[0]
    waits = best.not_before is not None and best.not_before > now
    if best.state is State.PENDING and waits:
        return Told(ids, State.DEFERRED, best.reason, best.not_before)
    return Told(ids, best.state, best.reason, best.not_before if best.state is State.DEFERRED else None)


def _cooling_until(run: JourneyRun, scene: Scene, on: Driver) -> datetime | None:
    """Until when a message would be too soon after another of this journey to this person; None if it is not."""
    cooldown, step = scene.journey.contact_cooldown, scene.journey.by_id.get(run.node)
    if cooldown is None or run.held_out or not isinstance(step, OnChannels):
        return None
    walked = on.runs.walked(scene.profile.parts, run.journey).runs
    heard = max((each.heard_at for each in (run, *walked) if each.heard_at is not None), default=None)
    until = cooldown.after(heard) if heard is not None else None
    return until if until is not None and until > scene.now else None


# ── changing what is known ──────────────────────────────────────────────────────────────────────


def _record(event: Event, on: Driver, catalog: Catalog, now: datetime) -> Result:
    """An event of the person, taken in like any other. Raises Unavailable if it could not be stored now."""
    done = ingest((event,), people=on.people, ledger=on.ledger, catalog=catalog, now=now, new_id=on.new_id)
    if done.left_over:
        raise Unavailable(f"event {event.id}: {done.cause}")
    refused = next((each for each in done.violations if not each.stored), None)
    return NotDone(refused.cause) if refused is not None else Done()


def _event(profile: Profile, cause: str, now: datetime, *, name: str, properties: Mapping[str, Any]) -> Event:
    return Event(
        type="track",
        id=cause,
        source=JOURNEYS,
        at=now,
        received_at=now,
        name=name,
        properties=properties,
        profile_id=profile.id,
    )


def _traits_event(change: ChangeProfile, profile: Profile, cause: str, now: datetime) -> Event:
    """The traits as they come to be. Its id is that of step and visit: brought twice, it adds once."""
    traits: dict[str, Any] = {**change.set, **dict.fromkeys(change.unset)}
    for name, amount in change.increment.items():
        held = profile.trait(name)
        counts = isinstance(held, int | float) and not isinstance(held, bool)
        traits[name] = (held if counts else 0) + amount
    for name, value in change.append.items():
        held = profile.trait(name)
        values = list(held) if isinstance(held, list | tuple) else [] if held is None else [held]
        traits[name] = values if value in values else [*values, value][-MOST_APPENDED:]
    return Event(
        type="identify",
        id=cause,
        source=JOURNEYS,
        at=now,
        received_at=now,
        traits=traits,
        profile_id=profile.id,
    )


def _period(per: Literal["day", "week", "month", ""], now: datetime) -> str:
    """The day, week or month (UTC) in which places of a branch are counted; empty if they are counted for good."""
    today = now.astimezone(UTC)
    match per:
        case "day":
            return f" {today:%Y-%m-%d}"
        case "week":
            year, week, _ = today.isocalendar()
            return f" {year}-W{week:02}"
        case "month":
            return f" {today:%Y-%m}"
        case "":
            return ""
        case _:
            assert_never(per)
