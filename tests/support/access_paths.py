"""What functions are made to do beside the demo's story: step by step, each with people of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count, islice
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from kizuna.adapters.tables import people_keys
from kizuna.core.catalog import Documents, differences
from kizuna.core.contracts import AudienceShard
from kizuna.core.links import Preferences, issue
from kizuna.core.messages import Message, State
from kizuna.core.ports import Pressed, Run
from kizuna.core.restraint.pressure import Pressure
from kizuna.local.providers.faults import Fault, LoseReply, Throttle
from kizuna.local.providers.world import Behaviour
from kizuna.local.resources import BUCKET, REGION
from kizuna.topology import BUS_NAME, SEGMENT_SHARDS, Function, Queue
from kizuna.usecases.authoring.workspace import apply
from kizuna.usecases.campaigning.walking import PAGE
from kizuna.usecases.collecting.collect import PEOPLE_INLINE
from kizuna.usecases.quality.freshness import look
from kizuna.usecases.segments.backfill import PAGE as BACKFILL_PAGE
from tests.support import messengers
from tests.support.access import WORKGROUP
from tests.support.clouds import (
    NOON,
    Shop,
    a_lambda_event,
    a_user,
    an_sqs_event,
    basic,
    failures,
    sample_documents,
    with_words,
)
from tests.support.erasing import into_lake, shares
from tests.support.imports import upload
from tests.support.journeys_running import a_journey, does, mail, runs_of, wait
from tests.support.own_channels import (
    on_channels_of_our_own,
    people_are_reached_on_channels_of_our_own,
    staff_call_somebody,
)
from tests.support.own_pages import own_path, post, state_of

ADMIN = {"authorization": "Bearer an admin's token"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
OPTED_OUT = "+12065550190"  # with the provider
TEXT_WANTED = "Text Wanted"
TOPIC_WANTED = "Topic Wanted"
LINE_COLLEAGUE = "U" + "0a" * 16


def documents() -> Documents:
    """The sample workspace, a text to ask for with a link that is followed, a campaign that runs once and one that is
    for too many, and mail that has a pace."""
    sample = sample_documents()
    text = {**sample["template", "order-thanks-sms"], "id": "hello-sms", "purpose": "promotional"}
    text["languages"] = {
        "en": {"body": "{{ brand.name }}: new records. https://shop.example/new Reply STOP to end."}
    }
    texted = {**sample["campaign", "hello"], "id": "texted", "channel": "sms", "template": "hello-sms"}
    texted["trigger"] = {"type": "event", "event": TEXT_WANTED}
    once = {**sample["campaign", "win-back"], "id": "once"}
    once["trigger"] = {"type": "schedule", "at": (NOON + timedelta(minutes=30)).isoformat()}
    many = {**sample["campaign", "win-back"], "id": "too-many", "override_reason": ""}
    answered = {**sample["campaign", "win-back"], "override_reason": "few as they are, all of them"}
    more = {("template", "hello-sms"): text, ("campaign", "texted"): texted, ("campaign", "once"): once}
    more |= {("campaign", "too-many"): many, ("campaign", "win-back"): answered}
    ours = {
        "pace": {"email": 1_000},
        "click_tracking": {"channels": ["sms"]},
        "blast_guard": {"share": 0.5, "small": PAGE},
        "tell_suppressed": True,
        "colleagues": {
            "push": ["ios:a-colleagues-device"],
            "whatsapp": ["+81312345678"],
            "line": [LINE_COLLEAGUE],
        },
    }
    paced = {("policy", "policy"): {**sample["policy", "policy"], **ours}}
    walked = {("journey", each["id"]): each for each in JOURNEYS}
    told = {**sample["campaign", "order-thanks"], "id": "told", "channel": "webhook", "template": "told"}
    told["trigger"] = {"type": "event", "event": TOPIC_WANTED}
    news = {"webhook": "news", "type": "shop.news", "data": {"what": "news"}}
    more |= {
        ("webhook", "news"): {"id": "news", "topic": "arn:aws:sns:eu-west-1:123456789012:shop-news"},
        ("campaign", "told"): told,
        ("template", "told"): {
            "id": "told",
            "channel": "webhook",
            "purpose": "transactional",
            "default_language": "en",
            "languages": {"en": news},
        },
    }
    return {**sample, **more, **messengers.DOCUMENTS, **on_channels_of_our_own(), **paced, **walked}


# ── steps ───────────────────────────────────────────────────────────────────────────────────────


def send(shop: Shop, *events: Mapping[str, Any], **more: str) -> None:
    reply = shop.send(*events, **more)
    assert reply.status == 200, reply.text()


def says(key: str, kind: str, status: str) -> dict[str, Any]:
    """The context of an event with which somebody subscribes or leaves."""
    return {"context": {"messaging_subscriptions": [{"key": key, "type": kind, "status": status}]}}


def take(shop: Shop, name: Function, queue: Queue, body: Any) -> None:
    assert failures(shop.invoke(name, an_sqs_event(queue, body))) == []


def the_message(shop: Shop, user: str) -> Message:
    (message,) = shop.messages(user)
    return message


def a_greeted(shop: Shop) -> str:
    user = a_user()
    shop.greet(user)
    assert the_message(shop, user).state is State.SENT
    return user


def unsubscribe(shop: Shop, user: str) -> None:
    """The one-click link of the mail to somebody, looked at and then posted to."""
    (mail,) = shop.mails(user)
    path = urlsplit((mail.header("List-Unsubscribe") or "").strip("<>")).path
    for method, body in (("GET", b""), ("POST", b"List-Unsubscribe=One-Click")):
        assert shop.call(method, path, body=body, headers=FORM).status == 200
    assert shop.consents(user)


def put_in_force(shop: Shop, wanted: Documents) -> None:
    wired, origin = shop.wired, "{}/{}".format
    apply(
        wanted,
        wired.catalog,
        wired.queues,
        wired.schedules,
        wired.backfills,
        origin=origin,
        now=shop.now,
        actor="test",
    )


def fill_first_shard(shop: Shop, segment: str, number: int) -> None:
    """Entries of people who have been erased since."""
    ids = (f"gone-{each}" for each in count())
    for person in islice((each for each in ids if people_keys.membership_shard(each) == 0), number):
        shop.wired.people.index_membership(person, [segment], [], at=shop.now)


# ── paths ───────────────────────────────────────────────────────────────────────────────────────


def texts_wait_for_the_morning_or_are_refused(shop: Shop) -> None:
    """It is seven o'clock in New York."""
    waiting, refused = a_user(), a_user()
    for user, phone in ((waiting, "+12025550142"), (refused, OPTED_OUT)):
        traits = {"phone": phone, "country": "US", "timezone": "America/New_York"}
        asked = {"type": "track", "userId": user, "event": TEXT_WANTED, **says(phone, "SMS", "SUBSCRIBED")}
        send(shop, {"type": "identify", "userId": user, "traits": traits})
        send(shop, asked)
    shop.settle()
    assert the_message(shop, waiting).state is State.DEFERRED
    shop.cloud.advance_to(NOON + timedelta(hours=1, minutes=5))
    assert the_message(shop, waiting).state is State.SENT
    assert the_message(shop, refused).state is State.FAILED
    (text,) = shop.cloud.providers.outbox.messages(channel="sms", to="+12025550142")
    (link,) = re.findall(r"https?://\S+/c/\S{40}", text.text or "")
    assert shop.call("GET", urlsplit(link).path, headers={"user-agent": "Mozilla/5.0 (iPhone)"}).status == 302
    shop.settle()


