"""`kizuna keys`: write keys and identity keys of sources. Only a hash is stored; the key is shown once."""

from __future__ import annotations

import base64
import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from kizuna.cli.context import place_of
from kizuna.core.durations import instant_to_text
from kizuna.core.errors import KizunaError, NotFound
from kizuna.core.identity.rsa_keys import RsaPublicKey, UnusableKey
from kizuna.core.identity.rsa_texts import LONGEST, read_public_key
from kizuna.core.sources import Key, KeyKind, key_hash, new_secret, visible_prefix
from kizuna.runtime.wiring import Services

app = typer.Typer(no_args_is_help=True, help=__doc__)

SourceOption = Annotated[
    str, typer.Option("--source", help="The source in the workspace that the key speaks for.")
]
KindOption = Annotated[
    KeyKind, typer.Option("--kind", help="client: publishable; server: secret; identity: signs tokens.")
]
PublicKeyOption = Annotated[
    Path | None,
    typer.Option(
        "--public-key",
        help="For an identity key: a file with the RSA public key, as PEM or JWK, of who signs tokens by RS256. "
        "Without it they are signed by HS256, with a secret that is shown once.",
    ),
]
PrefixArgument = Annotated[
    str, typer.Argument(help="The visible beginning of the key, from `kizuna keys list`.")
]


class NotForThisKind(KizunaError):
    """A public key is given for a key that verifies nothing, or none where one is needed."""


def create_key(
    wired: Services, *, source: str, kind: KeyKind, public_key: RsaPublicKey | None = None
) -> tuple[Key, str, str]:
    """A new key: as stored, its text, and for an identity key without a public key the secret that signs tokens."""
    if public_key is not None and kind is not KeyKind.IDENTITY:
        raise NotForThisKind(f"a {kind} key verifies no tokens: --public-key goes with --kind identity")
    if source not in wired.catalog.current().sources:
        raise NotFound(f"there is no source {source!r} in the workspace; add it to sources.yaml and apply")
    text = new_secret(kind, os.urandom(20))
    key = Key(key_hash(text), visible_prefix(text), source, kind, wired.now(), public_key=public_key)
    wired.keys.put(key)
    signing = ""
    if key.algorithm == "HS256":
        signing = base64.b64encode(wired.secrets.identity_secret(text)).decode()
    return key, text, signing


def find_key(wired: Services, prefix: str) -> Key:
    """The one living key that begins so. Raises NotFound naming what else begins so."""
    found = [key for key in wired.keys.list() if key.prefix.startswith(prefix) and key.revoked_at is None]
    if len(found) != 1:
        raise NotFound(f"{len(found)} living keys begin with {prefix!r}; name exactly one")
    return found[0]


def public_key_in(path: Path | None) -> RsaPublicKey | None:
    """The key that a file holds; None for no file. Raises UnusableKey, naming the file."""
    if path is None:
        return None
    try:
        with path.open(encoding="utf-8") as file:
            return read_public_key(file.read(LONGEST + 1))
    except OSError as error:
        raise UnusableKey(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UnusableKey(f"{path}: this is no text; give PEM or JWK, not DER") from None
    except UnusableKey as unusable:
        raise UnusableKey(f"{path}: {unusable}") from None


def told_of_signing(key: Key, signing: str) -> dict[str, str]:
    """How tokens of a key are signed, as JSON; nothing for a key that signs none."""
    if key.public_key is not None:
        return {"algorithm": "RS256", "publicKey": key.public_key.thumbprint}
    return {"algorithm": "HS256", "secret": signing} if signing else {}


def _signing_lines(key: Key, signing: str) -> str:
    if key.public_key is not None:
        whose = f"of the private key that belongs to {key.public_key.thumbprint} ({key.public_key.bits} bits)"
        return f"\ntokens are signed by RS256 {whose}; header kid = the key above"
    if not signing:
        return ""
    return f"\nsign tokens (HS256, header kid = the key above) with the base64 secret [bold]{signing}[/bold]"


@app.command()
def create(
    context: typer.Context,
    source: SourceOption,
    kind: KindOption = KeyKind.SERVER,
    public_key: PublicKeyOption = None,
) -> None:
    """Make a key for a source. It is shown once and cannot be read again."""
    place = place_of(context)
    try:
        key, text, signing = create_key(
            place.services, source=source, kind=kind, public_key=public_key_in(public_key)
        )
    except KizunaError as error:
        place.fail(error)
    data = {"key": text, "source": key.source, "kind": key.kind, **told_of_signing(key, signing)}
    lines = f"[bold]{text}[/bold]\nfor source {key.source} ({key.kind}); keep it now, it is not stored."
    place.show(data, lambda: lines + _signing_lines(key, signing))


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
            "algorithm": key.algorithm,
            "created": instant_to_text(key.created_at),
            "revoked": instant_to_text(key.revoked_at) if key.revoked_at else None,
        }
        for key in found
    ]

    def table() -> Table:
        shown = Table("prefix", "source", "kind", "tokens by", "created", "revoked")
        for row in data:
            shown.add_row(*(str(value or "") for value in row.values()))
        return shown

    place.show(data, table)


@app.command()
def rotate(context: typer.Context, prefix: PrefixArgument, public_key: PublicKeyOption = None) -> None:
    """Make a second key for the same source. The old one works until you revoke it."""
    place = place_of(context)
    try:
        old = find_key(place.services, prefix)
        if old.public_key is not None and public_key is None:
            raise NotForThisKind(
                f"tokens of {old.prefix} are signed by RS256: give the new one with --public-key"
            )
        key, text, signing = create_key(
            place.services, source=old.source, kind=old.kind, public_key=public_key_in(public_key)
        )
    except KizunaError as error:
        place.fail(error)
    data = {"key": text, "replaces": old.prefix, **told_of_signing(key, signing)}
    hint = f"Both keys work now. When nothing uses the old one: kizuna keys revoke {old.prefix}"
    place.show(data, lambda: f"[bold]{text}[/bold]\n{hint}" + _signing_lines(key, signing))


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
