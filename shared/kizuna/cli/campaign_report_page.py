"""A campaign's report in the terminal: the way to the goal in bars, its parts in a table, and what sending did."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kizuna.core.money import amount_text
from kizuna.core.results.figures import Figures
from kizuna.core.results.rates import Share
from kizuna.core.results.report import Report, trend
from kizuna.core.results.tables import notes_of, sentence_of
from kizuna.core.results.words import Language, name_of

_WAY = ("intended", "sent", "delivered", "opened", "clicked", "converted")
_COUNTS = ("intended", "withheld", "sent", "delivered", "opened", "clicked", "converted", "unsubscribed")
_RATES = (
    "opened_of_delivered",
    "clicked_of_delivered",
    "converted_of_delivered",
    "unsubscribed_of_delivered",
)
_BAR = 32  # characters
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_STEPS = "▁▂▃▄▅▆▇█"
_REASONS = {"en": "withheld, by reason", "ja": "配信見送りの理由"}
_COURSE = {"en": "{name} by day", "ja": "{name}の推移"}


def report_page(report: Report, language: Language) -> RenderableType:
    """The whole page."""
    return Group(*_parts(report, language))


def _parts(report: Report, language: Language) -> Iterator[RenderableType]:
    yield Text(f"{report.name}  {report.as_of:%Y-%m-%d %H:%M} UTC", style="bold")
    yield _way(report.total, language)
    if report.by == "day" and len(report.rows) > 1:
        for figure in ("sent", "converted"):
            course = sparkline(trend(report.rows, figure))
            yield Text(f"{_COURSE[language].format(name=name_of(figure, language))}  {course}")
    yield _table(report, language, _COUNTS, _counts)
    yield _table(
        report, language, (*_RATES, "revenue", "cost", "roi"), partial(_rates, currency=report.currency)
    )
    if report.total.withheld_by:
        yield _reasons(report.total.withheld_by, language)
    sentence = sentence_of(report, language)
    if sentence:
        yield Text(sentence, style="bold")
    for note in notes_of(report, language):
        yield Text(f"· {note}", style="dim")


def _way(figures: Figures, language: Language) -> Table:
    table = Table.grid(padding=(0, 2))
    whole = max(figures["intended"], 1)
    for name in _WAY:
        count = figures[name]
        table.add_row(
            name_of(name, language),
            Text(bar(count / whole), style="blue"),
            f"{count:,}",
            f"{count / whole:.1%}",
        )
    return table


def _table(
    report: Report,
    language: Language,
    names: Sequence[str],
    cells: Callable[[Figures], Iterator[RenderableType]],
) -> Table:
    """The rows and their total. Counts and rates stand in tables of their own: together they fit no terminal."""
    table = Table(name_of(report.by, language), title_justify="left")
    for name in names:
        table.add_column(name_of(name, language), justify="right", overflow="fold")  # Japanese has no spaces
    for row in report.rows:
        table.add_row(row.label, *cells(row.figures))
    table.add_section()
    table.add_row(name_of("total", language), *cells(report.total), style="bold")
    return table


def _counts(figures: Figures) -> Iterator[RenderableType]:
    yield from (f"{figures[name]:,}" for name in _COUNTS)


def _rates(figures: Figures, *, currency: str) -> Iterator[RenderableType]:
    shares = figures.shares
    yield from (_rate(shares[name]) for name in _RATES)
    yield amount_text(figures.revenue, currency)
    yield amount_text(figures.cost, currency)
    yield "–" if figures.roi is None else f"{figures.roi:+.1f}×"


def _rate(share: Share) -> Text:
    if share.value is None:
        return Text("–", style="dim")
    return Text(f"{share.value:.1%}", style="dim" if share.is_grey else "")


def _reasons(withheld_by: Mapping[str, int], language: Language) -> Table:
    table = Table(_REASONS[language], "", "", title_justify="left", box=None)
    most = max(withheld_by.values())
    for reason, count in sorted(withheld_by.items(), key=lambda each: (-each[1], each[0])):
        table.add_row(reason, Text(bar(count / most), style="yellow"), f"{count:,}")
    return table


def bar(part: float) -> str:
    """A part of a line, to an eighth of a character."""
    eighths = round(max(0.0, min(1.0, part)) * _BAR * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


def sparkline(values: Sequence[int]) -> str:
    """The course of some numbers, a character each."""
    most = max(values, default=0)
    return "".join(_STEPS[round((len(_STEPS) - 1) * value / most)] if most else _STEPS[0] for value in values)


def states_table(body: Mapping[str, Any], language: Literal["en", "ja"]) -> Table:
    """Every run's messages by channel, state and reason, its waves, and whether it stands still."""
    table = Table("run", "channel", "state", "reason", "count", title_justify="left")
    for run in body["runs"]:
        for row in run["states"]:
            table.add_row(run["run"], row["channel"], row["state"], row["reason"], str(row["count"]))
        table.add_row(run["run"], "", "= intended", "", str(run["intended"]), style="bold")
        for wave in run["waves"]:
            told = f"to {wave['share']:.1%} from {wave['at']}"
            table.add_row(run["run"], "", f"wave {wave['wave']}: {wave['state']}", told, "")
        if run["unramped"]:
            told = "in one wave: its messages would be too late before the last of three"
            table.add_row(run["run"], "", "UNRAMPED", told, "", style="yellow")
        if run["paused"] is not None:
            table.add_row(run["run"], "", "PAUSED", run["paused"]["sentence"][language], "", style="red")
    return table
