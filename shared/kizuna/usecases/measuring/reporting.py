"""Reads the report of a campaign, or of all message steps of a journey."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.catalog import Catalog
from kizuna.core.errors import NotFound
from kizuna.core.ports import Results, Runs
from kizuna.core.refusing.repeating import asked_for
from kizuna.core.results.report import By, Counted, Report, report_of


def read_report(
    name: str,
    *,
    by: By,
    catalog: Catalog,
    runs: Runs,
    results: Results,
    now: datetime,
    goal: str = "",
) -> Report:
    """The report by one goal, the first unless it is named. Reads the rows of each run, and no message.

    A journey's is the sum of its message steps, by the goal that all of them share. Raises NotFound for what is
    neither a campaign nor a journey that tells anything, and for a goal that it does not have.
    """
    campaigns = campaigns_of(name, catalog)
    if not campaigns:
        raise NotFound(
            f"there is no campaign {asked_for(name)} in force, and no journey of that name with messages"
        )
    goals = [each.name for each in catalog.campaigns[campaigns[0]].goals]
    if goal and goal not in goals:
        raise NotFound(f"{asked_for(name)} has no goal {asked_for(goal)}; it has {', '.join(goals)}")
    found = [each for campaign in campaigns for each in _counted(campaign, runs, results)]
    return report_of(
        name,
        found,
        goal=goal or goals[0],
        by=by,
        rules=catalog.policy.costs,
        now=now,
        campaign=catalog.campaigns.get(name) if goal in ("", goals[0]) else None,
    )


def campaigns_of(name: str, catalog: Catalog) -> tuple[str, ...]:
    """The campaigns that are reported on by a name: one, or the message steps of a journey (`<journey>.<step>`)."""
    if name in catalog.campaigns:
        return (name,)
    return tuple(sorted(each for each in catalog.campaigns if each.startswith(f"{name}.")))


def _counted(campaign: str, runs: Runs, results: Results) -> Iterator[Counted]:
    """A campaign whose trigger was changed has runs of both kinds."""
    for run in dict.fromkeys([*(run.id for run in runs.list(campaign)), TRIGGERED]):
        for cell, sums in results.sums(campaign, run).items():
            yield Counted(campaign, run, cell, sums)
