"""What a test expects, held against what came of its story."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Generic, TypeVar

from kizuna.core.content.rendering import Rendered
from kizuna.core.durations import Duration
from kizuna.core.journeys.messages import journey_and_step
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.messages import Message, State
from kizuna.local.time_travel.cases import (
    Case,
    ExpectedMessage,
    ExpectedRun,
    ExpectedSilence,
    TestFile,
)
from kizuna.local.time_travel.moments import Moment
from kizuna.local.time_travel.playing import Played
from kizuna.local.time_travel.world import Sent

NOTHING_MORE = "nothing more"
_SILENT = frozenset({State.DENIED, State.EXPIRED, State.FAILED})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was expected: where the test says so, and both sides in words."""

    path: str
    expected: str
    got: str


def differences(case: Case, file: TestFile, played: Played) -> tuple[Difference, ...]:
    """Everything in which a story came out otherwise; nothing if the test holds."""
    expected, found = case.expect, list[Difference]()
    named = {each.campaign for each in expected.messages or ()}
    named |= {each.campaign for each in expected.withheld or ()}
    if expected.messages is not None:
        sent = [each for each in played.sent if _concerns(each.message, file, named)]
        found += _compared("messages", expected.messages, sent, _MessageJudge(played))
    if expected.withheld is not None:
        silent = [each for each in played.messages if each.state in _SILENT and _concerns(each, file, named)]
        found += _compared("withheld", expected.withheld, silent, _SilenceJudge(played))
    if expected.runs is not None:
        runs = [each for each in played.runs if file.journey in (None, each.journey)]
        found += _compared("runs", expected.runs, runs, _RunJudge(played))
    for person, traits in expected.traits.items():
        profile = played.people.get(person)
        for name, value in traits.items():
            held = profile.trait(name) if profile is not None else None
            if held != value:
                found.append(Difference(f"traits.{person}.{name}", repr(value), repr(held)))
    if expected.events is not None:
        names = tuple(event.name for event in played.recorded)
        if names != expected.events:
            found.append(
                Difference("events", ", ".join(expected.events) or "none", ", ".join(names) or "none")
            )
    return tuple(found)


def _concerns(message: Message, file: TestFile, named: Collection[str | None]) -> bool:
    """Whether a message belongs to what the file is about, or to a campaign that the test names."""
    if message.campaign in named:
        return True
    of_step = journey_and_step(message.campaign)
    if file.journey is not None:
        return of_step is not None and of_step[0] == file.journey
    return file.campaign in (None, message.campaign)


# ── lists ───────────────────────────────────────────────────────────────────────────────────────

E = TypeVar("E", bound=ExpectedMessage | ExpectedSilence | ExpectedRun)
F = TypeVar("F", bound=Sent | Message | JourneyRun)


class _Judge(ABC, Generic[E, F]):
    """Compares one expected thing with one that came, and says both in words."""

    def __init__(self, played: Played) -> None:
        self.played = played

    @abstractmethod
    def fits(self, wanted: E, got: F) -> bool: ...

    @abstractmethod
    def wanted(self, wanted: E) -> str: ...

    @abstractmethod
    def got(self, got: F) -> str: ...

    def when(self, at: datetime) -> str:
        return f"{at.astimezone(self.played.zone):%Y-%m-%d %H:%M}"

    def in_time(self, wanted: Moment | None, within: Duration, at: datetime) -> bool:
        if wanted is None:
            return True
        earliest = wanted.at(self.played.starts, self.played.zone)
        return earliest <= at <= within.after(earliest)

    def moment(self, wanted: Moment | None) -> str:
        return "" if wanted is None else self.when(wanted.at(self.played.starts, self.played.zone))


class _MessageJudge(_Judge[ExpectedMessage, Sent]):
    def fits(self, wanted: ExpectedMessage, got: Sent) -> bool:
        sent, message = got, got.message
        return (
            self.in_time(wanted.at, wanted.within, sent.at)
            and _same(wanted.person, self.played.name_of(message.person))
            and _same(wanted.step, message.campaign.rpartition(".")[2])
            and _same(wanted.campaign, message.campaign)
            and _same(wanted.channel, message.channel)
            and _same(wanted.template, message.template)
            and _same(wanted.language, message.language)
            and (wanted.contains is None or wanted.contains in text_of(sent.content))
        )

    def wanted(self, wanted: ExpectedMessage) -> str:
        said = f"“{wanted.contains}”" if wanted.contains else None
        named = (
            wanted.person,
            wanted.campaign or wanted.step,
            wanted.channel,
            wanted.template,
            wanted.language,
        )
        return _words(self.moment(wanted.at), *named, said)

    def got(self, got: Sent) -> str:
        sent, message = got, got.message
        who = self.played.name_of(message.person)
        return _words(
            self.when(sent.at), who, message.campaign, message.channel, message.template, message.language
        )


