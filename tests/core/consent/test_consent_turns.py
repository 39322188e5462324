"""What conditions ask of consents turns at the right moment, and is asked anew where anything could answer otherwise.

A turn that is missed leaves somebody in a segment whose Yes has ended, or a grown-up out of it for good.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.conditions import Answer
from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.standing import RecordedConsents, is_allowed, lasting_rules, recorded_consents
from kizuna.core.consent.summary import summary_of
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.people import Address, AddressStatus, Identity, Profile, Trait
from kizuna.core.policy import ConsentPolicy
from tests.support.builders import a_profile
from tests.support.consents import DAY, NOW, act, at, grant, text, withdraw

MAILBOX, PHONE = Address("email", "a@b.example", NOW - 400 * DAY), Address("sms", "+12125550123", NOW)
HOUR = timedelta(hours=1)
NEVER = NOW + 4000 * DAY


def somebody(*ledger: ConsentEvent, country: str = "FR", **changes: Any) -> Profile:
    """A person with a mailbox and a phone, the summary of whose ledger is on the record."""
    there = {"ep1": MAILBOX.id, "ep2": PHONE.id}
    events = [replace(event, endpoint=there.get(event.endpoint or "")) for event in ledger]
    traits = {"country": Trait(country, NOW, "s"), **changes.pop("traits", {})}
    addresses = {held.key: held for held in (MAILBOX, PHONE)}
    consents = summary_of(events, parts=("p1",), length=len(events), now=NOW)
    return a_profile(**{"addresses": addresses, "traits": traits, "consents": consents, **changes})


def recorded(profile: Profile, policy: EngagementPolicy | None = None) -> RecordedConsents:
    found = recorded_consents(profile, policy or EngagementPolicy())
    assert found is not None
    return found


def of(*ledger: ConsentEvent, **changes: Any) -> RecordedConsents:
    return recorded(somebody(*ledger, **changes))


YES = grant(NOW - DAY)


@pytest.mark.parametrize(
    ("ledger", "country", "matched", "turns"),
    [
        ([YES], "FR", True, at("2028-11-22T17:00")),  # 24 months, where the policy lets a Yes grow old
        ([YES], "JP", True, None),
        ([grant(NOW - DAY, expires_at=NOW + 9 * DAY)], "FR", True, NOW + 9 * DAY),
        ([grant(NOW - 2 * DAY, expires_at=NOW + 9 * DAY), grant(NOW - DAY, channel="sms", endpoint="ep2")],
         "JP", True, NOW + 9 * DAY),
        ([grant(NOW + HOUR)], "JP", False, NOW + HOUR - timedelta(minutes=5)),  # as ahead as a clock may be
        ([grant(NOW - DAY, expires_at=NOW + 9 * DAY), withdraw(NOW)], "JP", False, None),
    ],
)  # fmt: skip
def test_a_yes_ends_and_begins_when_the_fold_says_so(
    ledger: list[ConsentEvent], country: str, matched: bool, turns: datetime | None
) -> None:
    found = of(*ledger, country=country)
    assert found.word("email", "news", "marketing", "granted", now=NOW) == Answer(matched, turns)


@pytest.mark.parametrize(
    ("born", "turns"),
    [
        ("2016-02-29", "2029-03-01T12:00"),  # of age the day after, where there is no 29 February
        ("2014-01-31T09:00:00Z", "2027-01-31T12:00"),
    ],
)
def test_a_child_may_be_written_to_from_the_birthday_on(born: str, turns: str) -> None:
    told = {"birthday": Trait(born, NOW, "s")}
    answer = of(YES, country="US", traits=told).may_write("email", None, now=NOW)
    assert answer == Answer(False, at(turns))


def test_a_birthday_at_the_end_of_the_calendar_is_no_failure() -> None:
    told = {"birthday": Trait("9996-02-29", NOW, "s")}
    assert of(YES, country="US", traits=told).may_write("email", None, now=NOW).flips_at is None


def test_who_asked_for_a_pause_may_be_written_to_when_it_is_over() -> None:
    until = NOW + 30 * DAY
    told = {"wish_pause": Trait({"until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}, NOW, "kizuna")}
    assert of(YES, traits=told).may_write("email", "news", now=NOW) == Answer(False, until)


def test_who_sleeps_may_be_written_to() -> None:
    """Else the size of an audience would depend on the hour at which it is asked for."""
    written = grant(NOW - DAY, channel="sms", endpoint="ep2")
    asleep = of(written, country="US", zone="America/New_York")
    assert asleep.may_write("sms", "news", now=NOW + 12 * HOUR).matched


def test_what_is_left_to_the_moment_of_sending_is_not_asked_of_a_record() -> None:
    policy = EngagementPolicy.model_validate({"frequency_caps": [{"count": 1, "window": "7d"}]})
    assert policy.frequency_caps
    assert lasting_rules(policy) == EngagementPolicy()


def test_nobody_is_written_to_where_there_is_no_address() -> None:
    assert of(YES).may_write("push", None, now=NOW) == Answer(False, None)


def test_a_no_to_one_topic_is_one_to_that_alone() -> None:
    found = of(YES, withdraw(NOW, topic="news"), country="JP")
    told = {
        topic: found.word("email", topic, "marketing", "withdrawn", now=NOW) for topic in ("news", "offers")
    }
    assert told == {"news": Answer(True), "offers": Answer(False)}


# ── spans ───────────────────────────────────────────────────────────────────────────────────────

ENDS = NOW + 9 * DAY
BRIEF = grant(NOW - DAY, topic="news", expires_at=ENDS)


@pytest.mark.parametrize(
    ("asked", "until", "spans"),
    [
        (("email", "news", "marketing"), NEVER, [("granted", None, ENDS), ("none", ENDS, None)]),
        (("email", "news", "marketing"), ENDS, [("granted", None, None)]),
        (("email", "offers", "marketing"), NEVER, [("none", None, None)]),
        (("sms", "news", "marketing"), NEVER, [("none", None, None)]),
        (("email", "news", "analytics"), NEVER, [("none", None, None)]),
    ],
)
def test_a_word_is_told_with_the_time_in_which_it_holds(
    asked: tuple[str, str, str], until: datetime, spans: list[Any]
) -> None:
    channel, topic, purpose = asked
    found = of(BRIEF, country="JP")
    assert list(found.word_spans(channel, topic, purpose, now=NOW, until=until)) == spans


@pytest.mark.parametrize(
    ("channel", "topic", "until", "spans"),
    [
        ("email", "news", NEVER, [("yes", None, ENDS), ("no", ENDS, None)]),
        ("email", "news", ENDS, [("yes", None, None)]),
        ("email", "offers", NEVER, [("no", None, None)]),
        ("push", "news", NEVER, [("no", None, None)]),
    ],
)
def test_so_is_whether_somebody_may_be_written_to(
    channel: str, topic: str, until: datetime, spans: list[Any]
) -> None:
    found = of(BRIEF, country="FR")
    assert list(found.writing_spans(channel, topic, now=NOW, until=until)) == spans


def test_to_a_dead_mailbox_nobody_is_ever_written() -> None:
    dead = replace(MAILBOX, status=AddressStatus.HARD_BOUNCED)
    found = of(BRIEF, addresses={dead.key: dead})
    assert list(found.writing_spans("email", "news", now=NOW, until=NEVER)) == [("no", None, None)]


def test_a_purpose_is_refused_for_all_addresses_and_marketing_for_each() -> None:
    """Consent to a use of data names no mailbox: asked mailbox by mailbox nobody would ever have agreed."""
    use = grant(NOW - DAY, channel="*", purpose="analytics", endpoint=None)
    spans = list(of(use, country="JP").word_spans("email", "*", "analytics", now=NOW, until=NEVER))
    assert spans == [("granted", None, None)]


# ── other purposes ──────────────────────────────────────────────────────────────────────────────

USE = grant(NOW - 3 * DAY, channel="*", topic="*", purpose="personalisation", endpoint=None)


@pytest.mark.parametrize(
    ("since", "country", "allowed"),
    [
        ([], "FR", True),
        ([act("object", NOW - DAY)], "FR", False),
        ([act("do_not_contact", NOW - DAY)], "FR", False),
        ([text("STOP", NOW - DAY)], "FR", True),  # a word about texts
        ([text("STOP", NOW - 2 * DAY), withdraw(NOW - DAY, purpose="personalisation")], "FR", False),
    ],
)
def test_what_else_was_said_counts_for_a_use_as_far_as_it_is_about_it(
    since: list[ConsentEvent], country: str, allowed: bool
) -> None:
    asked: dict[str, Any] = {"country": country, "policy": ConsentPolicy(), "now": NOW}
    assert is_allowed([USE, *since], "personalisation", **asked) is allowed


def test_a_yes_to_a_use_grows_old_where_a_yes_to_mail_does() -> None:
    old = replace(USE, at=NOW - 1000 * DAY)
    told = {
        country: is_allowed([old], "personalisation", country=country, policy=ConsentPolicy(), now=NOW)
        for country in ("FR", "JP")
    }
    assert told == {"FR": False, "JP": True}


# ── equal records ───────────────────────────────────────────────────────────────────────────────

HOME = replace(MAILBOX, zone="Europe/Paris")
ASKED: dict[str, Any] = {"addresses": {HOME.key: HOME}, "traits": {"guardian_consent": Trait(True, NOW, "s")}}
CLAIMED = Identity("user_id", "u9", "u9", NOW, "web", vouched=False)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"addresses": {HOME.key: replace(HOME, status=AddressStatus.COMPLAINED)}}, "it complained"),
        ({"addresses": {PHONE.key: PHONE}}, "another address"),
        ({"addresses": {HOME.key: replace(HOME, zone="Asia/Tokyo")}}, "other hours of quiet"),
        ({"traits": {"guardian_consent": Trait(True, NOW, "s", vouched=False)}}, "anybody could have said so"),
        ({"traits": {}}, "no guardian agreed"),
        ({"traits": ASKED["traits"] | {"wish_pause": Trait({"until": "2027-01-01T00:00:00Z"}, NOW, "kizuna")}},
         "a pause"),
        ({"identities": {CLAIMED.key: CLAIMED}}, "an identity that is only claimed"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
def test_what_the_gate_would_see_makes_another_record(change: dict[str, Any], why: str) -> None:
    """Were the two equal, the answers of the one would be told of the other."""
    before = somebody(YES, country="US", **ASKED)
    assert recorded(before) != of(YES, country="US", **{**ASKED, **change})


def test_one_more_name_that_is_known_to_be_theirs_makes_none() -> None:
    before = somebody(YES, **ASKED)
    known = replace(CLAIMED, vouched=True)
    assert recorded(before) == recorded(replace(before, identities={**before.identities, known.key: known}))
