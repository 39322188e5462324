"""Names in the language of whoever reads them, and refusals in sentences."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from kizuna.core.bus_events import JourneyCompleted, JourneyEntered, JourneyExited
from kizuna.core.journeys.admitting import Refusal
from kizuna.core.journeys.drawing import mermaid_of, svg_of
from kizuna.core.journeys.messages import campaigns_of
from kizuna.core.journeys.refusals import refusal_in_words
from kizuna.usecases.journeys.announcing import announcements
from tests.support.walks import Walk, a_journey, leave, say, wait

HELLO = {**say("hello"), "name": {"en": "Hello", "ja": "ごあいさつ"}}
SPRING = {"name": {"en": "Spring", "ja": "春"}}


def test_a_picture_names_steps_in_its_language_and_a_single_name_is_for_all() -> None:
    journey = a_journey(HELLO, {**wait("w", "1d"), "name": "Rest"}, **SPRING)
    assert all(word in svg_of(journey, "ja") for word in ("春", "ごあいさつ", "Rest"))
    assert all(word in mermaid_of(journey) for word in ("Spring", "Hello", "Rest"))


def test_in_a_language_that_is_not_there_the_one_that_is_is_read() -> None:
    journey = a_journey({**say("hello"), "name": {"ja": "ごあいさつ"}}, wait("w", "1d"))
    assert [step.named("en") for step in journey.steps] == ["ごあいさつ", "w"]
    assert campaigns_of(journey)["spring.hello"].name == "Spring: ごあいさつ"


def test_a_language_that_nobody_reads_here_is_refused() -> None:
    with pytest.raises(ValidationError, match="'en' or 'ja'"):
        a_journey({**say("hello"), "name": {"fr": "Bonjour"}})


@pytest.mark.parametrize(
    "code", ["inside", "too_soon", "full", "no_key", "not_in_audience", "journey_paused"]
)
def test_why_somebody_does_not_enter_is_a_sentence_in_both_languages(code: str) -> None:
    english, japanese = (refusal_in_words(Refusal(code), language) for language in ("en", "ja"))
    assert code not in english
    assert " " in english
    assert not japanese.isascii()


# ── on the bus ──────────────────────────────────────────────────────────────────────────────────


def test_other_systems_hear_once_that_somebody_entered_and_once_how_it_ended() -> None:
    walk = Walk(wait("w", "1d"), leave("x", "enough"))
    before = walk.run
    (entered,) = announcements(None, before)
    assert isinstance(entered, JourneyEntered)
    assert (entered.journey, entered.run, entered.person) == ("spring", before.id, "p1")
    walk.pass_time(days=1)
    (left,) = announcements(before, walk.run)
    assert isinstance(left, JourneyExited)
    assert (left.reason, left.step, left.state) == ("enough", "x", "exited")
    assert announcements(walk.run, walk.run) == []


def test_who_reaches_the_goal_has_completed_it() -> None:
    walk = Walk(wait("w", "1d"))
    before = walk.run
    walk.happen("Order Completed")
    (done,) = announcements(before, walk.run)
    assert isinstance(done, JourneyCompleted)
    assert done.state == "converted"
