"""What an outsider, an undone merge or a flaw in a call could have done to a golden record, and must not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.events import Source, SourceKind, Violation
from kizuna.core.files.jobs import Progress
from kizuna.core.intake.canonical import event_from_canonical
from kizuna.core.people import Profile
from kizuna.topology import Queue
from kizuna.usecases.collecting.violations import replay
from kizuna.usecases.identity.unmerge import CannotUnmerge, undo_merge
from kizuna.usecases.ingesting.importing import Importer, run_import
from tests.support.builders import MAILBOX, NOON, a_catalog, an_event, some_documents
from tests.support.customers import PAGE, identify, order, subscribe
from tests.support.fakes import InMemoryCatalog
from tests.support.folds import HOUR
from tests.support.house import House
from tests.support.imports import InMemoryImports, InMemoryRejects, MemoryFile, options_of
from tests.support.unmerging import LATER, part, registry, the_merge, two_people, unite

EVIL = "attacker@evil.example"
CARD: dict[str, Any] = {"context": {"externalIds": [{"type": "loyalty_card", "id": "card-1"}]}}


def mailboxes(person: Profile) -> set[str]:
    return {held.value for held in person.addresses_on("email")}


def brought_back(house: House) -> None:
    """What waits in quarantine goes through ingest once more, as the command does it."""
    replay(house.quarantine, house.queues, house.catalog, now=NOON)
    for body in house.taken(Queue.INGEST):
        source = Source(body["source"], SourceKind(body["source_kind"]))
        house.ingest(*(event_from_canonical(event, source) for event in body["events"]))


class Desk:
    """A house with an importer at its door."""

    def __init__(self, *, part_rows: int = 3) -> None:
        self.house = House(a_catalog())
        self.imports, self.rejects, self.part_rows = InMemoryImports(), InMemoryRejects(), part_rows

    def run(
        self, content: str, *, now: datetime = NOON, is_over: Callable[[], bool] = lambda: False
    ) -> Progress:
        file, house = MemoryFile(content.encode()), self.house
        on = Importer(
            house.people, house.ledger, InMemoryCatalog(), house.quarantine, self.imports, self.rejects,
            house.new_id, part_rows=self.part_rows,
        )  # fmt: skip
        print_of = file.fingerprint()
        return run_import(options_of(), file, on, fingerprint=print_of, now=lambda: now, is_over=is_over)


# ── a publishable key ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "claim",
    [
        {"profileId": "n001"},
        {"userId": "ann", "verified": True},
        {"userId": "ann", "verified": True, "context": {"device": {"token": "evil", "type": "ios"}}},
    ],
)
def test_a_refused_event_in_our_own_words_is_not_taken_for_ours_when_it_is_replayed(claim: Any) -> None:
    """A page can send anything that intake refuses; what it says of itself is worth no more later."""
    house = House(a_catalog())
    house.ingest(identify(1, user="ann", email=MAILBOX))
    before = house.person("user_id", "ann")
    at = NOON.isoformat()
    sent = {"type": "identify", "id": "x1", "at": at, "receivedAt": at, "traits": {"email": EVIL}, **claim}
    house.quarantine.keep(
        [Violation("missing_identity", "", "", PAGE.id, NOON, json.dumps(sent), source_kind="client")]
    )
    brought_back(house)
    after = house.person("user_id", "ann")
    assert (mailboxes(after), after.addresses_on("push")) == ({MAILBOX}, ())
    assert after.id == before.id == "n001"


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("device", [None, "evil-token"])
def test_a_stranger_in_the_batch_that_makes_a_customer_gains_nothing(together: bool, device: Any) -> None:
    house = House(a_catalog())
    context = {"device": {"token": device, "type": "ios"}} if device else {}
    stranger = replace(identify(2, user="ann", email=EVIL, source=PAGE), context=context)
    events = [identify(1, user="ann", email=MAILBOX), stranger]
    for batch in [events] if together else [events[:1], events[1:]]:
        house.ingest(*batch)
    ann = house.person("user_id", "ann")
    assert (mailboxes(ann), ann.addresses_on("push")) == ({MAILBOX}, ())


VICTIM = an_event(
    "",
    type="identify",
    user_id="ann",
    traits={"email": MAILBOX},
    context={**CARD["context"], "device": {"token": "anns", "type": "ios"}},
)


@st.composite
def strange_events(draw: st.DrawFn) -> Any:
    """What somebody may send who holds a publishable key, knows Ann's ids, and controls two browsers."""
    kind = draw(st.sampled_from(["identify", "track", "alias"]))
    told: dict[str, Any] = {"type": kind, "source": PAGE, "name": "Seen" if kind == "track" else ""}
    told["user_id"] = draw(st.sampled_from(["ann", "mallory", None]))
    told["anonymous_id"] = draw(st.sampled_from(["m1", "m2"]))
    told["previous_id"] = draw(st.sampled_from(["m1", "m2", "ann"])) if kind == "alias" else None
    if kind == "identify":
        told["traits"] = {"email": draw(st.sampled_from([EVIL, MAILBOX]))}
    told["identities"] = draw(st.sampled_from([(), (("email", MAILBOX), ("user_id", "ann"))]))
    device: dict[str, Any] = draw(st.sampled_from([{}, {"token": "evil"}, {"token": "evil", "shared": True}]))
    card: dict[str, Any] = CARD["context"] if draw(st.booleans()) else {}
    told["context"] = {**card, "device": {**device, "type": "ios"}}
    return told


