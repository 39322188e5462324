"""Whether we may speak after people were taken apart: nothing that anybody refused is lost, no cap is loosened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kizuna.core.consent import (
    Action,
    ChainEntry,
    ConsentEvent,
    Kind,
    body_hash,
    fold,
    in_force,
    kind_of,
    permission,
    verify_chain,
)
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.ids import address_id
from kizuna.core.intake.http import HttpRequest
from kizuna.core.links import Unsubscribe, issue
from kizuna.core.messages import State
from kizuna.core.people import Profile
from kizuna.core.policy import ConsentPolicy
from kizuna.usecases.decisions.deciding import pressure_on
from kizuna.usecases.own_side.preferences import answer
from tests.support.builders import MAILBOX, NOON, an_event
from tests.support.customers import SHOP, a_house, identify, mail_shop, order, subscribe
from tests.support.folds import HOUR
from tests.support.house import LINK_KEYS, House
from tests.support.unmerging import LATER, part, two_people, unite

VISITOR = "visitor@example.com"
POLICY = ConsentPolicy()


def says(
    status: str,
    number: int,
    *,
    user: str | None = None,
    anonymous: str | None = None,
    email: str,
    at: datetime = NOON,
    source: Source = SHOP,
) -> Event:
    said = subscribe("x", email=email, number=number, status=status, at=at, source=source)
    return replace(said, user_id=user, anonymous_id=anonymous)


def both(house: House) -> tuple[Profile, Profile]:
    return house.person("user_id", "u1"), house.person("anonymous_id", "a1")


def may_mail(house: House, person: Profile, mailbox: str, *, now: datetime = LATER) -> bool:
    found = permission(
        fold(house.ledger.events(person.parts), now=now, policy=POLICY), channel="email", topic="news",
        endpoint=address_id("email", mailbox), country="JP", now=now, policy=POLICY,
    )  # fmt: skip
    return bool(found.valid) and not found.channel_opt_outs


def refuses(house: House, person: Profile) -> bool:
    ledger = in_force(house.ledger.events(person.parts))
    return any(
        kind_of(each) in (Kind.OPT_OUT, Kind.OBJECTION, Kind.DO_NOT_CONTACT, Kind.STOP) for each in ledger
    )


def chain_holds(house: House, person: Profile) -> bool:
    entries = house.people.consents[person.id]
    chain = [ChainEntry(entry.hash, entry.previous, entry.event) for entry in entries]
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert all(body_hash(entry.event, entry.previous) == entry.hash for entry in entries)
    return verify_chain(chain, head=person.ledger_head or None) == ()


def actions(house: House, person: Profile) -> list[str]:
    return [entry.event.action for entry in house.people.consents[person.id]]


# ── refusals ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("visitor_refused", [True, False])
def test_a_refusal_from_before_is_the_refusers_alone_again(visitor_refused: bool) -> None:
    house = a_house()
    two_people(house)
    words = ("UNSUBSCRIBED", "SUBSCRIBED") if visitor_refused else ("SUBSCRIBED", "UNSUBSCRIBED")
    house.ingest(says(words[0], 1, anonymous="a1", email=VISITOR, at=NOON - 3 * HOUR))
    house.ingest(says(words[1], 2, user="u1", email=MAILBOX, at=NOON - 2 * HOUR))
    unite(house)
    assert not may_mail(house, both(house)[0], VISITOR)
    assert not may_mail(house, both(house)[0], MAILBOX)
    part(house)
    customer, visitor = both(house)
    assert may_mail(house, customer, MAILBOX) is visitor_refused
    assert may_mail(house, visitor, VISITOR) is not visitor_refused
    assert actions(house, customer)[-1] == Action.MERGE_UNDONE
    assert chain_holds(house, customer)
    assert chain_holds(house, visitor)


@pytest.mark.parametrize("user", ["u1", None])
def test_a_refusal_since_is_that_of_both(user: str | None) -> None:
    house = a_house()
    two_people(house)
    house.ingest(says("SUBSCRIBED", 1, anonymous="a1", email=VISITOR, at=NOON - 3 * HOUR))
    house.ingest(says("SUBSCRIBED", 2, user="u1", email=MAILBOX, at=NOON - 2 * HOUR))
    unite(house)
    anonymous = None if user else "a1"
    house.ingest(says("UNSUBSCRIBED", 3, user=user, anonymous=anonymous, email=MAILBOX if user else VISITOR))
    part(house)
    customer, visitor = both(house)
    assert not may_mail(house, customer, MAILBOX)
    assert not may_mail(house, visitor, VISITOR)
    assert chain_holds(house, visitor)
    later = NOON + 5 * HOUR
    form = replace(SHOP, id="form")
    house.ingest(says("SUBSCRIBED", 9, user="u1", email=MAILBOX, at=later, source=form), now=later)
    assert may_mail(house, both(house)[0], MAILBOX, now=later)
    assert not may_mail(house, both(house)[1], VISITOR, now=later)


@pytest.mark.parametrize("action", ["object", "do_not_contact", "suppression_hash"])
def test_what_nothing_lifts_is_that_of_both_if_it_was_said_since(action: str) -> None:
    house = a_house()
    two_people(house)
    unite(house)
    person = both(house)[0]
    _record(house, person, ConsentEvent(id="c-1", action=action, at=NOON, actor="staff"))
    part(house)
    for side in both(house):
        assert refuses(house, side)
        assert chain_holds(house, side)


def test_what_nothing_lifts_from_before_stays_with_who_said_it() -> None:
    house = a_house()
    two_people(house)
    _record(house, both(house)[1], ConsentEvent(id="c-1", action="object", at=NOON, actor="self"))
    unite(house)
    assert refuses(house, both(house)[0])
    part(house)
    customer, visitor = both(house)
    assert (refuses(house, customer), refuses(house, visitor)) == (False, True)


def test_a_refusal_that_was_no_news_for_the_united_person_is_recorded_for_the_side_that_said_it() -> None:
    """The other side had refused the same by the same source: so the customer's own word changed nothing then."""
    house = a_house()
    two_people(house)
    house.ingest(says("UNSUBSCRIBED", 1, anonymous="a1", email=MAILBOX, at=NOON - 3 * HOUR))
    unite(house)
    recorded = both(house)[0].ledger_length
    house.ingest(says("UNSUBSCRIBED", 2, user="u1", email=MAILBOX, at=NOON - HOUR))
    assert both(house)[0].ledger_length == recorded
    part(house)
    assert all(refuses(house, side) for side in both(house))


