"""Folds events into the golden record: the one change that a batch makes to one person.

    profile + events ──▶ profile′ (one version on) + timeline + consent events + what is worth announcing

Pure, and independent of the order in which events arrive: of a trait's values the same one survives
(`survivorship.survivor`), every aggregate is order-free, and an event that was counted before changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from kizuna.core.applying import applied
from kizuna.core.consent import GENESIS, ConsentEvent, body_hash
from kizuna.core.durations import instant_to_text
from kizuna.core.entry_pages import RowPages, paged
from kizuna.core.events import Event, Violation
from kizuna.core.ids import seen_hash
from kizuna.core.people import Profile
from kizuna.core.restraint.exclusions import standing
from kizuna.core.restraint.holds import standing_holds
from kizuna.core.restraint.staff_holds import STAFF, held_by_staff
from kizuna.core.restraint.wishes import WISHES
from kizuna.core.seen import Pages, Seen, minute_of, remembered
from kizuna.core.segments import EVERYONE, view_of
from kizuna.core.segments.moves import with_moves
from kizuna.core.segments.stands import asked_stands
from kizuna.core.timeline import timeline_key

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One consent event in its place in the chain of one profile."""

    number: int  # from 1
    event: ConsentEvent
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that one write made true, carried in the profile's own item: the outbox."""

    kind: Literal["event", "entered", "exited", "consent", "merged", "unmerged", "address"]
    name: str
    cause: str  # the event id, or the instant of the alarm: what makes the consequence derivable
    key: str = ""  # of the event in the timeline


@dataclass(frozen=True, slots=True)
class Folded:
    """What one write stores. `counted` are events to enter the timeline; repeats are left out.

    `mark_pages` and `row_pages` are pages that the profile lists and that are not stored yet (`seen`, `entry_pages`).
    """

    profile: Profile
    counted: tuple[Event, ...] = ()
    repeats: int = 0
    consents: tuple[LedgerEntry, ...] = ()
    violations: tuple[Violation, ...] = ()
    entered: frozenset[str] = frozenset()
    exited: frozenset[str] = frozenset()
    facts: tuple[Fact, ...] = ()
    mark_pages: Pages = field(default_factory=dict)
    row_pages: RowPages = field(default_factory=dict)


def fold(
    profile: Profile,
    events: Sequence[Event],
    catalog: Catalog,
    *,
    now: datetime,
    before: Profile | None = None,
    carried: Sequence[ConsentEvent] = (),
    since: frozenset[str] | None = None,
    marks: Pages = MappingProxyType({}),
    recorded: Sequence[ConsentEvent] | None = None,
    absorbed: Sequence[Profile] = (),
) -> Folded:
    """Apply events (any order, repeats included) to one profile. Nothing changes if all are repeats.

    `before` is the profile as it is stored, where `profile` already holds new identifiers or a merge;
    `carried` are the opt-outs that the merge brings along, and `since` the segments that the person is in by
    the merge alone: only what the events change is announced. `marks` holds what the profile's pages say; `recorded`
    see `settled`.
    """
    known = {seen.hash for seen in profile.seen}
    known.update(seen.hash for page in profile.seen_pages for seen in marks.get(page, ()))
    fresh: list[Event] = []
    for event in sorted(map(_as_stored, events), key=lambda event: (event.at, event.id)):
        mark = seen_hash(event.source.id, event.id)
        if mark in known:
            continue
        known.add(mark)
        fresh.append(event)
    if not fresh:
        return Folded(profile, repeats=len(events))
    after, consents, violations = applied(profile, fresh, catalog, now=now)
    # Known from now on, and not from its arrival: an event may have waited in a queue for days.
    minute = minute_of(now)
    counted_now = [Seen(seen_hash(event.source.id, event.id), minute) for event in fresh]
    after = replace(after, seen=(*profile.seen, *counted_now))
    folded = settled(
        before=before or profile,
        after=after,
        catalog=catalog,
        now=now,
        causes=fresh,
        consents=(*carried, *consents),
        since=since,
        base=profile,
        marks=marks,
        recorded=recorded,
        absorbed=absorbed,
    )
    return replace(folded, counted=tuple(fresh), repeats=len(events) - len(fresh), violations=violations)


def _as_stored(event: Event) -> Event:
    """The event at a whole millisecond, as all instants are stored: finer ones would compare differently later."""
    finer = event.at.microsecond % 1000
    return replace(event, at=event.at - timedelta(microseconds=finer)) if finer else event


