"""`kizuna campaign attribution`: which messages the successes of a goal are owed to, by every model side by side."""

from __future__ import annotations

import time
from typing import Annotated, Literal

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kizuna.cli.context import Place, place_of
from kizuna.core.attribution.report import MODELS, ORGANIC, Credit
from kizuna.core.durations import Duration
from kizuna.core.errors import KizunaError
from kizuna.core.experiments.definition import arm_name
from kizuna.core.money import amount_text
from kizuna.core.results.report import Report
from kizuna.core.results.tables import sentence_of
from kizuna.core.results.words import Language, name_of
from kizuna.usecases.measuring.attributing import Attributed, attribute
from kizuna.usecases.measuring.attribution_desk import attribution_body, sources_of
from kizuna.usecases.measuring.reporting import read_report

SinceOption = Annotated[str, typer.Option("--since", help="How far back: 7d, 30d, 3mo.")]
LanguageOption = Annotated[Literal["en", "ja"], typer.Option("--language", help="Of names and sentences.")]
_TITLE = {
    "en": "{total:,} × {event} since {since:%Y-%m-%d}, {organic:,} of them with no touch",
    "ja": "{since:%Y-%m-%d}以降の「{event}」{total:,}件（うち接点なし{organic:,}件）",
}
_NOTE = {
    "en": "Credit says who was there, not who made the difference. Only a holdout shows that.",
    "ja": "貢献度は「接点があった」ことを示すもので、効果の証明ではありません。効果はホールドアウトで確認します。",
}


class NoLength(KizunaError):
    """A length of time that cannot be read."""


def attribution(
    context: typer.Context,
    campaign: Annotated[str, typer.Argument(metavar="ID", help="The campaign whose goal it is.")],
    since: SinceOption = "30d",
    language: LanguageOption = "en",
) -> None:
    """Which messages of any campaign led to the goal of this one. Asks the lake, which costs a little each time."""
    place = place_of(context)
    try:
        found, report = _found(place, campaign, since)
    except KizunaError as error:
        place.fail(error)
    place.show(attribution_body(found, report, language), lambda: _page(found, report, language))


def _found(place: Place, campaign: str, since: str) -> tuple[Attributed, Report]:
    wired = place.services
    now, catalog = wired.now(), wired.catalog.current()
    try:
        begins = Duration.parse(since).before(now)
    except ValueError as error:
        raise NoLength(f"--since: {error}") from error
    found = attribute(
        campaign,
        since=begins,
        now=now,
        catalog=catalog,
        lake=wired.lake_queries,
        people=wired.people,
        pause=time.sleep,
    )
    report = read_report(
        campaign, by="channel", catalog=catalog, runs=wired.runs, results=wired.results, now=now
    )
    return found, report


def _page(attributed: Attributed, report: Report, language: Language) -> RenderableType:
    found = attributed.found
    title = _TITLE[language].format(
        total=found.successes,
        organic=found.organic,
        event=attributed.goal.event,
        since=attributed.since,
    )
    table = Table(title_justify="left")
    for name in ("campaign", "variant", "channel", *MODELS):
        table.add_column(name_of(name, language), justify="right" if name in MODELS else "left")
    for source in sources_of(attributed):
        credits = [found.credits[model].get(source, Credit()) for model in MODELS]
        named = name_of("organic", language) if source == ORGANIC else source.campaign
        table.add_row(named, arm_name(source.variant), source.channel, *map(_cell, credits))
    sentence = sentence_of(report, language)
    first = [Text(sentence, style="bold")] if sentence else []
    return Group(Text(title, style="bold"), *first, table, Text(_NOTE[language], style="dim"))


def _cell(credit: Credit) -> str:
    if not credit.successes:
        return "–"
    money = [amount_text(amount, currency) for currency, amount in sorted(credit.money.items())]
    return "\n".join([f"{credit.successes:,.2f}", *money])
