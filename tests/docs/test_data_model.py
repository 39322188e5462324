"""docs/data-model.md: both charts against what the code stores and how it reads."""

from __future__ import annotations

import inspect
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from kizuna.adapters.imports import ImportsTable
from kizuna.adapters.tables import catalog_keys, people_keys
from kizuna.adapters.tables.accounts import AccountsTable
from kizuna.adapters.tables.arrivals import ArrivalsTable
from kizuna.adapters.tables.askings import AskingsTable
from kizuna.adapters.tables.backfills import BackfillsTable
from kizuna.adapters.tables.brakes import BrakesTable
from kizuna.adapters.tables.catalog import CatalogTable
from kizuna.adapters.tables.circuits import CircuitsTable
from kizuna.adapters.tables.cohorts import CohortsTable
from kizuna.adapters.tables.controls import ControlsTable
from kizuna.adapters.tables.counters import CountersTable
from kizuna.adapters.tables.erasure import ErasureTable
from kizuna.adapters.tables.flight_log import FlightLogTable
from kizuna.adapters.tables.halts import HaltsTable
from kizuna.adapters.tables.inbox import InboxTable
from kizuna.adapters.tables.journey_runs import JourneyRunsTable
from kizuna.adapters.tables.keys import KeysTable
from kizuna.adapters.tables.ledger import LedgerTable
from kizuna.adapters.tables.merges import MergesTable
from kizuna.adapters.tables.messages import MessagesTable
from kizuna.adapters.tables.pace import PaceTable
from kizuna.adapters.tables.people import PeopleTable
from kizuna.adapters.tables.proofs import ProofsTable
from kizuna.adapters.tables.results import ResultsTable
from kizuna.adapters.tables.rfm import RfmTable
from kizuna.adapters.tables.rhythms import RhythmsTable
from kizuna.adapters.tables.runs import RunsTable
from kizuna.adapters.tables.simulations import SimulationsTable
from kizuna.adapters.tables.tasks import TasksTable
from kizuna.adapters.tables.trials import TrialsTable
from kizuna.core.campaigning.controls import Control, Halt
from kizuna.core.catalog import Documents
from kizuna.core.consent.anchors import Anchor
from kizuna.core.consent.chain import GENESIS
from kizuna.core.experiments.standing import Standing
from kizuna.core.identity.rsa_texts import read_public_key
from kizuna.core.machine_reactions import Early
from kizuna.core.messages import FACTS
from kizuna.core.ports import Run, RunState
from kizuna.core.ports.callouts import Replied
from kizuna.core.ramp import Wave
from kizuna.core.restraint.brakes import Pause, Stop
from kizuna.core.restraint.early_warning import Signal
from kizuna.core.seen import INLINE
from kizuna.core.sources import KeyKind
from kizuna.local.providers.faults import Fail, Fault, Throttle
from kizuna.local.providers.world import Behaviour
from kizuna.runtime.desks import proof_desk
from kizuna.topology import TABLES, Function
from kizuna.usecases.authoring.proofs import ask_for_proof
from kizuna.usecases.identity.unmerge import Registry, last_merge_of, undo_merge
from kizuna.usecases.journeys.halting import pause, resume
from kizuna.usecases.outcomes.braking import in_silence, pause_run, release_marketing, stop_marketing
from kizuna.usecases.rights.asking import lift
from tests.docs.reading import codes, page, rows, section
from tests.support import rsa
from tests.support.builders import a_write
from tests.support.clouds import Shop, a_user, running_shop, sample_documents
from tests.support.erasing import ask, forget, registrar
from tests.support.imports import upload
from tests.support.journeys_running import a_journey, starts, wait
from tests.support.own_channels import on_channels_of_our_own, staff_call_somebody

PAGE = "docs/data-model.md"
Stored = Mapping[str, Any]

