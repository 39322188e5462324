"""What a consent event says, in the words of whoever has to prove it: English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from kizuna.core.consent.events import Action, ConsentEvent
from kizuna.core.consent.fold import Kind, is_about, kind_of

Language = Literal["en", "ja"]


class Words(NamedTuple):
    """One thing in both languages."""

    en: str
    ja: str

    def in_(self, language: Language) -> str:
        return self.ja if language == "ja" else self.en


ACTS: Mapping[str, Words] = {
    Action.GRANT: Words("agreed", "同意"),
    Action.CONFIRM: Words("confirmed by the mailed link", "確認メールのリンクで確認"),
    Action.WITHDRAW: Words("withdrew", "配信停止"),
    Action.ONE_CLICK_POST: Words("unsubscribed with one click", "ワンクリックで配信停止"),
    Action.LINK_GET: Words("opened the link, which means nothing", "リンクの表示（効力なし）"),
    Action.OBJECT: Words("objected to direct marketing", "ダイレクトマーケティングへの異議"),
    Action.SUPPRESSION_HASH: Words("the kept No of somebody erased", "消去済みのお客様による拒否の引き継ぎ"),
    Action.DO_NOT_CONTACT: Words("asked not to be contacted at all", "すべての連絡を拒否"),
    Action.MERGE_UNDONE: Words("a merge was undone", "統合の取り消し"),
    Action.LIFTED: Words("lifted by a member of staff", "担当者による解除"),
    Action.REVIEW_DISMISSED: Words("a reply was read: no revocation", "返信を確認（停止の意思なし）"),
}
_TEXTS: Mapping[Kind, Words] = {
    Kind.STOP: Words("texted STOP", "SMSで停止を返信"),
    Kind.START: Words("texted START", "SMSで再開を返信"),
    Kind.REVIEW: Words("sent a text that may be a revocation", "停止のご希望とも読めるSMSを返信"),
}
_A_TEXT = Words("sent a text", "SMSを返信")
_UNKNOWN = Words("did something that has no effect here", "効力のない記録")
_EVERYTHING = Words("everything", "すべて")
ACTORS: Mapping[str, Words] = {
    "self": Words("the person", "本人"),
    "staff": Words("a member of staff", "担当者"),
    "import": Words("an import", "取り込み"),
    "guardian": Words("a parent or guardian", "保護者"),
    "system": Words("the system", "システム"),
}


def what_was_said(event: ConsentEvent, language: Language) -> str:
    """The act, by its action and, for an inbound text, by its words."""
    if event.action == Action.SMS_IN:
        return _TEXTS.get(kind_of(event), _A_TEXT).in_(language)
    return ACTS.get(event.action, _UNKNOWN).in_(language)


def about_what(event: ConsentEvent, language: Language) -> str:
    """Channel, topic and, where it is not marketing, purpose."""
    everything = _EVERYTHING.in_(language)
    parts = [everything if is_about(name) else str(name) for name in (event.channel, event.topic)]
    purpose = [] if event.purpose == "marketing" else [event.purpose]
    return " · ".join([*dict.fromkeys(parts), *purpose])


def who_said_it(event: ConsentEvent, language: Language) -> str:
    told = ACTORS.get(event.actor or "")
    actor = told.in_(language) if told else event.actor
    return " · ".join(each for each in (actor, event.source) if each)
