"""A story, played: everybody is introduced, everything happens in its order, and what came of it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from kizuna.core.catalog import Catalog
from kizuna.core.content.own_content import RenderedTask
from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.events import Event, Violation
from kizuna.core.feedback import EMAIL_BOUNCED, EMAIL_CLICKED, EMAIL_COMPLAINED, EMAIL_DELIVERED, EMAIL_OPENED
from kizuna.core.journeys.places import place_of
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.messages import Message
from kizuna.core.people import Profile
from kizuna.core.provider_reports import MessageReport
from kizuna.core.rfm.scores import Bucket
from kizuna.core.surveys.answers import answer_events, answers_of
from kizuna.core.tasks import done_event, opened
from kizuna.local.time_travel.buckets import put_into
from kizuna.local.time_travel.happening import OWN_PAGE, device_of, event_of, introduction
from kizuna.local.time_travel.stories import Happening, Person, Reaction, Story
from kizuna.local.time_travel.world import Sent, World
from kizuna.usecases.journeys import halting
from kizuna.usecases.journeys.performing import JOURNEYS
from kizuna.usecases.journeys.taking_out import take_out

LONGEST = timedelta(days=800)  # that a story is looked at which does not say until when
REMOVED = "removed_by_staff"


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a story. `names` tells who in it a profile is; `started` and `ended` are instants."""

    story: Story
    starts: datetime
    ends: datetime
    zone: ZoneInfo
    names: Mapping[str, str]
    sent: tuple[Sent, ...]
    messages: tuple[Message, ...]
    runs: tuple[JourneyRun, ...]
    people: Mapping[str, Profile]
    recorded: tuple[Event, ...]  # events that journeys recorded themselves
    happened: tuple[tuple[datetime, str, Happening], ...]
    violations: tuple[Violation, ...]  # what of the story could not be used

    def name_of(self, person: str) -> str:
        """Who somebody is in the story, by the id of any profile of theirs."""
        return self.names.get(person, person)


class Unplayable(InvalidDefinition):
    """A story that goes on in a way that cannot be played. `played` is what came of it until then."""

    def __init__(self, problems: tuple[Problem, ...], played: Played) -> None:
        super().__init__(problems)
        self.played = played


def play(story: Story, catalog: Catalog, *, new_id: Callable[[], str] | None = None) -> Played:
    """Play a story from its beginning to its end. Raises Unplayable, an InvalidDefinition, for one that cannot be.

    What hangs on chance hangs on the ids of profiles: `new_id` gives those of another world, in the order in which
    people come to be known; else everybody has the same ones in every telling.
    """
    zone = ZoneInfo(story.zone)
    starts = story.starts.at(story.starts.at(_FIRST, zone), zone)
    teller = _Teller(story, World(catalog, starts=starts, new_id=new_id), starts, zone)
    try:
        teller.introduce()
        teller.arrange()
        ends = story.until.at(starts, zone) if story.until is not None else None
        if ends is not None:
            teller.world.travel(ends)
        else:
            last = starts + LONGEST
            while (next_at := teller.world.next_at()) is not None and next_at <= last:
                teller.world.travel(next_at)
    except InvalidDefinition as error:
        raise Unplayable(error.problems, teller.played()) from error
    return teller.played()


_FIRST = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


