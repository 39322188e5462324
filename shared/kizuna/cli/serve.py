"""`kizuna serve`: the local cloud kept up, for client SDKs, curl and a browser."""

from __future__ import annotations

import json
import logging
import os
import secrets
import time
from collections.abc import Callable
from errno import EADDRINUSE
from functools import partial
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import jwt
import typer

from kizuna.cli.context import Place, failure_of, place_of
from kizuna.cli.keys import create_key
from kizuna.cli.paths import WORKSPACE
from kizuna.cli.remote import HEADER, PATH, Run, run_here
from kizuna.cli.workspace_files import read_workspace
from kizuna.core.errors import KizunaError
from kizuna.core.sources import Key, KeyKind, key_hash, visible_prefix
from kizuna.local.clock import SystemClock
from kizuna.local.cloud import LocalCloud
from kizuna.local.gateway import Claims, LocalReply, LocalRequest
from kizuna.local.server import LocalServer
from kizuna.local.story import apply_documents

PortOption = Annotated[int, typer.Option("--port", help="Of the HTTP API.")]
OutboxOption = Annotated[int, typer.Option("--outbox-port", help="Of the outbox: what the providers took.")]
WorkspaceOption = Annotated[Path, typer.Option("--workspace", help="The definitions to start with.")]

KeysOption = Annotated[
    list[str] | None,
    typer.Option("--write-key", help="A server key to know from the start; may be repeated."),
]

LakeOption = Annotated[
    Path | None,
    typer.Option("--lake", help="A folder for the lake, which then stays; else it goes with the rest."),
]

_ISSUER = "kizuna-local"
# Whoever sits at this machine may do everything.
_ROLES = ["viewer", "author", "approver", "staff", "privacy"]
# Keys that the documentation of SDKs uses: known here so that they can be pointed at this machine as they are.
_KNOWN_KEYS = ("wk_test", "pk_us_test", "id:secret")


def serve(
    context: typer.Context,
    port: PortOption = 8080,
    outbox_port: OutboxOption = 8025,
    workspace: WorkspaceOption = WORKSPACE,
    write_keys: KeysOption = None,
    lake: LakeOption = None,
) -> None:
    """Keep the local cloud up until Ctrl-C. Nothing is kept: a new start is a clean one."""
    place = place_of(context)
    _say_only_what_is_wrong()
    secret = secrets.token_hex(32)
    base_url = f"http://127.0.0.1:{port}"
    try:
        files = read_workspace(workspace)
        with (
            TemporaryDirectory(prefix="kizuna-lake-", ignore_cleanup_errors=True) as passing,
            LocalCloud(
                SystemClock(),
                base_url=base_url,
                lake=lake or Path(passing),
                link_secret=secrets.token_hex(32),
                authorizer=_authorizer(secret),
                provider_port=outbox_port,
                seed=None,  # true randomness: ids and links of two starts must not be the same
                nightly=True,
            ) as cloud,
        ):
            apply_documents(files.documents, files.origin())(cloud)
            keys = {kind: create_key(cloud.services, source="shop", kind=kind) for kind in KeyKind}
            for text in write_keys or _KNOWN_KEYS:
                known = Key(
                    key_hash(text), visible_prefix(text), "shop", KeyKind.SERVER, cloud.services.now()
                )
                cloud.services.keys.put(known)
            claims = {"sub": "local-admin", "iss": _ISSUER, "cognito:groups": _ROLES}
            token = jwt.encode(claims, secret, algorithm="HS256")
            told = {
                "api": base_url,
                "outbox": cloud.providers.url,
                "serverKey": keys[KeyKind.SERVER][1],
                "knownServerKeys": ", ".join(write_keys or _KNOWN_KEYS),
                "clientKey": keys[KeyKind.CLIENT][1],
                "identityKey": keys[KeyKind.IDENTITY][1],
                "identitySecret": keys[KeyKind.IDENTITY][2],
                "adminToken": token,
            }
            pages = _pages(told, _root(context))
            with LocalServer(cloud, port=port, pages=pages, on_failure=partial(_stuck, place)) as url:
                _announce(place, {**told, "api": url})
                _until_interrupted()
    except KizunaError as error:
        place.fail(error)
    except RuntimeError as error:
        place.tell(type(error).__name__, [f"{error}; choose another with --port"])
        raise typer.Exit(1) from error
    except OSError as error:
        if error.errno != EADDRINUSE:
            raise
        place.tell(
            "PortTaken", [f"port {outbox_port} of the outbox is taken; choose another with --outbox-port"]
        )
        raise typer.Exit(1) from error


