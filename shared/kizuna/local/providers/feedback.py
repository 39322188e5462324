"""From accepted messages to the events that follow by themselves, and the ones that a person causes.

AWS reports on a message only when it was sent with a configuration set, and so does the double.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from kizuna.local.providers import ses_events, sms_events, whatsapp_events
from kizuna.local.providers.events import EventQueue, ProviderEvent, Source
from kizuna.local.providers.outbox import Channel, OutboxMessage, Provider
from kizuna.local.providers.ses_events import BROWSER, READER_IP, Record
from kizuna.local.providers.wire import Ids
from kizuna.local.providers.world import Behaviour, World


class Feedback:
    """Fills the queue of events. `latency` lies between a message and each step that follows it."""

    def __init__(
        self,
        queue: EventQueue,
        *,
        ids: Ids,
        world: World,
        now: Callable[[], datetime],
        account: str,
        region: str,
        latency: timedelta,
    ) -> None:
        self._queue = queue
        self._ids = ids
        self._world = world
        self._now = now
        self._account = account
        self._region = region
        self._latency = latency

    def follow(self, message: OutboxMessage) -> None:
        """Queue what the provider reports after accepting this message."""
        if message.configuration_set is None:
            return
        if message.provider is Provider.SES:
            self._follow_mail(message)
        elif message.provider is Provider.SMS_VOICE:
            self._follow_text(message)
        elif message.provider is Provider.SOCIAL:
            self._follow_whatsapp(message)

    def _follow_mail(self, message: OutboxMessage) -> None:
        mail = ses_events.mail_of(message, account=self._account)
        self._add_mail(message, ses_events.sent(mail), at=message.at)
        first, second = message.at + self._latency, message.at + 2 * self._latency
        took_ms = round(self._latency.total_seconds() * 1000)
        for to in message.to:
            behaviour = self._world.behaviour_of(Channel.EMAIL, to)
            arrives = behaviour in (Behaviour.DELIVERS, Behaviour.COMPLAINS, Behaviour.AWAY)
            if arrives:
                self._add_mail(message, ses_events.delivered(mail, to, at=first, took_ms=took_ms), at=first)
            if behaviour is Behaviour.DELIVERS:
                continue
            at = second if arrives else first
            self._add_mail(message, self._answer(mail, to, at=at, how=behaviour), at=at)

    def _answer(self, mail: Record, to: str, *, at: datetime, how: Behaviour) -> Record:
        feedback_id = self._ids.ses(at)
        if how is Behaviour.COMPLAINS:
            return ses_events.complained(mail, to, at=at, feedback_id=feedback_id)
        return ses_events.bounced(mail, to, at=at, how=how, feedback_id=feedback_id)

    def _follow_text(self, message: OutboxMessage) -> None:
        at = message.at + self._latency
        how = self._world.behaviour_of(Channel.SMS, message.recipient)
        self._add(Source.SMS, sms_events.pending(message), message.id, at=message.at)
        self._add(Source.SMS, sms_events.ended(message, at=at, how=how), message.id, at=at)

    def _follow_whatsapp(self, message: OutboxMessage) -> None:
        at = message.at + self._latency
        how = self._world.behaviour_of(Channel.WHATSAPP, message.recipient)
        self._add_status(message, "sent", at=message.at)
        self._add_status(message, whatsapp_events.ending(how), at=at)

    def _add_status(self, message: OutboxMessage, kind: str, *, at: datetime) -> ProviderEvent:
        event_id = self._ids.uuid(at)
        record = whatsapp_events.status(message, kind, at=at, account=self._account, event_id=event_id)
        return self._add(Source.WHATSAPP, record, message.id, at=at, kind=kind)

    # ── what a person does ──────────────────────────────────────────────────────────────────────

    def opened(
        self,
        message: OutboxMessage,
        *,
        at: datetime | None = None,
        user_agent: str = BROWSER,
        ip: str = READER_IP,
    ) -> ProviderEvent:
        when = at or self._now()
        mail = self._mail(message)
        return self._add_mail(
            message, ses_events.opened(mail, at=when, user_agent=user_agent, ip=ip), at=when
        )

    def clicked(
        self,
        message: OutboxMessage,
        link: str,
        *,
        at: datetime | None = None,
        user_agent: str = BROWSER,
        ip: str = READER_IP,
    ) -> ProviderEvent:
        when = at or self._now()
        record = ses_events.clicked(self._mail(message), link, at=when, user_agent=user_agent, ip=ip)
        return self._add_mail(message, record, at=when)

    def reacted(self, message: OutboxMessage, how: Behaviour, *, at: datetime | None = None) -> ProviderEvent:
        """A bounce or complaint of the first recipient, later than the one that its address makes.

        Raises `ValueError` for `DELIVERS`, which is no reaction.
        """
        if how is Behaviour.DELIVERS:
            raise ValueError("delivery is no reaction of a person")
        when = at or self._now()
        return self._add_mail(
            message, self._answer(self._mail(message), message.recipient, at=when, how=how), at=when
        )

    def replied(
        self, sender: str, body: str, *, to: str, answers: str | None, at: datetime | None = None
    ) -> ProviderEvent:
        when = at or self._now()
        inbound_id = self._ids.uuid(when)
        record = sms_events.replied(sender=sender, to=to, body=body, inbound_id=inbound_id, answers=answers)
        return self._add(Source.REPLY, record, answers, at=when)

    def read(self, message: OutboxMessage, *, at: datetime | None = None) -> ProviderEvent:
        """Raises `ValueError` for a channel that does not tell."""
        if message.channel is not Channel.WHATSAPP:
            raise ValueError(f"message {message.id} did not go by WhatsApp")
        return self._add_status(message, "read", at=at or self._now())

    def wrote(self, sender: str, body: str, *, at: datetime | None = None) -> ProviderEvent:
        when = at or self._now()
        event_id = self._ids.uuid(when)
        record = whatsapp_events.received(sender, body, at=when, account=self._account, event_id=event_id)
        return self._add(Source.WHATSAPP, record, None, at=when, kind="received")

    def _mail(self, message: OutboxMessage) -> Record:
        if message.channel is not Channel.EMAIL:
            raise ValueError(f"message {message.id} is no e-mail")
        return ses_events.mail_of(message, account=self._account)

    def _add_mail(self, message: OutboxMessage, record: Record, *, at: datetime) -> ProviderEvent:
        name = message.configuration_set
        arn = f"arn:aws:ses:{self._region}:{self._account}:configuration-set/{name}"
        return self._add(Source.EMAIL, record, message.id, at=at, resources=(arn,) if name else ())

    def _add(
        self,
        source: Source,
        record: Record,
        message_id: str | None,
        *,
        at: datetime,
        resources: tuple[str, ...] = (),
        kind: str | None = None,
    ) -> ProviderEvent:
        event = ProviderEvent(
            number=self._queue.next_number(),
            id=self._ids.uuid(at),
            at=at,
            source=source,
            kind=kind or record.get("eventType", "Reply"),
            message_id=message_id,
            record=record,
            account=self._account,
            region=self._region,
            resources=resources,
        )
        self._queue.add(event)
        return event
