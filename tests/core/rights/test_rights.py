"""Roles in a token, hashes in the place of identifiers, and what is kept of a No."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.consent import Action, ConsentEvent, Kind, kind_of
from kizuna.core.errors import Unauthorized
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.ids import address_id
from kizuna.core.people import Address, Identity, Profile, Trait, new_profile
from kizuna.core.rights.erasure import (
    ORDER,
    Erasure,
    Step,
    begun,
    came_at,
    in_erasure,
    mentioned,
    must_wait,
    proof_of,
    stepped,
    suppressions,
    tombstone,
)
from kizuna.core.rights.rights import HashKeys, identifier_of_address, names_somebody, officer, roles_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYS = HashKeys("b", {"a": bytes(32), "b": bytes(range(32))})
NUMBER = "+12025550142"


@pytest.mark.parametrize(
    ("claims", "roles"),
    [
        ({"cognito:groups": "[privacy viewer]"}, {"privacy", "viewer"}),
        ({"cognito:groups": "privacy"}, {"privacy"}),
        ({"cognito:groups": ["privacy"]}, {"privacy"}),
        ({"groups": '["privacy", "x"]'}, {"privacy", "x"}),
        ({"roles": "privacy, x"}, {"privacy", "x"}),
        ({"cognito:groups": "[not-privacy]"}, {"not-privacy"}),
        ({"custom:roles": "privacy", "scope": "privacy", "sub": "privacy"}, set()),
        ({"cognito:groups": {"privacy": True}, "groups": 1, "roles": None}, set()),
        ({"groups": [["privacy"], 1, ""]}, set()),
        ({}, set()),
    ],
)
def test_roles_are_read_from_the_claims_that_issuers_use(claims: dict[str, Any], roles: set[str]) -> None:
    assert roles_of(claims) == roles


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text()) | st.integers()))
def test_nobody_is_an_officer_by_a_claim_that_is_no_role(claims: dict[str, Any]) -> None:
    others = {
        name: value for name, value in claims.items() if name not in ("cognito:groups", "groups", "roles")
    }
    with pytest.raises(Unauthorized):
        officer({**others, "sub": "x"})


# ── hashes ──────────────────────────────────────────────────────────────────────────────────────


def test_an_identifier_hashed_with_an_old_key_is_found() -> None:
    old = HashKeys("a", {"a": bytes(32)}).hash("email", "a@b.example")
    assert old in KEYS.hashes("email", "a@b.example")
    assert KEYS.hash("email", "a@b.example") == KEYS.hashes("email", "a@b.example")[0] != old


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_different_identifiers_have_different_hashes(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert (KEYS.hash(*one) == KEYS.hash(*other)) == (one == other)


def test_a_number_is_one_identifier_whatever_the_channel() -> None:
    assert (
        identifier_of_address("sms", NUMBER) == identifier_of_address("whatsapp", NUMBER) == ("phone", NUMBER)
    )


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({"userId": "u-1"}, True),
        ({"user_id": "u-1"}, True),
        ({"properties": {"list": [{"note": "A@B.Example "}]}}, True),
        ({"traits": {"phone": "+1 202-555-0142"}}, True),
        ({"anonymousId": 7}, True),
        ({"identities": [["user_id", "u-1"]]}, True),
        ({"properties": {"quantity": 7}}, False),
        ({"properties": {"note": "u-1"}}, False),
        ({"userId": "u-2"}, False),
        ({"properties": {"card": "card-0123456789"}}, True),
        ("a@b.example", True),
        (None, False),
    ],
)
def test_a_document_is_somebodys_if_it_holds_what_names_them(document: Any, names: bool) -> None:
    known = [
        ("user_id", "u-1"),
        ("anonymous_id", "7"),
        ("email", "a@b.example"),
        ("phone", NUMBER),
        ("loyalty_card", "card-0123456789"),
    ]
    hashes = frozenset((kind, KEYS.hash(kind, value)) for kind, value in known)
    assert names_somebody(document, hashes, KEYS) is names


# ── an erasure ──────────────────────────────────────────────────────────────────────────────────


def a_person() -> Profile:
    address = Address("sms", NUMBER, NOW)
    return replace(
        new_profile("p-1", now=NOW - timedelta(days=9)),
        version=7,
        reach_version=3,
        identities={("email", "a@b.example"): Identity("email", "a@b.example")},
        traits={"name": Trait("Ann", NOW, "shop")},
        addresses={address.key: address},
        parts=("p-1", "p-0"),
        ledger_head="abc",
        ledger_length=2,
    )


def an_erasure() -> Erasure:
    return begun(a_person(), [a_person()], KEYS, now=NOW, actor="dpo", ground="request")


def test_what_an_erasure_remembers_names_nobody() -> None:
    erasure = an_erasure()
    assert {kind for kind, _ in erasure.hashes} == {"email", "phone", "profile"}
    assert not [value for value in ("a@b.example", NUMBER, "Ann") if value in repr(erasure)]


def test_a_tombstone_keeps_nothing_but_versions_and_the_end_of_the_chain() -> None:
    buried = tombstone(in_erasure(a_person(), now=NOW), at=NOW)
    assert (buried.version, buried.reach_version, buried.status) == (9, 5, "erased")
    assert (buried.ledger_head, buried.ledger_length) == ("abc", 2)
    kept = (buried.identities, buried.traits, buried.addresses, buried.segments, buried.seen)
    assert not any(kept)


def test_every_step_is_taken_once_in_order_and_two_of_them_wait() -> None:
    erasure, now, waited = an_erasure(), NOW, []
    steps = [erasure.step]
    while erasure.step is not Step.CLOSE:
        if must_wait(erasure, now=now):
            waited.append(erasure.step)
            now = erasure.due_at
            assert not must_wait(erasure, now=now)
        erasure = stepped(erasure, now=now, done={"things": 1})
        steps.append(erasure.step)
    assert tuple(steps) == ORDER
    assert waited == [Step.CONTENTS_AGAIN, Step.LAKE]
    assert erasure.counts == {"things": len(ORDER) - 1}
    assert erasure.version == len(ORDER)


def a_consent(number: int, action: str, **more: Any) -> ConsentEvent:
    return ConsentEvent(id=f"c{number}", action=action, at=NOW + timedelta(minutes=number), **more)


STOP = a_consent(1, "sms_in", text="stop", endpoint=address_id("sms", NUMBER))
START = a_consent(2, "sms_in", text="START", endpoint=address_id("sms", NUMBER))


@pytest.mark.parametrize(
    ("ledger", "kept"),
    [
        ([], {Kind.OBJECTION}),
        ([a_consent(1, "grant")], {Kind.OBJECTION}),
        ([a_consent(1, "do_not_contact")], {Kind.OBJECTION, Kind.DO_NOT_CONTACT}),
        ([STOP], {Kind.OBJECTION, Kind.STOP}),
        ([STOP, START], {Kind.OBJECTION}),
        ([START, replace(STOP, at=START.at + timedelta(minutes=1))], {Kind.OBJECTION, Kind.STOP}),
    ],
)
def test_no_more_is_loosened_of_a_number_than_its_holder_said(
    ledger: list[ConsentEvent], kept: set[Kind]
) -> None:
    found = suppressions(an_erasure(), [("phone", NUMBER), ("user_id", "u")], ledger, KEYS)
    ((mac, acts),) = found.items()
    assert mac == KEYS.hash("phone", NUMBER)
    assert {kind_of(act) for act in acts} == kept
    assert acts[0].action == Action.SUPPRESSION_HASH


def test_a_proof_holds_what_was_said_and_no_text_of_the_person() -> None:
    address = Address("sms", NUMBER, NOW)
    event = replace(
        STOP,
        subject_ref="p-1",
        proof="event order-of-ann",
        source="web_form:https://shop.example/ann",
        text="Stop it, says Ann",
        wording_version="v2",
    )
    proof = proof_of(event, {address.id: address}, KEYS)
    assert proof["endpoint_hash"] == KEYS.hash("phone", NUMBER)
    assert (proof["action"], proof["source"], proof["wording_version"]) == ("sms_in", "web_form", "v2")
    assert not [value for value in ("ann", "Ann", NUMBER, address.id, "p-1") if value in repr(proof)]


def test_a_report_came_when_the_provider_made_it_and_an_event_when_we_got_it() -> None:
    early, late = NOW - timedelta(hours=1), NOW
    for kind, came in ((SourceKind.PROVIDER, early), (SourceKind.SERVER, late), (SourceKind.CLIENT, late)):
        assert came_at(Event("track", "e", Source("s", kind), early, late)) == came


def test_whatever_an_event_names_its_person_by_is_found() -> None:
    event = Event(
        "identify",
        "e",
        Source("s", SourceKind.SERVER),
        NOW,
        NOW,
        user_id="u-1",
        anonymous_id="v-1",
        previous_id="v-0",
        traits={"email": "A@b.example", "phone": "090-1234-5678", "country": "JP"},
        context={"device": {"token": "t-1"}, "externalIds": [{"type": "Card", "id": "c-1"}, {"type": 1}, 7]},
        identities=(("email", "c@d.example"),),
    )
    assert mentioned(event) == {
        ("user_id", "u-1"),
        ("anonymous_id", "v-1"),
        ("anonymous_id", "v-0"),
        ("email", "a@b.example"),
        ("email", "c@d.example"),
        ("phone", "+819012345678"),
        ("push_token", "t-1"),
        ("card", "c-1"),
    }
