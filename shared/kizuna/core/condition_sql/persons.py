"""Questions about where a person stands, asked of one row of `people`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlglot import exp

from kizuna.core.condition_sql.areas import cell_in_area, lies_in_area
from kizuna.core.condition_sql.comparing import Setting
from kizuna.core.condition_sql.filters import asked
from kizuna.core.condition_sql.places import Place
from kizuna.core.condition_sql.rendering import sha256_hex
from kizuna.core.condition_sql.terms import (
    TRUE,
    NotInLake,
    Sql,
    all_true,
    any_of,
    column,
    compared,
    field,
    known,
    no,
    text,
    whole,
)
from kizuna.core.condition_sql.thresholds import BUCKETS, bucket_edge
from kizuna.core.conditions.consent_questions import ConsentIs, Reachable
from kizuna.core.conditions.geo import Circle
from kizuna.core.conditions.language import Condition
from kizuna.core.conditions.locations import LOCATION_CONSENT
from kizuna.core.conditions.person_questions import (
    EnteredSegment,
    Everyone,
    InSegment,
    JourneyState,
    LeftSegment,
    RandomBucket,
    StaticList,
)
from kizuna.core.conditions.properties import OtherTrait
from kizuna.core.conditions.trait_questions import PLACE, PlaceIs, TraitIs
from kizuna.core.conditions.windows import Last
from kizuna.core.durations import epoch_millis
from kizuna.core.lake_cells import micros
from kizuna.core.lake_rows import UNNAMED

_DIGITS = 16  # of the hash of which the bucket is the first 64 bits


def trait_sql(question: TraitIs, path: str, *, now: datetime) -> Sql:
    """A question about a trait of a row of `people`."""
    cells = column("cells", "people")
    setting = Setting(now, zone=column("zone", "people"), held=column("held", "people"), traits=cells)
    return asked(question, Place(cells.copy(), path), setting)


def person_sql(leaf: Condition, *, now: datetime) -> Sql:
    """Whether it holds, never null. Raises NotInLake for a question that has no column."""
    match leaf:
        case InSegment(in_segment=segment):
            return _among("segments", segment)
        case EnteredSegment(entered_segment=segment, window=window):
            return _moved(segment, "i", window, now)
        case LeftSegment(left_segment=segment, window=window):
            return _moved(segment, "o", window, now)
        case StaticList(static_list=name):
            return _among("lists", name)
        case JourneyState(journey=journey, state="never"):
            return no(
                any_of(
                    column("journeys", "people"),
                    exp.StartsWith(this=exp.column("c"), expression=text(f"{journey}/")),
                )
            )
        case JourneyState(journey=journey, state=state):
            return _among("journeys", f"{journey}/{state}")
        case Reachable(reachable=channel, purpose="any"):
            return _among("channels", channel)
        case Reachable(reachable=channel, topic=topic):
            about = {} if topic is None else {"t": _as_named("topic", topic)}
            return _word({"c": text(channel), **about, "o": text("")}, "yes", now)
        case ConsentIs():
            return consent_sql(leaf, now=now)
        case PlaceIs(geo=place, within=within, region=region):
            return _lies(place, within, region, now)
        case RandomBucket(random_bucket=salt, from_=start, to=end):
            return _in_bucket(salt, bucket_edge(start), bucket_edge(end))
        case Everyone():
            return TRUE.copy()
        case _:
            raise NotInLake(f"a question of the type {leaf.type}")


def consent_sql(leaf: ConsentIs, *, now: datetime) -> Sql:
    """Whether the word is this one, as the snapshot foresaw it for this moment."""
    place = {
        "c": _as_named("channel", leaf.channel),
        "t": _as_named("topic", leaf.topic),
        "o": _as_named("purpose", leaf.purpose),
    }
    if leaf.consent == "none":
        return no(_word(place, None, now))
    return _word(place, leaf.consent, now)


def location_sql(*, now: datetime) -> Sql:
    """Whether we may ask where the person is or was (`conditions.locations`)."""
    channel, topic, purpose, state = LOCATION_CONSENT
    allowed = {"channel": channel, "topic": topic, "purpose": purpose, "consent": state}
    return consent_sql(ConsentIs.model_validate(allowed), now=now)


def _as_named(kind: str, name: str) -> Sql:
    """The name under which words on it stand: the record speaks of it, or of nothing called so."""
    speaks_of_it = known(exp.ArrayContains(this=column("named", "people"), expression=text(f"{kind}:{name}")))
    return exp.Case(ifs=[exp.If(this=speaks_of_it, true=text(name))], default=text(UNNAMED))


def _word(place: Mapping[str, Sql], word: str | None, now: datetime) -> Sql:
    at = whole(micros(now))
    begun = exp.func("COALESCE", compared("lte", field("i"), at), exp.true())
    lasts = exp.func("COALESCE", compared("gt", field("u"), at.copy()), exp.true())
    about = [compared("eq", field(name), wanted) for name, wanted in place.items()]
    said = [] if word is None else [compared("eq", field("s"), text(word))]
    return any_of(column("words", "people"), all_true([*about, *said, begun, lasts]))


def _lies(place: str | OtherTrait, within: Circle | None, region: str | None, now: datetime) -> Sql:
    """Where somebody was last seen is asked with their consent only."""
    cells = column("cells", "people")
    match place:
        case OtherTrait(trait=path):
            return lies_in_area(Place(cells, path), within, region)
        case "last_known":
            return all_true([lies_in_area(Place(cells, PLACE), within, region), location_sql(now=now)])
        case _:
            kind = compared("eq", field("p"), text("region" if within is None else "point"))
            return any_of(column("homes", "people"), all_true([kind, cell_in_area(within, region)]))


def _among(list_name: str, value: str) -> Sql:
    return known(exp.ArrayContains(this=column(list_name, "people"), expression=text(value)))


def _moved(segment: str, which: str, window: Last | None, now: datetime) -> Sql:
    """Whether the latest entry (or exit) is there, and within the window: in whole milliseconds."""
    at = field(which)
    parts: list[Sql] = [
        exp.EQ(this=field("p"), expression=text(segment)),
        exp.Not(this=exp.Is(this=at, expression=exp.null())),
    ]
    if window is not None:
        parts.append(compared("gt", at.copy(), whole(epoch_millis(window.last.before(now)))))
        parts.append(compared("lte", at.copy(), whole(epoch_millis(now))))
    return any_of(column("moves", "people"), all_true(parts))


def _in_bucket(salt: str, first: int, behind: int) -> Sql:
    """From bucket `first` on and before `behind`, of 2^64: hexadecimal digits sort as the numbers do."""
    if first >= behind:
        return exp.false()
    salted = [text(salt), exp.Chr(expressions=[exp.Literal.number(0)]), column("bucket", "people")]
    joined = salted[0]
    for part in salted[1:]:
        joined = exp.DPipe(this=joined, expression=part)
    digits = exp.Substring(
        this=sha256_hex(joined), start=exp.Literal.number(1), length=exp.Literal.number(_DIGITS)
    )
    parts = [compared("gte", digits, text(f"{first:016x}"))] if first else []
    if behind < BUCKETS:
        parts.append(compared("lt", digits.copy(), text(f"{behind:016x}")))
    return all_true(parts)
