"""The proof of somebody's consents as an auditor reads it: on a screen or on paper, in English or Japanese."""

from __future__ import annotations

from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from kizuna.core.consent.told import Language

_WORDS = {
    "en": {
        "columns": ("at (UTC)", "what", "about", "by", "wording", "proof", "hash"),
        "wordings": "What was shown",
        "missing": "is not in the registry of wordings",
        "holds": "The chain holds.",
        "broken": "THE CHAIN DOES NOT HOLD.",
        "anchored": "Held against the anchor of {at} UTC.",
        "later": "Newer than that, and held by the chain alone: {count}.",
        "unanchored": "No anchor yet.",
        "unverified": "nobody verified who it was",
        "until": "until {at}",
        "for": "in exchange for: {benefit}",
        "box": {"unticked": "box not ticked", "pre_ticked": "BOX WAS TICKED", "none": "no box"},
        "nothing": "Nothing was ever said.",
        "kept": "Kept of somebody erased who had an address of theirs: {said}, since {at} UTC (hash {hash}).",
    },
    "ja": {
        "columns": ("日時（UTC）", "内容", "対象", "記録元", "文言", "証拠", "ハッシュ"),
        "wordings": "表示した文言",
        "missing": "は文言の台帳に登録されていません",
        "holds": "記録の連鎖に異常はありません。",
        "broken": "記録の連鎖に異常があります。",
        "anchored": "{at}（UTC）時点の控えと照合しました。",
        "later": "控えより後の記録{count}件は、連鎖のみで確認しています。",
        "unanchored": "控えはまだありません。",
        "unverified": "本人確認なし",
        "until": "{at}まで有効",
        "for": "引き換えの特典：{benefit}",
        "box": {
            "unticked": "チェックボックス：初期状態はオフ",
            "pre_ticked": "チェックボックス：初期状態でオン",
            "none": "チェックボックスなし",
        },
        "nothing": "記録はありません。",
        "kept": "同じ宛先をお持ちだった消去済みのお客様から引き継いだ記録：{said}（{at} UTC、ハッシュ {hash}）。",
    },
}


def consents_page(body: dict[str, Any], language: Language) -> Group | Text:
    """What `consent_proof.proof_body` found."""
    words: dict[str, Any] = _WORDS[language]
    verdict = _verdict(body, words)
    kept = [Text(_kept(row, words)) for row in body["kept"]]
    if not body["consents"]:
        nothing = Text(f"{words['nothing']} {verdict}")
        return Group(*kept, nothing) if kept else nothing
    shown = Table(*words["columns"], show_lines=True)
    for row in body["consents"]:
        shown.add_row(
            str(row.get("at", ""))[:19].replace("T", " "),
            "\n".join(_what(row, words)),
            row["about"],
            row["by"],
            str(row.get("wording_version", "")),
            str(row.get("proof", "")),
            row["hash"][:12],
        )
    texts = [_text(name, found, words) for name, found in body["wordings"].items()]
    heading = [Text(words["wordings"], style="bold")] if texts else []
    return Group(shown, *heading, *texts, *kept, Text(verdict, style="" if body["holds"] else "red"))


def _kept(row: dict[str, Any], words: dict[str, Any]) -> str:
    at = row["at"][:16].replace("T", " ")
    return str(words["kept"].format(said=row["said"], at=at, hash=row.get("endpoint_hash", "")[:12]))


def _what(row: dict[str, Any], words: dict[str, Any]) -> list[str]:
    said = [row["said"]]
    if row.get("text"):
        said.append(f"“{row['text']}”")
    if row.get("identity_verified") is False:
        said.append(words["unverified"])
    if row.get("expires_at"):
        said.append(words["until"].format(at=row["expires_at"][:10]))
    if row.get("benefit_offered"):
        said.append(words["for"].format(benefit=row["benefit_offered"]))
    return said


def _text(name: str, found: dict[str, Any] | None, words: dict[str, Any]) -> Text:
    if found is None:
        return Text(f"{name} {words['missing']}", style="red")
    about = [name, found["locale"], words["box"][found["checkbox"]], found["since"], found["shown"]]
    told = " · ".join(str(each) for each in about if each)
    return Text(f"{told}\n  {found['text']}\n  SHA-256 {found['sha256']}")


def _verdict(body: dict[str, Any], words: dict[str, Any]) -> str:
    at = body["anchoredAt"]
    anchored = words["anchored"].format(at=at[:16].replace("T", " ")) if at else words["unanchored"]
    later = sum(str(row.get("received_at", row.get("at", ""))) > at for row in body["consents"]) if at else 0
    newer = words["later"].format(count=later) if later else ""
    faults = "; ".join(
        f"{each['part']} #{each['position'] + 1}: {each['cause']}" for each in body["problems"]
    )
    return " ".join(
        each
        for each in (words["holds"] if body["holds"] else words["broken"], faults, anchored, newer)
        if each
    )
