"""What a record keeps of where its person stands comes back from the table as it went in."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kizuna.adapters.tables.people_codec import profile_from_item, profile_to_item
from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.summary import summary_of
from kizuna.core.people import Listing
from tests.support.builders import NOON, a_profile
from tests.support.consents import NOW, ledgers

MILLIS = st.one_of(st.none(), st.integers(0, 4_000_000_000_000))
LISTINGS = st.builds(
    Listing,
    st.booleans(),
    st.integers(0, 10**9).map(lambda n: NOON + timedelta(milliseconds=n)),
    st.text(max_size=8),
)


@given(
    ledgers(max_size=8),
    st.dictionaries(st.text(min_size=1, max_size=5), st.tuples(MILLIS, MILLIS), max_size=3),
    st.dictionaries(st.text(min_size=1, max_size=5), LISTINGS, max_size=3),
    st.dictionaries(
        st.sampled_from(["trial", "win-back"]), st.frozensets(st.sampled_from(["in", "completed", "exited"]))
    ),
)
def test_a_record_comes_back_as_it_was(
    ledger: tuple[ConsentEvent, ...],
    moves: dict[str, tuple[int | None, int | None]],
    lists: dict[str, Listing],
    stands: dict[str, frozenset[str]],
) -> None:
    summary = summary_of(ledger, parts=("p1",), length=len(ledger), now=NOW)
    stored = a_profile(consents=summary, moves=moves, lists=lists, stands=stands)
    assert profile_from_item(profile_to_item(stored)) == stored


def test_a_record_that_keeps_nothing_of_it_says_nothing_of_it() -> None:
    item = profile_to_item(a_profile())
    assert not {'"co"', '"mo"', '"li"', '"jo"'} & {
        part.partition(":")[0] for part in item["b"]["S"].split(",")
    }
    assert profile_from_item(item).consents is None
