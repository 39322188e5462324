"""The index answers what `standing` means, whatever is asked, of whomever, and whatever happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.durations import LAST
from kizuna.core.people import Profile
from kizuna.core.segments import Segment, Standing, in_order, standing
from kizuna.core.segments.index import SegmentIndex
from tests.support.builders import NOON
from tests.support.condition_strategies import Step, after_step, conditions, somebody, steps

NAMES = [f"s{number}" for number in range(4)]
A_TICK = timedelta(microseconds=7)
FAR = LAST - timedelta(days=3_660)  # where the calendar ends, windows of a life do so, too
# Each example is a life under segments of the whole language: a tenth of a second.
AT_LENGTH = settings(
    max_examples=max(1, settings().max_examples // 4),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def definitions(draw: st.DrawFn) -> tuple[Segment, ...]:
    """Some segments of the whole language, which ask about each other."""
    segments: dict[str, Segment] = {}
    for number, name in enumerate(NAMES[: draw(st.integers(1, len(NAMES)))]):
        questions = conditions(NAMES[:number])
        when, exclude = draw(questions), draw(st.none() | questions)
        segments[name] = Segment.model_validate({"id": name, "name": name, "when": when, "exclude": exclude})
    ordered, problems = in_order(segments)
    assert not problems
    return ordered


@pytest.mark.slow
@settings(AT_LENGTH)
@given(definitions(), steps())
def test_it_answers_like_asking_one_by_one(segments: tuple[Segment, ...], history: list[Step]) -> None:
    index = SegmentIndex(segments)
    profile, now = somebody(segments), NOON
    for number, step in enumerate(history):
        now += timedelta(hours=step[1]) if step[0] == "time" else A_TICK
        profile = after_step(profile, step, segments, number, now)
        found = index.standing(profile, now=now)
        assert found.segments == standing(profile, segments, now=now).segments
        assert found.segments == index.segments_of(profile, now=now)
    assert_turns_exactly(index.standing(profile, now=now), profile, segments, now)


def assert_turns_exactly(
    found: Standing, profile: Profile, segments: Sequence[Segment], now: datetime
) -> None:
    """The next change is that to which the alarms of `standing` lead: each too early, or right, none too late."""
    at = now
    for _ in range(60):
        following = standing(profile, segments, now=at)
        if following.segments != found.segments:
            assert found.flips_at == at
            return
        if following.flips_at is None:
            assert found.flips_at is None
            return
        if following.flips_at > FAR:
            return
        at = following.flips_at


@pytest.mark.slow
@settings(AT_LENGTH)
@given(definitions(), steps(), st.booleans())
def test_asked_only_for_what_a_change_touches_it_answers_like_asking_for_everything(
    segments: tuple[Segment, ...], history: list[Step], is_eager: bool
) -> None:
    """Alarms are obeyed in between, as the sweep does: what is due is asked for at its moment."""
    index = SegmentIndex(segments, worth_a_plan=1 if is_eager else 3)
    stored, now = somebody(segments), NOON
    for number, step in enumerate([*history, ("time", 0)]):
        now += timedelta(hours=step[1]) if step[0] == "time" else A_TICK
        while stored.due_at is not None and stored.due_at <= now:
            rang = stored.due_at
            stored = kept(index, stored, stored, now=rang)
            if stored.due_at == rang:  # pragma: no cover
                pytest.fail("an alarm set itself anew")
        changed = after_step(stored, step, segments, number, now)
        if step[0] == "elsewhere":  # somebody wrote without evaluating
            stored = replace(stored, version=stored.version + 1, traits={})
            changed = stored
        found = index.standing(changed, now=now, since=stored)
        assert found.segments == standing(changed, segments, now=now).segments
        stored = kept(index, stored, changed, now=now)


def kept(index: SegmentIndex, before: Profile, after: Profile, *, now: datetime) -> Profile:
    """The profile as a write of it would leave it."""
    found = index.standing(after, now=now, since=before)
    version = before.version + 1
    return replace(
        after,
        version=version,
        updated_at=now,
        segments=found.segments,
        evaluated=index.mark(version),
        due_at=found.flips_at,
    )
