"""A run that people complain about stops by itself, through the whole of the cloud; what they asked for goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.messages import State
from kizuna.core.restraint.brakes import Stop
from kizuna.local.providers import Behaviour, Channel, Fail, Fault
from kizuna.usecases.outcomes.braking import in_silence, resume_run, stop_marketing
from tests.support.clouds import Shop, a_user, running_shop, sample_documents

MINUTE = timedelta(minutes=1)


def greeted(shop: Shop, *, complains: bool = False) -> str:
    user = a_user()
    if complains:
        shop.cloud.providers.world.behave(f"{user}@people.example", Behaviour.COMPLAINS)
    shop.greet(user)
    return user


def documents(**policy: Any) -> dict[tuple[str, str], Any]:
    sample = sample_documents()
    return {**sample, ("policy", "policy"): {**sample["policy", "policy"], **policy}}


def test_complaints_pause_the_run_once_they_are_matured_and_a_person_lets_it_go_on() -> None:
    publish = ["RunPaused", "RunResumed"]
    with running_shop(documents=documents(publish=publish)) as shop, shop.hearing_the_bus() as heard:
        for number in range(9):
            greeted(shop, complains=number % 3 == 0)
        shop.cloud.advance(29 * MINUTE)
        assert shop.wired.brakes.current().paused() == ()  # nobody has had their half hour
        shop.cloud.advance(5 * MINUTE)
        (brake,) = shop.wired.brakes.current().paused()
        assert brake.pause is not None
        assert (brake.campaign, brake.run) == ("hello", TRIGGERED)
        assert (brake.pause.because, brake.pause.sent, brake.pause.bad) == ("complaint", 9, 3)
        assert [(name, detail["bad"]) for name, detail, _ in heard] == [("RunPaused", 3)]
        waits = greeted(shop)
        assert shop.mails(waits) == ()
        assert shop.messages(waits)[0].state is State.PENDING
        resume_run(
            "hello",
            TRIGGERED,
            shop.wired.brakes,
            by="ann",
            reason="list mended",
            now=shop.now,
            tell=in_silence,
        )
        shop.cloud.advance(20 * MINUTE)
        assert len(shop.mails(waits)) == 1
        greeted(shop, complains=True)  # what came before is no evidence any more
        shop.cloud.advance(40 * MINUTE)
        assert shop.wired.brakes.current().paused() == ()


def test_messages_that_people_asked_for_go_on_while_promotion_stands_still() -> None:
    with running_shop() as shop:
        stop = Stop("by_hand", shop.now, "", "incident", by="ann")
        stop_marketing(stop, shop.wired.brakes, tell=in_silence)
        user = greeted(shop)
        order = {"type": "track", "userId": user, "messageId": f"{user}-order", "event": "Order Completed"}
        shop.send(
            {
                "type": "identify",
                "userId": user,
                "messageId": f"{user}-p",
                "traits": {"phone": "+12065550142"},
            },
            {**order, "properties": {"order_id": "1", "total": 20, "currency": "USD"}},
        )
        shop.settle()
        assert shop.mails(user) == ()
        by_channel = {message.channel: message.state for message in shop.messages(user)}
        assert by_channel["email"] is State.PENDING
        assert by_channel.get("sms") is State.SENT


@pytest.mark.parametrize(
    ("code", "because"),
    [("SendingPausedException", "sending_paused"), ("AccountSuspendedException", "suspended")],
)
def test_a_provider_that_takes_nothing_more_stops_all_promotion_at_once(code: str, because: str) -> None:
    publish = ["MarketingStopped"]
    with running_shop(documents=documents(publish=publish)) as shop, shop.hearing_the_bus() as heard:
        shop.cloud.providers.faults.add(Fault(effect=Fail(code=code), channel=Channel.EMAIL))
        first = greeted(shop)
        stop = shop.wired.brakes.current().account.stop
        assert stop is not None
        assert stop.because == because
        assert "MarketingStopped" in [name for name, _, _ in heard]
        second = greeted(shop)
        assert shop.messages(first)[0].state is (State.PENDING if stop.until else State.FAILED)
        assert shop.messages(second)[0].state is State.PENDING
