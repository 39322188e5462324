"""Follows every change of a person or a message, and every alarm.

    profile changed ──▶ membership index · triggered messages · journeys · announcements
    message changed ──▶ its channel's queue · counters · announcements · the lake
    event stored    ──▶ the lake
    run changed     ──▶ where its person stands · what it has to do · the lake
    alarm rang      ──▶ the person, the message or the run is brought up to date

The stream may repeat a change and does so after a failure: each consequence is keyed by what caused it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from kizuna.core.bus_events import (
    AddressChanged,
    BusEvent,
    ConsentChanged,
    MessageDeferred,
    MessageEvent,
    MessageExpired,
    MessageFailed,
    MessageSent,
    MessageUnknown,
    MessageWithheld,
    ProfileMerged,
    ProfileUnmerged,
    SegmentEntered,
    SegmentExited,
)
from kizuna.core.campaigning.requests import asks_for
from kizuna.core.campaigning.states import has_ended
from kizuna.core.campaigns import TRIGGERED, Campaign, OnApi, OnEvent, triggered_step
from kizuna.core.canary import is_canary
from kizuna.core.catalog import Catalog
from kizuna.core.contracts import AlarmRang, SendMessage
from kizuna.core.decide import Occasion, with_message
from kizuna.core.decisions.record import held_for, of_judgement_again, reason_of
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import Unavailable
from kizuna.core.events import Event
from kizuna.core.folding import Fact
from kizuna.core.journeys.run import JourneyRun
from kizuna.core.judging import state_judged
from kizuna.core.lake_rows import event_row
from kizuna.core.message_events import events_of_facts, message_event
from kizuna.core.messages import By, Message, State, move
from kizuna.core.people import GONE, Profile
from kizuna.core.ports import (
    Askings,
    Bus,
    Controls,
    Counters,
    Ledger,
    Messages,
    People,
    Queues,
    Rhythms,
    Trials,
)
from kizuna.core.reasons import OtherReason
from kizuna.core.restraint.brakes import waits_for_brake
from kizuna.core.segments.backfill import is_behind
from kizuna.core.segments.lists import indexed_names
from kizuna.core.tallying import passes
from kizuna.core.unconfirmed import after_its_lease
from kizuna.topology import CHANNEL_QUEUES, Queue
from kizuna.usecases.campaigning.controlling import may_speak
from kizuna.usecases.campaigning.rhythms import note_rhythm, rhythms_for
from kizuna.usecases.decisions.deciding import decide_and_store, pressed_by, standings_for
from kizuna.usecases.decisions.digests import Gatherer, goes_in_digest
from kizuna.usecases.decisions.rejudge import Rejudged, is_stopped, rejudge
from kizuna.usecases.delivery.giving_back import counted_anew, give_back, note_arrival
from kizuna.usecases.delivery.renderings import follow, let_go
from kizuna.usecases.delivery.repeating import look_after
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.journeys import triggers as journeys
from kizuna.usecases.journeys.announcing import announcements
from kizuna.usecases.journeys.driver import Driver
from kizuna.usecases.journeys.remembering import note_run
from kizuna.usecases.journeys.withdrawing import withdraw
from kizuna.usecases.measuring import noting
from kizuna.usecases.measuring.noting import Noter
from kizuna.usecases.outcomes.feedback import failed_send_event, for_everyone_reached
from kizuna.usecases.outcomes.told_by_app import note_told
from kizuna.usecases.outcomes.watching import Watcher, note_event, note_message, ring_for
from kizuna.usecases.own_side.answering import answer_consent, answer_country
from kizuna.usecases.reacting.upkeep import as_defined, bring_up_to_date


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """A stored profile before (absent for a new one) and after one write, with the facts of that write."""

    before: Profile | None
    after: Profile
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class MessageChanged:
    before: Message | None
    after: Message


@dataclass(frozen=True, slots=True)
class EventStored:
    part: str
    key: str
    event: Event


@dataclass(frozen=True, slots=True)
class RunChanged:
    """A run of a journey before (absent for a new entry) and after one write."""

    before: JourneyRun | None
    after: JourneyRun


Change = ProfileChanged | MessageChanged | EventStored | RunChanged


@dataclass(frozen=True, slots=True)
class Reactor:
    """The ports that reacting needs."""

    people: People
    ledger: Ledger
    messages: Messages
    counters: Counters
    queues: Queues
    bus: Bus
    new_id: Callable[[], str]
    askings: Askings
    watcher: Watcher | None = None  # who sees to it that a run does no harm; without one nobody does
    noter: Noter | None = None  # who counts what came of messages; without one only their states are counted
    controls: Controls | None = None  # what people decided; without it nothing is approved that has to be
    rhythms: Rhythms | None = None  # when everybody reacts; without it nobody learns it
    trials: Trials | None = None  # what is decided of experiments; without it their arms stay as planned
    drive: Callable[[], Driver] | None = None  # who drives runs of journeys; without one none moves


def react(change: Change, on: Reactor, catalog: Catalog, *, now: datetime) -> list[Mapping[str, Any]]:
    """Draw every consequence of one change; returns what belongs into the lake."""
    if is_canary(_person_of(change)):
        _only_send(change, on)
        return []
    match change:
        case ProfileChanged():
            _profile_changed(change, on, catalog, now=now)
            return []
        case MessageChanged():
            if _came_late(change.after.changed_at, now) and on.messages.get(change.after.id) is None:
                return []  # its person was erased meanwhile
            return _message_changed(change, on, catalog, now=now)
        case EventStored():
            if _came_late(change.event.received_at, now) and not on.people.profiles([change.part]):
                return []  # likewise
            if on.watcher is not None:
                note_event(change.event, change.part, on.watcher, catalog, now=now)
            if on.noter is not None:
                noting.note_event(change.event, change.part, on.noter, catalog)
            note_told(change.event, change.part, on.people, on.messages, now=now)
            return [event_row(change.part, change.event, stored=now)]
        case RunChanged():
            if _came_late(change.after.changed_at, now) and not on.people.profiles([change.after.person]):
                return []  # likewise
            return _run_changed(change, on, catalog, now=now)
        case _:
            assert_never(change)


def _person_of(change: Change) -> str:
    match change:
        case ProfileChanged():
            return change.after.id
        case MessageChanged():
            return change.after.person
        case EventStored():
            return change.part
        case RunChanged():
            return change.after.person
        case _:
            assert_never(change)


def _only_send(change: Change, on: Reactor) -> None:
    """The canary is no person: it is in no segment, count, lake or announcement. Its mail goes to a simulator."""
    if isinstance(change, MessageChanged) and change.after.state is State.PENDING:
        _enqueue(change.after, on)


LATE = timedelta(minutes=5)


def _came_late(since: datetime, now: datetime) -> bool:
    """Whether a change may be told of after what an erasure takes out of the lake was taken out: it looks an hour
    later for what was in time."""
    return now - since > LATE


# ── a person changed ────────────────────────────────────────────────────────────────────────────


def _profile_changed(change: ProfileChanged, on: Reactor, catalog: Catalog, *, now: datetime) -> None:
    _index_membership(change, on)
    _catch_up(change.after, on, catalog)
    for fact in change.facts:
        for campaign in _triggered(fact, catalog):
            _trigger(campaign, fact, change.after, on, catalog, now=now)
        if fact.kind == "consent" and fact.name in _ANSWERED:
            answer_consent(change.after, fact.cause, on, catalog, now=now)
    answer_country(change.before, change.after, on, catalog, now=now)
    _set_journeys_going(change, on, catalog, now=now)
    if on.noter is not None:
        for fact in change.facts:
            noting.note_goal(fact, change.after, on.noter, catalog)
    _announce([_announcement(fact, change.after) for fact in change.facts], on, catalog)


_ANSWERED = frozenset({"grant", "sms_in"})


def _index_membership(change: ProfileChanged, on: Reactor) -> None:
    """Index what the person is in at this moment: a change that is brought back later must undo nothing newer."""
    before = indexed_names(change.before) if change.before else frozenset()
    touched = before ^ indexed_names(change.after)
    if not touched:
        return
    person = change.after.id
    current = on.people.profiles([person]).get(person)
    inside = indexed_names(current) if current and current.id == person else frozenset()
    on.people.index_membership(person, touched & inside, touched - inside, at=change.after.updated_at)


def _catch_up(changed: Profile, on: Reactor, catalog: Catalog) -> None:
    """Have somebody brought up to date who was written by other definitions than those in force.

    For some seconds after a change writers still go by what was there before, and a backfill may have passed their
    people by then. Whose definitions are the newer ones is found out by who takes the alarm: that reads them anew.
    """
    if not changed.merged_into and changed.status not in GONE and is_behind(changed, catalog):
        on.queues.send(Queue.WAKE, [AlarmRang(kind="profile", id=changed.id).model_dump()])


def _triggered(fact: Fact, catalog: Catalog) -> list[Campaign]:
    match fact.kind:
        case "event":
            return catalog.triggered_by_event(fact.name)
        case "entered":
            return catalog.triggered_by_segment(fact.name)
        case "exited":
            return catalog.triggered_by_segment(fact.name, "exit")
        case "consent" | "merged" | "unmerged" | "address":
            return []
        case _:
            assert_never(fact.kind)


def _trigger(
    campaign: Campaign, fact: Fact, changed: Profile, on: Reactor, catalog: Catalog, *, now: datetime
) -> None:
    """Decide a triggered message on the record as it is now, which may be newer than the change.

    A change that comes late, brought back by a repair, makes a message that is late by as much.
    """
    if has_ended(campaign, now=now):
        return
    person = changed.id
    found = on.people.profiles([person])
    if person not in found:
        return  # erased meanwhile: nothing to say and nobody to say it to
    profile = as_defined(found[person], on.people, catalog, now=now)
    if isinstance(campaign.trigger, OnEvent) and campaign.trigger.where:
        event = on.people.timeline_event(person, fact.key)
        if event is None or not passes(campaign.trigger.where, event):
            return
    if isinstance(campaign.trigger, OnApi):
        event = on.people.timeline_event(person, fact.key)
        if event is None or not asks_for(event, campaign):
            return
    occasion = Occasion(
        campaign,
        catalog.version_of("campaign", campaign.id),
        TRIGGERED,
        triggered_step(campaign, f"{person}|{fact.name}|{fact.cause}"),
        event_part=person if fact.key else "",
        event_key=fact.key,
        since=changed.updated_at,
        withheld=None if may_speak(campaign, on.controls, catalog) else OtherReason.NOT_APPROVED,
        rhythms=rhythms_for(campaign, on.rhythms),
    )
    decide_and_store(
        profile,
        occasion,
        ledger=on.ledger,
        messages=on.messages,
        catalog=catalog,
        now=now,
        standings=standings_for(campaign, on.trials),
    )


def _set_journeys_going(change: ProfileChanged, on: Reactor, catalog: Catalog, *, now: datetime) -> None:
    if on.drive is None or not journeys.concerns(change.facts, catalog, is_new=change.before is None):
        return
    journeys.person_changed(change.after, change.facts, on.drive(), catalog, now=now)


def _run_changed(
    change: RunChanged, on: Reactor, catalog: Catalog, *, now: datetime
) -> list[Mapping[str, Any]]:
    before, after = change.before, change.after
    if before is not None and (before.id, before.run_version) == (after.id, after.run_version):
        return []
    note_run(before, after, on.people, catalog, now=now)
    if on.drive is not None:
        journeys.run_changed(before, after, on.drive(), catalog, now=now)
    if after.is_cut:
        withdraw(after, people=on.people, messages=on.messages, catalog=catalog, now=now)
    _announce(announcements(before, after), on, catalog)
    return [journeys.run_record(after)]


def _announcement(fact: Fact, profile: Profile) -> BusEvent | None:
    """What other systems may hear of a fact. That something happened is only worth telling by what it changed."""
    about: dict[str, Any] = {"person": profile.id, "cause": fact.cause, "at": profile.updated_at}
    match fact.kind:
        case "entered":
            return SegmentEntered(**about, segment=fact.name)
        case "exited":
            return SegmentExited(**about, segment=fact.name)
        case "consent":
            return ConsentChanged(**about, act=fact.name)
        case "merged":
            return ProfileMerged(**about, absorbed=fact.name)
        case "unmerged":
            return ProfileUnmerged(**about, restored=fact.name)
        case "address":
            return AddressChanged(**about)
        case "event":
            return None
        case _:
            assert_never(fact.kind)


def _announce(events: Sequence[BusEvent | None], on: Reactor, catalog: Catalog) -> None:
    wanted = [event for event in events if event is not None and event.name in catalog.policy.publish]
    if wanted:
        on.bus.publish([(event.name, event.detail()) for event in wanted])


# ── a message changed ───────────────────────────────────────────────────────────────────────────


def _message_changed(
    change: MessageChanged, on: Reactor, catalog: Catalog, *, now: datetime
) -> list[Mapping[str, Any]]:
    before, after = change.before, change.after
    if on.rhythms is not None:
        note_rhythm(before, after, on.rhythms, catalog)
    if before is not None and before.facts != after.facts:
        let_go(after, people=on.people, messages=on.messages, catalog=catalog, now=now)
        note_arrival(after, catalog, people=on.people, messages=on.messages)
        for deed in events_of_facts(before, after, now=now):
            _record(deed, on, catalog, now=now)
        if on.noter is not None:  # first: who watches reads what is counted
            noting.note_facts(before, after, on.noter, catalog)
        _watch(before, after, on, catalog, now=now)
    if before is not None and before.state_version == after.state_version:
        return []  # only a fact or a count was added
    if after.state is State.PENDING and after.not_before is None:
        _enqueue(after, on)  # first: however contended the counters are, what is decided goes out
    on.counters.count(after, of_day=catalog.policy.send_budget.counts(after.category))
    _watch(before, after, on, catalog, now=now)
    if before is not None and after.state in _NEVER_HEARD:
        give_back(after, catalog, people=on.people, messages=on.messages)
    if before is not None and State.UNKNOWN in (before.state, after.state):
        note_arrival(after, catalog, people=on.people, messages=on.messages)
    refusal = failed_send_event(after, now=now) if after.state is State.FAILED else None
    if refusal is not None:
        _record(refusal, on, catalog, now=now)
    if before is not None:  # what is refused at once has looked at every channel
        follow(after, people=on.people, ledger=on.ledger, messages=on.messages, catalog=catalog, now=now)
    told = message_event(after, told=catalog.asks.told, now=now)
    if told is not None:
        _record(told, on, catalog, now=now)
    if before is None or (before.state, before.reason) != (after.state, after.reason):
        _announce([_message_announcement(after)], on, catalog)
    return [_message_record(after)]


def _watch(before: Message | None, after: Message, on: Reactor, catalog: Catalog, *, now: datetime) -> None:
    if on.watcher is not None:
        note_message(before, after, on.watcher, catalog, now=now)


def _record(event: Event, on: Reactor, catalog: Catalog, *, now: datetime) -> None:
    """What a refusal says about the address becomes an event of the person: that changes the record."""
    events = for_everyone_reached(event, on.people)
    done = ingest(events, people=on.people, ledger=on.ledger, catalog=catalog, now=now, new_id=on.new_id)
    if done.left_over or done.violations:
        # Kept as a lost change, with its image, rather than gone.
        raise Unavailable(f"event {event.id}: {done.cause or done.violations[0].cause}")


def _enqueue(message: Message, on: Reactor) -> None:
    on.queues.send(CHANNEL_QUEUES[message.channel], [SendMessage(message=message.id).model_dump()])


# The person heard nothing of these after all. UNKNOWN is not one of them.
_NEVER_HEARD = frozenset({State.DENIED, State.EXPIRED, State.FAILED})

_MESSAGE_EVENTS: Mapping[State, type[MessageEvent]] = {
    State.SENT: MessageSent,
    State.DENIED: MessageWithheld,
    State.DEFERRED: MessageDeferred,
    State.EXPIRED: MessageExpired,
    State.FAILED: MessageFailed,
    State.UNKNOWN: MessageUnknown,
}


def _message_announcement(message: Message) -> MessageEvent | None:
    kind = _MESSAGE_EVENTS.get(message.state)
    return kind.model_validate(_message_facts(message)) if kind else None


def _message_facts(message: Message) -> dict[str, Any]:
    return {
        "message": message.id,
        "person": message.person,
        "campaign": message.campaign,
        "run": message.run,
        "channel": message.channel,
        "topic": message.topic,
        "reason": message.reason,
        "at": instant_to_text(message.changed_at),
    }


def _message_record(message: Message) -> Mapping[str, Any]:
    return {
        "kind": "message",
        "id": f"{message.id}.{message.state_version}",
        "state": str(message.state),
        "category": message.category,
        "campaign_version": message.campaign_version,
        **({"variant": message.variant} if message.variant else {}),
        **_message_facts(message),
    }


# ── an alarm rang ───────────────────────────────────────────────────────────────────────────────


def ring(alarm: AlarmRang, on: Reactor, catalog: Catalog, *, now: datetime) -> None:
    """Bring what is due up to date. Running it twice changes nothing more."""
    match alarm.kind:
        case "profile":
            bring_up_to_date(alarm.id, on.people, catalog, now=now, alarm=True)
        case "journey":
            if on.drive is not None:
                journeys.rung(alarm.id, on.drive(), catalog, now=now)
        case "message" | "held":
            if on.watcher is not None:
                ring_for(alarm.id, on.watcher, catalog, now=now)
            message = on.messages.get(alarm.id)
            released = alarm.kind == "held" and message is not None and waits_for_brake(message)
            if message is not None and (released or _is_due(message, now)):
                _message_due(message, on, catalog, now=now)
        case _:
            assert_never(alarm.kind)


def _is_due(message: Message, now: datetime) -> bool:
    return message.due_at is not None and message.due_at <= now


def _message_due(message: Message, on: Reactor, catalog: Catalog, *, now: datetime) -> None:
    match message.state:
        case State.SENDING:
            on.messages.save(after_its_lease(message, now=now), expected=message.state_version)
        case State.UNKNOWN:
            look_after(message, on, catalog, now=now)
        case State.PENDING | State.DEFERRED if message.expires_at is not None and now >= message.expires_at:
            expired = move(message, State.EXPIRED, now=now, reason=str(OtherReason.EXPIRED))
            on.messages.save(expired, expected=message.state_version)
        case State.DEFERRED:
            _undefer(message, on, catalog, now=now)
        case State.PENDING:
            # Its queue message was lost, or what it waited for is over. The new change sends it on.
            again = move(message, State.PENDING, now=now, reason=message.reason, by=By.SWEEP, not_before=None)
            pressed = counted_anew(message, catalog, people=on.people, messages=on.messages, now=now)
            on.messages.save(again, expected=message.state_version, pressed=pressed)
        case State.SENT | State.FAILED | State.DENIED | State.EXPIRED:
            return
        case _:
            assert_never(message.state)


def _undefer(message: Message, on: Reactor, catalog: Catalog, *, now: datetime) -> None:
    """What waited is judged anew, and counted in the write that makes it ready.

    Raises Conflict when the person heard something else meanwhile; the alarm rings again.
    """
    if is_stopped(message, catalog):
        stopped = move(message, State.EXPIRED, now=now, reason=str(OtherReason.CAMPAIGN_STOPPED))
        on.messages.save(stopped, expected=message.state_version)
        return
    again = rejudge(
        message, people=on.people, ledger=on.ledger, messages=on.messages, catalog=catalog, now=now
    )
    if not isinstance(again, Rejudged):
        end = State.EXPIRED if again is OtherReason.SEEN_ELSEWHERE else State.DENIED
        gone = move(message, end, now=now, reason=str(again), not_before=None)
        on.messages.save(gone, expected=message.state_version)
        return
    judgement = again.judgement
    if judgement.word == "allow" and held_for(message.decision):
        gatherer = Gatherer(on.people, on.ledger, on.messages)
        if goes_in_digest(message, again, gatherer, catalog, now=now):
            return
    record = of_judgement_again(message, judgement, profile=again.profile, catalog=catalog)
    after = move(
        message,
        state_judged(judgement),
        now=now,
        reason=reason_of(record),
        not_before=judgement.not_before,
        decision=record,
    )
    heard = with_message(again.heard, after, judgement, catalog, now=now)
    pressed = pressed_by(again.person, message.address_id, heard, catalog)
    on.messages.save(after, expected=message.state_version, pressed=pressed)
