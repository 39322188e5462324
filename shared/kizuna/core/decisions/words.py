"""The six keys and the three questions in words, English and Japanese: for a marketer, not for an engineer.

Each reason is a whole clause: in English it stands behind a colon, in Japanese it is a sentence of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from kizuna.core.decisions.six_keys import Why
from kizuna.core.sentences import Words

Question = Literal["relevant", "way", "time"]

QUESTIONS: Mapping[Question, Words] = {
    "relevant": Words("Is it relevant?", "お客様に関係のある内容ですか"),
    "way": Words("Is it the best way?", "最適な届け方ですか"),
    "time": Words("Is it the best time?", "最適なタイミングですか"),
}
ANSWERS: Mapping[bool, Words] = {True: Words("Yes", "はい"), False: Words("No", "いいえ")}

KEYS: Mapping[str, Words] = {
    "relevance": Words("Relevance", "関連性"),
    "suitability": Words("Suitability", "適切さ"),
    "convenience": Words("Convenience", "利便性"),
    "frequency": Words("Frequency", "頻度"),
    "timeliness": Words("Timeliness", "タイミング"),
    "consistency": Words("Consistency", "一貫性"),
}

WHY: Mapping[Why, Words] = {
    Why.ASKED_FOR: Words("they asked for just this answer", "ご本人が求められた返答です"),
    Why.OWN_EVENT: Words("it answers something they just did", "ご本人の行動に応える内容です"),
    Why.CAME_TO_FIT: Words(
        "they have just come to fit the segment it is for", "対象セグメントの条件を新たに満たされました"
    ),
    Why.IS_OVER: Words(
        "what it waited for is over: they have just left the segment that it follows",
        "対象の状態が終わり、セグメントから外れた直後のご連絡です",
    ),
    Why.ON_THE_WAY: Words(
        "their own way through a journey led to it",
        "ジャーニーの流れの中で、ご本人の状況に応じてお送りする内容です",
    ),
    Why.FITS_AND_MORE: Words(
        "they are in the segment it is for and fit its condition beside that",
        "対象セグメントに含まれ、追加の条件も満たされています",
    ),
    Why.FITS: Words("they are in the segment it is for", "対象セグメントに含まれています"),
    Why.GATHERED: Words(
        "it gathers messages that were meant for them and had to wait",
        "お待ちいただいていたお知らせをまとめた内容です",
    ),
    Why.EVERYBODY: Words("it goes to everybody, whoever they are", "お客様を選ばず、全員に向けた内容です"),
    Why.NOT_MEANT: Words("it was not meant for them", "配信の対象ではありません"),
    Why.SERVICE: Words("it serves them and sells nothing", "販売促進ではなく、お客様に必要なご案内です"),
    Why.SAID_YES: Words("they said yes to it", "ご本人の同意をいただいています"),
    Why.LAWFUL: Words(
        "the law permits it, but they never said yes themselves",
        "法令上は認められていますが、ご本人が明示的に同意されたものではありません",
    ),
    Why.PERMITTED: Words(
        "nothing forbade it; something else held it back",
        "送信は認められていますが、別の理由で送信していません",
    ),
    Why.OTHER_LANGUAGE: Words("it is not in their language", "お客様の言語で書かれていません"),
    Why.SAID_NO: Words("they said no", "ご本人がお断りになっています"),
    Why.NO_YES: Words("they never gave a yes that counts", "有効な同意をいただいていません"),
    Why.TROUBLED: Words(
        "something unpleasant is not settled yet", "お客様のご事情に配慮すべき期間が、まだ続いています"
    ),
    Why.GAVE_IT_UP: Words("they gave this product up", "この商品の利用をやめられています"),
    Why.INCOMPLETE: Words("it lacks what a message must show", "メッセージに必要な記載がそろっていません"),
    Why.NOT_ASKED: Words(
        "it was not asked, for it came to nothing before",
        "それ以前に送信しないと決まったため、判定していません",
    ),
    Why.PREFERRED: Words("it is the channel they chose", "ご本人が選ばれたチャネルです"),
    Why.USABLE: Words(
        "the address works, and it is theirs; they chose no channel",
        "宛先は有効で、ご本人のものです。チャネルのご希望は伺っていません",
    ),
    Why.ONLY_CLAIMED: Words(
        "nobody but a web page says that the address is theirs",
        "ご本人の宛先であることを、ウェブページ以外で確認できていません",
    ),
    Why.OTHER_PREFERRED: Words("they chose another channel", "別のチャネルを希望されています"),
    Why.UNUSABLE: Words("the address does not work", "宛先が無効になっています"),
    Why.NO_ADDRESS: Words("there is no address for this channel", "このチャネルの宛先が登録されていません"),
    Why.NOT_COUNTED: Words(
        "it is no promotion, and counts towards no limit", "販売促進ではないため、件数の上限に含めません"
    ),
    Why.NO_LIMIT: Words(
        "no limit applies, so nothing says how much is too much",
        "件数の上限がなく、多すぎるかどうかを判断できません",
    ),
    Why.ROOM: Words("much of the limit is left", "件数の上限まで余裕があります"),
    Why.LITTLE_ROOM: Words("little of the limit is left", "件数の上限に近づいています"),
    Why.FULL: Words("the limit was reached", "件数の上限に達しています"),
    Why.AT_ONCE: Words("it comes within minutes of its cause", "きっかけから数分以内です"),
    Why.SAME_HOUR: Words("it comes within the hour of its cause", "きっかけから1時間以内です"),
    Why.SAME_DAY: Words("it comes within a day of its cause", "きっかけから1日以内です"),
    Why.LATE: Words("its cause is more than a day old", "きっかけから1日以上たっています"),
    Why.WAKING_HOURS: Words(
        "we chose the moment, and it is daytime where they are",
        "当社が選んだ時刻で、お客様の地域では日中です",
    ),
    Why.HOUR_UNKNOWN: Words(
        "we chose the moment, and do not know what time it is where they are",
        "当社が選んだ時刻で、お客様の地域の時刻がわかりません",
    ),
    Why.ODD_HOUR: Words(
        "we chose the moment, and it is early or late where they are",
        "当社が選んだ時刻で、お客様の地域では早朝か夜間です",
    ),
    Why.BAD_MOMENT: Words("it is an hour in which they are left in peace", "連絡を控えるべき時間帯です"),
    Why.TOO_SOON: Words(
        "there is no room for it before a later moment", "後の時刻まで、送信できる余裕がありません"
    ),
    Why.ALONE: Words(
        "nothing else came from us within the day", "24時間以内に、ほかのお知らせは送っていません"
    ),
    Why.ANOTHER_TODAY: Words(
        "one other message came from us within the day", "24時間以内に、ほかに1件のお知らせを送っています"
    ),
    Why.SEVERAL_TODAY: Words(
        "several other messages came from us within the day",
        "24時間以内に、ほかに複数のお知らせを送っています",
    ),
    Why.SAME_TODAY: Words(
        "the same campaign spoke to them within the day",
        "24時間以内に、同じキャンペーンのお知らせを送っています",
    ),
    Why.OUT_OF_TUNE: Words(
        "promotion does not go with what is open between us", "未解決のことがある中での販売促進になります"
    ),
    Why.UNKNOWN: Words("nothing is kept that would tell", "判断できる記録がありません"),
}
