"""The `kizuna` command inside the cloud of this process."""

from __future__ import annotations

import io
import json
from typing import Any

import typer

from kizuna.cli.console import SafeConsole
from kizuna.cli.context import Place
from kizuna.core.errors import KizunaError


def kizuna(*arguments: str) -> tuple[int, str]:
    """A command: its exit code and what it printed."""
    from kizuna.cli.main import app

    printed = io.StringIO()
    place = Place(installed=True, console=SafeConsole(file=printed, width=200))
    try:
        ended = app([*arguments], obj=place, standalone_mode=False)
    except typer.BadParameter as refused:
        return refused.exit_code, f"{printed.getvalue()}{refused.format_message()}"
    except KizunaError as error:
        return 1, f"{printed.getvalue()}{error}"
    return (ended if isinstance(ended, int) else 0), printed.getvalue()


def told(*arguments: str) -> Any:
    """What a command that succeeds says as JSON."""
    code, output = kizuna("--json", *arguments)
    assert code == 0, output
    return json.loads(output)
