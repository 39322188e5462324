"""Questions about one value (`conditions.value_meaning`), asked of its cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from sqlglot import exp

from kizuna.core.condition_sql import patterns
from kizuna.core.condition_sql.places import Place, is_there
from kizuna.core.condition_sql.terms import (
    NotInLake,
    Sql,
    all_true,
    any_of,
    any_true,
    column,
    compared,
    field,
    how_many,
    no,
    text,
    whole,
)
from kizuna.core.condition_sql.times import Times, days, instants
from kizuna.core.condition_sql.values import Reading, instant_of, refuse_events
from kizuna.core.condition_sql.zones import by_zone
from kizuna.core.conditions.checking import PERSON, days_of
from kizuna.core.conditions.operators import OF_HISTORY, TAKES_DURATION, positive_of
from kizuna.core.conditions.properties import (
    Comparison,
    ContextIs,
    EventPlace,
    OtherProperty,
    OtherTrait,
    PropertyIs,
    Where,
    WhereAll,
    WhereAny,
    WhereAtLeast,
    WhereNone,
    WhereXor,
    asks_for_days,
)
from kizuna.core.conditions.turning import anniversary, window_of_days
from kizuna.core.conditions.versions import version_of
from kizuna.core.durations import Duration
from kizuna.core.lake_cells import address_key, micros, version_key
from kizuna.core.zones import day_at, zone_named

_ITEM = "o"  # what an object of a list is called
_STANDARD_OF = {"before": "lt", "after": "gt", "on": "eq", "same_day": "eq"}


@dataclass(frozen=True, slots=True)
class Setting:
    """In which setting a question is asked: of a person at a known moment, or of an event at its own (`happened`)."""

    now: datetime | None
    happened: Sql | None = None
    zone: Sql | None = None  # the person's
    held: Sql | None = None  # since when each trait has its value

    def moment(self) -> Sql:
        """In microseconds."""
        if self.now is not None:
            return whole(micros(self.now))
        if self.happened is None:
            raise ValueError("a moment is known, or has a column")
        return self.happened.copy()


def question_sql(question: Comparison, place: Place, setting: Setting) -> Sql:
    """Whether the value at a place is as the question asks; never null."""
    op = positive_of(question.op)
    read = _reading(op, question, setting)
    if op in OF_HISTORY:
        answer = _history(op, question, place, read, setting)
    elif op == "has_item":
        answer = _has_item(question, place, setting)
    elif op in TAKES_DURATION:
        answer = place.any(_window(op, question, read, setting))
    elif op == "anniversary":
        answer = _anniversary(question, place, read, setting)
    else:
        answer = _holds(op, question, place, read, setting)
    return answer if op == question.op else no(answer)


def _reading(op: str, question: Comparison, setting: Setting) -> Reading:
    value_type: str | None = question.value_type
    if value_type in (None, "list"):
        value_type = {"on": "date", "same_day": "date", "before": "instant", "after": "instant"}.get(op)
    fold = question.case == "insensitive"
    if question.zone == PERSON or (question.zone is None and asks_for_days(question)):
        return (
            Reading(value_type, fold, person=setting.zone)
            if setting.zone is not None
            else Reading(value_type, fold)
        )
    named = zone_named(question.zone) if question.zone else None
    return Reading(value_type, fold, zone=named or UTC)


# ── values alone ────────────────────────────────────────────────────────────────────────────────


def _holds(op: str, question: Comparison, place: Place, read: Reading, setting: Setting) -> Sql:
    match op:
        case "exists":
            return place.own(is_there())
        case "empty":
            return no(place.own(_says_something()))
        case _ if question.asks_for_null:
            return place.own(compared("eq", field("k"), text("0")))
        case "size":
            length = all_true(
                [_is_list(), compared(question.cmp or "eq", field("z"), _whole(question.value))]
            )
            return place.own(length)
    if isinstance(question.value, OtherTrait | OtherProperty):
        return _by_another(op, question, place, read)
    wanted: Any = list(question.value) if isinstance(question.value, tuple) else question.value
    if op == "same_day":
        return place.any(_today(read, setting))
    if wanted is None:
        return exp.false()
    return _with(op, question, place, read, wanted)


def _with(op: str, question: Comparison, place: Place, read: Reading, wanted: Any) -> Sql:
    listed = wanted if isinstance(wanted, list) else [wanted]
    match op:
        case "eq" if question.value_type == "list":
            return _same_list(place, read, listed)
        case "has_any":
            answer = place.any(_one_of(read, listed))
        case "has_all":
            answer = all_true([place.any(read.compared("eq", value)) for value in listed])
        case _:
            answer = place.any(_element(op, question, read, wanted))
    return all_true([place.own(_is_list()), answer]) if question.value_type == "list" else answer


def _element(op: str, question: Comparison, read: Reading, wanted: Any) -> Sql:
    """`comparing.test_of` for one cell."""
    match op:
        case "eq" | "gt" | "gte" | "lt" | "lte":
            return read.compared(op, wanted)
        case "before" | "after" | "on" | "same_day":
            return read.compared(_STANDARD_OF[op], wanted)
        case "in":
            return _one_of(read, wanted)
        case "between":
            low, high = wanted
            return all_true([read.compared("gte", low), read.compared("lte", high)])
        case "semver":
            version = version_of(wanted) if isinstance(wanted, str) else None
            if version is None:
                return exp.false()
            return compared(question.cmp or "eq", field("v"), text(version_key(version)))
        case "cidr":
            return _in_networks(wanted if isinstance(wanted, list) else [wanted])
        case _:
            return patterns.text_holds(op, read, wanted)


def _one_of(read: Reading, values: Sequence[Any]) -> Sql:
    """Texts together, the others one by one."""
    if read.value_type is not None:
        return any_true([read.compared("eq", value) for value in values])
    texts = [read.constant(value, UTC) for value in values if isinstance(value, str)]
    others = [read.compared("eq", value) for value in values if not isinstance(value, str)]
    among = exp.In(this=read.text("c"), expressions=[text(value) for value in texts])
    return any_true([*([among] if texts else []), *others])


def _same_list(place: Place, read: Reading, wanted: Sequence[Any]) -> Sql:
    if place.item:
        raise NotInLake("a list compared as a whole within an object of a list")
    size = place.own(all_true([_is_list(), compared("eq", field("z"), whole(len(wanted)))]))
    each = [
        place.element(all_true([compared("eq", field("e"), whole(number)), read.compared("eq", value)]))
        for number, value in enumerate(wanted)
    ]
    return all_true([size, *each])


def _in_networks(networks: Sequence[str]) -> Sql:
    from ipaddress import ip_network

    parts = []
    for network in map(ip_network, networks):
        first, last = (address_key(str(end)) for end in (network.network_address, network.broadcast_address))
        if first is None or last is None or first[0] != str(network.version):
            raise NotInLake("a block of IPv6 addresses that stand for IPv4")
        parts.append(
            all_true([compared("gte", field("x"), text(first)), compared("lte", field("x"), text(last))])
        )
    return any_true(parts)


def _is_list() -> Sql:
    return compared("eq", field("k"), text("l"))


def _says_something() -> Sql:
    """Neither null nor `""`, `[]` or `{}`."""
    blank = exp.func("COALESCE", compared("eq", field("s"), text("")), exp.false())
    nothing = exp.func("COALESCE", compared("eq", field("z"), whole(0)), exp.false())
    return all_true([is_there(), no(blank), no(nothing)])


def _whole(value: Any) -> Sql:
    return whole(int(value))


def _by_another(op: str, question: Comparison, place: Place, read: Reading) -> Sql:
    """The order of two values of the same person, or event: each element of the one with each of the other.

    Whether they are equal is not asked: lists and objects within them would have to be compared as a whole.
    """
    other = question.value
    if place.item or op not in ("gt", "gte", "lt", "lte") or question.value_type is not None:
        raise NotInLake(f"{op} with another trait or property")
    if not isinstance(other, OtherTrait | OtherProperty):
        raise ValueError("it is compared with another value")
    path = other.trait if isinstance(other, OtherTrait) else other.property
    equal = compared("eq", read.number("c"), read.number("w"))
    own, others = (exp.func("COALESCE", field("d", name), whole(0)) for name in ("c", "w"))
    strictly = compared(op.removesuffix("e"), read.number("c"), read.number("w"))
    numbers = any_true([strictly, all_true([equal, compared(op, own, others)])])
    texts = compared(op, read.text("c"), read.text("w"))
    return place.any(Place(place.cells, path).any(any_true([texts, numbers]), "w"))


# ── values and the clock ────────────────────────────────────────────────────────────────────────


def _today(read: Reading, setting: Setting) -> Sql:
    now = setting.now
    if now is None:
        raise refuse_events("same_day")

    def there(zone: tzinfo) -> Times:
        today = day_at(zone, now)
        return days(lambda day: day == today, (today,), zone)

    return read.by_clock(there)


def _window(op: str, question: Comparison, read: Reading, setting: Setting) -> Sql:
    length = Duration.parse(str(question.value))
    now = setting.now
    if now is None:
        return _window_of_event(op, question, length, setting)
    if question.value_type == "date":
        return read.by_clock(lambda zone: _day_window(op, length, now, zone))
    return read.by_clock(lambda zone: instant_window(op, length, now, zone))


def instant_window(op: str, length: Duration, now: datetime, zone: tzinfo) -> Times:
    """`turning.window_of_instants` for one instant."""
    match op:
        case "within_last":
            return instants("gt", length.before(now, zone), zone).but(instants("lte", now, zone))
        case "before_last":
            return instants("lte", length.before(now, zone), zone)
        case "within_next":
            return instants("gt", now, zone).but(instants("lte", length.after(now, zone), zone))
        case _:
            return instants("gt", length.after(now, zone), zone)


def _day_window(op: str, length: Duration, now: datetime, zone: tzinfo) -> Times:
    today = now.astimezone(zone).date()

    def holds(day: date) -> bool:
        return window_of_days(op, day, length).holds(today)

    far = timedelta(seconds=length.seconds, days=31 * length.months)
    return days(holds, [today, *_edges(holds, today, far)], zone)


def _edges(holds: Callable[[date], bool], today: date, far: timedelta) -> list[date]:
    """The days at which a window of days begins or ends: its truth changes once on either side of today."""
    found = []
    for sign in (-1, 1):
        low, high = 0, min(far.days + 5, 2_000_000)
        start = holds(_day(today, sign))
        while high - low > 1:
            middle = (low + high) // 2
            if holds(_day(today, sign * (middle + 1))) == start:
                low = middle
            else:
                high = middle
        found += [_day(today, sign * number) for number in (low, high, high + 1)]
    return found


def _day(today: date, number: int) -> date:
    ordinal = today.toordinal() + number
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))


def _window_of_event(op: str, question: Comparison, length: Duration, setting: Setting) -> Sql:
    """Relative to the event's own time, in UTC."""
    if length.months or question.value_type == "date" or question.zone is not None:
        raise refuse_events(f"{op} of months, days or a zone")
    span = whole(length.seconds * 1_000_000)
    ago = exp.Sub(this=setting.moment(), expression=span)
    ahead = exp.Add(this=setting.moment(), expression=span.copy())
    match op:
        case "within_last":
            return all_true(
                [compared("gt", instant_of(), ago), compared("lte", instant_of(), setting.moment())]
            )
        case "before_last":
            return compared("lte", instant_of(), ago)
        case "within_next":
            return all_true(
                [compared("gt", instant_of(), setting.moment()), compared("lte", instant_of(), ahead)]
            )
        case _:
            return compared("gt", instant_of(), ahead)