class _Teller:
    """One story in one world."""

    def __init__(self, story: Story, world: World, starts: datetime, zone: ZoneInfo) -> None:
        self.story, self.world, self.starts, self.zone = story, world, starts, zone
        self.catalog = world.catalog
        self.world.when_sent = self._answer
        self._answers: Counter[int] = Counter()
        self._happened: list[tuple[datetime, str, Happening]] = []

    # ── before and while ────────────────────────────────────────────────────────────────────────

    def introduce(self) -> None:
        """Everybody is known when the story begins, with what they did before."""
        told: list[tuple[datetime, Event]] = []
        for name, person in self.story.people.items():
            at = person.known_for.before(self.starts, self.zone)
            told.append((at, introduction(name, person, self.catalog, at=at)))
            for number, deed in enumerate(person.history, 1):
                done_at = deed.at.at(self.starts, self.zone)
                event = event_of(deed, number, name, person, self.catalog, at=done_at, heard=done_at)
                if event is None or done_at >= self.starts:
                    raise _fault(
                        f"people.{name}.history[{number - 1}]", "is no deed of before the story begins"
                    )
                told.append((done_at, _as_history(event, name)))
        for at, event in sorted(told, key=lambda each: each[0]):
            self.world.now = at
            self.world.take((event,))
        for name, person in self.story.people.items():
            self._put_into(person.rfm, name, f"people.{name}.rfm")
        self.world.travel(self.starts)

    def _put_into(self, buckets: Mapping[str, Bucket], name: str, where: str) -> None:
        profile, world = self._profile(name), self.world
        if profile is None:
            raise _fault(where, f"{name} is not known yet")
        put_into(buckets, profile, world.people, self.catalog, now=world.now, where=where)
        world.settle()

    def arrange(self) -> None:
        """Everything that is to happen is waited for."""
        for number, deed in enumerate(self.story.events, 1):
            name = self._name_of(deed, number)
            at = deed.at.at(self.starts, self.zone)
            heard = deed.told.at(self.starts, self.zone) if deed.told is not None else at
            if heard < self.starts:
                raise _fault(f"events[{number - 1}].at", "lies before the story begins: tell it as history")
            self.world.later(heard, partial(self._happens, deed, number, name, at))

    def _name_of(self, deed: Happening, number: int) -> str:
        if deed.person is not None:
            if deed.person not in self.story.people:
                raise _fault(f"events[{number - 1}].person", f"there is nobody called {deed.person!r}")
            return deed.person
        if deed.pause is not None or deed.resume is not None:
            return ""
        if len(self.story.people) != 1:
            raise _fault(f"events[{number - 1}].person", "is missing: the story has not exactly one person")
        return next(iter(self.story.people))

    def _happens(self, deed: Happening, number: int, name: str, at: datetime) -> None:
        world = self.world
        self._happened.append((world.now, name, deed))
        if deed.pause is not None:
            halting.pause(deed.pause, world.halts, self.catalog, by="story", reason="story", now=world.now)
        elif deed.resume is not None:
            halting.resume(
                deed.resume,
                world.halts,
                world.queues,
                self.catalog,
                by="story",
                now=world.now,
                timers=deed.timers,
            )
        elif deed.enter is not None:
            self._enters(deed, number, name)
        elif deed.remove is not None:
            for run in self._runs_of(name):
                if run.journey == deed.remove and not run.is_over:
                    take_out(place_of(run), REMOVED, world.runs, now=world.now)
        elif deed.task_done is not None:
            self._does_task(deed, name)
        elif deed.answered is not None:
            self._answers_survey(deed, name)
        elif deed.rfm is not None:
            self._put_into(deed.rfm, name, f"events[{number - 1}].rfm")
        else:
            person = self.story.people[name]
            event = event_of(deed, number, name, person, self.catalog, at=at, heard=world.now)
            if event is not None:
                world.take((event,))

    def _enters(self, deed: Happening, number: int, name: str) -> None:
        profile = self._profile(name)
        if profile is None:
            raise _fault(f"events[{number - 1}].person", f"{name} is not known yet")
        body = {
            "type": "enter_journey",
            "journey": deed.enter,
            "person": profile.id,
            "request": deed.id or f"story-{number}",
            "at": self.world.now,
            "key": deed.key,
            "inputs": deed.inputs,
        }
        self.world.work(body)

    def _does_task(self, deed: Happening, name: str) -> None:
        profile = self._profile(name)
        wanted = [
            message
            for message in self.world.messages.of_person(profile.parts if profile else ())
            if message.channel == "task" and message.campaign.rpartition(".")[2] == deed.step
        ]
        if not wanted or deed.task_done is None:
            raise _fault("events.task_done", f"nobody has a task of the step {deed.step!r} to do")
        sent = next((each for each in self.world.sent if each.message.id == wanted[-1].id), None)
        if sent is None:
            held = self.world.messages.get(wanted[-1].id) or wanted[-1]
            told = f"{held.state}, {held.reason}"
            raise _fault("events.task_done", f"the task of {deed.step!r} is on nobody's list ({told})")
        if not isinstance(sent.content, RenderedTask):
            raise _fault("events.task_done", f"the step {deed.step!r} is no task")
        task = opened(wanted[-1], sent.content)
        self.world.take((done_event(task, wanted[-1], deed.task_done, now=self.world.now),))

    def _answers_survey(self, deed: Happening, name: str) -> None:
        profile = self._profile(name)
        asked = [
            (message, link)
            for message in self.world.messages.of_person(profile.parts if profile else ())
            if message.campaign.rpartition(".")[2] == deed.step
            and (link := self.catalog.templates[message.template].survey) is not None
        ]
        if not asked or deed.answered is None:
            raise _fault("events.answered", f"nobody was asked a survey by the step {deed.step!r}")
        message, name_of_survey = asked[-1]
        survey = self.catalog.surveys[name_of_survey]
        given = answers_of(survey, {question: (str(value),) for question, value in deed.answered.items()})
        wrong = sorted({*given.open, *(deed.answered.keys() - given.given.keys())})
        if wrong:
            raise _fault("events.answered", f"survey {survey.id!r} has no such answer to {wrong[0]!r}")
        self.world.take(answer_events(survey, given.given, message, source=OWN_PAGE, now=self.world.now))

    # ── answers ─────────────────────────────────────────────────────────────────────────────────

    def _answer(self, sent: Sent) -> None:
        for index, reaction in enumerate(self.story.reactions):
            if not self._is_about(reaction, sent.message):
                continue
            self._answers[index] += 1
            if reaction.only is None or reaction.only == self._answers[index]:
                self._react(reaction, sent)

    def _is_about(self, reaction: Reaction, message: Message) -> bool:
        known = {message.campaign, message.campaign.rpartition(".")[2], message.template}
        of_person = reaction.person is None or self._names().get(message.person) == reaction.person
        return of_person and (reaction.to is None or reaction.to in known)

    def _react(self, reaction: Reaction, sent: Sent) -> None:
        deeds = (
            ("delivered", EMAIL_DELIVERED, reaction.delivered),
            ("opened", EMAIL_OPENED, reaction.opened),
            ("clicked", EMAIL_CLICKED, reaction.clicked),
            ("complained", EMAIL_COMPLAINED, reaction.complained),
        )
        by_mail = sent.message.channel == "email"
        for fact, event, after in deeds:
            if after is not None:
                self._report(sent, fact, event if by_mail else "", at=after.after(sent.at))
        if reaction.bounced is not None:
            self._report(sent, "bounced", EMAIL_BOUNCED, at=sent.at, hard=reaction.bounced == "hard")

    def _report(self, sent: Sent, fact: str, event: str, *, at: datetime, hard: bool = False) -> None:
        report = MessageReport(
            id=f"{fact}-{sent.message.id}",
            message=sent.message.id,
            at=at,
            proves="accepted",
            fact=fact,
            event=event,
            hard=hard,
        )
        self.world.later(at, lambda: self.world.hear(report))

    # ── afterwards ──────────────────────────────────────────────────────────────────────────────

    def played(self) -> Played:
        world, names = self.world, self._names()
        recorded = {
            (event.at, event.id): event
            for events in world.people.events.values()
            for event in events.values()
            if event.source == JOURNEYS and event.type == "track"
        }
        runs = [run for part in world.people.stored for run in world.runs.of_person((part,))]
        return Played(
            story=self.story,
            starts=self.starts,
            ends=world.now,
            zone=self.zone,
            names=names,
            sent=tuple(world.sent),
            messages=tuple(
                sorted(world.messages.stored.values(), key=lambda each: (each.created_at, each.id))
            ),
            runs=tuple(sorted(runs, key=lambda run: (run.entered_at, run.id))),
            people={
                name: profile for name in self.story.people if (profile := self._profile(name)) is not None
            },
            recorded=tuple(event for _, event in sorted(recorded.items())),
            happened=tuple(self._happened),
            violations=tuple(world.refused),
        )

    def _profile(self, name: str) -> Profile | None:
        person: Person = self.story.people[name]
        if not person.anonymous:
            return self.world.person("user_id", person.user_id or name)
        return self.world.person("anonymous_id", device_of(name))

    def _runs_of(self, name: str) -> tuple[JourneyRun, ...]:
        profile = self._profile(name)
        return self.world.runs.of_person(profile.parts) if profile is not None else ()

    def _names(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in self.story.people:
            profile = self._profile(name)
            if profile is not None:
                found |= dict.fromkeys((profile.id, *profile.parts), name)
        return found


def _as_history(event: Event, name: str) -> Event:
    return replace(event, id=f"history-{name}-{event.id}", triggers=False)


def _fault(path: str, reason: str) -> InvalidDefinition:
    return InvalidDefinition((Problem(path, reason),))
