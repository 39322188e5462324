"""The contract of `People.holders`: everybody who is reached by an address, and nobody else."""

from __future__ import annotations

from dataclasses import replace

from kizuna.core.people import Address, Profile
from kizuna.core.ports import People
from tests.support.builders import MAILBOX, NOON, a_profile, a_write

MAILBOX_ID = Address("email", MAILBOX, NOON).id
OTHER = Address("sms", "+819012345678", NOON)


def stored(people: People, name: str, **changes: object) -> Profile:
    person = a_profile(name, version=0, identities={}, **changes)
    people.commit(a_write(None, person, new_addresses=tuple(held.id for held in person.addresses.values())))
    return people.profiles([name])[name]


def test_everybody_who_shares_an_address_is_found_by_it(people: People) -> None:
    one, other = stored(people, "p1"), stored(people, "p2")
    stored(people, "p3", addresses={OTHER.key: OTHER})
    assert people.holders(MAILBOX_ID) == {"p1": one, "p2": other}
    assert people.holders("nobody's") == {}


def test_an_address_that_is_learnt_later_leads_to_its_person_too(people: People) -> None:
    before = stored(people, "p1")
    after = replace(before, addresses={**before.addresses, OTHER.key: OTHER})
    people.commit(a_write(before, after, new_addresses=(OTHER.id,)))
    assert set(people.holders(OTHER.id)) == set(people.holders(MAILBOX_ID)) == {"p1"}


def test_the_address_of_a_merged_profile_leads_to_whom_it_lives_on_in(people: People) -> None:
    primary, other = stored(people, "p1", addresses={}), stored(people, "p2")
    gone = replace(other, version=other.version + 1, merged_into="p1")
    people.commit(a_write(primary, replace(primary, addresses=other.addresses), absorbed=(gone,)))
    assert set(people.holders(MAILBOX_ID)) == {"p1"}


def test_who_does_not_hold_an_address_after_all_is_not_found_by_it(people: People) -> None:
    person = a_profile("p1", version=0, identities={}, addresses={})
    people.commit(a_write(None, person, new_addresses=(MAILBOX_ID,)))
    assert people.holders(MAILBOX_ID) == {}
