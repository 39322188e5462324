"""What a hygiene run says of a record, who is silent, and sums that do not depend on order."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.durations import Duration
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.people import Address, AddressStatus, Profile, Trait, new_profile
from kizuna.core.quality.hygiene import (
    HYGIENE,
    SUNSET_CANDIDATE,
    Findings,
    Silence,
    findings_of,
    is_sign_of_life,
    silence_of,
    sunset_event,
)
from kizuna.core.quality.hygiene_report import Quality, Report, report_from
from tests.support.builders import NOON, an_event

DAY = timedelta(days=1)
YEAR = Duration(months=12)
WEB, SHOP, SES = (
    Source("web", SourceKind.CLIENT),
    Source("shop", SourceKind.SERVER),
    Source("ses", SourceKind.PROVIDER),
)
OLD = new_profile("p1", now=NOON - 800 * DAY)


def somebody(
    traits: dict[str, Any] | None = None, *, told: timedelta = DAY, **addresses: AddressStatus
) -> Profile:
    held = {name: Trait(value, NOON - told, "shop") for name, value in (traits or {}).items()}
    there = [Address(channel, f"{channel}-1", NOON, status=status) for channel, status in addresses.items()]
    return replace(OLD, traits=held, addresses={address.key: address for address in there})


def findings(profile: Profile, **stale_after: Duration) -> Findings:
    return findings_of(profile, stale_after, silence=None, now=NOON)


# ── one record ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("profile", "kinds"),
    [
        (somebody(email=AddressStatus.OK), []),
        (somebody(), ["no_usable_address"]),
        (somebody(email=AddressStatus.HARD_BOUNCED, sms=AddressStatus.OK), ["dead_address:email"]),
        (somebody(email=AddressStatus.COMPLAINED), ["dead_address:email", "no_usable_address"]),
        (somebody(push=AddressStatus.INVALID_TOKEN, sms=AddressStatus.OK), ["dead_address:push"]),
        (
            somebody({"email": "a..b@docomo.ne.jp"}, sms=AddressStatus.OK),
            ["invalid:email", "legacy_address"],
        ),
        (somebody({"email": "ann@example.com", "phone": "12"}, sms=AddressStatus.OK), ["invalid:phone"]),
        (somebody({"last_name_kana": "タナカ ハナコ"}, sms=AddressStatus.OK), []),
        (somebody({"lastNameKana": "田中"}, sms=AddressStatus.OK), ["invalid:lastNameKana"]),
        (somebody({"last_name_kana": 7}, sms=AddressStatus.OK), ["invalid:last_name_kana"]),
        (somebody({"email": None}, sms=AddressStatus.OK), []),
        (somebody({"plan": "gold"}, told=31 * DAY, sms=AddressStatus.OK), ["stale:plan"]),
        (somebody({"plan": "gold"}, told=29 * DAY, sms=AddressStatus.OK), []),
        (somebody({"hobby": "go"}, told=999 * DAY, sms=AddressStatus.OK), []),
    ],
)
def test_a_record_is_looked_at_trait_by_trait_and_address_by_address(
    profile: Profile, kinds: list[str]
) -> None:
    assert findings(profile, plan=Duration(seconds=30 * 86_400)).kinds() == kinds


def test_the_silent_are_named_too() -> None:
    silent = findings_of(somebody(sms=AddressStatus.OK), {}, silence=Silence(NOON), now=NOON)
    assert silent.kinds() == ["sunset_candidate"]


# ── silence ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("source", "type_", "name", "expected"),
    [
        (WEB, "track", "Seen", True),
        (WEB, "page", "Home", True),
        (WEB, "identify", "", True),
        (SHOP, "track", "Order Completed", True),
        (SHOP, "identify", "", False),  # perhaps a nightly copy of the whole customer base
        (SHOP, "group", "", False),
        (SES, "track", "Email Delivered", False),
        (SES, "track", "Email Bounced", False),
        (SES, "track", "Email Opened", True),
        (SES, "track", "Email Clicked", True),
        (HYGIENE, "track", SUNSET_CANDIDATE, False),
        (HYGIENE, "track", "Unsubscribed", True),
    ],
)
def test_a_sign_of_life_is_something_that_a_person_did(
    source: Source, type_: Any, name: str, expected: bool
) -> None:
    assert is_sign_of_life(an_event(name, type=type_, source=source)) is expected


def test_a_machine_that_opens_mail_is_nobody() -> None:
    assert not is_sign_of_life(an_event("Email Opened", source=SES, properties={"machine": True}))


def happened(days: int, name: str = "Seen", source: Source = WEB) -> Event:
    return an_event(name, source=source, at=NOON - days * DAY, received_at=NOON - days * DAY)


def delivered(days: int) -> Event:
    return happened(days, "Email Delivered", SES)


@pytest.mark.parametrize(
    ("events", "since", "told"),
    [
        ([happened(3)], None, False),
        ([delivered(3), happened(360)], None, False),
        ([delivered(3), happened(366)], 366, False),
        ([happened(366), happened(380)], 366, False),
        ([delivered(3), delivered(390)], 800, False),
        ([], 800, False),
        ([happened(9, SUNSET_CANDIDATE, HYGIENE), happened(400)], 400, True),
        ([happened(9, SUNSET_CANDIDATE, HYGIENE), delivered(12)], 800, True),
        (
            [happened(370), happened(380, SUNSET_CANDIDATE, HYGIENE)],
            370,
            False,
        ),  # back since, and silent again
    ],
)
def test_who_was_silent_for_long_enough_is_found_from_the_newest_events(
    events: list[Event], since: int | None, told: bool
) -> None:
    found = silence_of(events, OLD, longer_than=YEAR, now=NOON)
    assert found == (None if since is None else Silence(NOON - since * DAY, told))


def fail(asked: object) -> Any:
    raise AssertionError(asked)


def test_whom_we_have_known_for_less_is_not_silent_and_is_not_read_about() -> None:
    young = replace(OLD, created_at=NOON - 300 * DAY)
    assert silence_of(map(fail, [0]), young, longer_than=YEAR, now=NOON) is None


def test_the_same_silence_is_the_same_event() -> None:
    one = sunset_event("p1", Silence(NOON - 400 * DAY), now=NOON)
    assert one.id == sunset_event("p1", Silence(NOON - 400 * DAY), now=NOON + DAY).id
    assert one.id != sunset_event("p1", Silence(NOON - 399 * DAY), now=NOON).id
    assert one.id != sunset_event("p2", Silence(NOON - 400 * DAY), now=NOON).id
    assert (one.name, one.profile_id, one.source.kind) == (SUNSET_CANDIDATE, "p1", SourceKind.SYSTEM)


# ── sums ────────────────────────────────────────────────────────────────────────────────────────

keys = st.tuples(st.sampled_from(["web", "shop"]), st.sampled_from(["email", "plan"]))
flaws = st.sampled_from([(), ("stale",), ("invalid",), ("stale", "invalid")])
people = st.builds(
    Findings,
    person=st.just("p"),
    flaws=st.dictionaries(keys, flaws, max_size=3),
    unvouched=st.frozensets(keys, max_size=2),
    dead=st.lists(st.tuples(st.sampled_from(["email", "push"]), st.just("complained")), max_size=2).map(
        tuple
    ),
    is_reachable=st.booleans(),
    has_legacy_address=st.booleans(),
    silence=st.sampled_from([None, Silence(NOON), Silence(NOON, True)]),
)


def added(*found: Findings) -> Report:
    report = Report()
    for each in found:
        report.add(each)
    return report


@given(st.lists(people, max_size=8), st.randoms(use_true_random=False))
def test_a_report_is_a_sum_and_survives_being_written_down(found: list[Findings], chance: Any) -> None:
    whole = added(*found)
    assert added(*chance.sample(found, len(found))).body() == whole.body()
    half = report_from(json.loads(json.dumps(added(*found[:4]).body())))
    for each in found[4:]:
        half.add(each)
    assert half.body() == whole.body()
    for quality in whole.quality.values():
        assert max(quality.stale, quality.invalid) <= quality.flawed <= quality.held
        assert 0 <= quality.score <= 100


def test_a_score_is_the_share_of_values_without_a_flaw() -> None:
    report = added(
        Findings("p1", {("web", "email"): ("stale", "invalid"), ("web", "plan"): ()}),
        Findings("p2", {("web", "email"): ()}),
    )
    assert [(row["trait"], row["held"], row["flawed"], row["score"]) for row in report.body()["traits"]] == [
        ("email", 2, 1, 50),
        ("plan", 1, 0, 100),
    ]
    assert report.of_sources()["web"].score == 66
    assert Quality().score == 100