@settings(max_examples=150)
@given(st.lists(st.tuples(strange_events(), st.booleans()), min_size=1, max_size=7), st.booleans())
def test_no_sequence_of_a_pages_events_takes_or_gives_anything_that_reaches_a_customer(
    told: list[tuple[dict[str, Any], bool]], together: bool
) -> None:
    house = House(a_catalog())
    batch = [VICTIM]
    if not together:
        house.ingest(*batch)
        batch = []
    for number, (event, ends) in enumerate(told, start=10):
        batch.append(an_event(number=number, **event))
        if ends:
            house.ingest(*batch, now=LATER)
            batch = []
    house.ingest(*batch, now=LATER)
    ann = house.person("user_id", "ann")
    assert {held.value for held in ann.addresses.values()} == {MAILBOX, "anns"}
    assert VICTIM.traits["email"] == ann.trait("email")
    for key in [("email", MAILBOX), ("loyalty_card", "card-1"), ("push_token", "anns")]:
        assert house.person(*key).id == ann.id
    for other in house.living():
        assert other.id == ann.id or not {MAILBOX, "anns"} & {held.value for held in other.addresses.values()}


# ── a No in a call that is kept apart ───────────────────────────────────────────────────────────

STRICT = a_catalog(
    {
        **some_documents(),
        ("event", "people"): {
            "id": "people",
            "type": "identify",
            "on_violation": "quarantine",
            "properties": {"plan": {"type": "string", "required": True}},
        },
    }
)
NO = {"messaging_subscriptions": [{"type": "EMAIL", "key": MAILBOX, "status": "UNSUBSCRIBED"}], "gpc": True}


@pytest.mark.parametrize(
    "told",
    [
        {"traits": {"email": MAILBOX}, "context": NO},
        {"traits": {}, "context": {**NO, **CARD["context"]}},
        {"traits": {}, "context": {**NO, "device": {"token": "t1", "type": "ios"}}},
        {"traits": {}, "context": NO, "identities": (("email", MAILBOX),)},
    ],
)
@pytest.mark.parametrize("visit", ["a-new-visit", None])
def test_a_no_in_an_event_kept_apart_is_that_of_whoever_its_identifiers_name(told: Any, visit: Any) -> None:
    house = House(STRICT)
    known: dict[str, Any] = {"context": {**CARD["context"], "device": {"token": "t1", "type": "ios"}}}
    house.ingest(an_event("Seen", user_id="ann", **known))
    yes = subscribe("ann", MAILBOX)
    house.ingest(replace(yes, traits={**yes.traits, "plan": "pro"}))
    ann = house.person("user_id", "ann")
    done = house.ingest(an_event("", type="identify", number=5, user_id=None, anonymous_id=visit, **told))
    assert {each.cause for each in done.violations if each.raw} == {"plan_missing_property"}
    after = house.people.stored[ann.id]
    assert after.gpc
    assert [entry.event.action for entry in house.people.consents[ann.id]] == ["grant", "withdraw"]
    assert "plan" in after.traits
    assert len(house.living()) == 1


