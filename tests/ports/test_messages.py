"""The contract of `Messages`: decided once, and moved by whoever saw the newest state."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kizuna.core.errors import AddressTaken, Conflict, NotFound
from kizuna.core.machine_reactions import Early
from kizuna.core.messages import Message, State, claimed, move
from kizuna.core.ports import Due, Messages, People, Pressed
from kizuna.core.restraint.pressure import Pressure, Touch
from kizuna.topology import DUE_SHARDS
from tests.support.builders import NOON, a_message, a_profile, a_write, new

LATER = NOON + timedelta(minutes=3)


def pressure_with(message: Message, version: int = 1) -> Pressure:
    about = (message.topic, message.campaign, "shop", ("spring", "記念日"))
    return Pressure(version, (Touch(NOON, message.channel, message.id, *about),))


def pressed_with(message: Message, version: int = 1) -> Pressed:
    return Pressed(message.person, on_person=pressure_with(message, version))


def stored_person(people: People, name: str = "p1") -> int:
    """Store a person; the reach version to claim with."""
    people.commit(a_write(None, a_profile(name, version=0, identities={})))
    return people.profiles([name])[name].reach_version


# ── deciding ────────────────────────────────────────────────────────────────────────────────────


def test_a_message_comes_back_as_it_was_decided(messages: Messages) -> None:
    message = a_message(
        not_before=NOON + timedelta(hours=1),
        throttled=2,
        provider_id="x-1",
        event_key="e#1#ab",
        event_part="p0",
        decision={"trace": "erased allow", "why_relevant": "同意"},
        facts={"sent": NOON},
    )
    assert messages.create(new(message))
    assert messages.get(message.id) == message
    assert messages.get("unknown") is None


def test_one_slot_is_filled_once_whatever_the_channel(messages: Messages) -> None:
    assert messages.create(new(a_message(channel="push", address="t1"), slot="first choice"))
    mail = a_message(falls_back_from="another")
    assert not messages.create(new(mail, slot="first choice"))
    assert messages.create(new(mail, slot="after another"))
    assert messages.get(mail.id) == mail


def test_a_slot_is_filled_for_every_part_of_a_person(messages: Messages) -> None:
    first = a_message(channel="push", address="t1")
    assert messages.create(new(first, slot="first choice", person_parts=("p1", "p2")))
    assert not messages.create(new(a_message("p2"), slot="first choice"))


def test_what_tells_one_thing_is_found_by_channel_and_whatever_the_part(messages: Messages) -> None:
    push, mail = a_message(channel="push", address="t1"), a_message("p2")
    other = a_message(run="another", channel="sms", address="+819012345678")
    for message in (mail, push, other):
        assert messages.create(new(message, slot="first choice" if message is push else ""))
    about = {"campaign": mail.campaign, "run": mail.run, "step": mail.step}
    wanted = ("push", "sms", "email")
    assert messages.renderings(("p1", "p2"), **about, channels=wanted) == (push, mail)
    assert messages.renderings(("p2",), **about, channels=("push", "email")) == (mail,)
    assert messages.renderings(("p3",), **about, channels=wanted) == ()


def test_a_bare_message_comes_back_too(messages: Messages) -> None:
    message = a_message(
        address="", state=State.DENIED, reason="no_address", expires_at=None, decision={}, language=""
    )
    messages.create(new(message))
    assert messages.get(message.id) == message


def test_deciding_twice_stores_once(messages: Messages) -> None:
    message = a_message()
    assert messages.create(new(message))
    assert not messages.create(new(replace(message, reason="soft_opt_in")))
    assert messages.get(message.id) == message


def test_a_person_gets_one_message_of_a_run_on_a_channel_whatever_the_address(messages: Messages) -> None:
    messages.create(new(a_message()))
    other = a_message(address="ann@work.example")
    assert not messages.create(new(other))
    assert messages.get(other.id) is None


@pytest.mark.parametrize(
    "other", [{"run": "r2"}, {"channel": "sms"}, {"step": "second"}, {"campaign": "other"}]
)
def test_another_run_channel_step_or_campaign_is_another_message(
    messages: Messages, other: dict[str, str]
) -> None:
    messages.create(new(a_message()))
    assert messages.create(new(a_message(**other)))


@pytest.mark.parametrize("parts", [("p1", "p2"), ("p2", "p1")])
def test_a_person_who_was_merged_is_the_same_person(messages: Messages, parts: tuple[str, ...]) -> None:
    messages.create(new(a_message("p2")))
    after_the_merge = a_message("p1", address="ann@work.example")
    assert not messages.create(new(after_the_merge, person_parts=parts))


def test_a_decision_that_was_under_way_during_a_merge_meets_the_guard_of_the_merged(
    messages: Messages,
) -> None:
    messages.create(new(a_message("p1"), person_parts=("p1", "p2")))
    assert not messages.create(new(a_message("p2", address="ann@work.example")))


@pytest.mark.parametrize("older", ["p3", "p60"])
def test_a_person_of_very_many_parts_is_guarded_in_all_of_them(messages: Messages, older: str) -> None:
    messages.create(new(a_message(older)))
    parts = tuple(f"p{number}" for number in range(1, 140))
    assert not messages.create(new(a_message("p1", address="ann@work.example"), person_parts=parts))
    assert messages.create(new(a_message("p1", run="another"), person_parts=parts))


def test_two_people_at_one_address_get_one_message_of_a_run(messages: Messages) -> None:
    messages.create(new(a_message("p1")))
    second = a_message("p2")
    with pytest.raises(AddressTaken):
        messages.create(new(second))
    assert messages.get(second.id) is None
    assert messages.create(new(replace(second, state=State.DENIED, reason="already_addressed")))


def test_of_two_held_out_people_at_one_address_one_counts_and_who_is_told_is_told(messages: Messages) -> None:
    ghost = {"state": State.DENIED, "reason": "held_out"}
    messages.create(new(a_message("p1", **ghost)))
    with pytest.raises(AddressTaken):
        messages.create(new(a_message("p2", **ghost)))
    assert messages.create(new(a_message("p3")))
    assert messages.create(new(a_message("p2", state=State.DENIED, reason="already_addressed")))


def test_a_refused_message_leaves_its_address_to_others(messages: Messages) -> None:
    messages.create(new(a_message("p1", state=State.DENIED, reason="no_consent")))
    assert messages.create(new(a_message("p2")))


def test_a_deferred_message_holds_its_address(messages: Messages) -> None:
    messages.create(new(a_message("p1", state=State.DEFERRED, not_before=LATER)))
    with pytest.raises(AddressTaken):
        messages.create(new(a_message("p2")))


@pytest.mark.parametrize("state", [State.DENIED, State.PENDING])
def test_people_without_an_address_do_not_share_one(messages: Messages, state: State) -> None:
    for person in ("p1", "p2"):
        assert messages.create(new(a_message(person, address="", state=state, reason="no_address")))


def test_the_pressure_is_stored_with_the_message(messages: Messages) -> None:
    assert messages.pressure("p1") == Pressure()
    message = a_message()
    messages.create(new(message, pressed=pressed_with(message)))
    assert messages.pressure("p1") == pressure_with(message)
    assert messages.pressure("p2") == Pressure()


def test_a_pressure_that_moved_on_refuses_the_message(messages: Messages) -> None:
    first, second = a_message(), a_message(run="r2")
    messages.create(new(first, pressed=pressed_with(first, 1)))
    for stale in (1, 3):
        with pytest.raises(Conflict):
            messages.create(new(second, pressed=pressed_with(second, stale)))
    assert messages.get(second.id) is None
    assert messages.create(new(second, pressed=pressed_with(second, 2)))
    assert messages.pressure("p1").version == 2


def test_decided_before_counts_more_than_address_or_pressure(messages: Messages) -> None:
    message = a_message()
    messages.create(new(message, pressed=pressed_with(message)))
    assert not messages.create(new(message, pressed=pressed_with(message)))
    assert messages.pressure("p1").version == 1


def test_the_pressure_of_an_address_is_another_than_that_of_a_person(messages: Messages) -> None:
    first = a_message()
    both = Pressed("p1", pressure_with(first), first.address_id, pressure_with(first))
    messages.create(new(first, pressed=both))
    assert messages.pressure_at(first.address_id) == pressure_with(first) == messages.pressure("p1")
    assert messages.pressure_at("p1") == Pressure() == messages.pressure(first.address_id)
    second = a_message("p2", run="r2")
    stale = Pressed("p2", pressure_with(second), second.address_id, pressure_with(second))
    with pytest.raises(Conflict):
        messages.create(new(second, pressed=stale))
    assert messages.get(second.id) is None
    assert messages.pressure("p2") == Pressure()


def test_what_a_household_heard_is_guarded_like_what_an_address_did(messages: Messages) -> None:
    first, second = a_message(), a_message("p2", run="r2")
    touch = Touch(
        NOON, "email", first.id, "news", "spring", "shop", ("sale",), service=True, home="h1", lost=True
    )
    heard = Pressure(1, (touch,))
    assert messages.create(new(first, pressed=Pressed("p1", heard, home="h1", on_home=heard)))
    assert messages.pressure_at("h1") == messages.pressure("p1") == heard
    stale = Pressed("p2", pressure_with(second), home="h1", on_home=pressure_with(second))
    with pytest.raises(Conflict):
        messages.create(new(second, pressed=stale))
    assert messages.get(second.id) is None
    messages.press(Pressed("p1", home="h1", on_home=Pressure(2)))
    assert messages.pressure_at("h1") == Pressure(2)


def test_pressure_is_stored_alone_too_and_guarded(messages: Messages) -> None:
    first = a_message()
    messages.create(new(first, pressed=pressed_with(first)))
    messages.press(Pressed("p1", on_person=Pressure(2)))
    assert messages.pressure("p1") == Pressure(2)
    with pytest.raises(Conflict):
        messages.press(Pressed("p1", on_person=Pressure(2)))


def test_what_waited_is_counted_in_the_write_that_makes_it_ready(messages: Messages) -> None:
    waiting = a_message(state=State.DEFERRED, not_before=LATER)
    messages.create(new(waiting))
    ready = move(waiting, State.PENDING, now=LATER, not_before=None)
    with pytest.raises(Conflict):
        messages.save(ready, expected=0, pressed=pressed_with(waiting, 2))
    assert messages.get(waiting.id) == waiting
    assert messages.save(ready, expected=0, pressed=pressed_with(waiting, 1))
    assert messages.get(waiting.id) == ready
    assert messages.pressure("p1") == pressure_with(waiting)
    assert messages.save(
        ready, expected=0, pressed=pressed_with(waiting, 1)
    )  # a repeat that was not heard of
    assert messages.pressure("p1").version == 1


def test_what_moved_on_meanwhile_is_not_counted(messages: Messages) -> None:
    waiting = a_message(state=State.DEFERRED, not_before=LATER)
    messages.create(new(waiting))
    messages.save(move(waiting, State.DENIED, now=LATER), expected=0)
    ready = move(waiting, State.PENDING, now=LATER, not_before=None)
    assert not messages.save(ready, expected=0, pressed=pressed_with(waiting, 1))
    assert messages.pressure("p1") == Pressure()


# ── moving on ───────────────────────────────────────────────────────────────────────────────────


def test_the_next_state_is_stored_on_the_version_it_was_made_from(messages: Messages) -> None:
    message = a_message()
    messages.create(new(message))
    denied = move(message, State.DENIED, now=LATER, reason="objection")
    assert messages.save(denied, expected=0)
    assert messages.get(message.id) == denied
    expired = move(message, State.EXPIRED, now=LATER, reason="expired")
    assert not messages.save(expired, expected=0)
    assert messages.get(message.id) == denied


def test_saving_what_is_stored_already_is_a_success(messages: Messages) -> None:
    message = a_message()
    messages.create(new(message))
    denied = move(message, State.DENIED, now=LATER, reason="objection")
    assert messages.save(denied, expected=0)
    assert messages.save(denied, expected=0)


def test_only_its_owner_ends_a_claim_that_names_one(messages: Messages, people: People) -> None:
    reach = stored_person(people)
    message = a_message()
    messages.create(new(message))
    mine = claimed(message, owner="o1", now=LATER)
    messages.claim(mine, person="p1", reach_version=reach, expected=0)
    sent = move(mine, State.SENT, now=LATER, provider_id="x-1")
    assert not messages.save(replace(sent, owner="o2"), expected=1, owner="o2")
    assert messages.save(sent, expected=1, owner="o1")
    assert messages.get(message.id) == sent


def test_what_is_not_stored_is_not_saved(messages: Messages) -> None:
    assert not messages.save(move(a_message(), State.DENIED, now=LATER), expected=0)
    assert messages.get(a_message().id) is None


def test_a_released_message_forgets_its_owner_and_lease(messages: Messages, people: People) -> None:
    reach = stored_person(people)
    message = a_message()
    messages.create(new(message))
    mine = claimed(message, owner="o1", now=LATER)
    messages.claim(mine, person="p1", reach_version=reach, expected=0)
    again = move(mine, State.PENDING, now=LATER, not_before=LATER, owner="", lease_until=None, throttled=1)
    assert messages.save(again, expected=1, owner="o1")
    assert messages.get(message.id) == again
    second = claimed(again, owner="o2", now=LATER)
    assert messages.claim(second, person="p1", reach_version=reach, expected=2)


# ── facts ───────────────────────────────────────────────────────────────────────────────────────


def test_the_earliest_report_of_a_fact_is_kept(messages: Messages) -> None:
    message = a_message()
    messages.create(new(message))
    for minutes in (5, 2, 9):
        messages.add_fact(message.id, "delivered", NOON + timedelta(minutes=minutes))
    messages.add_fact(message.id, "opened", LATER)
    found = messages.get(message.id)
    assert found == replace(message, facts={"delivered": NOON + timedelta(minutes=2), "opened": LATER})


def test_facts_survive_a_change_of_state_that_does_not_know_them(messages: Messages) -> None:
    message = a_message()
    messages.create(new(message))
    messages.add_fact(message.id, "sent", NOON)
    assert messages.save(move(message, State.DENIED, now=LATER), expected=0)
    found = messages.get(message.id)
    assert found is not None
    assert (found.state, found.facts) == (State.DENIED, {"sent": NOON})


def test_a_link_was_followed_when_it_first_was_whichever_report_comes_first(messages: Messages) -> None:
    message = a_message()
    messages.create(new(message))
    for minutes in (5, 2, 9):
        found = messages.note_click(message.id, "a", NOON + timedelta(minutes=minutes))
    assert found == {"a": NOON + timedelta(minutes=2)}
    assert messages.note_click(message.id, "b", NOON) == {**found, "b": NOON}
    with pytest.raises(NotFound):
        messages.note_click("unknown", "a", NOON)


def test_of_a_reaction_and_an_earlier_delivery_that_are_told_at_once_one_sees_the_other(
    messages: Messages,
) -> None:
    message = a_message()
    messages.create(new(message))
    early = Early("report-1", "clicked", "Email Clicked", NOON + timedelta(seconds=12), "https://a.example")
    assert messages.note_delivery(message.id, NOON + timedelta(seconds=8)) == ()
    assert messages.note_early(message.id, early) == NOON + timedelta(seconds=8)
    assert messages.note_early(message.id, early) == NOON + timedelta(seconds=8)
    assert messages.note_delivery(message.id, NOON + timedelta(seconds=9)) == (), "not earlier"
    assert messages.note_delivery(message.id, NOON) == (early,)
    assert messages.note_delivery(message.id, NOON) == (early,), (
        "told again, after a crash before it was judged"
    )
    found = messages.get(message.id)
    assert found is not None
    assert found.facts == {"delivered": NOON}
    assert messages.note_early(message.id, replace(early, report="report-2")) == NOON


def test_what_is_told_of_no_message_is_an_error(messages: Messages) -> None:
    with pytest.raises(NotFound):
        messages.note_delivery("unknown", NOON)
    with pytest.raises(NotFound):
        messages.note_early("unknown", Early("r", "opened", "Email Opened", NOON))
    assert messages.get("unknown") is None


def test_a_fact_of_no_message_or_of_no_kind_is_an_error(messages: Messages) -> None:
    with pytest.raises(NotFound):
        messages.add_fact("unknown", "sent", NOON)
    assert messages.get("unknown") is None
    messages.create(new(a_message()))
    with pytest.raises(ValueError, match="admired"):
        messages.add_fact(a_message().id, "admired", NOON)


# ── finding ─────────────────────────────────────────────────────────────────────────────────────


def test_a_persons_messages_are_those_of_all_their_parts_oldest_first(messages: Messages) -> None:
    first = a_message("p2", run="r1", created_at=NOON - timedelta(days=2))
    second = a_message("p1", run="r2", created_at=NOON - timedelta(days=1), address="", state=State.DENIED)
    third = a_message("p1", run="r3")
    messages.create(new(third, person_parts=("p1", "p2")))
    for message in (first, second, a_message("p3", run="r4")):
        messages.create(new(message))
    assert messages.of_person(("p1", "p2")) == (first, second, third)
    assert messages.of_person(("p9",)) == ()


def overdue(people: People, at: timedelta) -> list[Due]:
    return [due for shard in range(DUE_SHARDS) for due in people.due(shard, now=NOON + at)]


def test_a_message_rings_when_it_is_overdue_and_never_when_it_is_final(
    messages: Messages, people: People
) -> None:
    message = a_message()
    messages.create(new(message))
    assert overdue(people, timedelta(minutes=4)) == []
    assert overdue(people, timedelta(minutes=5)) == [Due("message", message.id)]
    messages.save(move(message, State.DENIED, now=LATER), expected=0)
    assert overdue(people, timedelta(days=9)) == []