def _stuck(place: Place, error: Exception) -> None:
    """Said where somebody sees it: requests are answered still, and nothing comes of them."""
    reason = failure_of(error) if isinstance(error, KizunaError | OSError) else str(error)
    told = f"the local cloud cannot go on: {reason or type(error).__name__}; it tries again and again"
    place.tell(type(error).__name__, [told])


def _say_only_what_is_wrong() -> None:
    """Who looks at this terminal has not asked for the log of each function, unless `KIZUNA_LOG_LEVEL` asks."""
    # The logger sets its own level as it is made, so it is made first.
    from kizuna.runtime.observability import logger

    if "KIZUNA_LOG_LEVEL" not in os.environ:
        logger.setLevel(logging.WARNING)


def _authorizer(secret: str) -> Callable[[str], Claims | None]:
    """The JWT authorizer of the HTTP API, for the one issuer that this machine has."""

    def admit(token: str) -> Claims | None:
        try:
            claims: Claims = jwt.decode(token, secret, algorithms=["HS256"], issuer=_ISSUER)
        except jwt.PyJWTError:
            return None
        return claims

    return admit


def _root(context: typer.Context) -> Run:
    """The kizuna command itself, to be run again inside this cloud."""
    command = context.find_root().command

    def run(arguments: list[str], place: Place) -> object:
        return command.main(args=arguments, prog_name="kizuna", standalone_mode=False, obj=place)

    return run


def _until_interrupted() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return


def _announce(place: Place, told: dict[str, str]) -> None:
    # The key is not repeated in the shell line below it: one copy on the screen is enough.
    order = '{"userId":"ada","event":"Order Completed","properties":{"order_id":"1","revenue":20}}'

    def text() -> str:
        return (
            f"\n[bold]Kizuna is up.[/bold] Ctrl-C ends it; nothing is kept.\n\n"
            f"  front page   {told['api']}/\n"
            f"  outbox       {told['outbox']}/\n"
            f"  server key   {told['serverKey']}  (also known here: {told['knownServerKeys']})\n"
            f"  client key   {told['clientKey']}\n"
            f"  admin token  {told['adminToken']}\n\n"
            f"  curl -u SERVER_KEY: {told['api']}/v1/track -d '{order}'\n"
            f"  kizuna --local profile show ada\n"
        )

    place.show(told, text)


def _pages(told: dict[str, str], run: Run) -> Callable[[LocalRequest], LocalReply | None]:
    def answer(request: LocalRequest) -> LocalReply | None:
        if request.path == PATH and request.method == "POST":
            if request.headers.get(HEADER) != "1":
                return LocalReply(403, {"content-type": "text/plain"}, b"for the kizuna command only\n")
            return LocalReply(200, {"content-type": "application/jsonl"}, pieces=run_here(request.body, run))
        if request.path == "/" and request.method == "GET":
            return LocalReply(200, {"content-type": "text/html; charset=utf-8"}, _front_page(told).encode())
        if request.path == "/openapi.json" and request.method == "GET":
            from kizuna.apidocs.document import document

            return LocalReply(200, {"content-type": "application/json"}, json.dumps(document()).encode())
        if request.path == "/docs" and request.method == "GET":
            from kizuna.apidocs.document import document
            from kizuna.apidocs.page import page

            return LocalReply(200, {"content-type": "text/html; charset=utf-8"}, page(document()).encode())
        return None

    return answer


def _front_page(told: dict[str, str]) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td><code>{escape(value)}</code></td></tr>"
        for name, value in told.items()
        if name not in ("api", "outbox")
    )
    outbox = escape(told["outbox"])
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Kizuna, local</title>"
        "<style>body{font:16px/1.5 system-ui;max-width:52rem;margin:3rem auto;padding:0 1rem;color:#222}"
        "code{word-break:break-all}th{text-align:left;vertical-align:top;padding-right:1rem;font-weight:500}"
        "a{color:#0b5}</style><h1>Kizuna 絆</h1>"
        f"<p><a href='{outbox}/'>Outbox</a>: what was sent, with headers and tags. "
        "<a href='/docs'>API</a>: what may be called. "
        f"<a href='{outbox}/log.json'>Provider log</a>: every call and its fate.</p>"
        f"<table>{rows}</table>"
        "<p>These keys live as long as this process.</p></html>"
    )
