"""What became of everybody: judged by the provider's own log and by who was to be written to, not by our word.

| fault          | what it is                                                                             |
|----------------|----------------------------------------------------------------------------------------|
| doubled        | an address in the log more than once, or a human (who was two to us: after we knew that |
|                | they are one); what is not marketing may be there once more, as a repeat that says so   |
| silently lost  | somebody of the audience without a row; a row that says SENT and the log does not       |
| untold         | the log has it, and our row says that it never went out                                 |
| after their No | the log has it after somebody left, or asked to be erased, and we had written that down |
| through a brake | after a brake was pulled, or a whole campaign halted, more left than was in the       |
|                | senders' hands, until it was released; or after the campaign was switched off or changed |
| not woken      | a row that waited on after its brake was released, and both words for it were not lost  |
| unsettled      | a row that is not in a final state when everything has come to rest                     |
| sums           | the states do not add up to what was intended, or the counters say something else       |
| broken         | a use case raised what no queue is meant to bring again                                 |
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kizuna.core.messages import By, Message, State
from kizuna.core.people import GONE
from kizuna.core.ports import RunState
from kizuna.core.restraint.brakes import HELD_FOR, WOKEN_AGAIN_AFTER
from kizuna.core.results.cells import in_state, with_sign
from kizuna.core.results.counted import OF_FACTS
from tests.simulation.delivery.path import Path
from tests.simulation.delivery.records import IN_HAND
from tests.simulation.delivery.town import Human

_NEVER_WENT_OUT = frozenset({State.PENDING, State.DEFERRED, State.DENIED, State.EXPIRED, State.FAILED})
_WITH_A_REASON = frozenset({State.DENIED, State.EXPIRED, State.FAILED})
# Words come some minutes late: records are tried again up to five times, and the sweep is of a minute.
_LATE = timedelta(hours=2)
_SETTLED = frozenset({State.SENT, State.FAILED, State.DENIED, State.EXPIRED, State.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Verdict:
    """One run, in figures that can be added up."""

    seed: int
    category: str
    channel: str
    intended: int  # first messages: everybody in the audience, two who were one before their decision once
    accepted: int  # by the log
    states: Mapping[str, int]  # of first messages
    repeats: int  # rows that repeat one of unknown fate
    repeated: int  # people who, by the log, got it twice by such a repeat
    unknown_accepted: int  # UNKNOWN, and the log has it
    calls: int
    died: int
    dead_letters: int
    brakes: int  # how often promotion stood still
    held: int  # rows that waited for that
    told: Mapping[tuple[str, str], int]
    passed: Mapping[str, int]
    faults: tuple[str, ...] = field(default=())

    @property
    def is_right(self) -> bool:
        return not self.faults

    def count(self, kind: str) -> int:
        """How many faults of a kind."""
        return sum(fault.startswith(kind) for fault in self.faults)


def judge(path: Path) -> Verdict:
    rows: dict[str, Message] = {row.id: row for row in path.everything_at()}
    first = [row for row in rows.values() if not row.again_of]
    log = path.provider.log
    times = Counter(taken.send_id for taken in log)
    by_human = _by_human(path, rows)
    faults = [
        *_doubled(path, rows, by_human),
        *_lost(path, rows, times, by_human),
        *_through_brakes(path),
        *_not_woken(path, rows),
        *_sums(path, first, by_human),
        *(f"broken: {what} ({number} times)" for what, number in path.broken.items()),
    ]
    return Verdict(
        seed=path.faults.seed,
        category=path.category,
        channel=path.town.way.channel,
        intended=_intended(path, by_human),
        accepted=len(log),
        states=dict(Counter(str(row.state) for row in first)),
        repeats=len(rows) - len(first),
        repeated=sum(times[row.id] > 0 and times[row.again_of] > 0 for row in rows.values() if row.again_of),
        unknown_accepted=sum(times[row.id] > 0 for row in first if row.state is State.UNKNOWN),
        calls=sum(path.faults.passed.values()),
        died=path.died,
        dead_letters=path.dead_letters,
        brakes=len(path.stores["brakes"].stood),
        held=sum(any(step.by is By.BRAKE for step in row.evidence) for row in rows.values()),
        told=dict(path.faults.told),
        passed=dict(path.faults.passed),
        faults=tuple(faults),
    )


def _by_human(path: Path, rows: Mapping[str, Message]) -> dict[int, list[Message]]:
    """The first messages of each human, whatever profile they were decided under."""
    people: Any = path.stores["people"]
    number_of = path.town.profiles
    found: dict[int, list[Message]] = defaultdict(list)
    for row in rows.values():
        if row.again_of:
            continue
        number = number_of.get(row.person)
        if number is None:  # somebody who came to be by a merge
            number = next(number_of[part] for part in people.stored[row.person].parts if part in number_of)
        found[number].append(row)
    return found


def _doubled(path: Path, rows: Mapping[str, Message], by_human: Mapping[int, list[Message]]) -> list[str]:
    faults: list[str] = []
    at: dict[str, list[str]] = defaultdict(list)
    for taken in path.provider.log:
        at[taken.address].append(taken.send_id)
    for number, (_, send_ids) in enumerate(sorted(at.items())):
        if len(send_ids) > 1 and not _is_a_repeat(send_ids, rows):
            faults.append(f"doubled: address {number} got {len(send_ids)}: {sorted(set(send_ids))}")
    places: dict[str, list[int]] = defaultdict(list)
    for place, taken in enumerate(path.provider.log):
        places[taken.send_id].append(place)
    are_two = {human.number for human in path.town.humans if human.is_two}
    for human, messages in by_human.items():
        kept = [row for row in messages if row.id not in path.provider.thrown_away]
        got = sorted(place for row in kept for place in places[row.id])
        since = path.one_since.get(human, len(path.provider.log) if human in are_two else 0)
        if any(place >= since for place in got[1:]):
            faults.append(f"doubled: human {human} got {len(got)}, one of them after we knew who it is")
        silent = path.silent_since.get(human, len(path.provider.log))
        faults += [f"after their No: human {human} got one more" for place in got if place >= silent]
    return faults


def _is_a_repeat(send_ids: list[str], rows: Mapping[str, Message]) -> bool:
    """Whether the second is a repeat that says so, of a message that was of unknown fate; never of marketing."""
    if len(send_ids) != 2 or len(set(send_ids)) != 2:
        return False
    first, second = send_ids
    again = rows[second]
    return again.again_of == first and again.possible_duplicate and again.category != "marketing"


def _lost(
    path: Path,
    rows: Mapping[str, Message],
    times: Mapping[str, int],
    by_human: Mapping[int, list[Message]],
) -> list[str]:
    faults = [
        f"silently lost: human {human.number} has no row"
        for human in path.town.humans
        if not by_human.get(human.number) and not _is_left_out(human, path)
    ]
    for row in rows.values():
        if row.state not in _SETTLED or row.watched_until is not None:
            faults.append(f"unsettled: {row.id} is {row.state}")
        if row.state is State.SENT and not times.get(row.id):
            faults.append(f"silently lost: {row.id} says SENT, and the provider never took it")
        if row.state in _WITH_A_REASON and not row.reason:
            faults.append(f"untold: {row.id} is {row.state}, and does not say why")
        if row.state is State.FAILED and row.id in path.provider.thrown_away:
            continue
        if row.state in _NEVER_WENT_OUT and times.get(row.id):
            faults.append(f"untold: the provider took {row.id}, which says {row.state}")
    faults += [f"untold: the provider took {one}, which has no row" for one in times if one not in rows]
    return faults


def _intended(path: Path, by_human: Mapping[int, list[Message]]) -> int:
    """Everybody in the audience by their names; who was known to be one when decided counts as one."""
    return sum(
        _messages_of(human, by_human)
        for human in path.town.humans
        if by_human.get(human.number) or not _is_left_out(human, path)
    )


def _through_brakes(path: Path) -> list[str]:
    if path.category != "marketing":
        return []
    end = len(path.provider.log)
    spans = [
        (stood.first, end if stood.last is None else stood.last) for stood in path.stores["brakes"].stood
    ]
    spans += [(first, end if last is None else last) for first, last in path.hands.halted]
    spans += [] if path.hands.ended_since is None else [(path.hands.ended_since, end)]
    return [f"through a brake: {last - first} left" for first, last in spans if last - first > IN_HAND]


def _not_woken(path: Path, rows: Mapping[str, Message]) -> list[str]:
    """Who waited longer than the words take to come: two, or one for who was held by what was read before."""
    faults: list[str] = []
    for row in rows.values():
        lost = path.wakes_lost[""] + path.wakes_lost[row.id]
        for held, following in zip(row.evidence, row.evidence[1:], strict=False):
            if held.by is not By.BRAKE:
                continue
            waited, words = _waited(path, held.at, following.at)
            soon = WOKEN_AGAIN_AFTER + _LATE
            if waited > (HELD_FOR + _LATE if lost >= words else soon):
                faults.append(f"not woken: {row.id} waited {waited} for nothing, {lost} words were lost")
    return faults


def _waited(path: Path, since: datetime, until: datetime) -> tuple[timedelta, int]:
    """The longest time between two moments in which nothing stood still; how many words it had to be woken by."""
    longest, words, free = timedelta(0), 1, since
    for stood in path.stores["brakes"].stood:
        if stood.until is not None and stood.until <= since:
            continue
        if stood.since >= until:
            break
        longest = max(longest, stood.since - free)
        if stood.until is None:
            return longest, words
        free, words = stood.until, 2
    return max(longest, until - free), words


def _is_left_out(human: Human, path: Path) -> bool:
    """Whether somebody asked to be erased: whose turn came after that is none of the audience any more. Nor is
    whoever had not had their turn when the campaign was switched off, or changed."""
    if (
        path.hands.ended_since is not None
        and path.stores["runs"].list("spring")[0].state is not RunState.DONE
    ):
        return True
    people: Any = path.stores["people"]
    return any(
        number == human.number and people.stored[part].status in GONE
        for part, number in path.town.profiles.items()
    )


def _messages_of(human: Human, by_human: Mapping[int, list[Message]]) -> int:
    return max(1, min(len(human.names), len(by_human.get(human.number, ()))))


def _sums(path: Path, first: list[Message], by_human: Mapping[int, list[Message]]) -> list[str]:
    faults = []
    intended = _intended(path, by_human)
    if len(first) != intended:
        faults.append(f"sums: {intended} were intended, the states add up to {len(first)}")
    counted: Counter[str] = Counter()
    for run in path.stores["runs"].list("spring"):
        for (_, state, _), number in path.stores["counters"].read("spring", run.id).items():
            counted[state] += number
    held = Counter(str(row.state) for row in path.everything_at())
    if +counted != held:
        faults.append(f"sums: the counters say {dict(+counted)}, the rows {dict(held)}")
    return faults + _signs(path)


def _signs(path: Path) -> list[str]:
    """What the results say of states and facts, against the rows."""
    rows = path.everything_at()
    said: Counter[str] = Counter()
    for run in path.stores["runs"].list("spring"):
        for sums in path.stores["results"].sums("spring", run.id).values():
            said.update(sums)
    true = Counter(in_state(str(row.state), row.reason) for row in rows)
    true.update(with_sign(OF_FACTS[fact]) for row in rows for fact in row.facts if fact in OF_FACTS)
    counted = Counter({name: number for name, number in said.items() if name in true or name[:2] == "s_"})
    faults = []
    if +counted != true:
        faults.append(f"sums: the results say {dict(+counted)}, the rows {dict(true)}")
    return faults
