"""unmerge(merge(A, B)) is A and B, and what came since goes to whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent import ConsentEvent, fold, permission
from kizuna.core.folding import Folded, settled
from kizuna.core.merges.log import Absorbed, MergeRecord
from kizuna.core.merges.merging import merge
from kizuna.core.merges.unmerging import Taken, Unmerge, unmerge
from kizuna.core.people import Profile
from kizuna.core.policy import ConsentPolicy
from kizuna.core.segments import standing
from tests.support.builders import NOON, a_profile
from tests.support.consents import grant, text, withdraw
from tests.support.examples import examples
from tests.support.folds import CATALOG
from tests.support.sides import stored_people

MERGED_AT = NOON + timedelta(hours=5)
LATER = MERGED_AT + timedelta(hours=1)
CONSENTS = st.lists(
    st.sampled_from(
        [
            withdraw(NOON, endpoint=None, id="no"),
            grant(NOON + timedelta(hours=1), id="yes"),
            text("STOP", NOON, endpoint="t1", id="stop"),
            text("START", NOON + timedelta(hours=2), endpoint="t1", id="start"),
        ]
    ),
    unique_by=lambda consent: consent.id,
)


def merged(
    primary: Profile, others: Sequence[Profile], ledgers: dict[str, list[ConsentEvent]]
) -> tuple[Taken, Folded]:
    """The people as they are stored after a merge, and what its write stored."""
    found = merge(primary, others, ledgers, CATALOG, now=MERGED_AT)
    folded = settled(
        before=primary, after=found.profile, catalog=CATALOG, now=MERGED_AT, consents=found.carried, announces=False
    )  # fmt: skip
    absorbed = tuple(Absorbed(other.id, other.version, other.ledger_length) for other in others)
    record = MergeRecord(found.id, MERGED_AT, "identifiers", primary, absorbed)
    return Taken(record, folded.profile, found.absorbed, (), folded.consents, {}, {}), folded


def as_it_was(profile: Profile) -> Profile:
    """What an unmerge has to give back: all but what counts writes, and the entry that took the merge back."""
    return replace(
        profile, version=0, reach_version=0, updated_at=NOON, apart=(), ledger_head="", ledger_length=0,
        due_at=None, evaluated="", segments=standing(profile, CATALOG.segments, now=LATER).segments,
    )  # fmt: skip


def undone(taken: Taken) -> Unmerge:
    return unmerge(taken, CATALOG, now=LATER)


@settings(max_examples=examples(50))
@given(stored_people("p1", own=True), stored_people("p2", own=True), CONSENTS, CONSENTS)
def test_a_merge_that_is_undone_gives_both_sides_back(
    one: Profile, other: Profile, left: list[ConsentEvent], right: list[ConsentEvent]
) -> None:
    taken, _ = merged(one, [other], {"p1": left, "p2": right})
    found = undone(taken).parting.sides
    assert [as_it_was(side.profile) for side in found] == [as_it_was(one), as_it_was(other)]
    for side, before in zip(found, (taken.person, *taken.absorbed), strict=True):
        assert side.profile.version == before.version + 1
        assert side.profile.reach_version == before.reach_version + 1
        assert {fact.kind for fact in side.facts} <= {"consent", "unmerged"}


@settings(max_examples=examples(30))
@given(stored_people("p1", own=True), stored_people("p2", own=True), stored_people("p3", own=True))
def test_so_does_a_merge_of_three(one: Profile, two: Profile, three: Profile) -> None:
    taken, _ = merged(one, [two, three], {})
    found = undone(taken).parting.sides
    assert [as_it_was(side.profile) for side in found] == [as_it_was(side) for side in (one, two, three)]


def standing_of(ledger: Sequence[ConsentEvent]) -> object:
    policy = ConsentPolicy()
    found = fold(ledger, now=LATER, policy=policy)
    asked = [
        permission(
            found, channel=channel, topic="news", endpoint=endpoint, country="JP", now=LATER, policy=policy
        )
        for channel, endpoint in (("email", "ep1"), ("sms", "t1"))
    ]
    return (
        found.stops, found.reviews, found.objections,
        [(one.valid, [e.id for e in one.channel_opt_outs], [e.id for e in one.topic_opt_outs]) for one in asked],
    )  # fmt: skip


@settings(max_examples=examples(40))
@given(CONSENTS, CONSENTS, st.booleans())
def test_each_side_may_be_written_to_just_as_before(
    left: list[ConsentEvent], right: list[ConsentEvent], again: bool
) -> None:
    """What the merge had carried over from the other side binds no longer; a side's own No does, and so for good."""
    ledgers = {"p1": left, "p2": right}
    taken, _ = merged(a_profile("p1"), [a_profile("p2")], ledgers)
    found = undone(taken).parting.sides
    after = {
        "p1": [*left, *(e.event for e in taken.since), *(e.event for e in found[0].consents)],
        "p2": [*right, *(e.event for e in found[1].consents)],
    }
    if again:  # united and taken apart once more
        sides = [side.profile for side in found]
        retaken, _ = merged(sides[0], [sides[1]], after)
        refound = undone(retaken).parting.sides
        after["p1"] += [e.event for e in (*retaken.since, *refound[0].consents)]
        after["p2"] += [e.event for e in refound[1].consents]
    for side, before in ledgers.items():
        assert standing_of(after[side]) == standing_of(before)
