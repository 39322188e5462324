"""Why somebody does not enter a journey, in a sentence: the codes of `Refusal`, English and Japanese."""

from __future__ import annotations

from kizuna.core.journeys.admitting import Refusal
from kizuna.core.sentences import Language, Words

_SENTENCES: dict[str, Words] = {
    "erased": Words("this person is erased, or about to be", "この方は削除済みか、削除の手続き中です"),
    "restricted": Words(
        "this person has asked that nothing be done with what is known of them",
        "この方は個人データの利用停止を求めています",
    ),
    "journey_ended": Words("the journey has ended (ends_at)", "ジャーニーは終了しています（ends_at）"),
    "journey_paused": Words("the journey is paused: nobody enters", "ジャーニーは一時停止中のため、入れません"),
    "journey_gone": Words("there is no such journey in force any more", "このジャーニーはもう有効ではありません"),
    "another_event": Words("what happened is not what begins it", "開始条件のイベントではありません"),
    "no_key": Words(
        "it is not said what the run is about: the journey has a run for each key (reentry.per_key)",
        "このジャーニーはキーごとに進むため、キーの指定が必要です（reentry.per_key）",
    ),
    "repeated": Words("this very request was taken before: it begins nothing more",
                      "同じリクエストはすでに処理済みです"),
    "inside": Words("this person is in it already", "この方はすでにこのジャーニーの途中にいます"),
    "was_in_before": Words(
        "this person was in it before, and it is entered once only (reentry: never)",
        "この方は以前に入ったことがあり、再び入ることはできません（reentry: never）",
    ),
    "too_soon": Words("this person was in it not long ago (reentry.after)",
                      "前回から間もないため、まだ入れません（reentry.after）"),
    "too_many_at_once": Words("this person is in it as often as it allows at once (max_concurrent)",
                              "同時に進められる数の上限に達しています（max_concurrent）"),
    "not_in_audience": Words("this person is not whom it is meant for (audience, exclude)",
                             "対象者の条件に当てはまりません（audience、exclude）"),
    "full": Words("it takes nobody more (entry_limits)", "ジャーニーの定員に達しています（entry_limits）"),
}  # fmt: skip


def refusal_in_words(refusal: Refusal, language: Language = "en") -> str:
    """The sentence, without its full stop; a code without one as it is."""
    words = _SENTENCES.get(refusal.reason)
    return refusal.reason if words is None else str(getattr(words, language))
