"""`kizuna account`: what the providers let this account send, how old that is, and how far their lists were read."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Group
from rich.table import Table

from kizuna.cli.context import place_of
from kizuna.core.accounts import Checkpoint, ListName, pace, per_second_of
from kizuna.core.durations import instant_to_text
from kizuna.usecases.accounts.quotas import reading_body

_LISTS: tuple[ListName, ...] = ("suppressed", "opted_out", "told")


def account(context: typer.Context) -> None:
    """What was read of the providers last, each hour anew. The slower of policy and provider is a channel's pace."""
    place = place_of(context)
    wired = place.services
    now, policy = wired.now(), wired.catalog.current().policy
    readings = wired.accounts.readings()
    channels = sorted({*readings, *map(str, policy.pace)})
    body = {
        "quotas": [reading_body(readings[name], now=now) for name in sorted(readings)],
        "pace": {name: pace(policy.pace_of(name), per_second_of(readings.get(name))) for name in channels},
        "lists": [_list_body(wired.accounts.checkpoint(name)) for name in _LISTS],
    }
    place.show(body, lambda: _tables(body))


def _list_body(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "list": checkpoint.list,
        "ended": instant_to_text(checkpoint.ended) if checkpoint.ended else None,
        "underWaySince": instant_to_text(checkpoint.began) if checkpoint.began else None,
        "readUpTo": instant_to_text(checkpoint.since) if checkpoint.since else None,
    }


def _tables(body: dict[str, Any]) -> Group:
    quotas = Table("channel", "allowed", "read", "pace", "to look at")
    for each in body["quotas"]:
        told = ", ".join(f"{name} {value}" for name, value in (each["quota"] or {}).items())
        age = "never" if each["ageSeconds"] is None else f"{each['ageSeconds'] // 60} min ago"
        said = ", ".join(filter(None, [*each["warnings"], each["failed"]]))
        rate = body["pace"].get(each["channel"])
        quotas.add_row(each["channel"], told, age, "–" if rate is None else f"{rate:g}/s", said)
    if not body["quotas"]:
        quotas.add_row("nothing", "", "never", "", "wait an hour, or start the function account")
    lists = Table("list", "last to its end", "under way since")
    for each in body["lists"]:
        lists.add_row(each["list"], each["ended"] or "never", each["underWaySince"] or "")
    return Group(quotas, lists)