def _anniversary(question: Comparison, place: Place, read: Reading, setting: Setting) -> Sql:
    """By the month and day of a date, in the person's zone: the lake has them for no other."""
    now = setting.now
    if now is None or read.person is None:
        raise NotInLake("anniversary in another zone than the person's")
    offset, window = days_of(question.offset or "0d"), days_of(question.window or "1d")

    def there(zone: tzinfo) -> tuple[str, ...]:
        today = now.astimezone(zone).date()
        every = [date(2000, 1, 1) + timedelta(days=number) for number in range(366)]
        return tuple(
            f"{day:%m-%d}"
            for day in every
            if anniversary(day, offset=offset, window=window, today=today).holds(today)
        )

    def spoken(fits: tuple[str, ...]) -> Sql:
        return exp.In(this=field("l"), expressions=[text(day) for day in fits]) if fits else exp.false()

    by_today: dict[date, tuple[str, ...]] = {}  # there are two or three todays, and hundreds of zones

    def remembered(zone: tzinfo) -> tuple[str, ...]:
        today = now.astimezone(zone).date()
        if today not in by_today:
            by_today[today] = there(zone)
        return by_today[today]

    return place.any(by_zone(read.person, remembered, spoken))


def _history(op: str, question: Comparison, place: Place, read: Reading, setting: Setting) -> Sql:
    """Since when a trait holds its value. An inner value is as old as the whole trait."""
    now = setting.now
    if now is None or setting.held is None:
        raise NotInLake(f"{op} of anything but a trait")
    length = Duration.parse(str(question.value)) if op == "changed_within" else None
    if length is not None:
        span = length
        since = _since(
            place,
            setting.held,
            read.by_clock(lambda zone: instant_window("within_last", span, now, zone), "h"),
        )
        return all_true([place.own(exp.true()), since])
    told = question.for_at_least or question.for_less_than
    if told is None:
        raise ValueError("has_been needs for_at_least or for_less_than")
    span = told
    long_ago = _since(
        place, setting.held, read.by_clock(lambda zone: instant_window("before_last", span, now, zone), "h")
    )
    held = place.any(read.compared("eq", question.value)) if question.value is not None else exp.false()
    return all_true([held, long_ago if question.for_at_least else no(long_ago)])