def settled(
    *,
    before: Profile,
    after: Profile,
    catalog: Catalog,
    now: datetime,
    causes: Sequence[Event] = (),
    consents: Sequence[ConsentEvent] = (),
    announces: bool | None = None,
    alarm: str = "",
    since: frozenset[str] | None = None,
    base: Profile | None = None,
    marks: Pages = MappingProxyType({}),
    recorded: Sequence[ConsentEvent] | None = None,
    absorbed: Sequence[Profile] = (),
) -> Folded:
    """Finish one change of a profile: segments, alarm, ledger, versions and the facts worth announcing.

    Memberships are announced when a live event or an alarm caused them; a merge (`since`), an import of history
    or a changed definition (`announces=False`) moves people silently. What an alarm that is overdue would have
    announced is announced all the same, of the people `absorbed` by a merge as well: no alarm will do it any more.
    `base` is the stored profile, remembering
    what the definitions in force ask for: it tells what they alone would have changed. `recorded` are the person's
    consent events so far, needed where `consents` come to them and some condition asks (`needs_recorded`).
    """
    live = [event for event in causes if is_live(event, catalog)]
    speaks = bool(live or alarm) if announces is None else announces
    index, decidable = catalog.segment_index, catalog.decidable
    entries = _chained(before, consents)
    after = _with_consents(after, before, entries, recorded, catalog, now)
    asked = catalog.asks.moves
    turned = _overdue(before, None if since is not None else base, absorbed, catalog, now)
    moves = {name: move for name, move in after.moves.items() if name in catalog.asks.moves}
    after = after if after.moves == moves else replace(after, moves=moves)
    stands = asked_stands(after.stands, catalog.asks.journeys, is_new=_is_new(after, before))
    after = after if after.stands == stands else replace(after, stands=stands)
    for _ in range(len(asked) + 1):  # segments that ask who entered others ask in no circle
        now_in = index.standing(decidable(after), now=now, since=decidable(before))
        entered, exited = now_in.segments - before.segments, before.segments - now_in.segments
        if since is not None:
            came, went = entered - since, since - now_in.segments
        elif speaks and (entered or exited):
            defined = _by_definition(before, base, catalog)
            came, went = entered - defined, exited & defined
        else:
            came, went = entered - before.segments, exited
        if not speaks:
            came = went = frozenset()
        late = (entered & turned.came) - came, (exited & turned.went) - went
        noted = with_moves(moves, (came | late[0]) & asked, (went | late[1]) & asked, now=now)
        if noted == after.moves:
            break
        after = replace(after, moves=noted)
    cause = live[-1].id if live else alarm
    facts = _facts(live, entries, came, went, cause, catalog)
    facts = (*facts, *_moved(*late, turned.cause))
    reach_changed = (
        bool(entries)
        or after.status != before.status
        or _reach(after) != _reach(before)
        or _held_back(after, catalog, now) != _held_back(before, catalog, now)
    )
    kept = remembered(after.seen, after.seen_pages, marks, part=after.id, now=now)
    rows = paged(after.aggregates, after.held_rows, catalog.needs, part=after.id, now=now)
    profile = replace(
        after,
        aggregates=rows.aggregates,
        held_rows=rows.held,
        seen=kept.inline,
        seen_pages=kept.pages,
        version=before.version + 1,
        reach_version=before.reach_version + (1 if reach_changed or before.version == 0 else 0),
        updated_at=now,
        segments=now_in.segments,
        evaluated=index.mark(before.version + 1),
        due_at=_alarm(before.due_at, now_in.flips_at, now),
        ledger_head=entries[-1].hash if entries else before.ledger_head,
        ledger_length=before.ledger_length + len(entries),
    )
    return Folded(
        profile,
        consents=entries,
        entered=entered,
        exited=exited,
        facts=facts,
        mark_pages=kept.new,
        row_pages=rows.new,
    )


def needs_recorded(folded: Folded, catalog: Catalog) -> bool:
    """Whether a write lacks what was recorded of consents before: then it is to be folded again with it."""
    return catalog.asks_consents and folded.profile.consents is None


def _with_consents(
    after: Profile,
    before: Profile,
    entries: Sequence[LedgerEntry],
    recorded: Sequence[ConsentEvent] | None,
    catalog: Catalog,
    now: datetime,
) -> Profile:
    """The profile with the summary of its ledger as it will be; without one where nobody asks, or nobody told."""
    if not catalog.asks_consents:
        return after if after.consents is None else replace(after, consents=None)
    from kizuna.core.consent.summary import chain_mark, summary_of  # where some condition asks for it

    length = before.ledger_length + len(entries)
    if after.consents is not None and after.consents.mark == chain_mark(after.parts, length):
        return after
    has_none = before.ledger_length == 0 and set(after.parts) <= {after.id}
    if recorded is None and not has_none:
        return replace(after, consents=None)
    told = (*(recorded or ()), *(entry.event for entry in entries))
    return replace(after, consents=summary_of(told, parts=after.parts, length=length, now=now))


