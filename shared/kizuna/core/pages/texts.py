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
    choose_button: str  # where leaving is not all that can be chosen
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
    later_title: str
    later_heading: str
    later_intro: str
    wait_title: str
    wait_heading: str
    wait_intro: str

    less_instead: str
    less_heading: str
    less_nothing: str
    keep_less: str
    pause_for: str
    lessened_heading: str
    lessened_intro: str
    back_to_choices: str

    why_heading: str
    why_intro: str
    why_button: str
    thanks_heading: str
    thanks_intro: str

    visit_heading: str
    visit_intro: str
    visit_button: str
    new_link: str
    entry_title: str
    entry_heading: str
    entry_intro: str
    entry_field: str
    entry_wrong: str
    error: str  # before the title of a page that says what was wrong
    entry_button: str
    mailed_title: str
    mailed_heading: str
    mailed_intro: str
    mailed_hint: str

    confirm_title: str
    confirm_heading: str
    confirm_intro: str
    confirm_button: str
    confirm_ignore: str
    confirmed_title: str
    confirmed_heading: str
    confirmed_intro: str

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
        choose_button="Do what I chose",
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
        broken_intro="Perhaps a part of it was lost on the way, or its time is over. Nothing was changed.",
        broken_help="If you want our messages to stop, tell us, and we will see to it.",
        wait_title="One moment, please – {brand}",
        wait_heading="One moment, please",
        wait_intro="This page cannot be shown right now. Please load it again in a few seconds. Nothing was changed.",
        later_title="Not saved yet – {brand}",
        later_heading="Not saved yet",
        later_intro="Something here was not ready. Please go back and press the button again in a few seconds.",
        less_instead="Or stay, and hear less",
        less_heading="Fewer messages, or a pause",
        less_nothing="As it is now",
        keep_less="Keep them: {rhythm}",
        pause_for="Pause everything for {time}",
        lessened_heading="Done. You will hear less.",
        lessened_intro="From this moment:",
        back_to_choices="Back to the choices",
        why_heading="Would you tell us why?",
        why_intro="Only if you like. What you chose is done already.",
        why_button="Send",
        thanks_heading="Thank you",
        thanks_intro="That helps us to do better. Nothing else was changed.",
        visit_heading="See and change everything",
        visit_intro="To show what you get and what we know of you, we mail a link to the address that we have on "
        "record. It is good for 15 minutes.",
        visit_button="Mail me the link",
        new_link="Get a new link by e-mail",
        entry_title="Your choices – {brand}",
        entry_heading="Your choices",
        entry_intro="Enter your e-mail address. If we know it, we mail a link there that opens your page.",
        entry_field="E-mail address",
        entry_wrong="This is no e-mail address. Enter it like this: name@example.com.",
        error="Error: {title}",
        entry_button="Mail me the link",
        mailed_title="Look into your mailbox – {brand}",
        mailed_heading="Look into your mailbox",
        mailed_intro="If we know this address, a mail with a link is on its way. The link is good for 15 minutes.",
        mailed_hint="No mail after a few minutes? Look among the unwanted mail, or write to us.",
        confirm_title="Please confirm – {brand}",
        confirm_heading="Shall we write to you?",
        confirm_intro="{brand} was asked to send news and offers to your e-mail address. Nothing comes until you "
        "confirm it here.",
        confirm_button="Yes, write to me",
        confirm_ignore="If you did not ask for this, close this page. Then you will hear nothing.",
        confirmed_title="Confirmed – {brand}",
        confirmed_heading="Thank you, confirmed",
        confirmed_intro="You will hear from us. Every mail shows how to stop it with one click.",
        write_to_us="Write to {address}",
        contact_page="Contact {brand}",
        channels={
            "email": "e-mail",
            "sms": "text message",
            "push": "push notification",
            "whatsapp": "WhatsApp",
            "line": "LINE",
            "inbox": "message in the app",
            "task": "call or letter",
        },
    ),
    "ja": Texts(
        switch="English",
        leave_title="配信の停止 – {brand}",
        leave_heading="どのお知らせを停止しますか",
        leave_intro="まだ何も変更されていません。お選びのうえ、ボタンを押してください。",
        leave_topic="{channel}による「{topic}」",
        leave_channel="{channel}によるすべてのお知らせ",
        leave_all="すべてのお知らせ",
        leave_all_hint="メール、SMS、プッシュ通知など、すべての方法で停止します。",
        leave_button="配信を停止する",
        choose_button="この内容で決定する",
        orders_stay="ご注文やアカウントに関する大切なご連絡は、引き続きお届けします。",
        to_preferences="すべては停止せず、お知らせを減らす",
        left_title="停止しました – {brand}",
        left_heading="配信を停止しました",
        left_intro="ただいまから、次のお知らせはお送りしません。",
        on_its_way="すでに送信したものが、行き違いで届くことがあります。",
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
        broken_intro="途中で一部が欠けてしまったか、有効期間が過ぎているようです。何も変更されていません。",
        broken_help="配信の停止をご希望の場合は、ご連絡ください。こちらで手続きいたします。",
        wait_title="ただいま表示できません – {brand}",
        wait_heading="ただいま表示できません",
        wait_intro="数秒おいてから、ページを再読み込みしてください。何も変更されていません。",
        later_title="まだ保存できていません – {brand}",
        later_heading="まだ保存できていません",
        later_intro="ただいま手続きを完了できませんでした。数秒おいてから前のページに戻り、もう一度ボタンを押してください。",
        less_instead="停止せずに、減らすこともできます",
        less_heading="回数を減らす・休止する",
        less_nothing="変更しない",
        keep_less="受け取りを続ける（{rhythm}）",
        pause_for="{time}、すべて休止する",
        lessened_heading="お知らせを減らしました",
        lessened_intro="ただいまから、次のとおりにいたします。",
        back_to_choices="設定に戻る",
        why_heading="よろしければ、理由をお聞かせください",
        why_intro="ご回答は任意です。お手続きはすでに完了しています。",
        why_button="送信する",
        thanks_heading="ありがとうございます",
        thanks_intro="今後の改善に役立てます。ほかの設定は変更していません。",
        visit_heading="現在の設定をすべて確認・変更する",
        visit_intro="お受け取りの状況や、お預かりしている情報をご覧いただくため、ご登録のメールアドレスに"
        "専用のリンクをお送りします。有効期間は15分です。",
        visit_button="リンクをメールで受け取る",
        new_link="新しいリンクをメールで受け取る",
        entry_title="配信設定 – {brand}",
        entry_heading="配信設定",
        entry_intro="メールアドレスをご入力ください。ご登録があれば、専用ページのリンクをお送りします。",
        entry_field="メールアドレス",
        entry_wrong="メールアドレスの形式をご確認ください（例：name@example.com）。",
        error="エラー：{title}",
        entry_button="リンクをメールで受け取る",
        mailed_title="メールをご確認ください – {brand}",
        mailed_heading="メールをご確認ください",
        mailed_intro="このアドレスのご登録があれば、リンクを記載したメールをお送りしています。リンクの有効期間は15分です。",
        mailed_hint="数分たっても届かない場合は、迷惑メールフォルダをご確認いただくか、お問い合わせください。",
        confirm_title="ご確認のお願い – {brand}",
        confirm_heading="お知らせをお送りしてもよろしいですか",
        confirm_intro="{brand}からのお知らせを、このメールアドレスで受け取るお申し込みがありました。こちらで確認が済むまでは、お送りしません。",
        confirm_button="受け取る",
        confirm_ignore="お心当たりがない場合は、このページを閉じてください。お知らせは届きません。",
        confirmed_title="確認が完了しました – {brand}",
        confirmed_heading="確認が完了しました",
        confirmed_intro="今後、お知らせをお送りします。どのメールからも、ワンクリックで停止できます。",
        write_to_us="{address} に連絡する",
        contact_page="{brand}へのお問い合わせ",
        channels={
            "email": "メール",
            "sms": "SMS",
            "push": "プッシュ通知",
            "whatsapp": "WhatsApp",
            "line": "LINE",
            "inbox": "アプリ内メッセージ",
            "task": "お電話・郵便",
        },
    ),
}
