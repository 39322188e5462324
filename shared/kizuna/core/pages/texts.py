"""The words on the pages that a person sees, in English and Japanese. Plain text; `pages` escapes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PageLanguage = Literal["en", "ja"]


@dataclass(frozen=True, slots=True)
class Texts:
    switch: str  # the name of the other language, in that language

    leave_title: str
    leave_heading: str
    leave_intro: str
    leave_topic: str
    leave_channel: str
    leave_all: str
    leave_all_hint: str
    leave_button: str
    orders_stay: str
    to_preferences: str

    left_title: str
    left_heading: str
    left_intro: str
    on_its_way: str
    mind_changed: str

    prefer_title: str
    prefer_heading: str
    prefer_intro: str
    prefer_topics: str
    prefer_channels: str
    prefer_more: str
    prefer_button: str
    stop_topic: str
    stop_channel: str
    unchanged_heading: str
    unchanged_intro: str

    broken_title: str
    broken_heading: str
    broken_intro: str
    broken_help: str

    write_to_us: str
    contact_page: str
    channels: dict[str, str]


TEXTS: dict[PageLanguage, Texts] = {
    "en": Texts(
        switch="日本語",
        leave_title="Unsubscribe – {brand}",
        leave_heading="What would you like to stop?",
        leave_intro="Nothing has been changed yet. Choose, then press the button.",
        leave_topic="“{topic}” by {channel}",
        leave_channel="All news and offers by {channel}",
        leave_all="All news and offers",
        leave_all_hint="By e-mail, text message, push and anything else.",
        leave_button="Stop these messages",
        orders_stay="Messages about your orders and your account still come.",
        to_preferences="Or keep some of it, and hear less",
        left_title="Done – {brand}",
        left_heading="Done. We will stay silent.",
        left_intro="From this moment you will not get:",
        on_its_way="A message that had already left may still arrive.",
        mind_changed="If this was a mistake, write to us.",
        prefer_title="Hear less – {brand}",
        prefer_heading="Hear less from us",
        prefer_intro="Tick what you no longer want. Whatever you leave empty stays as it is.",
        prefer_topics="Subjects",
        prefer_channels="Ways to reach you",
        prefer_more="This page can only reduce what you get.",
        prefer_button="Stop what is ticked",
        stop_topic="“{topic}”",
        stop_channel="News and offers by {channel}",
        unchanged_heading="Nothing was changed",
        unchanged_intro="Nothing was ticked, so everything stays as it was.",
        broken_title="This link does not work – {brand}",
        broken_heading="This link does not work",
        broken_intro="Perhaps a part of it was lost on the way. Nothing was changed.",
        broken_help="If you want our messages to stop, tell us, and we will see to it.",
        write_to_us="Write to {address}",
        contact_page="Contact {brand}",
        channels={"email": "e-mail", "sms": "text message", "push": "push notification"},
    ),
    "ja": Texts(
        switch="English",
        leave_title="配信の停止 – {brand}",
        leave_heading="どのお知らせを停止しますか",
        leave_intro="まだ何も変更されていません。お選びのうえ、ボタンを押してください。",
        leave_topic="{channel}による「{topic}」",
        leave_channel="{channel}によるお知らせすべて",
        leave_all="お知らせすべて",
        leave_all_hint="メール、SMS、プッシュ通知など、すべての方法で停止します。",
        leave_button="配信を停止する",
        orders_stay="ご注文やアカウントに関する大切なご連絡は、引き続きお届けします。",
        to_preferences="すべては止めず、お知らせを減らす",
        left_title="停止しました – {brand}",
        left_heading="配信を停止しました",
        left_intro="ただいまから、次のお知らせはお送りしません。",
        on_its_way="すでに発送済みのものが、行き違いで届くことがあります。",
        mind_changed="お間違えの場合は、ご連絡ください。",
        prefer_title="お知らせを減らす – {brand}",
        prefer_heading="お知らせを減らす",
        prefer_intro="ご不要なものにチェックを入れてください。空欄のものはそのままです。",
        prefer_topics="内容",
        prefer_channels="お届けの方法",
        prefer_more="このページでは、お知らせを減らすことだけができます。",
        prefer_button="チェックしたものを停止する",
        stop_topic="「{topic}」",
        stop_channel="{channel}によるお知らせ",
        unchanged_heading="変更はありません",
        unchanged_intro="チェックがなかったため、設定はそのままです。",
        broken_title="このリンクは使えません – {brand}",
        broken_heading="このリンクは使えません",
        broken_intro="途中で一部が欠けてしまったのかもしれません。何も変更されていません。",
        broken_help="配信の停止をご希望の場合は、ご連絡ください。こちらで手続きいたします。",
        write_to_us="{address} に連絡する",
        contact_page="{brand}へのお問い合わせ",
        channels={"email": "メール", "sms": "SMS", "push": "プッシュ通知"},
    ),
}
