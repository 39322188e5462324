"""Events in, golden records current: each event counts once, for one person, whatever goes wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kizuna.core.events import ConsentProof, Source, SourceKind
from kizuna.core.people import AddressStatus
from kizuna.usecases.ingesting.person_write import BOUND_EVENTS
from tests.support.builders import MAILBOX, NOON, SERVER, a_catalog, an_event, some_documents
from tests.support.customers import CATALOG, PAGE, a_house, identify, order, orders_of
from tests.support.folds import HOUR
from tests.support.fragile import FragilePeople, refuse
from tests.support.house import House

# ── one person ──────────────────────────────────────────────────────────────────────────────────


def test_when_it_returns_the_record_and_the_segments_are_current() -> None:
    house = a_house()
    done = house.ingest(identify(email="Ann@example.com"), order(1), order(2), order(3), order(3))
    assert (done.counted, done.repeats, done.created, done.violations, done.left_over) == (4, 1, 1, (), ())
    person = house.person("email", MAILBOX)
    assert person is house.person("user_id", "u1")
    assert person.segments == {"everyone", "buyers", "loyal"}
    assert person.due_at == NOON - HOUR + timedelta(days=7)
    assert len(list(house.people.timeline(person.parts))) == 4


def test_nothing_in_nothing_out() -> None:
    house = a_house()
    assert house.ingest().counted == 0
    assert house.people.stored == {}


def test_a_new_person_with_very_many_events_is_made_in_portions() -> None:
    house = a_house()
    many = [order(number) for number in range(2 * BOUND_EVENTS + 5)]
    assert house.ingest(*many).counted == len(many)
    person = house.person("user_id", "u1")
    assert (person.version, orders_of(person)) == (2, len(many))
    assert house.ingest(*many).repeats == len(many)
    assert house.person("user_id", "u1") is person


def test_a_repeat_that_teaches_an_identifier_is_still_a_repeat() -> None:
    house = a_house()
    house.ingest(order(1))
    done = house.ingest(order(1, anonymous="a1"))
    assert (done.counted, done.repeats) == (0, 1)
    assert house.person("anonymous_id", "a1") is house.person("user_id", "u1")
    assert orders_of(house.person("user_id", "u1")) == 1


def test_what_names_nobody_is_a_violation_that_can_be_replayed() -> None:
    house = a_house()
    done = house.ingest(order(1, user="null"), order(2), an_event(number=3, profile_id="p404", user_id=None))
    assert done.counted == 1
    assert [(one.cause, one.event_name) for one in done.violations] == [
        ("no_usable_identity", "Order Completed")
    ] * 2
    assert '"id": "event-1"' in done.violations[0].raw


def test_a_page_tells_a_mailbox_for_a_visitor_and_not_for_a_known_customer() -> None:
    house = a_house()
    house.ingest(identify(1, user=None, anonymous="a1", email=MAILBOX, source=PAGE))
    assert house.person("email", MAILBOX) is house.person("anonymous_id", "a1")
    done = house.ingest(identify(2, user=None, anonymous="a1", email="thief@example.com", source=PAGE))
    assert [one.cause for one in done.violations] == ["identity_token_required"]
    assert ("email", "thief@example.com") not in house.people.identities
    other = house.ingest(identify(3, user=None, anonymous="a2", email=MAILBOX, source=PAGE))
    assert [one.cause for one in other.violations] == ["identity_token_required"]
    assert house.person("anonymous_id", "a2").addresses == {}


# ── limits of one call ──────────────────────────────────────────────────────────────────────────


def test_what_is_not_begun_in_time_is_left_over_whole_people_at_a_time() -> None:
    house = a_house()
    events = [order(number, user=f"u{number % 4}") for number in range(12)]
    done = house.ingest(*events, is_over=lambda people: people >= 3)
    assert (done.created, done.counted, len(done.left_over), done.cause) == (3, 9, 3, "inline_budget")
    assert {event.user_id for event in done.left_over} == {"u3"}
    assert house.ingest(*done.left_over).counted == 3


def test_people_may_be_handled_side_by_side() -> None:
    house = a_house()
    done = house.ingest(*(order(number, user=f"u{number % 9}") for number in range(27)), workers=4)
    assert (done.created, done.counted) == (9, 27)
    assert all(orders_of(person) == 3 for person in house.living())


def test_what_the_store_refuses_is_left_over_and_nothing_of_it_is_stored() -> None:
    house = a_house(people=FragilePeople(fails={0: refuse}))
    done = house.ingest(order(1), order(2))
    assert (len(done.left_over), done.counted, done.cause) == (2, 0, "people: told to")
    assert house.people.stored == {}
    house.people.down = True
    assert len(house.ingest(order(1)).left_over) == 1


def test_a_write_that_does_not_fit_is_made_in_halves_and_an_event_that_never_fits_is_reported() -> None:
    people = FragilePeople()
    house, people.room = a_house(people=people), 6
    done = house.ingest(*(order(number, anonymous=f"a{number}") for number in range(8)))
    assert (done.counted, done.violations, done.left_over) == (8, (), ())
    person = house.person("user_id", "u1")
    assert orders_of(person) == 8
    assert all(house.person("anonymous_id", f"a{number}") is person for number in range(8))
    cards = [{"type": f"card{number}", "id": "7"} for number in range(9)]
    done = house.ingest(order(20, context={"externalIds": cards}), order(21))
    assert [one.cause for one in done.violations] == ["record_too_large"]
    assert done.counted == 2  # for the user alone: none of the cards was learnt


def test_somebody_faster_makes_it_look_again_three_times_at_most() -> None:
    people = FragilePeople()
    house = a_house(people=people)
    house.ingest(order(1))
    rival = House(CATALOG, people=people, name="rival")
    numbers = iter(range(50, 99))

    def be_faster() -> None:
        fails, people.fails = people.fails, {}
        rival.ingest(order(next(numbers)))
        people.fails = fails

    people.fails = {people.points: be_faster}
    assert house.ingest(order(2)).counted == 1
    people.fails = dict.fromkeys(range(people.points, people.points + 99), be_faster)
    done = house.ingest(order(3))
    assert (done.counted, [event.id for event in done.left_over]) == (0, ["event-3"])
    assert done.cause.startswith("contended")
    people.fails = {}
    assert house.ingest(*done.left_over).counted == 1
    assert orders_of(house.person("user_id", "u1")) == len(list(people.timeline(["n001"])))


def test_two_who_create_the_same_person_at_once_make_one() -> None:
    people = FragilePeople()
    house, rival = a_house(people=people), House(CATALOG, people=people, name="rival")

    def be_faster() -> None:
        people.fails = {}
        rival.ingest(order(2, anonymous="a1"))

    people.fails = {0: be_faster}
    done = house.ingest(order(1, anonymous="a1"))
    assert done.counted == 1
    assert [person.id for person in house.living()] == ["rival001"]
    assert orders_of(house.person("user_id", "u1")) == 2


# ── definitions change ──────────────────────────────────────────────────────────────────────────


def test_a_new_question_is_answered_from_the_timeline_and_counts_the_events_at_hand_once() -> None:
    house = House(a_catalog(some_documents()))
    house.ingest(order(1), order(2))
    house.catalog = CATALOG
    house.ingest(order(2), order(3))
    assert orders_of(house.person("user_id", "u1")) == 3
    assert "loyal" in house.person("user_id", "u1").segments


def test_a_bounce_reported_for_a_merged_profile_reaches_the_person() -> None:
    house = a_house()
    house.ingest(order(1, user=None, anonymous="a1"))
    visitor = house.person("anonymous_id", "a1").id
    house.ingest(identify(1, email=MAILBOX))
    address = house.person("user_id", "u1").addresses["email", MAILBOX].id
    bounce = an_event(
        "Email Bounced", number=9, user_id=None, profile_id=visitor, source=Source("provider", SourceKind.PROVIDER),
        properties={"hard": True, "address_id": address},
    )  # fmt: skip
    assert house.ingest(order(2, anonymous="a1"), bounce).violations == ()
    (held,) = house.person("user_id", "u1").addresses.values()
    assert held.status is AddressStatus.HARD_BOUNCED
    again = house.ingest(replace(bounce, id="event-10"))
    assert (again.counted, again.violations) == (1, ())


def test_a_source_with_proof_records_consent_in_the_same_write() -> None:
    house = a_house()
    shop = replace(SERVER, consent_proof=ConsentProof("v2", "form"))
    says = {"messaging_subscriptions": [{"type": "email", "key": MAILBOX, "status": "SUBSCRIBED"}]}
    house.ingest(replace(identify(1, email=MAILBOX), source=shop, context=says))
    person = house.person("user_id", "u1")
    (consent,) = house.ledger.events(person.parts)
    assert (consent.action, consent.subject_ref, person.ledger_length) == ("grant", person.id, 1)