def people_come_and_are_one(shop: Shop) -> None:
    user = a_greeted(shop)
    send(
        shop,
        {
            "type": "track",
            "userId": user,
            "event": "X",
            **says(f"{user}@people.example", "EMAIL", "SUBSCRIBED"),
        },
    )
    send(shop, {"type": "track", "anonymousId": user, "event": "Y"})
    send(shop, {"type": "identify", "userId": user, "anonymousId": user})
    told = {"type": "identify", "userId": user, "traits": {"plan": "gold"}}
    send(shop, told, key=shop.keys.client, x_identity_token=shop.identity_token(user))
    send(shop, {"type": "track", "event": "of nobody"})
    shop.settle()


def a_request_is_too_much(shop: Shop) -> None:
    """More people than are handled at once; the rest of it makes two people one, who leaves."""
    known = a_user()
    send(
        shop,
        {"type": "track", "userId": known, "event": "X"},
        {"type": "track", "anonymousId": known, "event": "Y"},
    )
    crowd = [{"type": "identify", "userId": a_user()} for _ in range(PEOPLE_INLINE)]
    leaving = says(f"{known}@people.example", "EMAIL", "UNSUBSCRIBED")
    send(shop, *crowd, {"type": "identify", "userId": known, "anonymousId": known, **leaving})
    assert not shop.consents(known)
    shop.settle()
    assert shop.consents(known)


