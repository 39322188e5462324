"""What is counted of one message beside its state: the signs of its reader, and the conversions that followed.

The mark that is kept on the message holds all of it. It moves in one transaction with the sums of its cell, so that
signs and goal events in any order, repeats, late ones and kills leave every sum right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kizuna.core.results import cells
from kizuna.core.results.cells import Sums

MOST_EACH = 100  # conversions of one message that a goal with `count: each` counts, the earliest of them


class Sign(StrEnum):
    """What became known of a message once it had gone out. Each counts once."""

    DELIVERED = "delivered"
    OPENED = "opened"  # by a human, as far as the bot filter tells
    OPENED_BY_MACHINE = "machine"
    CLICKED = "clicked"  # by a human
    BOUNCED = "bounced"  # for good
    BOUNCED_FOR_NOW = "soft"
    REJECTED = (
        "rejected"  # taken by the provider and thrown away later; what was so before it was SENT has FAILED
    )
    COMPLAINED = "complained"
    LEFT = "left"  # unsubscribed, or answered STOP
    DISMISSED = "dismissed"  # an item of the inbox


# The signs that stand on a message as facts. A bounce is not among them: whether it is for good its report tells.
OF_FACTS: Mapping[str, Sign] = {
    "delivered": Sign.DELIVERED,
    "opened": Sign.OPENED,
    "clicked": Sign.CLICKED,
    "complained": Sign.COMPLAINED,
    "dismissed": Sign.DISMISSED,
    "rejected": Sign.REJECTED,
}


@dataclass(frozen=True, slots=True, order=True)
class Conversion:
    """One goal event, as it counts for one message. `event` is its mark in the timeline, which tells repeats."""

    at: datetime
    event: str
    goal: str
    amount: int = 0  # in the smallest unit of the currency
    currency: str = ""  # empty where there is no money


@dataclass(frozen=True, slots=True)
class Counted:
    """What the sums hold of one message."""

    signs: frozenset[Sign] = frozenset()
    conversions: tuple[Conversion, ...] = ()


def with_signs(counted: Counted, signs: Iterable[Sign]) -> Counted:
    return replace(counted, signs=counted.signs | frozenset(signs))


def with_conversion(counted: Counted, new: Conversion, *, most: int) -> Counted:
    """With one more conversion; of a goal the earliest `most` count, in whatever order they become known.

    So the first purchase is the one that counts, also where the second was heard of first.
    """
    same = [each for each in counted.conversions if each.goal == new.goal]
    if any(each.event == new.event for each in same):
        return counted
    others = tuple(each for each in counted.conversions if each.goal != new.goal)
    return replace(counted, conversions=tuple(sorted((*others, *sorted((*same, new))[:most]))))


def gained(before: Counted, after: Counted) -> Sums:
    """What the sums of the cell gain when the mark moves; what they lose is negative."""
    gains = Counter(_sums(after))
    gains.subtract(_sums(before))
    return {name: amount for name, amount in gains.items() if amount}


def _sums(counted: Counted) -> Sums:
    sums: Counter[str] = Counter(cells.with_sign(sign) for sign in counted.signs)
    money: Counter[tuple[str, str]] = Counter()
    for each in counted.conversions:
        sums[cells.converted(each.goal)] = 1
        if Sign.DELIVERED in counted.signs:
            sums[cells.converted_and_delivered(each.goal)] = 1
        sums[cells.conversions(each.goal)] += 1
        if each.currency:
            sums[cells.value(each.goal, each.currency)] += each.amount
            money[each.goal, each.currency] += each.amount
    for (goal, currency), amount in money.items():
        sums[cells.squares(goal, currency)] = amount * amount
    return sums