def _by_definition(before: Profile, base: Profile | None, catalog: Catalog) -> frozenset[str]:
    """The segments that the person would have been in when last written, had today's definitions been in force."""
    if base is None or before.version == 0:
        return before.segments
    index, decidable = catalog.segment_index, catalog.decidable
    if before.evaluated == index.mark(before.version) and not index.differs(
        decidable(before), decidable(base)
    ):
        return before.segments
    return index.standing(decidable(base), now=before.updated_at).segments


def _is_new(after: Profile, before: Profile) -> bool:
    """Whether nothing of the person was stored before: nobody else either who lives on in them."""
    return before.version == 0 and set(after.parts) <= {after.id}


def is_live(event: Event, catalog: Catalog) -> bool:
    """Whether an event may start anything: told to, and not history that arrives late."""
    return event.triggers and event.at > catalog.policy.live_within.before(event.received_at)


def _alarm(standing_alarm: datetime | None, flips_at: datetime | None, now: datetime) -> datetime | None:
    """An earlier alarm still ahead is left standing: it rings, recomputes and sleeps again."""
    if (
        standing_alarm is not None
        and standing_alarm > now
        and (flips_at is None or standing_alarm <= flips_at)
    ):
        return standing_alarm
    return flips_at


def _facts(
    live: Sequence[Event],
    entries: Sequence[LedgerEntry],
    entered: frozenset[str],
    exited: frozenset[str],
    cause: str,
    catalog: Catalog,
) -> tuple[Fact, ...]:
    awaited = catalog.awaited_events
    facts = [
        Fact("event", event.name, event.id, timeline_key(event))
        for event in live
        if event.type == "track" and event.name in awaited
    ]
    facts += [Fact("consent", entry.event.action, entry.event.id) for entry in entries]
    return (*facts, *_moved(entered, exited, cause))


def _moved(entered: frozenset[str], exited: frozenset[str], cause: str) -> list[Fact]:
    return [
        *(Fact("entered", name, cause) for name in sorted(entered - {EVERYONE})),
        *(Fact("exited", name, cause) for name in sorted(exited - {EVERYONE})),
    ]


@dataclass(frozen=True, slots=True)
class _Turned:
    """What time brought about since somebody was last written; `cause` names the alarm that has not been heard."""

    came: frozenset[str] = frozenset()
    went: frozenset[str] = frozenset()
    cause: str = ""


def _overdue(
    before: Profile, base: Profile | None, absorbed: Sequence[Profile], catalog: Catalog, now: datetime
) -> _Turned:
    """Of an absorbed person only entries count: that person is in no segment any more, and leaves none."""
    sides = [(before, base), *((side, None) for side in absorbed)]
    rang = [(side, seen_as) for side, seen_as in sides if side.due_at is not None and side.due_at <= now]
    came = went = frozenset[str]()
    for side, seen_as in rang:
        was = _by_definition(side, seen_as, catalog)
        if seen_as is None and side.evaluated != catalog.segment_index.mark(side.version):
            continue  # definitions have changed as well: what they move is not told from what time does
        is_now = catalog.segment_index.standing(catalog.decidable(seen_as or side), now=now).segments
        came |= is_now - was
        went |= was - is_now if side is before else frozenset()
    alarms = [side.due_at for side, _ in rang if side.due_at is not None]
    return _Turned(came, went, instant_to_text(min(alarms)) if alarms else "")


def _reach(profile: Profile) -> Any:
    """What, besides the ledger, decides whether and where a person may be reached."""
    addresses = sorted(
        (address.key, address.status, str(address.rests_until)) for address in profile.addresses.values()
    )
    wishes = (
        () if WISHES.isdisjoint(profile.traits) else [profile.traits.get(name) for name in sorted(WISHES)]
    )
    return (addresses, wishes, profile.status, profile.gpc, profile.merged_into, profile.parts)


def _held_back(profile: Profile, catalog: Catalog, now: datetime) -> Any:
    """What the company holds back of its own accord: a message already on its way must meet it too."""
    policy = catalog.policy
    by_staff = held_by_staff(profile, now=now)
    holds: frozenset[str] = frozenset((STAFF,) if by_staff else ())
    if policy.tone_holds:
        view = view_of(catalog.decidable(profile))
        holds |= frozenset(held.hold.id for held in standing_holds(policy.tone_holds, view, now=now))
    if not policy.product_exclusions or not profile.exclusions:
        return (holds, ())
    return (holds, tuple(sorted(standing(profile.exclusions, policy.product_exclusions, now=now))))


def _chained(profile: Profile, consents: Iterable[ConsentEvent]) -> tuple[LedgerEntry, ...]:
    entries: list[LedgerEntry] = []
    previous, number = profile.ledger_head or GENESIS, profile.ledger_length
    for consent in consents:
        number += 1
        head = body_hash(consent, previous)
        entries.append(LedgerEntry(number, consent, previous, head))
        previous = head
    return tuple(entries)
