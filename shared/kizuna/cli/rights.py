"""`kizuna profile export|forget|restrict|unrestrict` and `kizuna erasures`: the rights of the person."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from rich.table import Table

from kizuna.cli.actors import ActorOption, who
from kizuna.cli.context import Place, place_of
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.identity.identifiers import normalised
from kizuna.core.ids import digest
from kizuna.core.people import GONE
from kizuna.core.rights.erasure import ORDER
from kizuna.core.rights.rights import Ground, RightsEntry
from kizuna.runtime.erasing import eraser
from kizuna.usecases.rights.asking import Registrar, replay, request_erasure, stored_person
from kizuna.usecases.rights.asking import lift as lift_suppressions
from kizuna.usecases.rights.asking import restrict as restrict_person
from kizuna.usecases.rights.desk import entry_body
from kizuna.usecases.rights.erasing import Progress, erase_further
from kizuna.usecases.rights.exporting import Exporter
from kizuna.usecases.rights.exporting import export as exported

app = typer.Typer(
    no_args_is_help=True, help="The log of rights: who was erased, and everything about them again."
)

PersonArgument = Annotated[
    str, typer.Argument(help="A profile id or any identifier, such as email:a@b.example.")
]
AddressArgument = Annotated[str, typer.Argument(help="email:…, phone:… or push_token:…")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the log. No personal data.")]
GroundOption = Annotated[Ground, typer.Option("--reason", help="The ground, for the log (GDPR art. 17(1)).")]
OutOption = Annotated[str, typer.Option("--out", help="The file to write, or - for the standard output.")]
LakeOption = Annotated[bool, typer.Option("--lake/--no-lake", help="Look through the lake as well: slow.")]


def registrar(place: Place) -> Registrar:
    wired = place.services
    return Registrar(wired.people, wired.erasures, wired.hash_keys)


@contextmanager
def _failing(place: Place) -> Iterator[None]:
    try:
        yield
    except KizunaError as error:
        place.fail(error)


def export(
    context: typer.Context,
    person: PersonArgument,
    out: OutOption = "-",
    lake: LakeOption = False,
    actor: ActorOption = "",
) -> None:
    """Everything about a person, as one JSON document (docs/schemas/PersonExport.schema.json)."""
    place = place_of(context)
    wired = place.services
    with _failing(place):
        profile = stored_person(person, registrar(place))
        if profile.status in GONE:
            raise NotFound("nobody is known by this")
        rows = wired.rows if lake else None
        on = Exporter(wired.people, wired.ledger, wired.messages, wired.erasures, wired.journeys, rows)
        now = wired.now()
        told = digest("export", profile.id, who(actor), now.isoformat())
        wired.erasures.log(RightsEntry(told, "exported", now, who(actor), "", profile.id))
        with _opened(out, place) as file:
            for piece in exported(profile, on, wired.catalog.current(), now=now):
                file.write(piece)
    if out != "-":
        place.show({"person": profile.id, "file": out}, lambda: f"{profile.id} written to {out}")


@contextmanager
def _opened(out: str, place: Place) -> Iterator[IO[str]]:
    """A file is written beside its name and moved there when it is whole."""
    if out == "-":
        yield place.console.file if place.installed else sys.stdout
        return
    path = Path(out)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("w", encoding="utf-8") as file:
        unfinished.chmod(0o600)
        yield file
    unfinished.replace(path)


def forget(
    context: typer.Context, person: PersonArgument, ground: GroundOption, actor: ActorOption = ""
) -> None:
    """Erase a person: everything that names them, in every store. It cannot be undone; run again, it goes on.

    From the first moment nobody finds the person. What was on its way then is seen to 15 minutes later, and the
    lake after an hour, by the function `privacy`.
    """
    place = place_of(context)
    with _failing(place):
        asked = request_erasure(
            person, registrar(place), now=place.services.now(), actor=who(actor), ground=str(ground)
        )
        progress = _work(place, asked.person) if asked.status != "erased" else Progress(None)
    body = _told(asked.person, progress)
    place.show(body, lambda: _sentence(body))


def _work(place: Place, person: str) -> Progress:
    """Piece after piece, each shown as it is done."""
    on, wired = eraser(place.services), place.services
    catalog = wired.catalog.current()
    with place.console.status("", spinner="dots") as shown:
        while True:
            progress = erase_further(person, on, catalog, now=wired.now())
            if progress.is_buried:
                return progress
            done = ", ".join(f"{count} {name}" for name, count in (progress.counts or {}).items())
            place_in_order = ORDER.index(progress.step) + 1 if progress.step else len(ORDER)
            shown.update(f"{place_in_order} of {len(ORDER)}: {progress.step}  {done}")


def _told(person: str, progress: Progress) -> dict[str, Any]:
    return {
        "person": person,
        "next": str(progress.step) if progress.step else None,
        "notBefore": instant_to_text(progress.until) if progress.until else None,
        "counts": dict(progress.counts or {}),
    }


def _sentence(body: dict[str, Any]) -> str:
    if body["next"] is None:
        return f"{body['person']} is erased; nothing is left to do"
    rest = "what was on its way, and what lies in the lake, follows"
    return f"{body['person']} is erased from all tables; {rest} from {body['notBefore']} on"


def restrict(
    context: typer.Context, person: PersonArgument, reason: ReasonOption, actor: ActorOption = ""
) -> None:
    """Keep a person's data and do nothing with it (GDPR art. 18): only mandatory messages pass."""
    _restricted(context, person, reason, actor, to=True)


