"""`kizuna journey report` as a terminal shows it, English and Japanese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rich.console import Group
from rich.table import Table

from kizuna.core.journeys.path_words import why_in_words
from kizuna.core.sentences import Language

_HEADS: dict[Language, tuple[str, ...]] = {
    "en": ("step", "came", "here", "went on", "left", "of these", "time here"),
    "ja": ("ステップ", "到達", "現在", "通過", "離脱", "離脱の内訳", "平均滞在"),
}


def journey_report_page(body: Mapping[str, Any], language: Language) -> Group:
    """`usecases.journeys.reports.report_body`, asked for in this language, as its head lines and a table of steps."""
    table = Table(*_HEADS[language], title_justify="left")
    for step in body["steps"]:
        mean = _how_long(step["meanSeconds"], language) if step["meanSeconds"] is not None else ""
        counts = [str(step[name]) for name in ("entered", "here", "wentOn", "dropped")]
        table.add_row(_named(step), *counts, _of_these(step["ended"], language), mean)
    lines = [_sums(body, language)]
    if body["paused"] is not None:
        since, reason = (body["paused"].get(name, "") for name in ("since", "reason"))
        word = "一時停止中" if language == "ja" else "PAUSED"
        lines.append(f"{word} {since} {reason}".rstrip())
    if body["heldOut"] is not None:
        lines.append(_held_out(body["heldOut"], language))
    return Group(*lines, table)


def _named(step: Mapping[str, Any]) -> str:
    """The id, which `kizuna journey draw` and the file have too, and what the author calls it."""
    name = step["name"]
    return f"{step['step']}\n{name}" if name and name != step["step"] else str(step["step"])


def _of_these(ended: list[dict[str, Any]], language: Language) -> str:
    mark = "、" if language == "ja" else ", "
    told = [(".".join(filter(None, (each["state"], each["reason"]))), each["count"]) for each in ended]
    return mark.join(f"{why_in_words(why, language)} {count}" for why, count in told)


def _how_long(seconds: int, language: Language) -> str:
    told = str(timedelta(seconds=seconds))
    return re.sub(r" days?, ", "日と", told) if language == "ja" else told


def _sums(body: Mapping[str, Any], language: Language) -> str:
    share = f"{body['conversion']:.1%}" if body["conversion"] is not None else ""
    if language == "ja":
        rate = f"（{share}）" if share else ""
        return (
            f"{body['journey']}：開始 {body['begun']}人、進行中 {body['inside']}人、"
            f"目標達成 {body['converted']}人{rate}"
        )
    rate = f" ({share})" if share else ""
    return (
        f"{body['journey']}: {body['begun']} entered, {body['inside']} inside, "
        f"{body['converted']} reached the goal{rate}"
    )


def _held_out(held: Mapping[str, Any], language: Language) -> str:
    if language == "ja":
        return f"ホールドアウト：開始 {held['begun']}人、目標達成 {held['converted']}人"
    return f"held out: {held['begun']} entered, {held['converted']} reached the goal"