# Each function of a keys module with values for it: the item it is a key of, and which half of the key.
KEY_FUNCTIONS: Mapping[Callable[..., str], tuple[tuple[Any, ...], str, str]] = {
    people_keys.person: (("p1",), "profile", "pk"),
    people_keys.identity: (("email", "a@b.example"), "identity", "pk"),
    people_keys.holders: (("a1",), "holder", "pk"),
    people_keys.merge_record: ((1_800_000_000_000, "abc", 0), "merge record", "sk"),
    people_keys.mark_page: (("0a1b",), "mark page", "sk"),
    people_keys.row_page: (("0a1b",), "row page", "sk"),
    people_keys.message: (("m1",), "message", "pk"),
    people_keys.sent_guard: (("c", "r", "s", "email"), "sent guard", "sk"),
    people_keys.trial: (("spring~k3j9dm4a",), "first of an experiment", "sk"),
    people_keys.told: (("a1",), "told", "sk"),
    people_keys.address_pressure: (("a1",), "address pressure", "pk"),
    people_keys.address_guard: (("c", "r", "s", "email", "a"), "address guard", "pk"),
    people_keys.asked: (("visit|a1",), "askings", "pk"),
    people_keys.erased: (("k1.abc",), "erased mark", "pk"),
    people_keys.inbox_item: ((1, "m1"), "inbox item", "sk"),
    people_keys.task: (("m1",), "task", "sk"),
    people_keys.journey_run: (("welcome", "order-1"), "journey run", "sk"),
    people_keys.journey_entries: (("welcome",), "entries", "sk"),
    people_keys.membership: (("loyal", 3), "membership", "pk"),
    catalog_keys.version: ((7,), "version", "sk"),
    catalog_keys.snapshot: (("f0",), "snapshot part", "pk"),
    catalog_keys.snapshot_part: ((1,), "snapshot part", "sk"),
    catalog_keys.runs: (("win-back",), "run", "pk"),
    catalog_keys.checkpoints: (("win-back", "r"), "checkpoint", "pk"),
    catalog_keys.counters: (("win-back", "r", 2), "counter", "pk"),
    catalog_keys.counter: (("email",), "counter", "sk"),
    catalog_keys.results: (("win-back", "r", 2), "result", "pk"),
    catalog_keys.result: (("2026-11-22", "email", "", "told"), "result", "sk"),
    catalog_keys.backfill: ((7,), "backfill", "sk"),
    catalog_keys.backfill_shards: ((7,), "backfill shard", "pk"),
    catalog_keys.backfill_shard: ((3,), "backfill shard", "sk"),
    catalog_keys.rfm_runs: (("orders",), "rfm run", "pk"),
    catalog_keys.rfm_pages: (("orders", "20261123T030000Z"), "rfm page", "pk"),
    catalog_keys.rfm_page: (("write", 3, 12), "rfm page", "sk"),
    catalog_keys.circuit: (("crm",), "circuit", "pk"),
    catalog_keys.journey_counts: (("welcome", 3), "journey count", "pk"),
    catalog_keys.rhythm: (("email", 3), "rhythm", "pk"),
    catalog_keys.rhythm_hour: ((9,), "rhythm", "sk"),
    catalog_keys.journey_limits: (("welcome",), "journey limit", "pk"),
    catalog_keys.journey_places: (("welcome", "fork"), "journey place", "pk"),
    catalog_keys.trial: (("spring", "k3j9dm4a"), "trial", "sk"),
    catalog_keys.run_brake: (("spring", "r1"), "brake of a run", "sk"),
    catalog_keys.cohort: (("spring", "r1", 2), "cohort", "pk"),
    catalog_keys.minute: ((29_000_000,), "cohort", "sk"),
    catalog_keys.hours: ((3,), "landed", "pk"),
    catalog_keys.hour: ((480_000,), "landed", "sk"),
    catalog_keys.spent: (("2026-11-22",), "spent", "pk"),
    catalog_keys.spent_on: (("email", 3), "spent", "sk"),
    catalog_keys.pace: (("email",), "pace", "pk"),
    catalog_keys.quota: (("email",), "quota", "sk"),
    catalog_keys.listed: (("suppressed",), "list", "sk"),
    catalog_keys.arrivals: (("web",), "arrivals", "pk"),
    catalog_keys.arrivals_hour: ((datetime(2026, 11, 22, 12, tzinfo=UTC),), "arrivals", "sk"),
}
# What has no row of its own in the chart: inverses, shards and the partitions of the index.
OTHER_FUNCTIONS = {
    catalog_keys.channel_spent_on,
    people_keys.message_id_of,
    people_keys.person_id_of,
    people_keys.membership_shard,
    people_keys.inbox_place,
    people_keys.due_shard,
    people_keys.due_partition,
    people_keys.decided_partition,
    people_keys.decided_shard,
    people_keys.decided_place,
    people_keys.task_list,
    people_keys.task_place,
    people_keys.journey_range,
    people_keys.journey_runs,
    people_keys.is_journey_run,
    people_keys.journey_place,
    people_keys.journey_place_keys,
    people_keys.halted_partition,
    people_keys.halted_shard,
    catalog_keys.counter_of,
    catalog_keys.result_of,
    catalog_keys.rfm_phase,
    catalog_keys.rfm_shard,
    catalog_keys.rfm_page_of,
}
ADAPTERS = (
    AccountsTable,
    ArrivalsTable,
    AskingsTable,
    FlightLogTable,
    BackfillsTable,
    PeopleTable,
    MessagesTable,
    LedgerTable,
    MergesTable,
    ErasureTable,
    ImportsTable,
    CatalogTable,
    KeysTable,
    RunsTable,
    SimulationsTable,
    RfmTable,
    CountersTable,
    ResultsTable,
    BrakesTable,
    CircuitsTable,
    CohortsTable,
    InboxTable,
    TasksTable,
    TrialsTable,
    PaceTable,
    JourneyRunsTable,
    HaltsTable,
    ControlsTable,
    ProofsTable,
    RhythmsTable,
)
NO_PATTERN = {"next_due"}  # only for a clock that jumps