def _record(house: House, person: Profile, event: ConsentEvent) -> None:
    from kizuna.core.folding import Folded, LedgerEntry
    from kizuna.core.ports import PersonWrite

    digest = body_hash(event, person.ledger_head or "0" * 64)
    entry = LedgerEntry(person.ledger_length + 1, event, person.ledger_head or "0" * 64, digest)
    after = replace(person, version=person.version + 1, ledger_head=digest, ledger_length=entry.number)
    house.people.commit(PersonWrite(Folded(after, consents=(entry,)), person.version))


# ── permissions ─────────────────────────────────────────────────────────────────────────────────


def test_a_permission_since_is_only_that_of_whose_mailbox_it_names() -> None:
    house = a_house()
    two_people(house)
    unite(house)
    house.ingest(says("SUBSCRIBED", 3, anonymous="a1", email=VISITOR))
    assert may_mail(house, both(house)[0], VISITOR)
    part(house)
    customer, visitor = both(house)
    assert may_mail(house, visitor, VISITOR)
    assert not may_mail(house, customer, VISITOR)
    assert not may_mail(house, customer, MAILBOX)


def test_a_permission_names_a_mailbox_and_is_that_of_who_has_it_whoever_said_it() -> None:
    house = a_house()
    two_people(house)
    house.ingest(identify(50, user="u1", email=MAILBOX))
    unite(house)
    visitor_says = says("SUBSCRIBED", 3, anonymous="a1", email=MAILBOX)
    house.ingest(replace(visitor_says, traits={}))
    part(house)
    customer, visitor = both(house)
    assert customer.addresses_on("email")
    assert visitor.addresses_on("email") == ()
    assert may_mail(house, customer, MAILBOX)
    assert not may_mail(house, visitor, MAILBOX)


