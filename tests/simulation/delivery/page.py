"""The report of many runs, for a terminal."""

from __future__ import annotations

from collections import Counter

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kizuna.core.messages import State
from tests.simulation.delivery.faults import Fault
from tests.simulation.delivery.play import Tally

_MEANS = {
    State.SENT: "the provider took it, and we know",
    State.UNKNOWN: "it may have gone out: shown, counted, never guessed",
    State.DENIED: "no consent, an address taken, already written, or they left in time",
    State.EXPIRED: "too late to be of use",
    State.FAILED: "refused for good",
}
_WRONG_SHOWN = 20


def page_of(tally: Tally) -> Group:
    return Group(
        Text(),
        Panel(_opening(tally), title="delivery, simulated", subtitle=f"{tally.seconds:,.1f} s"),
        _states(tally),
        _calls(tally),
        _on_the_way(tally),
        _verdict(tally),
    )


def _opening(tally: Tally) -> Text:
    text = Text()
    text.append(f"{tally.intended:,} messages were intended", style="bold")
    by = ", ".join(f"{channel} {number:,}" for channel, number in tally.channels.most_common())
    text.append(f" in {tally.seeds:,} runs of a campaign, {tally.rates} rates ({by}).\n")
    text.append(f"{sum(tally.told.values()):,} things went wrong", style="bold")
    text.append(
        f" at {tally.calls:,} calls of {len(tally.passed)} kinds; {tally.died:,} times a process died.\n"
    )
    text.append(
        f"{tally.dead_letters:,} records lay with the dead letters; everything was sent back three times."
    )
    return text


def _states(tally: Tally) -> Table:
    table = Table(title="What became of them", title_justify="left")
    table.add_column("state")
    table.add_column("messages", justify="right")
    table.add_column("share", justify="right")
    table.add_column("")
    for state in State:
        number = tally.states[state.value]
        if number or state in _MEANS:
            share = number / max(tally.intended, 1)
            table.add_row(
                state.value, f"{number:,}", f"{share:.2%}" if number else "·", _MEANS.get(state, "")
            )
    table.add_section()
    table.add_row("= intended", f"{sum(tally.states.values()):,}", "", "", style="bold")
    table.add_row("taken, by the provider's log", f"{tally.accepted:,}", "", "", style="dim")
    taken = f"of the UNKNOWN it had taken {tally.unknown_accepted:,}"
    table.add_row("repeats", f"{tally.repeats:,}", "", f"of what is not marketing; {taken}", style="dim")
    return table


def _calls(tally: Tally) -> Table:
    table = Table(title="Where it went wrong", title_justify="left")
    table.add_column("call", no_wrap=True, min_width=max(map(len, tally.passed), default=0))
    table.add_column("passed", justify="right")
    for fault in Fault:
        table.add_column(fault.value, justify="right")
    for place, passed in sorted(tally.passed.items()):
        cells = (tally.told[place, fault.value] for fault in Fault)
        table.add_row(place, f"{passed:,}", *(f"{cell:,}" if cell else "·" for cell in cells))
    return table


def _on_the_way(tally: Tally) -> Table:
    table = Table(title="Between the calls", title_justify="left")
    table.add_column("what")
    table.add_column("times", justify="right")
    found = Counter({what: number for (place, what), number in tally.told.items() if place == "on the way"})
    for what, number in sorted(found.items()):
        table.add_row(what, f"{number:,}")
    return table


def _verdict(tally: Tally) -> Text:
    doubled, lost = tally.count("doubled"), tally.silently_lost
    if tally.is_right:
        return Text(
            "✓ nobody was written to twice or after their No, nothing was lost in silence, the states add up",
            style="green",
        )
    late = tally.count("after their No")
    text = Text(
        f"✗ {doubled:,} doubled, {late:,} after a No, {lost:,} lost, {len(tally.faults):,} things wrong in all\n",
        style="red",
    )
    for fault in tally.faults[:_WRONG_SHOWN]:
        text.append(f"  {fault}\n")
    return text
