"""`kizuna rfm`: score customers by how recently, how often and for how much they bought; and see who stands where."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from kizuna.cli.context import Place, place_of
from kizuna.cli.rfm_page import rfm_page
from kizuna.core.errors import NotFound
from kizuna.core.rfm.results import shown_body
from kizuna.core.rfm.runs import Phase, RfmRun
from kizuna.core.rfm.scores import RfmDefinition
from kizuna.topology import SEGMENT_SHARDS
from kizuna.usecases import rfm as usecase

app = typer.Typer(no_args_is_help=True, help=__doc__)

NameArgument = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="The definition; may be left out where there is but one.")
]
LanguageOption = Annotated[Literal["en", "ja"], typer.Option("--language", help="Of the text.")]


@app.command()
def run(context: typer.Context, name: NameArgument = None, language: LanguageOption = "en") -> None:
    """Look at everybody now, weigh them against each other, and write whose scores changed.

    A run that was interrupted is gone on with. It can be repeated, and stopped at any moment.
    """
    place = place_of(context)
    wired = place.services
    catalog, now = wired.catalog.current(), wired.now()
    definition = _chosen(place, name)
    on = usecase.Scorer(wired.people, wired.rfm, wired.queues, wired.settings.workers)
    begun = usecase.unfinished(wired.rfm, catalog, definition.id, now=now)
    current = begun or usecase.start(definition, wired.rfm, at=now, now=now)
    for phase in ("collect", "write"):
        _walk(place, current, phase, on)
        if phase == "collect":
            usecase.finish_collecting(current, wired.rfm)
    _show(place, current, language)


def _walk(place: Place, current: RfmRun, phase: Phase, on: usecase.Scorer) -> None:
    wired = place.services
    people = 0
    for shard in range(SEGMENT_SHARDS):
        for page in usecase.pages(current, phase, shard, on, wired.catalog.current(), now=wired.now()):
            people += page.people
            if not place.as_json and place.console.is_terminal:
                place.console.print(f"{phase}: {shard}/{SEGMENT_SHARDS} shards, {people:,} people", end="\r")


@app.command()
def show(context: typer.Context, name: NameArgument = None, language: LanguageOption = "en") -> None:
    """What came of the newest run: the grid, sizes, shares, money, reach, and who moved since the run before."""
    place = place_of(context)
    definition = _chosen(place, name)
    runs = place.services.rfm.latest(definition.id)
    done = next((each for each in runs if place.services.rfm.result(each) is not None), None)
    if done is None:
        place.fail(
            NotFound(f"rfm {definition.id!r} has not been run yet; try: kizuna rfm run {definition.id}")
        )
    _show(place, done, language)


def _show(place: Place, current: RfmRun, language: Literal["en", "ja"]) -> None:
    store = place.services.rfm
    result = store.result(current)
    if result is None:
        place.fail(NotFound(f"run {current.id} of rfm {current.definition.id!r} has no result yet"))
    body: dict[str, Any] = shown_body(current, result, written=usecase.written_by(current, store))
    place.show(body, lambda: rfm_page(body, language))


def _chosen(place: Place, name: str | None) -> RfmDefinition:
    known = place.services.catalog.current().rfm
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name is None:
        place.fail(
            NotFound(f"name one of: {', '.join(known)}" if known else "no rfm is in force; apply one first")
        )
    if name not in known:
        place.fail(NotFound(f"there is no rfm {name!r} in force"))
    return known[name]
