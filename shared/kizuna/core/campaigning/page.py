"""A simulation as a page of text, in English and Japanese: the same for the same body, to the letter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kizuna.core.campaigning.funnel import Stage
from kizuna.core.sentences import REASONS, Language, Words

Body = dict[str, Any]

_STAGES: dict[str, Words] = {
    "matched": Words("in the audience", "対象セグメントの該当者"),
    Stage.MEANT: Words("meant, after exclusions", "除外条件の適用後"),
    Stage.REACHABLE: Words("with an address that works", "有効な宛先がある"),
    Stage.CONSENTED: Words("may be written to", "同意などにより送信できる"),
    Stage.NOT_CAPPED: Words("not held back by caps and hours", "回数上限や時間帯で止まらない"),
    Stage.NOT_HELD_OUT: Words("not held out to measure", "効果測定の対象外とならない"),
    Stage.RENDERED: Words("will hear it", "実際に届く見込み"),
}
_WORDS: dict[str, Words] = {
    "title": Words("Simulation of “{name}” at {at}", "「{name}」の送信シミュレーション（{at}）"),
    "nothing": Words("Nothing was sent and nothing was written.", "送信も書き込みも一切行っていません。"),
    "refused": Words("THE RUN WOULD BE REFUSED: {told}", "この配信は開始できません：{told}"),
    "untargeted": Words(
        "The audience {segment} is everyone. Reason given: {reason}",
        "対象「{segment}」は全員です。理由：{reason}",
    ),
    "funnel": Words("Who would hear it", "届く人数"),
    "why": Words("Who would not, and why", "届かない人と理由"),
    "when": Words("When (UTC)", "送信の時刻（UTC）"),
    "waves": Words("In waves", "段階的な配信"),
    "wave": Words("up to {share:.1%} from {at}", "{at}から{share:.1%}まで"),
    "variants": Words("Arms", "テストの割り当て"),
    "arm": Words("{people:,} people, {hear:,} will hear it", "{people:,}人、うち{hear:,}人に届く見込み"),
    "held": Words("Held out", "効果測定のため送信しない人"),
    "pressure": Words(
        "Promotions in the week up to this one, for each of them:"
        " mean {mean}, half at most {p50}, 95 % at most {p95}, most {max}",
        "この配信までの1週間に受け取る販促の数：平均{mean}、中央値{p50}、95％の人が{p95}以下、最大{max}",
    ),
    "cost": Words("Cost: {total} USD", "費用：{total} 米ドル"),
    "engine": Words(
        "the engine: {cost} USD ({writeUnits:,} write units, {readUnits:,} read units)",
        "システム：{cost} 米ドル（書き込み{writeUnits:,}、読み取り{readUnits:,}ユニット）",
    ),
    "texts": Words("texts to {country}: {parts:,} parts", "SMS（{country}）：{parts:,}通分"),
    "priced": Words("{cost} USD", "{cost} 米ドル"),
    "estimated": Words("about {cost} USD", "約{cost} 米ドル"),
    "unpriced": Words("no price is known", "単価が不明"),
    "fallback": Words(
        "Who shows no sign within {after} may hear it on {channels} too.",
        "{after}以内に反応がない人には、{channels}でも届くことがあります。",
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
        yield from ("", say("why"))
        for row in body["refused"]:
            told = REASONS.get(row["reason"])
            because = getattr(told, language) if told is not None else row["reason"]
            yield f"  {row['messages']:>12,}  {row['channel']}: {because} ({row['reason']}, {row['rule']})"
    if body["when"]:
        yield from ("", say("when"))
        for row in body["when"]:
            yield f"  {row['messages']:>12,}  {row['hour'][:16].replace('T', ' ')}  {row['channel']}"
    if body["waves"]:
        yield from ("", say("waves"))
        yield from (
            f"  {number}. {say('wave', **wave)}" for number, wave in enumerate(body["waves"], start=1)
        )
    if body["variants"]:
        yield from ("", say("variants"))
        yield from (f"  {row['variant']}: {say('arm', **row)}" for row in body["variants"])
    yield from _counted(say("held"), body["heldOut"])
    if body["fallback"]:
        channels = ", ".join(body["fallback"]["channels"])
        yield from ("", say("fallback", after=body["fallback"]["after"], channels=channels))
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
        yield from ("", say("refused", told=guards["refused"]["told"]))
    if guards["untargeted"] is not None:
        reason = guards["overrideReason"] or "–"
        yield from ("", say("untargeted", segment=guards["untargeted"], reason=reason))


def _counted(title: str, counts: dict[str, int]) -> Iterator[str]:
    if not counts:
        return
    if title:
        yield from ("", title)
    yield from (f"  {count:>12,}  {name}" for name, count in counts.items())


def _cost(cost: Body, say: Any) -> Iterator[str]:
    yield from ("", say("cost", total=_dollars(cost["total"])))
    for channel, dollars in cost["channels"].items():
        yield f"  {channel}: {say('priced', cost=_dollars(dollars))}"
    for row in cost["texts"]:
        word = {"workspace": "priced", "estimate": "estimated", "none": "unpriced"}[row["source"]]
        told = say("texts", country=row["country"], parts=row["parts"])
        yield f"  {told}, {say(word, cost=_dollars(row['cost'] or 0))}"
    yield f"  {say('engine', **{**cost['engine'], 'cost': _dollars(cost['engine']['cost'])})}"


def _dollars(amount: float) -> str:
    """Cents, and hundredths of a cent below a dollar."""
    return f"{amount:,.2f}" if amount >= 1 else f"{amount:.4f}"
