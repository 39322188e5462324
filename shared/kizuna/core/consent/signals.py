"""Consent that is carried in standard SDK calls, as events for the ledger (`ingest-api.md` 9).

Only a change is recorded: SDKs repeat the same context on every call. A withdrawal is honoured from anyone;
a grant is worth what its source can prove. Words count by when they were said, not by when they arrived.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.core.consent import ConsentEvent
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.events import Event, SourceKind
from kizuna.core.identity import identifiers
from kizuna.core.identity.identifiers import is_unverified
from kizuna.core.ids import address_id, digest
from kizuna.core.own_channels import OWN_CHANNELS, own_address_of
from kizuna.core.people import Profile

_SPEAKING = frozenset(
    {"messaging_subscriptions", "consent", "device"}
)  # where a context may speak of consent
_CHANNEL_OF = {"email": "email", "sms": "sms", "whatsapp": "whatsapp", "push": "push", "line": "line"} | {
    channel: channel for channel in sorted(OWN_CHANNELS)
}
# A category that the policy maps to no purpose: kept on the event, counted, of no effect (`ingest-api.md` 9).
_UNMAPPED = "unmapped:"
_MOST_UNMAPPED = 8  # of one source, on one record
_CATEGORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}")


@dataclass(frozen=True, slots=True)
class _Signal:
    action: str  # grant or withdraw
    channel: str
    purpose: str
    address: str = ""  # which address was spoken of; a grant is for it, a withdrawal is the person's

    def scope(self, source: str) -> str:
        """What a change is measured against: the last word of this source on this matter.

        Per source, so that one app's stale "subscribed" never undoes what was said elsewhere.
        """
        return "|".join((source, self.channel, self.purpose, self.address))


@dataclass(frozen=True, slots=True)
class Unusable:
    """A consent signal without effect: of an address that is not this person's, or a category without a purpose.

    `cause` is its code among the violations.
    """

    path: str
    reason: str
    cause: str = "consent_address_unknown"


def consent_signals(
    event: Event, profile: Profile, categories: Mapping[str, str]
) -> tuple[tuple[ConsentEvent, ...], Mapping[str, str], tuple[Unusable, ...]]:
    """New consent events of one event, the scopes they leave behind, and what could not be used.

    `profile` already holds the event's own addresses. `categories` maps SDK consent categories to purposes.
    """
    if _SPEAKING.isdisjoint(event.context):  # as of most events
        return (), profile.consent_scopes, ()
    found: list[ConsentEvent] = []
    unusable: list[Unusable] = []
    scopes = dict(profile.consent_scopes)
    for signal in _signals(event, profile, categories):
        if isinstance(signal, Unusable):
            unusable.append(signal)
            continue
        scope = signal.scope(event.source.id)
        if signal.purpose.startswith(_UNMAPPED):
            told = _told_unmapped(signal, scope, scopes, event)
            unusable += [told] if told is not None else []
            continue
        shown = _shown_by_row(event, signal)
        if shown is False:
            scope += "|unproven"  # says nothing of the last word that counts
        word = _Word(signal.action, epoch_millis(event.at))
        last = _Word.read(scopes[scope]) if scope in scopes else None
        scopes[scope], changes = _after(last, word)
        said_at = _when_first_said(word, scope, scopes, event, is_new=changes)
        if changes or shown or said_at is not None:
            found.append(_consent_event(event, profile, signal, said_at))
    return tuple(found), scopes, tuple(unusable)


def _when_first_said(
    word: _Word, scope: str, scopes: dict[str, str], event: Event, *, is_new: bool
) -> datetime | None:
    """Of a yes that we now know to be theirs, and had on a publishable key's word alone: when that word was given.

    It is a grant from then on and not from now on: SDKs repeat themselves, and a No that came in between stands.
    """
    doubtful = scope + "|unverified"
    if word.action == "grant" and is_unverified(event):
        if is_new:
            scopes[doubtful] = str(word)
        return None
    first = scopes.pop(doubtful, None)
    if first is None or word.action != "grant" or is_new:
        return None
    return from_epoch_millis(_Word.read(first).millis)


def _told_unmapped(signal: _Signal, scope: str, scopes: dict[str, str], event: Event) -> Unusable | None:
    """A category that stands for no purpose: told once for each change, like every other word, and of no effect. Of
    more than a few of one source no more is remembered, and so no more is told."""
    word = _Word(signal.action, epoch_millis(event.at))
    begins = f"{event.source.id}|*|{_UNMAPPED}"
    if scope not in scopes and sum(known.startswith(begins) for known in scopes) >= _MOST_UNMAPPED:
        return None
    scopes[scope], changes = _after(_Word.read(scopes[scope]) if scope in scopes else None, word)
    if not changes:
        return None
    category = signal.purpose.removeprefix(_UNMAPPED)
    path = f"context.consent.categoryPreferences.{category}"
    return Unusable(path, "the policy maps no purpose to this category", "consent_category_unmapped")


@dataclass(frozen=True, slots=True)
class _Word:
    """The last word of a source in one scope: what and when. Without an action the next one is recorded anyhow."""

    action: str
    millis: int

    @classmethod
    def read(cls, text: str) -> _Word:
        action, _, millis = text.partition("@")
        return cls(action, int(millis))

    def __str__(self) -> str:
        return f"{self.action}@{self.millis}"

    def is_later_than(self, other: _Word) -> bool:
        """At one and the same instant a withdrawal is the last word."""
        return (self.millis, self.action == "withdraw") > (other.millis, other.action == "withdraw")


def _after(last: _Word | None, word: _Word) -> tuple[str, bool]:
    """The last word now, and whether this one is a change to be recorded.

    A word that comes late changes nothing if a withdrawal has been said since. A late withdrawal is recorded in any
    case; whether the grant after it still stands is then left to the next word.
    """
    if last is None or not last.is_later_than(word):
        return str(word), last is None or last.action != word.action
    if word.action == "grant" or last.action == "withdraw":
        return str(last), False
    return str(_Word("", last.millis)), True


def united_words(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """The last words of two people who turn out to be one.

    Where they differ it is a grant: so a "subscribed" that one side's app keeps repeating lifts nothing that the
    other side refused, and the next refusal is recorded.
    """
    words = dict(one)
    for scope, text in other.items():
        words[scope] = _united_word(words[scope], text) if scope in words else text
    return words


def _united_word(one: str, other: str) -> str:
    words = (_Word.read(one), _Word.read(other))
    action = max((word.action for word in words), key=("", "withdraw", "grant").index)
    return str(_Word(action, max(word.millis for word in words)))


def _signals(event: Event, profile: Profile, categories: Mapping[str, str]) -> Iterator[_Signal | Unusable]:
    subscriptions = event.context.get("messaging_subscriptions")
    for index, item in enumerate(subscriptions if isinstance(subscriptions, list) else ()):
        if isinstance(item, Mapping):
            yield from _subscription(item, f"context.messaging_subscriptions[{index}]", profile)
    consent = event.context.get("consent")
    preferences = consent.get("categoryPreferences") if isinstance(consent, Mapping) else None
    for category, allowed in preferences.items() if isinstance(preferences, Mapping) else ():
        purpose = categories.get(category)
        if not isinstance(allowed, bool):
            continue
        if purpose is None and not (isinstance(category, str) and _CATEGORY.fullmatch(category)):
            continue  # no name that a consent banner gives
        yield _Signal("grant" if allowed else "withdraw", "*", purpose or f"{_UNMAPPED}{category}")
    device = event.context.get("device")
    if isinstance(device, Mapping) and device.get("adTrackingEnabled") is False:
        yield _Signal("withdraw", "*", "ad_audience")


def _subscription(item: Mapping[str, Any], path: str, profile: Profile) -> Iterator[_Signal | Unusable]:
    channel = _CHANNEL_OF.get(str(item.get("type")).lower())
    status = str(item.get("status")).upper()
    if channel is None or status not in {"SUBSCRIBED", "UNSUBSCRIBED"}:
        return
    value = _normalised(channel, item.get("key"))
    if value is None or not _is_theirs(profile, channel, value):
        # The opt-out of an address we do not know is still an opt-out of this person.
        if status == "UNSUBSCRIBED":
            yield _Signal("withdraw", channel, "marketing")
        yield Unusable(f"{path}.key", "is not an address of this person")
        return
    if status == "UNSUBSCRIBED":
        yield _Signal("withdraw", channel, "marketing", address_id(channel, value))
    else:
        yield _Signal("grant", channel, "marketing", address_id(channel, value))


def _is_theirs(profile: Profile, channel: str, value: str) -> bool:
    if channel in OWN_CHANNELS:
        return own_address_of(profile, channel, address_id(channel, value)) is not None
    return (channel, value) in profile.addresses


def _normalised(channel: str, key: Any) -> str | None:
    match channel:
        case _ if channel in OWN_CHANNELS:
            return identifiers.normalised("user_id", key)
        case "email":
            return identifiers.email(key)
        case "sms" | "whatsapp":
            return identifiers.phone(key)
        case _:
            return key if isinstance(key, str) else None


def _shown_by_row(event: Event, signal: _Signal) -> bool | None:
    """Of a yes in a file: whether its row shows a proof. With one it is recorded though it were no change, for it may
    renew or replace an older proof. None for every other word: a source declares its proof once, for all it says.
    """
    if signal.action != "grant" or event.source.kind is not SourceKind.IMPORT:
        return None
    return event.source.consent_proof is not None


def _consent_event(
    event: Event, profile: Profile, signal: _Signal, said_at: datetime | None = None
) -> ConsentEvent:
    proof = event.source.consent_proof
    is_grant = signal.action == "grant"
    at = min(said_at or event.at, event.at, event.received_at)
    lasts = proof.expires_after if proof and is_grant else None
    is_import = event.source.kind is SourceKind.IMPORT
    return ConsentEvent(
        id=digest("consent", event.source.id, event.id, signal.scope(event.source.id)),
        action=signal.action,
        at=at,
        received_at=event.received_at,
        subject_ref=profile.id,
        channel=signal.channel,
        topic="*",
        purpose=signal.purpose,
        endpoint=(signal.address or None) if is_grant else None,
        source="client_sdk" if is_unverified(event) else "csv_import" if is_import else "api",
        actor="import" if is_import else "self",
        identity_verified=not is_unverified(event),
        wording_version=proof.wording_version if proof and is_grant else None,
        proof=f"{proof.shown}; event {event.id}" if proof and is_grant else None,
        basis=proof.basis if proof and is_grant else None,
        benefit_offered=(proof.benefit_offered or None) if proof and is_grant else None,
        expires_at=lasts.after(at) if lasts else None,
    )