class _SilenceJudge(_Judge[ExpectedSilence, Message]):
    def fits(self, wanted: ExpectedSilence, got: Message) -> bool:
        message = got
        return (
            wanted.reason == message.reason
            and self.in_time(wanted.at, wanted.within, message.changed_at)
            and _same(wanted.person, self.played.name_of(message.person))
            and _same(wanted.step, message.campaign.rpartition(".")[2])
            and _same(wanted.campaign, message.campaign)
            and _same(wanted.channel, message.channel)
        )

    def wanted(self, wanted: ExpectedSilence) -> str:
        named = (wanted.person, wanted.campaign or wanted.step, wanted.channel)
        return _words(self.moment(wanted.at), *named, wanted.reason)

    def got(self, got: Message) -> str:
        message = got
        who = self.played.name_of(message.person)
        return _words(self.when(message.changed_at), who, message.campaign, message.channel, message.reason)


class _RunJudge(_Judge[ExpectedRun, JourneyRun]):
    def fits(self, wanted: ExpectedRun, got: JourneyRun) -> bool:
        run = got
        return (
            _same(wanted.journey, run.journey)
            and _same(wanted.person, self.played.name_of(run.person))
            and _same(wanted.key, run.key)
            and _same(wanted.state, str(run.state))
            and _same(wanted.reason, run.reason)
            and _same(wanted.node, run.node)
            and _same(wanted.held_out, run.held_out)
            and self.in_time(wanted.at, wanted.within, run.changed_at)
            and (wanted.path is None or wanted.path == path_of(run))
        )

    def wanted(self, wanted: ExpectedRun) -> str:
        ghost = None if wanted.held_out is None else "held out" if wanted.held_out else "not held out"
        path = " → ".join(wanted.path) if wanted.path is not None else None
        named = (
            wanted.person,
            wanted.journey,
            wanted.key,
            wanted.state,
            wanted.reason,
            wanted.node,
            ghost,
            path,
        )
        return _words(self.moment(wanted.at), *named)

    def got(self, got: JourneyRun) -> str:
        run = got
        who, path = self.played.name_of(run.person), " → ".join(path_of(run))
        ghost = "held out" if run.held_out else None
        return _words(
            self.when(run.changed_at), who, run.journey, run.key, run.state, run.reason, run.node, ghost, path
        )


def path_of(run: JourneyRun) -> tuple[str, ...]:
    """The steps that a run came by, in order; the one where it is, or ended, is the last."""
    steps: list[str] = []
    arrived = [station.node for station in run.path]
    for node in [*arrived, run.node]:
        if node and (not steps or steps[-1] != node):
            steps.append(node)
    return tuple(steps)


def text_of(content: Rendered) -> str:
    """Everything that somebody reads of a message."""
    texts = [getattr(content, name, "") for name in ("subject", "title", "html", "text", "body", "script")]
    return "\n".join(text for text in texts if isinstance(text, str))


def _same(wanted: object, got: object) -> bool:
    return wanted is None or wanted == got


def _words(*parts: object) -> str:
    return " ".join(str(part) for part in parts if part not in (None, ""))


def _compared(path: str, wanted: Sequence[E], got: Sequence[F], judge: _Judge[E, F]) -> list[Difference]:
    """The lists side by side, in order: what is missing, what is too much, what is otherwise."""
    found: list[Difference] = []
    for number, (one, other) in enumerate(zip_longest(wanted, got)):
        if one is not None and other is not None and judge.fits(one, other):
            continue
        expected = judge.wanted(one) if one is not None else NOTHING_MORE
        came = judge.got(other) if other is not None else NOTHING_MORE
        found.append(Difference(f"{path}[{number}]", expected, came))
    return found
