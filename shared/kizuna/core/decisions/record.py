"""The decision record as it is stored with its message: what was asked, in which order, and what decided.

Holds no address and no content, and says each thing once: the guards before the one that decided all let the message
pass, so their names are enough. `catalog` pins every definition that the decision saw; the person's record is named
by its version and a hash. The keys:

    answer reason not_before   what came of it            trace        the guards in order, up to the one that decided
    at                         when the gate was asked    policy       version of the consent rules
    inputs ledger hash parts   what it was asked, how much of the ledger was read, one hash over both (`inputs`)
    profile reach              version and hash of the person's record, and its reach version
    catalog template           versions of the definitions
    inside outside             segments of the audience that the person was in and was not, with their versions
    keys                       the six keys: score and reason each
    moment                     the moment that was chosen for the person, and why that one (`campaigns.moments`)
    why_relevant why_channel why_time   the campaign's own words, where its intent card has them
    category decided_by        as what it was judged, and the consent events that the answer rests on
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.core.campaigns import Campaign
from kizuna.core.catalog import Catalog
from kizuna.core.decisions.inputs import LedgerMark, facts_of, hash_of, mark_of
from kizuna.core.decisions.six_keys import Key, SixKeys, Why, refreshed
from kizuna.core.durations import instant_from_text, instant_to_text
from kizuna.core.gate import GateStep, Judgement, Word
from kizuna.core.ids import digest as hashed
from kizuna.core.messages import Message
from kizuna.core.people import Profile
from kizuna.core.reasons import OtherReason, Reason

Record = dict[str, Any]

CHOOSE = "choose"  # the step before the gate: audience, lists, address, channel
AFTERWARDS = "afterwards"  # the step that ends what the gate let pass: too late, stopped, refused


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that was asked, in order. All but the last let the message pass."""

    rule: str
    version: int
    verdict: Word
    reason: str


def of_judgement(
    judgement: Judgement,
    *,
    profile: Profile,
    campaign: Campaign,
    template: str,
    catalog: Catalog,
    keys: SixKeys,
) -> Record:
    """The record of a message that the gate was asked about."""
    return {
        **_answered(judgement),
        **_asked(judgement, profile),
        **_about(profile, campaign, catalog),
        "template": catalog.version_of("template", template),
        "keys": _keys(keys),
    }


def of_choice(
    reason: str,
    *,
    profile: Profile,
    campaign: Campaign,
    catalog: Catalog,
    now: datetime,
    keys: SixKeys,
    until: datetime | None = None,
) -> Record:
    """The record of a message that was withheld before the gate was asked, or put off `until` it is."""
    return {
        "answer": "defer" if until else "deny",
        "reason": reason,
        "trace": CHOOSE,
        "at": _in_full(now),
        **({"not_before": instant_to_text(until)} if until else {}),
        **_about(profile, campaign, catalog),
        "keys": _keys(keys),
    }


def of_judgement_again(
    message: Message, judgement: Judgement, *, profile: Profile, catalog: Catalog
) -> Record:
    """The record with what the gate says now, of the person as they are now, in the place of what it said before."""
    kept = {name: value for name, value in message.decision.items() if name not in _ANSWERS}
    before = keys_of(message.decision)
    again = {
        **kept,
        **_answered(judgement),
        **_asked(judgement, profile),
        "catalog": catalog.version,
        "template": catalog.version_of("template", message.template),
    }
    if before is not None:
        again["keys"] = _keys(refreshed(before, judgement, since=message.created_at))
    return again


_WHYS: Mapping[str, Why] = {str(why): why for why in Why}
# What an answer brings, and the next one replaces.
_ANSWERS = frozenset({"not_before", "hold", "until", "product", "cap", "held_for", "parts"})


def _answered(judgement: Judgement) -> Record:
    full = judgement.word == "defer" and judgement.reason is Reason.FREQUENCY_CAP
    digest = judgement.request.message.cap_digest if full else ""
    return {
        "answer": judgement.word,
        "reason": str(judgement.reason),
        "trace": " ".join(
            [step.rule_id if step.rule_version == 1 else _in_its_version(step) for step in judgement.trace]
        ),
        "category": judgement.category,
        "decided_by": list(judgement.decided_by),
        **_held_by(judgement),
        **({"held_for": digest} if digest else {}),
        **({"not_before": instant_to_text(judgement.not_before)} if judgement.not_before else {}),
    }


def _in_its_version(step: GateStep) -> str:
    return f"{step.rule_id}@{step.rule_version}"


def _asked(judgement: Judgement, profile: Profile) -> Record:
    request = judgement.request
    facts, mark = facts_of(request), mark_of(request.ledger)
    return {
        "at": _in_full(request.now),
        "policy": judgement.policy_version,
        "inputs": facts,
        "ledger": [mark.events, mark.hash],
        "hash": hash_of(facts, mark, policy=judgement.policy_version, at=request.now),
        **_person(profile),
    }


