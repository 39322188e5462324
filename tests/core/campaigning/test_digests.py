"""A set of texts in little memory says what a set would say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.campaigning.digests import Digests


@given(st.lists(st.text(max_size=4)))
def test_it_is_a_set(texts: list[str]) -> None:
    known, plain = Digests(), set[str]()
    for text in texts:
        assert known.add(text) is (text not in plain)
        plain.add(text)
    assert len(known) == len(plain)


def test_it_grows_and_takes_a_fifth_of_the_memory_of_a_set() -> None:
    known = Digests()
    count = 40_000
    assert all(known.add(f"address {number}") for number in range(count))
    assert not any(known.add(f"address {number}") for number in range(0, count, 97))
    assert len(known) == count
    assert len(known._slots) * 8 <= 32 * count
