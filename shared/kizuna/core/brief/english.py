"""A brief in English: short lines for somebody about to pick up the phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from kizuna.core.brief.advice import Advice
from kizuna.core.brief.making import Brief, Contact, Lately
from kizuna.core.brief.problems import Trouble
from kizuna.core.brief.words import FACTS, STATUSES, by, clock_of, language_name, local_of, topic_name
from kizuna.core.catalog import Catalog
from kizuna.core.messages import State
from kizuna.core.reasons import Reason
from kizuna.core.sentences import REASONS

_MONTHS = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()  # noqa: SIM905

_NOUNS: Mapping[str, str] = {
    "email": "email",
    "sms": "SMS",
    "push": "push",
    "whatsapp": "WhatsApp",
    "line": "LINE",
}
_USE: Mapping[str, str] = {
    "email": "write by email",
    "sms": "text",
    "push": "send push notifications",
    "whatsapp": "write by WhatsApp",
    "line": "write by LINE",
}


class English:
    """The brief's lines in English, by section."""

    HEADINGS = ("Last from us", "Last from them", "Open problems", "Preferences", "Do", "Don't")

    def __init__(self, brief: Brief, catalog: Catalog) -> None:
        self._brief = brief
        self._topics = catalog.topics

    def title(self) -> str:
        brief = self._brief
        return f"{brief.name} ({brief.known_as})" if brief.name else brief.known_as

    def who(self) -> list[str]:
        brief = self._brief
        country = f" Country: {brief.country}." if brief.country else ""
        speaks = f"Speaks {language_name(brief.language, 'en')}." if brief.language else "Language not known."
        lines = [speaks + country]
        if brief.local_time is not None:
            lines.append(f"It is {self._clock(brief.local_time)} there ({brief.zone}).")
        known = f"Known since {self._day(brief.since)}."
        if brief.last_purchase_at is not None:
            known += f" Last purchase on {self._day(brief.last_purchase_at)}."
        lines.append(known + self._orders())
        if brief.last_seen_at is not None:
            lines.append(f"Last heard of on {self._day(brief.last_seen_at)}.")
        if brief.lately is not None:
            lines.append(self._lately(brief.lately))
        return lines

    def _lately(self, lately: Lately) -> str:
        heard = f"{_plural(lately.count, 'promotional message')} from us in seven days, over all channels"
        room = f"; room for another on {self._day(lately.room_at)}" if lately.room_at else ""
        return f"{heard}{room}."

    def _orders(self) -> str:
        orders = self._brief.orders
        if orders is None:
            return ""
        least = "" if orders.complete else "at least "
        worth = f" worth {orders.value:,.2f} {orders.currency}".rstrip() if orders.value is not None else ""
        return f" {(least + _plural(orders.count, 'order')).capitalize()}{worth}."

    def ours(self, contact: Contact) -> str:
        facts = ", ".join(FACTS[fact].en for fact in contact.reactions)
        unsure = "nobody knows whether it arrived" if contact.state == State.UNKNOWN else ""
        said = "; ".join(filter(None, (facts, unsure))) or "no reaction"
        return f"“{contact.what}” {by(contact.channel, 'en')} on {self._day(contact.at)}: {said}"

    def theirs(self, contact: Contact) -> str:
        way = f" {by(contact.channel, 'en')}" if contact.channel else ""
        return f"{contact.what}{way} on {self._day(contact.at)}"

    def problem(self, problem: Trouble) -> str:
        when = f" since {self._day(problem.at)}" if problem.at else ""
        on = f" on {self._day(problem.at)}" if problem.at else ""
        match problem.code:
            case "ticket":
                return f"{problem.what}{on}" + (f" ({problem.reference})" if problem.reference else "")
            case "complaint":
                return f"{problem.what}{on}"
            case "low_score":
                return f"{problem.what}{on}: {problem.reference}"
            case "address":
                told = STATUSES.get(problem.what)
                return f"{told.en if told else problem.what}{when}"
            case "delivery":
                what = f"“{problem.what}” {by(problem.channel, 'en')}"
                return f"{what} could not be delivered{on} ({problem.reference})"

    def preferences(self) -> list[str]:
        brief = self._brief
        lines = []
        if brief.channels:
            lines.append(f"Can be reached by {', '.join(_noun(each) for each in brief.channels)}.")
        if brief.kept:
            lines.append(f"Said yes to {self._names(brief.kept)}.")
        if brief.left:
            lines.append(f"Left {self._names(brief.left)}.")
        if brief.hours:
            channels = ", ".join(_noun(each) for each in brief.hours.channels)
            hours = f"{clock_of(brief.hours.start)} to {clock_of(brief.hours.end)}"
            lines.append(f"Promotion by {channels} only from {hours} their time today.")
        return lines

    def do(self, advice: Advice) -> str:
        match advice.code:
            case "settle_first":
                on = f" of {self._day(advice.at)}" if advice.at else ""
                return f"begin with what is open: {advice.what}{on}"
            case "speak_language":
                return f"speak {language_name(advice.what, 'en')}"
            case "write":
                return f"{_noun(advice.channel)} may bring {self._names(advice.topics)}"
            case "ask_consent":
                return "ask for their consent before anything promotional"
            case "ask_address":
                return "ask for an address that works"
            case other:
                return other

    def dont(self, advice: Advice) -> str:
        match advice.code:
            case "night":
                return f"do not call now: it is {advice.what} there"
            case "zone_unknown":
                return "do not call before you have asked what time it is there: no time zone is known"
            case "sell_before_settled":
                return f"do not sell anything before this is settled: {advice.what}"
            case "offer_product":
                since = f" on {self._day(advice.at)}" if advice.at else ""
                return f"do not offer {advice.what}: they gave it up{since}"
            case "campaign_stopped":
                return "count on no message: all sending is stopped"
            case Reason.SMS_STOP if advice.at:
                return f"do not text: STOP on {self._day(advice.at)}"
            case Reason.QUIET_HOURS:
                until = f" before {self._clock(advice.until)}" if advice.until else " now"
                return f"{self._forbidden(advice)}{until}: it is too early or too late in the day there"
            case code:
                since = f" ({self._day(advice.at)})" if advice.at else ""
                told = REASONS.get(code)
                return f"{self._forbidden(advice)}: {told.en if told else code}{since}"

    def _forbidden(self, advice: Advice) -> str:
        way = f" {by(advice.channel, 'en')}" if advice.channel else ""
        match advice.scope:
            case "everything":
                return (
                    f"do not {_USE.get(advice.channel, f'use {advice.channel}')}"
                    if way
                    else "do not contact them"
                )
            case "topics":
                return f"nothing about {self._names(advice.topics)}{way}"
            case _:
                return f"no promotion{way}"

    def _names(self, topics: Sequence[str]) -> str:
        return ", ".join(f"“{topic_name(topic, self._topics, 'en')}”" for topic in topics)

    def _day(self, instant: datetime | None) -> str:
        local = local_of(instant, self._brief)
        return f"{local.day} {_MONTHS[local.month - 1]} {local.year}" if local else ""

    def _clock(self, instant: datetime | None) -> str:
        local = local_of(instant, self._brief)
        return f"{local:%H:%M} on {_DAYS[local.weekday()]}, {self._day(local)}" if local else ""


def _noun(channel: str) -> str:
    return _NOUNS.get(channel, channel)


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
