"""docs/campaigns.md: what a million people cost and need is what the function says."""

from __future__ import annotations

from datetime import timedelta

from kizuna.core.campaigning.guards import Refused
from kizuna.core.campaigning.paper import on_paper
from tests.docs.reading import page, rows, section

MILLION = on_paper(1_000_000)


def test_the_costs_of_the_table_are_those_of_the_function() -> None:
    told = [
        figure for _, figure in rows(section(page("docs/campaigns.md"), "### A million people, on paper"))[:4]
    ]
    parts = (MILLION.provider, MILLION.dynamodb, MILLION.rest, MILLION.total)
    assert [each.strip("*") for each in told] == [f"${part:.2f}" for part in parts]


def test_the_limits_of_the_table_are_those_of_the_function() -> None:
    told = [
        row
        for row in rows(section(page("docs/campaigns.md"), "### A million people, on paper"))
        if len(row) == 3
    ]
    limits = [[limit.what, f"{limit.per_second:,.0f}", limit.because] for limit in MILLION.limits]
    assert [list(row) for row in told if row[0] != "part"] == limits


def test_the_hours_in_the_text_are_those_of_the_function() -> None:
    text = " ".join(section(page("docs/campaigns.md"), "### A million people, on paper").split())
    raised = on_paper(1_000_000, provider_rate=125)
    hours = [each.takes / timedelta(hours=1) for each in (MILLION, raised)]
    assert f"it takes {hours[0]:.1f} hours" in text
    assert f"and {hours[1]:.1f} hours once SES takes 125" in text
    assert f"At most {MILLION.lambdas} functions" in text


def test_every_reason_for_which_a_run_is_refused_is_told() -> None:
    told = {name.strip("`") for name, _ in rows(section(page("docs/campaigns.md"), "## What is refused"))}
    assert told == {str(reason) for reason in Refused}