def chart() -> dict[str, tuple[str, str, set[str]]]:
    """Partition key, sort key and attributes by item, as the page has them."""
    found = {}
    for item, pk, sk, attributes in rows(section(page(PAGE), "## Entity chart")):
        found[item] = (codes(pk)[0], codes(sk)[0], set(codes(attributes)))
    return found


def fits(pattern: str, key: str) -> bool:
    """Whether a key is of the form that the page gives, such as `i#<type>#<value>`."""
    parts = re.split(r"(<[a-z]+>)", pattern)
    expression = "".join("[^#]+" if part.startswith("<") else re.escape(part) for part in parts)
    return re.fullmatch(expression, key) is not None


def item_of(stored: Stored) -> str:
    pk, sk = stored["pk"]["S"], stored["sk"]["S"]
    matching = [
        name for name, (pk_form, sk_form, _) in chart().items() if fits(pk_form, pk) and fits(sk_form, sk)
    ]
    # An identifier may look like anything; what a page lists as a fixed text goes before a pattern.
    return min(
        matching, key=lambda name: sum(form.count("<") for form in chart()[name][:2]), default=f"{pk} | {sk}"
    )


def documents() -> Documents:
    """The sample workspace, a cap that counts addresses, segments that ask of consent and of comings, a greeting with
    two subjects to compare, and a text with a link that is followed."""
    sample = sample_documents()
    policy = sample["policy", "policy"]
    cap = {"scope": "address", "channel": "email", "count": 9, "window": "7d"}
    capped = {**policy, "frequency_caps": [*policy["frequency_caps"], cap], "pace": {"email": 100}}
    capped["send_budget"] = {"day": 1_000}
    capped["tell_suppressed"] = True
    capped["click_tracking"] = {"channels": ["sms"]}
    thanks = sample["template", "order-thanks-sms"]
    linked = {**thanks, "languages": {"en": {"body": "{{ brand.name }}: https://shop.example/orders"}}}
    languages = sample["template", sample["campaign", "hello"]["template"]]["languages"]
    news = {"name": "news", "patch": {each: {"subject": "What came in this week"} for each in languages}}
    compared = {**sample["campaign", "hello"], "experiment": {"arms": [{"name": "plain"}, news]}}
    asking: dict[str, Any] = {
        "willing": {"consent": "granted", "channel": "email"},
        "newly-loyal": {"entered_segment": "loyal-customers", "window": {"last": "30d"}},
        "on-trial": {"journey": "trial"},
    }
    segments = {("segment", name): {"id": name, "name": name, "when": when} for name, when in asking.items()}
    walked = {("journey", each["id"]): each for each in JOURNEYS}
    told = {("template", "order-thanks-sms"): linked, ("campaign", "hello"): compared}
    return {**sample, **told, ("policy", "policy"): capped, **segments, **on_channels_of_our_own(), **walked}


