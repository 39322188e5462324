"""The loop closes: reports in any order and number move messages on and change what happens next."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.errors import Unavailable
from kizuna.core.ids import digest
from kizuna.core.messages import Message, State, claimed, move
from kizuna.core.people import AddressStatus
from kizuna.core.provider_reports import MessageReport, Reply, Report
from tests.support.builders import NOON, a_message
from tests.support.customers import decided, identify, mail_shop, subscribe
from tests.support.fakes import InMemorySender
from tests.support.folds import HOUR
from tests.support.house import House

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
KINDS = {
    "sent": "", "delivered": "Email Delivered", "opened": "Email Opened", "clicked": "Email Clicked",
    "bounced": "Email Bounced", "complained": "Email Complained",
}  # fmt: skip


def about(message: str, fact: str, *, minutes: int = 1, **changes: Any) -> MessageReport:
    report_id = digest("report", message, fact, str(minutes))
    at = NOON + minutes * MINUTE
    report = MessageReport(report_id, message, at, "accepted", fact, KINDS[fact])
    return replace(report, hard=fact == "bounced", **changes)


def rejected(message: str) -> MessageReport:
    return MessageReport("r1", message, NOON, "failed", reason="Bad content")


def a_house_with(state: State) -> tuple[House, Message]:
    """A house whose only message has got as far as `state`."""
    house = decided()
    message = house.only_message()
    mine = claimed(message, owner="w1", now=NOON)
    steps = {
        State.PENDING: message,
        State.DEFERRED: replace(message, state=State.DEFERRED, not_before=NOON + HOUR),
        State.DENIED: replace(message, state=State.DENIED),
        State.SENDING: mine,
        State.SENT: move(mine, State.SENT, now=NOON, reason="consent", lease_until=None),
        State.UNKNOWN: move(mine, State.UNKNOWN, now=NOON, reason="unknown_outcome", lease_until=None),
        State.FAILED: move(mine, State.FAILED, now=NOON, reason="provider_rejected", lease_until=None),
    }
    house.messages.stored[message.id] = steps[state]
    house.settle()
    return house, house.only_message()


PROOFS = [
    (State.SENDING, True, State.SENT),
    (State.UNKNOWN, True, State.SENT),
    (State.SENT, True, State.SENT),
    (State.FAILED, True, State.FAILED),
    (State.PENDING, True, State.SENT),  # our table forgot: nobody may send it again
    (State.DEFERRED, True, State.SENT),
    (State.PENDING, False, State.FAILED),
    (State.DEFERRED, False, State.FAILED),
    (State.DENIED, True, State.DENIED),
    (State.SENDING, False, State.FAILED),
    (State.UNKNOWN, False, State.FAILED),
    (State.SENT, False, State.SENT),
]


@pytest.mark.parametrize(("state", "accepted", "after"), PROOFS)
def test_whatever_carries_our_id_proves_what_became_of_the_message(
    state: State, accepted: bool, after: State
) -> None:
    house, message = a_house_with(state)
    report = about(message.id, "delivered") if accepted else rejected(message.id)
    for _ in range(2):
        house.hear(report, now=NOON + HOUR)
    found = house.only_message()
    assert found.state is after
    assert set(found.facts) == ({"delivered"} if accepted else set())
    if after is State.SENT:
        assert (found.reason, found.lease_until) == ("consent", None)


def test_a_report_that_is_faster_than_our_own_write_wins_and_nothing_is_lost() -> None:
    house = decided()
    message = house.only_message()

    class Fast(InMemorySender):
        def send(self, *given: Any) -> Any:
            house.hear(about(message.id, "delivered"), now=NOON + 2 * MINUTE)
            return super().send(*given)

    house.email = Fast()
    house.send()
    found = house.only_message()
    assert (found.state, found.facts) == (State.SENT, {"delivered": NOON + MINUTE})


def hear_all(house: House, reports: list[MessageReport]) -> None:
    """As the queue does: what cannot be judged yet comes again, until it can."""
    for now in (NOON + 4 * MINUTE, NOON + 8 * MINUTE, NOON + HOUR):
        later = []
        for report in reports:
            try:
                house.hear(report, now=now)
            except Unavailable:
                later.append(report)
        reports = later
    assert reports == []


# Whose doing a reaction was, where a mail is told to have arrived twice, is in `test_reaction_order`.
REPORTS = st.lists(
    st.tuples(st.sampled_from(sorted(KINDS)), st.integers(1, 3)),
    min_size=1,
    max_size=6,
    unique_by=lambda told: told[0] if told[0] == "delivered" else told,
)


@settings(max_examples=60)
@given(
    REPORTS, st.sampled_from([State.SENDING, State.UNKNOWN, State.SENT]), st.randoms(use_true_random=False)
)
def test_the_order_and_the_number_of_reports_do_not_matter(
    reports: list[tuple[str, int]], state: State, chance: random.Random
) -> None:
    outcomes = []
    for order in (reports, chance.sample(reports * 2, len(reports) * 2)):
        house, message = a_house_with(state)
        hear_all(house, [about(message.id, fact, minutes=minutes) for fact, minutes in order])
        house.settle(now=NOON + HOUR)
        person = house.person("user_id", "u1")
        told = [entry.event.name for entry in house.people.timeline(person.parts)]
        outcomes.append(
            (
                house.only_message().state,
                house.only_message().facts,
                sorted(told),
                person.addresses,
                house.states(),
            )
        )
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] is State.SENT
    counts = house.counters.read("spring", "20261123T1200Z")
    assert counts == {("email", "SENT", "consent"): 1}


def test_a_report_on_a_message_that_is_not_ours_changes_nothing_and_is_kept() -> None:
    house = decided()
    before = dict(house.people.stored)
    house.hear(about("nobody's", "complained"))
    assert house.people.stored == before
    assert [one.cause for one in house.quarantine.report()] == ["unknown_message"]


def test_a_late_report_finds_a_person_who_was_merged_since() -> None:
    house = House(mail_shop())
    house.ingest(subscribe("v", user_id=None, anonymous_id="a1"))
    message = a_message(house.person("anonymous_id", "a1").id, state=State.SENT, address="v@example.com")
    house.messages.stored[message.id] = message
    house.ingest(subscribe("u1"))
    house.ingest(identify(user="u1", anonymous="a1"))
    house.hear(about(message.id, "bounced"))
    person = house.person("user_id", "u1")
    assert person.addresses["email", "v@example.com"].status is AddressStatus.HARD_BOUNCED
    assert person.addresses["email", "u1@example.com"].status is AddressStatus.OK


def test_a_store_that_is_down_leaves_the_report_to_the_queue() -> None:
    house, message = a_house_with(State.SENT)
    house.people.down = True
    with pytest.raises(Unavailable):
        house.hear(about(message.id, "complained"))
    house.people.down = False
    house.hear(about(message.id, "complained"))
    assert (
        house.person("user_id", "u1").addresses["email", "u1@example.com"].status is AddressStatus.COMPLAINED
    )


# ── what happens next ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fact", "reason"), [("bounced", "endpoint_undeliverable"), ("complained", "complaint")]
)
def test_after_a_hard_bounce_or_a_complaint_nothing_more_is_sent(fact: str, reason: str) -> None:
    house, message = a_house_with(State.SENT)
    house.hear(about(message.id, fact), now=NOON + HOUR)
    house.start("spring", NOON + DAY)
    house.walk(now=NOON + DAY)
    house.settle(now=NOON + DAY)
    house.send(now=NOON + DAY)
    assert house.states() == {"SENT": 1, reason: 1}
    assert house.email.sent == []


def test_a_soft_bounce_is_a_fact_and_no_fate() -> None:
    house, message = a_house_with(State.SENT)
    house.hear(replace(about(message.id, "bounced"), hard=False))
    assert house.only_message().facts.keys() == {"bounced"}
    assert house.person("user_id", "u1").addresses["email", "u1@example.com"].status is AddressStatus.OK


def test_a_mailbox_that_is_dead_for_one_is_dead_for_the_family() -> None:
    house = House(mail_shop())
    house.ingest(subscribe("mum", "home@example.com"))
    house.ingest(subscribe("dad", "home@example.com"))
    mum = house.person("user_id", "mum")
    message = a_message(mum.id, state=State.SENT, address="home@example.com")
    house.messages.stored[message.id] = message
    house.hear(about(message.id, "bounced"))
    statuses = {
        house.person("user_id", user).addresses["email", "home@example.com"].status for user in ("mum", "dad")
    }
    assert statuses == {AddressStatus.HARD_BOUNCED}


# ── replies ─────────────────────────────────────────────────────────────────────────────────────

PHONE = "+819012345678"


def reply(text: str, *, number: int = 1) -> Report:
    return Reply(f"inbound-{number}", PHONE, text, NOON)


def test_a_stop_is_recorded_once_for_whoever_has_the_number() -> None:
    house = House(mail_shop())
    house.ingest(identify(user="u1", phone=PHONE))
    for _ in range(3):
        house.hear(reply("STOP"))
    person = house.person("user_id", "u1")
    assert [(consent.action, consent.text) for consent in house.ledger.events(person.parts)] == [
        ("sms_in", "STOP")
    ]
    assert consent_endpoints(house, "u1") == {person.addresses["sms", PHONE].id}


def consent_endpoints(house: House, user: str) -> set[str | None]:
    return {consent.endpoint for consent in house.ledger.events(house.person("user_id", user).parts)}


def test_a_stop_from_a_number_nobody_has_yet_waits_for_whoever_brings_it() -> None:
    house = House(mail_shop())
    house.hear(reply("STOP"))
    house.ingest(identify(user="u1", phone=PHONE))
    assert consent_endpoints(house, "u1") == {house.person("user_id", "u1").addresses["sms", PHONE].id}


def test_a_stop_from_a_shared_number_is_everybodys() -> None:
    house = House(mail_shop())
    house.ingest(identify(1, user="mum", phone=PHONE))
    house.ingest(identify(2, user="dad", phone=PHONE))
    house.hear(reply("stop please"))
    assert len(house.living()) == 2
    assert consent_endpoints(house, "mum") == consent_endpoints(house, "dad") != set()


def test_a_reply_from_no_number_is_kept_to_be_seen() -> None:
    house = House(mail_shop())
    house.hear(Reply("inbound-1", "12345", "STOP", NOON))
    assert [one.cause for one in house.quarantine.report()] == ["no_usable_identity"]