def events_come_by_the_bus(shop: Shop) -> None:
    bus, user = boto3.client("events", region_name=REGION), a_user()
    entry = {"EventBusName": BUS_NAME, "Source": "shop", "DetailType": "Customer Event"}
    for detail in ({"type": "track", "userId": user, "event": "X"}, {"type": "track", "event": "of nobody"}):
        bus.put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])
    shop.settle()
    assert shop.names(user) == ["X"]


def everything_is_poisoned(shop: Shop) -> None:
    for name, queue in (
        (Function.INGEST, Queue.INGEST),
        (Function.REACT, Queue.WAKE),
        (Function.AUDIENCE, Queue.AUDIENCE),
        (Function.DELIVER, Queue.EMAIL),
        (Function.FEEDBACK, Queue.FEEDBACK),
        (Function.PRIVACY, Queue.PRIVACY),
        (Function.SNAPSHOT, Queue.SNAPSHOT),
    ):
        with shop.new_violations() as found:
            take(shop, name, queue, f"poison for {name}")
        assert len(found) == 1


def somebody_asks_and_somebody_looks(shop: Shop) -> None:
    user = a_greeted(shop)
    token, asked = shop.identity_token(user), {"placement": "home-hero", "userId": user}
    for _ in range(2):  # who asks again within a second takes turns
        assert shop.post("/v1/decide", asked, key=shop.keys.client, x_identity_token=token).status == 200
        headers = {"authorization": basic(shop.keys.client), "x-identity-token": token}
        assert shop.call("GET", "/v1/inbox", query=f"userId={user}", headers=headers).status == 200
    person = [f"people/{user}{page}" for page in ("", "/brief", "/timeline", "/decisions", "/consents")]
    assert shop.send({"type": "track", "event": "Nobody's"}).status == 200
    data = ("violations", "inventory", "sources")
    for path in (*person, *data, "segments", "campaigns", "campaigns/hello/report", "catalog"):
        assert shop.call("GET", f"/admin/{path}", headers=ADMIN).status == 200
    found = shop.call("GET", "/admin/decisions", query="campaign=hello", headers=ADMIN)
    assert json.loads(found.body)["decisions"]
    body = json.dumps({"people": [f"user_id:{user}"], "act": "add"}).encode()
    assert shop.call("GET", "/admin/lists/staff", headers=ADMIN).status == 200
    assert shop.call("POST", "/admin/lists/staff/members", body=body, headers=ADMIN).status == 202
    for page in ("campaigns/status", "calendar"):
        assert shop.call("GET", f"/admin/{page}", headers=ADMIN).status == 200
    because = b'{"reason": "a wrong price"}'
    for act in ("pause", "resume"):
        assert shop.call("POST", f"/admin/campaigns/hello/{act}", body=because, headers=ADMIN).status == 200


def people_leave_by_links(shop: Shop) -> None:
    one, other = a_greeted(shop), a_greeted(shop)
    unsubscribe(shop, one)
    keys, message = shop.wired.secrets.link_keys(), the_message(shop, other).id
    token = issue(send_ref=message, scope=Preferences(), issued_at=shop.now, nonce=bytes(16), keys=keys)
    for method, body in (("GET", b""), ("POST", b"topic=new-releases&channel=email")):
        assert shop.call(method, f"/preferences/{token}", body=body, headers=FORM).status == 200
    shop.settle()


def providers_throttle_and_lose_replies(shop: Shop) -> None:
    slow, unclear = a_user(), a_user()
    for user, effect in ((slow, Throttle()), (unclear, LoseReply())):
        shop.cloud.providers.faults.add(Fault(effect=effect, to=f"{user}@*", count=1))
        shop.greet(user, settle=False)
    shop.settle()
    assert the_message(shop, slow).state is State.PENDING
    shop.cloud.advance(timedelta(minutes=6))
    assert [the_message(shop, user).state for user in (slow, unclear)] == [State.SENT, State.SENT]


