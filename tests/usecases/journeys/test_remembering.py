"""Segments that ask where people stand in journeys follow their runs: on record, and announced once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog
from kizuna.core.errors import Conflict
from kizuna.core.journeys.run import JourneyRun, RunState
from kizuna.core.people import Profile
from kizuna.core.ports import PersonWrite
from kizuna.core.segments.backfill import asked_by, is_answerable, is_behind
from kizuna.local.memory.journeys import InMemoryJourneyRuns
from kizuna.local.memory.people import InMemoryPeople
from kizuna.local.time_travel.playing import Played
from kizuna.usecases.journeys.remembering import note_run
from kizuna.usecases.reacting.upkeep import as_defined, bring_up_to_date
from tests.support.builders import CAMPAIGN, NOON, a_profile
from tests.support.customers import identify
from tests.support.house import House
from tests.support.travels import a_shop_with, cart, sent, tell
from tests.support.unmerging import LATER, part
from tests.support.walks import Walk, a_document, leave, say, wait

STATES = ("in", "completed", "exited", "never")


def segments(*states: str, journey: str = "spring") -> dict[str, Any]:
    return {
        f"segment/{journey}-{state}": {
            "id": f"{journey}-{state}",
            "name": state,
            "when": {"journey": journey, "state": state},
        }
        for state in states or STATES
    }


def a_shop(*steps: Any, more: Any = None, journeys: Any = (), **changes: Any) -> Catalog:
    """A shop in which four segments ask where people stand in the journey `spring`."""
    return a_shop_with(a_document(*steps, **changes), *journeys, **{**segments(), **(more or {})})


def standing(played: Played) -> set[str]:
    return {name.removeprefix("spring-") for name in played.people["ann"].segments if "-" in name}


# ── stories ─────────────────────────────────────────────────────────────────────────────────────

SHOP = a_shop(wait("w", "2d"), say("m"))


@pytest.mark.parametrize(("until", "expected"), [("1h", "in"), ("47h", "in"), ("49h", "completed")])
def test_a_person_stands_where_the_run_leads_them(until: str, expected: str) -> None:
    assert standing(tell(SHOP, cart(), until=until)) == {expected}


def test_who_never_began_was_never_in_it() -> None:
    assert standing(tell(SHOP, until="1h")) == {"never"}


def test_who_leaves_early_has_left_and_who_comes_back_is_in_again() -> None:
    shop = a_shop(wait("w", "1h"), leave("out", "enough"), reentry={"after": "2h"})
    assert standing(tell(shop, cart(), until="2h")) == {"exited"}
    again = {**cart("5h"), "id": "again"}
    assert standing(tell(shop, cart(), again, until="330m")) == {"exited", "in"}


def test_who_is_held_out_walks_and_stands_as_everybody_else() -> None:
    shop = a_shop(wait("w", "1h"), say("m"), holdout={"percent": 50, "salt": "t"})
    crowd = {f"u{number}": {"traits": {"email": f"u{number}@example.com"}} for number in range(9)}
    played = tell(shop, *({**cart(), "person": name} for name in crowd), people=crowd, until="2h")
    assert {run.held_out for run in played.runs} == {True, False}
    assert {person.stands["spring"] for person in played.people.values()} == {frozenset({"completed"})}


def test_entering_such_a_segment_is_an_entry_like_any_other() -> None:
    thanks = {**CAMPAIGN, "id": "thanks", "trigger": {"type": "segment", "segment": "spring-completed"}}
    del thanks["audience"], thanks["override_reason"]
    after = a_document(say("hi"), id="after", enter={"segment": "spring-in"})
    shop = a_shop(wait("w", "2d"), more={"campaign/thanks": thanks}, journeys=(after,))
    assert sent(tell(shop, cart(), until="5d")) == [("0:00:00", "hi"), ("2 days, 0:00:00", "thanks")]


def test_an_exit_rule_hears_that_the_person_has_come_into_another_journey() -> None:
    other = a_document(wait("x", "9d"), id="other", enter={"event": "Trial Started"})
    rules = [{"when": {"journey": "other"}, "reason": "elsewhere"}]
    shop = a_shop(wait("w", "2d"), say("m"), exit_rules=rules, journeys=(other,))
    played = tell(shop, cart(), {"at": "3h", "event": "Trial Started"}, until="5d")
    ended = {run.journey: (run.reason, str(run.changed_at - played.starts)) for run in played.runs}
    assert ended["spring"] == ("elsewhere", "3:00:00")
    assert sent(played) == []


# ── the record ──────────────────────────────────────────────────────────────────────────────────


class Place:
    """One person with runs, and whoever notes what becomes of them."""

    def __init__(self, *runs: JourneyRun, people: InMemoryPeople | None = None, **changes: Any) -> None:
        self.people = people or InMemoryPeople(a_profile(**changes))
        self.runs = InMemoryJourneyRuns(self.people)
        for run in runs:
            self.put(run)

    def put(self, run: JourneyRun) -> None:
        self.people.runs[run.person][run.journey, run.key] = run

    def note(self, before: JourneyRun | None, after: JourneyRun, *, now: Any = NOON) -> bool:
        return note_run(before, after, self.people, SHOP, now=now)

    @property
    def ann(self) -> Profile:
        return self.people.get("p1")

    @property
    def told(self) -> list[tuple[str, str]]:
        return [
            (fact.kind, fact.name)
            for write in self.people.writes
            for fact in write.facts
            if fact.name.startswith("spring-")
        ]


RUN = Walk(wait("w", "2d")).run
OVER = replace(RUN, state=RunState.COMPLETED, run_version=RUN.run_version + 1)
KNOWN = SHOP.segment_index.fingerprint
NEVER: dict[str, Any] = {
    "stands": {"spring": frozenset()},
    "segments": frozenset({"everyone", "spring-never"}),
    "version": 1,
    "evaluated": f"{KNOWN}.1",
}


def test_a_run_that_begins_is_noted_once_however_often_it_is_told() -> None:
    place = Place(RUN, **NEVER)
    assert place.note(None, RUN)
    assert not place.note(None, RUN)
    assert place.ann.stands == {"spring": {"in"}}
    assert place.told == [("entered", "spring-in"), ("exited", "spring-never")]


def test_a_step_on_the_way_is_no_news_and_costs_nothing() -> None:
    place = Place(RUN, **NEVER)
    place.note(None, RUN)
    assert not place.note(RUN, replace(RUN, node="x", run_version=RUN.run_version + 1))
    assert len(place.people.writes) == 1


def test_a_journey_that_no_condition_asks_about_leaves_no_trace() -> None:
    other = replace(RUN, journey="other")
    place = Place(other, **NEVER)
    assert not place.note(None, other)
    assert place.people.writes == []


def test_what_is_told_in_the_wrong_order_comes_to_what_the_runs_are() -> None:
    place = Place(OVER, **NEVER)
    assert place.note(RUN, OVER)
    assert not place.note(None, RUN)
    assert place.ann.stands == {"spring": {"completed"}}


def test_what_comes_late_by_days_is_noted_and_told_to_nobody() -> None:
    place = Place(RUN, **NEVER)
    assert place.note(None, RUN, now=NOON + timedelta(days=9))
    assert "spring-in" in place.ann.segments
    assert place.told == []


def test_a_record_that_was_never_asked_announces_this_change_and_no_older_one() -> None:
    older = replace(RUN, key="older", state=RunState.EXITED)
    place = Place(older, RUN, version=1)
    assert place.note(None, RUN)
    assert place.ann.segments >= {"spring-in", "spring-exited"}
    assert place.told == [("entered", "spring-in")]


class Hurried(InMemoryPeople):
    """Somebody else is faster, so many times: by then the run is over."""

    def __init__(self, times: int) -> None:
        super().__init__(a_profile(**NEVER))
        self.times = times

    def commit(self, write: PersonWrite) -> None:
        if self.times:
            self.times -= 1
            self.runs["p1"]["spring", ""] = OVER
            raise Conflict("profile p1")
        super().commit(write)


def test_who_loses_a_race_reads_the_runs_anew() -> None:
    place = Place(RUN, people=Hurried(1))
    assert place.note(None, RUN)
    assert place.ann.stands == {"spring": {"completed"}}


def test_who_keeps_losing_leaves_it_to_the_next_delivery() -> None:
    with pytest.raises(Conflict):
        Place(RUN, people=Hurried(99)).note(None, RUN)


def test_who_is_gone_is_not_written_to() -> None:
    place = Place(RUN, **NEVER)
    del place.people.stored["p1"]
    assert not place.note(None, RUN)


# ── definitions that begin to ask ───────────────────────────────────────────────────────────────


def test_a_record_that_does_not_tell_of_a_journey_is_behind_and_is_read_from_the_runs() -> None:
    nobody_asks = a_shop_with(a_document(wait("w", "2d"), say("m")))
    assert asked_by(nobody_asks) != asked_by(SHOP)
    place = Place(RUN, version=1)
    assert is_behind(place.ann, SHOP)
    assert as_defined(place.ann, place.people, SHOP, now=NOON).segments >= {"spring-in"}
    assert bring_up_to_date("p1", place.people, SHOP, now=NOON, alarm=False)
    assert place.ann.stands == {"spring": {"in"}}
    assert place.told == []
    assert not is_behind(place.ann, SHOP)
    assert not bring_up_to_date("p1", place.people, SHOP, now=NOON, alarm=False)


def test_what_nobody_asks_about_any_more_is_forgotten() -> None:
    place = Place(RUN, **NEVER)
    place.note(None, RUN)
    assert bring_up_to_date("p1", place.people, a_shop_with(), now=NOON, alarm=False)
    assert place.ann.stands == {}


def test_a_placement_does_not_answer_of_a_record_that_does_not_tell() -> None:
    (asking,) = (segment.when for segment in SHOP.segments if segment.id == "spring-never")
    known = a_profile(**NEVER)
    assert is_answerable(asking, known, SHOP)
    assert not is_answerable(asking, replace(known, stands={}), SHOP)


# ── two who are one ─────────────────────────────────────────────────────────────────────────────


def two_who_become_one() -> House:
    """A tablet in the middle of the journey, and a customer who has been through it."""
    house = House(SHOP)
    house.ingest(identify(1))
    house.ingest(identify(2, user=None, anonymous="tablet"))
    customer, tablet = house.person("user_id", "u1").id, house.person("anonymous_id", "tablet").id
    for person, run in ((customer, replace(OVER, key="c1")), (tablet, replace(RUN, key="c2"))):
        mine = replace(run, person=person)
        house.people.runs[person]["spring", run.key] = mine
        note_run(None, mine, house.people, SHOP, now=NOON)
    house.ingest(identify(3, anonymous="tablet"))
    return house


def test_who_were_two_stand_where_either_stood() -> None:
    one = two_who_become_one().person("user_id", "u1")
    assert one.stands == {"spring": {"completed", "in"}}
    assert {"spring-in", "spring-completed"} <= one.segments


def test_who_are_taken_apart_stand_where_their_own_runs_are_by_then() -> None:
    house = two_who_become_one()
    tablet = house.people.stored[house.person("user_id", "u1").parts[1]].id
    gone = replace(RUN, key="c2", person=tablet, state=RunState.EXITED, reason="enough", run_version=9)
    house.people.runs[tablet]["spring", "c2"] = gone
    note_run(replace(RUN, key="c2", person=tablet), gone, house.people, SHOP, now=LATER)
    part(house)
    assert house.person("user_id", "u1").stands == {"spring": {"completed"}}
    assert house.person("anonymous_id", "tablet").stands == {"spring": {"exited"}}
