"""Reading segments: drafts counted before they are saved, members listed while people come and go, exact overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.catalog import Catalog
from kizuna.core.errors import InvalidDefinition
from kizuna.core.people import Profile, Trait
from kizuna.core.segments import EVERYONE
from kizuna.local.memory.members import Members
from kizuna.topology import SEGMENT_SHARDS
from kizuna.usecases.segments.changes import effects_of
from kizuna.usecases.segments.counts import Lot, Position, Walked, walk
from kizuna.usecases.segments.drafts import draft_in, drafted, focused
from kizuna.usecases.segments.overlap import members_in_order, overlap_of
from kizuna.usecases.segments.pages import (
    draft_body,
    explanation_page,
    members_body,
    place_from,
    place_text,
    segment_bodies,
    segment_page,
)
from kizuna.usecases.segments.preview import Looker, reach_of_members, sample_of
from tests.support.builders import NOON, SERVER, a_catalog, a_profile, some_documents
from tests.support.customers import CATALOG, SEGMENTS, TRIGGERED, a_house, identify, order, subscribe
from tests.support.fakes import InMemoryPeople
from tests.support.house import House

DOCUMENTS = {
    **some_documents(TRIGGERED),
    **{("segment", name): document for name, document in SEGMENTS.items()},
}
BIG = {"event": "Order Completed", "verb": "sum", "of": "total", "op": "gte", "value": 25}


def a_crowd() -> House:
    """Nine people with one, two or three orders each, of 12.50 apiece."""
    house = a_house()
    for number in range(9):
        house.ingest(
            subscribe(f"u{number}"),
            *(order(each, user=f"u{number}", id=f"e{number}-{each}") for each in range(number % 3 + 1)),
        )
    house.settle()
    return house


def looked(catalog: Catalog, name: str, house: House) -> Walked:
    *_, last = walk(catalog, (name,), house.people, now=NOON)
    return last


# ── drafts ──────────────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_counted_though_nobody_remembers_what_it_asks_for_and_nothing_is_written() -> None:
    house = a_crowd()
    writes = len(house.people.writes)
    catalog = drafted(BIG, DOCUMENTS)
    told = looked(catalog, "draft", house)
    assert (told.people, told.sums["draft"].members) == (9, 6)
    assert told.sums["draft"].overlap == {"buyers": 6, "loyal": 3}
    assert len(house.people.writes) == writes


def test_a_draft_asks_only_for_what_it_looks_at() -> None:
    catalog = drafted({"all": [{"in_segment": "loyal"}, BIG]}, DOCUMENTS)
    assert [segment.id for segment in catalog.segments] == ["loyal", "draft"]
    assert len(catalog.needs) == 1  # number and sum of the same event are one memory


def test_a_draft_of_a_segment_in_force_stands_in_its_place() -> None:
    house = a_crowd()
    changed = {**SEGMENTS["loyal"], "when": {"event": "Order Completed", "verb": "count", "value": 2}}
    catalog = drafted(changed, DOCUMENTS)
    assert draft_in(catalog, changed).id == "loyal"
    sums = looked(catalog, "loyal", house).sums["loyal"]
    assert (sums.members, sums.entering, sums.leaving) == (6, 3, 0)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"trait": "plan", "op": "eqq", "value": 1}, "my.yaml: op"),
        ({"id": "mine", "when": {"trait": "plan", "op": "eqq", "value": 1}}, "my.yaml: when.op"),
        ({"in_segment": "nobody"}, "my.yaml"),
        ({"not": {"any": [{"everyone": True}, {"in_segment": "nobody"}]}}, "my.yaml: not.any.1"),
        ({"in_segment": "draft"}, "my.yaml"),
        ({"all": []}, "my.yaml: all"),
        ("everybody", "my.yaml"),
    ],
)
def test_a_draft_that_would_be_refused_is_refused_with_its_path(document: Any, path: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        drafted(document, DOCUMENTS, place="my.yaml")
    assert [problem.path for problem in refused.value.problems] == [path]


def test_a_sample_is_of_members_each_with_the_reason() -> None:
    house = a_crowd()
    catalog = drafted(BIG, DOCUMENTS)
    told = looked(catalog, "draft", house)
    looker = Looker(house.people, house.ledger, house.messages)
    drawn = sample_of("draft", told.sums["draft"], looker, catalog, now=NOON, size=4)
    assert len({each.person for each in drawn}) == 4
    for each in drawn:
        (because,) = each.membership.because
        assert because.holds
    body = draft_body("draft", told, drawn, None, "en")
    assert (
        body["sample"][0]["because"][0]["text"]
        == "the total of “Order Completed” adds up to at least 25 at any time"
    )


def test_reach_is_what_the_gate_says_of_members_after_consent() -> None:
    house = a_crowd()
    house.ingest(subscribe("u1", number=9, status="UNSUBSCRIBED", at=NOON))
    house.settle()
    catalog = drafted(BIG, DOCUMENTS)
    told = looked(catalog, "draft", house).sums["draft"]
    reach = reach_of_members(told, Looker(house.people, house.ledger, house.messages), catalog, now=NOON)
    email, *others = reach.channels
    assert (reach.of, reach.members) == (6, 6)
    assert (email.channel, email.now + email.later) == ("email", 5)
    assert others
    assert all((each.now, each.later) == (0, 0) for each in others)


def test_a_walk_goes_on_from_where_it_stopped() -> None:
    house = a_crowd()
    catalog = drafted(BIG, DOCUMENTS)
    whole = looked(catalog, "draft", house)
    members = people = 0
    at = Position()
    while not at.is_end:
        step = next(walk(catalog, ("draft",), house.people, now=NOON, begin=at, page=1))
        members, people, at = members + step.sums["draft"].members, people + step.people, step.at
        assert place_from(place_text(at)) == at or at.is_end
    assert (members, people) == (whole.sums["draft"].members, whole.people)


@pytest.mark.parametrize("text", ["", "3", "x.p1", "8.", "-1.", "1" * 300 + ".", "٣."])
def test_what_is_no_place_in_a_walk_is_none(text: str) -> None:
    assert place_from(text) is None


def test_a_lot_draws_the_same_people_in_whatever_order_they_come() -> None:
    people = [f"p{number}" for number in range(500)]
    one, other = Lot(10), Lot(10)
    for person in people:
        one.offer(person)
    for person in reversed(people):
        other.offer(person)
    assert one.people() == other.people()
    assert len(set(one.people())) == 10


# ── members ─────────────────────────────────────────────────────────────────────────────────────

CROWD = [f"p{number:03d}" for number in range(60)]
COMINGS = st.lists(st.tuples(st.booleans(), st.sampled_from(CROWD)), max_size=40)


def listed(people: InMemoryPeople, comings: Iterator[tuple[bool, str]], page: int) -> list[str]:
    """All shards listed, while between any two people somebody comes or goes."""
    found: list[str] = []
    for shard in range(SEGMENT_SHARDS):
        for person in members_in_order("s", shard, people, page=page):
            found.append(person)
            change = next(comings, None)
            if change is not None:
                comes, who = change
                people.index_membership(who, ["s"] if comes else [], [] if comes else ["s"], at=NOON)
    return found


@settings(max_examples=150, deadline=None)
@given(st.sets(st.sampled_from(CROWD)), COMINGS, st.integers(1, 7))
def test_whoever_is_in_all_the_while_is_listed_and_nobody_twice(
    inside: set[str], comings: list[tuple[bool, str]], page: int
) -> None:
    people = InMemoryPeople()
    people.memberships["s"] = Members(inside)
    found = listed(people, iter(comings), page)
    moved_out = {who for comes, who in comings if not comes}
    ever = inside | {who for comes, who in comings if comes}
    assert len(found) == len(set(found))
    assert inside - moved_out <= set(found) <= ever


def test_a_page_of_members_tells_where_the_next_begins_shard_after_shard() -> None:
    house = a_crowd()
    found: list[str] = []
    position: Position | None = Position()
    while position is not None:
        body = members_body("buyers", house.people, position=position, limit=2)
        found += body["members"]
        position = place_from(body["next"]) if body["next"] else None
    assert sorted(found) == sorted(house.people.memberships["buyers"])


# ── overlap ─────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sets(st.sampled_from(CROWD)), min_size=2, max_size=4))
def test_overlaps_are_exact(groups: list[set[str]]) -> None:
    people = InMemoryPeople()
    names = [f"s{number}" for number in range(len(groups))]
    for name, group in zip(names, groups, strict=True):
        people.memberships[name] = Members(group)
    told = overlap_of(names, people)
    assert told.members == {name: len(group) for name, group in zip(names, groups, strict=True)}
    for (one, other), count in told.pairs.items():
        assert count == len(groups[names.index(one)] & groups[names.index(other)])
    assert told.in_any == len(set().union(*groups))
    assert told.in_all == len(set.intersection(*groups))


def test_somebody_in_several_segments_of_a_campaign_counts_and_hears_once() -> None:
    from tests.support.builders import CAMPAIGN
    from tests.support.customers import DAILY

    documents = {**DOCUMENTS, **some_documents(CAMPAIGN | DAILY | {"audience": {"in": ["buyers", "loyal"]}})}
    house = House(a_catalog(documents))
    house.ingest(*(subscribe(f"u{number}") for number in range(4)))
    house.ingest(
        *(order(each, user=f"u{number}", id=f"{number}-{each}") for number in range(4) for each in range(3))
    )
    house.settle()
    assert overlap_of(["buyers", "loyal"], house.people).in_any == 4
    house.start("spring", NOON)
    assert house.walk() == 4
    assert len([each for each in house.messages.stored.values() if each.campaign == "spring"]) == 4


# ── changes ─────────────────────────────────────────────────────────────────────────────────────


def test_a_plan_tells_who_would_enter_and_leave() -> None:
    house = a_crowd()
    changed = {
        **SEGMENTS["loyal"],
        "when": {"event": "Order Completed", "verb": "count", "op": "eq", "value": 2},
    }
    wanted = {
        **DOCUMENTS,
        ("segment", "loyal"): changed,
        ("segment", "all-big"): {"id": "all-big", "name": "Big", "when": BIG},
    }
    *_, last = effects_of(wanted, CATALOG, house.people, now=NOON)
    told = {
        each.segment: (each.sums.members, each.sums.entering, each.sums.leaving) for each in last.segments
    }
    assert told == {"loyal": (3, 3, 3), "all-big": (6, 6, 0)}
    assert (last.people, last.share) == (9, 1.0)


def test_a_change_of_words_alone_asks_nobody() -> None:
    renamed = {**SEGMENTS["loyal"], "name": "Very loyal"}
    assert (
        list(effects_of({**DOCUMENTS, ("segment", "loyal"): renamed}, CATALOG, a_crowd().people, now=NOON))
        == []
    )


# ── pages ───────────────────────────────────────────────────────────────────────────────────────


def test_a_segment_is_shown_in_words_with_its_size_and_what_depends_on_it() -> None:
    house = a_crowd()
    loyal = next(segment for segment in CATALOG.segments if segment.id == "loyal")
    body = segment_page(loyal, house.people, house.backfills, CATALOG)
    assert body["text"]["en"] == "they did “Order Completed” at least 3 times at any time"
    assert (body["members"], body["complete"], body["usedBy"]) == (3, True, ["campaign/welcome"])


def test_a_segment_that_is_being_filled_is_not_said_to_be_complete() -> None:
    house = House(a_catalog(some_documents()))
    house.put_in_force(a_catalog(DOCUMENTS, version=2))
    from kizuna.usecases.segments.backfill import progress_of

    states = {
        each["id"]: each["complete"] for each in segment_bodies(house.catalog, progress_of(house.backfills))
    }
    assert states == {"buyers": False, "loyal": False}


def test_an_explanation_answers_by_the_definitions_in_force_before_the_backfill_came_by() -> None:
    house = House(a_catalog(some_documents()))
    house.ingest(*(order(number) for number in range(3)), identify(50))
    house.settle()
    house.catalog = CATALOG
    person: Profile = house.person("user_id", "u1")
    loyal = next(segment for segment in CATALOG.segments if segment.id == "loyal")
    body = explanation_page(
        loyal, person, house.people, CATALOG, now=NOON, language="en", backfills=house.backfills
    )
    assert (body["holds"], body["onRecord"]) == (True, False)
    assert body["when"]["seen"]["count"] == 3


def test_focus_keeps_what_a_segment_asks_about_and_nothing_else() -> None:
    documents = {
        **DOCUMENTS,
        ("segment", "gold"): {"id": "gold", "name": "Gold", "when": {"in_segment": "loyal"}},
    }
    catalog = focused(a_catalog(documents), ["gold"])
    assert {segment.id for segment in catalog.segments} == {"gold", "loyal"}


def test_people_who_are_gone_or_live_on_in_others_are_counted_by_nobody() -> None:
    people = InMemoryPeople(
        a_profile("p1"),
        a_profile("p2", merged_into="p1"),
        a_profile("p3", status="erased"),
        a_profile("p4", traits={"plan": Trait("free", NOON, SERVER.id)}),
    )
    people.memberships[EVERYONE] |= {"p9"}  # an entry that outlived its person
    catalog = drafted({"trait": "plan", "op": "exists"}, DOCUMENTS)
    *_, last = walk(catalog, ("draft",), people, now=NOON)
    assert (last.people, last.sums["draft"].members) == (2, 2)