def test_a_permission_that_was_no_news_then_is_recorded_with_its_proof_when_it_is_said_again() -> None:
    """Until then there is none: a proof of then is not made up."""
    house = a_house()
    two_people(house)
    house.ingest(identify(51, user=None, anonymous="a1", email=VISITOR))
    visitor = says("SUBSCRIBED", 1, anonymous="a1", email=VISITOR, at=NOON - 3 * HOUR)
    house.ingest(visitor)
    unite(house)
    again = says("SUBSCRIBED", 2, user="u1", email=VISITOR, at=NOON - HOUR)
    house.ingest(again)
    part(house)
    customer, _ = both(house)
    assert not may_mail(house, customer, VISITOR)
    assert chain_holds(house, customer)


# ── what was sent, and what is on its way ───────────────────────────────────────────────────────


def mailed_house() -> House:
    """The united person heard of us once, by a message that both sides' pressure counts."""
    house = House(mail_shop(id="policy", frequency_caps=[{"count": 1, "window": "7d"}]))
    house.ingest(order(1, user=None, anonymous="a1"))
    house.ingest(subscribe("u1"))
    house.settle()
    unite(house)
    house.start("spring", NOON)
    house.walk()
    house.settle()
    return house


def test_what_was_heard_while_they_were_one_counts_for_both_for_good() -> None:
    house = mailed_house()
    house.send()
    house.settle()
    part(house)
    for side in both(house):
        assert len(pressure_on(side, house.messages).touches) == 1
        assert len(house.messages.of_person(side.parts)) == 1


def test_what_one_hears_after_the_parting_does_not_count_for_the_other() -> None:
    house = mailed_house()
    part(house, now=NOON - timedelta(hours=1))
    assert len(pressure_on(both(house)[0], house.messages).touches) == 1
    assert pressure_on(both(house)[1], house.messages).touches == ()


def test_a_message_on_its_way_is_asked_about_again() -> None:
    house = House(mail_shop())
    house.ingest(order(3, user="u1"))
    house.ingest(replace(subscribe("a1", email=VISITOR), user_id=None, anonymous_id="a1"))
    house.settle()
    unite(house)
    before = both(house)[0].reach_version
    house.start("spring", NOON)
    house.walk()
    house.settle()
    assert house.only_message().state is State.PENDING
    part(house)
    assert both(house)[0].reach_version == before + 1
    house.send(now=LATER)
    message = house.only_message()
    assert message.state is State.DENIED
    assert house.email.sent == []


def test_feedback_since_on_somebodys_mailbox_goes_to_who_has_it() -> None:
    house = a_house()
    two_people(house)
    house.ingest(identify(60, user=None, anonymous="a1", email=VISITOR))
    unite(house)
    customer = both(house)[0].id
    told = {"address_id": address_id("email", VISITOR), "hard": True}
    provider = Source("ses", SourceKind.PROVIDER)
    bounced = an_event(
        "Email Bounced", number=61, user_id=None, profile_id=customer, source=provider, properties=told
    )
    opened = replace(bounced, id="event-62", name="Email Opened", properties={})
    house.ingest(bounced, opened)
    part(house)
    (mailbox,) = both(house)[1].addresses_on("email")
    assert mailbox.status == "hard_bounced"
    assert {entry.event.id for entry in house.people.timeline(both(house)[1].parts)} >= {"event-61"}
    assert {entry.event.id for entry in house.people.timeline([customer])} >= {"event-62"}


def test_leaving_by_a_link_from_the_time_when_they_were_one_counts_for_who_reads_that_mailbox() -> None:
    """The message was decided for the person that was; the link is clicked by whoever has the mailbox."""
    house = House(mail_shop())
    house.ingest(order(3, user="u1"))
    house.ingest(says("SUBSCRIBED", 1, anonymous="a1", email=VISITOR, at=NOON - HOUR))
    house.settle()
    unite(house)
    house.start("spring", NOON)
    house.walk()
    house.settle()
    assert house.only_message().address == VISITOR
    part(house)
    token = issue(
        send_ref=house.only_message().id, scope=Unsubscribe("news", "email"), issued_at=NOON, nonce=b"0" * 16,
        keys=LINK_KEYS,
    )  # fmt: skip
    request = HttpRequest("POST", f"/u/{token}", body=b"List-Unsubscribe=One-Click")
    for _ in range(2):
        assert answer(request, house.desk, house.catalog, now=LATER).status == 200
    for side in both(house):
        left = [each for each in house.ledger.events(side.parts) if each.action == "one_click_post"]
        assert [(each.channel, each.topic) for each in left] == [("email", "news")]
