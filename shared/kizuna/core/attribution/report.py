"""Every model over many people's histories: successes and money by source, side by side."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kizuna.core.attribution.paths import markov, split
from kizuna.core.attribution.rules import AttributionRules
from kizuna.core.attribution.shares import models
from kizuna.core.attribution.touches import Source, Success, Touch, credited, leftover

ORGANIC = Source("", "", "")  # what no touch had a part in
MODELS = ("last_touch", "first_touch", "linear", "time_decay", "position", "markov", "shapley")


@dataclass(frozen=True, slots=True)
class History:
    """What one person did: touches of messages, and goal events."""

    touches: tuple[Touch, ...] = ()
    successes: tuple[Success, ...] = ()


@dataclass(slots=True)
class Credit:
    """What one source is owed by one model. Money by currency, in smallest units."""

    successes: float = 0.0
    money: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, share: float, success: Success) -> None:
        self.successes += share
        if success.currency:
            self.money[success.currency] += share * success.amount


@dataclass(frozen=True, slots=True)
class Attribution:
    """By model and source. Of every model the successes of all sources, `ORGANIC` among them, sum to `successes`."""

    successes: int
    organic: int
    credits: Mapping[str, Mapping[Source, Credit]]


def attributed(histories: Iterable[History], rules: AttributionRules) -> Attribution:
    """Share every success among what its person met before it."""
    won: list[tuple[Success, tuple[Touch, ...]]] = []
    lost: Counter[tuple[Source, ...]] = Counter()
    for history in histories:
        paths = [(success, credited(success, history.touches, rules)) for success in history.successes]
        won += paths
        counted = [touch for touch in history.touches if touch.kind in rules.kinds]
        nothing = leftover(counted, (path for _, path in paths))
        if nothing:
            lost[_sources(nothing)] += 1
    credits: dict[str, dict[Source, Credit]] = {name: defaultdict(Credit) for name in MODELS}
    weights = markov(Counter(_sources(path) for _, path in won if path), lost)
    for success, path in won:
        if not path:
            for model in credits.values():
                model[ORGANIC].add(1.0, success)
            continue
        times = [touch.at for touch in path]
        for name, shares in models(rules).items():
            for touch, share in zip(path, shares(times, success.at), strict=True):
                credits[name][touch.source].add(share, success)
        sources = _sources(path)
        for name, by in (("markov", split(sources, weights)), ("shapley", split(sources, {}))):
            for source, share in by.items():
                credits[name][source].add(share, success)
    organic = sum(not path for _, path in won)
    return Attribution(len(won), organic, {name: dict(found) for name, found in credits.items()})


def _sources(path: Sequence[Touch]) -> tuple[Source, ...]:
    """The stations of a path; the same one twice in a row is one."""
    found: list[Source] = []
    for touch in path:
        if not found or found[-1] != touch.source:
            found.append(touch.source)
    return tuple(found)
