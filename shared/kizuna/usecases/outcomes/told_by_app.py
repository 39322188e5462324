"""An app tells what became of a push: it counts if the push was sent to the person that the event is of."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.errors import NotFound
from kizuna.core.events import Event
from kizuna.core.ids import digest
from kizuna.core.ports import Messages, People
from kizuna.core.provider_reports import MessageReport
from kizuna.core.pushes import may_be_told_of, told_of_push
from kizuna.usecases.outcomes.feedback import reconcile


def note_told(event: Event, part: str, people: People, messages: Messages, *, now: datetime) -> None:
    """Note what an event in the timeline `part` says about a push of the same person, merged ones included.

    Of others, of unknown ids and of messages that are no push nothing is noted. No fact is older than its message.
    That it got there proves what became of it, as a provider's report does. Told twice it changes nothing, and a
    crash leaves some of it noted; the change comes again.
    """
    told = told_of_push(event)
    message = messages.get(told.message) if told else None
    if told is None or message is None or not may_be_told_of(message):
        return
    holder = people.profiles([message.person]).get(message.person)
    if holder is None or part not in (holder.id, *holder.parts):
        return
    at = max(told.at, message.created_at)
    proof = MessageReport(digest("told by app", event.id), message.id, at, "accepted")
    reconcile(message, proof, messages, now=now)
    try:
        for fact in told.facts:
            messages.add_fact(message.id, fact, at)
    except NotFound:
        return  # erased meanwhile
