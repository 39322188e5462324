"""After an erasure: nobody is brought back by what was on its way, and the No that was said is honoured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.messages import State
from kizuna.core.ports import PersonWrite
from kizuna.core.reasons import Reason
from kizuna.topology import Function, Queue
from kizuna.usecases.rights.asking import lift
from tests.support.clouds import Shop, a_lambda_event, an_sqs_event, failures, running_shop
from tests.support.erasing import an_event, ask, forget, lived, places_of, registrar, shares, take, work


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as made:
        yield made


# ── what was on its way ─────────────────────────────────────────────────────────────────────────


def test_what_came_before_the_erasure_and_is_handled_after_it_is_dropped(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    late = [
        an_event(shop, 1, user_id=user, traits={"firstName": "Again"}),
        an_event(shop, 2, anonymous_id=f"visitor-{user}"),
        an_event(shop, 3, identities=(("loyalty_card", f"card-{user}"),)),
        an_event(shop, 4, profile_id=person.profile.id),
        an_event(
            shop, 5, user_id="somebody-else", anonymous_id=f"visitor-{user}", traits={"email": person.email}
        ),
    ]
    shop.cloud.advance(timedelta(seconds=1))
    forget(shop, user)
    for event in late:
        done = take(shop, event)
        assert (done.erased, done.counted, done.created, done.violations, done.left_over) == (1, 0, 0, (), ())
    assert places_of(shop, person.values) == []


def test_whoever_else_is_meant_by_such_an_event_gets_it(shop: Shop, user: str) -> None:
    """A tablet that both used: the event is that of the one who is still here."""
    other = f"other-{user}"
    take(
        shop, an_event(shop, 1, user_id=user, anonymous_id=f"tablet-{user}"), an_event(shop, 2, user_id=other)
    )
    late = an_event(shop, 3, user_id=other, anonymous_id=f"tablet-{user}")
    shop.cloud.advance(timedelta(seconds=1))
    forget(shop, user)
    assert take(shop, late).counted == 1


def test_a_reply_that_waited_is_dropped_and_a_new_one_is_somebody_new(shop: Shop, user: str) -> None:
    phone = "+12065550199"
    take(shop, an_event(shop, 1, user_id=user, traits={"phone": phone}))
    event = a_lambda_event("feedback/sms-reply-stop")
    shop.cloud.advance(timedelta(days=1))
    forget(shop, user)
    assert failures(shop.invoke(Function.FEEDBACK, an_sqs_event(Queue.FEEDBACK, event))) == []
    holder = shop.holder("phone", phone)
    assert holder is None or holder.id not in shop.wired.erasures.stored([user])


def test_a_fresh_visit_is_a_new_person_who_starts_from_no(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    forget(shop, user)
    shop.cloud.advance(timedelta(seconds=1))
    shop.send(
        {"type": "identify", "userId": user, "anonymousId": f"visitor-{user}", "traits": {"plan": "free"}}
    )
    again = shop.person(user)
    assert again.id not in person.profile.parts
    assert set(again.traits) == {"plan"}
    assert (again.addresses, again.ledger_length, again.parts) == ({}, 0, (again.id,))
    assert [event.type for event in shop.timeline(user)] == ["identify"]
    shop.cloud.advance(timedelta(hours=3))
    assert shop.person(user).id == again.id
    assert shop.names(user) == [""]


def test_an_event_after_the_erasure_waits_while_it_is_under_way(shop: Shop, user: str) -> None:
    """The identifier still leads to the person for a moment: the event is not lost, and makes a new person then."""
    person = lived(shop, user)
    asked = ask(shop, user)
    shop.cloud.clock.advance_to(shop.now + timedelta(seconds=1))
    fresh = an_event(shop, 1, user_id=user, traits={"plan": "free"})
    assert take(shop, fresh).left_over == (fresh,)
    work(shop, asked.person)
    assert take(shop, fresh).created == 1
    assert shop.person(user).id not in person.profile.parts


def test_a_writer_who_read_the_person_before_leaves_nothing_behind(
    shop: Shop, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events go into the timeline before the profile that counts them: what is left there is found an hour later."""
    person = lived(shop, user)
    racing = an_event(
        shop, 1, user_id=user, traits={"email": f"second-{person.email}", "city": f"City of {user}"}
    )
    shop.cloud.clock.advance_to(shop.now + timedelta(milliseconds=5))
    people = shop.wired.people
    commit_all = people.commit_all

    def late_commit(writes: Sequence[PersonWrite], *, workers: int = 1) -> list[Exception | None]:
        monkeypatch.setattr(people, "commit_all", commit_all)
        forget(shop, user)
        return commit_all(writes, workers=workers)

    monkeypatch.setattr(people, "commit_all", late_commit)
    done = take(shop, racing)
    assert (done.erased, done.created) == (1, 0)
    shop.cloud.advance(timedelta(hours=3))
    assert places_of(shop, (*person.values, f"City of {user}")) == []
    assert [place for place in places_of(shop, person.profile.parts) if " a#" in place] == []


