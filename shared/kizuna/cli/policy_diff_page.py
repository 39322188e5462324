"""`kizuna policy diff` as a terminal shows it, English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from kizuna.core.sentences import REASONS, Language

_HEADS = {
    "en": ("", "people", "channel", "about", "before", "after", "for example"),
    "ja": ("", "人数", "チャネル", "内容", "変更前", "変更後", "例"),
}
_KINDS = {"gained": "新たに届く", "lost": "届かなくなる", "other": "理由・時刻のみ"}
_ANSWERS = {"allow": "送信可", "deny": "送信不可", "defer": "延期"}


def policy_diff_page(body: Mapping[str, Any], language: Language) -> Table:
    """`usecases.policy_diff.Differences.body` as a table: a line for each way in which the answers differ."""
    shown = Table()
    for head in _HEADS[language]:
        shown.add_column(
            head, overflow="fold"
        )  # Japanese has no spaces to wrap at, and an id is to be copied
    for row in body["differences"]:
        about = row["topic"] or ("本人の依頼による連絡" if language == "ja" else "what was asked for")
        said = (_said(row[side], language) for side in ("before", "after"))
        shown.add_row(
            _KINDS[row["kind"]] if language == "ja" else row["kind"],
            f"{row['people']:,}",
            row["channel"],
            about,
            *said,
            row["sample"][0],
        )
    shown.caption = (
        f"対象 {body['people']:,}人：届かなくなる人 {body['losing']:,}人、新たに届く人 {body['gaining']:,}人"
        if language == "ja"
        else f"{body['people']:,} people; {body['losing']:,} lose reach somewhere, {body['gaining']:,} gain some"
    )
    return shown


def _said(answer: Mapping[str, str], language: Language) -> str:
    words = REASONS[answer["reason"]]
    if language == "ja":
        return f"{_ANSWERS[answer['answer']]}：{words.ja}"
    return f"{answer['answer']}: {words.en}"
