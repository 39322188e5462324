"""Reading and writing consent events, and the chain over them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent import (
    GENESIS,
    ChainEntry,
    ChainFault,
    ConsentEvent,
    InvalidConsentEvent,
    Kind,
    body_hash,
    consent_event_from_json,
    consent_event_to_json,
    kind_of,
    verify_chain,
)
from tests.support.consents import EXAMPLES, events, grant, ledgers, withdraw

PLAIN: dict[str, Any] = {
    "id": "e1",
    "action": "grant",
    "at": "2026-01-10T10:00:00.000001Z",
    "channel": "email",
    "topic": "*",
    "purpose": "marketing",
    "endpoint": "ep1",
    "endpoint_hash": "9f",
    "workspace": "w",
    "brand": "b",
    "subject_ref": "p1",
    "basis": "express",
    "lawful_basis": "consent",
    "jurisdiction": "DE",
    "received_at": "2026-01-10T10:00:01Z",
    "source": "web_form:signup",
    "actor": "self",
    "identity_verified": True,
    "wording_version": "v3",
    "benefit_offered": "10 %",
    "proof": "hash",
    "expires_at": "2027-01-10T10:00:00Z",
    "supersedes": "e0",
    "merged_at": "2026-02-01T00:00:00Z",
    "lifted_by": ["e9"],
    "text": "hello",
    "token_valid": True,
    "token_age_days": 3,
    "prev_hash": "00",
}

NAIVE = datetime(2026, 1, 10)  # noqa: DTZ001  (the naive instant is what is refused)
TOO_EARLY = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))


def test_every_field_survives_reading_and_writing() -> None:
    assert consent_event_to_json(consent_event_from_json(PLAIN)) == PLAIN


@settings(max_examples=EXAMPLES, deadline=None)
@given(events())
def test_writing_and_reading_gives_the_same_event(event: ConsentEvent) -> None:
    assert consent_event_from_json(consent_event_to_json(event)) == event


def test_an_instant_with_another_offset_is_kept_in_utc() -> None:
    event = consent_event_from_json({"id": "e", "action": "grant", "at": "2026-01-10T10:00:00+09:00"})

    assert event.at == datetime(2026, 1, 10, 1, tzinfo=UTC)
    assert event.at.utcoffset() == timedelta()


def test_absent_fields_take_their_meaning_and_are_not_written() -> None:
    plain = {"id": "e", "action": "grant", "at": "2026-01-10T10:00:00Z"}
    event = consent_event_from_json(plain)

    assert (event.purpose, event.channel, event.identity_verified, event.proof) == (
        "marketing",
        None,
        None,
        None,
    )
    assert consent_event_to_json(event) == {**plain, "purpose": "marketing"}


@pytest.mark.parametrize("name", sorted(set(PLAIN) - {"id", "action", "at", "identity_verified"}))
def test_null_means_absent(name: str) -> None:
    without = {key: value for key, value in PLAIN.items() if key != name}

    assert consent_event_from_json({**PLAIN, name: None}) == consent_event_from_json(without)


def test_a_verification_that_nobody_knows_is_not_one() -> None:
    assert consent_event_from_json({**PLAIN, "identity_verified": None}).identity_verified is False


def test_a_proof_that_is_an_object_is_kept_as_text_and_an_empty_one_is_none_at_all() -> None:
    assert consent_event_from_json({**PLAIN, "proof": {"b": 1, "a": "x"}}).proof == '{"a":"x","b":1}'
    assert consent_event_from_json({**PLAIN, "proof": {}}).proof == ""


def test_an_unknown_action_is_kept_and_an_unknown_key_left_out() -> None:
    event = consent_event_from_json({**PLAIN, "action": "renew", "colour": "red"})

    assert (event.action, kind_of(event)) == ("renew", Kind.UNKNOWN)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": None}, "consent event without id: id is missing"),
        ({"id": ""}, "consent event: id must be a text that is not empty"),
        ({"id": 7}, "consent event without id: id is not a str"),
        ({"action": None}, "consent event e1: action is missing"),
        ({"at": None}, "consent event e1: at is missing"),
        ({"at": "soon"}, "consent event e1: at is not an instant"),
        ({"at": 1_700_000_000}, "consent event e1: at is not a str"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "consent event e1: at is not an instant"),
        ({"proof": 5}, "consent event e1: proof is not a str"),
        ({"identity_verified": "yes"}, "consent event e1: identity_verified is not a bool"),
        ({"token_age_days": True}, "consent event e1: token_age_days is not a int"),
        ({"lifted_by": "e9"}, "consent event e1: lifted_by is not a list"),
        ({"lifted_by": [9]}, "consent event e1: lifted_by is not a str"),
    ],
)
def test_an_event_that_cannot_be_read_is_refused_with_its_field(change: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidConsentEvent) as caught:
        consent_event_from_json({**PLAIN, **change})
    assert str(caught.value) == told


def test_only_an_object_is_an_event() -> None:
    raw: Any = ["e1"]

    with pytest.raises(InvalidConsentEvent, match=r"^consent event: not an object$"):
        consent_event_from_json(raw)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"at": None}, "consent event e1: at is missing"),
        ({"at": "2026-01-10"}, "consent event e1: at is not an instant with an offset"),
        ({"at": NAIVE}, "consent event e1: at is not an instant with an offset"),
        ({"at": TOO_EARLY}, "consent event e1: at is out of range"),
        ({"received_at": NAIVE}, "consent event e1: received_at is not an instant with an offset"),
        ({"expires_at": 5}, "consent event e1: expires_at is not an instant with an offset"),
        ({"merged_at": TOO_EARLY}, "consent event e1: merged_at is out of range"),
        ({"id": ""}, "consent event: id must be a text that is not empty"),
        ({"id": 7}, "consent event: id must be a text that is not empty"),
        ({"action": ""}, "consent event: action must be a text that is not empty"),
        ({"action": None}, "consent event: action must be a text that is not empty"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused_with_its_id_its_field_and_why(
    change: dict[str, Any], told: str
) -> None:
    given: dict[str, Any] = {"id": "e1", "action": "grant", "at": datetime(2026, 1, 10, tzinfo=UTC)}
    with pytest.raises(InvalidConsentEvent) as caught:
        ConsentEvent(**(given | change))
    assert str(caught.value) == told


# ── the chain ───────────────────────────────────────────────────────────────────────────────────


def chained(ledger: tuple[ConsentEvent, ...]) -> list[ChainEntry]:
    entries, previous = [], GENESIS
    for event in ledger:
        entries.append(ChainEntry(body_hash(event, previous), previous, event))
        previous = entries[-1].hash
    return entries


def test_the_hash_of_a_body_is_fixed_for_good() -> None:
    event = ConsentEvent(id="e1", action="grant", at=datetime(2026, 1, 10, tzinfo=UTC), topic="ニュース")

    written = (
        '{"body":{"action":"grant","at":"2026-01-10T00:00:00Z","id":"e1","purpose":"marketing",'
        '"topic":"\\u30cb\\u30e5\\u30fc\\u30b9"},"prev":"' + "0" * 64 + '"}'
    )
    assert body_hash(event, GENESIS) == hashlib.sha256(written.encode()).hexdigest()


def test_the_link_kept_inside_an_event_does_not_change_its_hash() -> None:
    assert body_hash(grant(prev_hash="ff"), GENESIS) == body_hash(grant(), GENESIS)


@settings(max_examples=EXAMPLES, deadline=None)
@given(ledgers(max_size=5), st.data())
def test_any_altered_moved_dropped_or_inserted_entry_is_found(
    ledger: tuple[ConsentEvent, ...], data: st.DataObject
) -> None:
    entries = chained(ledger)
    head = entries[-1].hash if entries else GENESIS
    assert verify_chain(entries, head=head) == ()
    if not entries:
        return
    index = data.draw(st.integers(0, len(entries) - 1))
    entry = entries[index]
    assert entry.event is not None
    altered = [*entries]
    altered[index] = replace(entry, event=replace(entry.event, topic="altered"))
    stranger = withdraw(id="stranger")
    forged = ChainEntry(body_hash(stranger, entry.prev_hash), entry.prev_hash, stranger)

    assert verify_chain(altered, head=head) == (ChainFault(index, "altered_body"),)
    assert verify_chain([*entries[:index], *entries[index + 1 :]], head=head)
    assert verify_chain([*entries[:index], forged, *entries[index:]], head=head)
    if len(entries) > 1:
        assert verify_chain(entries[::-1], head=head)


def test_a_body_erased_by_right_leaves_the_chain_sound() -> None:
    entries = chained((grant(), withdraw(), grant("2026-07-01T00:00", id="later")))
    entries[1] = replace(entries[1], event=None)

    assert verify_chain(entries, head=entries[-1].hash) == ()


def test_a_chain_whose_end_was_cut_off_shows_against_the_anchored_head() -> None:
    entries = chained((grant(), withdraw()))

    assert verify_chain(entries[:1]) == ()
    assert verify_chain(entries[:1], head=entries[-1].hash) == (ChainFault(1, "wrong_head"),)
    assert verify_chain([], head=entries[-1].hash) == (ChainFault(0, "wrong_head"),)
    assert verify_chain(entries[1:]) == (ChainFault(0, "broken_link"),)


@pytest.mark.parametrize(
    ("named", "supersedes", "faults"),
    [
        ("p1", None, ()),
        (None, None, ()),  # of a record that names nobody nothing can be said
        ("p2", None, (ChainFault(1, "of_another"),)),
        ("p2", "original", ()),  # a copy that a merge made carries whose No it was
    ],
)
def test_an_entry_that_names_somebody_else_is_none_of_this_chain(
    named: str | None, supersedes: str | None, faults: tuple[ChainFault, ...]
) -> None:
    other = withdraw(id="w1", subject_ref=named, supersedes=supersedes)
    entries = chained((grant(id="g1", subject_ref="p1"), other, grant(id="g2", subject_ref="p1")))

    assert verify_chain(entries, head=entries[-1].hash, length=3, bodies=True, person="p1") == faults
    assert verify_chain(entries, head=entries[-1].hash) == ()


def test_a_chain_is_held_to_every_one_of_its_entries() -> None:
    entries = chained((grant(id="g1"), withdraw(id="w1"), grant(id="g2")))
    gone = [entries[0], replace(entries[1], event=None), entries[2]]
    spoilt = [entries[0], replace(entries[1], event=None, is_readable=False), entries[2]]

    assert verify_chain(gone, head=entries[-1].hash) == ()
    assert verify_chain(gone, bodies=True) == (ChainFault(1, "missing_body"),)
    assert verify_chain(spoilt, bodies=True) == (ChainFault(1, "altered_body"),)
    assert verify_chain(entries, length=3) == ()
    assert verify_chain(entries, length=4) == (ChainFault(3, "truncated"),)
    assert verify_chain(entries, length=4, head="other") == (ChainFault(3, "truncated"),)
    assert verify_chain([], length=1) == (ChainFault(0, "truncated"),)
    assert verify_chain(entries[1:], genesis=entries[0].hash) == ()
    assert verify_chain(entries[1:]) == (ChainFault(0, "broken_link"),)
