"""Who does something with the command, and why: for the records that are kept of it."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer


def _told(reason: str) -> str:
    """Nobody answers for anything with blanks. Raises typer.BadParameter."""
    if not reason.strip():
        raise typer.BadParameter("tell why: it is kept")
    return reason


ReasonOption = Annotated[
    str, typer.Option("--reason", help="Why, for the record. It is kept.", callback=_told)
]
ActorOption = Annotated[
    str, typer.Option("--actor", envvar="KIZUNA_ACTOR", help="Who does this; you, if not told.")
]


def who(actor: str) -> str:
    """Whoever was named, else who is logged in to this computer."""
    return actor or getpass.getuser()