def a_cap_counts_what_was_decided_before_it(shop: Shop) -> None:
    """Nobody counted the message that waits: the claim does."""
    user = a_user()
    shop.cloud.providers.faults.add(Fault(effect=Throttle(), to=f"{user}@*", count=1))
    shop.greet(user)
    person = shop.person(user).id
    counted = shop.wired.messages.pressure(person)
    shop.wired.messages.press(Pressed(person, on_person=Pressure(counted.version + 1)))
    shop.cloud.advance(timedelta(minutes=6))
    assert the_message(shop, user).state is State.SENT
    assert len(shop.wired.messages.pressure(person).touches) == 1


def people_are_reached_by_messengers(shop: Shop) -> None:
    user, number, friend = a_user(), messengers.a_number(), messengers.a_line_user()
    traits = {
        "whatsapp": number,
        "line": friend,
        "first_name": "Ada",
        "country": "JP",
        "timezone": "Asia/Tokyo",
    }
    told = {"userId": user, "messageId": f"{user}-known", "type": "identify", "traits": traits}
    assert shop.send(told).status == 200
    messengers.from_line(shop, messengers.an_event(shop, "follow", friend))
    for event in ("Parcel Sent", "News Wanted"):
        asked = {"userId": user, "messageId": f"{user}-{event}", "type": "track", "event": event}
        assert shop.send({**asked, "properties": {"order": "A-1"}}).status == 200
    shop.settle()
    for channel, to in (("whatsapp", number), ("line", friend)):
        assert len(shop.cloud.providers.outbox.messages(channel=channel, to=to)) == 1


def providers_report(shop: Shop) -> None:
    for name in ("ses-bounce-permanent", "ses-complaint", "ses-open"):
        message = the_message(shop, a_greeted(shop)).id
        body = with_words(a_lambda_event(f"feedback/{name}"), SEND_ID=message)
        take(shop, Function.FEEDBACK, Queue.FEEDBACK, body)
    for name in ("sms-reply-stop", "unknown-notice"):
        take(shop, Function.FEEDBACK, Queue.FEEDBACK, a_lambda_event(f"feedback/{name}"))
    shop.settle()


def a_change_cannot_be_taken(shop: Shop) -> None:
    event = a_lambda_event("stream/person-created")
    event["Records"][0]["dynamodb"]["NewImage"]["b"]["S"] = "{"
    assert failures(shop.invoke(Function.REACT, event)) == []


def time_takes_somebody_out_of_a_segment(shop: Shop) -> None:
    user = a_user()
    for days in (200, 150, 100, 89.9):
        order = {"type": "track", "userId": user, "event": "Order Completed", "properties": {"revenue": 50}}
        send(shop, order | {"timestamp": (shop.now - timedelta(days=days)).isoformat()})
    shop.settle()
    assert "loyal-customers" in shop.person(user).segments
    shop.cloud.advance(timedelta(hours=3))
    assert "loyal-customers" not in shop.person(user).segments