def _person(profile: Profile) -> Record:
    person: Record = {"reach": profile.reach_version, "profile": [profile.version, profile_hash(profile)]}
    return person | ({"parts": list(profile.parts)} if len(profile.parts) > 1 else {})


def _about(profile: Profile, campaign: Campaign, catalog: Catalog) -> Record:
    card, audience = campaign.intent_card, campaign.audience
    asked = (*audience.segments, *audience.excluded) if audience else ()
    held = {name: catalog.version_of("segment", name) for name in asked if name in profile.segments}
    missed = {name: catalog.version_of("segment", name) for name in asked if name not in profile.segments}
    told = {
        "inside": held,
        "outside": missed,
        "why_relevant": card.relevant_because,
        "why_channel": card.best_channel_because,
        "why_time": card.best_time_because,
    }
    return {
        "catalog": catalog.version,
        **_person(profile),
        **{name: value for name, value in told.items() if value},
    }


def _held_by(judgement: Judgement) -> dict[str, str]:
    """The name of what held a message back, where the reason alone does not say it."""
    match judgement.reason:
        case Reason.TONE_HOLD:
            return {"hold": judgement.request.signals.tone_hold}
        case Reason.PAUSED:
            until = judgement.request.signals.paused_until
            return {"until": instant_to_text(until)} if until else {}
        case Reason.FREQUENCY_CAP:
            shared = judgement.request.message.cap_shared
            return {"cap": shared} if shared else {}
        case Reason.PRODUCT_EXCLUDED:
            return {"product": judgement.request.signals.product_excluded}
        case _:
            return {}


def profile_hash(profile: Profile) -> str:
    """A hash over what decisions read of a person: equal for equal records."""
    read = {
        "traits": {name: trait.value for name, trait in profile.traits.items()},
        "segments": sorted(profile.segments),
        "addresses": sorted([address.id, str(address.status)] for address in profile.addresses.values()),
        "rest": [profile.status, profile.zone_name, profile.language, profile.gpc, profile.ledger_head],
    }
    return hashed("profile", profile.id, str(profile.version), _CANONICAL.encode(read), length=16)


_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)


def _keys(keys: SixKeys) -> list[list[Any]]:
    return [[key.score, str(key.why)] for key in keys]


def reason_of(record: Mapping[str, Any]) -> str:
    """The reason that the message carries: that of the record, or that it is held back to go with others."""
    return str(OtherReason.HELD_FOR_DIGEST if held_for(record) else record["reason"])


def ends_choice(record: Mapping[str, Any]) -> bool:
    """Whether no other channel is to be tried: it was too much by a cap that drops what is too much, or it came at an
    hour at which the company drops it."""
    if record.get("reason") == Reason.HOUSE_HOURS:
        return True
    full = record.get("answer") == "deny" and record.get("reason") == Reason.FREQUENCY_CAP
    return full and not is_for_another_channel(record)


def is_for_another_channel(record: Mapping[str, Any]) -> bool:
    """Whether it was refused on this channel by a cap or hours that send it to the campaign's next one."""
    if record.get("reason") == Reason.HOUSE_HOURS_ELSEWHERE:
        return True
    elsewhere = record.get("inputs", {}).get("message", {}).get("cap_elsewhere")
    return bool(elsewhere) and record.get("reason") == Reason.FREQUENCY_CAP


def held_for(record: Mapping[str, Any]) -> str:
    """The digest that is to tell of the message, once there is room; empty where it goes by itself."""
    return str(record.get("held_for", ""))


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def steps_of(record: Mapping[str, Any]) -> tuple[Step, ...]:
    """The rules that were asked, in order. Empty for a record of nothing."""
    *passed, last = str(record.get("trace", "")).split() or [""]
    if not last:
        return ()
    steps = [Step(*_rule(name), "pass", "") for name in passed]
    return (*steps, Step(*_rule(last), record["answer"], record["reason"]))


def _rule(name: str) -> tuple[str, int]:
    rule, _, version = name.partition("@")
    return rule, int(version or 1)


def keys_of(record: Mapping[str, Any]) -> SixKeys | None:
    """The six keys of a record; None where it has none that this release knows."""
    told = record.get("keys") or ()
    if len(told) != len(SixKeys._fields) or any(why not in _WHYS for _, why in told):
        return None
    return SixKeys(*[Key(int(score), _WHYS[why]) for score, why in told])


def ledger_of(record: Mapping[str, Any]) -> LedgerMark | None:
    told = record.get("ledger")
    return LedgerMark(int(told[0]), str(told[1])) if told else None


def judged_at(record: Mapping[str, Any]) -> datetime | None:
    """When the gate was asked, to the microsecond."""
    return instant_from_text(record["at"]) if record.get("at") else None


def _in_full(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
