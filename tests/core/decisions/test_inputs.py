"""What is kept of a decision is enough to judge it again, and to notice when what it rested on is gone."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from kizuna.core.consent import ConsentEvent
from kizuna.core.decisions.inputs import facts_of, hash_of, mark_of, read_then, request_of
from kizuna.core.gate import Endpoint, MessageFacts, Relationship, Request, Signals, Subject, judge
from kizuna.core.messages import Message
from kizuna.core.policy import ConsentPolicy
from kizuna.core.restraint.wishes import OwnQuiet
from tests.support.builders import a_message
from tests.support.consents import EXAMPLES, NOW, a_request, grant, house_hours, requests, withdraw

POLICY = ConsentPolicy()


def message_of(request: Request) -> Message:
    """The row beside which the facts are kept."""
    return a_message(
        channel=request.message.channel,
        category=request.message.category,
        topic=request.message.topic,
        address_id=request.endpoint.id,
    )


def through_the_store(request: Request) -> Request:
    facts = json.loads(json.dumps(facts_of(request)))
    return request_of(facts, message_of(request), ledger=request.ledger, at=request.now)


@settings(max_examples=EXAMPLES)
@given(requests())
def test_the_question_that_was_kept_is_answered_as_it_was(request: Request) -> None:
    asked = replace(request, ledger=tuple(request.ledger))
    if asked.message.endpoint != asked.endpoint.id or asked.message.channel != asked.endpoint.channel:
        return  # no message is ever decided like that: its row is what both are taken from
    first, again = judge(asked, POLICY), judge(through_the_store(asked), POLICY)
    assert (again.verdict, again.trace, again.decided_by, again.category) == (
        first.verdict,
        first.trace,
        first.decided_by,
        first.category,
    )


def test_everything_that_the_gate_reads_is_kept() -> None:
    full = a_request(
        grant(),
        subject={"age": 12.5, "guardian_consent": True, "quiet": OwnQuiet(22 * 60, 7 * 60, "Asia/Tokyo")},
        endpoint={"area_timezone": "Asia/Tokyo", "status": "complained"},
        message={
            "cap_frees_at": NOW + timedelta(microseconds=1),
            "frequency_cap": 2,
            "cap_digest": "weekly",
            "house_hours": (
                house_hours("drop", quiet=True, days=(("2026-11-23", -1),), every=True),
                house_hours(zones=(), country="JP"),
            ),
        },
        signals={"tone_hold": "complaint", "paused_until": NOW, "product_excluded": "tea"},
    )
    assert through_the_store(full) == full


def test_what_is_usual_or_stands_on_the_message_takes_no_room() -> None:
    usual = a_request(
        subject={"country": None, "region": None, "timezone": None, "age": None},
        message={"has_unsubscribe": False, "has_sender_identity": False, "has_postal_address": False},
    )
    assert facts_of(usual) == {"message": {"sent_in_window": 0}}


_KINDS: dict[str, type[Any]] = {
    "subject": Subject,
    "endpoint": Endpoint,
    "relationship": Relationship,
    "signals": Signals,
    "message": MessageFacts,
}
_ODD = st.sampled_from(
    [None, True, False, 0, 1, -1, 2.5, 10**30, "", "US", "active", "ok", "日本", (), ["a"], NOW]
)


@given(st.sampled_from(sorted(_KINDS)), st.data())
def test_what_is_kept_is_what_pydantic_writes_of_each_part_whatever_stands_in_it(
    part: str, data: Any
) -> None:
    plain = getattr(a_request(), part)
    odd = data.draw(st.dictionaries(st.sampled_from([each.name for each in fields(plain)]), _ODD, max_size=5))
    told = replace(plain, **odd)
    on_the_message = {"endpoint": {"id", "channel"}, "message": {"category", "channel", "endpoint", "topic"}}
    written = TypeAdapter(_KINDS[part]).dump_python(
        told, mode="json", exclude=on_the_message.get(part, set()), exclude_defaults=True, warnings=False
    )
    nobody: dict[str, Any] = {
        "country": None,
        "region": None,
        "timezone": None,
        "age": None,
        "status": "active",
    }
    usual = {"subject": nobody, "endpoint": {"status": "ok"}}.get(part, {})
    wanted = {name: value for name, value in written.items() if name not in usual or usual[name] != value}
    found = facts_of(replace(a_request(), **{part: told})).get(part, {})
    assert json.dumps(found) == json.dumps(wanted)  # the order too, and 1 is not true


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        (a_request(), "ecgadmhf5smqzesj"),
        (
            a_request(
                grant(),
                subject={"age": 12.5, "guardian_consent": True, "quiet": OwnQuiet(1320, 420, "Asia/Tokyo")},
                signals={"tone_hold": "complaint", "paused_until": NOW},
            ),
            "bs6y5jnj5m6bc26d",
        ),
    ],
    ids=["usual", "with values that are no plain JSON"],
)
def test_the_hash_of_a_record_that_is_stored_is_found_again_by_every_release(
    asked: Request, stored: str
) -> None:
    assert hash_of(facts_of(asked), mark_of(asked.ledger), policy="p", at=asked.now) == stored


def test_the_hash_moves_with_anything_that_the_answer_follows_from() -> None:
    base = a_request(grant())
    older = grant("2025-01-01T00:00")

    def hashed(request: Request, policy: str = "p") -> str:
        return hash_of(facts_of(request), mark_of(request.ledger), policy=policy, at=request.now)

    others = [
        hashed(a_request(grant(), subject={"age": 36})),
        hashed(a_request(older)),
        hashed(a_request(older, grant())),
        hashed(a_request(grant(), now=NOW + timedelta(microseconds=1))),
        hashed(base, "q"),
    ]
    assert len({hashed(base), *others}) == len(others) + 1
    assert hashed(base) == hashed(a_request(grant()))


# ── how much of the ledger was read ─────────────────────────────────────────────────────────────

EVENTS = tuple(grant(NOW - timedelta(days=day), id=f"e{day}") for day in range(8))


def test_what_is_none_of_its_kind_is_kept_as_it_was_told_without_a_word() -> None:
    """A receipt is decided whatever the age that somebody told; and a warning is an error here."""
    receipt = a_request(subject={"age": "twelve"}, message={"category": "transactional"})
    assert judge(receipt, ConsentPolicy()).reason == "transactional"
    assert facts_of(receipt)["subject"]["age"] == "twelve"


@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 2), st.integers(0, 3))
def test_what_was_read_then_is_found_in_chains_that_have_grown_since(
    own: int, other: int, kept: int, later: int
) -> None:
    chain = tuple(replace(event, id=f"own-{event.id}") for event in EVENTS[: own + later])
    absorbed, suppressed = (
        EVENTS[:other],
        tuple(replace(event, id=f"k-{event.id}") for event in EVENTS[:kept]),
    )
    read = (*chain[:own], *absorbed, *suppressed)
    assert read_then(mark_of(read), [chain, absorbed], suppressed) == read


@pytest.mark.parametrize("gone", ["the first", "the last", "another in its place"])
def test_an_entry_that_is_gone_or_replaced_is_noticed(gone: str) -> None:
    read = EVENTS[:3]
    stands: dict[str, tuple[ConsentEvent, ...]] = {
        "the first": read[1:],
        "the last": read[:-1],
        "another in its place": (*read[:2], withdraw(id="other")),
    }
    assert read_then(mark_of(read), [stands[gone]]) is None


def test_suppressions_that_came_later_or_were_lifted_are_no_part_of_it() -> None:
    chain, suppressed = EVENTS[:2], EVENTS[5:6]
    assert read_then(mark_of(chain), [chain], suppressed) == chain
    assert read_then(mark_of((*chain, *suppressed)), [chain], ()) is None
