"""A second reading of `consent.md`: the same rules once more, written from the text and from nothing else.

It reads the rows of a file of cases as they stand there, shares no line with the gate, and takes no care to be fast:
months are counted by hand, and the end of quiet hours is looked for minute by minute. Where both readings agree on
thousands of random rows, a mistake would have to be in both.
"""

from __future__ import annotations

import calendar
import unicodedata
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]

EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()  # noqa: SIM905
)
REFUSING = ("withdraw", "one_click_post")


class Answer(NamedTuple):
    decision: str
    reason: str
    not_before: datetime | None = None


def answer(given: Row, policy: Row) -> Answer:  # noqa: C901  (one table, one function)
    """The verdict on one row, by the table of section 4 from top to bottom."""
    now = moment(given["now"])
    person, address, message = given["subject"], given["endpoint"], given["message"]
    channel, category = message["channel"], message.get("category")

    # 1, and what section 16 adds to it
    if category not in ("marketing", "transactional", "mandatory", "opt_out_confirmation"):
        return deny("invalid_request")
    if message["endpoint"] != address["id"] or channel != address["channel"]:
        return deny("invalid_request")
    if person["status"] not in ("active", "restricted", "erased"):
        return deny("invalid_request")
    if address.get("status") not in ("ok", "hard_bounced", "invalid_token", "complained"):
        return deny("invalid_request")
    if channel not in ("email", "sms", "push", "ad_audience", "inbox", "whatsapp", "webhook", "task"):
        return deny("invalid_request")
    if message.get("contains_promotion"):
        category = "marketing"
    cap, sent = message.get("frequency_cap"), message.get("sent_in_window")
    if category == "marketing" and (sent is None or (cap is not None and cap < 0)):
        return deny("invalid_request")

    ledger = once_each(given["ledger"])
    stops, reviews = texts_that_stand(ledger, now, policy)
    # 2 to 10
    if person["status"] == "erased":
        return deny("erased")
    if category == "mandatory":
        return Answer("allow", "mandatory")
    if person["status"] == "restricted":
        return deny("restricted")
    if address["status"] in ("hard_bounced", "invalid_token"):
        return deny("endpoint_undeliverable")
    if category == "opt_out_confirmation":
        if not stops:
            return deny("invalid_request")
        latest = max(moment(stop["at"]) for stop in stops)
        in_time = now - latest <= timedelta(minutes=5)
        return Answer("allow", "opt_out_confirmation") if in_time else deny("sms_stop")
    if channel == "sms" and stops:
        return deny("sms_stop")
    scope = Scope(ledger, given, policy, now)
    if channel == "sms" and category == "marketing" and open_reviews(reviews, scope):
        return deny("sms_review")
    if address["status"] == "complained":
        return deny("complaint")
    if any(event["action"] == "do_not_contact" for event in ledger):
        return deny("global_suppression")
    if category == "transactional":
        return Answer("allow", "transactional")
    # 11 to 15
    if any(event["action"] in ("object", "suppression_hash") for event in ledger):
        return deny("objection")
    if channel == "ad_audience" and given.get("signals", {}).get("gpc"):
        return deny("gpc_opt_out")
    age = person.get("age")
    if age is not None and age < age_limit(person, channel, policy) and not person.get("guardian_consent"):
        return deny("minor")
    refusals = scope.standing_refusals()
    if policy["revoke_all"]:
        refusals += [{**stop, "channel": "*", "topic": "*"} for stop in stops if scope.stands(stop)]
    here = [event for event in refusals if event["channel"] == channel or covers_all(event["channel"])]
    if any(covers_all(event["topic"]) for event in here):
        return deny("channel_opt_out")
    if any(event["topic"] == message["topic"] for event in here):
        return deny("topic_opt_out")
    # 16 to 20
    found, basis = scope.basis()
    if not found:
        return deny(basis)
    missing = missing_content(message, channel, person.get("country"))
    if missing:
        return deny(missing)
    if cap is not None and sent >= cap:
        return deny("frequency_cap")
    if channel in policy["quiet_hours_channels"]:
        days = policy.get("holidays", {}).get(person.get("country"), ())
        opening = first_open_minute(now, person, address, policy["quiet_hours"], days)
        if opening is None:
            return deny("invalid_request")
        if opening != now:
            return Answer("defer", "quiet_hours", opening)
    return Answer("allow", basis)


def deny(reason: str) -> Answer:
    return Answer("deny", reason)


# ── the ledger ──────────────────────────────────────────────────────────────────────────────────


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def covers_all(name: str | None) -> bool:
    """What a refusal names: a star, and nothing at all, is everything."""
    return name is None or name.strip() in ("", "*")


def counts_from(event: Row) -> datetime:
    """3.3: an opt-out counts from the merge that carried it, else from when it happened."""
    return moment(event.get("merged_at") or event["at"])


def once_each(ledger: list[Row]) -> list[Row]:
    seen: set[str] = set()
    kept: list[Row] = []
    for event in ledger:
        if event["id"] in seen:
            continue
        seen.add(event["id"])
        kept.append(event)
    return kept


