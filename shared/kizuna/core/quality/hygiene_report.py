"""The findings of a hygiene run, added up: how many of what, and how good what each source tells is (K58)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kizuna.core.quality.hygiene import Findings


@dataclass(slots=True)
class Quality:
    """How good what a source tells of a trait is."""

    held: int = 0
    stale: int = 0
    invalid: int = 0
    flawed: int = 0  # stale, invalid or both
    unvouched: int = 0

    @property
    def score(self) -> int:
        """The share of values without a flaw, in percent; 100 where there is none at all."""
        return 100 if not self.held else 100 * (self.held - self.flawed) // self.held

    def __add__(self, other: Quality) -> Quality:
        return Quality(
            self.held + other.held,
            self.stale + other.stale,
            self.invalid + other.invalid,
            self.flawed + other.flawed,
            self.unvouched + other.unvouched,
        )


@dataclass(slots=True)
class Report:
    """The sum of all findings. The order in which people are added does not matter."""

    people: int = 0
    unreachable: int = 0
    legacy_addresses: int = 0
    sunset_candidates: int = 0
    told: int = 0  # of these, those who were told of before
    dead: Counter[tuple[str, str]] = field(default_factory=Counter)
    quality: dict[tuple[str, str], Quality] = field(default_factory=dict)

    def add(self, findings: Findings) -> None:
        self.people += 1
        self.unreachable += not findings.is_reachable
        self.legacy_addresses += findings.has_legacy_address
        self.dead.update(findings.dead)
        if findings.silence is not None:
            self.sunset_candidates += 1
            self.told += findings.silence.told
        for key, flaws in findings.flaws.items():
            one = Quality(1, "stale" in flaws, "invalid" in flaws, bool(flaws), key in findings.unvouched)
            self.quality[key] = self.quality.get(key, Quality()) + one

    def of_sources(self) -> dict[str, Quality]:
        """Quality by source, over all its traits."""
        found: dict[str, Quality] = {}
        for (source, _), quality in sorted(self.quality.items()):
            found[source] = found.get(source, Quality()) + quality
        return found

    def body(self) -> dict[str, Any]:
        """Everything as plain values, for people and for `report_from`."""
        return {
            "people": self.people,
            "unreachable": self.unreachable,
            "legacyAddresses": self.legacy_addresses,
            "sunsetCandidates": self.sunset_candidates,
            "toldBefore": self.told,
            "deadAddresses": [
                {"channel": channel, "status": status, "count": count}
                for (channel, status), count in sorted(self.dead.items())
            ],
            "sources": [
                {"source": source, **_figures(quality)} for source, quality in self.of_sources().items()
            ],
            "traits": [
                {"source": source, "trait": trait, **_figures(quality)}
                for (source, trait), quality in sorted(self.quality.items())
            ],
        }


def _figures(quality: Quality) -> dict[str, int]:
    return {
        "held": quality.held,
        "stale": quality.stale,
        "invalid": quality.invalid,
        "flawed": quality.flawed,
        "unvouched": quality.unvouched,
        "score": quality.score,
    }


def report_from(body: Mapping[str, Any]) -> Report:
    """The inverse of `Report.body`. Raises KeyError or TypeError for anything else."""
    figures = ("held", "stale", "invalid", "flawed", "unvouched")
    return Report(
        people=body["people"],
        unreachable=body["unreachable"],
        legacy_addresses=body["legacyAddresses"],
        sunset_candidates=body["sunsetCandidates"],
        told=body["toldBefore"],
        dead=Counter({(row["channel"], row["status"]): row["count"] for row in body["deadAddresses"]}),
        quality={
            (row["source"], row["trait"]): Quality(*(row[name] for name in figures)) for row in body["traits"]
        },
    )
