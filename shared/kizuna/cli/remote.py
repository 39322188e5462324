"""A command that runs inside the local cloud: sent there, its output printed here."""

from __future__ import annotations

import io
import json
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from kizuna.cli.context import Place

PATH = "/_local/command"
HEADER = "x-kizuna-local"  # a browser cannot send it across origins, so no web page can run commands here


def run_there(url: str, arguments: Sequence[str]) -> int:
    """Run a command in the local cloud at `url`; returns its exit code."""
    body = json.dumps({"arguments": list(arguments), "folder": str(Path.cwd())}).encode()
    request = urllib.request.Request(  # noqa: S310  (the URL is this machine's)
        url + PATH, data=body, headers={HEADER: "1", "content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request) as reply:  # noqa: S310
            answer = json.loads(reply.read())
    except urllib.error.URLError as error:
        sys.stderr.write(f"no local cloud at {url} ({error.reason}); start one with: make serve\n")
        return 1
    sys.stdout.write(answer["output"])
    return int(answer["code"])


Run = Callable[[list[str], Place], object]


def run_here(body: bytes, run: Run) -> dict[str, object]:
    """Run a command that was sent, inside the cloud of this process, and catch what it prints.

    `run` is the root command: it takes arguments and a place, and gives an exit code if it ends early.
    """
    asked = json.loads(body)
    printed = io.StringIO()
    inside = Place(installed=True, console=Console(file=printed, width=100))
    arguments = [_absolute(argument, asked["folder"]) for argument in asked["arguments"]]
    try:
        ended = run(arguments, inside)
        code = ended if isinstance(ended, int) else 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except Exception as error:  # shown to whoever typed the command
        printed.write(f"{type(error).__name__}: {error}\n")
        code = 2
    return {"code": code, "output": printed.getvalue()}


def _absolute(argument: str, folder: str) -> str:
    """Paths are meant from where the command was typed."""
    path = Path(folder) / argument
    return str(path) if not argument.startswith("-") and path.exists() else argument