def an_audience_is_walked_in_parts(shop: Shop) -> None:
    fill_first_shard(shop, "lapsing-good-customers", PAGE + 1)
    event = a_lambda_event("sqs/audience")
    work = AudienceShard.model_validate_json(event["Records"][0]["body"])
    shop.wired.runs.start(
        Run(
            campaign=work.campaign,
            id=work.run,
            campaign_version=work.campaign_version,
            scheduled_at=work.scheduled_at,
            started_at=shop.now,
            shards=1,
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.audience.handler._SECONDS", -1.0)  # time is up after the first page
        assert failures(shop.invoke(Function.AUDIENCE, event)) == []
    assert shop.waiting(Queue.AUDIENCE)
    shop.settle()


def a_run_for_too_many_is_refused(shop: Shop) -> None:
    """Whom it is for lies in the index still; of those we can reach they are too many."""
    event = a_lambda_event("schedule/campaign") | {"campaign": "too-many"}
    assert shop.invoke(Function.CAMPAIGN, event)["refused"].startswith("blast")


def a_campaign_starts_twice(shop: Shop) -> None:
    for _ in range(2):
        assert shop.invoke(Function.CAMPAIGN, a_lambda_event("schedule/campaign"))["run"]
    shop.settle()


def a_run_goes_on(shop: Shop) -> None:
    """One that was paused by hand before its audience was walked."""
    version = shop.wired.catalog.current().version_of("campaign", "win-back")
    begun = Run("win-back", "20261124T1000Z", version, shop.now, shop.now, SEGMENT_SHARDS)
    shop.wired.runs.start(begun)
    because = b'{"reason": "a wrong price"}'
    for act in ("pause", "resume"):
        assert (
            shop.call("POST", f"/admin/campaigns/win-back/{act}", body=because, headers=ADMIN).status == 200
        )
    shop.settle()


def definitions_change_under_people(shop: Shop) -> None:
    """Whoever is written before the refresh comes along is counted anew from the timeline, wherever that happens."""
    reader, leaver, buyer, visitor = (a_greeted(shop) for _ in range(4))
    fill_first_shard(shop, "everyone", BACKFILL_PAGE + 1)
    curious = {"event": "Product Viewed", "verb": "count", "op": "gte", "value": 2}
    segment = {"id": "curious", "name": "Curious", "description": "Looked twice.", "when": curious}
    put_in_force(shop, {**documents(), ("segment", "curious"): segment})
    opened = with_words(a_lambda_event("feedback/ses-open"), SEND_ID=the_message(shop, reader).id)
    take(shop, Function.FEEDBACK, Queue.FEEDBACK, opened)
    unsubscribe(shop, leaver)
    bought = {"type": "track", "userId": buyer, "event": "X"}
    take(
        shop,
        Function.INGEST,
        Queue.INGEST,
        {"detail-type": "Customer Event", "source": "shop", "detail": bought},
    )
    send(shop, {"type": "track", "userId": visitor, "event": "Product Viewed"})
    shop.settle()


def files_are_imported(shop: Shop) -> None:
    """One with an order and one that was put there by hand; too long for one turn, with rows that are refused."""
    buyer = a_greeted(shop)
    send(shop, {"type": "track", "anonymousId": f"{buyer}-anonymous", "event": "Product Viewed"})
    keen = {"event": "Catalogue Ordered", "verb": "count", "op": "gte", "value": 3}
    segment = {"id": "keen", "name": "Keen", "description": "Asked often.", "when": keen}
    put_in_force(shop, {**documents(), ("segment", "keen"): segment})
    united: dict[str, Any] = {"type": "identify", "userId": buyer, "anonymousId": f"{buyer}-anonymous"}
    united |= says(f"{buyer}@people.example", "EMAIL", "UNSUBSCRIBED")
    newcomer = {"type": "identify", "userId": a_user(), "traits": {"email": f"{a_user()}@people.example"}}
    unknown = {"type": "identify", "userId": buyer, "traits": {"phone": "no number"}}
    long = [{"type": "track", "userId": buyer, "event": "X", "properties": {"x": "y" * 60_000}}] * 75
    upload(
        shop,
        "\n".join(json.dumps(each) for each in (united, newcomer, unknown, *long)).encode(),
        source="shop",
    )
    upload(shop, f"user_id,event\n{buyer},Product Viewed\n".encode(), source="shop", by_hand=True)
    shop.settle()


def rights_are_exercised(shop: Shop) -> None:
    """Somebody asks for everything about them and then to be forgotten; nobody drives what is left to do."""
    user, sharing = a_greeted(shop), a_user()
    person = shop.person(user)
    send(
        shop,
        {
            "type": "track",
            "userId": user,
            "event": "X",
            **says(f"{user}@people.example", "EMAIL", "SUBSCRIBED"),
        },
        {"type": "identify", "userId": sharing, "traits": {"country": "US"}},
    )
    shop.settle()
    shares(shop, sharing, f"{user}@people.example")
    day = f"dt={shop.now:%Y-%m-%d}"
    mine, raw = {"person": person.id}, {"raw": json.dumps({"userId": user})}
    for number, others in enumerate(([], [{"person": "another"}])):
        into_lake(shop, f"events/{day}/{user}-{number}.jsonl.gz", [mine, *others])
        into_lake(shop, f"errors/processing-failed/{day}/{user}-{number}", [mine, *others])
        into_lake(shop, f"quarantine/{day}/shop/{user}-{number}.json.gz", [raw, *others])
    for path, body in ((f"people/{user}/export", b""), (f"people/{user}/erasure", b'{"ground":"request"}')):
        assert shop.call("POST", f"/admin/{path}", body=body, headers=ADMIN).status == 202
        shop.settle()
    assert shop.call("GET", "/admin/erasures", headers=ADMIN).status == 200
    shop.cloud.advance(timedelta(hours=2))
    assert shop.wired.erasures.under_way(person.id) is None


def sources_fall_silent(shop: Shop) -> None:
    for hours in (0, 30):  # the first look begins to watch
        shop.cloud.advance(timedelta(hours=hours))
        shop.invoke(Function.WAKE, a_lambda_event("schedule/wake"))
    assert {
        row.watched.state
        for row in look(shop.wired.catalog.current(), shop.wired.arrivals, now=shop.now).standings
    } == {"quiet"}


def everybody_is_counted_in_the_lake(shop: Shop) -> None:
    places = {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/answers/"}}
    boto3.client("athena", region_name=REGION).create_work_group(Name=WORKGROUP, Configuration=places)
    shop.invoke(Function.SNAPSHOT, {})
    shop.settle()
    body = json.dumps({"segment": {"everyone": True}}).encode()
    begun = shop.call("POST", "/admin/lake-counts", body=body, headers=ADMIN)
    assert begun.status == 202
    query = json.loads(begun.body)["id"]
    assert shop.call("GET", f"/admin/lake-counts/{query}", headers=ADMIN).status == 200


WALK_WANTED = "Walk Wanted"
JOURNEYS = (
    a_journey(
        {"id": "fork", "type": "split", "weights": {"a": 100, "b": 0}, "branches": {"a": "slow", "b": "slow"},
         "limits": {"a": {"count": 9}}, "overflow": "slow"},
        {"id": "slow", "type": "throttle", "rate": 100, "per": "1m"},
        {"id": "note", "type": "update_profile", "set": {"walked": True}},
        wait("rest", "1h"),
        mail("hello"),
        id="walk",
        enter={"event": WALK_WANTED},
        entry_limits={"total": 1_000},
        reentry={"per_key": "walk"},
    ),
    a_journey(
        wait("rest", "1h"),
        id="daily",
        enter={
            "type": "schedule",
            "schedule": {"type": "schedule", "cron": "0 3 * * *", "zone": "UTC"},
            "audience": {"in": ["everyone"]},
        },
    ),
)  # fmt: skip


def people_walk_through_journeys(shop: Shop) -> None:
    """They enter by what they do and by the clock; the journey is paused and goes on; one is erased inside."""
    user, gone = a_greeted(shop), a_greeted(shop)
    for each in (user, gone):
        does(shop, each, WALK_WANTED, walk="w1")
    assert {run.journey for run in shop.wired.journeys.of_person(shop.person(user).parts)} == {"walk"}
    erased = shop.call("POST", f"/admin/people/{gone}/erasure", body=b'{"ground":"request"}', headers=ADMIN)
    assert erased.status == 202
    shop.settle()
    for act in ("pause", "resume"):
        body = json.dumps({"reason": "the price was wrong"}).encode()
        assert shop.call("POST", f"/admin/journeys/walk/{act}", body=body, headers=ADMIN).status == 202
        shop.settle()
        shop.cloud.advance(timedelta(hours=2))
    (walked,) = (run for run in runs_of(shop, user) if run.journey == "walk")  # `daily` begins at three
    assert walked.is_over
    assert shop.call("GET", "/admin/journeys/walk", headers=ADMIN).status == 200
    path = f"/admin/journeys/walk/people/{shop.person(user).id}"
    assert shop.call("GET", path, headers=ADMIN).status == 200
    shop.cloud.advance(timedelta(days=1))
    assert {run.journey for run in shop.wired.journeys.of_person(shop.person(user).parts)} == {
        "walk",
        "daily",
    }


def the_canary_flies(shop: Shop) -> None:
    """Watched, it has a network of its own, where nobody answers."""
    assert shop.invoke(Function.CANARY, {})["canary"] == "left"
    shop.settle()


def somebody_has_a_page_of_their_own(shop: Shop) -> None:
    """The link by mail, everything that can be done there, and the canary's way out."""
    user = a_greeted(shop)
    path = own_path(shop, user)
    told = state_of(shop.call("GET", path).text())
    changed = {
        **told,
        "topic": [],
        "pause": "30d",
        "language": "ja",
        "quiet_from": "22:00",
        "quiet_to": "07:00",
    }
    for form in (changed, {"act": "export"}, {"act": "erase"}, {"act": "erase-now"}):
        assert post(shop, path, **form).status == 200
    assert post(shop, "/preferences", act="visit", email="nobody@people.example").status == 200
    shop.settle()
    the_canary_flies(shop)
    shop.settle()


def a_backfill_is_begun_by_the_sweep_and_walked_in_parts(shop: Shop) -> None:
    """Whoever applied the definitions died then; and time is up after each page."""
    store = shop.wired.catalog
    late = {"id": "late", "name": "Late", "when": {"event": "Came Late", "verb": "did_not"}}
    wanted = {**documents(), ("segment", "late"): late}
    store.apply(differences(store.documents(), wanted), wanted, now=shop.now, actor="test")
    store.current(fresh=True)
    fill_first_shard(shop, "everyone", BACKFILL_PAGE + 1)
    shop.invoke(Function.WAKE, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.react.handler.FILL_SECONDS", -1.0)
        shop.settle()


def colleagues_hear_by_a_topic(shop: Shop) -> None:
    user = a_user()
    shop.send({"type": "track", "userId": user, "event": TOPIC_WANTED})
    shop.settle()
    assert the_message(shop, user).state is State.SENT


def the_account_is_looked_at(shop: Shop) -> None:
    """A mailbox and a number are on the providers' lists, and a mailbox that is dead to us is not."""
    user = a_greeted(shop)
    (mail,) = shop.mails(user)
    shop.cloud.providers.reacted(mail.id, Behaviour.COMPLAINS)
    other, number = a_user(), "+12065550147"
    shop.send(
        {"type": "identify", "userId": other, "traits": {"email": f"{other}@people.example", "phone": number}}
    )
    shop.settle()
    world = shop.cloud.providers.world
    world.suppressed[f"{other}@people.example"] = ("COMPLAINT", shop.now)
    world.list_number(number, shop.now)
    assert shop.invoke(Function.ACCOUNT, {})["suppressed"] == 1
    shop.settle()
    assert f"{user}@people.example" in world.suppressed


def a_proof_is_looked_at(shop: Shop) -> None:
    """An author sends a proof to simulators, one of each channel that has some, and sees what became of them."""
    event = {"name": "Order Completed", "properties": {"order_id": "7", "total": 5, "currency": "JPY"}}
    asked: Mapping[str, Mapping[str, Any]] = {
        "campaigns/win-back": {"to": "bounce@simulator.amazonses.com"},
        "templates/order-thanks-sms": {"to": "+14254147755", "event": event},
        "templates/welcome-back-push": {"to": "ios:a-colleagues-device"},
        "templates/wa-answer": {"to": "+81312345678"},
        "templates/line-news": {"to": LINE_COLLEAGUE},
    }
    for name, body in asked.items():
        sent = json.dumps(body).encode()
        reply = shop.call("POST", f"/admin/{name}/proof", headers=ADMIN, body=sent)
        assert reply.status == 202, (name, reply.text())
    shop.settle()
    found = json.loads(shop.call("GET", "/admin/proofs", headers=ADMIN).body)["proofs"]
    assert {proof["state"] for proof in found} == {"sent"}
    shown = shop.call(
        "POST", "/admin/campaigns/win-back/preview", headers=ADMIN, body=b'{"person": "user-1"}'
    )
    assert shown.status in (200, 404)


PATHS: tuple[Callable[[Shop], None], ...] = (
    texts_wait_for_the_morning_or_are_refused,
    people_come_and_are_one,
    a_request_is_too_much,
    events_come_by_the_bus,
    everything_is_poisoned,
    somebody_asks_and_somebody_looks,
    people_leave_by_links,
    providers_throttle_and_lose_replies,
    a_cap_counts_what_was_decided_before_it,
    people_are_reached_by_messengers,
    people_are_reached_on_channels_of_our_own,
    staff_call_somebody,
    providers_report,
    a_change_cannot_be_taken,
    time_takes_somebody_out_of_a_segment,
    an_audience_is_walked_in_parts,
    a_run_for_too_many_is_refused,
    a_campaign_starts_twice,
    a_run_goes_on,
    definitions_change_under_people,
    the_canary_flies,
    a_backfill_is_begun_by_the_sweep_and_walked_in_parts,
    somebody_has_a_page_of_their_own,
    files_are_imported,
    rights_are_exercised,
    sources_fall_silent,
    everybody_is_counted_in_the_lake,
    people_walk_through_journeys,
    a_proof_is_looked_at,
    colleagues_hear_by_a_topic,
    the_account_is_looked_at,
)
