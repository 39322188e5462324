"""Every reason of the gate that holds a message back, met by deciding: from a record, a ledger and a workspace.

`test_reasons_reached` puts the question to the gate; here whoever builds the question has to find the facts, on the
path of every campaign (`core.decide`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.catalog import Catalog, build
from kizuna.core.consent import ConsentEvent
from kizuna.core.decide import Occasion, decide
from kizuna.core.ids import address_id
from kizuna.core.messages import State
from kizuna.core.people import Address, AddressStatus, Profile, Trait
from kizuna.core.reasons import Reason
from kizuna.core.remedies import remedy
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.exclusions import Exclusion
from kizuna.core.restraint.pressure import Pressure, Touch
from kizuna.core.restraint.wishes import PAUSE
from kizuna.core.sentences import LANGUAGES
from tests.support.builders import CAMPAIGN, MAILBOX, NOON, SERVER, a_profile, some_documents
from tests.support.consents import act, grant, text, withdraw
from tests.support.content import EMAIL, SMS

DAY = timedelta(days=1)
PHONE = "+819012345678"
MAIL_ID, PHONE_ID = address_id("email", MAILBOX), address_id("sms", PHONE)
YES = grant(NOON - DAY, endpoint=MAIL_ID)
TEXT_YES = grant(NOON - DAY, id="by-text", channel="sms", endpoint=PHONE_ID)
TEXTS = {"channel": "sms", "template": "spring-sms"}
CHANNELS = {
    "channel": None,
    "template": None,
    "channels": {"order": ["email", "sms"]},
    "templates": {"email": "spring-email", "sms": "spring-sms"},
}
NEAR = {
    "type": "event",
    "event": "Location Changed",
    "where": {"geo": "event", "within": {"lat": 35.68, "lon": 139.76, "radius_m": 200}},
}


NOBODY: dict[str, Any] = {"audience": None, "override_reason": ""}  # in particular


def mornings(**changes: Any) -> dict[str, Any]:
    """Hours of a campaign that are open from nine to ten; at noon in London it is nine in the evening in Tokyo."""
    return {"quiet_hours": {"windows": {"every_day": [["09:00", "10:00"]]}, **changes}}


@dataclass(frozen=True)
class Story:
    """What is different from somebody in Japan who said Yes and is mailed about spring."""

    ledger: Sequence[ConsentEvent] = (YES,)
    traits: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    status: AddressStatus = AddressStatus.OK
    campaign: dict[str, Any] = field(default_factory=dict)
    email: dict[str, Any] = field(default_factory=dict)
    policy: dict[str, Any] = field(default_factory=dict)
    purpose: str = "promotional"
    heard: int = 0


GRANTS: dict[Reason, dict[str, Any]] = {
    Reason.CONSENT_OUT_OF_SCOPE: {"topic": "offers"},
    Reason.CONSENT_WITHOUT_PROOF: {"proof": None},
    Reason.UNVERIFIED_SOURCE: {"source": "client_sdk"},
    Reason.CONSENT_WORDING_INVALID: {"wording_version": "v1"},
    Reason.CONSENT_EXPIRED: {"expires_at": NOON},
}
STORIES: dict[Reason, Story] = {
    Reason.INVALID_REQUEST: Story(
        purpose="transactional",
        campaign=TEXTS
        | {"category": "opt_out_confirmation", "trigger": {"type": "asked", "for": "stop"}, **NOBODY},
    ),
    Reason.ERASED: Story(profile={"status": "erased"}),
    Reason.RESTRICTED: Story(profile={"status": "restricted"}),
    Reason.ENDPOINT_UNDELIVERABLE: Story(status=AddressStatus.HARD_BOUNCED),
    Reason.SMS_STOP: Story((TEXT_YES, text("STOP", NOON - DAY)), campaign=TEXTS),
    Reason.SMS_REVIEW: Story((TEXT_YES, text("the bus stop", NOON - DAY)), campaign=TEXTS),
    Reason.COMPLAINT: Story(status=AddressStatus.COMPLAINED),
    Reason.GLOBAL_SUPPRESSION: Story((YES, act("do_not_contact"))),
    Reason.OBJECTION: Story((YES, act("object"))),
    Reason.MINOR: Story(traits={"birthday": "2015-01-01"}),
    Reason.CHANNEL_OPT_OUT: Story((YES, withdraw(NOON))),
    Reason.TOPIC_OPT_OUT: Story((YES, withdraw(NOON, topic="news"))),
    Reason.NO_CONSENT: Story(()),
    **{
        reason: Story((grant(NOON - DAY, endpoint=MAIL_ID, **changes),)) for reason, changes in GRANTS.items()
    },
    Reason.CONSENT_NOT_WRITTEN: Story(
        (replace(TEXT_YES, basis="express"),), traits={"country": "US"}, campaign=TEXTS
    ),
    Reason.UNCONFIRMED_OPT_IN: Story(traits={"country": "DE"}),
    Reason.IMPLIED_CONSENT_EXPIRED: Story(
        (), traits={"country": "CA"}, profile={"purchased_at": NOON - 800 * DAY}
    ),
    Reason.MISSING_UNSUBSCRIBE: Story(email={"html": "<p>The Shop</p>", "text": "The Shop"}),
    Reason.MISSING_SENDER_IDENTITY: Story(
        email={"html": '<a href="{{ links.unsubscribe }}">leave</a>', "text": "{{ links.unsubscribe }}"}
    ),
    Reason.MISSING_POSTAL_ADDRESS: Story(
        traits={"country": "US"},
        email={
            "html": '{{ brand.name }} <a href="{{ links.unsubscribe }}">leave</a>',
            "text": "{{ brand.name }} {{ links.unsubscribe }}",
        },
    ),
    Reason.TONE_HOLD: Story(
        traits={"grief": True},
        policy={
            "tone_holds": [
                {
                    "id": "grief",
                    "name": {"en": "Grief"},
                    "when": {"trait": "grief", "op": "eq", "value": True},
                }
            ]
        },
    ),
    Reason.PRODUCT_EXCLUDED: Story(
        profile={"exclusions": {"cancelled/tea": Exclusion("cancelled", NOON - DAY)}},
        campaign={"products": ["tea"]},
        policy={
            "product_exclusions": [{"id": "cancelled", "event": "Subscription Cancelled", "lasts": "1y"}]
        },
    ),
    Reason.PAUSED: Story(traits={PAUSE: {"until": "2027-01-01T00:00:00Z"}}),
    Reason.NO_LOCATION_CONSENT: Story(campaign={"trigger": NEAR, **NOBODY}),
    Reason.FREQUENCY_CAP: Story(policy={"frequency_caps": [{"count": 1, "window": "7d"}]}, heard=1),
    Reason.HOUSE_HOURS: Story(campaign=mornings(on_hit="drop")),
    Reason.HOUSE_HOURS_ELSEWHERE: Story(campaign=mornings(on_hit="channel_switch") | CHANNELS),
    Reason.HOUSE_HOURS_TOO_LONG: Story(campaign=mornings(max_defer="1h")),
    Reason.QUIET_HOURS: Story(
        (TEXT_YES,),
        campaign=TEXTS,
        policy={"consent": {"quiet_hours": {"JP": ["08:00", "20:00"]}}},
    ),
}
# Concerns `ad_audience` alone, to which no campaign of ours speaks: asked by `kizuna policy cases`.
NOT_DECIDED = {Reason.GPC_OPT_OUT}


def workspace(story: Story) -> Catalog:
    documents = dict(some_documents(CAMPAIGN | story.campaign))
    mail = {"id": "spring-email", "channel": "email", "default_language": "en"}
    documents |= {
        ("template", "spring-email"): {**mail, "languages": {"en": EMAIL | story.email}},
        ("template", "spring-sms"): {
            "id": "spring-sms", "channel": "sms", "default_language": "en", "languages": {"en": SMS},
            "purpose": story.purpose,
        },
        ("policy", "policy"): story.policy,
    }  # fmt: skip
    return build(
        documents, linted=True
    )  # as it is read from where it is kept: saved before today's rules, perhaps


def somebody(story: Story) -> Profile:
    mailbox, phone = Address("email", MAILBOX, NOON, status=story.status), Address("sms", PHONE, NOON)
    told = {"country": "JP", "timezone": "Asia/Tokyo", **story.traits}
    traits = {
        name: Trait(value, NOON, "kizuna" if name == PAUSE else SERVER.id) for name, value in told.items()
    }
    return a_profile(traits=traits, addresses={each.key: each for each in (mailbox, phone)}, **story.profile)


@pytest.mark.parametrize("reason", STORIES)
def test_it_is_decided_so_and_told_with_what_would_have_to_change(reason: Reason) -> None:
    story = STORIES[reason]
    catalog = workspace(story)
    touches = tuple(Touch(NOON - DAY, "email", f"m{number}", "news") for number in range(story.heard))
    found = decide(
        somebody(story),
        Occasion(catalog.campaigns["spring"], 1, "20261123T1200Z"),
        ledger=story.ledger,
        heard=Heard(Pressure(1, touches)),
        catalog=catalog,
        now=NOON,
    ).message
    assert found.reason == reason
    assert found.state in (State.DENIED, State.DEFERRED, State.EXPIRED)
    for language in LANGUAGES:
        assert remedy(found.state, found.reason, language)


def test_no_reason_to_hold_back_is_left_out() -> None:
    allowed = {
        "consent", "soft_opt_in", "opt_out_regime", "implied_consent", "business_relationship", "transactional",
        "mandatory", "opt_out_confirmation",
    }  # fmt: skip
    assert set(STORIES) | NOT_DECIDED == {reason for reason in Reason if reason not in allowed}
