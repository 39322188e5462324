"""Folds events into the golden record: the one change that a batch makes to one person.

    profile + events ──▶ profile′ (one version on) + timeline + consent events + what is worth announcing

Pure, and independent of the order in which events arrive: of a trait's values the same one survives
(`survivorship.survivor`), every aggregate is order-free, and an event that was counted before changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from kizuna.core.aggregates import tallied
from kizuna.core.consent import GENESIS, ConsentEvent, body_hash
from kizuna.core.consent.signals import consent_signals
from kizuna.core.devices import DEVICES, with_devices
from kizuna.core.draft import Draft, draft_of
from kizuna.core.durations import instant_to_text
from kizuna.core.entry_pages import RowPages, paged
from kizuna.core.events import Event, Violation
from kizuna.core.feedback import address_changes, consent_of_feedback, tells_of_address
from kizuna.core.identity import identifiers
from kizuna.core.identity.identifiers import is_unverified
from kizuna.core.ids import seen_hash
from kizuna.core.merges.survivorship import survivor
from kizuna.core.messenger_events import consent_of_messenger, contacted, tells_of_contact
from kizuna.core.people import COMPUTED_TRAITS, Address, Profile, Trait
from kizuna.core.places import PLACE, with_place
from kizuna.core.quality import names
from kizuna.core.restraint.exclusions import standing, with_events
from kizuna.core.restraint.holds import standing_holds
from kizuna.core.restraint.staff_holds import STAFF, held_by_staff
from kizuna.core.restraint.wishes import WISHES, with_wishes
from kizuna.core.rights.staff_acts import consent_of_staff
from kizuna.core.seen import Pages, Seen, minute_of, remembered
from kizuna.core.segments import EVERYONE, view_of
from kizuna.core.segments.lists import listed, tells_of_list
from kizuna.core.segments.moves import with_moves
from kizuna.core.timeline import timeline_key
from kizuna.core.traits import TraitDefinition

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.catalog import Catalog

TRAITS_LIMIT = 256
# Every profile remembers its last purchase, because in some countries customers may be written to (`consent.md` 7).
# A page's word for it would let anybody make a customer of anybody.
PURCHASE = "Order Completed"


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
    after, consents, violations = _applied(profile, fresh, catalog, now)
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
    is_new = before.ledger_length == 0 and set(after.parts) <= {after.id}
    if recorded is None and not is_new:
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


# ── one event ───────────────────────────────────────────────────────────────────────────────────


def _applied(
    profile: Profile, events: Sequence[Event], catalog: Catalog, now: datetime
) -> tuple[Profile, tuple[ConsentEvent, ...], tuple[Violation, ...]]:
    consents: list[ConsentEvent] = []
    violations: list[Violation] = []
    draft = draft_of(profile)
    for event in events:
        refused = _take_traits(draft, event, catalog.traits)
        _take_context(draft, event)
        _take_subscriptions(draft, event)
        if tells_of_contact(event):
            draft.addresses = contacted(draft.addresses, event)
        if tells_of_list(event):
            draft.lists = listed(draft.lists, event)
        if tells_of_address(event):
            draft.addresses = dict(address_changes(draft.profile(), event))
        violations += [_refusal(event, *each) for each in refused]
        violations += [_refusal(event, *breach.told) for breach in catalog.plan.judge(event)]
        draft.last_event_at = max(draft.last_event_at or event.at, event.at)
        if event.name == PURCHASE and event.type == "track" and not is_unverified(event):
            draft.purchased_at = max(draft.purchased_at or event.at, event.at)
    rules = catalog.policy.product_exclusions
    if rules:
        draft.exclusions = with_events(draft.exclusions, events, rules, is_claimed=is_unverified)
    with_wishes(draft.traits, events)
    if catalog.asks.devices or DEVICES in draft.traits:
        known = draft.traits.pop(DEVICES, None)
        seen_on = with_devices(known, events) if catalog.asks.devices else None
        draft.traits |= {DEVICES: seen_on} if seen_on is not None else {}
    if catalog.asks.place or PLACE in draft.traits:
        held = draft.traits.pop(PLACE, None)
        place = with_place(held, events) if catalog.asks.place else None
        draft.traits |= {PLACE: place} if place is not None else {}
    after = draft.profile(aggregates=tallied(profile.aggregates, events, catalog.needs, now=now))
    # Consents once all addresses are known: one call may bring the address and another, of the same moment, the
    # word on it.
    for event in events:
        signals, scopes, unusable = consent_signals(event, after, catalog.policy.consent_categories)
        if scopes != after.consent_scopes:
            after = replace(after, consent_scopes=scopes)
        consents += (*signals, *consent_of_feedback(event, after, catalog.policy.sms_words))
        consents += consent_of_staff(event, after)
        consents += consent_of_messenger(event, after.id, catalog.policy.sms_words)
        violations += [_refusal(event, item.cause, item.path, item.reason) for item in unusable]
    return after, tuple(consents), tuple(violations)


def _refusal(event: Event, cause: str, path: str, reason: str) -> Violation:
    """One part of an event that was not used; the event itself is stored, so its text is not kept twice."""
    kind = event.source.kind.value
    return Violation(
        cause, path, reason, event.source.id, event.received_at, "", event.name, stored=True, source_kind=kind
    )


_IDENTIFYING = {"email": "email", "phone": "phone", "whatsapp": "phone", "line": "line"}
"""The traits that are addresses, and the identifier that each is."""
_CHANNELS = {"email": "email", "phone": "sms", "whatsapp": "whatsapp", "line": "line"}
Refusal = tuple[str, str, str]  # cause, path, reason


def _take_traits(draft: Draft, event: Event, definitions: Mapping[str, TraitDefinition]) -> list[Refusal]:
    if event.type != "identify":
        return []
    refused: list[Refusal] = []
    traits = draft.traits
    for name, value in event.traits.items():
        if name in _IDENTIFYING:
            refusal = _take_address(draft, name, value, event)
            if refusal is not None:
                refused.append(refusal)
                if refusal[0] == "identity_token_required":
                    continue
        if name in COMPUTED_TRAITS:
            refused.append(("computed_trait", f"traits.{name}", "is worked out by Kizuna, and not told"))
            continue
        if name not in traits and len(traits) >= TRAITS_LIMIT:
            refused.append(("too_many_traits", f"traits.{name}", f"a profile holds {TRAITS_LIMIT} traits"))
            continue
        form = names.normalised(name, value, country=event.traits.get("country"))
        raw = None if form == value else value
        offered = Trait(form, event.at, event.source.id, vouched=not is_unverified(event), raw=raw)
        traits[name] = survivor(name, traits.get(name), offered, definitions)
    return refused


def _take_address(draft: Draft, name: str, value: Any, event: Event) -> Refusal | None:
    kind, region = _IDENTIFYING[name], event.traits.get("country")
    match kind:
        case "email":
            normalised = identifiers.email(value)
        case "line":
            normalised = identifiers.line_user(value)
        case _:
            normalised = identifiers.phone(value, region if isinstance(region, str) else None)
    if value is None:
        return None
    if normalised is None:
        legacy = kind == "email" and names.is_legacy_mobile(value)
        reason = names.LEGACY_MOBILE if legacy else f"is not a usable {name}; kept as a trait only"
        return (f"invalid_{name}", f"traits.{name}", reason)
    if is_unverified(event) and (kind, normalised) not in draft.base.identities:
        # Whoever attached identities decided that this address is not the caller's to tell.
        return ("identity_token_required", f"traits.{name}", "a client key may not set it for this person")
    _remember(draft.addresses, Address(_CHANNELS[name], normalised, event.at))
    return None


def _remember(addresses: dict[tuple[str, str], Address], address: Address) -> None:
    held = addresses.get(address.key)
    if held is None:
        addresses[address.key] = address
    elif address.at > held.at:
        addresses[address.key] = replace(held, at=address.at, platform=address.platform or held.platform)
    elif not held.platform:
        addresses[address.key] = replace(held, platform=address.platform)


def _take_context(draft: Draft, event: Event) -> None:
    context, at = event.context, event.at
    zone, language, device = context.get("timezone"), context.get("locale"), context.get("device")
    if isinstance(zone, str) and zone and _is_news(zone, at, draft.zone, draft.zone_at):
        draft.zone, draft.zone_at = zone, at
    if isinstance(language, str) and language and _is_news(language, at, draft.language, draft.language_at):
        draft.language, draft.language_at = language, at
    if context.get("gpc") is True:
        draft.gpc = True
    token = identifiers.plain(device.get("token")) if isinstance(device, Mapping) else None
    # Whoever attached identities decided whether this device is the person's: not one that somebody else is signed
    # in on, and not one that a page adds to somebody known.
    if token is not None and isinstance(device, Mapping) and ("push_token", token) in draft.base.identities:
        platform = str(device.get("type", "")).lower()
        _remember(draft.addresses, Address("push", token, at, platform=platform))


def _take_subscriptions(draft: Draft, event: Event) -> None:
    """Whoever subscribes to WhatsApp with a number of theirs is reached by it there."""
    subscriptions = event.context.get("messaging_subscriptions")
    for item in subscriptions if isinstance(subscriptions, list) else ():
        if not isinstance(item, Mapping) or str(item.get("type", "")).lower() != "whatsapp":
            continue
        number = identifiers.phone(item.get("key"))
        subscribed = str(item.get("status", "")).upper() == "SUBSCRIBED"
        if subscribed and number is not None and ("phone", number) in draft.base.identities:
            _remember(draft.addresses, Address("whatsapp", number, event.at))


def _is_news(value: str, at: datetime, held: str | None, held_at: datetime | None) -> bool:
    """Whether something last seen is to be replaced: the newest stays, and of two at one instant the same one."""
    return held is None or held_at is None or (at, value) > (held_at, held)
