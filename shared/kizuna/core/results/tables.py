"""A report as rows for a spreadsheet, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kizuna.core.durations import instant_to_text
from kizuna.core.experiments.counts import ArmCounts
from kizuna.core.experiments.lift import Lift
from kizuna.core.files.csv_safety import csv_line
from kizuna.core.money import digits_of, whole_units
from kizuna.core.results.figures import COUNTS, RATES, Figures
from kizuna.core.results.rates import Share
from kizuna.core.results.report import Report
from kizuna.core.results.words import Language, lift_sentence, name_of, notes

BOM = "\ufeff"  # by it a spreadsheet knows that the text is UTF-8
_MONEY = ("revenue", "revenue_per_delivered", "cost")


def csv_of(report: Report, language: Language) -> str:
    """The rows of a report and its total, with a byte order mark: what a spreadsheet opens rightly (RFC 4180).

    Rates are numbers between 0 and 1, empty where there are none; money is in whole units of the currency beside it.
    """
    head = [report.by, *COUNTS, *RATES, *_MONEY, "roi", "currency"]
    lines = [csv_line(name_of(name, language) for name in head)]
    for label, figures in _rows(report, language):
        lines.append(csv_line([label, *_cells(figures, report.currency)]))
    return BOM + "".join(lines)


def _rows(report: Report, language: Language) -> Iterator[tuple[str, Figures]]:
    yield from ((row.label, row.figures) for row in report.rows)
    yield name_of("total", language), report.total


def _cells(figures: Figures, currency: str) -> Iterator[object]:
    yield from (figures[name] for name in COUNTS)
    for share in figures.shares.values():
        yield None if share.value is None else round(share.value, 6)
    for name in _MONEY:
        yield _whole(getattr(figures, name), currency)
    yield None if figures.roi is None else round(figures.roi, 4)
    yield currency


def _whole(minor: float | None, currency: str) -> float | int | None:
    """Money as a number in whole units; of what is cheaper than the smallest unit some digits more."""
    if minor is None:
        return None
    return round(whole_units(minor, currency), digits_of(currency) + 4)


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────


def body_of(report: Report, language: Language) -> dict[str, Any]:
    """A report for other programs: every rate with what it is of, every comparison with its interval."""
    return {
        "goal": report.goal,
        "by": report.by,
        "currency": report.currency,
        "asOf": instant_to_text(report.as_of),
        "rows": [{"label": row.label, **_figures(row.figures, report.currency)} for row in report.rows],
        "total": _figures(report.total, report.currency),
        "lift": _lift(report, language),
        "notes": notes_of(report, language),
    }


def notes_of(report: Report, language: Language) -> list[str]:
    """What somebody has to know who reads the figures."""
    return notes(
        language,
        unpriced_parts=report.total.unpriced_parts,
        unexchanged=report.total.unexchanged,
        in_progress=report.total["in_progress"],
        unsettled=report.unsettled if report.lift is not None else 0,
        is_fair=report.is_fair or not report.total["held_out"],
        few=any(
            share.whole and share.is_grey for row in report.rows for share in row.figures.shares.values()
        ),
    )


def sentence_of(report: Report, language: Language) -> str | None:
    """What sending did, in a sentence; None without a holdout."""
    found = report.lift
    if found is None:
        return None
    compared = found.compared
    return lift_sentence(
        language,
        told=(compared.n, compared.value),
        held=(compared.control_n, compared.control_value),
        difference=(
            compared.value - compared.control_value,
            compared.difference.low,
            compared.difference.high,
        ),
        is_enough=found.is_enough,
    )


def _figures(figures: Figures, currency: str) -> dict[str, Any]:
    return {
        "counts": {name: figures[name] for name in COUNTS},
        "withheldBy": dict(figures.withheld_by),
        "rates": {name: _share(share) for name, share in figures.shares.items()},
        "money": {name: _whole(getattr(figures, name), currency) for name in _MONEY},
        "paid": {paid: whole_units(amount, paid) for paid, amount in figures.money.items()},
        "roi": None if figures.roi is None else round(figures.roi, 6),
        "unpricedParts": figures.unpriced_parts,
        "unexchanged": sorted(figures.unexchanged),
    }


def _share(share: Share) -> dict[str, Any]:
    interval = share.interval
    return {
        "value": None if share.value is None else round(share.value, 6),
        "part": share.part,
        "of": share.whole,
        "interval": None if interval is None else [round(interval.low, 6), round(interval.high, 6)],
        "few": share.is_grey,
    }


def _lift(report: Report, language: Language) -> dict[str, Any] | None:
    found, money = report.lift, report.lift_of_money
    if found is None or report.sides is None:
        return None
    told, held = report.sides
    return {
        "told": _side(told, report.currency),
        "heldOut": _side(held, report.currency),
        "rate": _compared(found, 1.0),
        "moneyPerPerson": None if money is None else _compared(money, 10.0 ** digits_of(report.currency)),
        "enough": found.is_enough,
        "sentence": sentence_of(report, language),
    }


def _side(side: ArmCounts, currency: str) -> dict[str, Any]:
    return {
        "people": side.exposed,
        "converted": side.did("goal"),
        "revenue": _whole(side.value_sum, currency),
    }


def _compared(found: Lift, unit: float) -> dict[str, Any]:
    compared = found.compared
    return {
        "told": round(compared.value / unit, 6),
        "heldOut": round(compared.control_value / unit, 6),
        "difference": round((compared.value - compared.control_value) / unit, 6),
        "interval": [_finite(compared.difference.low / unit), _finite(compared.difference.high / unit)],
        "relative": [_finite(compared.relative.low), _finite(compared.relative.high)],
        "more": round(found.more / unit, 4),
    }


def _finite(value: float) -> float | None:
    """JSON has no infinity: an end that counts say nothing of is null."""
    return round(value, 6) if abs(value) < 1e15 else None
