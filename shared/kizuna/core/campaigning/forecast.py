"""What would become of a run, added up: memory goes by the kinds of outcomes, not by people.

Fed with the messages of one person after the other, each followed to its end; told as plain values, the same for the
same people and definitions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappush, heappushpop
from typing import Any

from kizuna.core.campaigning.funnel import STAGES, Stage, falls_at
from kizuna.core.decisions.record import CHOOSE
from kizuna.core.durations import instant_to_text
from kizuna.core.ids import digest
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.core.sentences import LANGUAGES, explain

SAMPLES = 5  # who would hear, and as many of those who would not
_GROUPS = (True, False)


@dataclass(frozen=True, slots=True)
class Followed:
    """One message at its end: when it went out or fell away, and the parts of a text by country."""

    message: Message
    at: datetime
    country: str = ""
    parts: int = 0


@dataclass(slots=True)
class Forecast:
    """What was found so far."""

    matched: int = 0
    stages: Counter[Stage] = field(default_factory=Counter)  # people, by where they fall
    refused: Counter[tuple[Stage, str, str, str]] = field(default_factory=Counter)  # …, channel, reason, rule
    hours: Counter[tuple[datetime, str]] = field(
        default_factory=Counter
    )  # messages, by hour (UTC) and channel
    sent: Counter[str] = field(default_factory=Counter)  # messages by channel
    withheld: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)  # of texts, by country
    variants: Counter[tuple[str, bool]] = field(
        default_factory=Counter
    )  # people by arm, and whether they hear
    held_out: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    pressure: Counter[int] = field(default_factory=Counter)  # people by promotions in the week up to this one
    states: Counter[tuple[str, str, str]] = field(
        default_factory=Counter
    )  # messages by channel, state, reason
    waits_for_digest: int = 0
    _drawn: dict[bool, list[tuple[int, str, Followed, str | None]]] = field(
        default_factory=lambda: {group: [] for group in _GROUPS}
    )

    def add(self, profile: Profile, followed: Sequence[Followed], *, heard: int | None, salt: str) -> None:
        """One person of the audience. `heard`: promotions within the week, those of this run among them; None where
        nothing counts them."""
        self.matched += 1
        stages = {each.message.id: falls_at(each.message) for each in followed}
        furthest = max(stages.values(), key=STAGES.index, default=Stage.MEANT)
        self.stages[furthest] += 1
        for each in followed:
            self._count(each, stages[each.message.id])
        variant = next((each.message.variant for each in followed if each.message.variant), "")
        if variant:
            self.variants[variant, furthest is Stage.HEARS] += 1
        if heard is not None and furthest is Stage.HEARS:
            self.pressure[heard] += 1
        told = next((each for each in followed if stages[each.message.id] is furthest), None)
        if told is not None:
            self._draw(profile, told, hears=furthest is Stage.HEARS, salt=salt)

    def _count(self, each: Followed, stage: Stage) -> None:
        message = each.message
        self.states[message.channel, str(message.state), message.reason] += 1
        if stage is Stage.HEARS:
            self.sent[message.channel] += 1
            self.languages[message.language] += 1
            self.hours[each.at.replace(minute=0, second=0, microsecond=0), message.channel] += 1
            if each.parts:
                self.parts[each.country] += each.parts
            return
        if message.state is State.DEFERRED:
            self.waits_for_digest += 1
        self.withheld[message.channel] += 1
        self.refused[stage, message.channel, message.reason, rule_of(message)] += 1
        if stage is Stage.NOT_HELD_OUT:
            self.held_out[_holdout_of(message)] += 1

    def _draw(self, profile: Profile, told: Followed, *, hears: bool, salt: str) -> None:
        """Keep those whose hash is lowest: the same whatever the order in which people come."""
        rank = -int.from_bytes(digest("sample", salt, profile.id).encode()[:8])
        heap, entry = self._drawn[hears], (rank, profile.id, told, profile.zone_name)
        if len(heap) < SAMPLES:
            heappush(heap, entry)
        elif entry[:2] > heap[0][:2]:
            heappushpop(heap, entry)

    def funnel(self) -> list[dict[str, Any]]:
        """How many are left after each stage, from all who matched to those who will hear."""
        left, told = self.matched, [{"stage": "matched", "people": self.matched, "fell": 0}]
        for stage in STAGES[:-1]:
            left -= self.stages[stage]
            told.append({"stage": str(stage), "people": left, "fell": self.stages[stage]})
        return told

    def samples(self, name: str) -> list[dict[str, Any]]:
        """Some people with the decision in words: those who would hear it first."""
        return [
            _sample(person, told, zone, name, hears=hears)
            for hears in _GROUPS
            for _, person, told, zone in sorted(self._drawn[hears], key=lambda entry: (-entry[0], entry[1]))
        ]


def _sample(person: str, told: Followed, zone: str | None, name: str, *, hears: bool) -> dict[str, Any]:
    message = told.message
    sentences = {
        language: explain(
            person=person,
            campaign=name,
            channel=message.channel,
            at=told.at,
            zone=zone,
            state=str(State.PENDING if hears else message.state),
            reason=message.reason,
            not_before=message.not_before,
            language=language,
        )
        for language in LANGUAGES
    }
    return {
        "person": person,
        "hears": hears,
        "channel": message.channel,
        "at": instant_to_text(told.at),
        "reason": message.reason,
        "variant": message.variant,
        "sentence": sentences,
    }


def rule_of(message: Message) -> str:
    """The rule that decided: a hold or a product by its name, else the last guard that was asked."""
    record = message.decision
    named = record.get("hold") or record.get("product")
    if isinstance(named, str) and named:
        return named
    return str(record.get("trace") or CHOOSE).split()[-1]


def _holdout_of(message: Message) -> str:
    return " ".join(message.decision.get("holdout", ()))


def quantiles(counts: Mapping[int, int], shares: Iterable[float]) -> list[int]:
    """The lower quantiles of numbers that were counted; empty counts have none."""
    total = sum(counts.values())
    found = []
    for share in shares:
        wanted, seen = share * total, 0
        for value in sorted(counts):
            seen += counts[value]
            if seen >= wanted:
                found.append(value)
                break
    return found
