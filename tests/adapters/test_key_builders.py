"""Two different things never share a key, whatever their names hold (abuse case A06)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from kizuna.adapters.tables import catalog_keys, people_keys
from kizuna.core.durations import epoch_millis
from kizuna.core.ids import digest, encode_parts, profile_id

# What separates and escapes in keys of ours, what other code pages make of it, and what no text should hold.
NASTY = "#|/\\~%.:,-_@+ 0aA23\x00\u202e\u200b\ufeff＃\ud800\udfffé"
# No prefix of ours, no encoding of ours, nothing that DynamoDB would not store.
anything = st.one_of(
    st.text(NASTY, min_size=1, max_size=12), st.text(min_size=1, max_size=20).map(lambda text: text * 60)
)
slug = st.from_regex(r"[a-z][a-z0-9-]{0,6}", fullmatch=True)
kind = st.one_of(slug, st.sampled_from(["user_id", "email", "anonymous_id", "user_id#", "a#b", "i#user_id"]))
made = st.sampled_from([digest("some", str(number)) for number in range(5)])
person = st.builds(
    lambda number: profile_id(datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=number), b"r" * 10),
    st.integers(0, 3),
)
shard = st.integers(0, 12)

# Every builder of a key, or of a part of one, with what it may be made of.
PEOPLE: dict[Callable[..., str], tuple[st.SearchStrategy[Any], ...]] = {
    people_keys.person: (person,),
    people_keys.identity: (kind, anything),
    people_keys.holders: (made,),
    people_keys.address_pressure: (made,),
    people_keys.message: (made,),
    people_keys.address_guard: (slug, anything, made),
    people_keys.membership: (slug, shard),
    people_keys.erased: (made,),
    people_keys.asked: (anything,),
}
SORTS: dict[Callable[..., str], tuple[st.SearchStrategy[Any], ...]] = {
    people_keys.journey_run: (slug, anything),
    people_keys.journey_entries: (slug,),
    people_keys.sent_guard: (anything, anything, anything, slug),
    people_keys.told: (made,),
    people_keys.task: (made,),
    people_keys.trial: (slug,),
    people_keys.mark_page: (made,),
    people_keys.row_page: (made,),
}
CATALOG: dict[Callable[..., str], tuple[st.SearchStrategy[Any], ...]] = {
    catalog_keys.runs: (anything,),
    catalog_keys.checkpoints: (anything, anything),
    catalog_keys.rfm_runs: (anything,),
    catalog_keys.rfm_pages: (anything, anything),
    catalog_keys.arrivals: (anything,),
    catalog_keys.pace: (anything,),
    catalog_keys.circuit: (anything,),
    catalog_keys.counters: (anything, anything, shard),
    catalog_keys.results: (anything, anything, shard),
    catalog_keys.cohort: (anything, anything, shard),
    catalog_keys.rhythm: (anything, shard),
    catalog_keys.journey_counts: (anything, shard),
    catalog_keys.journey_limits: (anything,),
    catalog_keys.journey_places: (anything, anything),
}


def things(
    builders: dict[Callable[..., str], tuple[st.SearchStrategy[Any], ...]],
) -> st.SearchStrategy[Any]:
    """A builder with values for it."""
    return st.one_of(*(st.tuples(st.just(build), st.tuples(*parts)) for build, parts in builders.items()))


def key_of(thing: tuple[Callable[..., str], tuple[Any, ...]]) -> str:
    build, parts = thing
    return build(*parts)


@settings(max_examples=150)
@given(st.one_of(*(st.tuples(things(of), things(of)) for of in (PEOPLE, SORTS, CATALOG))))
@example(((people_keys.identity, ("user_id", "~")), (people_keys.identity, ("user_id", "%7E"))))
@example(((people_keys.identity, ("user_id#a", "b")), (people_keys.identity, ("user_id", "a#b"))))
@example(((people_keys.identity, ("user_id", "\ud800")), (people_keys.identity, ("user_id", "?"))))
@example(((catalog_keys.checkpoints, ("a#b", "c")), (catalog_keys.checkpoints, ("a", "b#c"))))
@example(((catalog_keys.checkpoints, ("a%23b", "c")), (catalog_keys.checkpoints, ("a#b", "c"))))
def test_two_different_things_have_two_different_keys(pair: Any) -> None:
    one, other = pair
    if one != other:
        assert key_of(one) != key_of(other)


@settings(max_examples=60)
@given(things(PEOPLE), things(SORTS))
def test_every_key_fits_into_dynamodb_and_is_text(partition: Any, sort: Any) -> None:
    assert 0 < len(key_of(partition).encode()) <= 2_048
    assert 0 < len(key_of(sort).encode()) <= 1_024


def test_an_id_that_looks_like_the_hash_of_a_long_one_is_not_that_one() -> None:
    long = "x" * 10_000
    key = people_keys.identity("user_id", long)
    posing = key.removeprefix("i#user_id#")
    assert posing.startswith("~")
    assert people_keys.identity("user_id", posing) != key
    assert people_keys.identity("user_id", posing.replace("~", "%7E")) != key


@settings(max_examples=60)
@given(st.lists(anything, max_size=4), st.lists(anything, max_size=4))
def test_lists_of_texts_join_to_the_same_bytes_only_if_they_are_the_same(
    one: list[str], other: list[str]
) -> None:
    assert (encode_parts(*one) == encode_parts(*other)) == (one == other)
    assert (digest(*one) == digest(*other)) == (one == other)


@given(st.integers(0, 2**41), made, st.integers(0, 2**41), made)
def test_what_is_kept_by_time_is_told_apart_and_sorts_by_it(one: int, a: str, other: int, b: str) -> None:
    for build in (people_keys.inbox_item, people_keys.task_place):
        first, second = build(one, a), build(other, b)
        assert (first == second) == ((one, a) == (other, b))
        if one != other:
            assert (first < second) == (one < other)
    assert people_keys.inbox_place(people_keys.inbox_item(one, a)) == (one, a)
    assert epoch_millis(datetime(9999, 12, 31, tzinfo=UTC)) < 10**15
