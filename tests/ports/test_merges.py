"""The contract of `Merges`, and whole unmerges over each world: in memory, over moto, in the local cloud."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from kizuna.core.errors import Conflict
from kizuna.core.events import Event
from kizuna.core.folding import Folded
from kizuna.core.merges.log import Absorbed, Evidence, MergeRecord
from kizuna.core.people import Apart, Profile, Trait
from kizuna.core.ports import Claimed, Moved, Parting, TimelineEntry
from kizuna.core.timeline import timeline_key
from kizuna.usecases.identity.unmerge import Registry, last_merge_of, undo_merge
from kizuna.usecases.ingesting.ingest import ingest
from tests.support.builders import NOON, a_consent, a_profile, a_write, an_event, chained
from tests.support.customers import CATALOG, identify, order, orders_of
from tests.support.stores import Stores

LATER = NOON + timedelta(hours=2)


def a_record(before: Profile, *absorbed: Profile, at: int = 0) -> MergeRecord:
    return MergeRecord(
        f"{before.id}.merge{at}",
        NOON + timedelta(minutes=at),
        "identifiers",
        before,
        tuple(Absorbed(gone.id, gone.version, gone.ledger_length) for gone in absorbed),
        (Evidence("shop-backend", "event-9", NOON, (("user_id", "p1"), ("email", "x@example.com"))),),
    )


def stored(stores: Stores, *people: Profile) -> None:
    for person in people:
        write = a_write(None, person, new_identities=tuple(person.identities.values()))
        stores.people.commit(write)


def merged(stores: Stores, *, at: int = 0, **changes: object) -> tuple[MergeRecord, Profile, Profile]:
    """`p1` absorbed `p2` in one transaction with the record; both as they are stored then."""
    one, other = a_profile("p1", **changes), a_profile("p2", traits={})
    stored(stores, one, other)
    record = a_record(one, other, at=at)
    gone = replace(other, version=2, merged_into="p1", segments=frozenset())
    write = a_write(one, replace(one, parts=("p1", "p2")), absorbed=(gone,), merge=record)
    stores.people.commit(write)
    return record, write.folded.profile, gone


def one_version_on(profile: Profile, **changes: Any) -> Folded:
    return Folded(replace(profile, version=profile.version + 1, **changes))


# ── the log ─────────────────────────────────────────────────────────────────────────────────────


def test_a_merge_leaves_its_record_beside_the_primary(stores: Stores) -> None:
    record, person, gone = merged(stores)
    assert stores.merges.get(record.id) == record
    assert stores.merges.of(["p1"]) == (record,)
    assert stores.merges.of(["p2"]) == ()
    assert stores.merges.get("p1.other") is None
    assert stores.merges.get("nobody") is None
    assert stores.merges.stored(["p1", "p2", "p9"]) == {"p1": person, "p2": gone}


def test_the_newest_merge_comes_first(stores: Stores) -> None:
    record, person, _ = merged(stores)
    third = a_profile("p3")
    stored(stores, third)
    newer = a_record(person, third, at=5)
    gone = replace(third, version=2, merged_into="p1")
    stores.people.commit(a_write(person, person, absorbed=(gone,), merge=newer))
    assert stores.merges.of(["p2", "p1"]) == (newer, record)


def test_a_primary_that_fills_its_item_is_kept_all_the_same(stores: Stores) -> None:
    """What hardly compresses, as much of it as an item takes; the record is split rather than cut."""
    random = _noise(3_000)
    traits = {f"t{number}": Trait(random[number * 100 :][:100], NOON, "web") for number in range(2_200)}
    record, _, _ = merged(stores, traits=traits)
    assert stores.merges.get(record.id) == record


def _noise(lines: int) -> str:
    import hashlib

    return "".join(hashlib.sha512(str(line).encode()).hexdigest() for line in range(lines))


def test_a_merge_that_is_refused_leaves_no_record(stores: Stores) -> None:
    one, other = a_profile("p1"), a_profile("p2")
    stored(stores, one, other)
    record = a_record(one, other)
    stale = replace(other, version=9, merged_into="p1")
    with pytest.raises(Conflict):
        stores.people.commit(a_write(one, one, absorbed=(stale,), merge=record))
    assert stores.merges.get(record.id) is None


def test_a_profile_remembers_whom_it_was_taken_for(stores: Stores) -> None:
    apart = (Apart("p1", "p2", NOON, (3, 4)), Apart("p1", "p3", NOON))
    stored(stores, a_profile("p1", apart=apart))
    assert stores.people.profiles(["p1"])["p1"].apart == apart


# ── what undoing writes ─────────────────────────────────────────────────────────────────────────


def test_the_timeline_knows_which_write_counted_an_event(stores: Stores) -> None:
    one = a_profile("p1")
    stored(stores, one)
    stores.people.commit(a_write(one, one, an_event(number=1)))
    (entry,) = stores.people.timeline(["p1"])
    assert (entry.version, entry.moved_by) == (2, "")


def moved(event: Event, to: str, *, stale: tuple[str, ...]) -> Moved:
    return Moved(TimelineEntry("p1", timeline_key(event), event), to, 7, "p1.merge0", stale)


def test_events_move_to_whose_they_are_and_may_move_twice(stores: Stores) -> None:
    one, events = a_profile("p1"), [an_event(number=number) for number in range(30)]
    stored(stores, one)
    stores.people.commit(a_write(one, one, *events))
    work = [moved(event, "p2", stale=("p1",)) for event in events[:28]]
    address = next(iter(one.addresses.values())).id
    for _ in range(2):
        stores.merges.move(work, [(address, "p2")])
    assert {entry.event.id for entry in stores.people.timeline(["p1"])} == {"event-28", "event-29"}
    there = list(stores.people.timeline(["p2"]))
    assert len(there) == 28
    assert {(entry.version, entry.moved_by) for entry in there} == {(7, "p1.merge0")}


def test_an_identifier_is_claimed_from_whom_it_is_held_by_and_from_nobody_else(stores: Stores) -> None:
    stored(stores, a_profile("p1"), a_profile("p2"))
    key = ("user_id", "p1")
    for _ in range(2):
        stores.merges.claim([Claimed(key, "p1", "p2")])
    assert stores.people.owners([key]) == {key: "p2"}
    with pytest.raises(Conflict):
        stores.merges.claim([Claimed(key, "p8", "p9")])
    with pytest.raises(Conflict):
        stores.merges.claim([Claimed(("user_id", "unknown"), "p1", "p2")])


def test_the_entries_since_are_those_after_a_number(stores: Stores) -> None:
    entries = chained(a_consent(1), a_consent(2), a_consent(3))
    one = a_profile("p1")
    stored(stores, one)
    stores.people.commit(a_write(one, one, consents=entries))
    assert stores.merges.entries_since("p1", 1) == entries[1:]
    assert stores.merges.entries_since("p1", 0) == entries
    assert stores.merges.entries_since("p1", 3) == ()


def test_the_chain_of_a_merged_profile_grows_only_from_what_was_read(stores: Stores) -> None:
    _, _, gone = merged(stores)
    entries = chained(a_consent(1))
    after = replace(one_version_on(gone, ledger_length=1, ledger_head=entries[-1].hash), consents=entries)
    stores.merges.append(after)
    with pytest.raises(Conflict):
        stores.merges.append(after)
    assert stores.ledger.events(["p2"]) == (entries[0].event,)


def test_the_parting_happens_once_and_wholly(stores: Stores) -> None:
    record, person, gone = merged(stores)
    undone = replace(record, undone_at=LATER)
    (entry,) = chained(a_consent(1))
    sides = (
        one_version_on(person, parts=("p1",)),
        replace(one_version_on(gone, merged_into=None), consents=(entry,)),
    )
    stale = (sides[0], Folded(replace(sides[1].profile, version=9)))
    with pytest.raises(Conflict):
        stores.merges.part(Parting(undone, stale))
    assert stores.merges.stored(["p1", "p2"]) == {"p1": person, "p2": gone}
    stores.merges.part(Parting(undone, sides))
    assert stores.people.profiles(["p1", "p2"]) == {side.profile.id: side.profile for side in sides}
    assert stores.merges.get(record.id) == undone
    assert stores.ledger.events(["p2"]) == (entry.event,)
    again = tuple(one_version_on(side.profile) for side in sides)
    with pytest.raises(Conflict):
        stores.merges.part(Parting(undone, again))


def test_a_whole_unmerge_over_the_store(stores: Stores) -> None:
    numbers = count(1)

    def take(*events: Event) -> None:
        done = ingest(
            events, people=stores.people, ledger=stores.ledger, catalog=CATALOG, now=NOON,
            new_id=lambda: f"n{next(numbers)}",
        )  # fmt: skip
        assert (done.left_over, done.violations) == ((), ())

    def person(kind: str, value: str) -> Profile:
        owner = stores.people.owners([(kind, value)])[kind, value]
        return stores.people.profiles([owner])[owner]

    take(order(1, user=None, anonymous="a1"), order(2, user=None, anonymous="a1"))
    take(order(3, user="u1"))
    before = [person("user_id", "u1"), person("anonymous_id", "a1")]
    take(identify(user="u1", anonymous="a1"))
    take(order(11, user=None, anonymous="a1"), order(12, user="u1"))
    take(identify(13, user=None, anonymous="a1", email="v@example.com"))
    on = Registry(stores.people, stores.ledger, stores.merges)
    record = last_merge_of(person("user_id", "u1"), on)
    for _ in range(2):
        undo_merge(record.id, on, CATALOG, now=LATER)
    customer, visitor = person("user_id", "u1"), person("anonymous_id", "a1")
    assert [side.id for side in (customer, visitor)] == [side.id for side in before]
    assert [orders_of(side) for side in (customer, visitor)] == [2, 3]
    assert person("email", "v@example.com") == visitor
    told = {side.id: {entry.event.id for entry in stores.people.timeline(side.parts)} for side in before}
    assert told == {
        customer.id: {"event-3", "event-100", "event-12"},
        visitor.id: {"event-1", "event-2", "event-11", "event-13"},
    }
