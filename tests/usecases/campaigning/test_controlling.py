"""Nothing that needs an approval is heard without one, and nothing of a campaign that stands still begins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.campaigning.controls import NotApprovable
from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import differences
from kizuna.core.contracts import EventsLeftOver
from kizuna.core.errors import NotFound
from kizuna.core.events import Source, SourceKind
from kizuna.core.intake.canonical import event_from_canonical
from kizuna.core.intake.http import HttpRequest
from kizuna.core.messages import State
from kizuna.core.ports import RunState
from kizuna.local.memory.definitions import InMemoryCatalog
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.campaigning.controlling import ControlDesk, approve, go_on, halt, status_body
from kizuna.usecases.campaigning.desk import CampaignDesk, is_meant, reply
from kizuna.usecases.outcomes import brake_desk
from kizuna.usecases.outcomes.braking import in_silence
from tests.support.builders import CAMPAIGN, NOON, an_event, some_documents
from tests.support.customers import DAILY, subscribe
from tests.support.house import House

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULE: dict[str, Any] = {"approval": {}}
EVENT = {"trigger": {"type": "event", "event": "Pinged"}}
API = {"trigger": {"type": "api"}}


class Shop:
    """A house whose definitions lie in a catalog that somebody applied."""

    def __init__(self, campaign: Mapping[str, Any] | None = None, *, by: str = "ann", **policy: Any) -> None:
        document = CAMPAIGN | DAILY | dict(campaign or {})
        if "trigger" in (campaign or {}):
            document.pop("audience")
        self.store = InMemoryCatalog()
        self.apply({**some_documents(document), ("policy", "policy"): policy}, by=by)
        self.house = House(self.store.current())
        self.house.ingest(subscribe("u1"), subscribe("u2"))
        self.house.settle()

    def apply(self, documents: Any, *, by: str, now: Any = NOON) -> None:
        changes = differences(self.store.documents(), documents)
        self.store.apply(changes, documents, now=now, actor=by)

    @property
    def desk(self) -> ControlDesk:
        return ControlDesk(self.store, self.house.controls, self.house.runs, self.house.brakes)

    def approve(self, by: str = "bea") -> None:
        approve("spring", self.desk, by=by, reason="looked at it", now=NOON)

    def tick(self, now: Any = NOON, *, by_hand: bool = False) -> None:
        self.house.start("spring", now, now=now, by_hand=by_hand)
        self.house.walk(now=now)
        self.house.settle(now=now)
        self.house.send(now=now)
        self.house.settle(now=now)

    @property
    def sent(self) -> int:
        return len(self.house.email.sent)

    def state(self) -> tuple[str, str]:
        [row] = status_body(self.store.current(), self.desk, now=NOON + HOUR)["campaigns"]
        return row["state"], row["because"]


# ── approval ────────────────────────────────────────────────────────────────────────────────────


def test_a_tick_without_an_approval_begins_nothing_and_says_why() -> None:
    shop = Shop(**RULE)
    shop.tick()
    [run] = shop.house.runs.list("spring")
    assert (run.state, run.reason.partition(":")[0]) == (RunState.REFUSED, "not_approved")
    assert shop.sent == 0
    assert shop.state() == ("draft", "not_approved")


def test_once_a_second_person_approved_the_next_run_goes() -> None:
    shop = Shop(**RULE)
    shop.tick()
    shop.approve()
    shop.tick()  # the instant that was refused stays refused
    assert shop.sent == 0
    shop.tick(NOON + DAY)
    assert shop.sent == 2


def test_an_edit_needs_an_approval_anew() -> None:
    shop = Shop(**RULE)
    shop.approve()
    edited = some_documents(CAMPAIGN | DAILY | {"name": "Edited"})
    shop.apply({**edited, ("policy", "policy"): RULE}, by="ann")
    shop.house.catalog = shop.store.current()
    shop.tick()
    assert shop.sent == 0
    assert shop.state() == ("draft", "changed_since_approval")
    with pytest.raises(NotApprovable, match="applied by ann"):
        shop.approve(by="ann")
    shop.approve(by="bea")
    assert shop.state()[0] != "draft"


def reworded(shop: Shop, subject: str, *, by: str, now: Any = NOON) -> None:
    documents = dict(shop.store.documents())
    template = documents["template", "spring-email"]
    languages = {"en": template["languages"]["en"] | {"subject": subject}}
    shop.apply(
        {**documents, ("template", "spring-email"): {**template, "languages": languages}}, by=by, now=now
    )
    shop.house.catalog = shop.store.current()


def test_who_wrote_the_words_of_somebody_elses_campaign_cannot_approve_of_them() -> None:
    shop = Shop(**RULE)
    reworded(shop, "Half price", by="bea")
    with pytest.raises(NotApprovable, match=r"^template spring-email was applied by bea, so somebody else"):
        shop.approve(by="Bea")
    with pytest.raises(NotApprovable, match=r"^spring was applied by ann, so somebody else"):
        shop.approve(by="ann")
    shop.approve(by="cho")


def test_what_was_approved_before_counts_as_seen_so_that_two_people_are_enough() -> None:
    shop = Shop(**RULE)
    approve("spring", shop.desk, by="bea", reason="looked at it", now=NOON + HOUR)
    reworded(shop, "Half price", by="bea", now=NOON + 2 * HOUR)
    with pytest.raises(NotApprovable, match="template spring-email was applied by bea"):
        approve("spring", shop.desk, by="bea", reason="my own words", now=NOON + 3 * HOUR)
    approve("spring", shop.desk, by="ann", reason="her words are good", now=NOON + 3 * HOUR)
    assert shop.state()[0] != "draft"


LATER = {"send_time": {"mode": "fixed", "at": (NOON + 2 * HOUR).isoformat()}}


def send_later(shop: Shop, now: Any) -> None:
    shop.house.ring(now=now)
    shop.house.settle(now=now)
    shop.house.send(now=now)
    shop.house.settle(now=now)


@pytest.mark.parametrize(("from_people", "sent"), [(1, 0), (3, 2)])
def test_words_changed_in_mid_run_wait_for_an_approval_where_the_run_needs_one(
    from_people: int, sent: int
) -> None:
    shop = Shop(LATER, approval={"from_people": from_people})
    shop.approve()
    shop.tick()
    reworded(shop, "Half price", by="ann", now=NOON + HOUR)
    send_later(shop, NOON + 2 * HOUR)
    assert shop.sent == sent
    approve("spring", shop.desk, by="bea", reason="half it is", now=NOON + 2 * HOUR)
    send_later(shop, NOON + 3 * HOUR)
    assert shop.sent == 2


def test_a_campaign_that_needs_no_approval_takes_none_and_one_that_is_none_neither() -> None:
    with pytest.raises(NotApprovable, match="needs no approval"):
        Shop().approve()
    with pytest.raises(NotFound, match="no campaign 'summer'"):
        approve("summer", Shop(**RULE).desk, by="bea", reason="looked at it", now=NOON)


def test_a_small_run_needs_none_where_the_policy_says_so() -> None:
    shop = Shop(approval={"from_people": 3})
    shop.tick()
    assert shop.sent == 2


def test_what_an_event_sets_off_is_withheld_until_somebody_approved() -> None:
    shop = Shop(EVENT, **RULE)
    ping(shop, 1, NOON)
    message = shop.house.only_message()
    assert (message.state, message.reason) == (State.DENIED, "not_approved")
    shop.approve()
    ping(shop, 2, NOON + HOUR)
    assert shop.sent == 1


def ping(shop: Shop, number: int, now: Any) -> None:
    shop.house.ingest(an_event("Pinged", number=number, user_id="u1", at=now, received_at=now), now=now)
    shop.house.settle(now=now)
    shop.house.send(now=now)
    shop.house.settle(now=now)


# ── standing still, and an end ──────────────────────────────────────────────────────────────────


def test_a_campaign_that_stands_still_begins_no_run_and_goes_on_when_told() -> None:
    shop = Shop()
    halt("spring", shop.desk, by="ann", reason="a wrong price", now=NOON)
    shop.tick()
    [run] = shop.house.runs.list("spring")
    assert (run.state, run.reason.partition(":")[0]) == (RunState.REFUSED, "paused")
    assert shop.state() == ("paused", "by_hand")
    go_on("spring", shop.desk, by="ann", reason="mended", now=NOON + HOUR)
    shop.tick(NOON + DAY)
    assert shop.sent == 2


def test_what_is_under_way_stands_still_with_it_and_is_sent_once_when_it_goes_on() -> None:
    shop = Shop(EVENT)
    assert halt("spring", shop.desk, by="ann", reason="a wrong price", now=NOON) == (TRIGGERED,)
    ping(shop, 1, NOON)
    assert (shop.sent, shop.house.only_message().state) == (0, State.PENDING)
    assert go_on("spring", shop.desk, by="ann", reason="mended", now=NOON + HOUR) == (TRIGGERED,)
    for minutes in (20, 40):
        later = NOON + HOUR + timedelta(minutes=minutes)
        shop.house.ring(now=later)
        shop.house.settle(now=later)
        shop.house.send(now=later)
        shop.house.settle(now=later)
    assert (shop.sent, shop.house.only_message().state) == (1, State.SENT)


def test_after_its_end_nothing_of_a_campaign_begins_is_set_off_or_goes_out() -> None:
    ends = {"ends_at": (NOON + DAY + HOUR).isoformat()}
    shop = Shop(ends)
    shop.tick()
    assert shop.sent == 2
    shop.tick(NOON + 2 * DAY)
    assert shop.sent == 2
    assert [run.id for run in shop.house.runs.list("spring")] == ["20261123T1200Z"]
    caused = Shop(EVENT | ends)
    ping(caused, 1, NOON + 2 * DAY)
    assert not caused.house.messages.stored
    ping(caused, 2, NOON)
    assert caused.house.only_message().expires_at == NOON + DAY + HOUR


# ── a budget ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("budget", "policy"),
    [({"messages": 2}, {}), ({"money": 1.0}, {"send_budget": {"prices": {"email": 0.5}}})],
    ids=["messages", "money"],
)
def test_a_run_pauses_once_what_its_campaign_gives_it_is_spent(
    budget: dict[str, Any], policy: dict[str, Any]
) -> None:
    shop = Shop({"budget": budget}, **policy)
    shop.house.ingest(*(subscribe(f"v{number}") for number in range(5)))
    shop.house.settle()
    shop.house.start("spring", NOON, now=NOON, by_hand=False)
    shop.house.walk(now=NOON)
    shop.house.settle()
    for body in shop.house.taken(Queue.EMAIL):
        shop.house.deliver(body["message"])
        shop.house.settle()
    assert shop.sent == 2
    pause = shop.house.brakes.current().of_run("spring", "20261123T1200Z").pause
    assert pause is not None
    assert (pause.because, pause.rule) == ("budget", f"budget.{next(iter(budget))} of the campaign")


# ── over HTTP ───────────────────────────────────────────────────────────────────────────────────


def ask(
    shop: Shop, path: str, body: Any = None, *, role: str = "approver", who: str = "bea"
) -> tuple[int, Any]:
    request = HttpRequest(
        method="GET" if body is None else "POST",
        path=f"/admin/{path}",
        body=json.dumps(body).encode() if body is not None else b"",
        claims={"cognito:groups": [role], "email": who},
    )
    assert is_meant(request)
    desk = CampaignDesk(shop.desk, shop.house.people, shop.house.queues)
    answer = reply(request, desk, now=NOON)
    return answer.status, json.loads(answer.body)


BECAUSE = {"reason": "looked at it"}


def test_an_approver_approves_over_http_and_an_author_does_not() -> None:
    shop = Shop(**RULE)
    assert ask(shop, "campaigns/spring/approve", BECAUSE, role="author")[0] == 403
    status, body = ask(shop, "campaigns/spring/approve", BECAUSE)
    assert (status, body["state"], body["approvedBy"]) == (200, "approved", "bea")
    assert ask(shop, "campaigns/spring/approve", BECAUSE)[0] == 409
    assert ask(Shop(**RULE), "campaigns/spring/approve", BECAUSE, who="ann")[0] == 409
    assert ask(shop, "campaigns/summer/approve", BECAUSE)[0] == 404
    assert ask(shop, "campaigns/spring/approve", {"reason": ""})[0] == 400
    assert ask(shop, "campaigns/spring/approve")[0] == 405


def test_a_campaign_is_paused_and_resumed_over_http_and_its_status_is_for_readers() -> None:
    shop = Shop()
    assert ask(shop, "campaigns/spring/pause", BECAUSE, role="author")[1]["state"] == "paused"
    assert ask(shop, "campaigns/status", role="viewer")[1]["campaigns"][0]["pausedBy"] == "bea"
    assert ask(shop, "campaigns/spring/resume", BECAUSE, role="author")[1]["state"] == "approved"
    assert ask(shop, "campaigns/spring/resume", BECAUSE)[0] == 409
    assert ask(shop, "campaigns/status", role="guest")[0] == 403


@pytest.mark.parametrize("data", [b'{"a": NaN}', b'{"a": [1e999]}', b'{"a":' * 40 + b"1" + b"}" * 40])
def test_data_that_would_come_to_nothing_is_refused_at_the_door(data: bytes) -> None:
    shop = Shop(API)
    claims = {"cognito:groups": ["author"], "email": "bea"}
    body = b'{"person": "user_id:u1", "key": "k1", "data": ' + data + b"}"
    request = HttpRequest(method="POST", path="/admin/campaigns/spring/send", body=body, claims=claims)
    answer = reply(request, CampaignDesk(shop.desk, shop.house.people, shop.house.queues), now=NOON)
    assert (answer.status, json.loads(answer.body)["code"]) == (400, "invalid_request")
    assert json.loads(answer.body)["message"].startswith("data")
    assert shop.house.queues.sent[Queue.INGEST] == []


def a_run_that_stands_still(shop: Shop) -> str:
    """Begun, paused with its campaign before anybody was decided for, and looked at once meanwhile."""
    shop.house.start("spring", NOON)
    assert ask(shop, "campaigns/spring/pause", BECAUSE)[0] == 200
    assert shop.house.walk() == 0
    assert len(shop.house.queues.later[Queue.AUDIENCE]) == SEGMENT_SHARDS  # each looks again in a while
    [run] = shop.house.runs.list("spring")
    return run.id


def resume_of_the_run(shop: Shop, run: str) -> int:
    house = shop.house
    request = HttpRequest(
        method="POST",
        path=f"/admin/campaigns/spring/runs/{run}/resume",
        body=json.dumps(BECAUSE).encode(),
        claims={"cognito:groups": ["approver"], "email": "bea"},
    )
    assert brake_desk.is_meant(request)
    desk = brake_desk.BrakeDesk(house.brakes, house.runs, house.queues, shop.store, in_silence)
    return brake_desk.reply(request, desk, now=NOON).status


@pytest.mark.parametrize("alone", [False, True], ids=["with its campaign", "by itself"])
def test_a_run_that_is_resumed_over_http_goes_on_at_once(alone: bool) -> None:
    shop = Shop()
    run = a_run_that_stands_still(shop)
    if alone:
        assert resume_of_the_run(shop, run) == 200
    else:
        assert ask(shop, "campaigns/spring/resume", BECAUSE)[0] == 200
    assert shop.house.walk() == 2
    shop.house.queues.ripen()  # what was to look again finds all of it done
    assert shop.house.walk() == 0
    assert shop.house.states() == {"PENDING": 2}
    assert [known.state for known in shop.house.runs.list("spring")] == [RunState.DONE]


@pytest.mark.parametrize("alone", [False, True], ids=["with its campaign", "by itself"])
def test_where_the_queue_takes_nothing_a_resumed_run_goes_on_by_its_next_look(alone: bool) -> None:
    shop = Shop()
    run = a_run_that_stands_still(shop)
    shop.house.queues.down = True
    status = resume_of_the_run(shop, run) if alone else ask(shop, "campaigns/spring/resume", BECAUSE)[0]
    assert status == 200
    shop.house.queues.down = False
    assert shop.house.walk() == 0
    shop.house.queues.ripen()
    assert shop.house.walk() == 2


def test_of_a_run_that_is_over_nothing_is_handed_out_again() -> None:
    shop = Shop()
    shop.house.start("spring", NOON)
    shop.house.walk()
    [run] = shop.house.runs.list("spring")
    assert run.state is RunState.DONE
    ask(shop, "campaigns/spring/pause", BECAUSE)
    assert ask(shop, "campaigns/spring/resume", BECAUSE)[0] == 200
    assert shop.house.queues.sent[Queue.AUDIENCE] == []


def send(shop: Shop, key: str = "k1", **more: Any) -> tuple[int, Any]:
    body = {"person": "user_id:u1", "key": key, "data": {"parcel": "77"}} | more
    return ask(shop, "campaigns/spring/send", body, role="author")


def handled(shop: Shop) -> None:
    """What the ingest queue brings, and all that follows."""
    for body in shop.house.taken(Queue.INGEST):
        left = EventsLeftOver.model_validate(body)
        source = Source(left.source, SourceKind(left.source_kind))
        shop.house.ingest(*(event_from_canonical(each, source) for each in left.events))
    shop.house.settle()
    shop.house.send()
    shop.house.settle()


def test_one_person_is_told_by_the_api_and_the_same_request_again_tells_nothing_more() -> None:
    shop = Shop(API)
    status, body = send(shop)
    assert (status, body["campaign"]) == (202, "spring")
    handled(shop)
    assert send(shop)[1]["request"] == body["request"]
    handled(shop)
    assert (shop.sent, shop.house.only_message().state) == (1, State.SENT)
    message = shop.house.only_message()
    event = shop.house.people.timeline_event(message.event_part, message.event_key)
    assert event is not None
    assert event.properties == {"campaign": "spring", "data": {"parcel": "77"}, "by": "bea"}
    send(shop, key="k2")
    handled(shop)
    assert shop.sent == 2


REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "nobody": ({"person": "user_id:nobody"}, 404),
    "no key": ({"key": ""}, 400),
    "too much data": ({"data": {"text": "x" * 20_000}}, 400),
    "an unknown part": ({"chanel": "sms"}, 400),
    "many people": ({"person": ["user_id:u1", "user_id:u2"]}, 400),
    "a hundred thousand": ({"person": ["user_id:u1"] * 100_000}, 400),
    "an address beside": ({"cc": "rival@example.com"}, 400),
    "recipients": ({"recipients": ["a@example.com"], "bcc": ["b@example.com"]}, 400),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_request_that_cannot_be_meant_is_refused(case: str) -> None:
    changes, expected = REFUSED[case]
    shop = Shop(API)
    assert send(shop, **changes)[0] == expected
    assert not shop.house.taken(Queue.INGEST)


def test_only_a_campaign_that_is_asked_for_can_be_asked_for() -> None:
    assert send(Shop())[0] == 409
    assert send(Shop(API | {"enabled": False}))[0] == 409
    assert ask(Shop(API), "campaigns/summer/send", {"person": "user_id:u1", "key": "k"})[0] == 404
    assert (
        ask(Shop(API), "campaigns/spring/send", {"person": "user_id:u1", "key": "k"}, role="viewer")[0] == 403
    )


def test_the_name_of_a_request_from_anybody_else_is_just_a_name() -> None:
    shop = Shop(API)
    told = {"campaign": "spring", "data": {}}
    shop.house.ingest(an_event("Campaign Requested", user_id="u1", properties=told))
    handled(shop)
    assert not shop.house.messages.stored


def test_a_request_without_an_approval_is_withheld() -> None:
    shop = Shop(API, **RULE)
    send(shop)
    handled(shop)
    assert (shop.house.only_message().state, shop.house.only_message().reason) == (
        State.DENIED,
        "not_approved",
    )
