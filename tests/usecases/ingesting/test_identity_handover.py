"""An identifier that changes hands: never held by two, and never handed to a stranger."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent import fold, permission
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.ids import address_id
from kizuna.core.people import Profile
from kizuna.core.policy import ConsentPolicy
from tests.support.builders import MAILBOX, NOON, SERVER, a_catalog, an_event, some_documents
from tests.support.customers import PAGE, SHOP
from tests.support.fragile import Crash, FragilePeople, crash
from tests.support.house import House

VOUCHED = Source("website", SourceKind.CLIENT, identity_verified=True)
DAY = timedelta(days=1)


def house_of(identity: dict[str, Any] | None = None, **more: Any) -> House:
    rules = {("identity", "identity"): {"id": "identity", **identity}} if identity else {}
    return House(a_catalog({**some_documents(), **rules}), **more)


def tells(number: int, *, day: float = 0, source: Source = SERVER, **told: Any) -> Event:
    """An event of a day (0: noon), by whoever `told` names."""
    at = NOON + day * DAY
    token = told.pop("token", None)
    context = {"device": {"token": token, "type": "ios"}} if token else {}
    traits = {name: told.pop(name) for name in ("email", "phone", "first_name") if name in told}
    kind = "identify" if traits else "track"
    return an_event(
        "" if traits else "Seen", number=number, type=kind, at=at, received_at=at, source=source, traits=traits,
        context=context, user_id=told.get("user"), anonymous_id=told.get("anonymous"),
    )  # fmt: skip


def causes(house: House, *events: Event) -> list[str]:
    return [each.cause for each in house.ingest(*events, now=NOON + 90 * DAY).violations]


def tokens(profile: Profile) -> list[str]:
    return [address.value for address in profile.addresses_on("push")]


def no_identifier_is_held_by_two(house: House) -> None:
    held = [key for profile in house.living() for key in profile.identities]
    assert len(held) == len(set(held))
    for profile in house.living():
        for key in profile.identities:
            assert house.person(*key) is profile


# ── a claim ─────────────────────────────────────────────────────────────────────────────────────


def test_whoever_proves_to_own_a_mailbox_takes_it_from_a_stranger_who_claimed_it() -> None:
    house = house_of()
    house.ingest(tells(1, source=PAGE, anonymous="stranger", email=MAILBOX, token="strange"))
    stranger = house.person("email", MAILBOX)
    assert causes(house, tells(2, user="ann", email=MAILBOX)) == ["identifier_moved"]
    ann, stranger = house.person("user_id", "ann"), house.person("anonymous_id", "stranger")
    assert house.person("email", MAILBOX) is ann
    assert stranger.addresses_on("email") == ()
    assert tokens(ann) == []
    assert len(house.living()) == 2
    no_identifier_is_held_by_two(house)


def test_a_claim_becomes_proof_when_the_same_person_is_told_of_with_a_token() -> None:
    house = house_of()
    house.ingest(tells(1, source=PAGE, anonymous="a1", email=MAILBOX))
    assert causes(house, tells(2, source=VOUCHED, anonymous="a1", email=MAILBOX)) == []
    ann = house.person("email", MAILBOX)
    assert ann.identities["email", MAILBOX].vouched
    assert causes(house, tells(3, user="ann", email=MAILBOX)) == []
    assert house.person("user_id", "ann").id == ann.id


def test_the_visitor_and_the_owner_become_one_once_that_is_told_too() -> None:
    house = house_of()
    house.ingest(tells(1, source=PAGE, anonymous="a1", email=MAILBOX))
    house.ingest(tells(2, user="ann", email=MAILBOX))
    house.ingest(tells(3, source=VOUCHED, user="ann", anonymous="a1"))
    (ann,) = house.living()
    assert {("user_id", "ann"), ("email", MAILBOX), ("anonymous_id", "a1")} <= set(ann.identities)


def test_what_a_back_end_itself_calls_unproven_takes_nothing_away() -> None:
    house = house_of()
    house.ingest(tells(1, source=PAGE, anonymous="a1", email=MAILBOX))
    unproven = tells(2, user="ann", email=MAILBOX)
    unproven = replace(unproven, traits={**unproven.traits, "email_verified": False})
    house.ingest(unproven)
    assert house.person("user_id", "ann") is house.person("anonymous_id", "a1")


def test_two_who_both_proved_a_mailbox_stay_as_they_are() -> None:
    house = house_of()
    house.ingest(tells(1, user="mum", email=MAILBOX))
    assert causes(house, tells(2, user="dad", email=MAILBOX)) == ["identifier_demoted"]
    assert house.person("email", MAILBOX) is house.person("user_id", "mum")


def test_a_no_that_stands_on_a_mailbox_stands_for_whoever_takes_it_over() -> None:
    house = house_of()
    house.ingest(tells(1, source=PAGE, anonymous="a1", email=MAILBOX))
    refusal = {"messaging_subscriptions": [{"type": "email", "key": MAILBOX, "status": "UNSUBSCRIBED"}]}
    house.ingest(replace(tells(2, source=PAGE, anonymous="a1"), context=refusal))
    grant = {"messaging_subscriptions": [{"type": "email", "key": MAILBOX, "status": "SUBSCRIBED"}]}
    said_yes = replace(tells(3, user="ann", email=MAILBOX), context=grant, source=SHOP, at=NOON - DAY)
    assert causes(house, said_yes) == ["identifier_moved"]
    ann, policy, later = house.person("user_id", "ann"), ConsentPolicy(), NOON + 91 * DAY
    found = permission(
        fold(house.ledger.events(ann.parts), now=later, policy=policy), channel="email", topic="news",
        endpoint=address_id("email", MAILBOX), country="JP", now=later, policy=policy,
    )  # fmt: skip
    assert found.channel_opt_outs or not found.valid
    assert ann.ledger_length == len(house.people.consents[ann.id])


# ── a device ────────────────────────────────────────────────────────────────────────────────────


def test_a_page_adds_no_device_to_somebody_known() -> None:
    house = house_of()
    house.ingest(tells(1, user="ann", email=MAILBOX, token="hers"))
    assert causes(house, tells(2, source=PAGE, user="ann", token="evil")) == ["identity_token_required"]
    assert causes(house, tells(3, source=PAGE, anonymous="evil-visit", token="evil")) == []
    joined = tells(4, source=PAGE, user="ann", anonymous="evil-visit")
    assert "identity_token_required" in causes(house, joined)
    assert tokens(house.person("user_id", "ann")) == ["hers"]
    assert house.person("push_token", "evil") is not house.person("user_id", "ann")


def test_a_person_who_proves_it_adds_a_device_and_a_new_visitor_has_one() -> None:
    house = house_of()
    house.ingest(tells(1, user="ann"))
    assert causes(house, tells(2, source=VOUCHED, user="ann", token="new")) == []
    assert tokens(house.person("user_id", "ann")) == ["new"]
    assert causes(house, tells(3, source=PAGE, anonymous="a1", token="app")) == []
    assert tokens(house.person("anonymous_id", "a1")) == ["app"]


def test_a_shared_device_speaks_to_whoever_proved_last_to_be_signed_in() -> None:
    house = house_of()
    house.ingest(tells(1, user="mum", token="tablet", day=1))
    assert causes(house, tells(2, user="dad", token="tablet", day=2)) == ["identifier_moved"]
    mum, dad = house.person("user_id", "mum"), house.person("user_id", "dad")
    assert (tokens(mum), tokens(dad)) == ([], ["tablet"])
    assert house.person("push_token", "tablet") is dad
    assert causes(house, tells(3, user="mum", token="tablet", day=1.5)) == [
        "identifier_demoted"
    ]  # comes late
    assert causes(house, tells(4, source=PAGE, user="mum", token="tablet", day=5)) == ["identifier_demoted"]
    assert tokens(house.person("user_id", "mum")) == []
    assert causes(house, tells(5, source=VOUCHED, user="mum", token="tablet", day=6)) == ["identifier_moved"]
    assert tokens(house.person("user_id", "mum")) == ["tablet"]
    assert tokens(house.person("user_id", "dad")) == []
    no_identifier_is_held_by_two(house)


def test_a_day_on_a_shared_device_in_one_call_ends_with_the_last_user() -> None:
    house = house_of()
    house.ingest(tells(1, user="mum", token="tablet", day=1), tells(2, user="dad", day=1))
    told = [
        tells(10 + n, user=user, token="tablet", day=2 + n / 24)
        for n, user in enumerate(("dad", "mum", "dad"))
    ]
    house.ingest(*told, now=NOON + 90 * DAY)
    assert house.person("push_token", "tablet") is house.person("user_id", "dad")
    assert [tokens(house.person("user_id", user)) for user in ("mum", "dad")] == [[], ["tablet"]]
    assert len(list(house.people.timeline(house.person("user_id", "dad").parts))) == 3
    no_identifier_is_held_by_two(house)


# ── retention ───────────────────────────────────────────────────────────────────────────────────

FORGETS = {"identifiers": [{"type": "anonymous_id", "retention": "30d"}]}


def test_a_browser_nobody_used_for_long_is_the_next_persons() -> None:
    house = house_of(FORGETS)
    house.ingest(tells(1, user="ann", anonymous="b1"))
    assert causes(house, tells(2, anonymous="b1", day=29)) == []
    assert causes(house, tells(3, anonymous="b1", day=58)) == []  # used on day 29
    assert causes(house, tells(4, anonymous="b1", day=89)) == ["identifier_moved"]
    ann, next_one = house.person("user_id", "ann"), house.person("anonymous_id", "b1")
    assert next_one is not ann
    assert set(ann.identities) == {("user_id", "ann")}
    assert causes(house, tells(5, user="ann", anonymous="b1", day=89)) == []
    assert len(house.living()) == 1


def test_where_no_use_was_noted_any_event_of_the_person_counts() -> None:
    house = house_of()
    house.ingest(tells(1, user="ann", anonymous="b1"), tells(2, user="ann", day=50))
    house.catalog = house_of(FORGETS).catalog
    assert causes(house, tells(3, anonymous="b1", day=79)) == []
    assert house.person("anonymous_id", "b1") is house.person("user_id", "ann")


def test_history_that_comes_late_lets_nothing_lapse() -> None:
    house = house_of(FORGETS)
    house.ingest(tells(1, user="ann", anonymous="b1", day=0))
    assert causes(house, tells(2, anonymous="b1", day=-300)) == []
    assert len(house.living()) == 1


# ── races and crashes ───────────────────────────────────────────────────────────────────────────

TAKEOVERS: dict[str, tuple[dict[str, Any] | None, Event, Event]] = {
    "a claim": (
        None, tells(1, source=PAGE, anonymous="x", email=MAILBOX), tells(2, user="ann", email=MAILBOX, day=1),
    ),
    "a device": (None, tells(1, user="mum", token="t"), tells(2, user="dad", token="t", day=1)),
    "a browser": (FORGETS, tells(1, user="ann", anonymous="b"), tells(2, user="ben", anonymous="b", day=40)),
}  # fmt: skip


@pytest.mark.parametrize("what", TAKEOVERS)
@pytest.mark.parametrize("point", range(6))
def test_a_crash_between_giving_up_and_taking_loses_nothing(what: str, point: int) -> None:
    rules, first, second = TAKEOVERS[what]
    people = FragilePeople()
    house = house_of(rules, people=people)
    house.ingest(first, now=NOON + 90 * DAY)
    people.fails = {people.points + point: crash}
    with pytest.raises(Crash):
        house.ingest(second, now=NOON + 90 * DAY)
    no_identifier_is_held_by_two_rows(house)
    people.fails = {}
    assert house.ingest(second, now=NOON + 90 * DAY).left_over == ()
    taken = next(
        key
        for key in house.people.identities
        if key[0] in ("email", "push_token", "anonymous_id") and key[1] != "x"
    )
    assert house.person(*taken) is house.person("user_id", second.user_id or "")
    no_identifier_is_held_by_two(house)


def no_identifier_is_held_by_two_rows(house: House) -> None:
    held = [key for profile in house.living() for key in profile.identities]
    assert len(held) == len(set(held))


@pytest.mark.parametrize("what", TAKEOVERS)
@pytest.mark.parametrize("point", [0, 2, 3, 5])
def test_two_who_take_the_same_at_once_do_not_both_get_it(what: str, point: int) -> None:
    rules, first, second = TAKEOVERS[what]
    people = FragilePeople()
    house, rival = house_of(rules, people=people), house_of(rules, people=people, name="rival")
    house.ingest(first, now=NOON + 90 * DAY)
    third = replace(second, id="event-3", user_id="third", at=second.at + timedelta(seconds=1))

    def be_faster() -> None:
        people.fails = {}
        rival.ingest(third, first, now=NOON + 90 * DAY)
        no_identifier_is_held_by_two_rows(house)

    people.fails = {people.points + point: be_faster}
    done = house.ingest(second, now=NOON + 90 * DAY)
    assert done.left_over == ()
    no_identifier_is_held_by_two(house)


@st.composite
def lives(draw: st.DrawFn) -> list[list[Event]]:
    """What two writers bring: a few people on a few devices, proven and not, over months."""
    told = []
    for number in range(draw(st.integers(4, 14))):
        source = draw(st.sampled_from([SERVER, VOUCHED, PAGE]))
        user = draw(st.sampled_from([None, "u1", "u2", "u3"]))
        anonymous = draw(st.sampled_from(["b1", "b2", "b3"] if user is None else [None, "b1", "b2"]))
        more: dict[str, Any] = {}
        if draw(st.booleans()):
            more["email"] = draw(st.sampled_from([MAILBOX, "two@example.com"]))
        if draw(st.booleans()):
            more["token"] = draw(st.sampled_from(["t1", "t2"]))
        day = draw(st.integers(0, 80))
        told.append(tells(number, day=day, source=source, user=user, anonymous=anonymous, **more))
    cut = draw(st.integers(0, len(told)))
    return [told[:cut], told[cut:]]


@settings(max_examples=150, deadline=None)
@given(lives(), st.lists(st.integers(0, 60), max_size=4), st.booleans())
def test_at_no_moment_do_two_hold_the_same_identifier(
    batches: list[list[Event]], moments: list[int], together: bool
) -> None:
    """A rival writes at chosen moments of our writes; after every write of either the rule holds."""
    people = FragilePeople()
    house, rival = house_of(FORGETS, people=people), house_of(FORGETS, people=people, name="rival")
    ours, theirs = batches
    waiting = list(theirs)

    def be_faster() -> None:
        fails, people.fails = people.fails, {}
        for event in waiting[:2]:
            rival.ingest(event, now=NOON + 90 * DAY)
            no_identifier_is_held_by_two_rows(house)
        del waiting[:2]
        people.fails = fails

    people.fails = dict.fromkeys(moments, be_faster)
    for batch in [ours] if together else [[event] for event in ours]:
        left = house.ingest(*batch, now=NOON + 90 * DAY).left_over
        no_identifier_is_held_by_two_rows(house)
        people.fails = {}
        assert house.ingest(*left, now=NOON + 90 * DAY).left_over == ()
    assert rival.ingest(*waiting, now=NOON + 90 * DAY).left_over == ()
    no_identifier_is_held_by_two(house)
    for profile in house.living():
        assert sum(kind == "user_id" for kind, _ in profile.identities) <= 1
        held = {value for kind, value in profile.identities if kind == "push_token"}
        assert set(tokens(profile)) <= held
