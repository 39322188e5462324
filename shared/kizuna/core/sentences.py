"""A decision told as one sentence, in English and in Japanese.

Every clause is a reason: in English it follows "because", in Japanese it stands before ため. The wording is for
a marketer or the person concerned, not for an engineer. Nothing here is HTML: escape where it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from kizuna.core.messages import State
from kizuna.core.reasons import OtherReason, Reason, Waits
from kizuna.core.zone_words import zone_words
from kizuna.core.zones import zone_named

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

WITHHELD = "WITHHELD"  # decided before there was a message: held out, no address, not in the audience


class Words(NamedTuple):
    en: str
    ja: str


REASONS: Mapping[str, Words] = {
    Reason.CONSENT: Words(
        "a valid consent covers this address and topic",
        "この宛先とトピックについて有効な同意をいただいている",
    ),
    Reason.SOFT_OPT_IN: Words(
        "they bought something similar from us and were offered a way to opt out at the time",
        "類似商品のご購入があり、その際に配信停止の方法もご案内している",
    ),
    Reason.OPT_OUT_REGIME: Words(
        "the law there allows it until the person opts out, and they have not",
        "現地の法令ではお断りがない限り送信でき、お断りも受けていない",
    ),
    Reason.IMPLIED_CONSENT: Words(
        "a recent purchase or inquiry counts as implied consent in Canada",
        "最近のご購入またはお問い合わせがあり、カナダの法令上、黙示の同意とみなされる",
    ),
    Reason.BUSINESS_RELATIONSHIP: Words(
        "they are an existing customer, which the law in Japan accepts",
        "すでにお取引のあるお客様であり、日本の法令上、送信が認められている",
    ),
    Reason.TRANSACTIONAL: Words(
        "it is needed for something the person asked for",
        "ご本人が依頼されたお手続きに必要な連絡である",
    ),
    Reason.MANDATORY: Words("the law requires this notice", "法令で義務づけられた通知である"),
    Reason.OPT_OUT_CONFIRMATION: Words(
        "it is the one confirmation of their STOP, within five minutes of it",
        "配信停止のご依頼から5分以内にお送りする、1回限りの確認である",
    ),
    Reason.INVALID_REQUEST: Words(
        "the request made no sense: its category, address, channel, counts or time do not fit together",
        "送信の指定（区分・宛先・チャネル・件数・時刻など）に矛盾がある",
    ),
    Reason.ERASED: Words("this person's data was erased", "この方のデータはすでに消去されている"),
    Reason.RESTRICTED: Words(
        "the use of this person's data is restricted",
        "この方のデータの利用が制限されている",
    ),
    Reason.ENDPOINT_UNDELIVERABLE: Words(
        "the address no longer works", "この宛先が無効になっており、届けることができない"
    ),
    Reason.SMS_STOP: Words(
        "they replied STOP by text, and that still stands",
        "SMSで配信停止（STOP）の返信を受けており、現在も有効である",
    ),
    Reason.SMS_REVIEW: Words(
        "a reply that may be an opt-out is waiting for somebody to read it",
        "配信停止のご希望とも読める返信があり、担当者の確認を待っている",
    ),
    Reason.COMPLAINT: Words(
        "they reported an earlier message to this address as spam",
        "以前のメッセージが、この宛先で迷惑メールとして報告されている",
    ),
    Reason.GLOBAL_SUPPRESSION: Words(
        "they asked us not to contact them at all",
        "一切の連絡を控えるよう、ご依頼を受けている",
    ),
    Reason.OBJECTION: Words(
        "they objected to direct marketing",
        "販売促進の連絡を受け取らないとのお申し出がある",
    ),
    Reason.GPC_OPT_OUT: Words(
        "their browser sends Global Privacy Control, which forbids selling or sharing their data",
        "ブラウザーのGlobal Privacy Controlにより、データの販売と共有が拒否されている",
    ),
    Reason.MINOR: Words(
        "they are below the age limit and no guardian has agreed",
        "年齢の基準に達しておらず、保護者の同意も確認できない",
    ),
    Reason.CHANNEL_OPT_OUT: Words(
        "they unsubscribed from this channel or from everything",
        "ご本人のご希望により、このチャネルまたはすべての配信が停止されている",
    ),
    Reason.TOPIC_OPT_OUT: Words(
        "they unsubscribed from this topic", "ご本人のご希望により、このトピックの配信が停止されている"
    ),
    Reason.NO_CONSENT: Words("nothing on record permits it", "送信を認める同意の記録がない"),
    Reason.CONSENT_OUT_OF_SCOPE: Words(
        "the consent on record is for another topic",
        "いただいている同意が別のトピックについてのものである",
    ),
    Reason.CONSENT_WITHOUT_PROOF: Words(
        "the consent on record lacks proof or the wording that was shown",
        "同意の証拠、または表示した文言の記録が残っていない",
    ),
    Reason.UNVERIFIED_SOURCE: Words(
        "the consent came from somebody we could not verify",
        "同意された方がご本人であることを確認できていない",
    ),
    Reason.CONSENT_WORDING_INVALID: Words(
        "the wording they agreed to was retired as invalid",
        "同意をいただいた際の文言が、無効なものとして廃止されている",
    ),
    Reason.CONSENT_EXPIRED: Words("the consent is too old", "同意の有効期限が過ぎている"),
    Reason.CONSENT_NOT_WRITTEN: Words(
        "marketing by text in the United States needs express written consent",
        "米国での販売促進のSMSに必要な、書面による明示の同意がない",
    ),
    Reason.UNCONFIRMED_OPT_IN: Words(
        "they have not clicked the link in the confirmation mail yet",
        "登録確認メールのリンクがまだクリックされていない",
    ),
    Reason.IMPLIED_CONSENT_EXPIRED: Words(
        "the last purchase or inquiry is too long ago to count as implied consent in Canada",
        "最後のご購入やお問い合わせから時間がたち、カナダの法令上の黙示の同意の期間が過ぎている",
    ),
    Reason.MISSING_UNSUBSCRIBE: Words(
        "the message offers no way to unsubscribe",
        "メッセージに配信停止の手段が記載されていない",
    ),
    Reason.MISSING_SENDER_IDENTITY: Words(
        "the message does not say who sends it", "メッセージに送信者の表示がない"
    ),
    Reason.MISSING_POSTAL_ADDRESS: Words(
        "the message lacks the postal address that the law there asks for",
        "現地の法令で必要な、送信者の住所の記載がない",
    ),
    Reason.TONE_HOLD: Words(
        "something unpleasant happened recently, so promotion is held back",
        "お客様の最近のご事情に配慮し、販売促進の連絡を控えている",
    ),
    Reason.PRODUCT_EXCLUDED: Words(
        "they gave this product up, so it is not promoted to them",
        "この商品の利用をやめられており、その案内を控えている",
    ),
    Reason.PAUSED: Words(
        "they asked us to be silent for a while, and that time is not over",
        "しばらく連絡を控えてほしいとのご希望があり、その期間中である",
    ),
    Reason.FREQUENCY_CAP: Words(
        "they have already received as many messages as the limit allows",
        "一定期間内に送信できる件数の上限に達している",
    ),
    Reason.NO_LOCATION_CONSENT: Words(
        "it is set off by where they are, and they have not agreed to that use of their location",
        "位置情報をきっかけとする配信であり、位置情報の利用についての同意をいただいていない",
    ),
    Reason.HOUSE_HOURS: Words(
        "it fell outside of the hours in which such messages are sent, and is not kept for later",
        "配信できる時間帯から外れており、時間をおいての配信も行わない設定になっている",
    ),
    Reason.HOUSE_HOURS_ELSEWHERE: Words(
        "this channel is kept quiet at that hour, and another one was looked for",
        "この時間帯はこのチャネルでの配信を控え、別のチャネルを優先する設定になっている",
    ),
    Reason.HOUSE_HOURS_TOO_LONG: Words(
        "there was no hour for it within the time that such a message may wait",
        "配信を待てる期間のうちに、配信できる時間帯がない",
    ),
    Reason.QUIET_HOURS: Words(
        "it is too early or too late in the day where they are",
        "お客様の地域では、送信を控えるべき時間帯にあたる",
    ),
    OtherReason.NO_ADDRESS: Words(
        "there is no usable address for this channel",
        "このチャネルで使える宛先が登録されていない",
    ),
    OtherReason.HELD_OUT: Words(
        "they belong to the group that is sent nothing, to measure the effect",
        "効果を測るために、あえて送信しないグループに入っている",
    ),
    OtherReason.NOT_IN_AUDIENCE: Words("they were not in the audience", "配信対象の条件に当てはまっていない"),
    OtherReason.SUPPRESSION_LIST: Words(
        "they are on a suppression list for messages of this kind",
        "この種の連絡を控える配信除外リストに登録されている",
    ),
    OtherReason.ALREADY_ADDRESSED: Words(
        "another message of the same run already goes to this address",
        "同じ配信の別のメッセージが、すでに同じ宛先に割り当てられている",
    ),
    OtherReason.SEEN_ELSEWHERE: Words(
        "they had already met it on another channel", "別のチャネルですでにご覧いただいている"
    ),
    OtherReason.FALLBACK_WAITS: Words(
        "the channel before it is still given time to be seen",
        "先にお送りしたチャネルでご覧いただけるのを待っている",
    ),
    OtherReason.SEND_TIME: Words(
        "it waits for the moment that was chosen for them", "お客様に合わせて選んだ時刻を待っている"
    ),
    OtherReason.SEND_TIME_PASSED: Words(
        "the time of day at which it was to be heard was over where they are",
        "お客様の現地では、お届け予定の時刻を過ぎている",
    ),
    OtherReason.NOT_APPROVED: Words(
        "nobody has approved of the campaign as it is now",
        "キャンペーンの現在の内容が、まだ承認されていない",
    ),
    OtherReason.OUTRANKED: Words(
        "more important messages had taken the places of that day",
        "優先度の高いほかのお知らせで、その日の配信枠が埋まっている",
    ),
    OtherReason.WAITS_FOR_STAFF: Words(
        "it waits for a member of staff to take it up", "担当者が対応を始めるのを待っている"
    ),
    OtherReason.EXPIRED: Words(
        "it could not go out while it was still useful", "お届けできる期限が過ぎている"
    ),
    OtherReason.HELD_FOR_DIGEST: Words(
        "the limit is reached, and it will be told together with others in one message",
        "件数の上限に達しており、ほかのお知らせとまとめてお届けする",
    ),
    OtherReason.IN_DIGEST: Words(
        "it was told together with others in one message",
        "ほかのお知らせと合わせて1通にまとめている",
    ),
    OtherReason.NOTHING_LEFT: Words(
        "nothing of what it was to tell was left", "まとめてお伝えする内容が残っていない"
    ),
    OtherReason.CAMPAIGN_STOPPED: Words("the campaign was stopped", "キャンペーンが停止されている"),
    OtherReason.LEFT_JOURNEY: Words(
        "they had left the journey that it belongs to before it could go",
        "お届けする前に、この方のジャーニーが終了している",
    ),
    OtherReason.CONVERSATION_OVER: Words(
        "more than 24 hours have gone by since they last wrote to us by WhatsApp",
        "WhatsAppで最後にご連絡をいただいてから24時間以上経っている",
    ),
    OtherReason.RENDER_FAILED: Words(
        "its content could not be put together for this person",
        "この方に向けたメッセージの内容を作成できない",
    ),
    OtherReason.PROVIDER_REJECTED: Words(
        "the delivery provider refused it", "配信事業者が受け付けを拒否した"
    ),
    OtherReason.ALREADY_WRITTEN: Words(
        "they already have this message, under a record that turned out to be theirs as well",
        "同じ方と判明した別の記録で、すでにこのメッセージをお送りしている",
    ),
    OtherReason.FIRST_ARRIVED: Words(
        "the first one turned out not to be lost, so it was not sent again",
        "最初のメッセージが届いていたとわかり、再送の必要がなくなった",
    ),
    OtherReason.UNCONFIRMED: Words(
        "no word of it came from the delivery provider within a day",
        "配信事業者から丸一日、配信の報告がなかった",
    ),
    OtherReason.UNKNOWN_OUTCOME: Words(
        "the answer of the delivery provider never came back", "配信事業者からの応答が得られなかった"
    ),
}

# Why a message waits that may go (`reasons.Waits`), as clauses like the above.
HOLDS: Mapping[str, Words] = {
    Waits.KILL_SWITCH: Words(
        "the switch in the policy stops everything but what the law requires",
        "ポリシーの停止スイッチにより、法令で義務づけられた通知以外の配信をすべて止めている",
    ),
    Waits.BRAKE: Words(
        "its run or all promotion is paused, until somebody lets it go on",
        "この配信、または販売促進の配信全体が一時停止されている",
    ),
    Waits.WAVE: Words(
        "a large run goes out in waves, and this one has not begun",
        "段階的に配信しており、この方の回がまだ始まっていない",
    ),
    Waits.APPROVAL: Words(
        "nobody has approved of the campaign as it is by now",
        "変更後のキャンペーンが、まだ承認されていない",
    ),
    Waits.JOURNEY_PAUSED: Words(
        "the journey that it belongs to is paused, until somebody lets it go on",
        "このメッセージを送るジャーニーが一時停止されている",
    ),
    Waits.PACE: Words(
        "no more messages may go out at once", "一度に送信できる件数の上限に達し、順番を待っている"
    ),
    Waits.OTHER_FIRST: Words(
        "another message of the same run goes to them first",
        "同じ配信の別のメッセージを、先にこの方へお送りしている",
    ),
}

CHANNELS: Mapping[str, Words] = {
    "email": Words("by email", "メール"),
    "sms": Words("by SMS", "SMS"),
    "push": Words("as a push notification", "プッシュ通知"),
    "ad_audience": Words("to the ad audience", "広告オーディエンス連携"),
    "inbox": Words("to the in-app inbox", "アプリ内の受信箱"),
    "whatsapp": Words("by WhatsApp", "WhatsApp"),
    "line": Words("by LINE", "LINE"),
    "webhook": Words("by webhook", "Webhook"),
    "task": Words("as a task for staff", "担当者への依頼"),
}

_STATES: Mapping[str, Words] = {
    State.SENT: Words(
        "{person} was sent “{campaign}” {channel} on {at}, because {reason}.",
        "{at}、{reason}ため、{person}様に「{campaign}」（{channel}）を送信しました。",
    ),
    State.DENIED: Words(
        "{person} was not sent “{campaign}” {channel} on {at}, because {reason}.",
        "{at}、{reason}ため、{person}様への「{campaign}」（{channel}）は送信しませんでした。",
    ),
    State.PENDING: Words(
        "“{campaign}” for {person} {channel} was approved on {at} and waits for its turn, because {reason}.",
        "{at}、{reason}ため、{person}様への「{campaign}」（{channel}）の送信が認められ、順番を待っています。",
    ),
    State.SENDING: Words(
        "“{campaign}” for {person} {channel} has been on its way out since {at}, because {reason}.",
        "{reason}ため、{person}様への「{campaign}」（{channel}）を{at}から送信処理しています。",
    ),
    State.DEFERRED: Words(
        "“{campaign}” for {person} {channel} was put off on {at}{until}, because {reason}.",
        "{at}、{reason}ため、{person}様への「{campaign}」（{channel}）の送信を{until}延期しました。",
    ),
    State.FAILED: Words(
        "{person} could not be sent “{campaign}” {channel} on {at}, because {reason}.",
        "{at}、{reason}ため、{person}様に「{campaign}」（{channel}）を送信できませんでした。",
    ),
    State.EXPIRED: Words(
        "“{campaign}” for {person} {channel} was dropped on {at}, because {reason}.",
        "{at}、{reason}ため、{person}様への「{campaign}」（{channel}）の送信を取りやめました。",
    ),
    State.UNKNOWN: Words(
        "{person} may or may not have been sent “{campaign}” {channel} on {at}, because {reason}; "
        "it counts as sent.",
        "{at}、{reason}ため、{person}様に「{campaign}」（{channel}）が届いたかどうかを確認できず、"
        "送信済みとして数えています。",
    ),
}
_HELD = Words(
    "“{campaign}” for {person} {channel} may go and has been held back since {at}, because {reason}.",
    "{reason}ため、{person}様への「{campaign}」（{channel}）は、送信が認められましたが、{at}から保留しています。",
)
_UNTIL = Words(" until {at}", "{at}まで")

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_WEEKDAYS_JA = "月火水木金土日"


def explain(
    *,
    person: str,
    campaign: str,
    channel: str,
    at: datetime,
    zone: str | None,
    state: str,
    reason: str,
    not_before: datetime | None,
    language: Language,
    detail: str = "",
    held: str = "",
) -> str:
    """One decision in words. `state` is that of the message, or `WITHHELD` when there never was one. `detail` is said
    beside the reason: which hold it is, say. `held` is why a message that may go waits (`reasons.Waits`).

    Times are told in `zone`, or in UTC when it is None or unknown. A reason or channel without words of its
    own (a provider's code, say) is quoted as it is. Raises ValueError for a state that does not exist.
    """
    template = _STATES.get(State.DENIED if state == WITHHELD else state)
    if template is None:
        raise ValueError(f"no such message state: {state!r}")
    place = zone_named(zone)
    until = _UNTIL if not_before is not None else Words("", "")
    told = REASONS.get(_told_reason(state, reason)) or Words(f"of “{reason}”", f"「{reason}」の")
    if held:
        template, told, detail = _HELD, HOLDS[held], ""
    sentence: str = getattr(template, language)
    beside = "" if not detail else f"（{detail}）" if language == "ja" else f" ({detail})"
    return sentence.format(
        person=person,
        campaign=campaign,
        channel=getattr(CHANNELS.get(channel, Words(f"by {channel}", channel)), language),
        at=moment(at, place, language),
        until=getattr(until, language).format(at=moment(not_before or at, place, language)),
        reason=getattr(told, language) + beside,
    )


def _told_reason(state: str, reason: str) -> str:
    """An UNKNOWN message may carry the reason why it was allowed; what matters then is what went wrong."""
    if state == State.UNKNOWN and reason in Reason.__members__.values():
        return OtherReason.UNKNOWN_OUTCOME
    return reason


def moment(instant: datetime, zone: ZoneInfo | None, language: Language) -> str:
    """An instant in words, in a zone or in UTC, which is named."""
    local = instant.astimezone(zone or UTC)
    place = zone.key if zone else "UTC"
    if language == "ja":
        weekday, clock = _WEEKDAYS_JA[local.weekday()], f"{local.hour}:{local:%M}"
        return f"{day(local, language)}（{weekday}）{clock}（{zone_words(place, language)}）"
    return f"{day(local, language)} at {local:%H:%M} ({place})"


def day(of: date, language: Language) -> str:
    """A day of the calendar in words."""
    if language == "ja":
        return f"{of.year}年{of.month}月{of.day}日"
    return f"{of.day} {_MONTHS[of.month - 1]} {of.year}"
