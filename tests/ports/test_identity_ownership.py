"""The contract of `People` for identifiers that change hands, and for pairs that may be one person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.errors import Conflict
from kizuna.core.identity.reviews import Review
from kizuna.core.people import Identity, Profile
from kizuna.core.ports import People
from tests.support.builders import NOON, a_profile, a_write

MAILBOX = Identity("email", "ann@example.com", "Ann@example.com", NOON, "web", vouched=False)
TOKEN = Identity("push_token", "t1", "t1", NOON, "app", seen=NOON + timedelta(hours=1))


def stored(people: People, profile: Profile) -> Profile:
    identities = tuple(profile.identities.values())
    people.commit(a_write(None, replace(profile, version=0), new_identities=identities))
    return people.profiles([profile.id])[profile.id]


def holding(profile_id: str, *identities: Identity) -> Profile:
    return a_profile(profile_id, identities={held.key: held for held in identities})


def test_use_and_proof_of_an_identifier_come_back_as_they_were_stored(people: People) -> None:
    both = replace(TOKEN, value="t2", vouched=False)
    profile = holding("p1", MAILBOX, TOKEN, both, replace(TOKEN, value="t3", seen=None))
    assert stored(people, profile).identities == profile.identities


def test_what_is_given_up_leads_to_nobody_and_is_the_next_ones(people: People) -> None:
    first, second = stored(people, holding("p1", MAILBOX, TOKEN)), stored(people, holding("p2"))
    with pytest.raises(Conflict):
        people.commit(a_write(second, second, new_identities=(MAILBOX,)))
    left = replace(first, identities={TOKEN.key: TOKEN})
    people.commit(a_write(first, left, released=(MAILBOX.key,)))
    assert people.owners([MAILBOX.key, TOKEN.key]) == {TOKEN.key: "p1"}
    people.commit(
        a_write(second, replace(second, identities={MAILBOX.key: MAILBOX}), new_identities=(MAILBOX,))
    )
    assert people.owners([MAILBOX.key]) == {MAILBOX.key: "p2"}
    third = people.profiles(["p1"])["p1"]
    with pytest.raises(Conflict):
        people.commit(a_write(third, third, new_identities=(MAILBOX,)))


def test_nothing_is_given_up_by_a_write_that_came_too_late(people: People) -> None:
    first = stored(people, holding("p1", MAILBOX))
    people.commit(a_write(first, replace(first, language="ja")))
    with pytest.raises(Conflict):
        people.commit(a_write(first, replace(first, identities={}), released=(MAILBOX.key,)))
    assert people.owners([MAILBOX.key]) == {MAILBOX.key: "p1"}


def test_whoever_gave_something_up_may_have_it_again_before_others_do(people: People) -> None:
    first, second = stored(people, holding("p1", MAILBOX)), stored(people, holding("p2"))
    people.commit(a_write(first, replace(first, identities={}), released=(MAILBOX.key,)))
    again = people.profiles(["p1"])["p1"]
    people.commit(
        a_write(again, replace(again, identities={MAILBOX.key: MAILBOX}), new_identities=(MAILBOX,))
    )
    with pytest.raises(Conflict):
        people.commit(a_write(second, second, new_identities=(MAILBOX,)))


# ── pairs ───────────────────────────────────────────────────────────────────────────────────────


def a_review(number: int, **changes: Any) -> Review:
    review = Review(
        f"r{number}", "p1", f"p{number}", "alike", ("match:alike",), "shop", NOON - timedelta(hours=number)
    )
    return replace(review, **changes)


def test_reviews_are_listed_the_oldest_first_and_each_once(people: People) -> None:
    people.keep_reviews([a_review(1), a_review(2)])
    people.keep_reviews([a_review(1, rule="other", at=NOON), a_review(3)])
    assert people.reviews() == (a_review(3), a_review(2), a_review(1))
    assert people.reviews(verdict="same") == ()


def test_a_review_is_settled_once_and_not_opened_again(people: People) -> None:
    people.keep_reviews([a_review(1)])
    verdict = a_review(1, verdict="different", settled_at=NOON, settled_by="operator")
    assert people.settle_review(verdict)
    assert not people.settle_review(replace(verdict, verdict="same"))
    assert not people.settle_review(a_review(2, verdict="same"))
    people.keep_reviews([a_review(1)])
    assert people.reviews() == ()
    assert people.reviews(verdict="different") == (verdict,)
