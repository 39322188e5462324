"""What an event says about who this is, in a form that can be compared."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.identity.identifiers import (
    MAX_LENGTH,
    email,
    identifiers_of,
    is_unverified,
    normalised,
    phone,
    plain,
    policy_of,
)
from tests.support.builders import SERVER, an_event

CLIENT = Source("website", SourceKind.CLIENT)
VOUCHED = Source("website", SourceKind.CLIENT, identity_verified=True)


def an_identify(**changes: Any) -> Event:
    return an_event("", **({"type": "identify", "user_id": None, "properties": {}} | changes))


def keys(event: Event) -> list[tuple[str, str]]:
    return [identity.key for identity in identifiers_of(event)]


@pytest.mark.parametrize(
    ("told", "comparable"),
    [
        ("Ann@Example.COM", "ann@example.com"),
        ("  ann@example.com\n", "ann@example.com"),
        ("ａｎｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ann@example.com"),
        ("ann+news@example.com", "ann+news@example.com"),
        ("a.n.n@gmail.com", "a.n.n@gmail.com"),
    ],
)
def test_mail_addresses_differ_by_more_than_case_and_width(told: str, comparable: str) -> None:
    assert email(told) == comparable


@pytest.mark.parametrize(
    "told", ["", "ann", "ann@", "@example.com", "a b@example.com", "ann@exa mple.com", 7, None]
)
def test_what_is_no_mail_address_is_none(told: Any) -> None:
    assert email(told) is None


@pytest.mark.parametrize(
    ("told", "region", "comparable"),
    [
        ("+81 90-1234-5678", None, "+819012345678"),
        ("090-1234-5678", "JP", "+819012345678"),
        ("０９０ー１２３４ー５６７８", "JP", "+819012345678"),
        ("090-1234-5678", " jp ", "+819012345678"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("+1 212 555 0123", "JP", "+12125550123"),
    ],
)
def test_phone_numbers_are_compared_in_e164(told: str, region: str | None, comparable: str) -> None:
    assert phone(told, region) == comparable


@pytest.mark.parametrize(
    ("told", "region"),
    [("090-1234-5678", None), ("090-1234-5678", "Japan"), ("12", "US"), ("", "US"), (90, "JP")],
)
def test_a_number_that_cannot_be_placed_is_none(told: Any, region: str | None) -> None:
    assert phone(told, region) is None


@given(st.text(max_size=60), st.sampled_from(["email", "phone", "user_id", "loyalty_id"]))
def test_any_text_is_normalised_without_a_crash_and_once_and_for_all(told: str, kind: str) -> None:
    once = normalised(kind, told)
    assert once is None or normalised(kind, once) == once


@pytest.mark.parametrize(
    "told",
    ["", "  ", "0", "000", "-", "0-0", "-1", "null", "NULL", "undefined", "None", "NaN", "anonymous", "unknown",
     "[object Object]", "ｎｕｌｌ", "x" * (MAX_LENGTH + 1), None, True, 1.5, {"id": 1}, ["u1"]],
)  # fmt: skip
def test_values_that_programs_write_for_nobody_name_nobody(told: Any) -> None:
    assert plain(told) is None
    assert keys(an_identify(user_id=told, anonymous_id=told)) == []


def test_a_number_may_be_an_identifier_and_letters_keep_their_case() -> None:
    assert plain(4711) == "4711"
    assert plain(" Ab ") == "Ab"
    assert plain("x" * MAX_LENGTH) == "x" * MAX_LENGTH


def test_identifiers_come_strongest_first_and_each_once() -> None:
    event = an_identify(
        user_id="u1",
        anonymous_id="a1",
        traits={"email": "Ann@example.com", "phone": "090-1234-5678", "country": "JP"},
        context={
            "device": {"token": "t1"},
            "externalIds": [{"type": "loyalty_id", "id": 42}, {"type": "loyalty_id", "id": "42"}],
        },
    )
    assert keys(event) == [
        ("user_id", "u1"),
        ("email", "ann@example.com"),
        ("phone", "+819012345678"),
        ("push_token", "t1"),
        ("loyalty_id", "42"),
        ("anonymous_id", "a1"),
    ]


def test_traits_identify_on_identify_alone() -> None:
    traits = {"email": "ann@example.com"}
    assert keys(an_event("Signed Up", traits=traits, user_id="u1")) == [("user_id", "u1")]
    assert keys(an_event("", type="group", traits=traits, user_id="u1")) == [("user_id", "u1")]


def test_an_alias_names_the_earlier_id_too() -> None:
    alias = an_event("", type="alias", user_id="u1", previous_id="a1")
    assert keys(alias) == [("user_id", "u1"), ("anonymous_id", "a1")]
    assert keys(an_event("", previous_id="a1", user_id="u1")) == [("user_id", "u1")]


@pytest.mark.parametrize("kind", ["email", "USER_ID", "push_token", "8ball", "a b", "", "x" * 40])
def test_an_external_id_cannot_pose_as_one_of_our_own_kinds(kind: str) -> None:
    event = an_identify(context={"externalIds": [{"type": kind, "id": "victim"}]})
    assert keys(event) == [("external_id", "victim")]


@pytest.mark.parametrize(
    "context",
    [
        {"externalIds": "x", "device": "y"},
        {"externalIds": [1, None, {"type": 3, "id": "x"}, {"id": "x"}], "device": {"token": 0}},
        {"device": {"token": {"a": 1}}},
    ],
)
def test_a_context_of_another_shape_names_nobody(context: dict[str, Any]) -> None:
    assert keys(an_identify(context=context)) == []


def test_declared_identities_count_from_a_server_and_not_from_a_page() -> None:
    pairs = (("email", "Ann@example.com"), ("user_id", "u1"), ("Loyalty_ID", "7"))
    declared = an_event("", type="alias", user_id=None, identities=pairs)
    assert keys(declared) == [("user_id", "u1"), ("email", "ann@example.com"), ("loyalty_id", "7")]
    assert keys(an_event("", type="alias", user_id=None, identities=pairs, source=CLIENT)) == []


def test_the_raw_value_and_its_origin_are_kept_beside_the_comparable_one() -> None:
    (identity,) = identifiers_of(an_identify(traits={"email": "Ann@Example.com"}))
    assert (identity.value, identity.raw, identity.source) == (
        "ann@example.com",
        "Ann@Example.com",
        SERVER.id,
    )
    assert identity.at == an_identify().at


def test_only_a_publishable_key_without_a_token_is_not_to_be_believed() -> None:
    assert is_unverified(an_event(source=CLIENT))
    assert not is_unverified(an_event(source=VOUCHED))
    assert not is_unverified(an_event(source=SERVER))
    assert not is_unverified(an_event(source=Source("provider", SourceKind.PROVIDER)))


def test_kinds_of_ones_own_rank_between_push_tokens_and_anonymous_ids() -> None:
    ranks = [
        policy_of(kind).priority
        for kind in ("user_id", "email", "phone", "push_token", "loyalty_id", "anonymous_id")
    ]
    assert ranks == sorted(set(ranks))
    assert policy_of("user_id").limit == 1
