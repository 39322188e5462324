"""A run of a journey as attributes of the people table.

sv        its version: what writes are guarded by
r         the run's id: another entry of the same key is another run
st        its state
du, ds    when it is to be rung for, and the index partition it is found in (absent when nothing is due); the run of
          a paused journey lies in a partition of that journey, which no sweep reads
b         everything else, as one JSON text; its instants are told from the instant of entry on
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, assert_never

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import Item, from_item, to_item
from kizuna.adapters.tables.people_codec import compact
from kizuna.core.durations import Duration, epoch_millis, from_epoch_millis
from kizuna.core.journeys.effects import (
    ChangeProfile,
    Effect,
    Emit,
    Look,
    StartJourney,
    TakePlace,
    TakeSlot,
    Tell,
)
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun, RunState, Station, Todo

_PLAIN = {
    "journey": "j",
    "version": "v",
    "bucket_id": "bi",
    "key": "k",
    "entry": "e",
    "node": "n",
    "reason": "re",
    "visits": "vi",
    "context": "c",
    "held_out": "ho",
    "frozen": "fr",
    "is_cut": "cu",
    "ahead": "ah",
    "event_part": "ep",
    "event_key": "ek",
}
_REQUIRED = frozenset({"v", "k", "e", "n"})
_LISTS = {"applied": "ap", "told": "to", "ended_before": "eb"}
_INSTANTS = {
    "changed_at": "ca",
    "began_from": "bf",
    "arrived_at": "aa",
    "since": "si",
    "armed_at": "ar",
    "limit_at": "li",
    "heard_at": "he",
}
_STATIONS, _TODO, _ENTERED = "pa", "td", "at"


def run_key(run: JourneyRun) -> Item:
    return {
        "pk": {"S": keys.person(run.person)},
        "sk": {"S": keys.journey_run(run.journey, run.key)},
    }


def run_row(run: JourneyRun) -> dict[str, Any]:
    """All of a run but its key. None: no such attribute."""
    du, ds = None, None
    if not run.is_over and run.frozen:
        du, ds = run.changed_at, keys.halted_shard(run.journey, place_of(run))
    elif not run.is_over and run.due_at is not None:
        du, ds = run.due_at, keys.due_shard(place_of(run))
    return {
        "sv": run.run_version,
        "r": run.id,
        "st": str(run.state),
        "du": None if du is None else epoch_millis(du),
        "ds": ds,
        "b": compact(_body(run)),
    }


def run_to_item(run: JourneyRun) -> Item:
    return {**run_key(run), **to_item(run_row(run))}


def run_from_item(item: Mapping[str, Any]) -> JourneyRun:
    """The inverse of `run_to_item`, for an item as the client (or the stream) gives it."""
    row = from_item(item)
    body = json.loads(row["b"])
    entered = body[_ENTERED]

    def instant(offset: int | None) -> datetime | None:
        return None if offset is None else from_epoch_millis(entered + offset)

    told: dict[str, Any] = {name: body[short] for name, short in _PLAIN.items() if short in body}
    told |= {name: tuple(body[short]) for name, short in _LISTS.items() if short in body}
    told |= {name: instant(body[short]) for name, short in _INSTANTS.items() if short in body}
    due = row.get("du") if not told.get("frozen") else body.get("du")
    return JourneyRun(
        id=row["r"],
        person=keys.person_id_of(row["pk"]),
        state=RunState(row["st"]),
        run_version=row["sv"],
        entered_at=from_epoch_millis(entered),
        due_at=None if due is None else from_epoch_millis(due),
        path=tuple(
            Station(from_epoch_millis(entered + at), node, why) for at, node, why in body.get(_STATIONS, ())
        ),
        todo=_todo(body[_TODO], entered) if _TODO in body else None,
        **told,
    )


def _body(run: JourneyRun) -> dict[str, Any]:
    entered = epoch_millis(run.entered_at)

    def offset(instant: datetime | None) -> int | None:
        return None if instant is None else epoch_millis(instant) - entered

    plain = {short: getattr(run, name) for name, short in _PLAIN.items()}
    plain |= {short: list(getattr(run, name)) for name, short in _LISTS.items()}
    kept = {short: value for short, value in plain.items() if value or short in _REQUIRED}
    instants = {short: offset(getattr(run, name)) for name, short in _INSTANTS.items()}
    body: dict[str, Any] = {_ENTERED: entered, **kept}
    body |= {short: at for short, at in instants.items() if at is not None}
    if run.frozen and run.due_at is not None:
        body["du"] = epoch_millis(run.due_at)
    if run.path:
        body[_STATIONS] = [[offset(station.at), station.node, station.why] for station in run.path]
    if run.todo is not None:
        todo = run.todo
        body[_TODO] = [todo.mark, todo.node, todo.visit, offset(todo.since), _effect_body(todo.effect)]
    return body


def _todo(body: list[Any], entered: int) -> Todo:
    mark, node, visit, since, effect = body
    return Todo(mark, node, visit, _effect(*effect), from_epoch_millis(entered + since))


def _effect_body(effect: Effect) -> list[Any]:
    match effect:
        case Tell():
            ends = epoch_millis(effect.ends_at) if effect.ends_at else None
            return ["tell", effect.campaign, effect.occasion, effect.held_out, ends]
        case Look():
            return ["look", list(effect.messages)]
        case ChangeProfile():
            return [
                "change",
                dict(effect.set),
                list(effect.unset),
                dict(effect.increment),
                dict(effect.append),
            ]
        case Emit():
            return ["emit", effect.name, dict(effect.properties)]
        case StartJourney():
            return ["start", effect.journey, dict(effect.inputs)]
        case TakePlace():
            return ["place", effect.branch, effect.count, effect.per]
        case TakeSlot():
            return ["slot", effect.rate, effect.per.seconds, effect.per.months]
        case _:
            assert_never(effect)


def _effect(kind: str, *told: Any) -> Effect:
    """The inverse. Raises ValueError for a kind that nobody stored."""
    match kind, told:
        case "tell", (campaign, occasion, held_out, ends):
            at = None if ends is None else from_epoch_millis(ends)
            return Tell(campaign, occasion, held_out=held_out, ends_at=at)
        case "look", (messages,):
            return Look(tuple(messages))
        case "change", (values, unset, increment, append):
            return ChangeProfile(values, tuple(unset), increment, append)
        case "emit", (name, properties):
            return Emit(name, properties)
        case "start", (journey, inputs):
            return StartJourney(journey, inputs)
        case "place", (branch, count, per):
            return TakePlace(branch, count, per)
        case "slot", (rate, seconds, months):
            return TakeSlot(rate, Duration(seconds, months))
        case _:
            raise ValueError(f"a run has the todo {kind!r}, which nobody knows")
