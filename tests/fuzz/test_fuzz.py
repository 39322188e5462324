"""Parsers of what strangers write neither break nor take anything for what it is not: a short run of the fuzzers.

`python -m tests.fuzz 1000000` is the long one (`make deep`); what it finds is kept beside it.
"""

from __future__ import annotations

import pytest

from tests.fuzz.mutating import mutants
from tests.fuzz.samples import samples
from tests.fuzz.targets import targets

SHORT = {"token": 2_000, "keyword": 500, "report": 1_000, "template": 60, "header": 200, "key": 1_000}


@pytest.mark.parametrize("name", targets())
def test_an_input_that_once_broke_something_does_so_no_more(name: str) -> None:
    for text in samples(name):
        targets()[name].holds(text)


@pytest.mark.parametrize("name", targets())
def test_whatever_comes_it_is_read_or_refused(name: str) -> None:
    target = targets()[name]
    for text in (*target.seeds, *mutants(target.seeds, runs=SHORT[name], seed=7, words=target.words)):
        target.holds(text)


def test_the_same_seed_makes_the_same_inputs_and_they_differ_from_what_they_were_made_of() -> None:
    one, again = (list(mutants(["abc", "{{ x }}"], runs=500, seed=3)) for _ in range(2))
    assert one == again
    assert len(set(one) - {"abc", "{{ x }}"}) > 300


def test_a_target_notices_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fuzzer that cannot fail proves nothing: here links are read whatever their MAC."""
    monkeypatch.setattr("hmac.compare_digest", lambda one, other: True)
    link, *_ = targets()["token"].seeds
    with pytest.raises(AssertionError, match="forged"):
        targets()["token"].holds(link[:-1] + ("A" if link[-1] != "A" else "B"))
