"""Why a campaign had no reason to consider somebody, in words: no decision stands for what was never asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from kizuna.core.sentences import Language, Words, moment
from kizuna.core.zones import zone_named


class Unasked(StrEnum):
    """Why a campaign decided nothing about a person in some time."""

    OFF = "off"
    NO_RUN = "no_run"
    OUTSIDE = "outside"
    EXCLUDED = "excluded"
    CONDITION = "condition"
    CAME_LATER = "came_later"
    NO_EVENT = "no_event"
    OTHER_EVENT = "other_event"
    PAST_EVENT = "past_event"
    NOT_ENTERED = "not_entered"
    IN_BEFORE = "in_before"
    STILL_IN = "still_in"
    NOT_LEFT = "not_left"
    NOT_ASKED = "not_asked"
    NOTHING_HELD = "nothing_held"
    JOURNEY_PAUSED = "journey_paused"
    JOURNEY_OVER = "journey_over"
    ON_THE_WAY = "on_the_way"
    WENT_THROUGH = "went_through"
    NOT_STARTED = "not_started"
    OTHER_ENTRY = "other_entry"


WORDS: Mapping[Unasked, Words] = {
    Unasked.OFF: Words("it is switched off", "停止中です"),
    Unasked.NO_RUN: Words("it did not run in that time", "この期間には配信がありませんでした"),
    Unasked.OUTSIDE: Words("they are not in its audience", "配信対象のセグメントに含まれていません"),
    Unasked.EXCLUDED: Words(
        "they are in a segment that it leaves out", "配信から除外するセグメントに含まれています"
    ),
    Unasked.CONDITION: Words("its condition is not true of them", "追加の条件を満たしていません"),
    Unasked.CAME_LATER: Words(
        "they fit it now, but did not when it ran", "現在は対象ですが、配信の時点では対象ではありませんでした"
    ),
    Unasked.NO_EVENT: Words(
        "what starts it did not happen in that time", "開始のきっかけとなる行動が、この期間にありませんでした"
    ),
    Unasked.OTHER_EVENT: Words(
        "what starts it happened, but not as it asks for",
        "きっかけとなる行動はありましたが、条件に合っていません",
    ),
    Unasked.PAST_EVENT: Words(
        "what starts it was told too late, or before the campaign was in force",
        "きっかけとなる行動の記録が届くのが遅かったか、キャンペーンの開始前でした",
    ),
    Unasked.NOT_ENTERED: Words(
        "they did not come into the segment that starts it", "開始の条件となるセグメントに入っていません"
    ),
    Unasked.IN_BEFORE: Words(
        "they did not newly come into the segment that starts it in that time",
        "この期間に、開始の条件となるセグメントへ新たに入ってはいません",
    ),
    Unasked.STILL_IN: Words(
        "it begins when they leave a segment, and they are still in it",
        "セグメントから外れたときにお送りする内容で、まだそのセグメントに含まれています",
    ),
    Unasked.NOT_LEFT: Words(
        "they did not leave the segment that starts it in that time",
        "この期間に、開始の条件となるセグメントから外れていません",
    ),
    Unasked.NOT_ASKED: Words("they did not ask for it", "ご本人からのお求めがありませんでした"),
    Unasked.NOTHING_HELD: Words(
        "nothing was held back that it could have told", "まとめてお伝えする内容がありませんでした"
    ),
    Unasked.JOURNEY_PAUSED: Words(
        "the journey is paused: nobody enters it, and nobody in it goes on",
        "ジャーニーが一時停止中で、開始も進行もしていません",
    ),
    Unasked.JOURNEY_OVER: Words("the journey has ended", "ジャーニーは終了しています"),
    Unasked.ON_THE_WAY: Words(
        "they are on their way through the journey, and it had nothing to say in that time",
        "ジャーニーの途中にいますが、この期間にお送りする内容がありませんでした",
    ),
    Unasked.WENT_THROUGH: Words(
        "they have been through the journey, which had nothing to say in that time",
        "ジャーニーを終えており、この期間にお送りする内容がありませんでした",
    ),
    Unasked.NOT_STARTED: Words(
        "nobody asked for it: only a system or another journey begins this one",
        "システム、または別のジャーニーからの開始の指示がありませんでした",
    ),
    Unasked.OTHER_ENTRY: Words(
        "what begins it happened, and they were not let in: they do not fit whom it is meant for, have been in it "
        "before, or it was full or paused then",
        "開始のきっかけはありましたが、対象の条件に合わない、以前に参加している、定員に達していた、または一時停止中"
        "だったため、参加していません",
    ),
}

_CAMPAIGN = Words(
    "“{campaign}” did not consider them: {why}.", "「{campaign}」は判定の対象になりませんでした。{why}。"
)
_BEGINS = Words("It begins with the event “{event}”.", "きっかけとなるイベントは「{event}」です。")
_STANDS = Words("They have been at the step “{step}” since {at}.", "{at}からステップ「{step}」にいます。")
_GOES_ON = Words(" They go on by {at}.", "{at}までに次へ進みます。")
_ENDED = Words("That was over on {at}: {why}.", "{at}に終わりました：{why}。")
_STOPPED = Words(
    "It was paused on {at} by {by}: {reason}.", "{at}に{by}が一時停止しました（理由：{reason}）。"
)
_NEXT = Words("It runs again on {at}.", "次の配信は{at}です。")
_SUMMARY = Words(
    "Since {since}, {person} was sent {sent} and not sent {withheld}; {waiting} still on the way; "
    "{unasked} did not consider them.",
    "{since}以降、{person}様への送信は{sent}、見送りは{withheld}、送信待ちは{waiting}です。"
    "判定の対象にならなかったキャンペーンは{unasked}です。",
)
_NOTHING_PLANNED = Words(
    "No campaign is in force, so nothing could be meant for anybody.",
    "有効なキャンペーンがないため、どなたにも配信の予定はありません。",
)
_UNKNOWN = Words(
    "Nobody is known by this, so nothing could be meant for them.",
    "該当するお客様の記録がないため、配信の対象にはなりません。",
)


def unasked_sentence(campaign: str, why: Unasked, language: Language) -> str:
    said = getattr(WORDS[why], language)
    return str(getattr(_CAMPAIGN, language)).format(campaign=campaign, why=said)


def begins_sentence(event: str, language: Language) -> str:
    """What sets a campaign or journey off."""
    return str(getattr(_BEGINS, language)).format(event=event)


def standing_sentence(
    step: str, since: datetime, goes_on: datetime | None, zone: str | None, language: Language
) -> str:
    """Where somebody is in a journey, since when, and when they go on."""
    place = zone_named(zone)
    told = str(getattr(_STANDS, language)).format(step=step, at=moment(since, place, language))
    if goes_on is None:
        return told
    return told + str(getattr(_GOES_ON, language)).format(at=moment(goes_on, place, language))


def stopped_sentence(at: datetime, by: str, reason: str, zone: str | None, language: Language) -> str:
    """Since when a journey stands still, who said so, and why (in the words that they gave)."""
    told = str(getattr(_STOPPED, language))
    return told.format(at=moment(at, zone_named(zone), language), by=by, reason=reason.rstrip(".。"))


def ended_sentence(at: datetime, why: str, zone: str | None, language: Language) -> str:
    """When somebody's way through a journey was over, and how it ended."""
    return str(getattr(_ENDED, language)).format(at=moment(at, zone_named(zone), language), why=why)


def next_run_sentence(at: datetime, zone: str | None, language: Language) -> str:
    return str(getattr(_NEXT, language)).format(at=moment(at, zone_named(zone), language))


def summary(
    *,
    person: str,
    since: datetime,
    zone: str | None,
    sent: int,
    withheld: int,
    waiting: int,
    unasked: int,
    language: Language,
) -> str:
    """What became of somebody in some time, in one sentence."""
    return str(getattr(_SUMMARY, language)).format(
        person=person,
        since=moment(since, zone_named(zone), language),
        sent=_messages(sent, language),
        withheld=_messages(withheld, language),
        waiting=_messages(waiting, language),
        unasked=_campaigns(unasked, language),
    )


def nothing_planned(language: Language) -> str:
    return str(getattr(_NOTHING_PLANNED, language))


def nobody_known(language: Language) -> str:
    return str(getattr(_UNKNOWN, language))


def _messages(count: int, language: Language) -> str:
    if language == "ja":
        return f"{count}件"
    return f"{count} message" if count == 1 else f"{count} messages"


def _campaigns(count: int, language: Language) -> str:
    if language == "ja":
        return f"{count}件"
    return f"{count} campaign" if count == 1 else f"{count} campaigns"
