"""The contract of `People` and `Ledger`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kizuna.core.errors import Conflict
from kizuna.core.events import Event
from kizuna.core.folding import Folded
from kizuna.core.ids import shard_of
from kizuna.core.people import Identity, Profile
from kizuna.core.ports import Due, Ledger, People, PersonWrite
from kizuna.core.seen import INLINE, MarkPage, Seen, remembered
from kizuna.core.timeline import timeline_key
from kizuna.topology import DUE_SHARDS, SEGMENT_SHARDS
from tests.support.builders import (
    NOON,
    a_consent,
    a_profile,
    a_write,
    an_event,
    chained,
)


def stored(people: People, profile: Profile, *events: Event) -> Profile:
    """Store a new person, identities included."""
    fresh = replace(profile, version=0)
    people.commit(a_write(None, fresh, *events, new_identities=tuple(profile.identities.values())))
    return people.profiles([profile.id])[profile.id]


def changed(people: People, before: Profile, *events: Event, **changes: Any) -> Profile:
    people.commit(a_write(before, replace(before, **changes), *events))
    return people.profiles([before.id])[before.id]


def keys_of(people: People, *parts: str, since: datetime | None = None) -> list[str]:
    return [entry.event.id for entry in people.timeline(parts, since=since)]


# ── profiles and identities ─────────────────────────────────────────────────────────────────────


def test_a_profile_comes_back_as_it_was_stored(people: People) -> None:
    rich = a_profile(
        seen=(Seen(b"12345678", 29_000_000),),
        due_at=NOON + timedelta(hours=3),
        aggregates={"orders": {"t": [1, 2]}},
        zone="Asia/Tokyo",
        language="ja",
        gpc=True,
        consent_scopes={"email|news": "grant"},
        last_event_at=NOON,
    )
    assert stored(people, rich) == rich


def test_nobody_is_found_where_nobody_is_stored(people: People) -> None:
    assert people.profiles(["p1"]) == {}
    assert people.owners([("email", "ann@example.com")]) == {}


def test_an_identifier_leads_to_its_owner(people: People) -> None:
    stored(people, a_profile())
    assert people.owners([("user_id", "p1"), ("user_id", "p2")]) == {("user_id", "p1"): "p1"}


@pytest.mark.parametrize(
    "value", ["a#b", "i#user_id#x", "名前", "x" * 512, "名" * 512, "~abc", "%7Eabc", "a/b?c"]
)
def test_an_identifier_may_be_any_text(people: People, value: str) -> None:
    identity = Identity("user_id", value, value, NOON, "shop")
    profile = stored(people, a_profile(identities={identity.key: identity}))
    assert people.owners([identity.key]) == {identity.key: "p1"}
    assert profile.identities[identity.key].value == value


def test_many_people_are_read_at_once(people: People) -> None:
    for number in range(130):
        people.commit(a_write(None, a_profile(f"p{number}", version=0, identities={})))
    wanted = [f"p{number}" for number in range(130)]
    assert set(people.profiles([*wanted, "p7", "nobody"])) == set(wanted)


def test_a_stored_person_is_not_created_again(people: People) -> None:
    stored(people, a_profile())
    with pytest.raises(Conflict):
        people.commit(a_write(None, a_profile(version=0)))


def test_a_write_on_an_old_version_is_refused_and_changes_nothing(people: People) -> None:
    first = stored(people, a_profile())
    second = changed(people, first, language="ja")
    with pytest.raises(Conflict):
        changed(people, first, language="de")
    assert people.profiles(["p1"])["p1"] == second
    assert second.version == 2


def test_an_identifier_of_somebody_else_refuses_the_whole_write(people: People) -> None:
    stored(people, a_profile("p1"))
    second = stored(people, a_profile("p2"))
    taken, free = Identity("user_id", "p1"), Identity("email", "new@example.com")
    with pytest.raises(Conflict):
        people.commit(a_write(second, second, new_identities=(free, taken)))
    assert people.profiles(["p2"])["p2"].version == 1
    assert people.owners([free.key, taken.key]) == {taken.key: "p1"}


def test_an_identifier_the_person_holds_already_is_no_obstacle(people: People) -> None:
    first = stored(people, a_profile())
    people.commit(a_write(first, first, new_identities=tuple(first.identities.values())))
    assert people.profiles(["p1"])["p1"].version == 2


# ── merges ──────────────────────────────────────────────────────────────────────────────────────


def absorbed(profile: Profile, into: str) -> Profile:
    return replace(profile, version=profile.version + 1, merged_into=into, segments=frozenset())


def test_a_merged_person_is_found_as_the_one_they_live_on_in(people: People) -> None:
    one, two, three = (stored(people, a_profile(name)) for name in ("p1", "p2", "p3"))
    people.commit(a_write(two, replace(two, parts=("p2", "p3")), absorbed=(absorbed(three, "p2"),)))
    two = people.profiles(["p2"])["p2"]
    people.commit(a_write(one, replace(one, parts=("p1", "p2", "p3")), absorbed=(absorbed(two, "p1"),)))
    found = people.profiles(["p1", "p2", "p3"])
    assert {asked: profile.id for asked, profile in found.items()} == {"p1": "p1", "p2": "p1", "p3": "p1"}
    assert people.owners([("user_id", "p3")]) == {("user_id", "p3"): "p3"}


def test_a_merge_is_refused_if_the_absorbed_person_changed_meanwhile(people: People) -> None:
    one, two = stored(people, a_profile("p1")), stored(people, a_profile("p2"))
    changed(people, two, language="ja")
    with pytest.raises(Conflict):
        people.commit(a_write(one, one, absorbed=(absorbed(two, "p1"),)))
    assert people.profiles(["p1"])["p1"].version == 1
    assert people.profiles(["p2"])["p2"].id == "p2"


# ── timelines ───────────────────────────────────────────────────────────────────────────────────


def test_a_timeline_is_read_oldest_first_part_by_part(people: People) -> None:
    one = stored(people, a_profile("p1"), an_event(number=3))
    stored(people, a_profile("p2"), an_event(number=2))
    changed(people, one, an_event(number=4), an_event(number=1))
    assert keys_of(people, "p1", "p2") == ["event-1", "event-3", "event-4", "event-2"]
    assert keys_of(people, "p1", since=NOON + timedelta(seconds=3)) == ["event-3", "event-4"]
    assert keys_of(people, "p3") == []


def test_an_event_comes_back_as_it_was_stored(people: People) -> None:
    event = an_event(
        context={"device": {"token": "t1"}},
        traits={"name": "安"},
        original_at=NOON,
        sent_at=NOON,
        triggers=False,
        identities=(("email", "ann@example.com"),),
        extra={"x": [1, 2.5, None]},
    )
    stored(people, a_profile(), event)
    [entry] = people.timeline(["p1"])
    assert entry.event == event
    assert (entry.part, entry.key) == ("p1", timeline_key(event))
    assert people.timeline_event("p1", entry.key) == event
    assert people.timeline_event("p2", entry.key) is None


def test_an_event_stored_again_is_one_event(people: People) -> None:
    first = stored(people, a_profile(), an_event())
    changed(people, first, an_event())
    assert keys_of(people, "p1") == ["event-1"]


def test_many_events_are_stored_with_one_change(people: People) -> None:
    first = stored(people, a_profile())
    changed(people, first, *(an_event(number=number) for number in range(1, 61)))
    assert len(keys_of(people, "p1")) == 60


def test_a_new_person_and_the_events_are_stored_together_or_not_at_all(people: People) -> None:
    stored(people, a_profile("p1"))
    taken = Identity("user_id", "p1")
    with pytest.raises(Conflict):
        people.commit(a_write(None, a_profile("p2", version=0), an_event(), new_identities=(taken,)))
    assert people.profiles(["p2"]) == {}
    assert keys_of(people, "p2") == []


def test_an_event_that_may_turn_out_to_be_somebody_elses_is_stored_with_the_person_or_not_at_all(
    people: People,
) -> None:
    first = stored(people, a_profile("p1"))
    sure, unsure = an_event(number=1), an_event(number=2)
    unsettled = frozenset({timeline_key(unsure)})
    people.commit(a_write(first, first, unsettled=unsettled))
    with pytest.raises(Conflict):
        people.commit(a_write(first, first, sure, unsure, unsettled=unsettled))
    assert keys_of(people, "p1") == ["event-1"]
    second = people.profiles(["p1"])["p1"]
    people.commit(a_write(second, second, sure, unsure, unsettled=unsettled))
    assert keys_of(people, "p1") == ["event-1", "event-2"]


# ── marks of hot people ─────────────────────────────────────────────────────────────────────────


def a_flood(person: Profile) -> Folded:
    """A write of somebody who did more than a profile has room to remember."""
    marks = [Seen(number.to_bytes(8, "big"), 29_000_000) for number in range(INLINE + 3)]
    kept = remembered(marks, (), {}, part=person.id, now=datetime.fromtimestamp(29_000_000 * 60, UTC))
    after = replace(person, version=person.version + 1, seen=kept.inline, seen_pages=kept.pages)
    return Folded(after, mark_pages=kept.new)


def test_pages_of_marks_are_stored_before_the_profile_that_lists_them(people: People) -> None:
    first = stored(people, a_profile())
    flood = a_flood(first)
    people.commit(PersonWrite(flood, 1))
    person = people.profiles(["p1"])["p1"]
    assert person.seen_pages == flood.profile.seen_pages
    assert people.marks(person.seen_pages) == flood.mark_pages


def test_a_page_whose_profile_was_not_stored_is_there_and_listed_by_nobody(people: People) -> None:
    first = stored(people, a_profile())
    changed(people, first, language="ja")
    flood = a_flood(first)
    with pytest.raises(Conflict):
        people.commit(PersonWrite(flood, 1))
    assert people.profiles(["p1"])["p1"].seen_pages == ()
    assert people.marks(flood.mark_pages) == flood.mark_pages


def test_a_page_that_is_gone_is_absent(people: People) -> None:
    assert people.marks([MarkPage("p1", "gone", 29_000_000, 3)]) == {}
    assert people.marks([]) == {}


# ── the ledger ──────────────────────────────────────────────────────────────────────────────────


def test_consent_is_appended_in_the_transaction_of_the_person(people: People, ledger: Ledger) -> None:
    one, two = stored(people, a_profile("p1")), stored(people, a_profile("p2"))
    entries = chained(a_consent(2), a_consent(1))
    people.commit(a_write(one, one, consents=entries))
    people.commit(a_write(two, two, consents=chained(a_consent(3))))
    assert [event.id for event in ledger.events(["p1", "p2", "p9"])] == [
        "consent-2",
        "consent-1",
        "consent-3",
    ]
    assert ledger.events(["p1"])[0] == entries[0].event


def test_a_refused_write_leaves_no_consent(people: People, ledger: Ledger) -> None:
    first = stored(people, a_profile())
    changed(people, first)
    with pytest.raises(Conflict):
        people.commit(a_write(first, first, consents=chained(a_consent())))
    assert ledger.events(["p1"]) == ()


def test_a_place_in_the_ledger_is_taken_once(people: People, ledger: Ledger) -> None:
    first = stored(people, a_profile())
    people.commit(a_write(first, first, consents=chained(a_consent(1))))
    second = people.profiles(["p1"])["p1"]
    with pytest.raises(Conflict):
        people.commit(a_write(second, second, consents=chained(a_consent(2))))
    assert [event.id for event in ledger.events(["p1"])] == ["consent-1"]


# ── membership and alarms ───────────────────────────────────────────────────────────────────────


def test_members_are_read_page_by_page_in_their_shard(people: People) -> None:
    everybody = [f"p{number:02d}" for number in range(40)]
    for person in everybody:
        people.index_membership(person, ["vip"], [], at=NOON)
    shard = shard_of("p00", SEGMENT_SHARDS)
    wanted = [person for person in everybody if shard_of(person, SEGMENT_SHARDS) == shard]
    read: list[str] = []
    after: str | None = None
    for _ in range(40):
        page, after = people.members("vip", shard, after=after, limit=2)
        read += page
        if after is None:
            break
    assert read == wanted
    assert people.members("other", shard) == ((), None)


def test_indexing_a_membership_twice_changes_nothing_and_leaving_removes_it(people: People) -> None:
    shard = shard_of("p1", SEGMENT_SHARDS)
    for _ in range(2):
        people.index_membership("p1", ["vip", "new"], ["old"], at=NOON)
    assert people.members("vip", shard)[0] == ("p1",)
    for _ in range(2):
        people.index_membership("p1", [], ["vip"], at=NOON)
    assert people.members("vip", shard)[0] == ()
    assert people.members("new", shard)[0] == ("p1",)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def were_in(people: People, *minutes: int) -> list[bool]:
    """At each of these minutes, whether p1 was a member; `members` must agree that a page leads nowhere else."""
    shard = shard_of("p1", SEGMENT_SHARDS)
    return ["p1" in people.members_at("vip", shard, at=at(minute))[0] for minute in minutes]


def test_who_comes_later_was_no_member_and_who_has_gone_was_one(people: People) -> None:
    people.index_membership("p1", ["vip"], [], at=at(10))
    assert were_in(people, 9, 10, 20) == [False, True, True]
    people.index_membership("p1", [], ["vip"], at=at(15))
    assert were_in(people, 9, 10, 14, 15, 20) == [False, True, True, False, False]
    assert people.member_count("vip", shard_of("p1", SEGMENT_SHARDS)) == 0


def test_who_has_gone_and_come_again_was_away_in_between(people: People) -> None:
    for minute, comes in ((10, True), (15, False), (20, True)):
        people.index_membership("p1", ["vip"] if comes else [], [] if comes else ["vip"], at=at(minute))
    assert were_in(people, 9, 12, 15, 19, 20, 30) == [False, True, False, False, True, True]
    assert people.members("vip", shard_of("p1", SEGMENT_SHARDS))[0] == ("p1",)


def test_an_older_change_that_is_brought_back_undoes_no_newer_one(people: People) -> None:
    people.index_membership("p1", ["vip"], [], at=at(10))
    people.index_membership("p1", [], ["vip"], at=at(15))
    people.index_membership("p1", ["vip"], [], at=at(20))
    before = were_in(people, *range(9, 25))
    people.index_membership("p1", [], ["vip"], at=at(12))
    people.index_membership("p1", ["vip"], [], at=at(10))
    assert were_in(people, *range(9, 25)) == before
    assert people.member_count("vip", shard_of("p1", SEGMENT_SHARDS)) == 1


def test_who_was_never_in_does_not_leave(people: People) -> None:
    people.index_membership("p1", [], ["vip"], at=at(5))
    assert were_in(people, 4, 5, 6) == [False, False, False]


def test_pages_are_full_whatever_lies_between(people: People) -> None:
    everybody = [f"p{number:02d}" for number in range(99)]
    for person in everybody:
        people.index_membership(person, ["vip"], [], at=at(1))
    shard = shard_of("p00", SEGMENT_SHARDS)
    there = [person for person in everybody if shard_of(person, SEGMENT_SHARDS) == shard]
    gone, stay = there[:3], there[3:]
    for person in gone:
        people.index_membership(person, [], ["vip"], at=at(2))
    assert people.members("vip", shard, limit=2) == (tuple(stay[:2]), stay[1])
    assert people.members("vip", shard, limit=100) == (tuple(stay), None)
    assert people.members_at("vip", shard, at=at(1), limit=100) == (tuple(there), None)


def overdue(people: People, now: datetime, limit: int = 1000) -> list[str]:
    return [due.id for shard in range(DUE_SHARDS) for due in people.due(shard, now=now, limit=limit)]


def test_what_is_overdue_is_found_and_nothing_else(people: People) -> None:
    stored(people, a_profile("p1", due_at=NOON))
    stored(people, a_profile("p2", due_at=NOON + timedelta(milliseconds=1)))
    stored(people, a_profile("p3"))
    assert overdue(people, NOON - timedelta(milliseconds=1)) == []
    assert overdue(people, NOON) == ["p1"]
    assert sorted(overdue(people, NOON + timedelta(days=1))) == ["p1", "p2"]


def test_an_alarm_that_is_switched_off_no_longer_rings(people: People) -> None:
    first = stored(people, a_profile(due_at=NOON))
    changed(people, first, due_at=None)
    assert overdue(people, NOON) == []


def test_the_longest_overdue_ring_first(people: People) -> None:
    for number in range(30):
        stored(people, a_profile(f"p{number}", due_at=NOON - timedelta(minutes=number)))
    for shard in range(DUE_SHARDS):
        rung = [int(due.id[1:]) for due in people.due(shard, now=NOON)]
        assert rung == sorted(rung, reverse=True)
        assert [int(due.id[1:]) for due in people.due(shard, now=NOON, limit=1)] == rung[:1]
        assert all(due == Due("profile", due.id) for due in people.due(shard, now=NOON))


def test_instants_keep_their_milliseconds(people: People) -> None:
    at = datetime(2026, 11, 23, 12, 0, 0, 123_000, tzinfo=UTC)
    assert stored(people, a_profile(due_at=at, updated_at=at)).due_at == at
