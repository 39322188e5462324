"""Two policies held against the same people: who gains and who loses reach, where, and why.

everybody, page by page ─▶ for each channel and topic the gate under both policies ─▶ what differs

The gate itself is asked, with what the person remembers rebuilt where a policy asks for something else than what is
kept. Nothing is written and nobody is sent anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kizuna.core.addressing import chosen_address
from kizuna.core.catalog import Catalog, Document, Documents, build
from kizuna.core.consent import ConsentEvent
from kizuna.core.gate import Word
from kizuna.core.people import Profile
from kizuna.core.ports import Ledger, Messages, People
from kizuna.core.reachability import Reach, reach_of
from kizuna.core.reasons import OtherReason
from kizuna.core.restraint.pressure import Pressure
from kizuna.usecases.decisions.deciding import heard_at, pressure_on, standing_ledger
from kizuna.usecases.people.everybody import everybody
from kizuna.usecases.reacting.upkeep import with_current_memory

PAGE = 50
SAMPLE = 10  # people named for each difference

Answer = tuple[Word, str]  # what the gate said, and its reason


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One way in which the answers differ. `topic` is empty for messages that were asked for."""

    channel: str
    topic: str
    before: Answer
    after: Answer

    @property
    def kind(self) -> str:
        """`gained` and `lost` are about being reached at all, now or later; else reason or time alone differ."""
        was, comes = self.before[0] in _REACHED, self.after[0] in _REACHED
        if was == comes:
            return "other"
        return "gained" if comes else "lost"


_REACHED = ("allow", "defer")
_STOPPED: Answer = (
    "deny",
    str(OtherReason.CAMPAIGN_STOPPED),
)  # by the switch: the gate itself does not know it


@dataclass(slots=True)
class Differences:
    """What was found so far. Memory goes by the kinds of differences, not by people."""

    people: int = 0
    changed: int = 0
    gaining: int = 0
    losing: int = 0
    counts: Counter[Difference] = field(default_factory=Counter)
    samples: dict[Difference, list[str]] = field(default_factory=dict)

    def add(self, person: str, found: set[Difference]) -> None:
        self.people += 1
        kinds = {difference.kind for difference in found}
        self.changed += bool(found)
        self.gaining += "gained" in kinds
        self.losing += "lost" in kinds
        for difference in found:
            self.counts[difference] += 1
            named = self.samples.setdefault(difference, [])
            if len(named) < SAMPLE:
                named.append(person)

    def body(self) -> dict[str, Any]:
        """As plain values; the same for the same people and policies."""
        ordered = sorted(self.counts.items(), key=lambda item: (_ORDER[item[0].kind], -item[1], item[0]))
        return {
            "people": self.people,
            "changed": self.changed,
            "gaining": self.gaining,
            "losing": self.losing,
            "differences": [
                {
                    "kind": difference.kind,
                    "channel": difference.channel,
                    "topic": difference.topic,
                    "before": _answer(difference.before),
                    "after": _answer(difference.after),
                    "people": count,
                    "sample": self.samples[difference],
                }
                for difference, count in ordered
            ],
        }


_ORDER = {"lost": 0, "gained": 1, "other": 2}


def _answer(answer: Answer) -> dict[str, str]:
    return {"answer": answer[0], "reason": answer[1]}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the walk is: `share` of all shards, 0 to 1."""

    share: float
    found: Differences


def with_policy(documents: Documents, policy: Document, *, version: int, place: str) -> Catalog:
    """The definitions in force with another policy. Raises InvalidDefinition naming `place`."""
    wanted: Mapping[tuple[str, str], Document] = {
        **documents,
        ("policy", "policy"): {"id": "policy", **policy},
    }

    def origin(kind: str, definition: str) -> str:
        return place if kind == "policy" else f"{kind}/{definition}"

    return build(wanted, version=version, origin=origin, linted=True, unsaved=(("policy", "policy"),))


def compare(
    old: Catalog,
    new: Catalog,
    *,
    people: People,
    ledger: Ledger,
    messages: Messages,
    now: datetime,
    page: int = PAGE,
) -> Iterator[Progress]:
    """Ask the gate for everybody under both policies, and say after each page how far it is."""
    found = Differences()
    stopped = bool(old.policy.kill_switch), bool(new.policy.kill_switch)
    for walked in everybody(people, page=page):
        for profile in walked.people:
            known = _Known(ledger.events(profile.parts), pressure_on(profile, messages))
            reached = (
                _reach(profile, known, catalog, people, ledger, messages, now) for catalog in (old, new)
            )
            found.add(profile.id, _differences(*reached, stopped=stopped))
        yield Progress(walked.share, found)


@dataclass(frozen=True, slots=True)
class _Known:
    """What both policies ask of a person, read once."""

    own: tuple[ConsentEvent, ...]
    pressure: Pressure


def _reach(
    stored: Profile,
    known: _Known,
    catalog: Catalog,
    people: People,
    ledger: Ledger,
    messages: Messages,
    now: datetime,
) -> dict[tuple[str, str, str], Reach]:
    profile = with_current_memory(stored, people, catalog, now=now)
    found: dict[tuple[str, str, str], Reach] = {}
    for channel in sorted({address.channel for address in profile.addresses.values()}):
        address = chosen_address(profile, channel)
        if address is None:
            continue
        reached = reach_of(
            profile,
            address,
            topics=catalog.topics,
            ledger=standing_ledger(profile, address, ledger, own=known.own),
            heard=heard_at(profile, address, known.pressure, messages, catalog),
            catalog=catalog,
            now=now,
        )
        found |= {(channel, one.category, one.topic): one for one in reached}
    return found


def _differences(
    old: Mapping[tuple[str, str, str], Reach],
    new: Mapping[tuple[str, str, str], Reach],
    *,
    stopped: tuple[bool, bool],
) -> set[Difference]:
    differences = set()
    for asked, before in old.items():
        after = new[asked]
        answers = _answered(before, stopped=stopped[0]), _answered(after, stopped=stopped[1])
        moved = before.not_before != after.not_before and _STOPPED not in answers
        if answers[0] != answers[1] or moved:
            differences.add(Difference(before.channel, before.topic, *answers))
    return differences


def _answered(reach: Reach, *, stopped: bool) -> Answer:
    """While everything is stopped nobody is reached but by what the law requires."""
    if stopped and reach.category != "mandatory" and reach.answer in _REACHED:
        return _STOPPED
    return reach.answer, str(reach.reason)
