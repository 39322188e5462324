"""When events become due, how they are carried away, and what people do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, timezone

import pytest

from kizuna.core.errors import NotFound
from kizuna.local.providers import Behaviour, ProviderDouble
from tests.support.providers import NOON, Providers, running


@pytest.fixture
def slow() -> Iterator[Providers]:
    """A provider whose events are a minute apart."""
    with running(latency=timedelta(minutes=1)) as made:
        yield made


def kinds(slow: Providers) -> list[str]:
    return [event.kind for event in slow.double.take_events()]


def test_events_become_due_with_the_virtual_clock(slow: Providers) -> None:
    slow.mail("complaint@simulator.amazonses.com")
    assert kinds(slow) == ["Send"]
    assert slow.double.next_event_at() == NOON + timedelta(minutes=1)
    slow.clock.forward(minutes=1)
    assert kinds(slow) == ["Delivery"]
    slow.clock.forward(minutes=10)
    (complaint,) = slow.double.take_events()
    assert complaint.record["complaint"]["timestamp"] == "2026-11-22T12:02:00.000Z"
    assert slow.double.next_event_at() is None


def test_events_are_taken_in_the_order_of_their_instants(slow: Providers) -> None:
    first = slow.mail()
    slow.clock.forward(seconds=30)
    second = slow.mail()
    slow.clock.forward(minutes=5)
    taken = [(event.message_id, event.kind) for event in slow.double.take_events()]
    assert taken == [(first, "Send"), (second, "Send"), (first, "Delivery"), (second, "Delivery")]


def test_an_event_stays_until_it_is_acknowledged(slow: Providers) -> None:
    slow.mail()
    slow.clock.forward(minutes=1)
    sent, delivered = slow.double.due_events()
    assert slow.double.due_events(limit=1) == (sent,)
    assert slow.double.acknowledge([sent.number]) == 1
    assert slow.double.acknowledge([sent.number]) == 0
    assert slow.double.due_events() == (delivered,)


def test_any_address_can_be_told_how_to_behave(slow: Providers) -> None:
    slow.double.world.behave("Ann@example.com", Behaviour.SOFT_BOUNCES)
    slow.mail("ann@example.com")
    slow.clock.forward(minutes=1)
    bounce = slow.double.take_events()[-1].record["bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Transient", "MailboxFull")


def test_opens_and_clicks_carry_the_mail_and_its_tags(slow: Providers) -> None:
    sent = slow.mail()
    slow.clock.forward(hours=1)
    slow.double.take_events()
    slow.double.opened(sent, user_agent="GoogleImageProxy", ip="203.0.113.9")
    slow.double.clicked(sent, "https://shop.example/sale", at=NOON + timedelta(minutes=59))
    click, opened = slow.double.take_events()
    assert (opened.bus_event()["detail-type"], click.bus_event()["detail-type"]) == (
        "Email Opened",
        "Email Clicked",
    )
    assert opened.record["open"]["userAgent"] == "GoogleImageProxy"
    assert opened.record["open"]["timestamp"] == "2026-11-22T13:00:00.000Z"
    assert click.record["click"]["link"] == "https://shop.example/sale"
    for event in (opened, click):
        assert event.record["mail"]["messageId"] == sent
        assert event.record["mail"]["tags"]["send_id"] == ["s-1"]
    assert len(slow.double.events_of(sent)) == 4


def test_a_person_may_complain_later(slow: Providers) -> None:
    sent = slow.mail()
    slow.clock.forward(days=2)
    slow.double.take_events()
    slow.double.reacted(sent, Behaviour.COMPLAINS)
    assert kinds(slow) == ["Complaint"]
    with pytest.raises(ValueError, match="no reaction"):
        slow.double.reacted(sent, Behaviour.DELIVERS)


def test_what_was_never_sent_cannot_be_opened(slow: Providers) -> None:
    with pytest.raises(NotFound):
        slow.double.opened("unknown")
    with pytest.raises(ValueError, match="no e-mail"):
        slow.double.opened(slow.text())


def test_a_default_configuration_set_reports_on_messages_that_name_none() -> None:
    with running(default_configuration_set="identity-default") as providers:
        providers.mail(ConfigurationSetName="own")
        client = providers.client("pinpoint-sms-voice-v2")
        client.send_text_message(DestinationPhoneNumber="+14155550123", MessageBody="Hi")
        sets = [message.configuration_set for message in providers.double.outbox.messages()]
        assert sets == ["own", "identity-default"]
        assert len(providers.double.take_events()) == 4


def test_any_time_zone_of_the_clock_is_kept_as_utc() -> None:
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    assert ProviderDouble(lambda: tokyo).now().isoformat() == "2026-11-22T12:00:00+00:00"


def test_clearing_forgets_messages_calls_and_events(slow: Providers) -> None:
    sent = slow.mail()
    slow.double.clear()
    assert (len(slow.double.outbox), slow.double.log(), slow.double.due_events()) == (0, (), ())
    assert slow.double.events_of(sent) == ()
