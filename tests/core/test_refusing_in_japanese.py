"""Why a template is refused, in Japanese: every reason that its author can meet, with what it names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kizuna.core.refusing.japanese import in_japanese

CORE = Path(__file__).parents[2] / "shared" / "kizuna" / "core"
ROOMS = ("content/lint.py", "content/html.py", "content/liquid_compile.py", "content/depth_lint.py",
         "content/promotion.py", "authoring/composing.py", "authoring/mjml.py")  # fmt: skip
TOLD_BY = {"Problem": 1, "Unsafe": 1, "TemplateRefused": 0, "AuthoringFault": 0, "_refuse": -1}
JAPANESE = re.compile("[ぁ-ん]")


def reasons_in(path: Path) -> Iterator[str]:
    """The reasons that a module writes out, a number in the place of each value."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in TOLD_BY:
            yield from filter(None, (_written(each) for each in node.args))


def _written(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_written(value) for value in values)
        case ast.FormattedValue(conversion=how):
            return "'7'" if how == ord("r") else "7"
        case _:
            return ""


# Places, codes of errors, and reasons within another reason.
NO_REASONS = re.compile(r"7(:7)?|7\.\w+(:7)?|languages\.[\w.]*|[a-z_]+|<7>: 7|block '7': 7")
REASONS = sorted(
    {reason for room in ROOMS for reason in reasons_in(CORE / room) if not NO_REASONS.fullmatch(reason)}
)


def test_the_reasons_are_found_where_they_are_written() -> None:
    assert len(REASONS) > 45
    assert "a value inside a comment" in REASONS


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_the_templates_rules_has_its_japanese(reason: str) -> None:
    told = in_japanese(reason.replace("show 7 7", "show {{ links.unsubscribe }} outside"))
    assert JAPANESE.search(told)
    assert told.endswith("。")
    assert not re.search(r"\{\d\}|\{\{\{|%\}\}", told)


@pytest.mark.parametrize(
    ("reason", "japanese"),
    [
        ("Extra inputs are not permitted; did you mean 'purpose'?",
         "この項目名は使えません。つづりと、字下げの位置を確かめてください。「purpose」ではありませんか。"),
        ("there is no topic 'new-release'; did you mean 'new-releases'?",
         "「new-release」というトピックはありません。「new-releases」ではありませんか。"),
        ("is for sms, the campaign speaks by email",
         "このテンプレートはsms用ですが、キャンペーンのチャネルはemailです。どちらかにそろえてください。"),
        ("is not of the form of spring-sale: small letters; did you mean 'fuyu'?",
         "半角の英小文字・数字・ハイフンだけで、英小文字から始めて64文字以内で書いてください（例：spring-sale）。"
         "「fuyu」ではありませんか。"),
        ("Input should be 'email', 'sms' or 'push'; did you mean 'sms' or 'push'?",
         "使える値はemail、sms、pushです。「sms」か「push」ではありませんか。"),
        ("unknown variable person.name; person has language, traits",
         "「person.name」という変数はありません。person. の後に使えるのは language、traits です。"),
        ("block 'footer': {{ is never closed", "共通ブロック「footer」：「{{」が閉じられていません。"),
        ("<mj-buton>: there is no such tag of MJML", "<mj-buton>：このようなMJMLのタグはありません。"),
        ("is 151 characters long, at most 150 are good", "151文字あります。150文字以内にしてください。"),
        ("takes at least 1 item, and has 0", "1件以上必要ですが、0件しかありません。"),
        ("takes at most 6 items, and has 7", "6件までですが、7件あります。"),
        ("write {% include 'name' %}", "共通ブロックは {% include '名前' %} と書いてください。"),
        ("promotional, but does not show {{ brand.legal_name }} outside of any condition",
         "販売促進のメッセージに、送信者の名称 {{ brand.legal_name }} がありません。"
         "条件（{% if %}）の外で記載してください（特定電子メール法第4条）。"),
        ("cannot be read: line 2, column 1: while scanning for the next token, found character '\\t' that cannot "
         "start any token",
         "2行目の1文字目が読めません。字下げにタブや全角スペースを使わず、半角スペースを使ってください。"),
    ],
)  # fmt: skip
def test_what_a_reason_names_stands_in_the_japanese(reason: str, japanese: str) -> None:
    assert in_japanese(reason) == japanese


@pytest.mark.parametrize(
    "reason", ["the moon is full", "there is no moon 'full'", "block 'a': the moon is full", "", "is no"]
)
def test_a_reason_of_no_known_form_stays_as_it_is(reason: str) -> None:
    assert in_japanese(reason) == reason
