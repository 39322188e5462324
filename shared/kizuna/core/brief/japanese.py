"""A brief in Japanese: the lines of `brief_english`, as they are said there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kizuna.core.brief.advice import Advice
from kizuna.core.brief.making import Brief, Contact, Lately
from kizuna.core.brief.problems import Trouble
from kizuna.core.brief.words import FACTS, STATUSES, by, clock_of, language_name, local_of, topic_name
from kizuna.core.catalog import Catalog
from kizuna.core.messages import State
from kizuna.core.reasons import Reason
from kizuna.core.sentences import REASONS
from kizuna.core.zone_words import zone_words

_DAYS = "月火水木金土日"


class Japanese:
    """The brief's lines in Japanese, by section."""

    HEADINGS = (
        "最近の当社からの連絡",
        "最近のお客様の行動",
        "未解決の問題",
        "ご希望",
        "すべきこと",
        "避けること",
    )

    def __init__(self, brief: Brief, catalog: Catalog) -> None:
        self._brief = brief
        self._topics = catalog.topics

    def title(self) -> str:
        brief = self._brief
        return f"{brief.name} 様（{brief.known_as}）" if brief.name else f"{brief.known_as} 様"

    def who(self) -> list[str]:
        brief = self._brief
        country = f"、国は{brief.country}" if brief.country else ""
        language = language_name(brief.language, "ja") if brief.language else "未確認"
        lines = [f"言語は{language}{country}。"]
        if brief.local_time is not None:
            lines.append(f"現地は{self._clock(brief.local_time)}（{zone_words(brief.zone, 'ja')}）。")
        known = f"{self._day(brief.since)}からのお客様。"
        if brief.last_purchase_at is not None:
            known += f"最後のご購入は{self._day(brief.last_purchase_at)}。"
        lines.append(known + self._orders())
        if brief.last_seen_at is not None:
            lines.append(f"最後の動きは{self._day(brief.last_seen_at)}。")
        if brief.lately is not None:
            lines.append(self._lately(brief.lately))
        return lines

    def _lately(self, lately: Lately) -> str:
        room = f"次にお送りできるのは{self._day(lately.room_at)}。" if lately.room_at else ""
        return f"この7日間の販売促進は、全チャネルで{lately.count}件。{room}"

    def _orders(self) -> str:
        orders = self._brief.orders
        if orders is None:
            return ""
        least = "" if orders.complete else "少なくとも"
        worth = f"、合計{orders.value:,.2f} {orders.currency}".rstrip() if orders.value is not None else ""
        return f"ご注文は{least}{orders.count}件{worth}。"

    def ours(self, contact: Contact) -> str:
        facts = "・".join(FACTS[fact].ja for fact in contact.reactions)
        unsure = "届いたかどうか不明" if contact.state == State.UNKNOWN else ""
        said = "、".join(filter(None, (facts, unsure))) or "反応なし"
        return f"{self._day(contact.at)}　「{contact.what}」（{by(contact.channel, 'ja')}）：{said}"

    def theirs(self, contact: Contact) -> str:
        way = f"（{by(contact.channel, 'ja')}）" if contact.channel else ""
        return f"{self._day(contact.at)}　{contact.what}{way}"

    def problem(self, problem: Trouble) -> str:
        day = f"{self._day(problem.at)}　" if problem.at else ""
        match problem.code:
            case "ticket":
                return f"{day}{problem.what}" + (f"（{problem.reference}）" if problem.reference else "")
            case "complaint":
                return f"{day}{problem.what}"
            case "low_score":
                return f"{day}{problem.what}：{problem.reference}"
            case "address":
                told = STATUSES.get(problem.what)
                return f"{day}{told.ja if told else problem.what}"
            case "delivery":
                what = f"「{problem.what}」（{by(problem.channel, 'ja')}）"
                return f"{day}{what}を届けられなかった（{problem.reference}）"

    def preferences(self) -> list[str]:
        brief = self._brief
        lines = []
        if brief.channels:
            lines.append(f"連絡できるチャネルは{'、'.join(by(each, 'ja') for each in brief.channels)}。")
        if brief.kept:
            lines.append(f"受け取りを希望：{self._names(brief.kept)}。")
        if brief.left:
            lines.append(f"配信停止：{self._names(brief.left)}。")
        if brief.hours:
            channels = "、".join(by(each, "ja") for each in brief.hours.channels)
            hours = f"{clock_of(brief.hours.start)}から{clock_of(brief.hours.end)}"
            lines.append(f"{channels}での販売促進は、今日は現地時間の{hours}まで。")
        return lines

    def do(self, advice: Advice) -> str:
        match advice.code:
            case "settle_first":
                day = f"（{self._day(advice.at)}）" if advice.at else ""
                return f"まず未解決の件から話す：{advice.what}{day}"
            case "speak_language":
                return f"{language_name(advice.what, 'ja')}で話す"
            case "write":
                return f"{by(advice.channel, 'ja')}で{self._names(advice.topics)}を案内できる"
            case "ask_consent":
                return "販売促進の前に同意をいただく"
            case "ask_address":
                return "届く宛先を伺う"
            case other:
                return other

    def dont(self, advice: Advice) -> str:
        match advice.code:
            case "night":
                return f"今は電話しない：現地は{advice.what}"
            case "zone_unknown":
                return "現地の時刻を伺う前に電話しない：タイムゾーンがわからない"
            case "sell_before_settled":
                return f"次の件が解決するまで販売の話をしない：{advice.what}"
            case "offer_product":
                since = f"{self._day(advice.at)}に" if advice.at else ""
                return f"「{advice.what}」を勧めない：{since}利用をやめられている"
            case "campaign_stopped":
                return "メッセージの送信をあてにしない：すべての送信が停止されている"
            case Reason.SMS_STOP if advice.at:
                return f"SMSを送らない：{self._day(advice.at)}に配信停止（STOP）の返信"
            case Reason.QUIET_HOURS:
                until = f"{self._clock(advice.until)}まで" if advice.until else "今は"
                return f"{until}{self._forbidden(advice)}：送信を控えるべき時間帯"
            case code:
                since = f"（{self._day(advice.at)}）" if advice.at else ""
                told = REASONS.get(code)
                return (
                    f"{self._forbidden(advice)}：{told.ja if told else code}{'ため' if told else ''}{since}"
                )

    def _forbidden(self, advice: Advice) -> str:
        way = f"{by(advice.channel, 'ja')}で" if advice.channel else ""
        match advice.scope:
            case "everything":
                return f"{way}連絡しない"
            case "topics":
                return f"{way}{self._names(advice.topics)}を案内しない"
            case _:
                return f"{way}販売促進をしない"

    def _names(self, topics: Sequence[str]) -> str:
        return "".join(f"「{topic_name(topic, self._topics, 'ja')}」" for topic in topics)

    def _day(self, instant: datetime | None) -> str:
        local = local_of(instant, self._brief)
        return f"{local.year}年{local.month}月{local.day}日" if local else ""

    def _clock(self, instant: datetime | None) -> str:
        local = local_of(instant, self._brief)
        return f"{self._day(local)}（{_DAYS[local.weekday()]}）{local:%H:%M}" if local else ""
