"""What would have to change for a message to go out after all, by the reason that holds it back.

`sentences` says what happened, this what follows: a full sentence for a marketer, in English and in Japanese. A No of
the person's own is theirs to take back, so nothing here tells how to talk anybody out of one.
"""

from __future__ import annotations

from collections.abc import Mapping

from kizuna.core.messages import State
from kizuna.core.reasons import OtherReason, Reason
from kizuna.core.sentences import Language, Words

REMEDIES: Mapping[str, Words] = {
    Reason.INVALID_REQUEST: Words(
        "The campaign, the address or the cap has to be corrected, so that they fit together.",
        "キャンペーン、宛先、上限などの設定を見直し、矛盾を解消する必要があります。",
    ),
    Reason.ERASED: Words(
        "Nothing changes that. Should they come back by themselves, they begin anew.",
        "元に戻すことはできません。ご本人があらためてご登録された場合は、新しいお客様として扱います。",
    ),
    Reason.RESTRICTED: Words(
        "The restriction has to be ended, once what is disputed is settled: kizuna profile unrestrict.",
        "お申し出の件が解決したのち、利用の制限を解除する必要があります（kizuna profile unrestrict）。",
    ),
    Reason.ENDPOINT_UNDELIVERABLE: Words(
        "They have to give an address that works.",
        "届く宛先を、ご本人からあらためてお知らせいただく必要があります。",
    ),
    Reason.SMS_STOP: Words(
        "Only they can lift it, by texting START from that phone.",
        "再開できるのはご本人だけです。その電話番号から「START」と送信していただく必要があります。",
    ),
    Reason.SMS_REVIEW: Words(
        "Somebody has to read the reply and say whether it was an opt-out: kizuna profile reply.",
        "担当者が返信を読み、配信停止のご希望かどうかを記録する必要があります（kizuna profile reply）。",
    ),
    Reason.COMPLAINT: Words(
        "Nothing goes to this address any more. They may give another one, and agree there.",
        "この宛先へは今後お送りできません。ほかの宛先をお知らせいただき、そちらで同意をいただく必要があります。",
    ),
    Reason.GLOBAL_SUPPRESSION: Words(
        "Only they can take it back; staff then records that with kizuna profile lift.",
        "取り消せるのはご本人だけです。お申し出があれば、担当者が記録します（kizuna profile lift）。",
    ),
    Reason.OBJECTION: Words(
        "Only they can take it back; staff then records that with kizuna profile lift.",
        "取り消せるのはご本人だけです。お申し出があれば、担当者が記録します（kizuna profile lift）。",
    ),
    Reason.GPC_OPT_OUT: Words(
        "Their browser would have to stop sending that signal. Other channels are not concerned.",
        "ブラウザーの設定がご本人によって変更される必要があります。ほかのチャネルには影響しません。",
    ),
    Reason.MINOR: Words(
        "A guardian has to agree, or they have to reach the age.",
        "保護者の同意をいただくか、基準の年齢に達するのを待つ必要があります。",
    ),
    Reason.CHANNEL_OPT_OUT: Words(
        "Only they can change it, with a new consent of their own for this channel.",
        "再開できるのはご本人だけです。このチャネルについて、あらためて同意をいただく必要があります。",
    ),
    Reason.TOPIC_OPT_OUT: Words(
        "Only they can change it, by switching the topic on again on their own page or agreeing anew.",
        "再開できるのはご本人だけです。配信設定のページで選び直すか、あらためて同意をいただく必要があります。",
    ),
    Reason.NO_CONSENT: Words(
        "They have to agree to this topic at this address, with the wording and the proof on record.",
        "この宛先とトピックについて同意をいただき、表示した文言と証拠を記録する必要があります。",
    ),
    Reason.CONSENT_OUT_OF_SCOPE: Words(
        "They have to agree to this topic as well, for instance on their own page.",
        "配信設定のページなどで、このトピックについても同意をいただく必要があります。",
    ),
    Reason.CONSENT_WITHOUT_PROOF: Words(
        "They have to agree again where the wording is recorded: the source needs a consent_proof.",
        "文言が記録される画面で、あらためて同意をいただく必要があります（入手元に consent_proof を設定します）。",
    ),
    Reason.UNVERIFIED_SOURCE: Words(
        "They have to agree again where it is certain who they are: logged in, or by the company's own server.",
        "ログイン後の画面や自社のサーバーなど、ご本人と確認できる方法で、あらためて同意をいただく必要があります。",
    ),
    Reason.CONSENT_WORDING_INVALID: Words(
        "They have to agree again, to a wording that is in force.",
        "現在有効な文言で、あらためて同意をいただく必要があります。",
    ),
    Reason.CONSENT_EXPIRED: Words(
        "They have to agree again.",
        "あらためて同意をいただく必要があります。",
    ),
    Reason.CONSENT_NOT_WRITTEN: Words(
        "They have to agree to marketing by text expressly and in writing; a ticked box in a form will do.",
        "販売促進のSMSについて、フォームのチェックなど、書面による明示の同意をいただく必要があります。",
    ),
    Reason.UNCONFIRMED_OPT_IN: Words(
        "They have to click the link in the confirmation mail; where it has had its time, to agree again.",
        "登録確認メールのリンクをクリックしていただく必要があります。期限が過ぎていれば、あらためて同意が必要です。",
    ),
    Reason.IMPLIED_CONSENT_EXPIRED: Words(
        "It takes an express consent, or a new purchase or inquiry.",
        "明示の同意か、新たなご購入またはお問い合わせが必要です。",
    ),
    Reason.MISSING_UNSUBSCRIBE: Words(
        "The template has to show the way out: links.unsubscribe, and in a text how to stop.",
        "テンプレートに配信停止の手段を記載する必要があります（links.unsubscribe、SMSでは停止の方法）。",
    ),
    Reason.MISSING_SENDER_IDENTITY: Words(
        "The template has to name the sender: brand.legal_name or brand.name.",
        "テンプレートに送信者の名称を記載する必要があります（brand.legal_name または brand.name）。",
    ),
    Reason.MISSING_POSTAL_ADDRESS: Words(
        "The template has to show the sender's address: brand.postal_address.",
        "テンプレートに送信者の住所を記載する必要があります（brand.postal_address）。",
    ),
    Reason.TONE_HOLD: Words(
        "What happened has to be settled, or the time of the hold to be over: kizuna profile show.",
        "その件が解決するか、配慮の期間が終わるのを待つ必要があります（kizuna profile show）。",
    ),
    Reason.PRODUCT_EXCLUDED: Words(
        "They have to take it up again by themselves, or the time of the exclusion to be over.",
        "ご本人が利用を再開されるか、案内を控える期間が終わるのを待つ必要があります。",
    ),
    Reason.PAUSED: Words(
        "The pause ends by itself, or when they end it on their own page.",
        "期間が終わるか、ご本人が配信設定のページで休止を終了されると、お送りできます。",
    ),
    Reason.NO_LOCATION_CONSENT: Words(
        "They have to agree that their location may be used.",
        "位置情報の利用について、同意をいただく必要があります。",
    ),
    Reason.FREQUENCY_CAP: Words(
        "There is room once earlier messages have left the window: kizuna profile show says when.",
        "以前の配信が集計期間から外れると、お送りできます（時期は kizuna profile show で確認できます）。",
    ),
    Reason.HOUSE_HOURS: Words(
        "It has to be set off within those hours, or be let wait for them (on_hit: defer).",
        "配信できる時間帯に始めるか、その時間帯まで待つ設定にする必要があります（on_hit: defer）。",
    ),
    Reason.HOUSE_HOURS_ELSEWHERE: Words(
        "Another channel of the campaign has to be open at that hour, or the message be set off at another one.",
        "その時間に配信できる別のチャネルを加えるか、別の時間に配信する必要があります。",
    ),
    Reason.HOUSE_HOURS_TOO_LONG: Words(
        "It has to be set off at another hour, or to be let wait for longer (max_defer).",
        "別の時間に始めるか、待てる期間を長くする必要があります（max_defer）。",
    ),
    Reason.QUIET_HOURS: Words(
        "It goes out by itself when those hours are over, if nothing else speaks against it then.",
        "その時間帯が終わりしだい、ほかに差し支えがなければ自動で送信します。",
    ),
    OtherReason.NO_ADDRESS: Words(
        "They have to give an address for this channel.",
        "このチャネルの宛先を、お知らせいただく必要があります。",
    ),
    OtherReason.HELD_OUT: Words(
        "Nothing: that is what the comparison rests on. It ends with the holdout or the experiment.",
        "比較のために必要な措置です。実験または効果測定が終われば、配信の対象に戻ります。",
    ),
    OtherReason.NOT_IN_AUDIENCE: Words(
        "They have to meet the conditions of the audience: kizuna segment explain tells which are missing.",
        "配信対象の条件を満たす必要があります（足りない条件は kizuna segment explain で確認できます）。",
    ),
    OtherReason.SUPPRESSION_LIST: Words(
        "They have to be taken off that list, or its condition to hold no longer.",
        "配信除外リストから外れるか、除外の条件に当てはまらなくなる必要があります。",
    ),
    OtherReason.ALREADY_ADDRESSED: Words(
        "Nothing: one address gets it once. With an address of their own they would get it too.",
        "同じ宛先へは1通だけお送りします。ご本人専用の宛先があれば、そちらにお送りできます。",
    ),
    OtherReason.ALREADY_WRITTEN: Words(
        "Nothing: they have it already.",
        "すでにお送りしていますので、ご対応は不要です。",
    ),
    OtherReason.FIRST_ARRIVED: Words(
        "Nothing: they have it already.",
        "すでに届いていますので、ご対応は不要です。",
    ),
    OtherReason.EXPIRED: Words(
        "It has to be able to go out sooner, or to stay useful for longer (expires_after).",
        "より早く送信できるようにするか、お届けできる期限を延ばす必要があります（expires_after）。",
    ),
    OtherReason.SEEN_ELSEWHERE: Words(
        "Nothing: they know it already.",
        "すでにご覧いただいていますので、ご対応は不要です。",
    ),
    OtherReason.FALLBACK_WAITS: Words(
        "It goes out by itself if they have not met the first one by then.",
        "その時刻までにご覧いただけなければ、自動で送信します。",
    ),
    OtherReason.SEND_TIME: Words(
        "It goes out by itself at that moment, if nothing speaks against it then.",
        "その時刻になりしだい、差し支えがなければ自動で送信します。",
    ),
    OtherReason.SEND_TIME_PASSED: Words(
        "The campaign has to start sooner, or to let it wait for the next day (if_passed: next_day).",
        "より早く開始するか、翌日に送る設定にする必要があります（if_passed: next_day）。",
    ),
    OtherReason.NOT_APPROVED: Words(
        "A second person has to approve of the campaign as it is: kizuna campaign approve.",
        "別の担当者が、キャンペーンの現在の内容を承認する必要があります（kizuna campaign approve）。",
    ),
    OtherReason.OUTRANKED: Words(
        "It needs a higher priority than the others of that day, or a day with fewer of them.",
        "その日のほかのお知らせより優先度を高くするか、お知らせの少ない日に配信する必要があります。",
    ),
    OtherReason.HELD_FOR_DIGEST: Words(
        "It is told by itself, together with others, as soon as there is room.",
        "件数に余裕ができしだい、ほかのお知らせとまとめて自動でお届けします。",
    ),
    OtherReason.IN_DIGEST: Words(
        "Nothing: they were told of it there.",
        "まとめてお伝えしていますので、ご対応は不要です。",
    ),
    OtherReason.NOTHING_LEFT: Words(
        "Each message that it was to tell of has a decision of its own, which says why.",
        "まとめるはずだった各メッセージの記録に、それぞれの理由があります。",
    ),
    OtherReason.WAITS_FOR_STAFF: Words(
        "A member of staff has to take the task.",
        "担当者が対応を始める必要があります。",
    ),
    OtherReason.CAMPAIGN_STOPPED: Words(
        "The campaign has to be enabled again; this message stays withdrawn.",
        "キャンペーンを再開する必要があります。このメッセージ自体は取り消されたままです。",
    ),
    OtherReason.LEFT_JOURNEY: Words(
        "Nothing: what the journey was about is over for them. How it ended is in their path (kizuna journey path).",
        "この方のジャーニーは終了していますので、ご対応は不要です（経緯は kizuna journey path で確認できます）。",
    ),
    OtherReason.CONVERSATION_OVER: Words(
        "They have to write to us again, or the campaign needs a template that WhatsApp has approved.",
        "ご本人からのご連絡を待つか、WhatsAppで承認済みのテンプレートを使う必要があります。",
    ),
    OtherReason.RENDER_FAILED: Words(
        "The template has to be corrected, or what it reads be on record; the decision record names the error.",
        "テンプレートを修正するか、必要な情報を補う必要があります（エラーの内容は決定の記録にあります）。",
    ),
    OtherReason.PROVIDER_REJECTED: Words(
        "What the provider objects to has to be corrected; the decision record names its error.",
        "配信事業者が示した問題を解消する必要があります（エラーの内容は決定の記録にあります）。",
    ),
    OtherReason.UNKNOWN_OUTCOME: Words(
        "Nothing is sent twice by guessing: a report of the provider settles it.",
        "二重送信を避けるため、再送はしません。配信事業者からの報告で結果が確定します。",
    ),
    OtherReason.UNCONFIRMED: Words(
        "Nothing is sent twice by guessing: a late report of the provider still settles it.",
        "二重送信を避けるため、再送はしません。遅れて報告が届けば、結果が確定します。",
    ),
}

_GOES_ITS_WAY = frozenset({State.PENDING, State.SENDING, State.SENT})


def remedy(state: str, reason: str, language: Language) -> str:
    """What would have to change, as a sentence; empty where nothing is in the way, and for a provider's own code."""
    if state in _GOES_ITS_WAY:
        return ""
    if state == State.UNKNOWN and reason in Reason.__members__.values():
        reason = OtherReason.UNKNOWN_OUTCOME
    found = REMEDIES.get(reason)
    return str(getattr(found, language)) if found is not None else ""
