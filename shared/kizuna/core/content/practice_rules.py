"""The rules of good practice: why each is one, and how what breaks it is mended, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

PracticeLanguage = Literal["en", "ja"]


class Rule(NamedTuple):
    why: Mapping[PracticeLanguage, str]
    mend: Mapping[PracticeLanguage, str]


def _rule(why_en: str, mend_en: str, why_ja: str, mend_ja: str) -> Rule:
    return Rule({"en": why_en, "ja": why_ja}, {"en": mend_en, "ja": mend_ja})


RULES: Mapping[str, Rule] = {
    # ── what is refused when it is saved ──
    "refused": _rule(
        "It would not work, or not be lawful, for somebody.",
        "Do as the reason says.",
        "この内容では、届かない人がいるか、法令に反するおそれがあります。",
        "理由のとおりに直してください。",
    ),
    # ── e-mail ──
    "subject-long": _rule(
        "A phone shows some 40 columns of a subject, a mailbox on a screen some 60; the rest is cut off.",
        "Put what matters first, and say it in at most 60 columns (30 Japanese characters).",
        "件名はスマートフォンで半角40文字、パソコンでも半角60文字ほどしか表示されません。",
        "大切なことを先に置き、全角30文字以内にまとめてください。",
    ),
    "subject-shouts": _rule(
        "Capitals and rows of exclamation marks read as shouting, to people and to spam filters.",
        "Write it as you would say it across a counter.",
        "感嘆符の連続や大文字だけの語は、強引な印象を与え、迷惑メールとも判定されやすくなります。",
        "お店で話しかけるときの言葉づかいにしてください。",
    ),
    "preheader-missing": _rule(
        "Inboxes show the beginning of the mail instead, which is seldom what should be read second.",
        "Give a preheader that goes on where the subject ends.",
        "プリヘッダーがないと、受信箱には本文の冒頭がそのまま表示されます。",
        "件名の続きになる一文をpreheaderに書いてください。",
    ),
    "preheader-long": _rule(
        "Hardly any inbox shows more than 100 columns.",
        "Say it in at most 100 columns.",
        "半角100文字を超える部分は、ほとんどの受信箱で表示されません。",
        "全角50文字以内にまとめてください。",
    ),
    "image-without-alt": _rule(
        "Who hears the mail read aloud, or has pictures switched off, learns nothing from it.",
        'Say in alt what the picture says; alt="" where it only decorates.',
        "音声で聞く方や画像を表示しない方には、画像の内容が伝わりません。",
        '画像の内容をaltに書いてください。飾りであればalt=""としてください。',
    ),
    "images-outweigh-text": _rule(
        "With pictures off there is hardly a word left, and filters take such mail for spam.",
        "Write what the pictures say as text as well.",
        "画像が表示されないと内容がほとんど残らず、迷惑メールとも判定されやすくなります。",
        "画像の中の言葉を、本文にも文字で書いてください。",
    ),
    "link-not-https": _rule(
        "Anybody on the way can read and change what the link leads to.",
        "Write https://.",
        "暗号化されていないリンクは、途中で読まれたり書き換えられたりするおそれがあります。",
        "https:// で書いてください。",
    ),
    "link-shortened": _rule(
        "A shared shortener hides where it leads; carriers and filters block whole shorteners.",
        "Link to your own domain. Kizuna can follow the clicks itself.",
        "共用の短縮URLは行き先が見えず、通信会社や迷惑メールフィルターにまとめて遮断されることがあります。",
        "自社ドメインのURLを使ってください。クリックはKizunaでも計測できます。",
    ),
    "link-says-nothing": _rule(
        "Read on its own, as screen readers do, the link does not tell where it leads.",
        "Name in the link what is behind it.",
        "読み上げソフトではリンクの文字だけを聞くことがあり、行き先がわかりません。",
        "リンク先が何かわかる言葉をリンクにしてください。",
    ),
    "link-end-unclear": _rule(
        "Words stand right behind the address: some phones take them for a part of it, and the link leads nowhere.",
        "Put a space or a new line behind the address; percent-encode (%E6…) what belongs to it.",
        "URLのすぐ後に日本語が続くと、その文字までURLとみなされ、リンクを開けない端末があります。",
        "URLの後に改行か半角スペースを入れてください。URLの一部であれば%E6…の形に変換してください。",
    ),
    "mail-clipped": _rule(
        "Some inboxes hide the end of mail beyond about 100 kB, and with it the way out.",
        "Shorten it, or leave styles out.",
        "約100KBを超えるメールは末尾が隠され、配信停止の案内も見えなくなることがあります。",
        "内容やスタイルを減らしてください。",
    ),
    "mail-not-responsive": _rule(
        "Without a viewport phones show the mail as a screen would, too small to read.",
        'Add <meta name="viewport" content="width=device-width, initial-scale=1">, or write MJML.',
        "viewportの指定がないと、スマートフォンで文字が小さく表示されます。",
        '<meta name="viewport" content="width=device-width, initial-scale=1"> を加えるか、MJMLで書いてください。',
    ),
    "text-part-thin": _rule(
        "The text part says much less than the HTML; some read nothing else, and filters compare the two.",
        "Say the same in both, or leave text out: it is then made of the HTML.",
        "テキスト版がHTML版よりもかなり短く、テキストで読む方に内容が伝わりません。",
        "同じ内容を書くか、textを省いてHTMLから自動で作らせてください。",
    ),
    # ── SMS and push ──
    "sms-parts": _rule(
        "Each part is charged as a message of its own.",
        "Shorten it to one part: 160 characters, or 70 where one of them is outside of GSM-7, as in Japanese.",
        "通数ごとに料金がかかります。",
        "1通（日本語では70文字）に収まるように短くしてください。",
    ),
    "sms-costly-characters": _rule(
        "These few characters halve what fits into a part.",
        "Write plain ones instead.",
        "この数文字のために、1通に入る文字数が半分以下になります。",
        "標準の文字に置きかえてください。",
    ),
    "push-title-long": _rule(
        "Phones cut titles off at some 50 columns.",
        "Say it in at most 50 columns.",
        "タイトルは半角50文字ほどで切れて表示されます。",
        "全角25文字以内にまとめてください。",
    ),
    "push-body-long": _rule(
        "Phones show two to four lines of some 40 columns.",
        "Say it in at most 150 columns.",
        "通知に表示されるのは2～4行ほどです。",
        "全角75文字以内にまとめてください。",
    ),
    "push-lives-long": _rule(
        "A push that comes days later speaks of what is over.",
        "Give the campaign expires_after, of three days at most.",
        "何日もあとに届く通知は、すでに終わったことを伝えてしまいます。",
        "キャンペーンのexpires_afterを3日以内で指定してください。",
    ),
    # ── any channel ──
    "variable-without-fallback": _rule(
        "Whoever it is not known of gets no message at all.",
        "Ask {% if … %}, write | default: …, or declare it under fallbacks.",
        "この値がわからない方には、メッセージが送られません。",
        "{% if … %} で分けるか、| default: … またはfallbacksで代わりの言葉を用意してください。",
    ),
    "trait-like-another": _rule(
        "No such trait is declared, and one that is nearly called so is: it may be a slip of the pen.",
        "Write the name that traits.yaml has, or declare this one there.",
        "この名前の項目はtraits.yamlになく、よく似た名前の項目があります。書き間違いかもしれません。",
        "traits.yamlにある名前に直すか、この項目をtraits.yamlに加えてください。",
    ),
    "language-mismatch": _rule(
        "The text does not look like the language that it is kept under.",
        "Translate it, or keep it under its own language.",
        "登録されている言語と、文章の言語が違うようです。",
        "翻訳するか、正しい言語の下に移してください。",
    ),
    "word-avoided": _rule(
        "The brand does not speak so.",
        "Say it in the brand's own words.",
        "ブランドとして使わないと決めた言葉です。",
        "ブランドの言葉で言いかえてください。",
    ),
    "voice-missing": _rule(
        "None of the phrases by which people know the brand is in it.",
        "Use one of the brand's own phrases.",
        "ブランドらしい言い回しがひとつも使われていません。",
        "ブランドで決めた言い回しを使ってください。",
    ),
    # ── Japanese ──
    "ja-contact-missing": _rule(
        "Promotion in Japan shows where questions and complaints are taken (Act on Specified Electronic Mail).",
        "Put {{ brand.support_url }}, or the shop's own address or phone number, into html and text.",
        "特定電子メール法により、苦情や問い合わせの受付先（URL、メールアドレス、電話番号）の表示が必要です。",
        "{{ brand.support_url }} または問い合わせ先を、HTML版とテキスト版の両方に記載してください。",
    ),
    "ja-half-width-kana": _rule(
        "Half-width kana are hard to read, and old mail systems break them.",
        "Write full-width kana.",
        "半角カナは読みにくく、古いメール環境では文字化けします。",
        "全角カナで書いてください。",
    ),
    "ja-machine-dependent": _rule(
        "These characters look different, or like nothing, on other machines.",
        "Write (1) for ①, III for Ⅲ, (株) for ㈱.",
        "機種依存文字は、環境によって別の文字になったり表示されなかったりします。",
        "①は（1）、Ⅲは3、㈱は（株）のように書いてください。",
    ),
    "ja-wide-latin": _rule(
        "Full-width letters and digits are hard to read, are not found by search, and break links and numbers.",
        "Write letters and digits half-width.",
        "全角の英数字は読みにくく、検索や電話番号・URLの認識の妨げになります。",
        "英数字は半角で書いてください。",
    ),
    "ja-line-breaking": _rule(
        "A line may not begin with a closing mark or end with an opening one (JIS X 4051).",
        "Break the line elsewhere, or leave the breaking to the reader's screen.",
        "行頭の句読点や閉じ括弧、行末の開き括弧は禁則にあたります。",
        "改行の位置を変えるか、改行せずに画面の折り返しに任せてください。",
    ),
    "ja-ascii-punctuation": _rule(
        "Half-width commas, stops and marks between Japanese characters look like mistakes.",
        "Write 、。！？.",
        "和文の中の半角の句読点や記号は、誤植に見えます。",
        "、。！？ は全角で書いてください。",
    ),
}
