"""Where a message is counted: its cell, and the names of what is counted there.

A cell is the day on which messages were decided (UTC), their channel, variant and group. None of these ever changes
for a message, so all that is ever counted of it lies in one cell: every rate has the messages of its denominator in
its numerator, and nothing has to be moved when something comes late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import Literal, get_args

from kizuna.core.campaigns.runs import TRIGGERED
from kizuna.core.messages import Message, State
from kizuna.core.reasons import OtherReason

Group = Literal["told", "held", "withheld", "again"]
GROUPS: tuple[Group, ...] = get_args(Group)
Sums = Mapping[str, int]  # what is counted in a cell, by its name


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """The messages of one day, channel, variant and group of a run.

    told      assigned and to be told: allowed by the gate, at once or later
    held      assigned and held out: a ghost of whom everything is asked and to whom nothing is sent
    withheld  refused when it was decided
    again     one more message to somebody about the same thing: a fallback, or a repeat of one of unknown fate
    """

    day: date
    channel: str
    variant: str
    group: Group


def cell_of(message: Message) -> Cell:
    """Where a message is counted; the same in all its states."""
    return Cell(
        message.created_at.astimezone(UTC).date(), message.channel, message.variant, group_of(message)
    )


def group_of(message: Message) -> Group:
    """The group of a message, the same in all its states: what was refused at once has not taken a step since."""
    if message.falls_back_from or message.again_of:
        return "again"
    if message.state is State.DENIED and not message.evidence:
        return "held" if message.reason == OtherReason.HELD_OUT else "withheld"
    return "told"


def counted_run(campaign: str, run: str) -> str:
    """The run under which messages are counted: all walks through a journey are one, which never ends.

    The message steps of a journey are campaigns by the name of `<journey>.<step>`; no other name has a dot.
    """
    return TRIGGERED if "." in campaign else run


# ── what is counted, by name ────────────────────────────────────────────────────────────────────
# The names of goals and currencies hold no "_", and what comes last may hold anything.


def in_state(state: str, reason: str) -> str:
    """Messages in a state, for a reason."""
    return f"s_{state}_{reason}"


def state_in(name: str) -> tuple[str, str] | None:
    """The inverse of `in_state`; None for any other name."""
    if not name.startswith("s_"):
        return None
    state, _, reason = name[2:].partition("_")
    return state, reason


def sms_parts(country: str) -> str:
    """Parts of text messages that went out to a country."""
    return f"p_{country}"


def with_sign(sign: str) -> str:
    """Messages with a sign (`Sign`)."""
    return f"f_{sign}"


def converted(goal: str) -> str:
    """Messages with at least one conversion."""
    return f"x_{goal}"


def converted_and_delivered(goal: str) -> str:
    """Those of them that are known to have arrived."""
    return f"w_{goal}"


def conversions(goal: str) -> str:
    return f"y_{goal}"


def value(goal: str, currency: str) -> str:
    """Money of conversions, in the smallest unit of its currency."""
    return f"z_{goal}_{currency}"


def squares(goal: str, currency: str) -> str:
    """The sum of the squares of each message's money: what its spread is worked out from."""
    return f"q_{goal}_{currency}"


def currencies(sums: Sums, goal: str) -> tuple[str, ...]:
    """The currencies in which a goal brought money."""
    prefix = value(goal, "")
    return tuple(sorted(name.removeprefix(prefix) for name in sums if name.startswith(prefix)))


def total_in(sums: Sums, *states: State) -> int:
    """Messages in some states, whatever the reason."""
    return sum(count for name, count in sums.items() if (told := state_in(name)) and told[0] in states)
