"""Why a run went on as it did, in words: the codes of its path (`Station.why`), English and Japanese."""

from __future__ import annotations

from kizuna.core.journeys.keeping import CUT
from kizuna.core.journeys.run import RunState
from kizuna.core.messages import State
from kizuna.core.sentences import REASONS, Language, Words

_PLAIN: dict[str, Words] = {
    "over": Words("the wait was over", "待機が終わりました"),
    "past": Words("the moment had passed already", "予定の時刻を過ぎていたため、すぐに進みました"),
    "timeout": Words("nothing came in time", "期限までに何も起きませんでした"),
    "in_segment": Words("is in the segment", "セグメントに入っています"),
    "turn": Words("their turn came", "順番が来ました"),
    "throttle_full": Words("the queue is longer than a year", "順番待ちが1年を超えています"),
    "else": Words("none of the cases holds", "どの条件にも当てはまりません"),
    "passed": Words("the condition holds", "条件に当てはまります"),
    "not_passed": Words("the condition does not hold", "条件に当てはまりません"),
    "held_out": Words("held out: nothing is said or changed", "ホールドアウトのため、配信も変更もしません"),
    "not_held_out": Words("not held out", "ホールドアウトの対象外です"),
    "met": Words("paths met", "経路が合流しました"),
    "all_met": Words("came by all of the steps", "すべてのステップを通りました"),
    "not_all": Words("did not come by all of the steps", "通っていないステップがあります"),
    "loops_over": Words("went round often enough", "繰り返しの上限に達しました"),
    "set": Words("remembered", "値を記録しました"),
    "done": Words("done", "完了しました"),
    "sent": Words("sent", "送信しました"),
    "answered": Words("answered", "回答がありました"),
    "unknown": Words("sent, with no word whether it arrived", "送信しましたが、届いたかわかりません"),
    "nothing_to_say": Words("there was nothing to say", "伝えることがありませんでした"),
    "contact_cooldown": Words(
        "too soon after the last message of this journey: waits", "前回の配信から間もないため、待っています"
    ),
    "trait_missing": Words("the date is not known", "日付がわかりません"),
    "moved": Words("the step is another by now", "ステップが変更されました"),
    "step_gone": Words("the step is gone", "ステップがなくなりました"),
    "started": Words("entered the other journey", "別のジャーニーに入りました"),
    "inside": Words("is in the other journey already", "すでに別のジャーニーに入っています"),
    "was_in_before": Words("was in the other journey before", "以前に別のジャーニーに入ったことがあります"),
    "too_soon": Words("entered the other journey not long ago", "別のジャーニーに入ってから間もありません"),
    "too_many_at_once": Words("is in the other journey often enough", "別のジャーニーの同時実行の上限です"),
    "not_in_audience": Words("is not meant", "対象ではありません"),
    "journey_ended": Words("the journey has ended", "ジャーニーは終了しました"),
    "journey_paused": Words("the journey is paused", "ジャーニーは一時停止中です"),
    "journey_removed": Words("the journey is gone", "ジャーニーはなくなりました"),
    "repeated": Words("this occasion was taken before", "同じきっかけは処理済みです"),
    "full": Words("the journey takes nobody more", "ジャーニーの定員に達しました"),
    "too_large": Words(
        "not done: its values are more than 32 KB", "値の合計が32 KBを超えるため、実行しませんでした"
    ),
    "no_key": Words("it is not said what it is about", "キーがありません"),
}
_CUT = Words(
    "{}; not all of its values were kept, for there is no room",
    "{}（容量の上限を超えた値は記録していません）",
)
_COUNTED: dict[str, Words] = {
    "case": Words("case {} holds", "条件{}に当てはまります"),
    "event": Words("awaited event {} came", "待っていたイベント{}が起きました"),
    "outcome": Words("the task was done: {}", "対応が完了しました：{}"),
    "branch": Words("by chance: {}", "抽選：{}"),
    "full": Words("{} is full", "{}は定員に達しました"),
    "arm": Words("experiment: {}", "実験：{}"),
    "loop": Words("round {}", "{}回目の繰り返し"),
    "version": Words("moved to version {}", "バージョン{}へ移りました"),
}
_OF_MESSAGES: dict[str, Words] = {
    str(State.DEFERRED).lower(): Words("waits because {}", "{}ため、待っています"),
    str(State.DENIED).lower(): Words("not sent because {}", "{}ため、送信しませんでした"),
    str(State.EXPIRED).lower(): Words("too late, because {}", "{}ため、期限が切れました"),
    str(State.FAILED).lower(): Words("failed because {}", "{}ため、送信できませんでした"),
}
_ENDS: dict[str, Words] = {
    str(RunState.COMPLETED): Words("came to the end", "最後まで進みました"),
    str(RunState.CONVERTED): Words("reached the goal", "目標を達成しました"),
    str(RunState.EXITED): Words("left: {}", "離脱：{}"),
    str(RunState.HELD_OUT): Words("came to the end, held out", "ホールドアウトのまま最後まで進みました"),
    str(RunState.MIGRATED_OUT): Words(
        "left, for the journey was changed", "ジャーニーの変更により離脱しました"
    ),
    str(RunState.FAILED): Words("failed: {}", "失敗：{}"),
}
# Reasons to leave that we give ourselves; others are the words of an exit step or an exit rule.
_LEFT: dict[str, Words] = {
    "erased": Words("the person was erased", "ご本人のデータが消去されたため"),
    "merged": Words(
        "they turned out to be somebody who walks it already", "すでに進行中の同じお客様と判明したため"
    ),
    "removed_by_staff": Words("taken out by staff", "担当者が外したため"),
    "journey_ended": Words("the journey has ended", "ジャーニーが終了したため"),
    "journey_removed": Words("the journey is gone", "ジャーニーがなくなったため"),
    "withheld": Words("a message was not allowed", "メッセージを送信できなかったため"),
    "webhook_failed": Words("a system never took what it was told", "外部システムに連携できなかったため"),
    "gate": Words("the condition of a gate does not hold", "通過条件に当てはまらないため"),
    "trait_missing": Words("the date is not known", "日付がわからないため"),
}


def why_in_words(why: str, language: Language) -> str:
    """A code of a path in words. One that has none of its own (a reason that a journey gives, a provider's word) is
    told as it is."""
    if why.endswith(CUT):
        return _in(_CUT, language).format(why_in_words(why.removesuffix(CUT), language))
    if why in _PLAIN:
        return _in(_PLAIN[why], language)
    word, _, rest = why.partition(".")
    for found in (_ENDS.get(word), _COUNTED.get(word)):
        if found is not None:
            left = _LEFT.get(rest) if word in _ENDS else None
            return _in(found, language).format(rest if left is None else _in(left, language))
    of_message = _OF_MESSAGES.get(word)
    if of_message is None:
        return why
    if not rest:
        return word
    reason = REASONS.get(rest)
    return _in(of_message, language).format(_in(reason, language) if reason is not None else rest)


def _in(words: Words, language: Language) -> str:
    told: str = getattr(words, language)
    return told
