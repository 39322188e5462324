"""The words of the outbox page, in English and in Japanese."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, str]

ENGLISH: Words = {
    "title": "Outbox",
    "lead": "Everything the loopback provider accepted. Nothing leaves this machine.",
    "all": "All",
    "email": "E-mail",
    "sms": "SMS",
    "push": "Push",
    "topic": "Topic",
    "search": "Search",
    "search_hint": "address, subject, tag …",
    "live": "Live",
    "live_on": "Live: on",
    "newer": "Newer",
    "older": "Older",
    "empty": "Nothing here yet.",
    "other": "日本語",
    "back": "All messages",
    "from": "From",
    "to": "To",
    "at": "Accepted",
    "provider": "Provider",
    "id": "Provider id",
    "set": "Configuration set",
    "fate": "The caller learned",
    "headers": "Headers",
    "tags": "Tags and context",
    "data": "Data for the app",
    "reports": "What the provider reported",
    "no_reports": "No events: sent without a configuration set, or a channel that has none.",
    "text": "Text",
    "html": "HTML",
    "links": "Links in this message",
    "request": "Request as received",
    "act": "Be the person",
    "open": "Open",
    "complaint": "Mark as spam",
    "bounce": "Bounce late",
    "reply": "Reply",
    "click": "click",
    "send": "Send",
    "calls": "Calls",
}

JAPANESE: Words = {
    "title": "送信箱",
    "lead": "ループバックの配信事業者が受け付けたすべてのメッセージです。外部には何も送信されません。",
    "all": "すべて",
    "email": "メール",
    "sms": "SMS",
    "push": "プッシュ",
    "topic": "トピック",
    "search": "検索",
    "search_hint": "宛先・件名・タグなど",
    "live": "自動更新",
    "live_on": "自動更新中",
    "newer": "新しい方へ",
    "older": "古い方へ",
    "empty": "まだ何もありません。",
    "other": "English",
    "back": "一覧へ戻る",
    "from": "差出人",
    "to": "宛先",
    "at": "受付時刻",
    "provider": "配信事業者",
    "id": "メッセージID",
    "set": "設定セット",
    "fate": "呼び出し側への応答",
    "headers": "ヘッダー",
    "tags": "タグとコンテキスト",
    "data": "アプリ用データ",
    "reports": "配信事業者からの通知",
    "no_reports": "通知はありません（設定セットなし、または通知のないチャネル）。",
    "text": "テキスト",
    "html": "HTML",
    "links": "本文中のリンク",
    "request": "受信したリクエスト",
    "act": "受信者として操作する",
    "open": "開封する",
    "complaint": "迷惑メールとして報告",
    "bounce": "後から不達にする",
    "reply": "返信",
    "click": "クリックする",
    "send": "送る",
    "calls": "呼び出し",
}


def words_for(asked: str | None, accepts: str) -> tuple[str, Words]:
    """The language and its words: what the address asks for, else what the browser prefers."""
    language = asked if asked in ("en", "ja") else ("ja" if accepts.lower().startswith("ja") else "en")
    return language, JAPANESE if language == "ja" else ENGLISH
