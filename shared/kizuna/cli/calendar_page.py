"""The calendar as text, in English and Japanese."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from kizuna.core.sentences import Language, Words

Body = dict[str, Any]

_WORDS: dict[str, Words] = {
    "and": Words(", ", "、"),
    "title": Words("From {from} to {to} (UTC)", "{from}～{to}（UTC）の配信予定"),
    "nothing": Words("No run is planned.", "予定されている配信はありません。"),
    "run": Words(
        "  {time}  {name} ({campaign}): {people} people, {channels}",
        "  {time}  {name}（{campaign}）：{people}人、{channels}",
    ),
    "about": Words("about {count:,}", "約{count:,}"),
    "exact": Words("{count:,}", "{count:,}"),
    "local": Words("           {zone}: {at}", "           {zone}：{at}"),
    "heard": Words(
        "           heard from {first} to {last} (UTC), each by their own clock",
        "           お客様の現地時刻に合わせて{first}～{last}（UTC）に届きます",
    ),
    "late": Words(
        "           too late for that day in {zones}",
        "           次の地域では当日の時刻を過ぎています：{zones}",
    ),
    "draft": Words(
        "           NOT APPROVED: it will be refused unless somebody approves of it",
        "           未承認：承認されない限り配信されません",
    ),
    "paused": Words("           PAUSED: it will be refused", "           一時停止中：配信されません"),
    "triggered": Words("At any time, when it is set off:", "きっかけがあれば随時："),
    "any": Words("  {name} ({campaign}): {channels}", "  {name}（{campaign}）：{channels}"),
    "collisions": Words("Where they meet on the same people:", "同じお客様に重なる配信："),
    "meets": Words(
        "  {days}  {one} and {other}: {people} people; {first} goes first",
        "  {days}  {one}と{other}：{people}人。優先は{first}",
    ),
    "cap": Words("              a cap will bite: {cap}", "              件数の上限にかかります：{cap}"),
    "outranks": Words(
        "              only one of them is heard by each person that day",
        "              その日はお一人につき、どちらか1件だけ届きます",
    ),
    "none": Words("No two promotions meet on the same people.", "重なる配信はありません。"),
}


def calendar_lines(body: Body, language: Language) -> Iterator[str]:
    """The page, line by line."""
    say = _teller(language)
    yield say("title", **{"from": body["from"][:16], "to": body["to"][:16]})
    if not body["runs"]:
        yield say("nothing")
    for day, runs in groupby(body["runs"], key=lambda run: run["at"][:10]):
        yield day
        for run in runs:
            yield from _run(run, say)
    if body["triggered"]:
        yield say("triggered")
    for row in body["triggered"]:
        yield say("any", name=row["name"], campaign=row["campaign"], channels=_joined(row["channels"], say))
    yield say("collisions" if body["collisions"] else "none")
    for row in body["collisions"]:
        yield from _collision(row, say)


def _teller(language: Language) -> Callable[..., str]:
    def say(word: str, /, **values: Any) -> str:
        text: str = getattr(_WORDS[word], language)
        return text.format(**values)

    return say


def _run(run: Body, say: Callable[..., str]) -> Iterator[str]:
    told = {"name": run["name"], "campaign": run["campaign"], "people": _many(run, say)}
    yield say("run", time=run["at"][11:16], channels=_joined(run["channels"], say), **told)
    for zone, at in run["local"].items():
        yield say("local", zone=zone, at=at)
    if run["heardTo"] != run["at"]:
        yield say("heard", first=run["heardFrom"][:16], last=run["heardTo"][:16])
    if run["lateIn"]:
        yield say("late", zones=_joined(run["lateIn"], say))
    if run["state"] in ("draft", "paused"):
        yield say(run["state"])


def _collision(row: Body, say: Callable[..., str]) -> Iterator[str]:
    one, other = row["campaigns"]
    told = {"days": _joined(row["days"], say), "people": _many(row, say), "first": row["goesFirst"]}
    yield say("meets", one=one, other=other, **told)
    for cap in row["caps"]:
        yield say("cap", cap=cap)
    if row["outranks"]:
        yield say("outranks")


def _many(row: Body, say: Callable[..., str]) -> str:
    return say("exact" if row["peopleExact"] else "about", count=row["people"])


def _joined(told: Sequence[str], say: Callable[..., str]) -> str:
    return say("and").join(told)
