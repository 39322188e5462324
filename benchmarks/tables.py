"""The figures as tables."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table

from benchmarks import (
    cold_start,
    delivery,
    early_warning,
    fanout,
    ingest,
    journeys,
    rfm,
    rfm_run,
    segments,
    sustained,
    units,
)
from benchmarks.messages import Bill
from benchmarks.sides import KIZUNA, USUAL, USUAL_BARE
from kizuna.core.prices import US_EAST_1 as PRICES

_NOTE = "Ratios mean something; the same code varies by a third from hour to hour."


def _table(title: str, *columns: str, caption: str = "") -> Table:
    table = Table(title=title, title_justify="left", caption=caption or None, caption_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def of_delivery(row: delivery.Row) -> list[RenderableType]:
    table = _table(
        "CPU per sent e-mail, from its id to SENT (boto3 with canned replies, median of the rounds)",
        "",
        "µs",
        caption=f"Our own work is wanted at {delivery.GOAL:.0%} of the SDK's at most. Memory: {row.peak / 1024:,.0f} "
        f"KB for one message at a time, {row.kept:,.0f} bytes of each stay. {_NOTE}",
    )
    table.add_row("whole", f"{1e6 * row.whole.median:,.0f}")
    count = f"{sum(row.calls.values()):.0f}"
    table.add_row("ours: outside of the SDK's calls", f"{1e6 * row.outside.median:,.0f}")
    table.add_row(f"inside of its {count} calls, as we make them", f"{1e6 * row.inside.median:,.0f}")
    table.add_row(f"the same {count} calls as boto3 makes them", f"{1e6 * row.plain.median:,.0f}")
    table.add_row("share of the whole that is not the SDK's", f"{row.share:.0%}")
    table.add_row("ours ÷ the calls as we make them", f"{row.ratio:.0%}", style="bold")
    table.add_row("ours ÷ the calls as boto3 makes them", f"{row.ratio_to_plain:.0%}", style="bold")
    return [table]


def of_ingest(rows: Sequence[ingest.Row]) -> list[RenderableType]:
    table = _table(
        "CPU per event: the usual handler ÷ Kizuna (boto3 with canned replies, median of the rounds)",
        "segments",
        "events a person",
        "ratio",
        "goal",
        "÷ no events kept",
        "usual µs",
        "Kizuna µs",
        "least",
        "of it calls",
        "of it segments",
        caption=_NOTE,
    )
    for row in rows:
        ours = row.times[KIZUNA]
        table.add_row(
            str(row.segments),
            str(row.fold),
            f"{row.ratio():.1f}×",
            f"{row.goal:g}×" if row.goal else "",
            f"{row.ratio(USUAL_BARE):.1f}×",
            f"{1e6 * row.times[USUAL].median:.0f}",
            f"{1e6 * ours.median:.0f}",
            f"{1e6 * ours.least:.0f}",
            f"{1e6 * row.in_calls:.0f}",
            f"{1e6 * row.in_segments:.0f}",
        )
    return [table]


def of_units(costs: Sequence[units.Cost]) -> list[RenderableType]:
    goals = units.GOALS
    counted = _table(
        "Dollars per million events, counted from the calls made",
        "requests of 100 events",
        *(cost.name for cost in costs),
        caption=(
            f"List prices of {PRICES.region} on {PRICES.as_of}: write unit ${PRICES.write_units}, read unit "
            f"${PRICES.read_units}, HTTP request ${PRICES.http_requests} per million. Memberships are "
            f"paid by the change, and each write here changes several. * modelled, not counted."
        ),
    )
    for number, part in enumerate(costs[0].parts):
        name = part.name if part.counted else f"{part.name} *"
        counted.add_row(name, *(f"{cost.parts[number].dollars:.3f}" for cost in costs))
    counted.add_section()
    sums = (
        (f"API, reads, profile write (goal {goals[0]:.2f} at 5)", [cost.inline for cost in costs]),
        (f"+ timeline, alarms, stream (goal {goals[1]:.2f} at 5)", [cost.with_timeline for cost in costs]),
        ("+ memberships", [cost.with_memberships for cost in costs]),
        ("everything", [cost.sum() for cost in costs]),
    )
    for name, dollars in sums:
        counted.add_row(name, *(f"{each:.3f}" for each in dollars), style="bold")
    counted.add_section()
    counted.add_row("bytes of a profile", *(str(cost.profile_bytes) for cost in costs))
    counted.add_row("memberships changed a write", *(f"{cost.memberships:.1f}" for cost in costs))
    return [counted]


def of_messages(bill: Bill) -> list[RenderableType]:
    table = _table(
        "Units of an e-mail, from the decision to the report of its delivery",
        "step",
        "writes",
        "reads",
        "queue requests",
        "$ per million",
    )
    for step in bill.steps:
        table.add_row(
            step.name, f"{step.writes:g}", f"{step.reads:g}", f"{step.requests:g}", f"{step.dollars:.2f}"
        )
    table.add_section()
    table.add_row("together", "", "", "", f"{bill.dollars:.2f}", style="bold")
    return [table]


def of_cold_start(cold: cold_start.Cold) -> list[RenderableType]:
    table = _table(
        "Cold start of collect, milliseconds of CPU in a fresh process",
        "",
        "median",
        "least",
        "modules",
        "usual ÷ this",
        "goal",
    )
    for name, timed in cold.times.items():
        table.add_row(
            name,
            f"{1e3 * timed.median:.0f}",
            f"{1e3 * timed.least:.0f}",
            str(cold.modules[name]),
            "" if name == cold_start.USUAL else f"{cold.ratio(name):.2f}×",
            f"{cold_start.GOAL:g}×" if name == cold_start.READY else "",
        )
    return [table]


def of_fan_out(ran: fanout.FannedOut) -> list[RenderableType]:
    goal = f"goal {fanout.GOAL:g} people decided for a second and core"
    table = _table(f"A run for {ran.people:,} people over stores in memory", "", "a second", caption=goal)
    table.add_row("people decided for", f"{ran.per_second:,.0f}")
    table.add_row(f"people simulated, of {ran.simulated:,}", f"{ran.simulated / ran.simulating:,.0f}")
    table.add_row("memory that the simulation came to need", f"{ran.grew:.0f} MB")
    return [table]


def of_sustained(held: sustained.Sustained) -> list[RenderableType]:
    table = _table(
        f"{held.events:,} events and {held.mails:,} mails over an emulator, {sustained.OFFERED:.0f} offered a second",
        "",
        "here",
        "goal",
        caption="The emulator answers one call at a time: its own bound is what it does of conditional puts alone. "
        "Nothing was lost: that is checked.",
    )
    table.add_row("events a second", f"{held.events_a_second:,.0f}", f"{sustained.EVENTS_GOAL:,.0f}")
    table.add_row("sends a second", f"{held.sends_a_second:,.0f}", f"{sustained.SENDS_GOAL:,.0f}")
    goal = f"{1e3 * sustained.P99_GOAL:,.0f} (p99)"
    for name, times in (("reply", held.replies), ("mail", held.mailed)):
        table.add_row(
            f"due → {name}, ms, p50 · p99", f"{1e3 * times.p50:,.0f} · {1e3 * times.p99:,.0f}", goal
        )
    table.add_row("calls of the emulator a second", f"{held.calls_a_second:,.0f}", "")
    table.add_row("conditional puts a second, alone", f"{held.bound:,.0f}", "")
    table.add_row("our calls ÷ what it can do", f"{held.of_the_bound:.0%}", "", style="bold")
    table.add_row(
        "decisions a second, the core alone",
        f"{held.decisions_a_second:,.0f}",
        f"{sustained.DECISIONS_GOAL:,.0f}",
    )
    return [table]


def of_journeys(walked: journeys.Walked) -> list[RenderableType]:
    goal = f"half of one Step Functions transition a step: ${journeys.STEP_FUNCTIONS / 2:g} a million"
    table = _table("journeys: five steps over thirty days", "figure", "", caption=goal)
    table.add_row("people", f"{walked.people:,}")
    table.add_row("steps a second and core", f"{walked.per_second:,.0f}")
    table.add_row("longest wait behind its time", f"{walked.late.total_seconds():.0f} s")
    table.add_row("write units a step", f"{walked.units_a_step:.2f}")
    table.add_row("dollars a million steps", f"{walked.per_million:.2f}")
    return [table]


def of_rfm(scored: rfm.Scored) -> list[RenderableType]:
    missing = f"not installed: {', '.join(scored.without)}. " if scored.without else ""
    ratio = (
        f"{scored.ratio:.1f} times faster than the tutorials' way (goal {rfm.GOAL:g}). "
        if scored.ratio
        else ""
    )
    table = _table(
        f"RFM of {scored.people:,} customers, milliseconds of CPU",
        "",
        "median",
        "least",
        caption=ratio + missing + _NOTE,
    )
    for name, timed in scored.times.items():
        table.add_row(name, f"{1e3 * timed.median:.0f}", f"{1e3 * timed.least:.0f}")
    return [table]


def of_rfm_run(run: rfm_run.Run) -> list[RenderableType]:
    table = _table(
        f"A first run of RFM over {run.people:,} people, CPU of ours",
        "",
        "seconds",
        "µs a person",
        caption=f"{run.written:,} records written; at most {run.memory:.0f} MB more than before the run.",
    )
    for name, seconds in (("collect", run.collect), ("weigh", run.weigh), ("write", run.write)):
        table.add_row(name, f"{seconds:.1f}", f"{1e6 * seconds / run.people:.0f}")
    return [table]


def of_warnings(found: early_warning.Warnings) -> list[RenderableType]:
    table = _table(
        "Early warning: innocent runs that pause, and median messages until bad ones do",
        "signal",
        "acceptable",
        "false pauses",
        "by a ratio",
        "at a true rate of …",
        caption=f"Promised: at most 0.1 % false pauses; a complaint rate of 5 % pauses by a median of at most "
        f"{early_warning.GOAL} messages. One update: {1e6 * found.update.median:.1f} µs.",
    )
    for row in found.rows:
        medians = " · ".join(f"{rate:.1%}: {median:,.0f}" for rate, median in row.medians.items())
        table.add_row(
            row.signal.value,
            f"{row.acceptable:.1%}",
            f"{row.false_pauses:.2%}",
            f"{row.by_ratio:.0%}",
            medians,
        )
    return [table]


def of_segments(rows: Sequence[segments.Row]) -> list[RenderableType]:
    names = list(dict.fromkeys(name for row in rows for name in row.times))
    shown: list[RenderableType] = []
    for what, title in (("all", "every segment of a person"), ("event", "those that one event can change")):
        table = _table(
            f"Who is in which segment, {title}: µs a person, and how many times the index (mask) is quicker",
            "",
            *(f"{row.segments:,} segments" for row in rows),
            caption=_NOTE,
        )
        for asked, who in names:
            if asked == what:
                table.add_row(who, *(_beside_the_index(row, what, who) for row in rows))
        shown.append(table)
    compiled = _table("The index", "segments", "compiled in ms", "goal", "holds MB")
    for row in rows:
        goal = segments.COMPILED.get(row.segments)
        compiled.add_row(
            f"{row.segments:,}",
            f"{1e3 * row.compiled:.0f}",
            f"{1e3 * goal:.0f}" if goal else "",
            f"{row.megabytes:.1f}",
        )
    return [*shown, compiled]


def _beside_the_index(row: segments.Row, what: str, who: str) -> str:
    timed, ratio = row.times.get((what, who)), row.ratio(what, who)
    if timed is None or ratio is None:
        return ""
    goal = segments.GOALS.get((what, who, row.segments))
    told = f"{1e6 * timed.median:.0f}"
    if who.startswith("kizuna"):
        return told
    return f"{told}   {ratio:.1f}×" + (f" (goal {goal:g}×)" if goal else "")
