"""Who is united by rules, who is kept apart by them, and what somebody should look at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.events import Event
from kizuna.core.people import Profile
from tests.support.builders import NOON, SERVER, a_catalog, an_event, some_documents
from tests.support.customers import PAGE
from tests.support.house import House

PHONE = "+819012345678"
FAMILY = {
    "not_if": [{"type": "different_trait", "id": "household", "trait": "first_name", "only_by": ["phone"]}]
}
BORN = {
    "match_rules": [
        {"id": "born", "action": "merge", "all_of": [{"trait": "last_name"}, {"trait": "birthday"}]},
        {"id": "alike", "all_of": [{"trait": "last_name", "like": "prefix"}, {"trait": "postcode"}]},
    ]
}
PEOPLE: dict[str, dict[str, Any]] = {
    "hana": {"last_name": "Tanaka", "first_name": "Hana", "birthday": "1990-01-02", "postcode": "150-0001"},
    "taro": {"last_name": "Tanaka", "first_name": "Taro", "birthday": "1961-09-09", "postcode": "150-0001"},
    "hana2": {
        "last_name": "ＴＡＮＡＫＡ ",
        "first_name": "Hana",
        "birthday": "1990-01-02",
        "postcode": "530-0001",
    },
}


def house_of(identity: dict[str, Any]) -> House:
    return House(a_catalog({**some_documents(), ("identity", "identity"): {"id": "identity", **identity}}))


def tells(
    number: int, *, user: str | None = None, anonymous: str | None = None, days: float = 0, **more: Any
) -> Event:
    given = {"source": SERVER, "context": {}} | {
        name: more.pop(name) for name in ("source", "context") if name in more
    }
    at = NOON - timedelta(days=days)
    return an_event(
        "", type="identify", number=number, user_id=user, anonymous_id=anonymous, traits=more, at=at,
        received_at=at, **given,
    )  # fmt: skip


def causes(house: House, *events: Event) -> list[str]:
    return [each.cause for each in house.ingest(*events).violations]


def held(profile: Profile) -> set[str]:
    return {value for kind, value in profile.identities if not kind.startswith("match:")}


# ── kept apart ──────────────────────────────────────────────────────────────────────────────────


def test_a_family_with_one_phone_stays_a_family() -> None:
    house = house_of(FAMILY)
    house.ingest(tells(1, anonymous="a1", phone=PHONE, first_name="Hana"))
    assert causes(house, tells(2, anonymous="a2", phone=PHONE, first_name="Taro")) == ["identifier_demoted"]
    assert causes(house, tells(3, anonymous="a3", phone=PHONE, first_name="ＨＡＮＡ")) == []
    hana, taro = house.person("phone", PHONE), house.person("anonymous_id", "a2")
    assert (held(hana), held(taro)) == ({"a1", "a3", PHONE}, {"a2"})
    # Two profiles that exist already are not united either.
    house.ingest(tells(4, user="taro", first_name="Taro"))
    assert causes(house, tells(5, user="taro", phone=PHONE)) == ["identifier_demoted"]
    assert house.person("phone", PHONE).id == hana.id


def test_without_the_rule_the_phone_decides() -> None:
    house = house_of({})
    house.ingest(tells(1, anonymous="a1", phone=PHONE, first_name="Hana"))
    house.ingest(tells(2, anonymous="a2", phone=PHONE, first_name="Taro"))
    assert held(house.person("phone", PHONE)) == {"a1", "a2", PHONE}


def test_a_negative_rule_wins_even_where_it_leaves_nothing_and_the_event_waits_for_a_decision() -> None:
    house = house_of(FAMILY)
    house.ingest(tells(1, anonymous="a1", phone=PHONE, first_name="Hana"))
    done = house.ingest(tells(2, phone=PHONE, first_name="Taro"))
    assert [(one.cause, one.path, one.fate) for one in done.violations] == [
        ("identity_refused", "traits.phone", "quarantined")
    ]
    assert "Taro" not in done.violations[0].reason
    assert done.counted == 0


def test_somebody_known_for_certain_may_correct_what_a_rule_compares() -> None:
    house = house_of({"not_if": [{"type": "different_trait", "id": "born", "trait": "birthday"}]})
    house.ingest(tells(1, user="u1", email="a@example.com", birthday="1990-01-02"))
    assert causes(house, tells(2, user="u1", email="a@example.com", birthday="1990-01-03")) == []
    assert causes(house, tells(3, anonymous="a1", email="a@example.com", birthday="1970-01-01")) == [
        "identifier_demoted"
    ]
    assert len(house.living()) == 2


def test_two_loyalty_cards_are_two_people() -> None:
    house = house_of({"not_if": [{"type": "different_identifier", "id": "cards", "identifier": "card"}]})

    def card(number: int, anonymous: str, value: str, **more: Any) -> Event:
        context = {"externalIds": [{"type": "card", "id": value}]}
        return tells(number, anonymous=anonymous, context=context, **more)

    house.ingest(card(1, "a1", "c1", email="both@example.com"), card(2, "a2", "c2"))
    assert causes(house, card(3, "a3", "c2", email="both@example.com")) == ["identifier_demoted"]
    assert held(house.person("card", "c2")) == {"a2", "c2"}
    assert held(house.person("card", "c1")) == {
        "a1",
        "a3",
        "c1",
        "both@example.com",
    }  # by the stronger identifier


def test_a_device_that_says_it_is_shared_tells_nobody_who_is_there() -> None:
    house = house_of({"not_if": [{"type": "shared_device", "id": "kiosk"}]})
    shared = {"device": {"shared": True, "token": "t"}}
    house.ingest(tells(1, user="u1", anonymous="kiosk", context=shared))
    house.ingest(tells(2, user="u2", anonymous="kiosk", context=shared))
    assert held(house.person("user_id", "u1")) == {"u1"}
    assert held(house.person("user_id", "u2")) == {"u2"}
    house.ingest(tells(3, anonymous="kiosk", context=shared))
    assert len(house.living()) == 3


# ── limits and kinds ────────────────────────────────────────────────────────────────────────────


def test_a_limit_with_a_window_counts_what_came_within_it() -> None:
    house = house_of({"identifiers": [{"type": "email", "limit": {"count": 2, "window": "weekly"}}]})
    for number, days in enumerate([30, 29, 3, 2]):
        assert causes(house, tells(number, user="u1", email=f"{number}@example.com", days=days)) == []
    assert causes(house, tells(9, user="u1", email="9@example.com", days=1)) == ["identifier_demoted"]
    assert causes(house, tells(10, user="u1", email="0@example.com", days=1)) == []  # held already
    assert len(held(house.person("user_id", "u1"))) == 5


def test_a_lowered_limit_keeps_what_is_held_and_stands_in_nobodys_way() -> None:
    house = house_of({})
    for number in range(4):
        house.ingest(tells(number, user="u1", email=f"{number}@example.com"))
    house.catalog = house_of({"identifiers": [{"type": "email", "limit": {"count": 2}}]}).catalog
    assert causes(house, tells(9, user="u1", anonymous="a1")) == []
    assert causes(house, tells(10, user="u1", email="9@example.com")) == ["identifier_demoted"]
    assert len(held(house.person("user_id", "u1"))) == 6


def test_what_is_not_unique_is_kept_and_finds_nobody() -> None:
    house = house_of({})
    ga = {"externalIds": [{"type": "ga_client_id", "id": "GA1"}]}
    house.ingest(tells(1, user="u1", context=ga), tells(2, user="u2", context=ga))
    house.ingest(tells(3, user="u3", context=ga))
    assert [held(house.person("user_id", f"u{n}")) for n in (1, 2, 3)] == [
        {f"u{n}", "GA1"} for n in (1, 2, 3)
    ]
    assert ("ga_client_id", "GA1") not in house.people.identities
    assert causes(house, tells(4, context=ga)) == ["identity_refused"]


def test_what_counts_only_when_proven_is_demoted_when_it_is_not() -> None:
    house = house_of({"identifiers": [{"type": "user_id", "verified_only": True}]})
    house.ingest(tells(1, user="u1"))
    assert causes(house, tells(2, user="u1", anonymous="a1", source=PAGE)) == ["identifier_demoted"]
    assert held(house.person("anonymous_id", "a1")) == {"a1"}
    assert causes(house, tells(3, user="u1", anonymous="a1")) == []
    assert len(house.living()) == 1


def test_max_profiles_is_the_workspaces_to_say() -> None:
    house = house_of({"max_profiles": 2})
    house.ingest(
        *(
            tells(n, anonymous=f"a{n}", context={"externalIds": [{"type": f"k{n}", "id": "x"}]})
            for n in range(3)
        )
    )
    every = {"externalIds": [{"type": f"k{n}", "id": "x"} for n in range(3)]}
    assert causes(house, tells(9, user="u9", context=every)) == ["identifier_demoted"]
    assert len(house.living()) == 2


@pytest.mark.parametrize(
    ("ties", "keeps"),
    [(["newest_created"], "young"), (["oldest_created"], "old"), (["most_identifiers"], "young")],
)
def test_the_tie_breakers_say_who_keeps_the_id(ties: list[str], keeps: str) -> None:
    house = house_of({"tie_breakers": ties})
    house.ingest(tells(1, anonymous="old", days=9))
    house.ingest(tells(2, anonymous="young", days=1), tells(3, anonymous="young", days=1, color="red"))
    house.ingest(replace(tells(4, anonymous="young"), type="alias", previous_id="young2"))
    kept = house.person("anonymous_id", keeps).id
    house.ingest(replace(tells(5, anonymous="old"), type="alias", previous_id="young"))
    (person,) = house.living()
    assert person.id == kept


# ── match rules ─────────────────────────────────────────────────────────────────────────────────


def test_a_rule_that_merges_unites_who_agrees_in_all_its_parts() -> None:
    house = house_of(BORN)
    house.ingest(tells(1, anonymous="hana", **PEOPLE["hana"]), tells(2, anonymous="taro", **PEOPLE["taro"]))
    house.ingest(tells(3, user="u1", **PEOPLE["hana2"]))
    assert house.person("user_id", "u1") is house.person("anonymous_id", "hana")
    assert house.person("anonymous_id", "taro").id != house.person("user_id", "u1").id


def test_a_page_is_not_believed_what_a_rule_compares() -> None:
    house = house_of(BORN)
    house.ingest(tells(1, user="u1", **PEOPLE["hana"]))
    house.ingest(tells(2, anonymous="evil", source=PAGE, **PEOPLE["hana"]))
    assert held(house.person("anonymous_id", "evil")) == {"evil"}


def test_a_rule_unites_no_two_accounts() -> None:
    house = house_of(BORN)
    house.ingest(tells(1, user="u1", **PEOPLE["hana"]))
    assert causes(house, tells(2, user="u2", **PEOPLE["hana2"])) == ["identifier_demoted"]
    assert len(house.living()) == 2


def test_a_fuzzy_match_is_for_somebody_to_look_at_once() -> None:
    house = house_of(BORN)
    house.ingest(tells(1, user="hana", **PEOPLE["hana"]))
    assert causes(house, tells(2, user="taro", **PEOPLE["taro"])) == ["identity_review"]
    assert causes(house, tells(3, user="taro", **PEOPLE["taro"])) == ["identity_review"]
    (review,) = house.people.reviews()
    sides = {house.person("user_id", "hana").id, house.person("user_id", "taro").id}
    assert {review.one, review.other} == sides
    assert (review.rule, review.evidence) == ("alike", ("match:alike",))
    assert house.people.settle_review(replace(review, verdict="different", settled_at=NOON))
    house.ingest(tells(4, user="taro", **PEOPLE["taro"]))
    assert house.people.reviews() == ()
    assert len(house.living()) == 2


def test_what_a_negative_rule_forbids_is_not_even_looked_at() -> None:
    apart = {
        "not_if": [
            {"type": "different_trait", "id": "names", "trait": "first_name", "only_by": ["match:alike"]}
        ]
    }
    house = house_of(BORN | apart)
    house.ingest(tells(1, user="hana", **PEOPLE["hana"]))
    assert causes(house, tells(2, user="taro", **PEOPLE["taro"])) == []
    assert house.people.reviews() == ()


def test_too_little_trust_unites_nobody_but_may_be_worth_a_look() -> None:
    house = house_of({"match_threshold": 0.5, "review_threshold": 0.3})
    house.ingest(tells(1, anonymous="a1"), tells(2, user="u1"))
    assert causes(house, tells(3, anonymous="a1")) == []  # by itself it is found
    assert causes(house, tells(4, user="u1", anonymous="a1")) == ["identifier_demoted", "identity_review"]
    assert len(house.living()) == 2
    assert [review.rule for review in house.people.reviews()] == ["review_threshold"]
    strong = house_of({"match_threshold": 0.9})
    strong.ingest(tells(1, anonymous="a1", email="a@example.com"), tells(2, user="u1"))
    strong.ingest(tells(3, user="u1", email="a@example.com"))
    assert len(strong.living()) == 1


# ── order ───────────────────────────────────────────────────────────────────────────────────────


@st.composite
def connections(draw: st.DrawFn) -> list[Event]:
    """Events of one back end that connect devices, mailboxes, cards and names, without a user id to limit them."""
    told = []
    for number in range(draw(st.integers(1, 9))):
        traits: dict[str, Any] = {}
        if draw(st.booleans()):
            traits["email"] = f"e{draw(st.integers(1, 4))}@example.com"
        if draw(st.booleans()):
            traits |= {
                "last_name": draw(st.sampled_from(["Sato", "Ito"])),
                "birthday": draw(st.sampled_from("12")),
            }
        cards = [{"type": "card", "id": f"c{draw(st.integers(1, 3))}"}] if draw(st.booleans()) else []
        anonymous = f"a{draw(st.integers(1, 6))}"
        told.append(tells(number, anonymous=anonymous, context={"externalIds": cards}, **traits))
    return told


FREE = {
    "match_rules": [BORN["match_rules"][0]],
    "max_profiles": 20,
    "identifiers": [{"type": kind, "limit": {"count": 100}} for kind in ("email", "card")],
}


def groups(house: House) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(profile.identities) for profile in house.living()}


@settings(max_examples=120, deadline=None)
@given(connections(), st.data())
def test_where_nothing_forbids_the_order_and_the_portions_leave_no_trace(
    events: list[Event], data: st.DataObject
) -> None:
    together, apart = house_of(FREE), house_of(FREE)
    assert together.ingest(*events).violations == ()
    for event in data.draw(st.permutations(events)):
        apart.ingest(event)
    assert groups(together) == groups(apart)


LIMITED = {
    **FAMILY, "max_profiles": 2, "identifiers": [{"type": "email", "limit": {"count": 1}}],
    "match_rules": BORN["match_rules"],
}  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(connections())
def test_where_something_forbids_the_order_of_receipt_decides_always_alike(events: list[Event]) -> None:
    one, other = house_of(LIMITED), house_of(LIMITED)
    for house in (one, other):
        for event in events:
            house.ingest(event)
    assert groups(one) == groups(other)
    assert one.people.opened == other.people.opened
    at_once = house_of(LIMITED)
    at_once.ingest(*events)
    assert groups(at_once) == groups(one)
