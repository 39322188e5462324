"""A command that runs inside the local cloud: sent there, its output printed here."""

from __future__ import annotations

import io
import json
import sys
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.client import HTTPException
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, cast

import typer
from typer.exceptions import TyperException

from kizuna.cli.console import SafeConsole
from kizuna.cli.context import Place, failure_of
from kizuna.core.errors import KizunaError

PATH = "/_local/command"
HEADER = "x-kizuna-local"  # a browser cannot send it across origins, so no web page can run commands here


def run_there(url: str, arguments: Sequence[str]) -> int:
    """Run a command in the local cloud at `url`, printing as it prints; returns its exit code."""
    terminal = sys.stdout.isatty()
    asked = {"arguments": list(arguments), "folder": str(Path.cwd()), "terminal": terminal}
    request = urllib.request.Request(  # noqa: S310  (the URL is this machine's)
        url + PATH,
        data=json.dumps(asked).encode(),
        headers={HEADER: "1", "content-type": "application/json"},
    )
    hint = "start one with: make serve"
    try:
        reply = urllib.request.urlopen(request)  # noqa: S310  (likewise)
    except (OSError, HTTPException) as error:  # refused, hung up on, or not answered by HTTP
        why = getattr(error, "reason", type(error).__name__)
        sys.stderr.write(f"no local cloud at {url} ({why}); {hint}\n")
        return 1
    try:
        with reply:
            code = _print_all(reply)
    except (OSError, HTTPException):
        code = None
    except (ValueError, KeyError, TypeError):
        sys.stderr.write(f"no local cloud at {url} (something else answers there); {hint}\n")
        return 1
    if code is None:
        sys.stderr.write("the local cloud ended before the command did\n")
    return 1 if code is None else code


def _print_all(reply: Iterable[bytes]) -> int | None:
    """Print what comes as it comes; the command's exit code, None where the reply ends without one."""
    for line in reply:
        said = json.loads(line)
        if "code" in said:
            return int(said["code"])
        sys.stdout.write(said["output"])
        sys.stdout.flush()
    return None


Run = Callable[[list[str], Place], object]


class _Told(io.TextIOBase):
    """What a command prints, handed on at once."""

    def __init__(self, hand_on: Callable[[str], None]) -> None:
        self._hand_on = hand_on

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._hand_on(text)
        return len(text)


def run_here(body: bytes, run: Run) -> Iterator[bytes]:
    """Run a command that was sent, inside the cloud of this process: a JSON line for what it prints, one for its end.

    `run` is the root command: it takes arguments and a place, and gives an exit code if it ends early. A command goes
    on to its end, though nobody listens any more.
    """
    asked = json.loads(body)
    lines: SimpleQueue[dict[str, object]] = SimpleQueue()
    told = _Told(lambda text: lines.put({"output": text}))
    # To wrap tables by the width of a terminal that is elsewhere would be a guess: all are given the same.
    terminal = True if asked.get("terminal") else None
    inside = Place(
        installed=True, console=SafeConsole(file=cast(IO[str], told), width=100, force_terminal=terminal)
    )
    words = _commands_in(asked["arguments"])
    arguments = [
        argument if place in words else _absolute(argument, asked["folder"])
        for place, argument in enumerate(asked["arguments"])
    ]

    def work() -> None:
        lines.put({"code": _code(arguments, inside, run, told)})

    Thread(target=work, name="command", daemon=True).start()
    while True:
        line = lines.get()
        yield json.dumps(line).encode() + b"\n"
        if "code" in line:
            return


def _code(arguments: list[str], inside: Place, run: Run, told: _Told) -> int:
    try:
        ended = run(arguments, inside)
        return ended if isinstance(ended, int) else 0
    except SystemExit as stop:
        return int(stop.code or 0)
    except TyperException as error:  # how the command was typed
        inside.tell("Usage", [error.format_message().replace("Value error, ", "")])
        return 2
    except (KizunaError, OSError) as error:
        inside.tell(type(error).__name__, [failure_of(error)])
        return 1
    except Exception as error:  # shown to whoever typed the command
        told.write(f"{type(error).__name__}: {error}\n")
        return 2


def _commands_in(arguments: Sequence[str]) -> set[int]:
    """Where the names of commands stand: `template tests` means no folder, though there be one called tests."""
    from kizuna.cli.main import app  # it knows this module by way of `serve`

    group, found = typer.main.get_command(app), set()
    for place, argument in enumerate(arguments):
        below = getattr(group, "commands", {}).get(argument)
        if below is not None:
            group = below
            found.add(place)
    return found


def _absolute(argument: str, folder: str) -> str:
    """Paths are meant from where the command was typed."""
    path = Path(folder) / argument
    return str(path) if not argument.startswith("-") and path.exists() else argument
