"""The words of a report, in English and Japanese. The name of a rate says what it is a share of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "ja"]


@dataclass(frozen=True, slots=True)
class Name:
    en: str
    ja: str

    def in_(self, language: Language) -> str:
        return self.en if language == "en" else self.ja


NAMES: Mapping[str, Name] = {
    # what a row is of
    "campaign": Name("campaign", "キャンペーン"),
    "run": Name("run", "実行"),
    "variant": Name("variant", "パターン"),
    "channel": Name("channel", "チャネル"),
    "day": Name("day (UTC)", "日付（UTC）"),
    "total": Name("total", "合計"),
    # counts
    "intended": Name("intended", "対象"),
    "in_progress": Name("in progress", "処理中"),
    "withheld": Name("withheld", "配信見送り"),
    "held_out": Name("held out", "ホールドアウト"),
    "sent": Name("sent", "送信"),
    "unknown": Name("unknown", "結果不明"),
    "failed": Name("failed", "失敗"),
    "expired": Name("expired", "期限切れ"),
    "delivered": Name("delivered", "到達"),
    "bounced": Name("bounced", "不達"),
    "bounced_soft": Name("bounced for now", "一時的な不達"),
    "rejected": Name("discarded by the provider", "配信事業者による破棄"),
    "opened": Name("opened", "開封"),
    "opened_by_machine": Name("opened by machines", "機械による開封"),
    "clicked": Name("clicked", "クリック"),
    "converted": Name("converted", "目標達成者"),
    "conversions": Name("conversions", "目標達成数"),
    "unsubscribed": Name("unsubscribed", "配信停止"),
    "complained": Name("complained", "迷惑メール報告"),
    # rates
    "sent_of_intended": Name("sent ÷ intended", "送信率（送信÷対象）"),
    "delivered_of_sent": Name("delivered ÷ sent", "到達率（到達÷送信）"),
    "bounced_of_sent": Name("bounced ÷ sent", "不達率（不達÷送信）"),
    "rejected_of_sent": Name("discarded by the provider ÷ sent", "配信事業者による破棄率（÷送信）"),
    "opened_of_delivered": Name("opened ÷ delivered", "開封率（開封÷到達）"),
    "opened_by_machine_of_delivered": Name("opened by machines ÷ delivered", "機械による開封率（÷到達）"),
    "clicked_of_delivered": Name("clicked ÷ delivered", "クリック率（クリック÷到達）"),
    "clicked_of_opened": Name("clicked ÷ opened", "反応率（クリック÷開封）"),
    "converted_of_delivered": Name("converted ÷ delivered", "目標達成率（達成者÷到達）"),
    "converted_of_assigned": Name("converted ÷ assigned", "目標達成率（達成者÷割当）"),
    "unsubscribed_of_delivered": Name("unsubscribed ÷ delivered", "配信停止率（÷到達）"),
    "complained_of_delivered": Name("complained ÷ delivered", "迷惑メール報告率（÷到達）"),
    # money
    "revenue": Name("revenue", "売上"),
    "revenue_per_delivered": Name("revenue ÷ delivered", "到達1件あたり売上"),
    "cost": Name("cost", "費用"),
    "roi": Name("return on cost", "費用対効果（ROI）"),
    "currency": Name("currency", "通貨"),
    # attribution
    "last_touch": Name("last touch", "最後の接点"),
    "first_touch": Name("first touch", "最初の接点"),
    "linear": Name("linear", "均等"),
    "time_decay": Name("time decay", "時間減衰"),
    "position": Name("position", "接点の位置"),
    "markov": Name("Markov", "マルコフ連鎖"),
    "shapley": Name("Shapley", "シャープレイ値"),
    "organic": Name("no touch", "接点なし"),
}


def name_of(figure: str, language: Language) -> str:
    """What a column is called."""
    return NAMES[figure].in_(language)


def lift_sentence(
    language: Language,
    *,
    told: tuple[int, float],
    held: tuple[int, float],
    difference: tuple[float, float, float],
    is_enough: bool,
) -> str:
    """What sending did, with its interval and the numbers of both sides. Each side is (persons, rate)."""
    value, low, high = (100 * each for each in difference)
    if language == "en":
        text = (
            f"Of {told[0]:,} people who were told {told[1]:.2%} reached the goal, "
            f"of {held[0]:,} held out {held[1]:.2%}: "
            f"a difference of {value:+.2f} points (95 % interval {low:+.2f} to {high:+.2f})."
        )
        if low > 0:
            return text + " Sending made the difference."
        if high < 0:
            return text + " Sending did harm."
        few = "" if is_enough else " There are too few people on one side to say more."
        return text + " That sending did anything is not shown." + few
    text = (
        f"送信対象{told[0]:,}人の目標達成率は{told[1]:.2%}、ホールドアウト{held[0]:,}人では{held[1]:.2%}。"
        f"差は{value:+.2f}ポイント（95%信頼区間 {low:+.2f}～{high:+.2f}）。"
    )
    if low > 0:
        return text + "送信による効果が認められます。"
    if high < 0:
        return text + "送信は逆効果でした。"
    return (
        text
        + "送信の効果は確認できません。"
        + ("" if is_enough else "人数が少ないため、これ以上は言えません。")
    )


def notes(
    language: Language,
    *,
    unpriced_parts: int,
    unexchanged: frozenset[str],
    in_progress: int,
    unsettled: int,
    is_fair: bool,
    few: bool,
) -> list[str]:
    """What somebody has to know who reads the figures."""
    told = []
    if in_progress:
        told.append(
            Name(f"{in_progress:,} messages are still on their way.", f"{in_progress:,}件が処理中です。").in_(
                language
            )
        )
    if unsettled:
        told.append(
            Name(
                f"{unsettled:,} people may still reach the goal in time: what sending did is not settled.",
                f"{unsettled:,}人は目標の期限前です。送信の効果はまだ確定していません。",
            ).in_(language)
        )
    if not is_fair:
        told.append(
            Name(
                "The goal needs a click, which nobody who is held out can make: what sending did is not told.",
                "目標の達成にクリックが必要なため、ホールドアウトとは比較できません。",
            ).in_(language)
        )
    if unpriced_parts:
        told.append(
            Name(
                f"{unpriced_parts:,} parts of texts have no price (policy: costs.sms_part) and are not in the cost.",
                f"SMS {unpriced_parts:,}通分は単価が未設定（policy: costs.sms_part）のため、費用に含まれていません。",
            ).in_(language)
        )
    if unexchanged:
        currencies = ", ".join(sorted(unexchanged))
        told.append(
            Name(
                f"No rate is known for {currencies} (policy: costs.rates): it is in no sum.",
                f"{currencies}の換算レートが未設定（policy: costs.rates）のため、合計に含まれていません。",
            ).in_(language)
        )
    if few:
        told.append(
            Name(
                "Rates of fewer than 30 are grey: they say next to nothing.",
                "母数が30未満の率は参考値です（灰色表示）。",
            ).in_(language)
        )
    return told
