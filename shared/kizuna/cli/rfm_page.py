"""A run of RFM for people: the grid, the ten buckets, and who moved, in English or Japanese."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from kizuna.core.condition_words.values import length_in_words
from kizuna.core.rfm.scores import NAMES, Bucket
from kizuna.core.sentences import CHANNELS, Language

_MOVES = 10  # shown; all of them are in `--json`
_CELL = 9  # columns of a cell, so that five of them fit into a terminal of 80

_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "title": "RFM {rfm}: {scored} of {lookedAt} people had {event} in {dateRange}",
        "axis": "recency ▼\nfrequency ▶",
        "grid": "people by cell",
        "bucket": "bucket",
        "people": "people",
        "share": "share",
        "average": "mean of average money",
        "sum": "mean money",
        "reach": "{channel}",
        "moved": "Since the last run",
        "stayed": "{count} stayed where they were",
        "nobody": "nobody",
        "empty": "RFM {rfm}: nobody of {lookedAt} people had {event} in the {dateRange} before the run {run}. Is the "
        "event spelt as it is sent (kizuna violations), and is date_range long enough?",
        "more": "and {count} in {kinds} other moves",
        "none": "not scored",
        "written": "{count} records changed (run {run})",
        "writing": "scores are being written (run {run})",
    },
    "ja": {
        "title": "RFM {rfm}：{lookedAt}人のうち{scored}人が直近{dateRange}に「{event}」を記録",
        "axis": "最新性 ▼\n頻度 ▶",
        "grid": "区分ごとの人数",
        "bucket": "グループ",
        "people": "人数",
        "share": "割合",
        "average": "1回あたりの平均金額",
        "sum": "1人あたりの平均金額",
        "reach": "{channel}で届く",
        "moved": "前回からの移動",
        "stayed": "{count}人は変わらず",
        "nobody": "なし",
        "empty": "RFM {rfm}：実行{run}の直前{dateRange}に「{event}」を記録した人は、{lookedAt}人中ひとりもいません。"
        "イベント名と期間（date_range）をご確認ください。",
        "more": "ほか{kinds}通りの移動で{count}人",
        "none": "対象外",
        "written": "{count}人の記録を更新しました（実行 {run}）",
        "writing": "スコアを書き込み中です（実行 {run}）",
    },
}


def rfm_page(body: Mapping[str, Any], language: Language = "en") -> Group:
    """All that `rfm_results.shown_body` says."""
    words = _WORDS[language]
    if not body["scored"]:
        return Group(_nobody_scored(body, language))
    state = (
        words["writing"].format(run=body["run"])
        if body["written"] is None
        else words["written"].format(count=f"{body['written']:,}", run=body["run"])
    )
    return Group(
        *_grid(body, language),
        bucket_table(body, language),
        _moves(body, language),
        Text(state, style="dim"),
    )


def rfm_grid(body: Mapping[str, Any], language: Language = "en") -> Group:
    """The grid alone, under how many were scored."""
    return Group(*(_grid(body, language) if body["scored"] else [_nobody_scored(body, language)]))


def _nobody_scored(body: Mapping[str, Any], language: Language) -> Text:
    return Text(_WORDS[language]["empty"].format(**_figures(body, language)))


def _grid(body: Mapping[str, Any], language: Language) -> tuple[Text, Table]:
    title = _WORDS[language]["title"].format(**_figures(body, language))
    return Text(title, style="bold"), grid_table(body, language)


def _figures(body: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return {
        **body,
        "scored": f"{body['scored']:,}",
        "lookedAt": f"{body['lookedAt']:,}",
        "dateRange": length_in_words(body["dateRange"], language),
    }


def grid_table(body: Mapping[str, Any], language: Language = "en") -> Table:
    """Recency from the highest down, frequency from the lowest up; each cell its bucket and how many are in it."""
    words, names = _WORDS[language], NAMES[language]
    frequencies = [f"F{number}" for number in range(1, len(body["grid"]) + 1)]
    table = Table(words["axis"], *frequencies, show_lines=True)
    for row in body["grid"]:
        cells = [f"{_lines(names[cell['bucket']])}\n{_people(cell['people'])}" for cell in row["cells"]]
        table.add_row(f"R{row['recency']}", *cells)
    return table


def _lines(name: str) -> str:
    return "\n".join(textwrap.wrap(name, _CELL, break_long_words=False))


def _people(count: int) -> str:
    return f"{count:,}" if count else "·"


def bucket_table(body: Mapping[str, Any], language: Language = "en") -> Table:
    """Size, share, mean money of each bucket, and its reach on the channels that reach anybody."""
    words, names = _WORDS[language], NAMES[language]
    channels = [
        channel
        for channel in body["buckets"][0]["reach"]
        if any(row["reach"].get(channel) for row in body["buckets"])
    ]
    table = Table()
    table.add_column(words["bucket"], no_wrap=True)
    heads = [words["people"], words["share"], words[body["monetary"]]]
    reached = [
        getattr(CHANNELS[channel], language) if channel in CHANNELS else channel for channel in channels
    ]
    for head in (*heads, *(words["reach"].format(channel=channel) for channel in reached)):
        table.add_column(head, justify="right")
    for row in body["buckets"]:
        money = "·" if row["meanMoney"] is None else f"{row['meanMoney']:,.2f}"
        reach = [f"{row['reach'].get(channel, 0):,}" for channel in channels]
        table.add_row(names[row["bucket"]], f"{row['people']:,}", f"{row['share']:.0%}", money, *reach)
    return table


def _moves(body: Mapping[str, Any], language: Language) -> Text:
    words, names = _WORDS[language], NAMES[language]

    def name(bucket: Bucket | None) -> str:
        return words["none"] if bucket is None else names[bucket]

    moves: Sequence[Mapping[str, Any]] = sorted(body["moved"], key=lambda move: -move["people"])
    text = Text(f"{words['moved']}: ")
    shown = [f"{name(move['from'])} → {name(move['to'])} {move['people']:,}" for move in moves[:_MOVES]]
    if rest := moves[_MOVES:]:
        shown.append(words["more"].format(count=f"{sum(move['people'] for move in rest):,}", kinds=len(rest)))
    if body["stayed"]:
        shown.append(words["stayed"].format(count=f"{body['stayed']:,}"))
    return text.append("; ".join(shown) or words["nobody"])
