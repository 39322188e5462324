"""The proof of somebody's consents on a screen, in both languages."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from kizuna.cli.consents_page import consents_page
from kizuna.core.consent import Action, ConsentEvent
from kizuna.core.consent.told import ACTS, about_what, what_was_said, who_said_it
from tests.support.consents import act, grant, text

ROW: dict[str, Any] = {
    "part": "p1", "number": 1, "hash": "ab" * 32, "previous": "0" * 64, "said": "agreed", "about": "email · all",
    "by": "the person · web_form", "at": "2026-01-10T10:00:00Z", "proof": "form", "wording_version": "form-1",
    "identity_verified": False, "expires_at": "2027-01-10T10:00:00Z", "benefit_offered": "10 % off", "text": "yes",
}  # fmt: skip
WORDING = {
    "locale": "en",
    "text": "Yes, write to me.",
    "checkbox": "unticked",
    "since": None,
    "shown": "Checkout",
}
BODY: dict[str, Any] = {
    "person": "p1", "holds": True, "problems": [], "anchoredAt": "2026-11-22T03:00:00.000Z", "consents": [ROW],
    "wordings": {"form-1": {**WORDING, "sha256": "cd" * 32}, "form-9": None}, "kept": [],
}  # fmt: skip


def printed(body: dict[str, Any], language: Any) -> str:
    out = io.StringIO()
    Console(file=out, width=240).print(consents_page(body, language))
    return out.getvalue()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["box not ticked", "until 2027-01-10", "nobody verified", "in exchange for: 10 % off",
                "The chain holds.", "anchor of 2026-11-22 03:00", "form-9 is not in the registry"]),
        ("ja", ["初期状態はオフ", "2027-01-10まで有効", "本人確認なし", "引き換えの特典：10 % off",
                "異常はありません", "2026-11-22 03:00（UTC）時点の控え", "form-9 は文言の台帳に登録されていません"]),
    ],
)  # fmt: skip
def test_it_shows_the_evidence_the_texts_and_whether_it_holds(language: str, words: list[str]) -> None:
    shown = printed(BODY, language)
    assert [
        word for word in [*words, "Yes, write to me.", "abababababab", "cd" * 32] if word not in shown
    ] == []


KEPT = {"said": "the kept No of somebody erased", "at": "2026-11-22T12:00:00Z", "endpoint_hash": "ef" * 16}


@pytest.mark.parametrize("consents", [[], [ROW]], ids=["who said nothing", "who said something"])
def test_what_is_kept_of_somebody_erased_who_had_the_address_is_shown_beside_the_chain(
    consents: list[dict[str, Any]],
) -> None:
    body = {**BODY, "consents": consents, "kept": [KEPT]}
    told = (
        "Kept of somebody erased who had an address of theirs: the kept No of somebody erased,"
        " since 2026-11-22 12:00 UTC (hash efefefefefef)."
    )
    assert told in printed(body, "en")
    assert (
        "引き継いだ記録：the kept No of somebody erased（2026-11-22 12:00 UTC、ハッシュ efefefefefef）"
        in printed(body, "ja")
    )


@pytest.mark.parametrize(("language", "words"), [("en", "DOES NOT HOLD"), ("ja", "異常があります")])
def test_it_says_loudly_what_does_not_hold(language: str, words: str) -> None:
    problems = [{"part": "p1", "position": 2, "cause": "truncated"}]
    shown = printed({**BODY, "holds": False, "problems": problems, "anchoredAt": None}, language)
    assert words in shown
    assert "p1 #3: truncated" in shown


def test_somebody_who_never_said_anything_has_no_table() -> None:
    empty = {**BODY, "consents": [], "wordings": {}}
    assert printed(empty, "en").startswith("Nothing was ever said. The chain holds.")
    assert "記録はありません" in printed(empty, "ja")


def test_every_act_has_words_in_both_languages() -> None:
    assert {*ACTS, Action.SMS_IN} == set(Action)
    assert all(words.en and words.ja for words in ACTS.values())


@pytest.mark.parametrize(
    ("event", "english", "japanese"),
    [
        (text("STOP"), "texted STOP", "SMSで停止を返信"),
        (text("start"), "texted START", "SMSで再開を返信"),
        (text("the bus stop"), "sent a text that may be a revocation", "停止のご希望とも読めるSMSを返信"),
        (text("thanks"), "sent a text", "SMSを返信"),
        (grant(), "agreed", "同意"),
        (act("waved"), "did something that has no effect here", "効力のない記録"),
    ],
)
def test_what_was_said_is_told_by_the_act_and_the_words(
    event: ConsentEvent, english: str, japanese: str
) -> None:
    assert (what_was_said(event, "en"), what_was_said(event, "ja")) == (english, japanese)


def test_what_it_was_about_and_who_said_it() -> None:
    assert about_what(grant(topic="news"), "en") == "email · news"
    assert about_what(grant(channel="*", purpose="personalisation"), "en") == "everything · personalisation"
    assert about_what(act("object", channel=None, topic=None), "ja") == "すべて"
    assert who_said_it(grant(actor="staff", source="api"), "ja") == "担当者 · api"
    assert who_said_it(grant(actor="robot", source=None), "en") == "robot"
    assert who_said_it(grant(actor=None, source=None), "en") == ""


@pytest.mark.parametrize(("language", "words"), [("en", "chain alone: 1."), ("ja", "控えより後の記録1件")])
def test_it_says_how_much_is_newer_than_the_anchor(language: str, words: str) -> None:
    newer = {**ROW, "at": "2026-11-22T03:00:01.000Z", "received_at": "2026-11-22T03:00:01.000Z"}
    assert words in printed({**BODY, "consents": [ROW, newer]}, language)
    assert words not in printed(BODY, language)
