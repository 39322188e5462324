"""Random rows of a file of cases, thick where the rules have their edges: boundaries, ties, month ends, clocks.

Each row is drawn from a seed, evenly: so most of them pass the first guards, and the last ones are asked as well.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

DEFAULTS: dict[str, Any] = {
    "opt_in_default_for_unknown_country": True,
    "double_opt_in_countries": ["DE", "AT"],
    "consent_max_age_months": {"EU": 24},
    "invalid_wording_versions": ["v1"],
    "future_grant_skew_minutes": 5,
    "minor_age_by_country": {"US": 13, "DE": 16, "GB": 13, "FR": 15, "JP": 18, "default": 16},
    "ca_ad_share_minor_age": 16,
    "quiet_hours": {
        "US": ["08:00", "21:00"],
        "US-FL": ["08:00", "20:00"],
        "US-TX": ["09:00", "21:00"],
        "US-TX-sunday": ["12:00", "21:00"],
    },
    "quiet_hours_channels": ["sms"],
    "revoke_all": False,
}
POLICIES: list[dict[str, Any]] = [
    DEFAULTS,
    DEFAULTS,
    {**DEFAULTS, "revoke_all": True},
    {
        **DEFAULTS,
        "opt_in_default_for_unknown_country": False,
        "double_opt_in_countries": ["FR"],
        "consent_max_age_months": {"EU": 6},
        "future_grant_skew_minutes": 0,
        "quiet_hours_channels": ["sms", "email", "push"],
        "minor_age_by_country": {"default": 18, "US": 21},
        "invalid_wording_versions": [],
    },
    {
        **DEFAULTS,
        "quiet_hours": {
            **DEFAULTS["quiet_hours"],
            "US-NY-monday": ["10:00", "10:05"],
            "US-CA": ["24:00", "24:00"],
            "JP": ["10:00", "18:00"],
        },
    },
]

# Month ends, a leap day, the days on which clocks change in the US, a Sunday in Texas, the turn of a year.
_NOWS = [
    "2026-11-23T17:00:00",
    "2026-11-23T17:00:00",
    "2026-11-23T04:59:59",
    "2028-02-29T12:00:00",
    "2026-02-28T23:59:59",
    "2026-08-31T00:00:00",
    "2027-03-14T12:30:00",
    "2026-11-01T09:59:30",
    "2026-11-01T13:00:00",
    "2026-11-22T17:59:00",
    "2027-01-01T02:00:00.500",
]
_STEPS = [
    *(timedelta(seconds=seconds) for seconds in (0, 0, 1, -1)),
    *(timedelta(minutes=minutes) for minutes in (5, -5, 6, -6, 1, -1, -300)),
    *(timedelta(days=days) for days in (-1, -2, -30, -200, 1)),
    timedelta(minutes=5, seconds=1),
    timedelta(minutes=-5, seconds=-1),
]
_MONTHS = [0, 0, 0, 0, 0, 6, 24, 24]
_TEXTS = [
        "STOP", "stop", " Stop. ", "ＳＴＯＰ", "arrêt", "ARRÊT!", "opt  out", "Opt-Out", "td", "STOPALL", "Revoke!!",
        "please stop texting me", "Stop   messaging", "don't stop sending love", "stopped texting",
        "non stop, texting",
        "START", "unstop", "ｓｔａｒｔ", "Start!", "start please", "help", "HELP!",
        "when does the bus stop here", "can I cancel my order", "how do I opt out", "quitting time", "unsubscribe me",
        "thanks", "", "ok.", "止めて", "end of story", "remove me",
    ]  # fmt: skip


def written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _back(instant: datetime, months: int) -> datetime:
    """So many months earlier, on the same day or the last there is: a period that ends at `instant`, or near."""
    year, month = divmod(instant.year * 12 + instant.month - 1 - months, 12)
    for day in range(instant.day, 27, -1):
        try:
            return instant.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return instant.replace(year=year, month=month + 1)


def _moment(rng: Random, now: datetime) -> datetime:
    return _back(now, rng.choice(_MONTHS)) + rng.choice(_STEPS)


def _event(rng: Random, now: datetime, channel: str) -> dict[str, Any]:
    action = rng.choice(
        ["grant"] * 9
        + ["confirm", "confirm", "withdraw", "withdraw", "one_click_post"]
        + ["sms_in"] * 4
        + ["link_get", "opened_the_door"]
        + rng.choice([["link_get"], ["object"], ["suppression_hash"], ["do_not_contact"]])
    )
    event: dict[str, Any] = {
        # Few ids, so that some come twice under different bodies.
        "id": rng.choice([f"e{n}" for n in range(12)]),
        "action": action,
        "at": written(_moment(rng, now)),
        "channel": rng.choice([channel, channel, channel, "*", "email", "sms", "ad_audience"]),
        "topic": rng.choice(["*", "news", "news", "offers"]),
        "endpoint": rng.choice(["ep1", "ep1", "ep1", "ep2", None]),
    }
    if rng.randint(0, 5) == 0:
        event["purpose"] = rng.choice(["marketing", "ad_audience", "analytics", "*"])
    if rng.randint(0, 9) == 0:
        event["received_at"] = written(_moment(rng, now))
    match action:
        case "grant":
            event |= {
                "source": rng.choice(["web_form", "api", "csv_import", "client_sdk"]),
                "basis": rng.choice(["express_written", "express_written", "express_oral", None]),
                "proof": rng.choice(["form", "form", "form", "form", {"ip": "hashed"}, None]),
                "wording_version": rng.choice(["v3", "v3", "v3", "v3", "v1", None]),
            }
            if rng.randint(0, 3) == 0:
                event["identity_verified"] = rng.choice((True, False))
            if rng.randint(0, 4) == 0:
                event["expires_at"] = written(now + rng.choice(_STEPS))
        case "sms_in":
            event |= {"channel": "sms", "text": rng.choice(_TEXTS)}
        case "one_click_post":
            event |= {"token_valid": rng.choice([True, False]), "token_age_days": 4000}
    if action in ("withdraw", "one_click_post", "sms_in") and rng.randint(0, 4) == 0:
        event["merged_at"] = written(_moment(rng, now))
    return event


def _wanted(rng: Random, now: datetime, channel: str) -> list[dict[str, Any]]:
    """A grant as it should be, with the click that confirms it."""
    at = written(_back(now, rng.choice([1, 3, 23])))
    common = {"channel": channel, "topic": "*", "endpoint": "ep1", "at": at}
    shown = {"basis": "express_written", "proof": "form", "wording_version": "v3", "source": "web_form"}
    return [
        {"id": "wanted", "action": "grant", **common, **shown},
        {"id": "clicked", "action": "confirm", **common},
    ]


def row(rng: Random) -> dict[str, Any]:
    """The `given` of a case, well-formed for the most part."""
    now = datetime.fromisoformat(rng.choice(_NOWS)).replace(tzinfo=UTC) + rng.choice(
        [timedelta()] * 3 + [timedelta(hours=7), timedelta(hours=13, minutes=29, seconds=59)]
    )
    channel = rng.choice(["email"] * 3 + ["sms"] * 4 + ["push", "ad_audience", "inbox"])
    most = [True] * 7 + [False]
    odd = rng.randint(0, 39)  # one row in forty has something that makes no sense
    country = rng.choice(["US"] * 4 + ["CA", "CA", "DE", "DE", "FR", "GB", "JP", "BR", "NO", None])
    zones = ["America/New_York", "America/Chicago", "America/Los_Angeles", "Pacific/Honolulu"]
    past = rng.choice([6, 24, 24, 30])
    return {
        "now": written(now),
        "subject": {
            "country": country,
            "region": rng.choice(["NY", "CA", "FL", "TX", "TX", None]),
            "timezone": rng.choice([*zones, None, "Asia/Tokyo"]) if country == "US" else "Asia/Tokyo",
            "age": rng.choice([None, *[35] * 9, 12, 13, 15, 16, 17, 18]),
            "guardian_consent": rng.choice([False, False, True]),
            "b2b": rng.choice((True, False)),
            "status": "asleep" if odd == 0 else rng.choice(["active"] * 15 + ["restricted", "erased"]),
        },
        "endpoint": {
            "id": "ep1",
            "channel": channel,
            "status": "tired"
            if odd == 1
            else rng.choice(["ok"] * 15 + ["hard_bounced", "invalid_token", "complained"]),
            "area_timezone": rng.choice([None, None, None, *zones]),
        },
        "ledger": [
            *(_wanted(rng, now, channel) if rng.choice((True, False)) else ()),
            *(_event(rng, now, channel) for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 4, 6)))),
        ],
        "relationship": {
            "last_purchase_at": rng.choice([None, written(_back(now, past) + rng.choice(_STEPS))]),
            "last_inquiry_at": rng.choice([None, written(_back(now, 6) + rng.choice(_STEPS))]),
            "similar_products": rng.choice(most),
            "opt_out_offered_at_collection": rng.choice(most),
        },
        "signals": {"gpc": rng.choice([False, False, False, True])},
        "message": {
            "channel": "email" if odd == 2 else channel,
            "endpoint": "ep9" if odd == 3 else "ep1",
            "topic": rng.choice(["news", "news", "offers"]),
            "category": "newsletter"
            if odd == 4
            else rng.choice(["marketing"] * 12 + ["transactional", "mandatory", "opt_out_confirmation"]),
            "contains_promotion": rng.choice([False] * 7 + [True]),
            "has_unsubscribe": rng.choice(most),
            "has_sender_identity": rng.choice(most),
            "has_postal_address": rng.choice(most),
            "sent_in_window": None if odd == 5 else rng.randint(0, 3),
            "frequency_cap": -1 if odd == 6 else rng.choice([None] * 4 + [0, 2, 3]),
            "scheduled_at": written(now - timedelta(days=1)),
        },
    }
