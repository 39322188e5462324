"""A simulation as a page of text, in English and Japanese: the same for the same body, to the letter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor, log10
from typing import Any

from kizuna.core.campaigning.funnel import Stage
from kizuna.core.sentences import REASONS, Language, Words

Body = dict[str, Any]

_STAGES: dict[str, Words] = {
    "matched": Words("in the audience", "対象セグメントの該当者"),
    Stage.MEANT: Words("meant, after exclusions", "除外条件の適用後"),
    Stage.REACHABLE: Words("with an address that works", "有効な宛先がある"),
    Stage.CONSENTED: Words("may be written to", "同意などにより送信できる"),
    Stage.NOT_CAPPED: Words("not held back by caps and hours", "件数の上限や時間帯で止まらない"),
    Stage.NOT_HELD_OUT: Words("not held out to measure", "ホールドアウトを除いた後"),
    Stage.RENDERED: Words("will hear it", "実際に届く見込み"),
}
_WORDS: dict[str, Words] = {
    "title": Words("Simulation of “{name}” at {at}", "「{name}」の送信シミュレーション（{at}）"),
    "nothing": Words("Nothing was sent and nothing was written.", "送信も書き込みも一切行っていません。"),
    "refused": Words("THE RUN WOULD BE REFUSED: {told}", "この配信は開始できません：{told}"),
    "empty_audience": Words("{told}", "対象者がいません"),
    "audience_over_limit": Words("{told}", "対象者数が上限を超えています（{told}）"),
    "audience_grew": Words("{told}", "対象者数が前回より増えすぎています（{told}）"),
    "blast": Words("{told}", "連絡できる人の大部分が対象です。override_reasonが必要です（{told}）"),
    "untargeted": Words(
        "The audience {segment} is everyone. Reason given: {reason}",
        "対象「{segment}」は全員です。理由：{reason}",
    ),
    "funnel": Words("Who would hear it", "届く人数"),
    "why": Words("Who would not, and why", "届かない人と理由"),
    "when": Words("When (UTC)", "送信の時刻（UTC）"),
    "waves": Words("In waves", "段階的な配信"),
    "wave": Words("up to {share:.1%} from {at}", "{at}から{share:.1%}まで"),
    "unramped": Words(
        "It is large, and would go out at once: its messages are too late before the last wave (expires_after).",
        "対象の多い配信ですが、段階的な配信が終わる前にメッセージの期限（expires_after）が切れるため、一度に送信されます。",
    ),
    "variants": Words("Arms", "テストの割り当て"),
    "arm": Words("{people:,} people, {hear:,} will hear it", "{people:,}人、うち{hear:,}人に届く見込み"),
    "held": Words("Held out", "効果測定のため送信しない人"),
    "pressure": Words(
        "Promotions in the week up to this one, for each of them:"
        " mean {mean}, half at most {p50}, 95 % at most {p95}, most {max}",
        "この配信までの1週間に届く販売促進の件数：平均{mean}、中央値{p50}、95%の人が{p95}以下、最大{max}",
    ),
    "cost": Words("Cost: {total} USD", "費用：{total} 米ドル"),
    "between": Words("Cost: roughly {low} to {high} USD", "費用：およそ{low}～{high} 米ドル"),
    "beside": Words(
        "Cost: {low} USD, and what the texts cost that no price is known for",
        "費用：{low} 米ドル（単価が不明なSMSの料金は含みません）",
    ),
    "assumed": Words(
        "The prices of texts are assumed, and may be half or twice as high: put what you pay into costs.sms_part.",
        "SMSの単価は仮定の値で、実際は半分から2倍になることがあります。"
        "契約の単価をcosts.sms_partに書いてください。",
    ),
    "engine": Words(
        "the engine: {cost} USD ({writeUnits:,} write units, {readUnits:,} read units)",
        "システム：{cost} 米ドル（書き込み{writeUnits:,}、読み取り{readUnits:,}ユニット）",
    ),
    "texts": Words("texts to {country}: {parts:,} parts", "SMS（{country}）：{parts:,}通分"),
    "priced": Words("{cost} USD", "{cost} 米ドル"),
    "ranged": Words("{low} to {high} USD, assumed", "{low}～{high} 米ドル（仮定）"),
    "unpriced": Words("no price is known", "単価が不明"),
    "fallback": Words(
        "Who shows no sign within {after} hears it on another channel too. If nobody does, of {people:,} people:",
        "{after}以内に反応がない人には、別のチャネルでも届きます。誰も反応しない場合（{people:,}人が対象）：",
    ),
    "at_most": Words("at most on {channel}", "最大（{channel}）"),
    "more": Words("That would cost {cost} USD more", "その場合の追加費用：{cost} 米ドル"),
    "more_between": Words(
        "That would cost roughly {low} to {high} USD more", "その場合の追加費用：およそ{low}～{high} 米ドル"
    ),
    "digest": Words(
        "{count:,} messages wait to go with others in a digest.",
        "{count:,}件は、まとめて送るため保留になります。",
    ),
    "samples": Words("For example", "例"),
    "changes": Words("Since the last simulation ({at})", "前回（{at}）との違い"),
    "same": Words("nothing changed", "変化なし"),
}


def page_of(
    body: Body, language: Language = "en", *, before: Body | None = None, moved: Sequence[Body] = ()
) -> str:
    """The page, with what moved since an earlier simulation, if there was one."""
    return "\n".join(_lines(body, language, before, moved)) + "\n"


def _lines(body: Body, language: Language, before: Body | None, moved: Sequence[Body]) -> Iterator[str]:
    def say(word: str, /, **values: Any) -> str:
        text: str = getattr(_WORDS[word], language)
        return text.format(**values)

    yield say("title", name=body["name"], at=body["at"])
    yield say("nothing")
    yield from _guards(body["guards"], say)
    yield from ("", say("funnel"))
    for row in body["funnel"]:
        yield f"  {row['people']:>12,}  {getattr(_STAGES[row['stage']], language)}"
    yield from _counted("", body["channels"])
    if body["refused"]:
        yield from ("", say("why"), *_refused(body["refused"], language))
    if body["when"]:
        yield from ("", say("when"))
        for row in body["when"]:
            yield f"  {row['messages']:>12,}  {row['hour'][:16].replace('T', ' ')}  {row['channel']}"
    if body["waves"]:
        yield from ("", say("waves"))
        yield from (
            f"  {number}. {say('wave', **wave)}" for number, wave in enumerate(body["waves"], start=1)
        )
    if body["unramped"]:
        yield from ("", say("unramped"))
    if body["variants"]:
        yield from ("", say("variants"))
        yield from (f"  {row['variant']}: {say('arm', **row)}" for row in body["variants"])
    yield from _counted(say("held"), body["heldOut"])
    if body["fallback"]:
        yield from _fallback(body["fallback"], say, language)
    if body["waitsForDigest"]:
        yield from ("", say("digest", count=body["waitsForDigest"]))
    if body["pressure"]:
        yield from ("", say("pressure", **body["pressure"]))
    yield from _cost(body["cost"], say)
    if body["samples"]:
        yield from ("", say("samples"))
        yield from (f"  {sample['sentence'][language]}" for sample in body["samples"])
    if before is not None:
        yield from ("", say("changes", at=before["at"]))
        yield from (
            (f"  {each['figure']}: {each['before']:,} → {each['after']:,}" for each in moved)
            if moved
            else (f"  {say('same')}",)
        )


def _guards(guards: Body, say: Any) -> Iterator[str]:
    if guards["refused"] is not None:
        refusal = guards["refused"]
        yield from ("", say("refused", told=say(refusal["reason"], told=refusal["told"])))
    if guards["untargeted"] is not None:
        reason = guards["overrideReason"] or "–"
        yield from ("", say("untargeted", segment=guards["untargeted"], reason=reason))


def _counted(title: str, counts: dict[str, int]) -> Iterator[str]:
    if not counts:
        return
    if title:
        yield from ("", title)
    yield from (f"  {count:>12,}  {name}" for name, count in counts.items())


def _refused(rows: Sequence[Body], language: Language) -> Iterator[str]:
    for row in rows:
        told = REASONS.get(row["reason"])
        because = getattr(told, language) if told is not None else row["reason"]
        yield f"  {row['messages']:>12,}  {row['channel']}: {because} ({row['reason']}, {row['rule']})"


def _fallback(fallback: Body, say: Any, language: Language) -> Iterator[str]:
    yield from ("", say("fallback", after=fallback["after"], people=fallback["people"]))
    for channel, count in fallback["atMost"].items():
        yield f"  {count:>12,}  {say('at_most', channel=channel)}"
    yield from _refused(fallback["refused"], language)
    cost = fallback["cost"]
    low, high = _rounded(cost["low"]), _rounded(cost["high"])
    if cost["total"] is None:
        yield f"  {say('more_between', low=low, high=high)}"
    else:
        yield f"  {say('more', cost=_dollars(cost['total']))}"


def _cost(cost: Body, say: Any) -> Iterator[str]:
    yield from ("", _total(cost, say))
    for channel, dollars in cost["channels"].items():
        yield f"  {channel}: {say('priced', cost=_dollars(dollars))}"
    for row in cost["texts"]:
        yield f"  {say('texts', country=row['country'], parts=row['parts'])}, {_price_of_texts(row, say)}"
    yield f"  {say('engine', **{**cost['engine'], 'cost': _dollars(cost['engine']['cost'])})}"
    if cost["assumedParts"]:
        yield f"  {say('assumed')}"


def _total(cost: Body, say: Any) -> str:
    if cost["total"] is not None:
        told: str = say("cost", total=_dollars(cost["total"]))
    elif cost["assumedParts"]:
        told = say("between", low=_rounded(cost["low"]), high=_rounded(cost["high"]))
    else:
        told = say("beside", low=_dollars(cost["low"]))
    return told


def _price_of_texts(row: Body, say: Any) -> str:
    match row["source"]:
        case "workspace":
            told: str = say("priced", cost=_dollars(row["low"]))
        case "assumed":
            told = say("ranged", low=_rounded(row["low"]), high=_rounded(row["high"]))
        case _:
            told = say("unpriced")
    return told


def _rounded(amount: float) -> str:
    """One digit that counts: more would look as if it were known."""
    if amount <= 0:
        return "0"
    place = -floor(log10(amount))
    return f"{round(amount, place):,.{max(place, 0)}f}"


def _dollars(amount: float) -> str:
    """Cents, and hundredths of a cent below a dollar."""
    return f"{amount:,.2f}" if amount >= 1 else f"{amount:.4f}"