def compare_arms(shop: Shop) -> None:
    """An experiment is decided."""
    shop.wired.trials.save(Standing("spring", "k3j9dm4a", version=1, began_at=shop.now))


def brake(shop: Shop) -> None:
    """A large run is paused, and all promotion stopped and released."""
    runs, brakes, now = shop.wired.runs, shop.wired.brakes, shop.now
    runs.start(Run("win-back", "large", 1, now, now, 8, (Wave(1 << 32, now),), people=9))
    runs.start(Run("win-back", "at-once", 1, now, now, 8, people=9, unramped=True))
    runs.advance("win-back", "large", "everyone#1", "p1")
    runs.finish("win-back", "large", "everyone#1")
    runs.end("win-back", "large", RunState.STOPPED, reason="campaign_changed", at=now)
    shop.wired.simulations.keep("win-back", {"campaign": "win-back"})
    for came, went in ((["everyone"], []), ([], ["everyone"])):
        shop.wired.people.index_membership("somebody", came, went, at=now)
    pause_run("win-back", "large", Pause("by_hand", now, "", "a mistake"), brakes, tell=in_silence)
    stop_marketing(Stop("by_hand", now, "", "a mistake"), brakes, tell=in_silence)
    release_marketing(brakes, by="ann", reason="mended", now=now, tell=in_silence)


JOURNEYS = (
    a_journey(
        {"id": "fork", "type": "split", "weights": {"a": 100, "b": 0}, "branches": {"a": "rest", "b": "rest"},
         "limits": {"a": {"count": 9}}, "overflow": "rest"},
        wait("rest", "2d"),
        {"id": "note", "type": "update_profile", "set": {"walked": True}},
        entry_limits={"total": 1_000},
        reentry={"per_key": "walk"},
    ),
)  # fmt: skip


def walk(shop: Shop, user: str) -> None:
    """Somebody walks through a journey, which is paused for a while."""
    wired = shop.wired
    starts(shop, user, walk="w1")
    catalog = wired.catalog.current()
    pause("trial", wired.halts, catalog, by="ann", reason="a mistake", now=shop.now)
    resume("trial", wired.halts, wired.queues, catalog, by="ann", now=shop.now)
    wired.controls.save(Control("win-back", 1, halt=Halt("ann", shop.now, "a mistake")))
    wired.rhythms.note("email", 9, tries=1, hits=1, spread="m1")


def be_told_on_our_own_channels(shop: Shop, user: str) -> None:
    """An item of an inbox, for which a text waits, is taken back and put away; the CRM is out of order."""
    shop.cloud.systems.answers.append(Replied(503))
    shop.send({"type": "identify", "userId": user, "traits": {"phone": "+12025550143"}})
    shop.send({"type": "track", "userId": user, "event": "Notice Wanted"})
    shop.settle()
    (item,) = (message.id for message in shop.messages(user) if message.channel == "inbox")
    for fact in ("withdrawn", "dismissed", "rejected"):
        shop.wired.messages.add_fact(item, fact, shop.now)