def test_a_decision_that_was_being_stored_leaves_nothing_behind(
    shop: Shop, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = shop.wired.messages
    create = messages.create

    def late_create(new: Any) -> bool:
        monkeypatch.setattr(messages, "create", create)
        forget(shop, user)
        return create(new)

    monkeypatch.setattr(messages, "create", late_create)
    shop.greet(user)
    assert shop.mails(user) == ()
    shop.cloud.advance(timedelta(hours=3))
    assert places_of(shop, (f"{user}@people.example",)) == []


# ── a No is honoured ────────────────────────────────────────────────────────────────────────────


def test_whoever_brings_the_address_later_is_not_written_to(shop: Shop, user: str) -> None:
    person = lived(shop, user)
    forget(shop, user)
    shop.cloud.advance(timedelta(seconds=1))
    later = f"later-{user}"
    subscribed = [{"key": person.email, "type": "EMAIL", "status": "SUBSCRIBED"}]
    shop.send(
        {"type": "identify", "userId": later, "traits": {"email": person.email, "country": "US"}},
        {"type": "track", "userId": later, "event": "X", "context": {"messaging_subscriptions": subscribed}},
        {"type": "track", "userId": later, "event": "Greeting Wanted"},
    )
    shop.settle()
    (message,) = shop.messages(later)
    assert (message.state, message.reason) == (State.DENIED, Reason.OBJECTION)


def test_only_staff_lift_it_with_a_reason_that_stays(shop: Shop, user: str) -> None:
    shop.greet(user)
    sent = len(shop.mails(user))
    forget(shop, user)
    shop.cloud.advance(timedelta(seconds=1))
    lift(
        f"email:{user}@people.example", registrar(shop), now=shop.now, actor="dpo", reason="asked in writing"
    )
    shop.send(
        {"type": "identify", "userId": user, "traits": {"email": f"{user}@people.example", "country": "US"}},
        {"type": "track", "userId": user, "event": "Greeting Wanted"},
    )
    shop.settle()
    assert len(shop.mails(user)) == sent + 1
    (entry,) = [
        each for each in shop.wired.erasures.entries(kind="lifted") if each.ground == "asked in writing"
    ]
    assert entry.actor == "dpo"


def test_somebody_who_shares_the_mailbox_keeps_everything_but_is_not_written_to_there(
    shop: Shop, user: str
) -> None:
    email, other = f"{user}@people.example", f"shares-{user}"
    take(shop, an_event(shop, 1, user_id=other, traits={"country": "US"}))
    shop.send({"type": "identify", "userId": user, "traits": {"email": email, "country": "US"}})
    shares(shop, other, email)
    shop.send({"type": "track", "userId": other, "event": "Greeting Wanted"})
    shop.cloud._stream_once()  # decided before the erasure, sent after it
    (waiting,) = shop.messages(other)
    assert waiting.state is State.PENDING
    before = shop.person(other)
    forget(shop, user)
    shop.settle()
    after = shop.person(other)
    assert (after.addresses, after.traits, after.identities) == (
        before.addresses,
        before.traits,
        before.identities,
    )
    assert after.reach_version > before.reach_version
    (message,) = shop.messages(other)
    assert (message.state, message.reason) == (State.DENIED, Reason.OBJECTION)
