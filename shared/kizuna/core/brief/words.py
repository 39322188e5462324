"""The words that briefs are made of in both languages: names of languages, channels, topics, facts; local time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from kizuna.core.brief.making import Brief
from kizuna.core.catalog import Topic
from kizuna.core.sentences import CHANNELS, Language, Words
from kizuna.core.zones import zone_named

LANGUAGES: Mapping[str, Words] = {
    "en": Words("English", "英語"),
    "ja": Words("Japanese", "日本語"),
    "de": Words("German", "ドイツ語"),
    "fr": Words("French", "フランス語"),
    "es": Words("Spanish", "スペイン語"),
    "it": Words("Italian", "イタリア語"),
    "pt": Words("Portuguese", "ポルトガル語"),
    "nl": Words("Dutch", "オランダ語"),
    "ko": Words("Korean", "韓国語"),
    "zh": Words("Chinese", "中国語"),
}
FACTS: Mapping[str, Words] = {
    "delivered": Words("delivered", "到達"),
    "opened": Words("opened", "開封"),
    "clicked": Words("clicked", "クリック"),
    "bounced": Words("bounced", "不達"),
    "rejected": Words("discarded by the provider", "配信事業者による破棄"),
    "complained": Words("reported as spam", "迷惑メール報告"),
}
STATUSES: Mapping[str, Words] = {
    "hard_bounced": Words("mail to their address bounces", "メールが届かない宛先がある"),
    "invalid_token": Words("their device no longer takes notifications", "プッシュ通知の届かない端末がある"),
    "complained": Words("they reported a message as spam", "迷惑メールとして報告された宛先がある"),
}


def topic_name(topic: str, topics: Mapping[str, Topic], language: Language) -> str:
    """The name that people know; the id where the workspace has none (any more)."""
    names = topics[topic].name if topic in topics else {}
    return names.get(language) or names.get("en") or next(iter(names.values()), topic)


def local_of(instant: datetime | None, brief: Brief) -> datetime | None:
    """In the person's zone, in UTC where none is known or the calendar ends before it."""
    zone = zone_named(brief.zone)
    try:
        return instant.astimezone(zone) if instant and zone else instant
    except OverflowError:
        return instant


def clock_of(minute: int) -> str:
    """A minute of the day, such as 21:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def language_name(tag: str, language: Language) -> str:
    """A language in words; the tag where we have none for it."""
    primary = tag.replace("_", "-").partition("-")[0].lower()
    told = LANGUAGES.get(primary)
    return getattr(told, language) if told else tag


def by(channel: str, language: Language) -> str:
    """How something comes: by email, メール."""
    words: str = getattr(CHANNELS.get(channel, Words(f"by {channel}", channel)), language)
    return words