def is_too_early(event: Row, now: datetime, policy: Row) -> bool:
    return moment(event["at"]) > now + timedelta(minutes=policy["future_grant_skew_minutes"])


def texts_that_stand(ledger: list[Row], now: datetime, policy: Row) -> tuple[list[Row], list[Row]]:
    """Section 9: STOPs without a later START of the same phone, and replies to be looked at likewise."""
    read = [(event, what_it_says(event.get("text") or "")) for event in ledger if event["action"] == "sms_in"]
    starts = [
        event
        for event, said in read
        if said == "START" and is_theirs(event) and not is_too_early(event, now, policy)
    ]

    def is_lifted(event: Row) -> bool:
        phone = event.get("endpoint")
        return phone is not None and any(
            start.get("endpoint") == phone and moment(start["at"]) > counts_from(event) for start in starts
        )

    standing = [(event, said) for event, said in read if not is_lifted(event)]
    return [event for event, said in standing if said == "STOP"], [
        event for event, said in standing if said == "review"
    ]


def is_theirs(event: Row) -> bool:
    """1, principle 4, of clicks and STARTs as well: only who is known to be the person opens anything."""
    return bool(event.get("identity_verified", event.get("source") != "client_sdk"))


def open_reviews(reviews: list[Row], scope: Scope) -> list[Row]:
    """A withdrawal that came after the reply is the decision on it, as far as it refuses this message itself: a
    refusal never opens anything (13, property 1)."""
    decided = [
        moment(event["at"])
        for event in scope.standing_refusals()
        if event["action"] == "withdraw"
        and (event["channel"] == "sms" or covers_all(event["channel"]))
        and (event["topic"] == scope.message["topic"] or covers_all(event["topic"]))
    ]
    return [one for one in reviews if not any(at >= counts_from(one) for at in decided)]


class Scope:
    """What the ledger says about one message: sections 4 (14 to 16), 6 and 7."""

    def __init__(self, ledger: list[Row], given: Row, policy: Row, now: datetime) -> None:
        self.given, self.policy, self.now = given, policy, now
        self.message, self.country = given["message"], given["subject"].get("country")
        self.channel = self.message["channel"]
        purposes = {"marketing", "ad_audience"} if self.channel == "ad_audience" else {"marketing"}
        self.ledger = [
            event
            for event in ledger
            if (purpose := "marketing" if event.get("purpose") is None else event["purpose"]) in purposes
            or (event["action"] in REFUSING and covers_all(purpose))
        ]
        own = [
            event
            for event in self.ledger
            if event["action"] == "grant"
            and event.get("channel") in (self.channel, "*")
            and event.get("endpoint") == self.message["endpoint"]
            and not is_too_early(event, now, policy)
        ]
        self.in_scope = [event for event in own if event.get("topic") in (self.message["topic"], "*")]
        self.elsewhere = [event for event in own if event not in self.in_scope]

    def flaw(self, grant: Row) -> str | None:
        """The first check of section 6 that fails."""
        at, wording, country = moment(grant["at"]), grant.get("wording_version"), self.country
        if grant.get("proof") is None or wording is None:
            return "consent_without_proof"
        assumed = grant.get("source") != "client_sdk"
        if not grant.get("identity_verified", assumed):
            return "unverified_source"
        if wording in self.policy["invalid_wording_versions"]:
            return "consent_wording_invalid"
        if grant.get("expires_at") is not None and moment(grant["expires_at"]) <= self.now:
            return "consent_expired"
        if country in EEA and "EU" in self.policy["consent_max_age_months"]:
            months = self.policy["consent_max_age_months"]["EU"]
            if self.now >= so_many_months_later(at, months):
                return "consent_expired"
        if self.channel == "sms" and country == "US" and grant.get("basis") != "express_written":
            return "consent_not_written"
        if self.channel == "email" and country in self.policy["double_opt_in_countries"]:
            clicks = [
                event
                for event in self.ledger
                if event["action"] == "confirm"
                and is_theirs(event)
                and event.get("endpoint") == grant["endpoint"]
                and not is_too_early(event, self.now, self.policy)
                and moment(event["at"]) >= at
            ]
            if not clicks:
                return "unconfirmed_opt_in"
        return None

    def valid(self) -> list[Row]:
        return [grant for grant in self.in_scope if self.flaw(grant) is None]

    def stands(self, refusal: Row) -> bool:
        return not any(moment(grant["at"]) > counts_from(refusal) for grant in self.valid())

    def standing_refusals(self) -> list[Row]:
        return [
            event
            for event in self.ledger
            if event["action"] in REFUSING
            and not (event["action"] == "one_click_post" and event.get("token_valid") is False)
            and self.stands(event)
        ]

    def basis(self) -> tuple[bool, str]:  # noqa: C901
        """Section 7."""
        if self.valid():
            return True, "consent"
        past, channel, country = self.given.get("relationship", {}), self.channel, self.country
        bought, asked = past.get("last_purchase_at"), past.get("last_inquiry_at")
        if channel == "email":
            if country in EEA | {"GB"}:
                if bought and past.get("similar_products") and past.get("opt_out_offered_at_collection"):
                    return True, "soft_opt_in"
            elif country == "US":
                return True, "opt_out_regime"
            elif country == "CA":
                if bought and self.now < so_many_months_later(moment(bought), 24):
                    return True, "implied_consent"
                if asked and self.now < so_many_months_later(moment(asked), 6):
                    return True, "implied_consent"
            elif country == "JP":
                if bought:
                    return True, "business_relationship"
            elif country is None and not self.policy["opt_in_default_for_unknown_country"]:
                return True, "opt_out_regime"
        if channel == "ad_audience" and country == "US":
            return True, "opt_out_regime"
        if self.in_scope:
            latest = max(self.in_scope, key=lambda grant: (moment(grant["at"]), grant["id"]))
            return False, str(self.flaw(latest))
        if country == "CA" and channel == "email" and (bought or asked):
            return False, "implied_consent_expired"
        return False, "consent_out_of_scope" if self.elsewhere else "no_consent"


