"""What is kept of a decision, and what of it another answer of the gate replaces."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.consent import ConsentEvent
from kizuna.core.decisions.inputs import LedgerMark, facts_of, hash_of, judged_again, mark_of, read_then
from kizuna.core.decisions.record import (
    of_choice,
    of_judgement,
    of_judgement_again,
    profile_hash,
    steps_of,
)
from kizuna.core.decisions.six_keys import Key, SixKeys, Why, refreshed
from kizuna.core.gate import Judgement, judge
from kizuna.core.gate.guards import GUARDS
from kizuna.core.people import Identity, Profile, Trait
from kizuna.core.policy import ConsentPolicy
from tests.support.builders import CAMPAIGN, NOON, a_catalog, a_message, a_profile, some_documents
from tests.support.consents import NOW, a_request, act, grant, house_hours, withdraw

POLICY = ConsentPolicy()
KEYS = SixKeys(
    Key(5, Why.OWN_EVENT),
    Key(5, Why.SAID_YES),
    Key(4, Why.USABLE),
    Key(3, Why.NO_LIMIT),
    Key(5, Why.AT_ONCE),
    Key(5, Why.ALONE),
)
CATALOG = a_catalog(some_documents(CAMPAIGN))
SPRING = CATALOG.campaigns["spring"]
FULL = {"sent_in_window": 2, "frequency_cap": 2, "cap_frees_at": NOW + timedelta(days=1)}
YES = grant(NOW - timedelta(days=1), id="yes")


def asked(*ledger: ConsentEvent, **changes: Any) -> Judgement:
    french = {"country": "FR", "region": None}
    return judge(a_request(*(ledger or (YES,)), **{"subject": french, **changes}), POLICY)


def kept(judgement: Judgement, profile: Profile | None = None) -> dict[str, Any]:
    return of_judgement(
        judgement,
        profile=profile or a_profile(),
        campaign=SPRING,
        template="none",
        catalog=CATALOG,
        keys=KEYS,
    )


HELD: list[tuple[str, Judgement, str, str, dict[str, Any]]] = [
    ("a yes", asked(), "allow", "consent", {"decided_by": ["yes"]}),
    ("a no", asked(act("object", NOW, id="no")), "deny", "objection", {"decided_by": ["no"]}),
    ("a hold", asked(signals={"tone_hold": "sad"}), "deny", "tone_hold", {"hold": "sad"}),
    ("a product that was given up", asked(signals={"product_excluded": "tea"}), "deny", "product_excluded",
     {"product": "tea"}),
    ("a pause", asked(signals={"paused_until": NOW + timedelta(days=9)}), "deny", "paused",
     {"until": "2026-12-02T17:00:00.000Z"}),
    ("no room yet", asked(message=FULL), "defer", "frequency_cap", {"not_before": "2026-11-24T17:00:00.000Z"}),
    ("no room for the house", asked(message={**FULL, "cap_shared": "household"}), "defer", "frequency_cap",
     {"cap": "household"}),
    ("kept for the weekly digest", asked(message={**FULL, "cap_digest": "weekly"}), "defer", "frequency_cap",
     {"held_for": "weekly"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("judgement", "answer", "reason", "told"), [case[1:] for case in HELD], ids=[case[0] for case in HELD]
)
def test_what_held_a_message_back_is_named(
    judgement: Judgement, answer: str, reason: str, told: dict[str, Any]
) -> None:
    record = kept(judgement)
    assert (record["answer"], record["reason"], record["category"]) == (answer, reason, "marketing")
    assert record | told == record
    held = {"hold", "product", "until", "cap", "held_for", "not_before"} - told.keys()
    assert not (held - {"not_before"}) & record.keys()
    assert record["trace"].split()[0] == judgement.trace[0].rule_id


@pytest.mark.parametrize(
    "judgement",
    [
        asked(message={"cap_digest": "weekly"}),
        asked(message={**FULL, "cap_frees_at": None, "cap_digest": "weekly"}),
        asked(message={"cap_digest": "weekly"}, channel="sms", now=NOW.replace(hour=5)),
    ],
    ids=["there is room", "what is too much is dropped", "refused"],
)
def test_only_what_waits_for_room_is_kept_for_a_digest(judgement: Judgement) -> None:
    assert "held_for" not in kept(judgement)


def test_what_waits_for_the_night_to_end_is_kept_for_no_digest() -> None:
    american = {"subject": {}, "channel": "sms", "now": NOW.replace(hour=5)}
    written = grant(NOW - timedelta(days=1), channel="sms")
    judgement = asked(written, **american, message={"cap_digest": "weekly"})

    assert (judgement.word, judgement.reason) == ("defer", "quiet_hours")
    assert "held_for" not in kept(judgement)


def test_every_rule_is_named_in_the_version_that_was_asked() -> None:
    record = kept(asked())
    told = [(step.rule, step.version) for step in steps_of(record)]

    assert told == [(guard.rule_id, guard.version) for guard in GUARDS]
    assert "legal_basis@2" in record["trace"].split()
    assert "erased" in record["trace"].split()


def test_the_question_the_person_and_the_definitions_are_pinned() -> None:
    judgement = asked()
    merged = a_profile(parts=("p1", "p0"), reach_version=4, version=9)
    record = kept(judgement, merged)
    facts, mark = facts_of(judgement.request), mark_of(judgement.request.ledger)
    assert record["at"] == "2026-11-23T17:00:00Z"
    assert record["inputs"] == facts
    assert record["ledger"] == [mark.events, mark.hash]
    assert record["hash"] == hash_of(facts, mark, policy=POLICY.version_id, at=NOW)
    assert (record["policy"], record["catalog"]) == (POLICY.version_id, CATALOG.version)
    assert (record["reach"], record["profile"]) == (4, [9, profile_hash(merged)])
    assert record["parts"] == ["p1", "p0"]
    assert "parts" not in kept(judgement)  # of most people there is one
    assert record["keys"][0] == [5, "own_event"]


def test_what_was_withheld_before_the_gate_has_no_question() -> None:
    given: dict[str, Any] = {
        "profile": a_profile(),
        "campaign": SPRING,
        "catalog": CATALOG,
        "now": NOW,
        "keys": KEYS,
    }
    denied = of_choice("no_address", **given)
    assert (denied["answer"], denied["trace"], denied["at"]) == ("deny", "choose", "2026-11-23T17:00:00Z")
    assert not {"inputs", "hash", "ledger", "not_before"} & denied.keys()
    later = of_choice("wave", **given, until=NOW + timedelta(hours=1))
    assert (later["answer"], later["not_before"]) == ("defer", "2026-11-23T18:00:00.000Z")


def test_another_answer_takes_the_place_of_the_one_before_and_leaves_the_rest() -> None:
    """A record that still named a hold that is over would tell a customer of a trouble that is settled."""
    before = kept(asked(message={**FULL, "cap_shared": "household", "cap_digest": "weekly"}))
    extra = {
        "provider": "ses",
        "moment": {"because": "at_once"},
        "hold": "sad",
        "product": "tea",
        "until": "x",
    }
    message = a_message(decision=before | extra | {"parts": ["p1", "p0"]}, created_at=NOW)
    again = of_judgement_again(message, asked(), profile=a_profile(version=12), catalog=CATALOG)
    assert (again["answer"], again["reason"], again["profile"][0]) == ("allow", "consent", 12)
    assert (again["provider"], again["moment"]) == ("ses", {"because": "at_once"})
    gone = {"not_before", "hold", "until", "product", "cap", "held_for", "parts"}
    assert not gone & again.keys()
    assert again["catalog"] == CATALOG.version
    assert "template" in again
    assert [score for score, _ in again["keys"]] == [5, 5, 4, 3, 5, 5]


def test_a_record_without_keys_gets_none_by_being_asked_again() -> None:
    message = a_message(decision={"answer": "defer", "reason": "frequency_cap"})
    assert "keys" not in of_judgement_again(message, asked(), profile=a_profile(), catalog=CATALOG)


PERSON = a_profile()
CHANGES: list[dict[str, Any]] = [
    {"id": "p2"},
    {"version": 2},
    {"traits": {"plan": Trait("free", NOON, "s")}},
    {"segments": frozenset({"everyone", "buyers"})},
    {"addresses": {}},
    {"status": "restricted"},
    {"language": "fr"},
    {"gpc": True},
    {"ledger_head": "ff"},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_record_of_a_person_that_reads_otherwise_has_another_hash(change: dict[str, Any]) -> None:
    assert profile_hash(replace(PERSON, **change)) != profile_hash(PERSON)


def test_what_no_decision_reads_does_not_move_the_hash() -> None:
    told = {"plan": Trait("pro", NOON + timedelta(days=1), "elsewhere")}
    other = Identity("user_id", "u9", "u9", NOON, "s")
    assert profile_hash(replace(PERSON, traits=told)) == profile_hash(PERSON)
    assert profile_hash(replace(PERSON, identities={other.key: other})) == profile_hash(PERSON)


def test_the_hashes_of_old_records_can_still_be_checked() -> None:
    """They lie in the lake for years; were they made otherwise now, every old record would look altered."""
    assert mark_of([YES]) == LedgerMark(1, "x3sxxssa7f4wqun4")
    assert (
        hash_of({"message": {"sent_in_window": 0}}, LedgerMark(1, "abc"), policy="p", at=NOW)
        == "mdq37vdmxnvz3jqi"
    )
    assert profile_hash(PERSON) == "6hplupfvvayqeomk"


def test_the_question_that_was_kept_is_judged_again_by_the_rules_of_then() -> None:
    no = withdraw(NOW - timedelta(hours=1), id="no")
    message = a_message(address_id="ep1")
    for ledger in ((YES,), (YES, no), ()):
        first = asked(*ledger) if ledger else judge(a_request(), POLICY)
        facts = facts_of(first.request)
        again = judged_again(facts, message, ledger=ledger, policy=POLICY, at=NOW)
        assert (again.verdict, again.decided_by) == (first.verdict, first.decided_by)
    assert read_then(mark_of(()), []) == ()


# ── asked again ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("judgement", "since", "changed"),
    [
        (asked(), timedelta(0), {}),
        (asked(), timedelta(minutes=5), {}),
        (asked(), timedelta(minutes=6), {"timeliness": Key(4, Why.SAME_HOUR)}),
        (asked(), timedelta(hours=1), {"timeliness": Key(4, Why.SAME_HOUR)}),
        (asked(), timedelta(hours=2), {"timeliness": Key(3, Why.SAME_DAY)}),
        (asked(), timedelta(days=2), {"timeliness": Key(1, Why.LATE)}),
        (asked(act("object", NOW)), timedelta(0), {"suitability": Key(0, Why.SAID_NO)}),
        (asked(signals={"tone_hold": "sad"}), timedelta(0),
         {"suitability": Key(0, Why.TROUBLED), "consistency": Key(0, Why.OUT_OF_TUNE)}),
        (asked(message=FULL), timedelta(0),
         {"suitability": Key(4, Why.PERMITTED), "frequency": Key(0, Why.FULL), "timeliness": Key(1, Why.TOO_SOON)}),
        (asked(message={"frequency_cap": 5, "sent_in_window": 2}), timedelta(0), {"frequency": Key(3, Why.ROOM)}),
        (asked(message={"frequency_cap": 5, "sent_in_window": 3}), timedelta(0),
         {"frequency": Key(2, Why.LITTLE_ROOM)}),
        (asked(message={"house_hours": (house_hours(),)}), timedelta(0),
         {"suitability": Key(4, Why.PERMITTED), "timeliness": Key(0, Why.BAD_MOMENT)}),
        (asked(message={"has_unsubscribe": False}), timedelta(0), {"suitability": Key(0, Why.INCOMPLETE)}),
        (asked(endpoint={"status": "hard_bounced"}), timedelta(0), {"suitability": Key(0, Why.NOT_ASKED)}),
        (asked(grant(NOW, proof=None)), timedelta(0), {"suitability": Key(0, Why.NO_YES)}),
        (asked(message={"category": "transactional"}), timedelta(0),
         {"suitability": Key(5, Why.SERVICE), "frequency": Key(5, Why.NOT_COUNTED)}),
        (asked(signals={"product_excluded": "tea"}), timedelta(0), {"suitability": Key(0, Why.GAVE_IT_UP)}),
    ],
)  # fmt: skip
def test_what_follows_from_the_question_is_scored_anew_and_nothing_else(
    judgement: Judgement, since: timedelta, changed: dict[str, Key]
) -> None:
    assert refreshed(KEYS, judgement, since=NOW - since) == KEYS._replace(**changed)


def test_a_moment_that_we_chose_is_scored_by_the_hour_where_they_are() -> None:
    ours = KEYS._replace(relevance=Key(3, Why.FITS))
    hours = {
        0: Key(4, Why.WAKING_HOURS),
        8: Key(4, Why.WAKING_HOURS),
        9: Key(2, Why.ODD_HOUR),
        20: Key(4, Why.WAKING_HOURS),
    }
    for (
        later,
        expected,
    ) in hours.items():  # from noon in New York on: 20:00 is the last of the day, 8:00 the first
        again = asked(now=NOW + timedelta(hours=later))
        assert refreshed(ours, again, since=NOW).timeliness == expected
    nowhere = asked(subject={"country": "FR", "region": None, "timezone": None})
    assert refreshed(ours, nowhere, since=NOW).timeliness == Key(3, Why.HOUR_UNKNOWN)
    there = asked(
        subject={"country": "FR", "region": None, "timezone": None},
        endpoint={"area_timezone": "America/New_York"},
    )
    assert refreshed(ours, there, since=NOW).timeliness == Key(4, Why.WAKING_HOURS)


def test_a_message_in_another_language_stays_one() -> None:
    foreign = KEYS._replace(suitability=Key(4, Why.OTHER_LANGUAGE))
    assert refreshed(foreign, asked(), since=NOW).suitability == Key(4, Why.OTHER_LANGUAGE)
    assert refreshed(foreign, asked(act("object", NOW)), since=NOW).suitability == Key(0, Why.SAID_NO)
