"""Why a brake is on, in English and Japanese: what rules write. What a person writes stands as they wrote it."""

from __future__ import annotations

from typing import NamedTuple

from kizuna.core.restraint.early_warning import Signal, name_of
from kizuna.core.sentences import CHANNELS


class Told(NamedTuple):
    """One reason in both languages."""

    en: str
    ja: str


_JAPANESE_SPANS = {"24 hours": "24時間", "7 days": "7日間"}


def errors(*, failed: int, tried: int) -> Told:
    return Told(
        f"Paused: {failed:,} of the first {tried:,} messages failed for good.",
        f"一時停止しました：最初の{tried:,}件のうち{failed:,}件が、最終的に送信できませんでした。",
    )


def run_cost(spent: float, budget: float) -> Told:
    return Told(
        f"Paused: the run has cost {spent:,.2f} of {budget:,.2f} US dollars.",
        f"一時停止しました：この配信の費用が、予算{budget:,.2f}米ドルのうち{spent:,.2f}米ドルに達しました。",
    )


def run_messages(sent: int, budget: int) -> Told:
    return Told(
        f"Paused: {sent:,} of {budget:,} messages have gone out.",
        f"一時停止しました：送信できる{budget:,}件のうち、{sent:,}件を送信しました。",
    )


def run_cost_warning(campaign: str, run: str, spent: float, budget: float) -> Told:
    return Told(
        f"Run {run} of {campaign} has cost {spent:,.2f} of {budget:,.2f} US dollars.",
        f"「{campaign}」の配信{run}の費用が、予算{budget:,.2f}米ドルのうち{spent:,.2f}米ドルに達しました。",
    )


def day_cost(spent: float, budget: float) -> Told:
    return Told(
        f"Promotion has cost {spent:,.2f} of {budget:,.2f} US dollars today.",
        f"本日の販売促進の費用が、予算{budget:,.2f}米ドルのうち{spent:,.2f}米ドルに達しました。",
    )


def rate(signal: Signal, *, bad: int, sent: int, span: str) -> Told:
    """`span` is the time that the rate is of, in English."""
    share = f"{bad / sent:.2%}"
    return Told(
        f"In the last {span} there were {bad:,} {name_of(signal, 'en')} from {sent:,} messages ({share}).",
        f"直近{_JAPANESE_SPANS[span]}の送信{sent:,}件に対して、"
        f"{name_of(signal, 'ja')}が{bad:,}件（{share}）ありました。",
    )


def provider(channel: str, reason: str, *, is_final: bool) -> Told:
    known = CHANNELS.get(channel)
    en, ja = (known.en, known.ja) if known else (f"by {channel}", channel)
    what = "アカウントが停止されている" if is_final else "アカウントからの送信が一時停止されている"
    return Told(
        f"The delivery provider has {'closed the account' if is_final else 'paused the account'} ({en}: {reason}).",
        f"配信事業者から、{what}との応答がありました（{ja}：{reason}）。",
    )
