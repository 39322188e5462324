"""`kizuna keys`: write keys and identity keys of sources. Only a hash is stored; the key is shown once."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from typing import Annotated

import typer
from rich.table import Table

from kizuna.cli.context import place_of
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.sources import Key, KeyKind, key_hash, new_secret, visible_prefix
from kizuna.runtime.wiring import Services

app = typer.Typer(no_args_is_help=True, help=__doc__)

SourceOption = Annotated[
    str, typer.Option("--source", help="The source in the workspace that the key speaks for.")
]
KindOption = Annotated[
    KeyKind, typer.Option("--kind", help="client: publishable; server: secret; identity: signs tokens.")
]
PrefixArgument = Annotated[
    str, typer.Argument(help="The visible beginning of the key, from `kizuna keys list`.")
]


def create_key(wired: Services, *, source: str, kind: KeyKind) -> tuple[Key, str, str]:
    """A new key: as stored, its text, and for an identity key the secret that signs tokens."""
    if source not in wired.catalog.current().sources:
        raise NotFound(f"there is no source {source!r} in the workspace; add it to sources.yaml and apply")
    text = new_secret(kind, os.urandom(20))
    key = Key(key_hash(text), visible_prefix(text), source, kind, wired.now())
    wired.keys.put(key)
    signing = ""
    if kind is KeyKind.IDENTITY:
        signing = base64.b64encode(wired.secrets.identity_secret(text)).decode()
    return key, text, signing


def find_key(wired: Services, prefix: str) -> Key:
    """The one living key that begins so. Raises NotFound naming what else begins so."""
    found = [key for key in wired.keys.list() if key.prefix.startswith(prefix) and key.revoked_at is None]
    if len(found) != 1:
        raise NotFound(f"{len(found)} living keys begin with {prefix!r}; name exactly one")
    return found[0]


@app.command()
def create(context: typer.Context, source: SourceOption, kind: KindOption = KeyKind.SERVER) -> None:
    """Make a key for a source. It is shown once and cannot be read again."""
    place = place_of(context)
    try:
        key, text, signing = create_key(place.services, source=source, kind=kind)
    except KizunaError as error:
        place.fail(error)
    data = {"key": text, "source": key.source, "kind": key.kind, **({"secret": signing} if signing else {})}
    lines = f"[bold]{text}[/bold]\nfor source {key.source} ({key.kind}); keep it now, it is not stored."
    if signing:
        lines += (
            f"\nsign tokens (HS256, header kid = the key above) with the base64 secret [bold]{signing}[/bold]"
        )
    place.show(data, lambda: lines)


@app.command(name="list")
def list_keys(context: typer.Context) -> None:
    """All keys by their visible beginning."""
    place = place_of(context)
    found = sorted(place.services.keys.list(), key=lambda key: (key.source, key.created_at))
    data = [
        {
            "prefix": key.prefix,
            "source": key.source,
            "kind": key.kind,
            "created": instant_to_text(key.created_at),
            "revoked": instant_to_text(key.revoked_at) if key.revoked_at else None,
        }
        for key in found
    ]

    def table() -> Table:
        shown = Table("prefix", "source", "kind", "created", "revoked")
        for row in data:
            shown.add_row(*(str(value or "") for value in row.values()))
        return shown

    place.show(data, table)


@app.command()
def rotate(context: typer.Context, prefix: PrefixArgument) -> None:
    """Make a second key for the same source. The old one works until you revoke it."""
    place = place_of(context)
    try:
        old = find_key(place.services, prefix)
        _, text, signing = create_key(place.services, source=old.source, kind=old.kind)
    except KizunaError as error:
        place.fail(error)
    data = {"key": text, "replaces": old.prefix, **({"secret": signing} if signing else {})}
    hint = f"Both keys work now. When nothing uses the old one: kizuna keys revoke {old.prefix}"
    place.show(
        data, lambda: f"[bold]{text}[/bold]\n{hint}" + (f"\nsecret [bold]{signing}[/bold]" if signing else "")
    )


@app.command()
def revoke(context: typer.Context, prefix: PrefixArgument) -> None:
    """End a key. Requests with it are answered 401 from now on."""
    place = place_of(context)
    try:
        key = find_key(place.services, prefix)
    except KizunaError as error:
        place.fail(error)
    place.services.keys.put(replace(key, revoked_at=place.services.now()))
    place.show({"revoked": key.prefix}, lambda: f"revoked {key.prefix}… of source {key.source}")
