"""Both sides over one emulator: what each is given, what it stored, and the replies it got, kept for playing back.

Whatever a side stored is compared with the reference of the workload before anybody may time it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore import xform_name
from moto import mock_aws

from benchmarks import ours, workload
from benchmarks.tape import Tape
from benchmarks.usual import RECENT, Usual, model_of, stored
from benchmarks.workload import BATCH, BEFORE, NOW, Json, Person
from kizuna.core.people import Profile
from kizuna.core.segments import EVERYONE
from kizuna.core.segments.index import SegmentIndex
from kizuna.local import emulator
from kizuna.local.clock import VirtualClock
from kizuna.local.environment import environment
from kizuna.runtime.wiring import Services

KIZUNA = "kizuna"
USUAL = "usual"
USUAL_BARE = "usual, events not kept"

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class WrongAnswer(Exception):
    """A side stored something else than the reference; nothing is timed then."""


@dataclass(frozen=True, slots=True)
class Side:
    """A hundred events for so many people, through one side: `run` makes the calls that are on the tape."""

    name: str
    fold: int  # events of one person
    run: Callable[[], object]
    tape: Tape
    client: Any
    profiles: tuple[Profile, ...] = ()  # of Kizuna's people, afterwards

    def played(self) -> None:
        """The work, with the network left out."""
        with self.tape.replaying(self.client):
            self.run()

    def calls_alone(self) -> None:
        """Just the calls to DynamoDB, in their order, with everything else left out."""
        with self.tape.replaying(self.client):
            for call in self.tape.calls:
                getattr(self.client, xform_name(call.operation))(**call.params)

    def segments_alone(self, index: SegmentIndex) -> None:
        """Just the evaluation of every segment for every person."""
        for profile in self.profiles:
            index.standing(profile, now=NOW)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Every side, checked; and the compiled segments."""

    sides: tuple[Side, ...]
    index: SegmentIndex

    def at(self, fold: int) -> list[Side]:
        return [side for side in self.sides if side.fold == fold]


@contextmanager
def prepared(segments: Sequence[Json], *, folds: Sequence[int], workers: int) -> Iterator[Prepared]:
    """Both sides with their answers checked. Nothing that is printed inside the block is shown."""
    with ExitStack() as stack:
        stack.enter_context(environment(ENVIRONMENT))
        stack.enter_context(without_output())
        with mock_aws(), emulator.installed():
            clock = VirtualClock(BEFORE)
            wired = ours.services(workers=workers, clock=clock.now)
            ours.make_tables(wired._dynamodb)
            ours.make_secret()
            ours.apply(wired, ours.documents_of(segments))
            collect = stack.enter_context(ours.collecting(wired))
            for person in (person for fold in folds for person in persons_of(fold)):
                expect_ok(collect(ours.request(list(workload.history(person)), at=BEFORE)))
            clock.advance_to(NOW)
            sides = [
                *(_kizuna(wired, collect, segments, fold) for fold in folds),
                *_usual(segments, folds, keeps_events=True),
                *_usual(segments, folds, keeps_events=False),
            ]
        yield Prepared(tuple(sides), wired.catalog.current().segment_index)


