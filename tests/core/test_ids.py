"""Ids are derived from what they name: the same cause always meets the same row."""

from __future__ import annotations

import re
from base64 import b32encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.ids import (
    address_id,
    base32,
    bucket,
    digest,
    encode_parts,
    event_id_from_content,
    message_id,
    profile_id,
    seen_hash,
    shard_of,
)

PARTS = st.lists(st.text(max_size=8), max_size=5)
MESSAGE = {
    "campaign": "spring",
    "run": "20261123T1200Z",
    "step": "message",
    "person": "p1",
    "channel": "email",
    "address": "a1",
}


@given(PARTS, PARTS)
def test_two_different_lists_of_texts_never_give_the_same_bytes(one: list[str], other: list[str]) -> None:
    assert (encode_parts(*one) == encode_parts(*other)) == (one == other)


def test_texts_that_only_look_alike_when_joined_are_told_apart() -> None:
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4
    assert digest("1:a,") != digest("a")


def test_a_lone_surrogate_is_hashed_and_not_refused() -> None:
    assert digest("\ud800") != digest("?")


def test_an_id_is_lower_case_letters_and_digits_that_a_mail_tag_takes() -> None:
    assert re.fullmatch(r"[a-z2-7]{26}", digest("x"))
    assert re.fullmatch(r"[a-z2-7]{26}", message_id(**MESSAGE))
    assert re.fullmatch(r"a[a-z2-7]{25}", address_id("email", "ann@example.com"))
    assert len(digest("x", length=7)) == 7


def test_a_message_id_follows_from_each_part_of_what_it_is_for() -> None:
    changed = [message_id(**(MESSAGE | {name: "other"})) for name in MESSAGE]
    assert message_id(**MESSAGE) == message_id(**MESSAGE)
    assert len({message_id(**MESSAGE), *changed}) == 1 + len(MESSAGE)


def test_an_address_reference_depends_on_the_channel_and_does_not_show_the_address() -> None:
    assert address_id("sms", "+81901234567") != address_id("whatsapp", "+81901234567")
    assert "ann" not in address_id("email", "ann@example.com")


def test_an_event_without_an_id_gets_the_same_one_whatever_the_order_of_its_keys() -> None:
    one = event_id_from_content("web", {"event": "Viewed", "properties": {"a": 1, "b": "é"}})
    other = event_id_from_content("web", {"properties": {"b": "é", "a": 1}, "event": "Viewed"})
    assert one == other
    assert one != event_id_from_content("app", {"event": "Viewed", "properties": {"a": 1, "b": "é"}})
    assert one != event_id_from_content("web", {"event": "Viewed", "properties": {"a": 2, "b": "é"}})


def test_what_stands_for_a_counted_event_is_eight_bytes_and_scoped_to_its_source() -> None:
    assert len(seen_hash("web", "1")) == 8
    assert seen_hash("web", "1") != seen_hash("app", "1")
    assert seen_hash("web1", "") != seen_hash("web", "1")


@given(st.text(min_size=1, max_size=10), st.text(min_size=1, max_size=10))
def test_a_bucket_is_stable_and_lies_between_zero_and_one(salt: str, person: str) -> None:
    assert 0 <= bucket(salt, person) < 1
    assert bucket(salt, person) == bucket(salt, person)


def test_a_bucket_is_the_first_eight_bytes_of_the_documented_hash() -> None:
    # sha256(b"salt\0p1") begins with these bytes.
    assert bucket("salt", "p1") == int("bdba2d443119ec7f", 16) / 2**64
    assert bucket("salt", "p1") != bucket("salt2", "p1")


def test_buckets_split_people_evenly() -> None:
    hits = sum(bucket("holdout", f"p{number}") < 0.1 for number in range(5_000))
    assert 400 < hits < 600


@settings(max_examples=100)
@given(
    st.integers(0, 10**9),
    st.integers(1, 10**9),
    st.binary(min_size=10, max_size=10),
    st.binary(min_size=10, max_size=10),
)
def test_profile_ids_sort_by_when_they_were_made(earlier: int, gap: int, one: bytes, other: bytes) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=earlier)
    first = profile_id(start, one)
    second = profile_id(start + timedelta(milliseconds=gap), other)
    assert first < second
    assert re.fullmatch(r"p[0-9a-v]{26}", first)


def test_profile_ids_of_one_moment_differ_by_their_randomness() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    assert profile_id(now, b"0123456789") != profile_id(now, b"9876543210")


def test_every_shard_gets_its_share_and_a_key_always_the_same_one() -> None:
    shards = [shard_of(f"p{number}", 8) for number in range(800)]
    assert set(shards) == set(range(8))
    assert max(shards.count(shard) for shard in range(8)) < 150
    assert shard_of("p1", 8) == shard_of("p1", 8)


@given(st.binary(max_size=40), st.integers(0, 70))
def test_base32_is_that_of_the_standard(raw: bytes, length: int) -> None:
    assert base32(raw, length) == b32encode(raw).decode().lower().rstrip("=")[:length]


def test_a_digest_is_that_of_the_encoded_parts() -> None:
    assert digest("a", "b", length=60) == base32(sha256(encode_parts("a", "b")).digest(), 60)
