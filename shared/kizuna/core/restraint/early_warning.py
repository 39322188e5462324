"""Early warning: is a signal of a run worse than is acceptable? Asked after every matured message (`delivery.md` 10).

Whoever looks so often and goes by a fixed ratio, or by a confidence interval made for one look, pauses a third of all
innocent runs in the end. This is a mixture e-process: a bet against "the rate is acceptable", spread evenly over some
rates that are not. It starts at 1 and, while the rate is acceptable, comes to 1/α with a chance of at most α however
often one looks (Ville's inequality). At 1/α the run pauses.

It depends on nothing but two counts, so counts that were kept apart are added, in any order and grouping. All
arithmetic is in logarithms.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Literal

ALPHA = 0.001  # the largest share of innocent runs that are paused
THRESHOLD = -math.log(ALPHA)
LEAST_ACCEPTABLE = 0.003  # of rates that no guideline gives: a workspace may be better, its bar is not higher
HIGHEST_RATE = 0.6  # a grid that goes with a workspace's own rate ends here


class Signal(StrEnum):
    """What people and providers answer to a message that should not have been sent."""

    COMPLAINT = "complaint"
    BOUNCE = "bounce"  # hard bounces only
    UNSUBSCRIBE = "unsubscribe"
    SMS_STOP = "sms_stop"
    PUSH_OFF = "push_off"  # the app's notifications were switched off; judged like an unsubscribe


@dataclass(frozen=True)
class Bar:
    """What is acceptable, and the rates that are bet on against it, with equal weights."""

    acceptable: float
    bad_rates: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < self.acceptable < min(self.bad_rates, default=0) or max(self.bad_rates) >= 1:
            raise ValueError("the rates that are bet on lie between the acceptable one and 1")

    @cached_property
    def _odds(self) -> tuple[tuple[float, float], ...]:
        """For each bad rate what one signal, and one message without a signal, adds to the logarithm of the bet."""
        p0 = self.acceptable
        return tuple((math.log(p / p0), math.log1p(-p) - math.log1p(-p0)) for p in self.bad_rates)

    def log_evidence(self, sent: int, bad: int) -> float:
        """The logarithm of the e-process after so many matured messages, `bad` of them with the signal."""
        if not 0 <= bad <= sent:
            raise ValueError(
                f"{bad} signals of {sent} messages: signals come from the messages that are counted"
            )
        terms = [bad * signal + (sent - bad) * silent for signal, silent in self._odds]
        most = max(terms)
        return most + math.log(math.fsum(math.exp(term - most) for term in terms) / len(terms))

    def pauses_from(self, sent: int) -> int | None:
        """The smallest number of signals among so many messages that pauses; None if not even all of them do."""
        if self.log_evidence(sent, sent) < THRESHOLD:
            return None
        return bisect_left(range(sent + 1), THRESHOLD, key=lambda bad: self.log_evidence(sent, bad))


_FIXED: Mapping[Signal, Bar] = {
    Signal.COMPLAINT: Bar(0.001, (0.002, 0.003, 0.005, 0.01, 0.03, 0.10)),
    Signal.BOUNCE: Bar(0.02, (0.03, 0.05, 0.10, 0.20, 0.40)),
}
# What no guideline gives: the acceptable rate while the workspace has no median of its own, and the multiples of it.
_RELATIVE: Mapping[Signal, tuple[float, tuple[float, ...]]] = {
    Signal.UNSUBSCRIBE: (0.005, (2, 3, 4, 8, 20)),
    Signal.PUSH_OFF: (0.005, (2, 3, 4, 8, 20)),
    Signal.SMS_STOP: (0.01, (2, 3, 5, 10, 30)),
}


def bar_of(signal: Signal, *, median: float | None = None) -> Bar:
    """the bar of a signal. `median` is the workspace's trailing median rate, where the signal has no guideline.

    Raises ValueError for a median from 30 % on: there is nothing left to tell it from.
    """
    if signal in _FIXED:
        return _FIXED[signal]
    usual, multiples = _RELATIVE[signal]
    acceptable = usual if median is None else max(LEAST_ACCEPTABLE, median)
    if acceptable >= HIGHEST_RATE / 2:
        raise ValueError(f"a usual rate of {acceptable:.0%} cannot be watched")
    return Bar(acceptable, tuple(min(HIGHEST_RATE, multiple * acceptable) for multiple in multiples))


# ── state ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Crossing:
    """The counts at which the evidence was enough. It stays: what is sent afterwards takes nothing back."""

    sent: int
    bad: int


@dataclass(frozen=True, slots=True)
class Watch:
    """One signal of one run: messages that matured, those of them with the signal, and the crossing if any.

    `sent` counts deliveries old enough to have been answered, and for complaints only those to domains that report
    complaints; `bad` counts signals of that same cohort.
    """

    sent: int = 0
    bad: int = 0
    crossed: Crossing | None = None


def update(state: Watch, sent: int, bad: int, bar: Bar) -> Watch:
    """The state after `sent` more messages matured, `bad` of them with the signal. Raises ValueError for bad > sent.

    Fewer looks with more messages each are as safe as many.
    """
    if not 0 <= bad <= sent:
        raise ValueError(f"{bad} signals of {sent} messages: signals come from the messages that are counted")
    return _judged(Watch(state.sent + sent, state.bad + bad, state.crossed), bar)


def merged(one: Watch, other: Watch, bar: Bar) -> Watch:
    """The state of two disjoint sets of messages of one run. Of two crossings the one of fewer messages is told."""
    crossings = [side.crossed for side in (one, other) if side.crossed is not None]
    first = min(crossings, key=lambda crossing: (crossing.sent, crossing.bad), default=None)
    return _judged(Watch(one.sent + other.sent, one.bad + other.bad, first), bar)


def _judged(state: Watch, bar: Bar) -> Watch:
    if state.crossed is None and bar.log_evidence(state.sent, state.bad) >= THRESHOLD:
        return replace(state, crossed=Crossing(state.sent, state.bad))
    return state


# ── verdict ─────────────────────────────────────────────────────────────────────────────────────

Language = Literal["en", "ja"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the run pauses, and everything that a person who resumes it needs to see."""

    signal: Signal
    pauses: bool
    sent: int
    bad: int
    log_evidence: float
    acceptable: float

    @property
    def evidence(self) -> float:
        """The e-value; infinite where it is beyond all numbers."""
        return math.exp(self.log_evidence) if self.log_evidence < 700 else math.inf

    def reason(self, language: Language = "en") -> str:
        """The verdict as a sentence."""
        share = self.bad / self.sent if self.sent else 0.0
        words = _WORDS[language]
        form = words["pauses"] if self.pauses else words["goes_on"]
        return form.format(
            what=words[self.signal],
            bad=f"{self.bad:,}",
            sent=f"{self.sent:,}",
            share=_percent(share, language),
            acceptable=_percent(self.acceptable, language),
            chance=f"{round(1 / ALPHA):,}",
        )