@contextmanager
def without_output() -> Iterator[None]:
    """Functions log and count to standard output: the work of it is theirs, the sight of it is not wanted."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


def persons_of(fold: int) -> list[Person]:
    """The same people for every side: so many that a batch holds `fold` events of each."""
    return workload.people(BATCH // fold, group=f"user-{fold}")


def expect_ok(reply: Json) -> None:
    if reply["statusCode"] != 200:
        raise WrongAnswer(f"answered {reply['statusCode']}: {reply['body']}")


def _same(side: str, user: str, what: str, found: object, expected: object) -> None:
    if found != expected:
        raise WrongAnswer(f"{side}: {what} of {user}: {found!r} instead of {expected!r}")


# ── Kizuna ──────────────────────────────────────────────────────────────────────────────────────


def _kizuna(wired: Services, collect: Callable[[Json], Json], segments: Sequence[Json], fold: int) -> Side:
    persons = persons_of(fold)
    calls = workload.batch(persons)
    run = partial(collect, ours.request(calls))
    tape = Tape()
    with tape.recording(wired._dynamodb):
        expect_ok(run())
    expected = workload.after(persons, calls)
    profiles = tuple(check_kizuna(wired, segments, person) for person in expected.values())
    for profile, person in zip(profiles, expected.values(), strict=True):
        told = 1 + sum(call["type"] == "identify" and call["userId"] == person.user_id for call in calls)
        kept = sum(1 for _ in wired.people.timeline(profile.parts))
        _same(KIZUNA, person.user_id, "events kept", kept, told + sum(map(len, person.past.values())))
    return Side(KIZUNA, fold, run, tape, wired._dynamodb, profiles)


def check_kizuna(wired: Services, segments: Sequence[Json], person: Person) -> Profile:
    """The stored profile of somebody, after its segments and traits were found right. Raises WrongAnswer."""
    identity = ("user_id", person.user_id)
    owner = wired.people.owners([identity])[identity]
    profile = wired.people.profiles([owner])[owner]
    members = workload.members_of(segments, person, now=int(wired.now().timestamp()))
    _same(KIZUNA, person.user_id, "segments", profile.segments - {EVERYONE}, members)
    held = {name: trait.value for name, trait in profile.traits.items() if name != "email"}
    _same(KIZUNA, person.user_id, "traits", held, person.traits)
    return profile


# ── the usual function ──────────────────────────────────────────────────────────────────────────


def _usual(segments: Sequence[Json], folds: Sequence[int], *, keeps_events: bool) -> list[Side]:
    name = USUAL if keeps_events else USUAL_BARE
    resource = boto3.resource("dynamodb")
    profiles = _table(resource, f"profiles-{keeps_events}", "pk")
    timeline = _table(resource, f"timeline-{keeps_events}", "pk", "sk")
    trees = [(each["id"], model_of(each["when"])) for each in segments]
    function = Usual(profiles, timeline, trees, now=lambda: NOW, keeps_events=keeps_events)
    sides: list[Side] = []
    for fold in folds:
        persons = persons_of(fold)
        for person in persons:
            profiles.put_item(Item=_item(person, segments))
        calls = workload.batch(persons)
        run = partial(_one_by_one, function, [usual_event(call) for call in calls])
        tape = Tape()
        with tape.recording(resource.meta.client):
            run()
        for person in workload.after(persons, calls).values():
            _check_usual(profiles, segments, person, name)
        sides.append(Side(name, fold, run, tape, resource.meta.client))
    return sides


def _table(resource: Any, name: str, *keys: str) -> Any:
    kinds = zip(keys, ("HASH", "RANGE"), strict=False)
    return resource.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in kinds],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
    )


def _item(person: Person, segments: Sequence[Json]) -> Json:
    """A person as the usual function would have stored them."""
    now = int(NOW.timestamp())
    return {
        "pk": person.user_id,
        "version": 1,
        "updated_at": now,
        "traits": stored(person.traits),
        "events": {name: {"total": len(at), "recent": at[-RECENT:]} for name, at in person.past.items()},
        "members": sorted(workload.members_of(segments, person, now=now)),
    }


def usual_event(call: Json) -> Json:
    """One event in a request of its own, as an HTTP API hands it to a function."""
    return {
        "version": "2.0",
        "rawPath": "/v1/track",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST", "path": "/v1/track"}},
        "body": json.dumps(call),
        "isBase64Encoded": False,
    }


def _one_by_one(function: Usual, events: Sequence[Json]) -> None:
    for event in events:
        expect_ok(function.handler(event, None))


def _check_usual(profiles: Any, segments: Sequence[Json], person: Person, name: str) -> None:
    item = profiles.get_item(Key={"pk": person.user_id}, ConsistentRead=True)["Item"]
    members = workload.members_of(segments, person, now=int(NOW.timestamp()))
    _same(name, person.user_id, "segments", set(item["members"]), members)
    _same(name, person.user_id, "traits", item["traits"], stored(person.traits))
    totals = {event: int(happened["total"]) for event, happened in item["events"].items()}
    _same(name, person.user_id, "counts", totals, {event: len(at) for event, at in person.past.items()})
