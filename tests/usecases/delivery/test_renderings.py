"""One thing told on several channels: the first that may, the next when nobody looked, and never one too many."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.messages import Message, Rejected, State, Unclear
from kizuna.core.provider_reports import MessageReport
from kizuna.usecases.reacting import react
from tests.support.builders import NOON, an_event
from tests.support.customers import SHOP, identify
from tests.support.house import House
from tests.support.renderings import a_customer, a_shop, in_many_ways

HOUR = timedelta(hours=1)
FALLBACK: dict[str, Any] = {"fallback_after": "2h"}


def a_house(catalog: Catalog, *events: Any) -> House:
    house = House(catalog)
    house.ingest(*(events or (a_customer(),)))
    house.settle()
    return house


def run(house: House, now: datetime = NOON) -> None:
    """A run decides, and what is ready goes out."""
    house.start("spring", now)
    house.walk(now=now)
    go_on(house, now)


def go_on(house: House, now: datetime) -> None:
    """Whatever is due by now happens, with all that follows from it."""
    while True:
        house.settle(now=now)
        house.send(now=now)
        house.settle(now=now)
        house.send(now=now)
        if not house.ring(now=now):
            house.settle(now=now)
            house.send(now=now)
            house.settle(now=now)
            return


def on(house: House, channel: str) -> Message:
    (found,) = [each for each in house.messages.stored.values() if each.channel == channel]
    return found


def told(house: House) -> dict[str, tuple[str, str]]:
    """State and reason by channel."""
    return {each.channel: (str(each.state), each.reason) for each in house.messages.stored.values()}


def hear(house: House, channel: str, fact: str, now: datetime) -> None:
    house.messages.add_fact(on(house, channel).id, fact, now)
    house.settle(now=now)


# ── the first that may ──────────────────────────────────────────────────────────────────────────


def test_the_first_channel_that_may_is_used_and_the_record_tells_of_the_others() -> None:
    house = a_house(a_shop(in_many_ways()), a_customer("u1", "email", "sms"))
    run(house)
    message = house.only_message()
    assert (message.channel, message.state, message.template) == ("email", State.SENT, "spring-email")
    assert message.decision["channels"] == [
        ["push", "deny", "no_address"],
        ["email", "allow", "consent"],
        ["sms", "pass", "behind_the_chosen"],
    ]


@pytest.mark.parametrize("choose", ["first", "best"])
def test_who_is_to_hear_it_on_one_channel_hears_it_on_one(choose: str) -> None:
    house = a_house(a_shop(in_many_ways(choose=choose)), a_customer())
    run(house)
    assert told(house) == {"push": ("SENT", "consent")}


def test_the_gates_own_reason_says_why_a_channel_was_passed_over() -> None:
    leaves = {"type": "push", "key": "token-1-u1", "status": "UNSUBSCRIBED"}
    gone = an_event(
        "", type="identify", number=9, user_id="u1", source=SHOP,
        context={"messaging_subscriptions": [leaves]},
    )  # fmt: skip
    house = a_house(a_shop(in_many_ways()), a_customer(), gone)
    run(house)
    assert house.only_message().decision["channels"][0] == ["push", "deny", "channel_opt_out"]


def test_a_persons_own_choice_of_channel_is_looked_at_first() -> None:
    house = a_house(a_shop(in_many_ways()), a_customer(traits={"preferred_channel": "sms"}))
    run(house)
    assert house.only_message().channel == "sms"
    assert [channel for channel, *_ in house.only_message().decision["channels"]] == ["sms", "push", "email"]


def test_where_no_channel_may_there_is_one_refusal_of_the_channel_that_was_wanted_most() -> None:
    house = a_house(a_shop(in_many_ways()), identify(country="JP"))
    run(house)
    assert told(house) == {"push": ("DENIED", "no_address")}
    assert [reason for *_, reason in house.only_message().decision["channels"]] == ["no_address"] * 3


def test_a_channel_that_may_now_goes_before_one_that_may_only_later() -> None:
    quiet = {"JP": ["08:00", "20:00"]}
    catalog = a_shop(
        in_many_ways(("sms", "email")), consent={"quiet_hours": quiet, "quiet_hours_channels": ["sms"]}
    )
    house = a_house(catalog)
    run(house)  # 21:00 in Tokyo
    assert told(house) == {"email": ("SENT", "consent")}
    assert house.only_message().decision["channels"][0] == ["sms", "defer", "quiet_hours"]


def test_deciding_again_chooses_nothing_new_though_another_channel_may_by_now() -> None:
    house = a_house(a_shop(in_many_ways()), a_customer("u1", "sms"))
    run(house)
    house.ingest(a_customer("u1", "push", number=2))
    house.settle()
    house.start("spring", NOON)
    assert house.walk() == 0
    assert told(house) == {"sms": ("SENT", "consent")}


# ── the next one ────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_saw_is_told_on_the_next_channel_when_its_time_is_over() -> None:
    house = a_house(a_shop(in_many_ways(**FALLBACK)))
    run(house)
    assert told(house) == {"push": ("SENT", "consent"), "email": ("DEFERRED", "fallback_waits")}
    go_on(house, NOON + 2 * HOUR - timedelta(minutes=1))
    assert on(house, "email").state is State.DEFERRED
    go_on(house, NOON + 2 * HOUR)
    assert on(house, "email").state is State.SENT
    assert on(house, "sms").not_before == NOON + 4 * HOUR
    go_on(house, NOON + 4 * HOUR)
    assert {state for state, _ in told(house).values()} == {"SENT"}
    assert on(house, "email").falls_back_from == on(house, "push").id
    assert on(house, "sms").expires_at == on(house, "push").expires_at
    assert len(house.messages.stored) == 3


def test_a_fallback_is_judged_anew() -> None:
    house = a_house(a_shop(in_many_ways(("push", "email"), **FALLBACK)))
    run(house)
    leaves = {"type": "email", "key": "u1@example.com", "status": "UNSUBSCRIBED"}
    house.ingest(
        an_event("", type="identify", number=9, user_id="u1", source=SHOP,
                 context={"messaging_subscriptions": [leaves]}, at=NOON, received_at=NOON)
    )  # fmt: skip
    go_on(house, NOON + 2 * HOUR)
    assert told(house)["email"] == ("DENIED", "channel_opt_out")


def test_a_fallback_that_is_refused_is_followed_by_the_channel_behind_it_at_once() -> None:
    house = a_house(a_shop(in_many_ways(**FALLBACK)))
    run(house)
    leaves = {"type": "email", "key": "u1@example.com", "status": "UNSUBSCRIBED"}
    house.ingest(
        an_event("", type="identify", number=9, user_id="u1", source=SHOP,
                 context={"messaging_subscriptions": [leaves]}, at=NOON, received_at=NOON)
    )  # fmt: skip
    go_on(house, NOON + 2 * HOUR)
    assert told(house)["email"][0] == "DENIED"
    assert told(house)["sms"] == ("SENT", "consent")


@pytest.mark.parametrize(
    ("answer", "waits"), [(Rejected("token_gone", address_dead=True), False), (Unclear("timeout"), True)]
)
def test_a_refusal_of_the_provider_is_followed_at_once_and_an_unclear_answer_in_its_time(
    answer: Rejected | Unclear, waits: bool
) -> None:
    house = a_house(a_shop(in_many_ways(("push", "email"), **FALLBACK)))
    house.push.outcomes.append(answer)
    run(house)
    assert on(house, "email").state is (State.DEFERRED if waits else State.SENT)


def test_channels_that_reach_nobody_are_left_out_and_told() -> None:
    house = a_house(a_shop(in_many_ways(**FALLBACK)), a_customer("u1", "push", "sms"))
    run(house)
    assert told(house) == {"push": ("SENT", "consent"), "sms": ("DEFERRED", "fallback_waits")}
    assert on(house, "sms").decision["channels"] == [
        ["email", "deny", "no_address"],
        ["sms", "defer", "fallback_waits"],
    ]


def test_a_fallback_that_nobody_may_be_reached_by_is_a_refusal_that_can_be_seen() -> None:
    house = a_house(a_shop(in_many_ways(**FALLBACK)), a_customer("u1", "push"))
    run(house)
    assert told(house)["email"] == ("DENIED", "no_address")
    assert len(house.messages.stored) == 2


def test_a_bounce_hurries_what_waited_for_it() -> None:
    house = a_house(a_shop(in_many_ways(("email", "sms"), **FALLBACK)))
    run(house)
    hear(house, "email", "bounced", NOON + timedelta(minutes=5))
    go_on(house, NOON + timedelta(minutes=6))
    assert on(house, "sms").state is State.SENT


def test_a_fallback_stops_with_its_campaign() -> None:
    campaign = in_many_ways(("push", "email"), **FALLBACK)
    house = a_house(a_shop(campaign))
    run(house)
    house.catalog = a_shop(campaign | {"enabled": False})
    go_on(house, NOON + 2 * HOUR)
    assert told(house)["email"] == ("EXPIRED", "campaign_stopped")


def test_who_left_the_audience_meanwhile_is_not_told_again() -> None:
    once = {"when": {"event": "Order Completed", "verb": "count", "op": "eq", "value": 0}}
    house = a_house(a_shop(in_many_ways(("push", "email"), **FALLBACK) | once))
    run(house)
    house.ingest(an_event(number=50, user_id="u1", at=NOON, received_at=NOON))
    go_on(house, NOON + 2 * HOUR)
    assert told(house)["email"] == ("DENIED", "not_in_audience")


# ── seen ────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_seen_lets_go_of_the_fallback() -> None:
    house = a_house(a_shop(in_many_ways(("email", "sms"), **FALLBACK)))
    run(house)
    hear(house, "email", "opened", NOON + HOUR)
    assert told(house)["sms"] == ("EXPIRED", "seen_elsewhere")
    go_on(house, NOON + 3 * HOUR)
    assert not house.sms.sent


@pytest.mark.parametrize(
    ("order", "fact", "when", "is_enough"),
    [
        (("email", "sms"), "delivered", "seen", False),
        (("email", "sms"), "delivered", "delivered", True),
        (("email", "sms"), "clicked", "seen", True),
        (("sms", "email"), "delivered", "seen", True),  # a text has no other sign
        (("sms", "email"), "sent", "delivered", False),
    ],
)
def test_each_channel_has_signs_of_its_own(
    order: tuple[str, ...], fact: str, when: str, is_enough: bool
) -> None:
    house = a_house(a_shop(in_many_ways(order, **FALLBACK, cancel_when=when)))
    run(house)
    hear(house, order[0], fact, NOON + HOUR)
    go_on(house, NOON + 2 * HOUR)
    assert on(house, order[1]).state is (State.EXPIRED if is_enough else State.SENT)


def test_seen_on_one_of_all_channels_lets_go_of_those_that_wait() -> None:
    house = a_house(a_shop(in_many_ways(("email", "sms"), choose="all", cancel_when="seen")))
    house.start("spring", NOON)
    house.walk()
    house.settle()
    house.deliver(on(house, "email").id)
    hear(house, "email", "opened", NOON)
    house.send()
    assert told(house) == {"email": ("SENT", "consent"), "sms": ("EXPIRED", "seen_elsewhere")}
    assert not house.sms.sent


def test_a_message_is_not_claimed_though_the_stream_has_not_told_yet_that_it_was_seen() -> None:
    house = a_house(a_shop(in_many_ways(("email", "sms"), choose="all", cancel_when="seen")))
    house.start("spring", NOON)
    house.walk()
    house.settle()
    house.deliver(on(house, "email").id)
    house.messages.add_fact(on(house, "email").id, "clicked", NOON)
    assert house.deliver(on(house, "sms").id) is State.EXPIRED
    assert not house.sms.sent


def test_a_message_that_its_sender_holds_already_goes_out() -> None:
    """The claim came first: whoever lets go afterwards finds a state that cannot be left."""
    house = a_house(a_shop(in_many_ways(("email", "sms"), choose="all", cancel_when="seen")))
    house.start("spring", NOON)
    house.walk()
    house.settle()
    house.deliver(on(house, "email").id)
    sms = on(house, "sms")
    house.messages.stored[sms.id] = replace(sms, state=State.SENDING, state_version=1, owner="me")
    hear(house, "email", "opened", NOON)
    assert on(house, "sms").state is State.SENDING


def test_all_channels_are_contacts_of_their_own_for_the_caps() -> None:
    cap = {"count": 2, "window": "7d"}
    house = a_house(a_shop(in_many_ways(choose="all"), frequency_caps=[cap]))
    run(house)
    assert told(house) == {
        "push": ("SENT", "consent"),
        "email": ("SENT", "consent"),
        "sms": ("DENIED", "frequency_cap"),
    }


def test_what_is_let_go_is_given_back_to_the_caps() -> None:
    house = a_house(
        a_shop(
            in_many_ways(("email", "sms"), choose="all", cancel_when="seen"),
            frequency_caps=[{"count": 2, "window": "7d"}],
        )
    )
    house.start("spring", NOON)
    house.walk()
    house.settle()
    house.deliver(on(house, "email").id)
    hear(house, "email", "opened", NOON)
    house.settle()
    (person,) = house.living()
    assert [touch.channel for touch in house.messages.pressure(person.id).touches] == ["email"]


# ── everything twice, and merged ────────────────────────────────────────────────────────────────


def test_reading_every_change_again_puts_nothing_more_down() -> None:
    house = a_house(a_shop(in_many_ways(**FALLBACK)))
    run(house)
    go_on(house, NOON + 2 * HOUR)
    before = dict(house.messages.stored)
    for change in list(house.changes_told):
        react.react(change, house.reactor, house.catalog, now=NOON + 2 * HOUR)
    assert house.messages.stored == before


def test_two_who_turn_out_to_be_one_are_let_go_on_all_sides() -> None:
    """Both were pushed to, and for both a mail waits; whatever side of the one person sees it, neither mail goes."""
    house = two_of_one()
    (living,) = house.living()
    assert len(living.parts) == 2
    pushed = [each for each in house.messages.stored.values() if each.channel == "push"]
    house.messages.add_fact(pushed[0].id, "opened", NOON + HOUR)
    house.settle(now=NOON + HOUR)
    mails = [each for each in house.messages.stored.values() if each.channel == "email"]
    assert [(each.state, each.reason) for each in mails] == [(State.EXPIRED, "seen_elsewhere")] * 2


def test_two_who_turn_out_to_be_one_are_mailed_once() -> None:
    house = two_of_one(("push", "email", "sms"))
    go_on(house, NOON + 2 * HOUR)
    assert len(house.email.sent) == 1


def two_of_one(order: tuple[str, ...] = ("push", "email")) -> House:
    """A guest and a customer with one phone each and one mailbox, of whom a login tells that they are the same."""
    guest = a_customer("guest", "push", user_id=None, anonymous_id="a1")
    house = a_house(a_shop(in_many_ways(order, **FALLBACK)), a_customer("u1", "push", "email"), guest)
    house.ingest(identify(60, user=None, anonymous="a1", email="guest@example.com"))
    house.settle()
    run(house)
    house.ingest(identify(61, user="u1", anonymous="a1"))
    house.settle()
    return house


def test_an_answer_that_comes_twice_leaves_one_fallback() -> None:
    house = a_house(a_shop(in_many_ways(("push", "email"), **FALLBACK)))
    house.push.outcomes.append(Unclear("timeout"))
    run(house)
    push = on(house, "push")
    house.hear(MessageReport("r1", push.id, NOON + HOUR, "accepted", "sent"), now=NOON + HOUR)
    house.settle(now=NOON + HOUR)
    assert on(house, "push").state is State.SENT
    assert on(house, "email").not_before == NOON + 2 * HOUR


# ── hours of the company's own ──────────────────────────────────────────────────────────────────

NIGHT = {
    "mode": "quiet",
    "windows": {"every_day": [["21:00", "08:00"]]},
    "channels": ["sms"],
}  # 21:00 in Tokyo


def test_a_channel_that_is_kept_quiet_hands_over_to_the_next() -> None:
    switch = {**NIGHT, "on_hit": "channel_switch"}
    house = a_house(a_shop(in_many_ways(("sms", "email")), quiet_hours=[switch]))
    run(house)
    assert told(house) == {"email": ("SENT", "consent")}
    assert house.only_message().decision["channels"][0] == ["sms", "deny", "house_hours_elsewhere"]


def test_what_is_dropped_at_this_hour_goes_by_no_other_channel() -> None:
    house = a_house(a_shop(in_many_ways(("sms", "email")), quiet_hours=[{**NIGHT, "on_hit": "drop"}]))
    run(house)
    assert told(house) == {"sms": ("DENIED", "house_hours")}