# ── a merge taken apart ─────────────────────────────────────────────────────────────────────────


def test_what_a_page_told_of_somebody_else_decides_nothing_about_whose_an_address_is() -> None:
    """The page's word attached nothing when it came, so it teaches nothing when the merge is undone."""
    house = House(a_catalog())
    two_people(house)
    house.ingest(order(4, user="bob"))
    house.settle()
    unite(house)
    fresh = "card-9"
    card = {"externalIds": [{"type": "loyalty_card", "id": fresh}]}
    page = replace(order(5, user="u1", source=PAGE), context=card)
    theirs = replace(order(6, user=None, anonymous="a1"), context=card)
    house.ingest(page, now=NOON)
    house.ingest(replace(theirs, received_at=LATER), now=LATER)
    part(house)
    assert house.person("loyalty_card", fresh).id == house.person("anonymous_id", "a1").id


@pytest.mark.parametrize("status", ["erasing", "erased"])
def test_a_merge_of_somebody_who_is_being_erased_is_not_undone(status: Any) -> None:
    """Or it would make them active again, half of them gone."""
    house = House(a_catalog())
    two_people(house)
    unite(house)
    record = the_merge(house)
    person = house.people.stored[record.primary]
    house.people.stored[person.id] = replace(person, status=status, version=person.version + 1)
    with pytest.raises(CannotUnmerge, match="erased"):
        undo_merge(record.id, registry(house), house.catalog, now=LATER)
    assert house.people.stored[person.id].status == status


# ── a file ──────────────────────────────────────────────────────────────────────────────────────


def test_the_rest_of_a_file_brings_nobody_back_who_was_erased_since_it_began() -> None:
    desk = Desk(part_rows=1)
    content = "user_id,traits.plan\nu1,pro\nu2,pro\nu3,pro\n"
    assert desk.run(content, is_over=lambda: True).state == "running"
    desk.house.people.erased_at["user_id", "u2"] = NOON + HOUR
    done = desk.run(content, now=NOON + 2 * HOUR)
    assert (done.state, done.rows) == ("done", 3)
    assert {value for _, value in desk.house.people.identities} == {"u1", "u3"}
    fresh = desk.run(content + "u4,pro\n", now=NOON + 3 * HOUR)  # a file of today is fresh word
    assert fresh.counts["created"] == 2


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("ten,,no", "unreadable_value"),
        ("10,,unsubscribed,yesterday", "unreadable_time"),
        ("10,maybe,opt-out", "unknown_consent"),
    ],
)
def test_a_no_in_a_row_that_is_refused_is_heard_all_the_same(rest: str, code: str) -> None:
    desk = Desk()
    columns = "traits.points:integer,consent.sms,consent.email,consent.email.at,consent.email.shown"
    whole = ["email", *columns.split(","), "consent.email.wording_version"]
    cells = [MAILBOX, *rest.split(",")]
    row = ",".join(cells + [""] * (len(whole) - len(cells)))
    done = desk.run(",".join(whole) + "\n" + row + "\n")
    assert (done.rejected, [each.code for each in desk.rejects.all()]) == ({code: 1}, [code])
    ann = desk.house.person("email", MAILBOX)
    said = [(entry.event.action, entry.event.channel) for entry in desk.house.people.consents[ann.id]]
    assert said == [("withdraw", "email")]
    assert "points" not in ann.traits


def test_a_row_that_is_refused_and_says_no_no_leaves_nothing() -> None:
    desk = Desk()
    desk.run(f"email,traits.points:integer,consent.email\n{MAILBOX},ten,yes\n{MAILBOX},ten,\n")
    assert desk.house.people.stored == {}
