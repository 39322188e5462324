"""Why a definition is refused, in Japanese: for the reasons that authors of templates meet.

A reason is made in English where the fault is found; its form is known here, and what it names (a key, a number, a
word that was meant) is put into the Japanese. A reason of another form stays in English.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_MEANT = re.compile(r"; did you mean (?P<words>.+)\?$")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_BLOCK = re.compile(r"block '(?P<name>[^']*)': (?P<reason>.+)", re.DOTALL)
_TAG = re.compile(r"<(?P<name>[^<>]+)>: (?P<reason>.+)", re.DOTALL)

_NOT_THERE = re.compile(r"there is no (?P<kind>\w+) '(?P<name>.*)'")
_KINDS: Mapping[str, str] = {
    "brand": "ブランド",
    "campaign": "キャンペーン",
    "journey": "ジャーニー",
    "list": "リスト",
    "segment": "セグメント",
    "source": "ソース",
    "survey": "アンケート",
    "template": "テンプレート",
    "topic": "トピック",
}

# By the whole reason; `{0}` is what the first group found. Where a group is a list of words, they stay as written.
_FORMS: Mapping[str, str] = {
    # ── how a definition is written ──
    r"Field required": "この項目は必須です。書き加えてください。",
    r"Extra inputs are not permitted": "この項目名は使えません。つづりと、字下げの位置を確かめてください。",
    r"Input should be ('[^']*'(?:(?:, | or )'[^']*')*)": "使える値は{0}です。",
    r"Input should be a valid string": "文字列で書いてください。記号や数字で始まる値は引用符で囲みます。",
    r"Input should be a valid (?:integer|number).*": "半角の数字で書いてください。",
    r"Input should be a valid boolean.*": "true か false で書いてください。",
    r"Input should be greater than or equal to (.+)": "{0}以上にしてください。",
    r"Input should be less than or equal to (.+)": "{0}以下にしてください。",
    r"Input should be a valid (?:list|tuple|array)": "「- 」で始まる行を並べるか、[…] で囲んで書いてください。",
    r"is not an object with keys": "「name: value」の形で、字下げして書いてください。",
    r"String should have at least (\d+) characters?": "{0}文字以上で書いてください。",
    r"String should have at most (\d+) characters?": "{0}文字以内で書いてください。",
    r"takes at least (\d+) items?, and has (\d+)": "{0}件以上必要ですが、{1}件しかありません。",
    r"takes at most (\d+) items?, and has (\d+)": "{0}件までですが、{1}件あります。",
    r"there is no '(.*)' here(?:: it is one of (.+))?": "「{0}」は使えません。使える値：{1}",
    r"must be one line, without control characters": "改行や制御文字を入れず、1行で書いてください。",
    r"has no offset: write the moment as (\S+), .*": "日時は {0} のように、時差（日本は+09:00）まで書いてください。",
    r"is no moment: write it as (\S+), .*": "日時は {0} のように書いてください。",
    r"default_language '(.*)' is not among the languages":
        "default_languageの「{0}」がlanguagesにありません。その言語の文章を書いてください。",
    r"(.*): give the words in at least one language": "{0}に、少なくとも1つの言語で言葉を書いてください。",
    r"has both html and mjml; give one of them": "htmlとmjmlの両方があります。どちらか一方だけを書いてください。",
    r"cannot be read: line (\d+), column (\d+): .*cannot start any token":
        "{0}行目の{1}文字目が読めません。字下げにタブや全角スペースを使わず、半角スペースを使ってください。",
    r"cannot be read: line (\d+), column (\d+): mapping values are not allowed here":
        "{0}行目の{1}文字目が読めません。その前の行で、項目名のあとが半角の「: 」（コロンと空白）になっているか、"
        "字下げがそろっているかを確かめてください。",
    r"cannot be read: line (\d+), column (\d+): .*":
        "{0}行目の{1}文字目付近が読めません。引用符や括弧の閉じ忘れ、字下げのずれを確かめてください。",
    r"is not of the form of spring-sale: .*":
        "半角の英小文字・数字・ハイフンだけで、英小文字から始めて64文字以内で書いてください（例：spring-sale）。",
    r"is for (\S+), the campaign speaks by (\S+)":
        "このテンプレートは{0}用ですが、キャンペーンのチャネルは{1}です。どちらかにそろえてください。",
    r"is (\S+), the campaign's category is (\S+)":
        "テンプレートのpurposeは{0}ですが、キャンペーンのcategoryは{1}です。どちらかにそろえてください。",
    r"'(.*)' is everyone: narrow it, .*":
        "「{0}」は全員が対象です。セグメントや日時で絞り込むか、全員に送る理由をoverride_reasonに書いてください。",
    r"is not of the form of (.+)": "{0} の形で書いてください。",
    # ── what the law asks ──
    r"promotional, but does not show \{\{ links\.unsubscribe \}\} .*":
        "販売促進のメールに、配信停止のリンク {{{{ links.unsubscribe }}}} がありません。"
        "HTML版とテキスト版の両方に、条件（{{% if %}}）の外で記載してください（特定電子メール法第4条）。",
    r"promotional, but does not show how to stop .*":
        "販売促進のSMSに、配信停止の方法がありません。"
        "「配信停止はSTOPと返信」のような案内を、条件の外で記載してください（特定電子メール法第4条）。",
    r"promotional, but does not show \{\{ brand\.legal_name \}\} .*":
        "販売促進のメッセージに、送信者の名称 {{{{ brand.legal_name }}}} がありません。"
        "条件（{{% if %}}）の外で記載してください（特定電子メール法第4条）。",
    r"promotional, but does not show \{\{ brand\.postal_address \}\} .*":
        "販売促進のメールに、送信者の住所 {{{{ brand.postal_address }}}} がありません。"
        "HTML版とテキスト版の両方に、条件（{{% if %}}）の外で記載してください（特定電子メール法施行規則）。",
    r"promotes something \('(.*)'\), and is called transactional: .*":
        "販売促進の言葉「{0}」がありますが、purposeがtransactionalになっています。その言葉を外すか、promotionalに変えるか、"
        "販売促進ではない理由をnot_promotionに書いてください。",
    r"reads the deep trait '(.*)': .*":
        "「{0}」は、同意をいただいた方にだけ使える項目です。"
        "ほかの方への代わりの言葉を、traits.yamlのfallbackか | default: … で用意してください。",
    r"computes which trait it reads, .*": "どの項目を読むかが書かれていません。項目名を直接書いてください。",
    # ── values and Liquid ──
    r"is empty": "内容が空です。",
    r"is not a text": "文章を書いてください。",
    r"unknown variable (\S+); there are (.+)": "「{0}」という変数はありません。使えるのは {1} で始まる変数です。",
    r"unknown variable (\S+); (\S+) has (.+)": "「{0}」という変数はありません。{1}. の後に使えるのは {2} です。",
    r"(\S+) is not a value; name one of its keys: (.+)":
        "「{0}」だけでは値になりません。後に続けられるのは {1} です。",
    r"unknown filter '(.*)'": "「{0}」というフィルターはありません。",
    r"unknown tag '(.*)'": "「{0}」というタグは使えません。",
    r"'(.*)' has formats for (.+) only": "「{0}」の書式があるのは {1} だけです。",
    r"(\{\{|\{%|\S+) is never closed": "「{0}」が閉じられていません。",
    r"more than (\d+) blanks in a row": "空白が{0}個を超えて続いています。",
    r"an expression longer than (\d+) characters": "1つの式が{0}文字を超えています。",
    r"an expression with too many parts": "1つの式が複雑すぎます。分けて書いてください。",
    r"more than (\d+) parts": "部品の数が{0}個を超えています。",
    r"(\S+) outside of a loop": "「{0}」は繰り返し（{{% for %}}）の中だけで使えます。",
    r"(\S+) cannot be assigned": "「{0}」は予約された名前のため、値を入れられません。",
    r"a range belongs into a for tag": "範囲（1..9）は {{% for %}} の中だけで使えます。",
    r"the bounds of a range must be numbers": "範囲（1..9）の両端は数字で書いてください。",
    r"a range of more than (\d+)": "範囲は{0}個までです。",
    r"a tag inside an expression; only <br> may be": "式の中に書けるHTMLタグは<br>だけです。",
    r"nested too deeply": "入れ子が深すぎます。",
    r"write \{% include 'name' %\}": "共通ブロックは {{% include '名前' %}} と書いてください。",
    r"the fallback of (\S+) is more than one line, and this is one":
        "{0}の代わりの言葉が複数行ですが、ここは1行です。1行にしてください。",
    # ── length ──
    r"is (\d+) characters long, at most (\d+) are good": "{0}文字あります。{1}文字以内にしてください。",
    r"takes (\d+) text messages, at most (\d+)": "SMS {0}通分の長さです。{1}通以内に短くしてください。",
    r"takes more than (\d+) bytes.*": "{0}バイトを超えています。短くしてください。",
    r"is longer than (\d+) characters": "{0}文字を超えています。短くしてください。",
    r"name it as WhatsApp does: (\S+) is none of its languages":
        "WhatsAppに「{0}」という言語はありません。WhatsAppでの言語名を書いてください。",
    # ── HTML ──
    r"@import fetches a style from elsewhere, .*":
        "@importは使えません。ほとんどのメールソフトで無視され、そうでなければ読んだことが外部のサーバーに知られます。"
        "スタイルをそのまま書いてください。",
    r"a <style> that is never closed": "<style>が閉じられていません。",
    r"a tag that is never closed": "閉じられていないタグがあります。",
    r"<meta> must not lead the reader elsewhere": "<meta>で別のページへ移動させることはできません。",
    r"<(\S+)> does not belong into a mail": "<{0}>はメールでは使えません。",
    r"(\S+) does not belong into a mail": "「{0}」属性はメールでは使えません。",
    r"a value in a tag must stand between quotes, .*":
        "タグの中の値は、属性名=\"…\" のように引用符で囲んでください。",
    r"a value inside a comment": "コメントの中に値は入れられません。",
    r"a value inside a style": "スタイルの中に値は入れられません。",
    r"a value inside <(\S+)>": "<{0}>の中に値は入れられません。",
    r"a value as the name of a tag": "タグの名前に値は使えません。",
    r"(\S+) must be one of our links, or start with a written address":
        "「{0}」には、links. で始まるリンクか、https:// から書いたURLを指定してください。",
    r"must be one of our links, or start with a written https address or scheme of an app":
        "links. で始まるリンク、https:// から書いたURL、またはアプリを開くURLを指定してください。",
    # ── MJML and shared blocks ──
    r"does not begin with <mjml>": "<mjml>で始めてください。",
    r"there is no such tag of MJML": "このようなMJMLのタグはありません。",
    r"files are not read: .*": "ファイルは読み込めません。共通ブロック {{% include '名前' %}} を使ってください。",
    r"a font from elsewhere tells its server who reads; .*":
        "外部のフォントは、読んだことがそのサーバーに知られるため使えません。端末にあるフォントを指定してください。",
    r"is not known to the compiler": "このタグには対応していません。",
    r"</(\S+)> closes nothing": "</{0}>に対応する開始タグがありません。",
    r"</(\S+)> stands where <(\S+)> of line (\d+) is still open":
        "{2}行目の<{1}>が閉じられないまま、</{0}>があります。",
    r"nested more than (\d+) deep": "入れ子は{0}段までです。",
    r"has more than (\d+) parts": "部品の数が{0}個を超えています。",
    r"becomes (?:longer|more) than (\d+) characters.*": "組み立てると{0}文字を超えます。短くしてください。",
    r"is no MJML(?: that the compiler can read|: .*)": "MJMLとして読めません。タグの書き方を確かめてください。",
    r"Liquid in a place that does not reach the mail":
        "メールに出力されない場所に {{{{ … }}}} や {{% … %}} があります。",
    r"there is no block '(.*)'": "「{0}」という共通ブロックはありません。",
    r"block '(.*)' has no (\S+) in '(.*)'": "共通ブロック「{0}」の「{2}」に {1} がありません。",
    r"block '(.*)' includes itself": "共通ブロック「{0}」が自分自身を含んでいます。",
    r"blocks nested more than (\d+) deep": "共通ブロックの入れ子は{0}段までです。",
    r"puts in more than (\d+) blocks": "共通ブロックは{0}個までです。",
    r"nothing is left of it to be read as text": "テキストとして読める内容が残りません。textを書いてください。",
    r"has a tag that is never closed": "閉じられていないタグがあります。",
}  # fmt: skip
_COMPILED = tuple((re.compile(form, re.DOTALL), said) for form, said in _FORMS.items())


def in_japanese(reason: str) -> str:
    """The reason in Japanese, with what may have been meant; as it is where its form is not known here."""
    meant = _MEANT.search(reason)
    head = reason[: meant.start()] if meant else reason
    for within, told in ((_BLOCK, _of_block), (_TAG, _of_tag)):
        found = within.fullmatch(head)
        if found is not None:
            inner = in_japanese(found["reason"])
            return told(found["name"], inner) if inner != found["reason"] else reason
    said = _missing(head) or _said(head)
    if said is None:
        return reason
    return said + (f"「{_words(meant['words'])}」ではありませんか。" if meant else "")


def _missing(reason: str) -> str | None:
    found = _NOT_THERE.fullmatch(reason)
    if found is None or found["kind"] not in _KINDS:
        return None
    return f"「{found['name']}」という{_KINDS[found['kind']]}はありません。"


def _said(reason: str) -> str | None:
    for form, said in _COMPILED:
        found = form.fullmatch(reason)
        if found is not None:
            return said.format(*(_plain(each or "") for each in found.groups()))
    return None


def _plain(word: str) -> str:
    """A word in a sentence of Japanese: lists with their commas."""
    return word.replace("' or '", "'、'").replace(", ", "、").replace("'", "")


def _words(quoted: str) -> str:
    return "」か「".join(one or other for one, other in _QUOTED.findall(quoted)) or quoted


def _of_block(name: str, reason: str) -> str:
    return f"共通ブロック「{name}」：{reason}"


def _of_tag(name: str, reason: str) -> str:
    return f"<{name}>：{reason}"
