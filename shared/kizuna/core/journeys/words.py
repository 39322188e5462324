"""Each step of a journey, and the journey itself, in a sentence: English and Japanese.

A step without words would be a silent hole in every description, so the match is exhaustive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from kizuna.core.condition_words.values import length_in_words, listed, value_in_words
from kizuna.core.durations import instant_to_text
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.entering import EnterByApi, EnterByEvent, EnterBySchedule, EnterBySegment
from kizuna.core.journeys.parts import FromContext, FromTrait, LocalMoment, Now, TraitMoment
from kizuna.core.journeys.steps import (
    Branch,
    EmitEvent,
    Exit,
    ExperimentStep,
    Gate,
    Goto,
    HoldoutStep,
    Join,
    MessageStep,
    OnChannels,
    SetContext,
    Split,
    StartJourney,
    Step,
    SurveyStep,
    TaskStep,
    Throttle,
    UpdateProfile,
    Wait,
    WaitFor,
    WaitSegment,
    WebhookStep,
)
from kizuna.core.journeys.way_words import event_in_words, question_in_words
from kizuna.core.sentences import Language, Words

_AND = Words("and", "と")
_DAYS: dict[str, Words] = {
    "monday": Words("Monday", "月曜日"),
    "tuesday": Words("Tuesday", "火曜日"),
    "wednesday": Words("Wednesday", "水曜日"),
    "thursday": Words("Thursday", "木曜日"),
    "friday": Words("Friday", "金曜日"),
    "saturday": Words("Saturday", "土曜日"),
    "sunday": Words("Sunday", "日曜日"),
    "workdays": Words("a workday", "平日"),
    "weekend": Words("a weekend day", "週末"),
}
_CHANNELS: dict[str, Words] = {
    "email": Words("e-mail", "メール"),
    "sms": Words("text message", "SMS"),
    "push": Words("push notification", "プッシュ通知"),
    "whatsapp": Words("WhatsApp", "WhatsApp"),
    "line": Words("LINE", "LINE"),
    "inbox": Words("inbox", "アプリ内の受信箱"),
    "webhook": Words("webhook", "Webhook"),
    "task": Words("a member of staff", "担当者"),
}


def step_in_words(step: Step, language: Language) -> str:
    """What a step does, as a sentence without its full stop."""
    match step:
        case Wait():
            return _wait(step, language)
        case WaitFor() | WaitSegment() | Throttle():
            told = _waiting(step, language)
        case Branch() | Gate() | Split() | ExperimentStep() | HoldoutStep():
            told = _dividing(step, language)
        case Join() | Goto() | Exit():
            told = _leading(step)
        case MessageStep() | SurveyStep() | WebhookStep() | TaskStep():
            told = _speaking(step, language)
        case UpdateProfile() | SetContext() | EmitEvent() | StartJourney():
            told = _changing(step, language)
        case _:
            assert_never(step)
    words: str = getattr(told, language)
    return words


def _waiting(step: WaitFor | WaitSegment | Throttle, language: Language) -> Words:
    match step:
        case WaitFor(events=events, timeout=timeout, match_key=key):
            told = listed((event_in_words(each.event, each.where, language) for each in events), language)
            length = length_in_words(timeout, language)
            return Words(
                f"waits for {told}{f' with the same {key}' if key else ''}, {length} at most",
                f"{told}{f'（{key}が同じもの）' if key else ''}を最長{length}待つ",
            )
        case WaitSegment(segment=segment, timeout=timeout):
            length = length_in_words(timeout, language)
            return Words(
                f"waits until they are in “{segment}”, {length} at most",
                f"「{segment}」に入るまで最長{length}待つ",
            )
        case Throttle(rate=rate, per=per):
            length = length_in_words(per, language)
            return Words(
                f"lets {rate} through in each {length.removeprefix('1 ')}",
                f"{length}ごとに{rate}人ずつ進める",
            )
        case _:
            assert_never(step)


def _dividing(step: Branch | Gate | Split | ExperimentStep | HoldoutStep, language: Language) -> Words:
    match step:
        case Branch(cases=(_,)):
            return Words("goes by a question", "条件で分ける")
        case Branch(cases=cases):
            return Words(
                f"goes by the first of {len(cases)} questions that holds",
                f"{len(cases)}つの条件を上から順に見て分ける",
            )
        case Gate():
            asked = question_in_words(step, language)
            return Words(f"lets through only if {asked}", f"次の条件を満たす人だけ進む：{asked}")
        case Split(weights=weights):
            shares = ", ".join(f"{name} {weight:g}%" for name, weight in weights.items())
            return Words(f"divides by chance: {shares}", f"無作為に分ける：{shares}")
        case ExperimentStep(arms=arms, metric=metric):
            return Words(
                f"tries which of {len(arms)} paths does best by {metric}",
                f"{len(arms)}つの流れを比べる（指標：{metric}）",
            )
        case HoldoutStep(percent=percent):
            return Words(
                f"holds {percent:g}% out: they walk on and hear nothing",
                f"{percent:g}%の人には何も送らず、効果を比べる",
            )
        case _:
            assert_never(step)


def _leading(step: Join | Goto | Exit) -> Words:
    match step:
        case Join(mode="any"):
            return Words("paths meet", "流れが合流する")
        case Join(of=steps):
            return Words(
                f"goes on with who has come by all of {', '.join(steps)}",
                f"{'・'.join(steps)}をすべて通った人だけ進む",
            )
        case Goto(node=node):
            return Words(f"goes back to “{node}”", f"「{node}」に戻る")
        case Exit(reason=reason):
            return Words(f"leaves the journey ({reason})", f"ジャーニーを終える（{reason}）")
        case _:
            assert_never(step)


def _speaking(step: MessageStep | SurveyStep | WebhookStep | TaskStep, language: Language) -> Words:
    match step:
        case MessageStep():
            by = _by(step, language)
            return Words(f"writes by {by}", f"{by}で送る")
        case SurveyStep(survey=survey, timeout=timeout):
            by, length = _by(step, language), length_in_words(timeout, language)
            return Words(
                f"asks the survey “{survey}” by {by}, and waits for the answers, {length} at most",
                f"{by}でアンケート「{survey}」を送り、回答を最長{length}待つ",
            )
        case WebhookStep():
            return Words("tells another system", "外部システムに知らせる")
        case TaskStep(await_=True):
            return Words("asks a member of staff, and waits until it is done", "担当者に依頼し、完了を待つ")
        case TaskStep():
            return Words("asks a member of staff", "担当者に依頼する")
        case _:
            assert_never(step)


def _changing(step: UpdateProfile | SetContext | EmitEvent | StartJourney, language: Language) -> Words:
    match step:
        case UpdateProfile():
            changed = (*step.set, *step.unset, *step.increment, *step.append)
            told = listed(changed, language, last=_AND)
            return Words(f"changes {told} of the profile", f"プロフィールの{told}を更新する")
        case SetContext(values=values):
            told = listed(_pairs(values, language), language, last=_AND)
            return Words(f"remembers {told}", f"{told}を覚えておく")
        case EmitEvent(event=event):
            return Words(f"records “{event}”", f"「{event}」を記録する")
        case StartJourney(start=start):
            return Words(f"starts the journey “{start}”", f"ジャーニー「{start}」を始める")
        case _:
            assert_never(step)


# ── parts of sentences ──────────────────────────────────────────────────────────────────────────


def _wait(step: Wait, language: Language) -> str:
    told = _how_long(step, language)
    if step.jitter is None:
        return told
    spread = length_in_words(step.jitter, language)
    return f"{told}, spread over {spread}" if language == "en" else f"{told}（最大{spread}ずらす）"


def _how_long(step: Wait, language: Language) -> str:
    en = language == "en"
    if step.for_ is not None:
        length = length_in_words(step.for_, language)
        return f"waits for {length}" if en else f"{length}待つ"
    if step.until_local is not None:
        return _until_local(step.until_local, language)
    if step.until_trait is not None:
        return _until_trait(step.until_trait, language)
    if step.until is not None:
        instant = instant_to_text(step.until)
        return f"waits until {instant}" if en else f"{instant}まで待つ"
    raise ValueError(f"step {step.id} waits for nothing")


def _until_local(local: LocalMoment, language: Language) -> str:
    days = (
        listed((getattr(_DAYS[day], language) for day in local.weekdays), language) if local.weekdays else ""
    )
    if language == "en":
        where = f" in {local.zone}" if local.zone else " where they are"
        return f"waits until {local.time}{where}{f' on {days}' if days else ''}"
    where = f"{local.zone}の" if local.zone else "本人の時間帯で"
    return f"{where}{f'{days}の' if days else ''}{local.time}まで待つ"


def _until_trait(moment: TraitMoment, language: Language) -> str:
    offset = moment.offset or ""
    length = length_in_words(offset.lstrip("+-"), language) if offset else ""
    before = offset.startswith("-")
    at = (
        f" at {moment.time}"
        if moment.time and language == "en"
        else f"の{moment.time}"
        if moment.time
        else ""
    )
    if language == "en":
        told = f"{length} {'before' if before else 'after'} " if length else ""
        return f"waits until {told}their {'next ' if moment.yearly else ''}{moment.trait}{at}"
    told = f"の{length}{'前' if before else '後'}" if length else ""
    return f"{'次の' if moment.yearly else '本人の'}{moment.trait}{told}{at}まで待つ"


def _by(step: OnChannels, language: Language) -> str:
    if step.channels is None:
        return str(getattr(_CHANNELS[str(step.channel)], language))
    names = [str(getattr(_CHANNELS[channel], language)) for channel in step.channels.list]
    if step.channels.mode == "all":
        return listed(names, language, last=_AND)
    return (", else " if language == "en" else "→").join(names)


def _pairs(values: Mapping[str, object], language: Language) -> Iterable[str]:
    return (f"{name} = {_value(value, language)}" for name, value in values.items())


def _value(value: object, language: Language) -> str:
    match value:
        case FromContext(context=path):
            return path
        case FromTrait(trait=path):
            return f"their {path}" if language == "en" else f"本人の{path}"
        case Now():
            return "now" if language == "en" else "現在の時刻"
        case _:
            return value_in_words(value, language)


# ── the journey ─────────────────────────────────────────────────────────────────────────────────


def journey_in_words(journey: Journey, language: Language) -> str:
    """Who enters, and what it is for, in one or two sentences."""
    goal = event_in_words(journey.goal.event, journey.goal.where, language)
    within = length_in_words(journey.goal.within, language)
    if language == "en":
        return f"{enters_in_words(journey, 'en')} It is for {goal} within {within}."
    return f"{enters_in_words(journey, 'ja')}目標は{within}以内の{goal}です。"


def enters_in_words(journey: Journey, language: Language) -> str:
    """What begins a run, in a sentence."""
    en = language == "en"
    match journey.enter:
        case EnterByEvent(event=event, where=where):
            told = event_in_words(event, where, language)
            return f"Begins when somebody does {told}." if en else f"{told}をした人が対象です。"
        case EnterBySegment(segment=segment):
            return (
                f"Begins when somebody enters “{segment}”." if en else f"「{segment}」に入った人が対象です。"
            )
        case EnterBySchedule(audience=audience):
            told = listed((f"“{name}”" if en else f"「{name}」" for name in audience.segments), language)
            return f"Begins by the clock, for {told}." if en else f"決まった日時に、{told}の人が対象です。"
        case EnterByApi():
            return "Begins when another system says so." if en else "外部システムからの呼び出しで始まります。"
        case _:
            assert_never(journey.enter)