def verdict(signal: Signal, state: Watch, bar: Bar) -> Verdict:
    """How the signal stands: by the crossing if there was one, else by the counts of now."""
    sent, bad = (state.crossed.sent, state.crossed.bad) if state.crossed else (state.sent, state.bad)
    return Verdict(signal, state.crossed is not None, sent, bad, bar.log_evidence(sent, bad), bar.acceptable)


def name_of(signal: Signal, language: Language) -> str:
    """What a signal is called."""
    return _WORDS[language][signal]


def _percent(rate: float, language: Language) -> str:
    number = f"{100 * rate:.2g}" if rate < 0.1 else f"{100 * rate:.0f}"
    return f"{number}%" if language == "ja" else f"{number} %"


_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "pauses": "Paused: {bad} {what} from {sent} messages ({share}). Acceptable is {acceptable}; an innocent run "
        "comes to this in fewer than 1 of {chance} cases.",
        "goes_on": "Goes on: {bad} {what} from {sent} messages ({share}) do not show more than the acceptable "
        "{acceptable}.",
        Signal.COMPLAINT: "complaints",
        Signal.BOUNCE: "hard bounces",
        Signal.UNSUBSCRIBE: "unsubscribes",
        Signal.SMS_STOP: "STOP replies",
        Signal.PUSH_OFF: "switched-off notifications",
    },
    "ja": {
        "pauses": "一時停止しました：{sent}通に対して{what}が{bad}件（{share}）あり、"
        "許容水準の{acceptable}を上回っています。問題のない配信がここまで達する確率は{chance}分の1未満です。",
        "goes_on": "配信を続けます：{sent}通に対して{what}は{bad}件（{share}）で、"
        "許容水準の{acceptable}を上回るとは言えません。",
        Signal.COMPLAINT: "迷惑メールの報告",
        Signal.BOUNCE: "恒久的な不達",
        Signal.UNSUBSCRIBE: "配信停止",
        Signal.SMS_STOP: "STOPの返信",
        Signal.PUSH_OFF: "プッシュ通知のオフ",
    },
}
