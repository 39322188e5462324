"""Who is speaking: a key is known by its hash, shown by its prefix, and worth what its source declares."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from kizuna.core.durations import Duration
from kizuna.core.events import ConsentProof, Source, SourceKind
from kizuna.core.sources import KeyKind, SourceDefinition, key_hash, new_secret, source_of, visible_prefix
from tests.support.builders import a_key

DECLARED = SourceDefinition.model_validate(
    {"id": "website", "name": "Website", "consent_proof": {"wording_version": "v2", "shown": "a form"}}
)


@pytest.mark.parametrize(
    ("kind", "prefix"), [(KeyKind.CLIENT, "kzc_"), (KeyKind.SERVER, "kzs_"), (KeyKind.IDENTITY, "kzi_")]
)
def test_a_key_is_recognised_by_its_prefix_and_the_rest_is_random(kind: KeyKind, prefix: str) -> None:
    secret = new_secret(kind, bytes(range(20)))
    assert re.fullmatch(rf"{prefix}[0-9a-f]{{40}}", secret)
    assert visible_prefix(secret) == secret[:10]
    assert new_secret(kind, bytes(20)) != secret


def test_what_is_stored_of_a_key_does_not_show_it() -> None:
    assert key_hash("kzc_1") == key_hash("kzc_1") != key_hash("kzc_2")
    assert "kzc" not in key_hash("kzc_1")
    assert len(key_hash("\ud800")) == 64


def test_an_event_is_worth_what_its_key_and_its_source_say() -> None:
    client = source_of(a_key(), DECLARED)
    assert client == Source("website", SourceKind.CLIENT, ConsentProof("v2", "a form", "express"))
    assert source_of(a_key(kind=KeyKind.SERVER), DECLARED).kind is SourceKind.SERVER
    assert source_of(a_key(), None).consent_proof is None
    assert source_of(a_key(), DECLARED, identity_verified=True).identity_verified


def test_a_source_tells_what_it_promises_and_for_how_long_its_yes_holds() -> None:
    plain = {"wording_version": "v2", "shown": "a form", "benefit_offered": "10 % off", "expires_after": "1y"}
    declared = SourceDefinition.model_validate({"id": "website", "name": "W", "consent_proof": plain})
    expected = ConsentProof("v2", "a form", "express", "10 % off", Duration(months=12))
    assert source_of(a_key(), declared).consent_proof == expected
    with pytest.raises(ValidationError, match="expires_after"):
        SourceDefinition.model_validate(
            {"id": "website", "name": "W", "consent_proof": {**plain, "expires_after": "soon"}}
        )


def test_a_source_names_itself_and_nothing_unknown() -> None:
    for wrong in ({"id": "../x", "name": "X"}, {"id": "x"}, {"id": "x", "name": "X", "secret": "s"}):
        with pytest.raises(ValidationError):
            SourceDefinition.model_validate(wrong)
