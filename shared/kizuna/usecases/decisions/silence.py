"""Why did somebody hear nothing lately: every campaign that considered them and why not, and every other and why.

What was decided is told from its record. What was never asked has none: for each campaign in force that decided
nothing about the person, what would have had to be different is found out from the record and the definitions as they
are now, the conditions of segments with what they see (`segments.tree`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from kizuna.core.campaigns import (
    Campaign,
    OnApi,
    OnAsked,
    OnDigest,
    OnEvent,
    OnJourney,
    OnSchedule,
    OnSegment,
    next_run,
)
from kizuna.core.catalog import Catalog
from kizuna.core.decisions.silence import (
    Unasked,
    begins_sentence,
    ended_sentence,
    next_run_sentence,
    nobody_known,
    nothing_planned,
    standing_sentence,
    stopped_sentence,
    summary,
    unasked_sentence,
)
from kizuna.core.durations import instant_to_text
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.entering import EnterByApi, EnterByEvent, EnterBySchedule, EnterBySegment
from kizuna.core.journeys.halts import Halt, Stop
from kizuna.core.journeys.path_words import why_in_words
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.core.remedies import remedy
from kizuna.core.segments import EVERYONE, Segment, view_of
from kizuna.core.segments.sentences import condition_lines, explanation_lines
from kizuna.core.segments.tree import Explanation, Why, explained, why
from kizuna.core.sentences import LANGUAGES, Language
from kizuna.core.tallying import passes
from kizuna.usecases.decisions.explain import Explained, is_of, sentence, shown
from kizuna.usecases.desk import Desk
from kizuna.usecases.people.pages import is_sensitive, message_body, newest_events
from kizuna.usecases.reacting.upkeep import as_defined

LOOKS_BACK = timedelta(days=30)  # where nobody says since when they wonder
MESSAGES_READ = 300
EVENTS_READ = 500

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unconsidered:
    """A campaign or journey that decided nothing about the person; `trees` are the segments and the condition that
    say why, `walk` is their newest way through the journey, `stop` who paused it, since when and why."""

    campaign: Campaign | Journey
    why: Unasked
    trees: tuple[Explanation, ...] = ()
    condition: Why | None = None
    next_run: datetime | None = None
    walk: JourneyRun | None = None
    event: str = ""  # what would have begun it
    stop: Stop | None = None  # the pause in which it stands still

    def named(self, language: Language) -> str:
        """What a marketer calls it."""
        return self.campaign.named(language) if isinstance(self.campaign, Journey) else self.campaign.name


@dataclass(frozen=True, slots=True)
class Unheard:
    """What became of somebody since an instant. `complete`: every decision of that time was read."""

    profile: Profile
    since: datetime
    decided: tuple[Message, ...]  # the newest first
    complete: bool
    unasked: tuple[Unconsidered, ...]


def why_nothing(
    profile: Profile, on: Desk, catalog: Catalog, *, since: datetime, now: datetime, campaign: str = ""
) -> Unheard:
    """Look through what was decided since then, and ask of every other campaign and journey why it decided nothing.
    Writes nothing. `campaign` narrows it to one of them."""
    decided, complete = _decided_since(profile, on, since)
    if campaign:
        decided = [message for message in decided if is_of(message, campaign)]
    asked = {message.campaign for message in decided}
    seen = catalog.decidable(as_defined(profile, on.people, catalog, now=now))
    found = [
        _unasked(each, seen, on, catalog, since=since, now=now)
        for name, each in sorted(catalog.campaigns.items())
        if name not in asked and campaign in ("", name) and not isinstance(each.trigger, OnJourney)
    ]
    spoke = {name.partition(".")[0] for name in asked}
    halts = on.halts.current() if catalog.journeys else {}
    found += [
        _off_the_way(each, halts.get(name), seen, on, catalog, since=since, now=now)
        for name, each in sorted(catalog.journeys.items())
        if name not in spoke and campaign.partition(".")[0] in ("", name)
    ]
    return Unheard(profile, since, tuple(decided), complete, tuple(found))


def _decided_since(profile: Profile, on: Desk, since: datetime) -> tuple[list[Message], bool]:
    found: list[Message] = []
    before: str | None = ""
    read = 0
    while before is not None and read < MESSAGES_READ:
        page, before = on.messages.recent(profile.parts, before=before, limit=100)
        read += len(page)
        found += [message for message in page if message.created_at >= since or message.changed_at >= since]
        if page and page[-1].created_at < since:
            return found, True
    return found, before is None


def _unasked(
    campaign: Campaign, profile: Profile, on: Desk, catalog: Catalog, *, since: datetime, now: datetime
) -> Unconsidered:
    if not campaign.enabled:
        return Unconsidered(campaign, Unasked.OFF)
    trigger = campaign.trigger
    match trigger:
        case OnSchedule():
            coming = next_run(trigger, after=now)
            ran = [
                run
                for run in on.runs.list(campaign.id)
                if run.scheduled_at >= since or run.started_at >= since
            ]
            if not ran:
                return Unconsidered(campaign, Unasked.NO_RUN, next_run=coming)
            return _outside(campaign, profile, catalog, now=now) or Unconsidered(
                campaign, Unasked.CAME_LATER, next_run=coming
            )
        case OnEvent():
            found = _event(trigger, profile, on, since)
            outside = _outside(campaign, profile, catalog, now=now) if found is Unasked.PAST_EVENT else None
            return outside or Unconsidered(campaign, found, event=trigger.event)
        case OnSegment(segment=name, at="exit"):
            inside = name in profile.segments
            return Unconsidered(campaign, Unasked.STILL_IN if inside else Unasked.NOT_LEFT)
        case OnSegment(segment=name):
            if name in profile.segments:
                return Unconsidered(campaign, Unasked.IN_BEFORE)
            return Unconsidered(campaign, Unasked.NOT_ENTERED, _trees([name], profile, catalog, now=now))
        case OnAsked() | OnApi():
            return Unconsidered(campaign, Unasked.NOT_ASKED)
        case OnDigest():
            return Unconsidered(campaign, Unasked.NOTHING_HELD)
        case OnJourney():
            raise ValueError(f"{campaign.id}: what a step says is asked of its journey")
        case _:
            assert_never(trigger)


def _off_the_way(
    journey: Journey,
    halt: Halt | None,
    profile: Profile,
    on: Desk,
    catalog: Catalog,
    *,
    since: datetime,
    now: datetime,
) -> Unconsidered:
    """Why no step of a journey said anything: where the person is in it, or why they never came in."""
    if journey.ends_at is not None and journey.ends_at <= now:
        return Unconsidered(journey, Unasked.JOURNEY_OVER)
    parts = profile.parts or (profile.id,)
    runs = [run for run in on.journeys.of_person(parts) if run.journey == journey.id]
    walk = next((run for run in reversed(runs) if not run.is_over), runs[-1] if runs else None)
    stop = halt.latest if halt is not None and halt.stands else None
    if stop is not None or journey.paused or (walk is not None and walk.frozen and not walk.is_over):
        return Unconsidered(journey, Unasked.JOURNEY_PAUSED, walk=walk, stop=stop)
    if walk is not None:
        return Unconsidered(journey, Unasked.WENT_THROUGH if walk.is_over else Unasked.ON_THE_WAY, walk=walk)
    match journey.enter:
        case EnterByEvent(event=name, where=where):
            happened = _event(OnEvent(type="event", event=name, where=where), profile, on, since)
            why = Unasked.OTHER_ENTRY if happened is Unasked.PAST_EVENT else happened
            return Unconsidered(journey, why, event=name)
        case EnterBySegment(segment=name) if name in profile.segments:
            return Unconsidered(journey, Unasked.IN_BEFORE)
        case EnterBySegment(segment=name):
            trees = _trees([name], profile, catalog, now=now)
            return Unconsidered(journey, Unasked.NOT_ENTERED, trees)
        case EnterBySchedule(audience=audience):
            inside = any(name in profile.segments for name in audience.segments)
            trees = () if inside else _trees(audience.segments, profile, catalog, now=now)
            return Unconsidered(journey, Unasked.NO_RUN if inside else Unasked.OUTSIDE, trees)
        case EnterByApi():
            return Unconsidered(journey, Unasked.NOT_STARTED)
        case _:
            assert_never(journey.enter)


def _walk_lines(walk: JourneyRun, zone: str | None, language: Language) -> list[str]:
    if walk.is_over:
        why = why_in_words(".".join(filter(None, (str(walk.state), walk.reason))), language)
        return [ended_sentence(walk.changed_at, why, zone, language)]
    return [standing_sentence(walk.node, walk.arrived_at, walk.due_at, zone, language)]


def _outside(campaign: Campaign, profile: Profile, catalog: Catalog, *, now: datetime) -> Unconsidered | None:
    """Why the person does not belong to the audience now; None if they do."""
    audience = campaign.audience
    if audience is not None and not any(name in profile.segments for name in audience.segments):
        return Unconsidered(campaign, Unasked.OUTSIDE, _trees(audience.segments, profile, catalog, now=now))
    excluded = [name for name in audience.excluded if name in profile.segments] if audience else []
    if excluded:
        return Unconsidered(campaign, Unasked.EXCLUDED, _trees(excluded, profile, catalog, now=now))
    if campaign.when is not None:
        told = why(campaign.when, view_of(profile), now=now)
        return None if told.holds else Unconsidered(campaign, Unasked.CONDITION, condition=told)
    return None


def _trees(names: Any, profile: Profile, catalog: Catalog, *, now: datetime) -> tuple[Explanation, ...]:
    defined: Mapping[str, Segment] = {segment.id: segment for segment in catalog.segments}
    wanted = [defined[name] for name in names if name in defined and name != EVERYONE]
    return tuple(explained(segment, profile, now=now) for segment in wanted)


def _event(trigger: OnEvent, profile: Profile, on: Desk, since: datetime) -> Unasked:
    """Whether what starts a campaign happened in that time, as far as the newest events tell."""
    happened = False
    for number, entry in enumerate(newest_events(profile, on.people, page=100)):
        if entry.event.at < since or number == EVENTS_READ:
            break
        if entry.event.name == trigger.event:
            if passes(trigger.where, entry.event):
                return Unasked.PAST_EVENT
            happened = True
    return Unasked.OTHER_EVENT if happened else Unasked.NO_EVENT


# ── told ────────────────────────────────────────────────────────────────────────────────────────

_SENT = frozenset({State.SENT, State.UNKNOWN})
_WAITING = frozenset({State.PENDING, State.DEFERRED, State.SENDING})


def explained_silence(told: Unheard, catalog: Catalog, language: Language) -> tuple[Explained, ...]:
    return tuple(
        Explained(message, sentence(message, told.profile, catalog, language=language))
        for message in told.decided
    )


def silence_lines(
    told: Unheard, catalog: Catalog, language: Language, *, sensitive: bool = False
) -> list[str]:
    """The whole answer as lines of text: the summary, what was decided, and why others decided nothing."""
    lines = [silence_sentence(told, language)]
    for decision in explained_silence(told, catalog, language):
        change = remedy(decision.message.state, decision.message.reason, language)
        lines += [decision.sentence, *([f"  {change}"] if change else [])]
    if not catalog.campaigns:
        lines.append(nothing_planned(language))
    hidden = _hidden(catalog, sensitive)
    zone = told.profile.zone_name
    for each in told.unasked:
        lines.append(unasked_sentence(each.named(language), each.why, language))
        if each.event:
            lines.append("  " + begins_sentence(each.event, language))
        if each.stop is not None:
            lines.append(
                "  " + stopped_sentence(each.stop.since, each.stop.by, each.stop.reason, zone, language)
            )
        if each.walk is not None:
            lines += [f"  {line}" for line in _walk_lines(each.walk, zone, language)]
        if each.next_run is not None:
            lines.append("  " + next_run_sentence(each.next_run, zone, language))
        for tree in each.trees:
            text = explanation_lines(tree, shown(told.profile), language, zone=zone, hidden=hidden)
            lines += [f"  {line}" for line in text]
        if each.condition is not None:
            lines += [
                f"  {line}" for line in condition_lines(each.condition, language, zone=zone, hidden=hidden)
            ]
    return lines


def silence_sentence(told: Unheard, language: Language) -> str:
    return summary(
        person=shown(told.profile),
        since=told.since,
        zone=told.profile.zone_name,
        sent=sum(message.state in _SENT for message in told.decided),
        waiting=sum(message.state in _WAITING for message in told.decided),
        withheld=sum(message.state not in _SENT | _WAITING for message in told.decided),
        unasked=len(told.unasked),
        language=language,
    )


def silence_body(told: Unheard, catalog: Catalog, *, sensitive: bool = False) -> Body:
    """The answer as JSON."""
    hidden = _hidden(catalog, sensitive)
    return {
        "known": True,
        "id": told.profile.id,
        "since": instant_to_text(told.since),
        "complete": told.complete,
        "sentence": {"en": silence_sentence(told, "en"), "ja": silence_sentence(told, "ja")},
        "decisions": [
            {
                **message_body(message, personal=sensitive),
                "sentence": {
                    "en": sentence(message, told.profile, catalog, language="en"),
                    "ja": sentence(message, told.profile, catalog, language="ja"),
                },
            }
            for message in told.decided
        ],
        "next": None,
        "notConsidered": [_unconsidered_body(each, told.profile, hidden) for each in told.unasked],
    }


def nobody_body() -> Body:
    """The answer about somebody whom nobody knows."""
    return {
        "known": False,
        "id": None,
        "since": None,
        "complete": True,
        "sentence": {"en": nobody_known("en"), "ja": nobody_known("ja")},
        "decisions": [],
        "notConsidered": [],
        "next": None,
    }


def _unconsidered_body(each: Unconsidered, profile: Profile, hidden: Callable[[str], bool]) -> Body:
    zone = profile.zone_name
    lines = {
        language: ([begins_sentence(each.event, language)] if each.event else [])
        + [
            line
            for tree in each.trees
            for line in explanation_lines(tree, shown(profile), language, zone=zone, hidden=hidden)
        ]
        + (condition_lines(each.condition, language, zone=zone, hidden=hidden) if each.condition else [])
        + (
            [stopped_sentence(each.stop.since, each.stop.by, each.stop.reason, zone, language)]
            if each.stop
            else []
        )
        + (_walk_lines(each.walk, zone, language) if each.walk else [])
        for language in LANGUAGES
    }
    return {
        "campaign": each.campaign.id,
        "reason": str(each.why),
        "sentence": {
            language: unasked_sentence(each.named(language), each.why, language) for language in LANGUAGES
        },
        "because": lines,
        "nextRun": instant_to_text(each.next_run) if each.next_run else None,
    }


def _hidden(catalog: Catalog, sensitive: bool) -> Callable[[str], bool]:
    return lambda trait: not sensitive and is_sensitive(trait, catalog)