def unrestrict(
    context: typer.Context, person: PersonArgument, reason: ReasonOption, actor: ActorOption = ""
) -> None:
    """End the restriction of a person."""
    _restricted(context, person, reason, actor, to=False)


def _restricted(context: typer.Context, person: str, reason: str, actor: str, *, to: bool) -> None:
    place = place_of(context)
    wired = place.services
    with _failing(place):
        after = restrict_person(
            person,
            registrar(place),
            wired.catalog.current(),
            now=wired.now(),
            actor=who(actor),
            reason=reason,
            to=to,
        )
    place.show({"person": after.id, "status": after.status}, lambda: f"{after.id} is {after.status}")


@app.command("list")
def list_entries(context: typer.Context) -> None:
    """The log of rights, oldest first: ids, hashes and reasons, nobody's name."""
    place = place_of(context)
    lines = [entry_body(entry) for entry in place.services.erasures.entries()]

    def table() -> Table:
        shown = Table("at", "kind", "person", "ground", "actor", "id")
        for line in lines:
            shown.add_row(*(line[name] for name in ("at", "kind", "person", "ground", "actor", "id")))
        return shown

    place.show({"entries": lines}, table)


@app.command("replay")
def replay_entries(context: typer.Context) -> None:
    """Erase everybody of the log once more: to be run after every restore, before anything is sent."""
    place = place_of(context)
    results: list[dict[str, Any]] = []
    with _failing(place):
        for asked in replay(registrar(place), now=place.services.now()):
            progress = _work(place, asked.person) if asked.status != "erased" else Progress(None)
            results.append({"status": asked.status, **_told(asked.person, progress)})
    came_back = [each for each in results if each["status"] != "erased"]
    place.show(
        {"erasures": results},
        lambda: (
            f"{len(results)} erasures in the log; {len(came_back)} people had come back and are erased again"
        ),
    )


@app.command("lift")
def lift_address(
    context: typer.Context, address: AddressArgument, reason: ReasonOption, actor: ActorOption = ""
) -> None:
    """Let an address be written to again that somebody erased had. Only on the word of who holds it now."""
    place = place_of(context)
    with _failing(place):
        lift_suppressions(
            address, registrar(place), now=place.services.now(), actor=who(actor), reason=reason
        )
    place.show({"lifted": True}, lambda: "what was kept of this address counts no more")


@app.command("proofs")
def proofs(context: typer.Context, address: AddressArgument) -> None:
    """What proves the consent of somebody erased, found by the address that they bring."""
    place = place_of(context)
    wired = place.services
    kind, _, raw = address.partition(":")
    with _failing(place):
        value = normalised(kind, raw)
        if not value:
            raise NotFound("an address is written email:…, phone:… or push_token:…")
        hashes = {(kind, mac) for mac in wired.hash_keys().hashes(kind, value)}
        entries = [each for each in wired.erasures.entries(kind="erased") if hashes & set(each.hashes)]
    found: list[dict[str, Any]] = [
        {"erasure": entry.id, "part": part, "proofs": [proof for proof in wired.ledger.proofs(part) if proof]}
        for entry in entries
        for part in entry.parts
    ]

    def table() -> Table:
        shown = Table("at", "act", "channel", "topic", "wording", "erasure")
        for each in found:
            for proof in each["proofs"]:
                told = (
                    proof.get(name, "") for name in ("at", "action", "channel", "topic", "wording_version")
                )
                shown.add_row(*map(str, told), str(each["erasure"])[:12])
        return shown

    place.show({"found": found}, table)
