"""Why somebody is told at this moment, in words: what a decision record keeps of it (`campaigns.moments.Moment`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.core.campaigns.moments import Because
from kizuna.core.sentences import Language, Words

_WORDS: Mapping[Because, Words] = {
    Because.AT_ONCE: Words("as soon as it was decided", "決まり次第すぐ"),
    Because.FIXED: Words("at the instant that was set for everybody", "全員に共通の指定時刻"),
    Because.LOCAL_TIME: Words("at the time of day that was set, where they are", "お客様の現地での指定時刻"),
    Because.NEXT_DAY: Words(
        "at the time of day that was set, a day later: that day's was over where they are",
        "現地では当日の指定時刻を過ぎていたため、翌日以降の同じ時刻",
    ),
    Because.PASSED: Words(
        "the time of day that was set was over where they are", "現地では指定時刻を過ぎています"
    ),
    Because.OWN_HABIT: Words(
        "around {hour}:00, when they are likeliest to react: {hits} of {tries} messages of that hour so far,"
        " {rate:.0%} expected",
        "{hour}時台。最も反応が見込まれる時間帯です（この時間帯の実績：{tries}件中{hits}件、見込み{rate:.0%}）",
    ),
    Because.HABIT_OF_ALL: Words(
        "around {hour}:00, when people react most: nothing is known of their own habits, {rate:.0%} expected",
        "{hour}時台。ご本人の傾向がまだわからないため、全体で最も反応の多い時間帯です（見込み{rate:.0%}）",
    ),
    Because.NO_HABIT_KNOWN: Words(
        "around {hour}:00, the declared hour: nothing is known yet of when people react",
        "{hour}時台。反応の傾向がまだわからないため、既定の時間帯です",
    ),
    Because.TRIED_OUT: Words(
        "around {hour}:00, an hour that is tried out to learn from it",
        "{hour}時台。傾向を知るために試す時間帯です",
    ),
}
_MOMENT = Words("The moment: {why}.", "タイミングの選び方：{why}。")
_DECLARED = Words(
    " (by the declared zone, for theirs is not known)", "（現地のタイムゾーンが不明のため既定値を使用）"
)


def moment_sentence(told: Mapping[str, Any], language: Language) -> str:
    """One sentence; empty for a record that this release does not know."""
    if told.get("because") not in set(Because):
        return ""
    tries, hits = told.get("own", (0, 0))
    values = {"hour": told.get("hour"), "rate": told.get("rate", 0.0), "tries": tries, "hits": hits}
    why = getattr(_WORDS[Because(told["because"])], language).format(**values)
    declared = getattr(_DECLARED, language) if told.get("declared_zone") else ""
    sentence: str = getattr(_MOMENT, language)
    return sentence.format(why=why + declared)
