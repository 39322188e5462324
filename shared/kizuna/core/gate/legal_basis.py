"""On what ground a promotional message may be sent at all (`consent.md` section 7)."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.consent import Permission, months_after
from kizuna.core.gate.request import Relationship
from kizuna.core.policy import EU, ConsentPolicy
from kizuna.core.reasons import Reason

SOFT_OPT_IN_COUNTRIES = EU | {"GB"}
PURCHASE_MONTHS = 24  # Canada, CASL s. 10(10)
INQUIRY_MONTHS = 6


def legal_basis(
    granted: Permission,
    past: Relationship,
    *,
    channel: str,
    country: str | None,
    now: datetime,
    policy: ConsentPolicy,
) -> tuple[bool, Reason]:
    """Whether there is a ground, and which; without one, the reason that tells most about why not."""
    if granted.valid:
        return True, Reason.CONSENT
    ground = _without_a_grant(past, channel=channel, country=country, now=now, policy=policy)
    if ground is not None:
        return True, ground
    if granted.failure is not None:
        return False, granted.failure
    if country == "CA" and channel == "email" and _ever_in_touch(past):
        return False, Reason.IMPLIED_CONSENT_EXPIRED
    if granted.other_topic:
        return False, Reason.CONSENT_OUT_OF_SCOPE
    return False, Reason.NO_CONSENT


def _without_a_grant(
    past: Relationship, *, channel: str, country: str | None, now: datetime, policy: ConsentPolicy
) -> Reason | None:
    """What the law of the country allows with no grant on record. Text messages and push: nothing, anywhere."""
    if channel == "ad_audience":
        return Reason.OPT_OUT_REGIME if country == "US" else None
    if channel != "email":
        return None
    if country in SOFT_OPT_IN_COUNTRIES:
        return Reason.SOFT_OPT_IN if _is_soft_opt_in(past) else None
    match country:
        case "US":
            return Reason.OPT_OUT_REGIME
        case "CA":
            return Reason.IMPLIED_CONSENT if _is_implied(past, now) else None
        case "JP":
            return Reason.BUSINESS_RELATIONSHIP if past.last_purchase_at is not None else None
        case None:
            return None if policy.opt_in_default_for_unknown_country else Reason.OPT_OUT_REGIME
        case _:
            return None


def _is_soft_opt_in(past: Relationship) -> bool:
    return (
        past.last_purchase_at is not None
        and past.similar_products is True
        and past.opt_out_offered_at_collection is True
    )


def _is_implied(past: Relationship, now: datetime) -> bool:
    periods = ((past.last_purchase_at, PURCHASE_MONTHS), (past.last_inquiry_at, INQUIRY_MONTHS))
    return any(since is not None and now < months_after(since, months) for since, months in periods)


def _ever_in_touch(past: Relationship) -> bool:
    return past.last_purchase_at is not None or past.last_inquiry_at is not None