def _since(place: Place, held: Sql, holds: Sql) -> Sql:
    """A name with dots may be a trait's own, or lead into one."""
    head = place.path.partition(".")[0]
    whole_name = compared("eq", field("p", "h"), text(place.path))
    if head == place.path:
        return any_of(held.copy(), all_true([whole_name, holds]), "h")
    is_own = any_of(held.copy(), whole_name, "h")
    own = any_of(held.copy(), all_true([whole_name.copy(), holds]), "h")
    inner = any_of(held.copy(), all_true([compared("eq", field("p", "h"), text(head)), holds.copy()]), "h")
    return exp.Case(ifs=[exp.If(this=is_own, true=own)], default=inner)


# ── filters ─────────────────────────────────────────────────────────────────────────────────────


def _has_item(question: Comparison, place: Place, setting: Setting) -> Sql:
    where = question.where
    if where is None:
        return exp.false()
    in_list = place.objects(
        all_true([no(_alone()), where_sql(where, lambda path: place.inside(path, _ITEM)[0], setting)]), _ITEM
    )
    if question.value_type == "list":
        return in_list

    def within(path: str) -> Place:
        if "." in path:
            raise NotInLake(
                f"has_item with the path {path}, where the trait may be a single object: say value_type: list"
            )
        return place.inside(path, _ITEM)[1]

    alone = where_sql(where, within, setting)
    return any_true([in_list, all_true([place.own(compared("eq", field("k"), text("o"))), alone])])