def ask_for_a_link(shop: Shop, user: str) -> None:
    """Somebody asks for the link to their own page, and the canary flies."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = f"act=visit&email={user}@people.example".encode()
    assert shop.call("POST", "/preferences", body=body, headers=form).status == 200
    shop.invoke(Function.CANARY, {})
    shop.settle()


def look_at_the_account_and_a_proof(shop: Shop, user: str) -> None:
    """What providers allow is read, they are told who complained, a proof is sent, and somebody reacts too soon."""
    shop.invoke(Function.ACCOUNT, {})
    wired = shop.wired
    ask_for_proof(
        "win-back",
        "success@simulator.amazonses.com",
        proof_desk(wired),
        wired.catalog.current(),
        by="ann",
        now=shop.now,
    )
    shop.settle()
    message = shop.messages(user)[0].id
    wired.messages.note_delivery(message, shop.now)
    wired.messages.note_early(message, Early("report-1", "opened", "Email Opened", shop.now))


def lived_in(shop: Shop) -> None:
    """Everything that is stored happens to somebody."""
    reading, complaining, bouncing = a_user(), a_user(), a_user()
    for user in (reading, complaining, bouncing):
        shop.greet(user)
    providers = shop.cloud.providers
    shop.cloud.advance(timedelta(minutes=1))  # sooner, it would be a machine
    providers.opened(shop.mails(reading)[0].id, at=shop.now)
    providers.clicked(shop.mails(reading)[0].id, "https://grooveharbour.example/new", at=shop.now)
    providers.reacted(shop.mails(complaining)[0].id, Behaviour.COMPLAINS, at=shop.now)
    order = {"revenue": 40, "currency": "USD"}
    shop.send({"type": "track", "userId": reading, "event": "Order Completed", "properties": order})
    providers.reacted(shop.mails(bouncing)[0].id, Behaviour.BOUNCES, at=shop.now)
    shop.settle()
    ask_for_a_link(shop, reading)
    look_at_the_account_and_a_proof(shop, reading)
    become_one(shop, reading)
    be_forgotten(shop)
    be_hot(shop, a_user())
    be_away(shop, a_user())
    be_listed(shop, reading)
    cancel(shop, reading)
    upload(shop, b"user_id\nu1\n")
    be_taken_for_another(shop, a_user())
    be_told_on_our_own_channels(shop, a_user())
    staff_call_somebody(shop)
    shop.wired.anchors.keep(Anchor("2026-11-22", shop.now, ("0" * 64,), chains=1, entries=1, before=GENESIS))
    look_alike(shop, a_user(), a_user())
    give_up(shop, reading)
    shop.new_key("shop", KeyKind.SERVER, text="kzs_gone", revoked=True)
    shop.new_key("web", KeyKind.IDENTITY, public_key=read_public_key(rsa.PUBLIC_2048))
    walk(shop, a_user())
    shop.cloud.advance(timedelta(days=8))
    shop.invoke(Function.WAKE, {})  # looks at the sources too
    providers.faults.add(Fault(effect=Throttle(), count=1))  # somebody's mail waits for a provider in a hurry
    shop.greet(a_user())
    leaving = a_user()
    shop.greet(leaving, settle=False)
    ask(shop, leaving)
    shop.settle()
    providers.faults.add(
        Fault(effect=Fail(code="InternalFailure", status=500))
    )  # nobody knows what became of it
    thanked = a_user()
    order = {"order_id": "o-1", "total": 10, "currency": "USD", "products": [{"name": "One record"}]}
    shop.send(
        {"type": "identify", "userId": thanked, "traits": {"phone": "+12025550187"}},
        {"type": "track", "userId": thanked, "event": "Order Completed", "properties": order},
    )
    shop.settle()
    shop.cloud.advance(timedelta(hours=1, minutes=1))  # so it is sent once more
    starts(shop, a_user(), walk="w2")
    providers.faults.clear()
    providers.faults.add(Fault(effect=Throttle(), count=1))
    shop.greet(a_user())


def be_forgotten(shop: Shop) -> None:
    """Somebody with a consent is erased, and what was kept of the No of the address is lifted again."""
    user = a_user()
    said = [{"key": f"{user}@people.example", "type": "EMAIL", "status": "SUBSCRIBED"}]
    shop.greet(user)
    shop.send({"type": "track", "userId": user, "event": "X", "context": {"messaging_subscriptions": said}})
    forget(shop, user)
    lift(f"email:{user}@people.example", registrar(shop), now=shop.now, actor="dpo", reason="asked for")


def become_one(shop: Shop, user: str) -> None:
    """An anonymous visitor, with a device and a signal of privacy, turns out to be somebody known."""
    context = {
        "device": {"token": "t-1", "type": "ios"},
        "locale": "ja",
        "timezone": "Asia/Tokyo",
        "gpc": True,
        "consent": {"categoryPreferences": {"marketing": True}},
    }
    seen = {"type": "track", "anonymousId": "visit-1", "event": "Seen", "context": context}
    shop.send(seen, key=shop.keys.client)
    shop.send({"type": "identify", "userId": user, "anonymousId": "visit-1", "context": context})


def be_taken_for_another(shop: Shop, user: str) -> None:
    """A guest on a shared tablet is taken for its owner, goes on, and is told apart again."""
    page = {"type": "track", "event": "Seen", "anonymousId": "tablet-2"}
    shop.send(page)
    shop.send({"type": "identify", "userId": user})
    shop.send({"type": "identify", "userId": user, "anonymousId": "tablet-2"})
    shop.send({**page, "messageId": "later"})
    on = Registry(shop.wired.people, shop.wired.ledger, shop.wired.merges)
    record = last_merge_of(shop.person(user), on)
    undo_merge(record.id, on, shop.wired.catalog.current(), now=shop.now)
    shop.settle()


def look_alike(shop: Shop, *users: str) -> None:
    """Two whom a rule of the workspace takes for one, perhaps."""
    name = {"last_name_kana": "タナカ", "first_name_kana": "ハナ", "birthday": "1990-01-02"}
    for user in users:
        shop.send({"type": "identify", "userId": user, "traits": name})


def give_up(shop: Shop, user: str) -> None:
    """A device changes hands, and the process dies before the next user has it."""
    person = shop.person(user)
    left = {key: held for key, held in person.identities.items() if key[0] != "push_token"}
    released = tuple(person.identities.keys() - left.keys())
    shop.cloud.services.people.commit(a_write(person, replace(person, identities=left), released=released))


def be_hot(shop: Shop, user: str) -> None:
    """Do more in two days than a profile has room to remember."""
    order = {"type": "track", "userId": user, "event": "Order Completed", "properties": {"revenue": 123.45}}
    shop.send(*({**order, "messageId": f"{user}-{n}"} for n in range(INLINE + 1)))
    shop.send({"type": "identify", "userId": user})


def be_listed(shop: Shop, user: str) -> None:
    """A colleague is put on the list of staff by hand."""
    body = json.dumps({"people": [f"user_id:{user}"], "act": "add"}).encode()
    reply = shop.call("POST", "/admin/lists/staff/members", body=body, headers={"authorization": "Bearer x"})
    assert reply.status == 202
    shop.settle()


def cancel(shop: Shop, user: str) -> None:
    """Somebody gives a product up, and is not to be offered it again."""
    left = {"product_id": "club", "reason": "moved"}
    shop.send({"type": "track", "userId": user, "event": "Subscription Cancelled", "properties": left})


def be_away(shop: Shop, user: str) -> None:
    """A good customer who has not been back, so that Wednesday's campaign has somebody to walk over."""
    mailbox = {"email": f"{user}@people.example", "country": "DE"}
    told: list[dict[str, Any]] = [{"type": "identify", "userId": user, "traits": mailbox}]
    for days in (200, 150, 120):
        at = (shop.now - timedelta(days=days)).isoformat()
        order = {"type": "track", "userId": user, "event": "Order Completed", "properties": {"revenue": 40}}
        told.append({**order, "timestamp": at})
    shop.send(*told)


@pytest.fixture(scope="module")
def stored() -> Iterator[Mapping[str, list[Stored]]]:
    """Every stored item by its name in the chart."""
    items: dict[str, list[Stored]] = defaultdict(list)
    author = {"sub": "admin-1", "cognito:groups": "[author staff]"}
    with running_shop(documents=documents(), authorizer=lambda _: author) as shop:
        lived_in(shop)
        brake(shop)
        compare_arms(shop)
        client = boto3.client("dynamodb")
        for name in shop.cloud.resources.table_names.values():
            for found in client.get_paginator("scan").paginate(TableName=name):
                for each in found["Items"]:
                    items[item_of(each)].append(each)
        yield items


def test_every_item_that_is_stored_is_in_the_chart_and_no_other(stored: Mapping[str, list[Stored]]) -> None:
    assert set(stored) == set(chart())


_SIGNAL = re.compile(rf"([nk])_({'|'.join(Signal)})")  # two counts for each signal
_SUMMED = ("counter", "result")  # whose attributes are named by what they count
_NAMED = {"s": "s_<state>_<reason>", "f": "f_<sign>", "p": "p_<country>", "z": "z_<goal>_<currency>",
          "q": "q_<goal>_<currency>"}  # fmt: skip


_COUNTED = {  # what a journey counts, by its letter
    "b": "b", "e": "e:<step>", "h": "h:<step>", "s": "s:<step>", "d": "d:<step>",
    "x": "x:<step>:<state>:<reason>",
}  # fmt: skip


