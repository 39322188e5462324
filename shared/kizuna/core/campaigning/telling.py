"""A simulation as plain values, the same for the same people and definitions: for JSON, pages and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kizuna.core.campaigning.forecast import Forecast, quantiles
from kizuna.core.campaigning.funnel import STAGES
from kizuna.core.campaigning.guards import Refusal
from kizuna.core.campaigning.pricing import cost_body
from kizuna.core.campaigns import Campaign
from kizuna.core.costs import CostRules
from kizuna.core.durations import instant_to_text
from kizuna.core.ramp import Wave

Body = dict[str, Any]


def simulation_body(
    campaign: Campaign,
    found: Forecast,
    *,
    run: str,
    at: datetime,
    version: int,
    living: int,
    reachable: int,
    untargeted: str | None,
    refusal: Refusal | None,
    waves: Sequence[Wave],
    unramped: bool,
    costs: CostRules,
    unanswered: Forecast | None = None,
) -> Body:
    """Everything that a simulation found. Names people in its samples alone, by their ids. `unanswered` is what
    follows on other channels if nobody shows a sign."""
    return {
        "campaign": campaign.id,
        "name": campaign.name,
        "run": run,
        "at": instant_to_text(at),
        "catalog": version,
        "people": {"living": living, "reachable": reachable},
        "guards": {
            "untargeted": untargeted,
            "overrideReason": campaign.override_reason,
            "refused": None if refusal is None else {"reason": str(refusal.reason), "told": refusal.told},
        },
        "funnel": found.funnel(),
        "refused": _refused(found),
        "channels": dict(sorted(found.sent.items())),
        "languages": dict(sorted(found.languages.items())),
        "when": _when(found),
        "waves": [{"share": round(wave.share, 4), "at": instant_to_text(wave.at)} for wave in waves],
        "unramped": unramped,
        "fallback": _fallback(campaign, unanswered, costs),
        "waitsForDigest": found.waits_for_digest,
        "heldOut": dict(sorted(found.held_out.items())),
        "variants": _variants(found),
        "pressure": _pressure(found),
        "cost": cost_body(found, costs),
        "samples": found.samples(campaign.name),
    }


def _refused(found: Forecast) -> list[Body]:
    by_stage = sorted(found.refused.items(), key=lambda item: (STAGES.index(item[0][0]), -item[1], item[0]))
    return [
        {"stage": str(stage), "channel": channel, "reason": reason, "rule": rule, "messages": count}
        for (stage, channel, reason, rule), count in by_stage
    ]


def _when(found: Forecast) -> list[Body]:
    return [
        {"hour": instant_to_text(hour), "channel": channel, "messages": count}
        for (hour, channel), count in sorted(found.hours.items())
    ]


def _fallback(campaign: Campaign, unanswered: Forecast | None, costs: CostRules) -> Body | None:
    """What may follow for who shows no sign. Who will, nobody can foretell: this is all of it, if nobody does."""
    channels = campaign.channels
    if channels is None or channels.fallback_after is None or unanswered is None:
        return None
    return {
        "after": str(channels.fallback_after),
        "channels": list(channels.order[1:]),
        "people": unanswered.matched,
        "atMost": dict(sorted(unanswered.sent.items())),
        "refused": _refused(unanswered),
        "when": _when(unanswered),
        "pressure": _pressure(unanswered),
        "cost": cost_body(unanswered, costs),
    }


def _variants(found: Forecast) -> list[Body]:
    names = sorted({name for name, _ in found.variants})
    return [
        {
            "variant": name,
            "people": found.variants[name, True] + found.variants[name, False],
            "hear": found.variants[name, True],
        }
        for name in names
    ]


def _pressure(found: Forecast) -> Body | None:
    """Promotions in the week up to this one, of those who will hear it; None where nothing counts them."""
    total = sum(found.pressure.values())
    if not total:
        return None
    half, most = quantiles(found.pressure, (0.5, 0.95))
    mean = sum(number * people for number, people in found.pressure.items()) / total
    return {"mean": round(mean, 2), "p50": half, "p95": most, "max": max(found.pressure), "people": total}


# ── compared with another ───────────────────────────────────────────────────────────────────────

_COUNTED = ("channels", "languages", "heldOut")


def changes(before: Body, after: Body) -> list[Body]:
    """What is different from an earlier simulation of the campaign: each figure that moved, by its name."""
    old, new = _figures(before), _figures(after)
    return [
        {"figure": name, "before": old.get(name, 0), "after": new.get(name, 0)}
        for name in dict.fromkeys((*new, *old))
        if old.get(name, 0) != new.get(name, 0)
    ]


def _figures(body: Body) -> dict[str, float]:
    found: dict[str, float] = {f"people.{name}": count for name, count in body["people"].items()}
    found |= {f"funnel.{row['stage']}": row["people"] for row in body["funnel"]}
    for row in body["refused"]:
        name = f"refused.{row['channel']}.{row['reason']}"
        found[name] = found.get(name, 0) + row["messages"]
    for group in _COUNTED:
        found |= {f"{group}.{name}": count for name, count in body[group].items()}
    found |= {f"variants.{row['variant']}": row["hear"] for row in body["variants"]}
    found |= _ends(body["cost"], "cost")
    fallback = body.get("fallback") or {}
    found |= {f"fallback.{name}": count for name, count in fallback.get("atMost", {}).items()}
    return found | _ends(fallback.get("cost") or {}, "fallback.cost")


def _ends(cost: Body, name: str) -> dict[str, float]:
    """What it costs, from one that was kept before ranges were told, too."""
    total = cost.get("total")
    ends = {"total": total} if total is not None else {"low": cost.get("low"), "high": cost.get("high")}
    return {f"{name}.{end}": dollars for end, dollars in ends.items() if dollars is not None}
