"""A verdict in words, in English and in Japanese, for whoever planned the experiment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, NamedTuple, assert_never

from kizuna.core.experiments.comparing import Compared
from kizuna.core.experiments.definition import Experiment, Guardrail
from kizuna.core.experiments.verdict import NoWinner, Running, StoppedByGuardrail, Verdict, Why, Winner

Language = Literal["en", "ja"]


class _Words(NamedTuple):
    en: str
    ja: str


_RUNNING: Mapping[Why, _Words] = {
    "empty": _Words("Nobody is in it yet.", "まだ対象者がいません。"),
    "too_few": _Words(
        "It goes on: an arm has fewer than {min_n} people so far.",
        "継続中です。人数が{min_n}人に満たないパターンがあります。",
    ),
    "open": _Words("It goes on: no difference is found yet.", "継続中です。まだ差は確認できていません。"),
    "planned": _Words(
        "It goes on: it is looked at once, when all who were planned for are in and had their time.",
        "継続中です。計画した人数がそろい、成果を待つ期間が過ぎた時点で、一度だけ判定します。",
    ),
    "uneven": _Words(
        "Not to be trusted: the arms did not get the people that the draw gives them, so something loses or "
        "doubles some. Nothing is decided by it.",
        "結果を信頼できません。各パターンの人数が抽選の割合と合わず、欠落または重複の疑いがあるため、"
        "判定を行いません。",
    ),
}
_WON = _Words(
    "“{arm}” did best: {value} against {control_value} of “{control}” ({change}interval of the difference "
    "{low} to {high}).",
    "「{arm}」が最も良い結果でした。{value}（「{control}」は{control_value}、{change}差の信頼区間は{low}～{high}）です。",
)
_CONTROL_WON = _Words(
    "“{arm}” stays: every other arm did worse.",
    "「{arm}」を継続します。ほかのパターンはいずれも下回りました。",
)
_NONE = _Words(
    "No difference was found. “{arm}” is what comes from now on.",
    "差は確認できませんでした。今後は「{arm}」を配信します。",
)
_NONE_KEPT = _Words(
    "No difference was found. The arms go on as before.",
    "差は確認できませんでした。これまでの割合で配信を続けます。",
)
_STOPPED = _Words(
    "Every other arm did harm ({rails}). “{arm}” is what comes from now on.",
    "ほかのパターンはすべて悪影響（{rails}）が認められたため中止しました。今後は「{arm}」を配信します。",
)
_HARMED = _Words(" “{arm}” was stopped: {rails}.", "「{arm}」は{rails}が許容水準を超えたため中止しました。")
_RAILS: Mapping[Guardrail, _Words] = {
    "unsubscribe": _Words("more people left than is acceptable", "配信停止"),
    "complaint": _Words("more complaints than are acceptable", "迷惑メールの報告"),
    "bounce": _Words("more bounces than are acceptable", "不達"),
}
_CHANGE = _Words("{change} relative, ", "相対差{change}、")


def sentence(verdict: Verdict, experiment: Experiment, language: Language) -> str:
    """A verdict told in a sentence or two."""
    told = _main(verdict, experiment, language)
    harmed = "" if isinstance(verdict, StoppedByGuardrail) else _of_harm(verdict, language)
    return told + harmed


def sentences(verdict: Verdict, experiment: Experiment) -> dict[str, str]:
    """The same in both languages, to be kept."""
    return {"en": sentence(verdict, experiment, "en"), "ja": sentence(verdict, experiment, "ja")}


def _main(verdict: Verdict, experiment: Experiment, language: Language) -> str:
    match verdict:
        case Running(why=why):
            return _in(_RUNNING[why], language).format(min_n=experiment.min_n)
        case Winner(arm=arm) if arm == experiment.control.name:
            return _in(_CONTROL_WON, language).format(arm=arm)
        case Winner(arm=arm, compared=compared):
            found = next(each for each in compared if each.arm == arm)
            return _in(_WON, language).format(**_figures(found, experiment, language))
        case NoWinner(arm=arm):
            kept = experiment.no_winner == "keep_split"
            return _in(_NONE_KEPT if kept else _NONE, language).format(arm=arm)
        case StoppedByGuardrail(arm=arm):
            rails = {rail for broken in verdict.harmed.values() for rail in broken}
            return _in(_STOPPED, language).format(arm=arm, rails=_rails(tuple(sorted(rails)), language))
        case _:
            assert_never(verdict)


def _of_harm(verdict: Verdict, language: Language) -> str:
    return "".join(
        _in(_HARMED, language).format(arm=arm, rails=_rails(rails, language))
        for arm, rails in verdict.harmed.items()
    )


def _rails(rails: tuple[Guardrail, ...], language: Language) -> str:
    return ("、" if language == "ja" else ", ").join(_in(_RAILS[rail], language) for rail in rails)


def _figures(found: Compared, experiment: Experiment, language: Language) -> dict[str, str]:
    rate = experiment.is_rate
    change = (
        "" if found.change is None else _in(_CHANGE, language).format(change=f"{100 * found.change:+.1f} %")
    )
    figures = {
        "arm": found.arm,
        "control": found.control,
        "value": figure(found.value, rate=rate),
        "control_value": figure(found.control_value, rate=rate),
        "change": change,
        "low": figure(found.difference.low, rate=rate),
        "high": figure(found.difference.high, rate=rate),
    }
    if language == "ja":  # written without the space
        figures |= {
            name: told.replace(" %", "%") for name, told in figures.items() if name not in ("arm", "control")
        }
    return figures


def figure(value: float, *, rate: bool) -> str:
    """A rate in percent, or money for each person in minor units; a dash where nothing is known."""
    if not math.isfinite(value):
        return "–"
    return f"{100 * value:.2f} %" if rate else f"{value:,.1f}"


def _in(words: _Words, language: Language) -> str:
    return words.ja if language == "ja" else words.en
