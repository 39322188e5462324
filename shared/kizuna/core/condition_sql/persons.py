"""Questions about where a person stands, asked of one row of `people`."""

from __future__ import annotations

from datetime import datetime

from sqlglot import exp

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
from kizuna.core.conditions.consent_questions import Reachable
from kizuna.core.conditions.language import Condition
from kizuna.core.conditions.person_questions import (
    EnteredSegment,
    Everyone,
    InSegment,
    JourneyState,
    LeftSegment,
    RandomBucket,
    StaticList,
)
from kizuna.core.conditions.windows import Last
from kizuna.core.durations import epoch_millis

_DIGITS = 16  # of the hash of which the bucket is the first 64 bits


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
        case RandomBucket(random_bucket=salt, from_=start, to=end):
            return _in_bucket(salt, bucket_edge(start), bucket_edge(end))
        case Everyone():
            return TRUE.copy()
        case _:
            raise NotInLake(f"a question of the type {leaf.type}")


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
