"""Definitions checked against each other: what one names, another is.

typed        what a check is given      campaigns    what a campaign names
experiments  what its arms name, and what holdouts are of
policies     what the policy names      references   brands, lists, sources, webhooks
templates    what a linter finds in them
"""

from __future__ import annotations

from collections.abc import Iterator

from kizuna.core.catalog_checks.campaigns import campaign_problems
from kizuna.core.catalog_checks.experiments import experiment_problems
from kizuna.core.catalog_checks.journeys import journey_reference_problems
from kizuna.core.catalog_checks.policies import policy_problems, quiet_hours_problems
from kizuna.core.catalog_checks.references import reference_problems
from kizuna.core.catalog_checks.typed import Origin, Parsed
from kizuna.core.condition_checks import condition_problems
from kizuna.core.errors import Problem
from kizuna.core.wordings import wording_problems


def cross_checks(parsed: Parsed, origin: Origin) -> Iterator[Problem]:
    """Every reference that leads nowhere, and every definition that does not fit what it names."""
    yield from campaign_problems(parsed, origin)
    yield from experiment_problems(parsed, origin)
    yield from quiet_hours_problems(parsed, origin)
    yield from policy_problems(parsed, origin)
    yield from reference_problems(parsed, origin)
    yield from journey_reference_problems(parsed, origin)
    yield from condition_problems(parsed, origin)
    yield from wording_problems(
        parsed["wording"], parsed["policy"].values(), parsed["source"].values(), origin
    )
