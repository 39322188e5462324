"""Definitions are put in force together, and what they change in the world follows, even after a crash."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Change, Documents
from kizuna.core.errors import InvalidDefinition, Unavailable
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.authoring.workspace import Applied, apply, plan
from tests.support.builders import CAMPAIGN, NOON, some_documents
from tests.support.customers import DAILY
from tests.support.fakes import InMemoryBackfills, InMemoryCatalog, InMemoryQueues, InMemorySchedules

LOYAL = {"id": "loyal", "name": "Loyal", "when": {"event": "Order Completed", "verb": "count", "value": 3}}
SPRING: dict[str, Any] = CAMPAIGN | DAILY
HOUR = timedelta(hours=1)
QUARTER_TO_FOUR = {"trigger": {"type": "schedule", "cron": "45 15 * * *"}}


def place(kind: str, name: str) -> str:
    return f"{kind}s.yaml[{name}]"


class Workspace:
    """A catalog, its schedules and the queue that brings people up to date."""

    def __init__(self, documents: Documents | None = None) -> None:
        self.store, self.queues, self.schedules = (
            InMemoryCatalog(documents),
            InMemoryQueues(),
            InMemorySchedules(),
        )
        self.backfills = InMemoryBackfills()
        with suppress(InvalidDefinition):  # what is stored may not be understood any more
            if documents:
                self.backfills = InMemoryBackfills.done_for(self.store.current(), now=NOON)

    def apply(self, wanted: Documents) -> Applied:
        return apply(
            wanted, self.store, self.queues, self.schedules, self.backfills, origin=place, now=NOON, actor="ann"
        )  # fmt: skip

    def refreshed(self) -> list[tuple[int, int]]:
        bodies, self.queues.sent[Queue.BACKFILL] = self.queues.sent[Queue.BACKFILL], []
        return [(body["shard"], body["backfill"]) for body in bodies]


def everybody(backfill: int) -> list[tuple[int, int]]:
    return [(shard, backfill) for shard in range(SEGMENT_SHARDS)]


def test_a_first_workspace_is_stored_armed_and_everybody_is_brought_up_to_date() -> None:
    workspace = Workspace()
    done = workspace.apply({**some_documents(SPRING), ("segment", "loyal"): LOYAL})
    assert [(change.act, change.kind, change.id) for change in done.changes] == [
        ("add", "brand", "shop"),
        ("add", "topic", "news"),
        ("add", "segment", "loyal"),
        ("add", "template", "spring-email"),
        ("add", "campaign", "spring"),
    ]
    assert done.version == workspace.store.current().version == 1
    assert done.next_runs == (("spring", NOON + timedelta(days=1)),)
    assert workspace.schedules.next_of("spring") == NOON + timedelta(days=1)
    assert workspace.refreshed() == everybody(1)


def test_the_same_again_changes_nothing_and_makes_good_what_a_crash_left_behind() -> None:
    workspace = Workspace()
    wanted = some_documents(SPRING)
    workspace.queues.down = True
    with pytest.raises(Unavailable):
        workspace.apply(wanted)
    workspace.queues.down = False
    workspace.schedules.armed.clear()
    again = workspace.apply(wanted)
    assert (again.changes, again.version) == ((), 1)
    assert workspace.schedules.next_of("spring") == NOON + timedelta(days=1)
    assert workspace.refreshed() == everybody(1)


def test_a_first_workspace_begins_the_first_backfill_though_nobody_is_there_yet() -> None:
    done = Workspace().apply(some_documents(SPRING))
    assert done.backfill is not None
    assert (done.backfill.number, done.backfill.version) == (1, 1)


def test_words_alone_disturb_nobody() -> None:
    workspace = Workspace(some_documents(SPRING))
    wanted = {**some_documents(SPRING), ("topic", "news"): {"id": "news", "name": {"en": "What is new"}}}
    assert workspace.apply(wanted).version == 2
    assert workspace.refreshed() == []


GONE: dict[str, tuple[dict[str, Any], ...]] = {
    "removed": (SPRING | {"id": "other"},),
    "disabled": (SPRING | {"enabled": False},),
    "triggered otherwise now": (CAMPAIGN | {"trigger": {"type": "event", "event": "Seen"}},),
}


@pytest.mark.parametrize("case", GONE)
def test_a_campaign_that_is_no_longer_scheduled_is_disarmed(case: str) -> None:
    workspace = Workspace()
    workspace.apply(some_documents(SPRING))
    workspace.apply(some_documents(*GONE[case]))
    assert workspace.schedules.next_of("spring") is None


YESTERDAY = {"type": "schedule", "at": (NOON - timedelta(days=1)).isoformat()}
OVER: dict[str, tuple[dict[str, Any], str]] = {
    "a plan in the past": ({"trigger": YESTERDAY}, "spring.*: trigger: has no run left"),
    "a life in the past": (
        {"ends_at": (NOON - timedelta(hours=1)).isoformat()},
        "spring.*: ends_at: is past",
    ),
}


@pytest.mark.parametrize("case", OVER)
def test_what_is_over_before_it_begins_is_refused_with_its_place(case: str) -> None:
    changes, why = OVER[case]
    workspace = Workspace()
    with pytest.raises(InvalidDefinition, match=why):
        workspace.apply(some_documents(SPRING | changes))
    workspace.apply(some_documents(SPRING))
    with pytest.raises(InvalidDefinition, match=why):
        workspace.apply(some_documents(SPRING | changes))
    workspace.apply(some_documents(SPRING | changes | {"enabled": False}))


def test_a_campaign_that_is_done_may_be_kept_and_its_words_mended() -> None:
    workspace = Workspace()
    workspace.apply(
        some_documents(SPRING | {"trigger": {"type": "schedule", "at": (NOON + HOUR).isoformat()}})
    )
    done = some_documents(
        SPRING | {"name": "Spring!", "trigger": {"type": "schedule", "at": (NOON + HOUR).isoformat()}}
    )
    apply(
        done, workspace.store, workspace.queues, workspace.schedules, workspace.backfills,
        origin=place, now=NOON + 3 * HOUR, actor="ann",
    )  # fmt: skip
    assert workspace.store.current().campaigns["spring"].name == "Spring!"


def test_a_schedule_that_moved_is_moved() -> None:
    workspace = Workspace()
    workspace.apply(some_documents(SPRING))
    workspace.apply(some_documents(SPRING | QUARTER_TO_FOUR))
    assert list(workspace.schedules.armed) == [("spring", NOON + timedelta(hours=3, minutes=45))]


@pytest.mark.parametrize(
    "change", [{"name": "Spring again"}, {"trigger": {"type": "schedule", "cron": "0 12 24 11 *"}}]
)
def test_a_changed_campaign_whose_next_run_is_the_same_stays_armed(change: dict[str, Any]) -> None:
    workspace = Workspace()
    workspace.apply(some_documents(SPRING))
    workspace.apply(some_documents(SPRING | change))
    assert list(workspace.schedules.armed) == [("spring", NOON + timedelta(days=1))]


def test_who_dies_before_the_old_start_is_disarmed_leaves_the_new_one_armed() -> None:
    workspace = Workspace()
    workspace.apply(some_documents(SPRING))
    workspace.schedules.stuck = True
    with pytest.raises(Unavailable):
        workspace.apply(some_documents(SPRING | QUARTER_TO_FOUR))
    assert {at for _, at in workspace.schedules.armed} == {
        NOON + timedelta(days=1),
        NOON + timedelta(hours=3, minutes=45),
    }


UNREADABLE: dict[str, dict[str, Any]] = {
    "nothing": {},
    "no trigger": {"trigger": None},
    "a trigger of another time": {"trigger": {"type": "moon", "phase": "full"}},
    "no cron of today": {"trigger": {"type": "schedule", "cron": "now and then"}},
    "a zone that is gone": {"trigger": {"type": "schedule", "cron": "0 12 * * *", "zone": "Europe/Atlantis"}},
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_stored_campaign_that_is_not_understood_any_more_can_be_replaced(case: str) -> None:
    workspace = Workspace({**some_documents(SPRING), ("campaign", "spring"): UNREADABLE[case]})
    assert workspace.apply(some_documents(SPRING)).version == 2
    assert workspace.schedules.next_of("spring") == NOON + timedelta(days=1)


def test_of_a_stored_campaign_that_is_not_understood_the_trigger_is_enough_to_disarm_it() -> None:
    workspace = Workspace({**some_documents(SPRING), ("campaign", "spring"): {**DAILY, "mood": "sunny"}})
    workspace.schedules.arm("spring", at=NOON + timedelta(days=1), payload={})
    workspace.apply(some_documents(SPRING | {"enabled": False}))
    assert workspace.schedules.armed == {}


def test_a_plan_tells_what_would_change_and_changes_nothing() -> None:
    workspace = Workspace(some_documents(SPRING))
    wanted = {**some_documents(SPRING | {"name": "Spring again"}), ("segment", "loyal"): LOYAL}
    assert plan(wanted, workspace.store, place, now=NOON) == (
        Change("add", "segment", "loyal"),
        Change("change", "campaign", "spring"),
    )
    assert workspace.store.documents() == some_documents(SPRING)
    assert workspace.queues.sent == {}


def test_definitions_with_a_problem_are_not_put_in_force_in_part() -> None:
    workspace = Workspace(some_documents(SPRING))
    broken = {**some_documents(SPRING | {"brand": "nobody"}), ("segment", "loyal"): LOYAL}
    for attempt in (workspace.apply, lambda wanted: plan(wanted, workspace.store, place, now=NOON)):
        with pytest.raises(
            InvalidDefinition, match=r"campaigns.yaml\[spring\]: brand: there is no brand 'nobody'"
        ):
            attempt(broken)
    assert workspace.store.documents() == some_documents(SPRING)
    assert workspace.schedules.armed == {}
