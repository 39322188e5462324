"""One word for one thing in Japanese as well, and typography as a Japanese reader expects it (docs/glossary.md)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.reading import ROOT

KANA = re.compile("[ぁ-んァ-ヶ]")
LETTER = "[ぁ-んァ-ヶ一-龠]"
# Programs that read Japanese of others, or show what is wrong in it.
READERS = frozenset({"core/quality", "core/files", "core/consent/sms_keywords.py", "core/content/japanese.py",
                     "core/content/promotion.py", "core/countries.py", "local/purchases.py"})  # fmt: skip
OTHER_WORDS = {
    "件数の上限": "回数の?上限",
    "担当者": "スタッフ(?!のおすすめ)",
    "販売促進": "販促",
    "見送り": "(?:送信|配信)を見合わせ",
    "文言": "文面",
    "証拠": "証跡",
    "すでに": "既に",
    "アプリ内の受信箱": "アプリ内受信箱",
    "配信停止": "購読解除|購読をやめ",
}
TYPOGRAPHY = {
    "half-width kana": "[\uff61-\uff9f]",
    "full-width letters and digits": "[０-９Ａ-Ｚａ-ｚ％]",
    "a half-width comma or stop": f"{LETTER}[,.!?](?={LETTER}|$)",
    "a blank before %": f"{LETTER}[^\n]*\\d %",
    "a half-width colon": f"{LETTER}:(?= |{LETTER})",
    "half-width brackets": f"{LETTER}\\((?={LETTER})",
}


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """Every Japanese text that the library and the sample workspace hold, with the file that it stands in."""
    return tuple((str(path.relative_to(ROOT)), text) for path, text in (*_in_code(), *_in_workspace()))


def _in_code() -> Iterator[tuple[Path, str]]:
    room = ROOT / "shared" / "kizuna"
    for path in room.rglob("*.py"):
        place = path.relative_to(room).as_posix()
        if any(place.startswith(reader) for reader in READERS):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        told = {id(_docstring(node)) for node in ast.walk(tree)}
        for node in ast.walk(tree):
            match node:
                case ast.Constant(value=str(text)) if id(node) not in told and KANA.search(text):
                    yield path, text
                case _:
                    pass


def _docstring(node: ast.AST) -> ast.expr | None:
    match node:
        case ast.Module(body=[ast.Expr(value=told), *_]) | ast.ClassDef(body=[ast.Expr(value=told), *_]):
            return told
        case ast.FunctionDef(body=[ast.Expr(value=told), *_]):
            return told
        case _:
            return None


def _in_workspace() -> Iterator[tuple[Path, str]]:
    for path in (ROOT / "shared" / "workspace").rglob("*.yaml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if KANA.search(line) and not line.lstrip().startswith(("stop:", "start:", "help:", "review:")):
                yield path, re.sub(r"<[^<>]*>|^\s*[\w-]+: |\{ ?en: .*, ja: ", "", line)


def test_there_is_much_to_read() -> None:
    assert len(texts()) > 900


@pytest.mark.parametrize("word", OTHER_WORDS)
def test_a_thing_goes_by_its_one_word(word: str) -> None:
    other = re.compile(OTHER_WORDS[word])
    assert [(path, text) for path, text in texts() if other.search(text)] == []


@pytest.mark.parametrize("fault", TYPOGRAPHY)
def test_texts_are_set_as_japanese_is(fault: str) -> None:
    seen = re.compile(TYPOGRAPHY[fault], re.MULTILINE)
    assert [(path, text) for path, text in texts() if seen.search(text)] == []