def _alone() -> Sql:
    return exp.Is(this=field("e", _ITEM), expression=exp.null())


def where_sql(where: Where, place_of: Callable[[str], Place], setting: Setting) -> Sql:
    """Whether an event, or an object of a list, satisfies a filter; never null."""

    def each(parts: Sequence[Where]) -> list[Sql]:
        return [where_sql(part, place_of, setting) for part in parts]

    match where:
        case PropertyIs(property=path):
            return question_sql(where, place_of(path), replace(setting, held=None))
        case WhereAll(of=parts):
            return all_true(each(parts))
        case WhereAny(of=parts):
            return any_true(each(parts))
        case WhereNone(of=parts):
            return no(any_true(each(parts)))
        case WhereXor(of=parts):
            return compared("eq", how_many(each(parts)), whole(1))
        case WhereAtLeast(of=parts, n=least):
            return compared("gte", how_many(each(parts)), whole(least))
        case ContextIs(context=path):
            raise NotInLake(f"the context of an event ({path})")
        case EventPlace():
            raise NotInLake("where an event happened (geo)")


def trait_sql(question: Comparison, path: str, *, now: datetime) -> Sql:
    """A question about a trait of a row of `people`."""
    people = Setting(now, zone=column("zone", "people"), held=column("held", "people"))
    return question_sql(question, Place(column("cells", "people"), path), people)
