"""What may be sent to a person, and what became of what was, in words."""

from __future__ import annotations

from typing import assert_never

from kizuna.core.condition_words.events import filter_in_words, window_in_words
from kizuna.core.condition_words.values import length_in_words, while_allowed
from kizuna.core.conditions.consent_questions import ConsentIs, Reachable, Subscription
from kizuna.core.conditions.message_questions import Converted, MessageOutcome
from kizuna.core.conditions.properties import asks_place
from kizuna.core.sentences import CHANNELS, Language, Words

Contact = MessageOutcome | Converted | ConsentIs | Subscription | Reachable

_CONSENTS: dict[str, Words] = {
    "granted": Words("has been allowed", "同意がある"),
    "withdrawn": Words("has been refused", "お断りがある"),
    "pending": Words("has been allowed, and is not confirmed yet", "同意の確認を待っている"),
    "none": Words("has neither been allowed nor refused", "同意もお断りもない"),
}
_SUBSCRIPTIONS: dict[str, Words] = {
    "subscribed": Words("they are subscribed to {name}", "{name}の配信を受けている"),
    "unsubscribed": Words("they have unsubscribed from {name}", "{name}の配信を停止した"),
    "none": Words("they have said nothing on {name}", "{name}について意思表示がない"),
}
_OUTCOMES: dict[str, Words] = {
    "sent": Words("was sent", "を送信した"),
    "delivered": Words("was delivered", "が届いた"),
    "opened": Words("was opened", "が開封された"),
    "clicked": Words("was clicked", "がクリックされた"),
    "bounced": Words("bounced", "が不達だった"),
    "complained": Words("was reported as spam", "が迷惑メールとして報告された"),
    "withheld": Words("was withheld", "の送信を見送った"),
}


def contact_in_words(leaf: Contact, language: Language) -> str:
    """One question about what may be sent to the person, or what became of what was."""
    match leaf:
        case Reachable():
            return _reachable(leaf, language)
        case ConsentIs():
            return _consent(leaf, language)
        case Subscription(subscription=topic, state=state, channel=channel):
            told = str(getattr(_SUBSCRIPTIONS[state], language)).format(name=topic)
            if channel is None:
                return told
            how = _channel(channel, language)
            return f"{told} {how}" if language == "en" else f"{how}で{told}"
        case MessageOutcome():
            return _message(leaf, language)
        case Converted():
            said = _converted(leaf, language)
            return while_allowed(said, language) if asks_place(leaf.where) else said
        case _:
            assert_never(leaf)


def _channel(channel: str, language: Language) -> str:
    return str(getattr(CHANNELS.get(channel, Words(f"by {channel}", channel)), language))


def _reachable(leaf: Reachable, language: Language) -> str:
    how = _channel(leaf.reachable, language)
    if leaf.purpose == "any":
        return f"they can be reached {how}" if language == "en" else f"{how}の宛先がある"
    if language == "en":
        return f"they may be sent promotions {how}" + (f" about {leaf.topic}" if leaf.topic else "")
    topic = f"{leaf.topic}についての" if leaf.topic else ""
    return f"{how}で{topic}販売促進の連絡を送ってよい"


def _consent(leaf: ConsentIs, language: Language) -> str:
    how, said = _channel(leaf.channel, language), getattr(_CONSENTS[leaf.consent], language)
    everything = leaf.topic == "*"
    if language == "en":
        about = "every topic" if everything else leaf.topic
        purpose = "" if leaf.purpose == "marketing" else f" for {leaf.purpose}"
        return f"writing {how} on {about}{purpose} {said}"
    about = "すべてのトピック" if everything else leaf.topic
    purpose = "" if leaf.purpose == "marketing" else f"・目的{leaf.purpose}"
    return f"{how}（{about}{purpose}）について{said}"


def _message(leaf: MessageOutcome, language: Language) -> str:
    named: tuple[tuple[str | None, Words], ...] = (
        (leaf.campaign, Words("of the campaign {name}", "キャンペーン{name}の")),
        (leaf.journey, Words("of the journey {name}", "ジャーニー{name}の")),
        (leaf.topic, Words("on {name}", "トピック{name}の")),
        (leaf.channel, Words("by {name}", "{name}の")),
    )
    about = [str(getattr(words, language)).format(name=name) for name, words in named if name]
    came = getattr(_OUTCOMES[leaf.message], language)
    machine = not leaf.human_only and leaf.message in ("opened", "clicked")
    if language == "en":
        told = " ".join(["a message to them", *about, came, window_in_words(leaf.window, "en")])
        return told + (", by a machine or by them" if machine else "")
    told = f"{window_in_words(leaf.window, 'ja')}{''.join(about)}メッセージ{came}"
    return told + ("（機械による反応も含む）" if machine else "")


def _converted(leaf: Converted, language: Language) -> str:
    filtered = filter_in_words(leaf.where, language)
    within, when = length_in_words(leaf.within, language), window_in_words(leaf.window, language)
    if language == "en":
        after = f" within {within} after a message of the campaign {leaf.campaign}" if leaf.campaign else ""
        return f"they reached the goal “{leaf.converted}”{f' ({filtered})' if filtered else ''}{after} {when}"
    after = f"キャンペーン{leaf.campaign}のメッセージから{within}以内に" if leaf.campaign else ""
    return f"{when}{after}目標「{leaf.converted}」{f'（{filtered}）' if filtered else ''}を達成した"