def _summed(name: str) -> str:
    """What a sum is called on the page."""
    kind, _, rest = name.partition("_")
    return _NAMED.get(kind, f"{kind}_<goal>") if rest else name


_LINK = re.compile(r"k_[a-z2-7]{10}")  # an attribute for each link that was followed
_EARLY = re.compile(r"e_[a-z2-7]{16}")  # likewise for each reaction that came too soon


def test_every_attribute_that_is_stored_is_in_the_chart_and_no_other(
    stored: Mapping[str, list[Stored]],
) -> None:
    for item, (_, _, attributes) in chart().items():
        names = {_SIGNAL.sub(r"\1_<signal>", name) for each in stored[item] for name in each}
        if item == "journey count":
            names = {_COUNTED[name.removeprefix("g").partition(":")[0]] for name in names - {"pk", "sk"}}
        told = (_EARLY.sub("e_<report>", name) for name in names)
        found = {_LINK.sub("k_<link>", _summed(name) if item in _SUMMED else name) for name in told}
        assert found - {"pk", "sk"} == attributes, item


def test_every_attribute_of_the_chart_is_explained() -> None:
    explained: dict[str, set[str]] = defaultdict(set)
    for item, attributes, meaning in rows(
        section(page(PAGE), "## What the attributes mean").partition("### ")[0]
    ):
        assert meaning
        explained[item] |= set(codes(attributes))
    assert {item: attributes for item, (_, _, attributes) in chart().items() if attributes} == explained


@pytest.mark.parametrize("item", ["profile", "message"])
def test_every_key_inside_a_json_text_is_explained(item: str, stored: Mapping[str, list[Stored]]) -> None:
    explained = {
        code for cells in rows(section(page(PAGE), f"### Inside a {item}")) for code in codes(cells[0])
    }
    seen = {name for each in stored[item] for name in json.loads(each["b"]["S"])}
    rare = {"lu", "it"} if item == "message" else set()  # only while a message is claimed
    assert explained - rare <= seen <= explained


def test_the_facts_of_a_message_are_those_of_the_core() -> None:
    assert {f"f_{fact}" for fact in FACTS} <= chart()["message"][2]


def test_each_table_has_its_part_of_the_chart() -> None:
    text = section(page(PAGE), "## Entity chart")
    assert re.findall(r"^### (\w+)$", text, re.MULTILINE) == [spec.name.value for spec in TABLES]


@pytest.mark.parametrize("function", KEY_FUNCTIONS, ids=lambda function: function.__qualname__)
def test_a_key_is_made_in_the_form_that_the_chart_has(function: Callable[..., str]) -> None:
    values, item, half = KEY_FUNCTIONS[function]
    pk, sk, _ = chart()[item]
    assert fits(pk if half == "pk" else sk, function(*values))


@pytest.mark.parametrize("module", [people_keys, catalog_keys], ids=lambda module: module.__name__)
def test_no_key_is_made_that_the_chart_does_not_have(module: Any) -> None:
    made = {
        value
        for name, value in inspect.getmembers(module, inspect.isfunction)
        if value.__module__ == module.__name__ and not name.startswith("_")
    }
    assert made <= {*KEY_FUNCTIONS, *OTHER_FUNCTIONS}


def test_every_way_to_read_or_write_is_in_the_access_patterns() -> None:
    told = {code.rpartition(": ")[2] for code in codes(section(page(PAGE), "## Access patterns"))}
    methods = {
        f"{adapter.__name__}.{name}"
        for adapter in ADAPTERS
        for name, _ in inspect.getmembers(adapter, inspect.isfunction)
        if not name.startswith("_") and name not in NO_PATTERN
    }
    assert methods - told == set()