def so_many_months_later(instant: datetime, months: int) -> datetime:
    """Calendar months in UTC, one by one; where the day does not exist, the last of the month."""
    year, month = instant.year, instant.month
    for _ in range(months):
        month += 1
        if month == 13:
            year, month = year + 1, 1
    last = calendar.monthrange(year, month)[1]
    return instant.replace(year=year, month=month, day=min(instant.day, last))


def age_limit(person: Row, channel: str, policy: Row) -> int:
    """Section 5."""
    if channel == "ad_audience" and person.get("country") == "US" and person.get("region") == "CA":
        return int(policy["ca_ad_share_minor_age"])
    limits = policy["minor_age_by_country"]
    return int(limits.get(person.get("country"), limits.get("default", 16)))


def missing_content(message: Row, channel: str, country: str | None) -> str:
    """Section 8."""
    if channel in ("email", "sms"):
        if not message.get("has_unsubscribe"):
            return "missing_unsubscribe"
        if not message.get("has_sender_identity"):
            return "missing_sender_identity"
        if channel == "email" and country in ("US", "CA") and not message.get("has_postal_address"):
            return "missing_postal_address"
    return ""


# ── inbound texts ───────────────────────────────────────────────────────────────────────────────

STOP = frozenset(
    (
        "stop",
        "quit",
        "end",
        "revoke",
        "opt out",
        "optout",
        "opt-out",
        "cancel",
        "unsubscribe",
        "stopall",
        "arret",
    )
) | frozenset(("remove", "td"))
MENTIONS = ["stop", "quit", "unsubscribe", "cancel", "revoke", "optout"]


def what_it_says(text: str) -> str:
    """Section 9: STOP, START, HELP, review or other."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    folded = "".join(char for char in folded if unicodedata.category(char) != "Mn").lower()
    plain = " ".join(folded.split()).strip(".!")
    if plain in STOP:
        return "STOP"
    words = "".join(char if char.isalnum() or char == "_" else f" {char} " for char in plain).split()
    pairs = list(pairwise(words))
    if any(("stop", verb) in pairs for verb in ("texting", "messaging", "sending", "contacting")):
        return "STOP"
    if plain in ("start", "unstop"):
        return "START"
    if plain == "help":
        return "HELP"
    hyphened = "opt - out" in " ".join(words)  # of section 9 the word STOP, and here a mention of it
    if (
        any(word in words for word in MENTIONS)
        or ("opt", "out") in pairs
        or (hyphened and "opt-out" in plain)
    ):
        return "review"
    return "other"


# ── quiet hours ─────────────────────────────────────────────────────────────────────────────────

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def first_open_minute(
    now: datetime, person: Row, address: Row, windows: Row, holidays: Collection[str]
) -> datetime | None:
    """Section 10: `now` where it is open, else the first whole minute that is, looked for one by one. Holidays are
    ours: local days on which no zone is open."""
    country, region = person.get("country"), person.get("region")
    kept = any(key == country or key.startswith(f"{country}-") for key in windows)
    if country is None or not (kept or holidays):
        return now
    zones = [
        ZoneInfo(name) for name in (person.get("timezone"), address.get("area_timezone")) if name is not None
    ]
    narrow = not zones
    if narrow:
        zones = [ZoneInfo("America/Los_Angeles"), ZoneInfo("America/New_York")]

    def is_open(instant: datetime) -> bool:
        for zone in zones:
            local = instant.astimezone(zone)
            if f"{local:%Y-%m-%d}" in holidays:
                return False
            keys = (f"{country}-{region}-{_DAYS[local.weekday()]}", f"{country}-{region}", country)
            window = next((windows[key] for key in keys if key in windows), None)
            clock = local.strftime("%H:%M:%S")
            for each in (window, ("08:00", "20:00") if narrow else None):
                if each is not None and not f"{each[0]}:00" <= clock < f"{each[1]}:00":
                    return False
        return True

    if is_open(now):
        return now
    minute = now.replace(second=0, microsecond=0)
    if minute < now:
        minute += timedelta(minutes=1)
    while minute <= now + timedelta(days=7):
        if is_open(minute):
            return minute
        minute += timedelta(minutes=1)
    return None
