"""What of a person's consent ledger the record itself keeps, so that conditions need not read the ledger.

    the whole chain ──▶ what still counts ── shortened ──▶ rows on the profile ──▶ the same fold as ever

The rows are consent events again, without proofs, sources and whatever no later moment can bring back into play. They
answer as the chain does (`consent_fold`), at every moment from the one at which they were made. Each entry that the
ledger gets makes them anew from the whole chain; they are kept only while some condition asks about consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from kizuna.core.consent import MARKETING, ConsentEvent, Kind, in_order, kind_of
from kizuna.core.consent.fold import is_shown, is_verified, restarts
from kizuna.core.ids import digest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FORM = "1"  # raised when the rows come to look different: then they are made anew

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class ConsentSummary:
    """Rows, and the `mark` of the chains they were made from. Rows under another mark are not those of the person."""

    mark: str
    rows: tuple[Row, ...] = ()


def chain_mark(parts: Sequence[str], length: int) -> str:
    """Names the state of a person's chains: whose they are, and how long the own one is. The others grow no more."""
    return digest("consents", _FORM, str(length), *parts, length=8)


def summary_of(
    events: Iterable[ConsentEvent], *, parts: Sequence[str], length: int, now: datetime
) -> ConsentSummary:
    """The summary of all `events` of the chains `parts`, `length` of them being the profile's own."""
    return ConsentSummary(chain_mark(parts, length), rows_of(events, now=now))


def rows_of(events: Iterable[ConsentEvent], *, now: datetime) -> tuple[Row, ...]:
    """What of a ledger counts from `now` on."""
    kept = _counting(events, now)
    places = {event.id: place for place, event in enumerate(kept)}
    return tuple(_row(event, places) for event in kept)


@lru_cache(maxsize=1024)  # read for each question about one person
def events_of(rows: tuple[Row, ...]) -> tuple[ConsentEvent, ...]:
    """The rows as consent events, which the fold reads as it would the chain. Their ids are their places."""
    width = len(str(len(rows)))
    return tuple(_event(row, place, width) for place, row in enumerate(rows))


# ── what can count ──────────────────────────────────────────────────────────────────────────────

_LIFTED_BY_START = frozenset({Kind.STOP, Kind.REVIEW})


def _counting(events: Iterable[ConsentEvent], now: datetime) -> list[ConsentEvent]:
    ordered = [(event, kind_of(event)) for event in in_order(events)]
    ordered = [(event, kind) for event, kind in ordered if kind not in (Kind.NOTHING, Kind.UNKNOWN)]
    starts = [event for event, kind in ordered if kind is Kind.START and event.at <= now]
    ordered = [
        (event, kind)
        for event, kind in ordered
        if not (kind in _LIFTED_BY_START and any(restarts(start, event) for start in starts))
        and not (kind is Kind.START and event.at <= now)  # what it lifts is left out already
    ]
    confirms = [event for event, kind in ordered if kind is Kind.CONFIRM]
    named = {grant for event, _ in ordered for grant in event.lifted_by}
    kept: list[ConsentEvent] = []
    latest: dict[tuple[Any, ...], ConsentEvent] = {}
    for event, kind in reversed(ordered):
        scope = _scope(event, kind)
        later = latest.get(scope)
        if later is not None and _says_it_all(later, event, kind, confirms, named, now):
            continue
        latest[scope] = event
        kept.append(event)
    kept.reverse()
    return kept


def _scope(event: ConsentEvent, kind: Kind) -> tuple[Any, ...]:
    """Events of one scope say the same, each for another moment."""
    match kind:
        case Kind.OBJECTION | Kind.DO_NOT_CONTACT:
            return (kind,)
        case Kind.STOP | Kind.REVIEW | Kind.START:
            return (kind, event.endpoint, event.purpose)
        case Kind.CONFIRM:
            return (kind, event.id)
        case Kind.GRANT:
            worth = (is_shown(event.proof), event.wording_version, is_verified(event), event.expires_at)
            return (kind, event.channel, event.topic, event.purpose, event.endpoint, event.basis, *worth)
        case _:
            return (kind, event.action, event.channel, event.topic, event.purpose)


def _says_it_all(
    later: ConsentEvent,
    event: ConsentEvent,
    kind: Kind,
    confirms: Sequence[ConsentEvent],
    named: set[str],
    now: datetime,
) -> bool:
    """Whether nothing ever depends on `event`, because `later`, of the same scope, says as much for longer."""
    match kind:
        case Kind.OBJECTION | Kind.DO_NOT_CONTACT:
            return True
        case Kind.GRANT:
            confirmed_alone = any(
                one.endpoint == event.endpoint and event.at <= one.at < later.at for one in confirms
            )
            return later.at <= now and event.id not in named and not confirmed_alone
        case Kind.OPT_OUT | Kind.STOP | Kind.REVIEW:
            return not later.lifted_by and later.effective_at >= event.effective_at
        case _:
            return False


# ── rows ────────────────────────────────────────────────────────────────────────────────────────

_ACTIONS = (
    "grant", "confirm", "withdraw", "one_click_post", "object", "suppression_hash", "do_not_contact", "sms_in",
)  # fmt: skip
# A reply by its kind: the words of somebody are not kept here.
_LETTERS = {Kind.STOP: "p", Kind.START: "a", Kind.REVIEW: "r"}
_TEXTS = {"p": "STOP", "a": "START", "r": "please stop"}
_SHOWN = "shown"
_VERIFIED, _PROVEN = 1, 2


def _row(event: ConsentEvent, places: Mapping[str, int]) -> Row:
    """`[action, at, channel, topic, endpoint, purpose, merged at, lifted by, …]`, trailing nothings left out."""
    kind = kind_of(event)
    row: list[Any] = [
        _LETTERS[kind] if kind in _LETTERS else _ACTIONS.index(event.action),
        _micros(event.at),
        event.channel,
        event.topic,
        event.endpoint,
        None if event.purpose == MARKETING else event.purpose,
        _micros(event.merged_at),
        tuple(places[grant] for grant in event.lifted_by if grant in places) or None,
    ]
    if kind is Kind.GRANT:
        worth = (_VERIFIED if is_verified(event) else 0) | (_PROVEN if is_shown(event.proof) else 0)
        row += [worth, event.wording_version, _micros(event.expires_at), event.basis]
    while row[-1] is None:
        row.pop()
    return tuple(row)


def _event(row: Row, place: int, width: int) -> ConsentEvent:
    told: list[Any] = [*row, *(None for _ in range(12 - len(row)))]
    action, at, channel, topic, endpoint, purpose, merged_at, lifted_by = told[:8]
    worth, wording, expires_at, basis = told[8:]
    is_text = isinstance(action, str)
    return ConsentEvent(
        id=f"{place:0{width}}",
        action="sms_in" if is_text else _ACTIONS[action],
        at=_instant(at),
        channel=channel,
        topic=topic,
        endpoint=endpoint,
        purpose=purpose or MARKETING,
        merged_at=None if merged_at is None else _instant(merged_at),
        lifted_by=tuple(f"{grant:0{width}}" for grant in lifted_by or ()),
        text=_TEXTS[action] if is_text else None,
        identity_verified=None if worth is None else bool(worth & _VERIFIED),
        proof=_SHOWN if (worth or 0) & _PROVEN else None,
        wording_version=wording,
        expires_at=None if expires_at is None else _instant(expires_at),
        basis=basis,
    )


# Consent may be dated finer than to the millisecond, and what is finer decides between two words.
def _micros(instant: datetime | None) -> int | None:
    return None if instant is None else (instant - _EPOCH) // _MICROSECOND


def _instant(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND
