"""Any condition of the whole language, and anybody whom it may be asked about.

Whoever adds a question to the language adds it here: then the index, and whatever else draws from `conditions`, is
held against `evaluate` for it, too. Definitions are drawn as they are written; `taken` reads them, or refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.aggregates import counted, empty, needs_of
from kizuna.core.conditions import Condition
from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.standing import recorded_consents
from kizuna.core.consent.summary import summary_of
from kizuna.core.durations import epoch_millis, instant_to_text
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.people import Address, AddressStatus, Listing, Profile, Trait
from kizuna.core.segments import EVERYONE, Segment
from kizuna.usecases.outcomes.feedback import PROVIDER
from tests.support.builders import NOON, SERVER, a_profile, an_event
from tests.support.consents import grant, withdraw
from tests.support.event_strategies import NAMES, event_leaves, sequence_leaves
from tests.support.histories import DAY, HOUR, order_leaves, the_condition

Written = dict[str, Any]

LENGTHS = ("1h", "1d", "3d", "1mo", "9999y")
TRAITS = ("plan", "points", "home.city", "home", "tags", "since")
VALUES: Sequence[Any] = (
    "pro", "Pro", "p", "free", "1.2.10", "10.0.0.7", 1, True, 0, 2.5, -3, None, "2026-11-23T11:00:00Z", "1990-11-24",
    {"lat": 34.7, "lon": 135.5, "country": "jp"}, ["pro", 1], ["pro", "pro", "free"], [], [None], {"city": "Osaka"},
    [{"city": "Osaka"}], "x" * 80,
)  # fmt: skip
_SCALARS = st.sampled_from(["pro", "p", "PRO", 1, 0, True, 2.5, "Osaka", "2026-11-23"])
_MANY = st.lists(_SCALARS, min_size=1, max_size=3)


def taken(written: Written) -> Condition | None:
    """The condition, or None where the language refuses it."""
    try:
        return the_condition(written)
    except ValidationError:
        return None


# ── questions about traits ──────────────────────────────────────────────────────────────────────


def trait_leaves() -> st.SearchStrategy[Written]:
    compared = st.one_of(
        _with(["eq", "not_eq", "gt", "gte", "lt", "lte"], _SCALARS),
        _with(["in", "not_in", "has_any", "has_none", "has_all"], _MANY),
        _with(["between", "not_between"], st.sampled_from([[0, 2], [1, 2.5], ["a", "q"]])),
        _with(
            ["contains", "not_contains", "starts_with", "ends_with", "not_ends_with"],
            st.sampled_from(["p", "o", "Pro"]),
        ),
        _with(
            ["contains_any", "contains_all"],
            st.lists(st.sampled_from(["p", "r", "x"]), min_size=1, max_size=2),
        ),
        _with(["like", "not_like"], st.sampled_from(["p%", "%_o", "%"])),
        _with(["regex", "not_regex"], st.sampled_from(["p.o", "[a-z]+", "x*"])),
        _with(["before", "after", "on"], st.sampled_from(["2026-11-23T11:30:00Z", "2026-11-23"])),
        _with(
            ["within_last", "not_within_last", "before_last", "within_next", "after_next"],
            st.sampled_from(LENGTHS),
        ),
        _with(["eq", "not_eq", "gte", "lt"], st.sampled_from(TRAITS).map(lambda trait: {"trait": trait})),
        _with(["cidr"], st.just(["10.0.0.0/8"])),
        _with(["changed_within"], st.sampled_from(LENGTHS)),
        st.sampled_from([{"op": op} for op in ("exists", "not_exists", "empty", "not_empty", "anniversary")]),
        st.sampled_from([{"op": "same_day", "value": day} for day in ("today", {"trait": "since"})]),
        st.sampled_from(
            [{"op": op, "value": "1d", "value_type": "date"} for op in ("within_last", "within_next")]
        ),
        st.sampled_from([{"op": "size", "cmp": cmp, "value": 1} for cmp in ("eq", "gt", "lte")]),
        st.sampled_from([{"op": "semver", "cmp": cmp, "value": "1.2.9"} for cmp in ("eq", "gt", "lte")]),
        st.just({"op": "has_item", "where": {"property": "city", "op": "eq", "value": "Osaka"}}),
        st.builds(
            lambda value, name, length: {"op": "has_been", "value": value, name: length},
            _SCALARS,
            st.sampled_from(["for_at_least", "for_less_than"]),
            st.sampled_from(["1h", "1d"]),
        ),
    )
    options = st.sampled_from(
        [
            {},
            {},
            {},
            {"case": "insensitive"},
            {"value_type": "number"},
            {"value_type": "string"},
            {"zone": "person"},
        ]
    )
    drawn = st.builds(
        lambda trait, asked, more: {"trait": trait} | asked | more, st.sampled_from(TRAITS), compared, options
    )
    return drawn.filter(lambda written: taken(written) is not None)


def _with(operators: Sequence[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Written]:
    return st.builds(lambda op, value: {"op": op, "value": value}, st.sampled_from(list(operators)), values)


# ── questions about where a person stands ───────────────────────────────────────────────────────

STANDING: Sequence[Written] = (
    {"reachable": "email"},
    {"reachable": "sms"},
    {"random_bucket": "salt", "from": 0, "to": 50},
    {"static_list": "vip"},
    {"static_list": "staff"},
    {"journey": "welcome", "state": "never"},
    {"journey": "welcome"},
    {"journey": "welcome", "state": "exited"},
    {"everyone": True},
    {"in_segment": EVERYONE},
    {"consent": "granted", "channel": "email", "topic": "news"},
    {"consent": "withdrawn", "channel": "email"},
    {"consent": "none", "channel": "sms"},
    {"reachable": "email", "purpose": "promotional"},
)
CONVENIENT: Sequence[Written] = (
    {"message": "opened", "campaign": "spring"},
    {"message": "bounced", "window": {"last": "1d"}},
    {"holdout": "winter", "percent": 30},
    {"variant": "a", "experiment": "hero", "arms": [{"name": "a"}, {"name": "b", "weight": 2}]},
    {"affinity": "category", "key": "shoes", "value": 0.5},
    {"converted": "Bought", "window": {"last": "1d"}},
    {"converted": "Bought", "campaign": "spring"},
    {"rfm": "orders", "bucket": "loyal", "recency": {"value": 3}},
    {"device": "ios", "app_version": {"cmp": "gte", "value": "1.2.0"}},
    {"subscription": "news"},
    {"subscription": "news", "state": "unsubscribed"},
    {"geo": "home", "region": "JP"},
    {"geo": "last_known", "within": {"lat": 34.7, "lon": 135.5, "radius_m": 500}},
    {"geo": {"trait": "home"}, "within": {"lat": 34.7, "lon": 135.5, "radius_m": 500}},
    {"event": "Bought", "where": {"geo": "event", "region": "JP"}},
    {"event": "Viewed", "verb": "did_not", "where": {"geo": "event", "region": "JP"}, "window": {"last": "1d"}},
    {"event": "Bought", "verb": "sum", "of": "total", "op": "gt", "value": 3, "window": {"last": "3d"},
     "where": {"geo": "event", "within": {"lat": 34.7, "lon": 135.5, "radius_m": 500}}},
    {"sequence": [{"event": "Viewed", "where": {"geo": "event", "region": "JP"}}, {"event": "Bought"}]},
    {"converted": "Bought", "where": {"geo": "event", "region": "JP"}},
)  # fmt: skip


def leaves(earlier: Sequence[str] = (), *, start: datetime = NOON) -> st.SearchStrategy[Written]:
    """Any question. `earlier` are segments that it may ask about."""
    about_segments = [
        about
        for name in earlier
        for about in (
            {"in_segment": name},
            {"entered_segment": name},
            {"entered_segment": name, "window": {"last": "1d"}},
            {"left_segment": name, "window": {"last": "3d"}},
        )
    ]
    others = st.sampled_from([*STANDING, *CONVENIENT, *about_segments])
    orders = order_leaves(("1d", "3d", "1mo", "9999y"))
    any_event = st.one_of(event_leaves(start), sequence_leaves(start))
    drawn = st.one_of(orders, any_event, trait_leaves(), trait_leaves(), others)
    return drawn.filter(lambda written: taken(written) is not None)


def groups(parts: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    some = st.lists(parts, min_size=1, max_size=6)
    kinds = st.sampled_from(["all", "any", "none", "xor"])
    enough = st.builds(lambda n, of: {"type": "at_least", "n": n, "of": of}, st.integers(1, 6), some)
    points = st.sampled_from([1, 2, -1, 0.5])
    worth = st.lists(
        st.builds(lambda when, each: {"when": when, "points": each}, parts, points), min_size=1, max_size=3
    )
    score = st.builds(
        lambda of, op, value: {"score": of, "op": op, "value": value},
        worth,
        st.sampled_from(["gte", "lt", "eq"]),
        st.sampled_from([0, 1, 1.5]),
    )
    return st.one_of(st.builds(lambda kind, of: {kind: of}, kinds, some), enough, score)


def conditions(
    earlier: Sequence[str] = (), *, most: int = 8, start: datetime = NOON
) -> st.SearchStrategy[Written]:
    """Any condition, as it is written."""
    return st.recursive(leaves(earlier, start=start), groups, max_leaves=most)


# ── people, and what happens to them ────────────────────────────────────────────────────────────

_YES = grant(NOON - 3 * DAY, id="yes", expires_at=NOON + 2 * DAY)
LEDGERS: dict[str, tuple[ConsentEvent, ...]] = {
    "silent": (),
    "granted for five days": (_YES,),
    "refused since": (_YES, withdraw(NOON - DAY, id="no")),
    "to be granted tomorrow": (grant(NOON + DAY, id="soon"),),
    "may be located for a day": (
        grant(NOON, id="here", channel="push", topic="*", purpose="location", expires_at=NOON + DAY),
    ),
}
WORKED_OUT: dict[str, tuple[str, Any]] = {
    "scores": ("rfm", {"orders": {"bucket": "loyal", "recency": 4, "frequency": 5, "monetary": 2}}),
    "other scores": ("rfm", {"orders": {"bucket": "new", "recency": 5, "frequency": 1, "monetary": 2}}),
    "a phone": ("seen_devices", [{"platform": "ios", "os": "iOS", "app_version": "1.3.0"}]),
    "an old phone": ("seen_devices", [{"platform": "ios", "app_version": "1.0.0"}, {"platform": "web"}]),
    "a country": ("country", "US"),
}

Step = tuple[str, Any]


def steps(*, most: int = 8) -> st.SearchStrategy[list[Step]]:
    """What may become of somebody, one thing after the other: see `after_step`."""
    told = st.tuples(st.sampled_from(["plan", "points", "home", "tags"]), st.sampled_from(VALUES))
    happened = st.tuples(
        st.sampled_from(["Order Completed", "Product Viewed", "Email Opened", *NAMES]),
        st.integers(-80, 10),
        st.integers(1, 15),
    )
    step = st.one_of(
        st.tuples(st.just("time"), st.integers(0, 60)),
        st.tuples(st.just("trait"), told),
        st.tuples(st.just("trait"), told),
        st.tuples(st.just("since"), st.integers(-100, 60)),
        st.tuples(st.just("event"), happened),
        st.tuples(st.just("event"), happened),
        st.tuples(st.just("address"), st.sampled_from([*AddressStatus, None])),
        st.tuples(st.just("bucket"), st.sampled_from(["p1", "p2", "p3"])),
        st.tuples(st.just("lists"), st.sampled_from([(), ("vip",), ("vip", "staff"), ("else",)])),
        st.tuples(st.just("stands"), st.sampled_from([(), ("in",), ("completed", "in"), ("exited",)])),
        st.tuples(st.just("moved"), st.tuples(st.sampled_from(["s0", "s1"]), st.integers(-80, 0))),
        st.tuples(st.just("consents"), st.sampled_from(list(LEDGERS))),
        st.tuples(st.just("worked out"), st.sampled_from(list(WORKED_OUT))),
        st.tuples(st.just("zone"), st.sampled_from(["Asia/Tokyo", "Europe/Berlin", None])),
        st.tuples(st.just("elsewhere"), st.none()),
    )
    return st.lists(step, max_size=most)


def somebody(segments: Sequence[Segment]) -> Profile:
    """Somebody of whom nothing is known but a mailbox, with a memory for all that the segments ask about."""
    states = {key: empty(need) for key, need in _needs(segments).items()}
    return a_profile(aggregates=states, segments=frozenset(), traits={})


def after_step(
    profile: Profile, step: Step, segments: Sequence[Segment], number: int, now: datetime
) -> Profile:
    """The person after one step, as conditions see them. The steps `time` and `elsewhere` are the caller's."""
    after = _after(profile, step, segments, number, now)
    return replace(after, standing=recorded_consents(after, EngagementPolicy()))


def _after(profile: Profile, step: Step, segments: Sequence[Segment], number: int, now: datetime) -> Profile:
    kind, value = step
    match kind:
        case "trait":
            name, told = value
            return replace(profile, traits={**profile.traits, name: Trait(told, now, SERVER.id)})
        case "since":
            since = Trait(instant_to_text(now + value * HOUR), now, SERVER.id)
            return replace(profile, traits={**profile.traits, "since": since})
        case "event":
            name, hours, total = value
            properties = {"total": total, "kind": "ab"[total % 2], "campaign": "spring"}
            source = PROVIDER if name.startswith("Email ") else SERVER
            at = _whole(now + hours * HOUR)
            context = {"location": {"lat": 34.7, "lon": 135.5, "country": "JP"}} if total % 3 else {}
            event = an_event(
                name, number=number, at=at, properties=properties, source=source, context=context
            )
            return replace(profile, aggregates=counted(profile.aggregates, event, _needs(segments), now=now))
        case "address":
            mailbox = Address("email", "ann@example.com", now, status=value) if value else None
            return replace(profile, addresses={mailbox.key: mailbox} if mailbox else {})
        case "bucket":
            return replace(profile, bucket_id=value)
        case "lists":
            return replace(profile, lists={name: Listing(inside=name != "else", at=now) for name in value})
        case "stands":
            return replace(profile, stands={**profile.stands, "welcome": frozenset(value)})
        case "moved":
            segment, hours = value
            moved = epoch_millis(now + hours * HOUR)
            return replace(profile, moves={**profile.moves, segment: (moved, moved + 60_000)})
        case "consents":
            endpoint = Address("email", "ann@example.com", now).id
            told = [replace(event, endpoint=endpoint) for event in LEDGERS[value]]
            return replace(profile, consents=summary_of(told, parts=("p1",), length=number, now=now))
        case "worked out":
            name, told = WORKED_OUT[value]
            return replace(profile, traits={**profile.traits, name: Trait(told, now, "kizuna")})
        case "zone":
            return replace(profile, zone=value)
        case _:
            return profile


def _needs(segments: Sequence[Segment]) -> Any:
    return needs_of(part for each in segments for part in (each.when, each.exclude) if part)


def _whole(instant: datetime) -> datetime:
    """At a whole millisecond, as all instants are stored."""
    return instant - timedelta(microseconds=instant.microsecond % 1000)
