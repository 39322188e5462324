"""The words on a person's own page, in English and Japanese. Plain text; `own_page` escapes it."""

from __future__ import annotations

from dataclasses import dataclass

from kizuna.core.pages.texts import PageLanguage


@dataclass(frozen=True, slots=True)
class OwnTexts:
    title: str
    heading: str
    intro: str
    paused: str
    objected: str
    dead_address: str

    topics: str
    topics_hint: str
    topics_stopped: str
    asked_again: str
    channels: str
    keep_channel: str
    channel_off: dict[str, str]
    channel_unasked: str

    rhythm: str
    rhythm_hint: str
    any_rhythm: str
    own_rhythm: str
    pause: str
    no_pause: str
    keep_pause: str

    quiet: str
    quiet_hint: str
    quiet_from: str
    quiet_to: str
    zone: str

    language: str
    save: str

    known: str
    known_intro: str
    known_nothing: str
    told_by: str
    used_for: str
    addresses: str
    segments: str
    yes: str
    no: str
    sources: dict[str, str]

    rights: str
    export: str
    export_hint: str
    erase: str
    erase_hint: str
    erase_heading: str
    erase_intro: str
    erase_keeps: str
    erase_sure: str
    erase_back: str
    erased_title: str
    erased_heading: str
    erased_intro: str
    too_large_heading: str
    too_large_intro: str

    saved_heading: str
    saved_intro: str
    saved_nothing: str
    quiet_unclear: str
    saved_on: str
    saved_off: str
    saved_channel_off: str
    saved_rhythm: str
    saved_any_rhythm: str
    saved_pause: str
    saved_no_pause: str
    saved_quiet: str
    saved_no_quiet: str
    saved_language: str
    back: str


