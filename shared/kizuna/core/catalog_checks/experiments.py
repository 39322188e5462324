"""What an experiment's arms name exists and fits its campaign; a holdout is of a brand or topic that there is."""

from __future__ import annotations

from collections.abc import Iterator

from kizuna.core.campaigns.arms import misfits
from kizuna.core.campaigns.wordings_of_arms import worded
from kizuna.core.catalog_checks.typed import Origin, Parsed
from kizuna.core.condition_checks import placed_conditions
from kizuna.core.conditions import Holdout as AskedHoldout
from kizuna.core.conditions import leaves_of
from kizuna.core.errors import Problem
from kizuna.core.experiments.holdout import Holdout, Holdouts, salt_name


def experiment_problems(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    for campaign in parsed["campaign"].values():
        for key, why in misfits(campaign):
            yield Problem(f"{origin('campaign', campaign.id)}: {key}", why)
    _, faults = worded(parsed["campaign"], parsed["template"])
    for name, key, why in faults:
        yield Problem(f"{origin('campaign', name)}: {key}", why)
    for policy in parsed["policy"].values():
        place = origin("policy", policy.id)
        for kind, named in (("brand", policy.holdout.brands), ("topic", policy.holdout.topics)):
            for name in named:
                if name not in parsed[kind]:
                    yield Problem(f"{place}: holdout.{kind}s.{name}", f"there is no {kind} {name!r}")
    yield from _asked_otherwise(parsed, origin)


def _asked_otherwise(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    """A condition that asks for a holdout that there is, and means other people: its percent is another, or the draw
    is made anew from time to time, which no condition can follow."""
    known = {holdout.salt or name: holdout for name, holdout in _holdouts(parsed)}
    for placed in placed_conditions(parsed, origin):
        for leaf in leaves_of(placed.condition):
            if not isinstance(leaf, AskedHoldout) or leaf.holdout not in known:
                continue
            holdout, place = known[leaf.holdout], f"{placed.place}: {placed.key}"
            if holdout.refresh is not None:
                yield Problem(
                    place,
                    f"the holdout {leaf.holdout!r} is drawn anew every {holdout.refresh}: nobody stays in it",
                )
            elif leaf.percent != holdout.percent:
                yield Problem(
                    place,
                    f"the holdout {leaf.holdout!r} leaves out {holdout.percent:g} %, not {leaf.percent:g} %",
                )


def _holdouts(parsed: Parsed) -> Iterator[tuple[str, Holdout]]:
    """Every holdout, by the draw that it makes if it names no salt. Of one salt the last is told."""
    for kind in ("campaign", "journey"):
        for each in parsed.get(kind, {}).values():
            own = getattr(each, "holdout", None)
            if isinstance(own, Holdout):
                yield each.id, own
    for policy in parsed["policy"].values():
        holdouts: Holdouts = policy.holdout
        yield from ((salt_name("brand", name), each) for name, each in holdouts.brands.items())
        yield from ((salt_name("topic", name), each) for name, each in holdouts.topics.items())
        if holdouts.global_ is not None:
            yield "global", holdouts.global_
