"""Notes what people did with a message and after it, once each.

    a fact came to a message ─▶ its sign is counted; a click may make a conversion of what was heard of before it
    an event was stored      ─▶ a bounce, a machine's reaction, or somebody leaving is counted for its message
    a person reached a goal  ─▶ it is counted for each message to that person that is young enough

All of it is drawn from the stream, and may be drawn again: what is counted of a message stands on the message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from kizuna.core import feedback
from kizuna.core.catalog import Catalog
from kizuna.core.consent.sms_keywords import SmsClass, classify
from kizuna.core.errors import Conflict
from kizuna.core.events import Event
from kizuna.core.folding import Fact, is_live
from kizuna.core.messages import Message, was_thrown_away
from kizuna.core.people import Profile
from kizuna.core.ports import Merges, Messages, People, Results, TimelineEntry
from kizuna.core.results.counted import OF_FACTS, Counted, Sign, with_conversion, with_signs
from kizuna.core.results.goals_reached import (
    LONGEST_SPAN,
    awaits_click,
    conversion_of,
    latest,
    most_of,
    reached_by,
)
from kizuna.usecases.outcomes.watching import answered

TRIES = 12  # the rows of a run are hot: two transactions on one row at one moment refuse each other
_PAGE = 100  # messages of one person that are read at once


@dataclass(frozen=True, slots=True)
class Noter:
    """The ports of noting."""

    people: People
    messages: Messages
    results: Results
    merges: Callable[[], Merges]  # asked for only where a click is late and its person was merged


# ── signs ───────────────────────────────────────────────────────────────────────────────────────


def note_facts(before: Message, after: Message, on: Noter, catalog: Catalog) -> None:
    """Count what a change of a message's facts says; it may be told again. Raises Conflict, and it comes again."""
    news = {fact for fact in after.facts if fact not in before.facts}
    if "clicked" in news or before.facts.get("clicked") != after.facts.get("clicked"):
        _note_click(after, on, catalog)
    signs = frozenset(OF_FACTS[fact] for fact in news if fact in OF_FACTS)
    if not was_thrown_away(after):
        signs -= {Sign.REJECTED}  # counted as FAILED
    if signs:
        _count(after, on, partial(with_signs, signs=signs))


def note_event(event: Event, person: str, on: Noter, catalog: Catalog) -> None:
    """Count the sign in an event of somebody that came from a provider or from us, for the message it is about."""
    if event.source.kind not in feedback.TRUSTED or event.properties.get(feedback.SHARED):
        return
    sign = _sign_in(event, catalog)
    if sign is None:
        return
    message = _message_of(event, person, on)
    if message is not None:
        _count(message, on, partial(with_signs, signs=[sign]))


def _sign_in(event: Event, catalog: Catalog) -> Sign | None:
    """What no fact of the message tells."""
    match event.name:
        case feedback.EMAIL_OPENED if event.properties.get(feedback.MACHINE) is True:
            return Sign.OPENED_BY_MACHINE
        case feedback.EMAIL_BOUNCED:
            return Sign.BOUNCED if event.properties.get("hard") is True else Sign.BOUNCED_FOR_NOW
        case feedback.UNSUBSCRIBED:
            return Sign.LEFT
        case feedback.SMS_RECEIVED:
            means = classify(str(event.properties.get("text", "")), catalog.policy.sms_words)
            return Sign.LEFT if means is SmsClass.STOP else None
        case _:
            return None


def _message_of(event: Event, person: str, on: Noter) -> Message | None:
    if event.name == feedback.SMS_RECEIVED:
        return answered(event, person, on.messages)
    named = event.properties.get("message_id")
    return on.messages.get(named) if isinstance(named, str) and named else None


# ── conversions ─────────────────────────────────────────────────────────────────────────────────


def note_goal(fact: Fact, profile: Profile, on: Noter, catalog: Catalog) -> None:
    """Count an event that some goal waits for, for each message to its person that it is a conversion of.

    `profile` is the record as the event's own write left it: whoever was merged into it later takes no part, so the
    answer is the same however late it is worked out.
    """
    if fact.kind != "event" or fact.name not in catalog.goal_events:
        return
    event = on.people.timeline_event(profile.id, fact.key)
    if event is None:
        return  # forgotten, or erased meanwhile
    parts = tuple(dict.fromkeys((profile.id, *profile.parts)))
    _convert(event, _messages_since(parts, event.at - LONGEST_SPAN, on.messages), on, catalog)


def _note_click(message: Message, on: Noter, catalog: Catalog) -> None:
    """What happened after a click may have been heard of before the click was.

    Of who was merged with the message's person since, what was written before that merge takes no part, as in
    `note_goal`: so the answer is the same whichever is heard of first.
    """
    campaign = catalog.campaigns.get(message.campaign)
    if campaign is None or not awaits_click(campaign):
        return
    holder = on.people.profiles([message.person]).get(message.person)
    if holder is None:
        return
    parts = tuple(dict.fromkeys((holder.id, *holder.parts)))
    was_theirs = _was_theirs(message.person, parts, on)
    until = latest(message, campaign)
    for entry in on.people.timeline(parts, since=message.created_at):
        if entry.event.at > until or not is_live(entry.event, catalog):
            continue
        if was_theirs(entry):
            _convert(entry.event, [message], on, catalog)


def _was_theirs(person: str, parts: Sequence[str], on: Noter) -> Callable[[TimelineEntry], bool]:
    """Whether an event was written to a record that was (also) this person by then."""
    if len(parts) == 1:
        return lambda entry: entry.part == person
    from kizuna.core.merges.log import was_theirs  # rare, and not worth its time at every cold start

    merges = [each for each in on.merges().of(parts) if each.undone_at is None]
    return lambda entry: was_theirs(entry.part, entry.version, person, merges)


def _messages_since(parts: Sequence[str], since: datetime, messages: Messages) -> Iterator[Message]:
    """What was decided for a person from an instant on, the newest first."""
    before = ""
    while True:
        page, following = messages.recent(parts, before=before, limit=_PAGE)
        for message in page:
            if message.created_at < since:
                return
            yield message
        if following is None:
            return
        before = following


def _convert(event: Event, messages: Iterable[Message], on: Noter, catalog: Catalog) -> None:
    for message, goal in reached_by(event, messages, catalog):
        _count(message, on, partial(with_conversion, new=conversion_of(event, goal), most=most_of(goal)))


# ── counting ────────────────────────────────────────────────────────────────────────────────────


def _count(message: Message, on: Noter, moved: Callable[[Counted], Counted]) -> None:
    """Count it once. Raises Conflict if the sums stay contended: the change comes again."""
    for _ in range(TRIES):
        before = on.results.counted(message.id)
        if before is None:
            return  # erased meanwhile
        after = moved(before)
        if after == before or on.results.count(message, before, after):
            return
    raise Conflict(f"result of message {message.id}")