OWN_TEXTS: dict[PageLanguage, OwnTexts] = {
    "en": OwnTexts(
        title="Your choices – {brand}",
        heading="Your choices",
        intro="Change what you like, then press Save. For your safety, this page works for 15 minutes.",
        paused="We are silent until {until}, as you asked.",
        objected="You told us never to advertise to you, and we keep to that. To change it, write to us.",
        dead_address="Mail to this address came back or was reported as unwanted. Until that is cleared up we "
        "send nothing there.",
        topics="By e-mail, I would like",
        topics_hint="Messages about your orders and your account come in any case.",
        topics_stopped="You stopped these. To get them again, write to us.",
        asked_again="You chose this some time ago. Is it still right?",
        channels="Other ways to reach you",
        keep_channel="News and offers by {channel}",
        channel_off={
            "sms": "Stopped. To start again, text START from that phone.",
            "*": "Stopped. To start again, allow it where you allowed it before.",
        },
        channel_unasked="You get none this way.",
        rhythm="How often",
        rhythm_hint="Over all ways together.",
        any_rhythm="As it comes",
        own_rhythm="As I chose before",
        pause="A pause",
        no_pause="No pause",
        keep_pause="Keep the pause until {until}",
        quiet="Hours of quiet",
        quiet_hint="News and offers wait until these hours are over. Leave both empty for none.",
        quiet_from="From",
        quiet_to="To",
        zone="Time zone",
        language="Language",
        save="Save",
        known="What we know of you, and why",
        known_intro="This is what our messages may be chosen by.",
        known_nothing="Nothing beside your address.",
        told_by="From {source}, {at}.",
        used_for="Used for: {use}.",
        addresses="Ways to reach you",
        segments="Groups that you are in",
        yes="yes",
        no="no",
        sources={
            "preferences": "your own choices here",
            "provider": "the mail or phone company",
            "kizuna": "what we worked out",
        },
        rights="Your data",
        export="Get everything as a file",
        export_hint="All that we keep about you, as one file in JSON.",
        erase="Erase everything",
        erase_hint="You are asked once more before anything happens.",
        erase_heading="Erase everything we know of you?",
        erase_intro="Your profile, your history and all messages are deleted. This cannot be undone.",
        erase_keeps="One thing is kept, so that nobody writes to you again by mistake: an unreadable mark of your "
        "address, if you had stopped our messages.",
        erase_sure="Yes, erase everything",
        erase_back="No, go back",
        erased_title="It has begun – {brand}",
        erased_heading="Your data is being erased",
        erased_intro="From now on nobody here finds you any more. Within a few hours the last copy is gone.",
        too_large_heading="There is too much for one page",
        too_large_intro="What we keep about you does not fit into one answer. Write to us, and we send it to you.",
        saved_heading="Saved",
        saved_intro="This holds from now on:",
        saved_nothing="Everything stays as it was.",
        quiet_unclear="The hours of quiet stay as they were: they need a beginning and an end that differ.",
        saved_on="You get “{topic}” by e-mail",
        saved_off="“{topic}” by e-mail has stopped",
        saved_channel_off="News and offers by {channel} have stopped",
        saved_rhythm="You hear from us: {rhythm}",
        saved_any_rhythm="You hear from us as it comes",
        saved_pause="We are silent until {until}",
        saved_no_pause="The pause is over",
        saved_quiet="We are quiet from {start} to {end} ({zone})",
        saved_no_quiet="There are no hours of quiet any more",
        saved_language="We write to you in English",
        back="Back to my choices",
    ),
    "ja": OwnTexts(
        title="配信設定 – {brand}",
        heading="配信設定",
        intro="ご希望の内容に変更し、「保存する」を押してください。安全のため、このページの有効期間は15分です。",
        paused="ご希望により、{until}まで、お知らせをお休みしています。",
        objected="今後一切ご案内しないようにとのお申し出をいただいており、ご案内を停止しております。変更をご希望の場合は、お問い合わせください。",
        dead_address="このアドレス宛てのメールは、届かなかったか、迷惑メールとして報告されました。解決するまで、こちらにはお送りいたしません。",
        topics="メールで受け取りたいもの",
        topics_hint="ご注文やアカウントに関するご連絡は、設定にかかわらずお届けします。",
        topics_stopped="停止中です。再開をご希望の場合は、お問い合わせください。",
        asked_again="以前お選びいただいた設定です。今もこちらでよろしいですか。",
        channels="そのほかのお届け方法",
        keep_channel="{channel}によるお知らせ",
        channel_off={
            "sms": "停止中です。再開するには、その電話番号から「START」と送信してください。",
            "*": "停止中です。再開するには、以前許可いただいた画面で、もう一度許可してください。",
        },
        channel_unasked="この方法では、お送りしていません。",
        rhythm="お届けの回数",
        rhythm_hint="すべての方法を合わせた回数です。",
        any_rhythm="制限なし",
        own_rhythm="以前選んだ回数のまま",
        pause="休止",
        no_pause="休止しない",
        keep_pause="{until}まで休止を続ける",
        quiet="お知らせを控える時間帯",
        quiet_hint="この時間帯にはお送りせず、過ぎてからお届けします。指定しない場合は、どちらも空欄にしてください。",
        quiet_from="開始",
        quiet_to="終了",
        zone="タイムゾーン",
        language="言語",
        save="保存する",
        known="お預かりしている情報と、その理由",
        known_intro="お知らせの内容は、これらの情報をもとに選んでいます。",
        known_nothing="ご連絡先のほかに、お預かりしている情報はございません。",
        told_by="入手元：{source}（{at}）",
        used_for="利用目的：{use}",
        addresses="ご連絡先",
        segments="該当するグループ",
        yes="はい",
        no="いいえ",
        sources={
            "preferences": "こちらのページでの設定",
            "provider": "メール・通信事業者",
            "kizuna": "当社での集計",
        },
        rights="お客さまのデータ",
        export="すべてをファイルで受け取る",
        export_hint="お預かりしているすべての情報を、1つのファイル（JSON形式）でお渡しします。",
        erase="すべてを消去する",
        erase_hint="消去の前に、もう一度確認いたします。",
        erase_heading="すべての情報を消去しますか",
        erase_intro="プロフィール、履歴、メッセージをすべて削除します。元に戻すことはできません。",
        erase_keeps="配信を停止されていた場合は、誤って再びお送りすることがないよう、宛先を読み取れない形にした印だけを残します。",
        erase_sure="すべてを消去する",
        erase_back="消去せずに戻る",
        erased_title="消去を開始しました – {brand}",
        erased_heading="消去を開始しました",
        erased_intro="ただいまから、当社ではお客さまの情報を参照できなくなります。数時間以内に、複製も含めてすべて削除いたします。",
        too_large_heading="1ページに収まりません",
        too_large_intro="お預かりしている情報が多く、一度にお渡しできません。お問い合わせいただければ、お送りします。",
        saved_heading="保存しました",
        saved_intro="ただいまから、次のとおりにいたします。",
        saved_nothing="設定はこれまでと同じです。",
        quiet_unclear="お知らせを控える時間帯は変更していません。開始と終了に、それぞれ異なる時刻をご指定ください。",
        saved_on="「{topic}」をメールでお送りします",
        saved_off="「{topic}」のメールを停止しました",
        saved_channel_off="{channel}によるお知らせを停止しました",
        saved_rhythm="お届けの回数：{rhythm}",
        saved_any_rhythm="お届けの回数：制限なし",
        saved_pause="{until}まで、お知らせをお休みします",
        saved_no_pause="休止を終了しました",
        saved_quiet="{start}から{end}までは、お知らせをお送りしません（{zone}）",
        saved_no_quiet="お知らせを控える時間帯の指定を解除しました",
        saved_language="今後は日本語でお送りします",
        back="設定に戻る",
    ),
}
