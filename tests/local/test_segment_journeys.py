"""Segments that ask where people stand in a journey: from before they are saved until their people are through it."""

from __future__ import annotations

from datetime import timedelta

from kizuna.usecases.segments.backfill import progress_of
from tests.support.clouds import Shop, a_user, running_shop
from tests.support.journeys_running import a_journey, starts, with_journeys
from tests.support.kizuna_command import kizuna

ASKING = {
    ("segment", f"trial-{state}"): {
        "id": f"trial-{state}",
        "name": f"Trial: {state}",
        "when": {"journey": "trial", "state": state},
    }
    for state in ("in", "completed", "never")
}


def standing(shop: Shop, user: str) -> set[str]:
    return {name for name in shop.person(user).segments if name.startswith("trial-")}


def test_people_of_a_journey_are_found_when_a_segment_asks_and_followed_to_its_end() -> None:
    with running_shop() as shop:
        journeys = with_journeys(a_journey())
        shop.apply(journeys)
        early, late = a_user(), a_user()
        starts(shop, early)
        shop.apply({**journeys, **ASKING})
        with shop.hearing_the_bus() as told:
            shop.settle()
        progress = progress_of(shop.wired.backfills)
        assert progress is not None
        assert progress.is_done
        assert standing(shop, early) == {"trial-in"}
        assert [detail for _, detail, _ in told if "trial" in str(detail.get("segment"))] == []

        with shop.hearing_the_bus() as told:
            starts(shop, late)
            assert standing(shop, late) == {"trial-in"}
            shop.cloud.advance(timedelta(days=3))
        assert standing(shop, early) == standing(shop, late) == {"trial-completed"}
        person = shop.person(late).id
        moves = [
            (name, str(detail.get("segment"))) for name, detail, _ in told if detail.get("person") == person
        ]
        assert [move for move in moves if move[1].startswith("trial-")] == [
            ("SegmentEntered", "trial-never"),
            ("SegmentEntered", "trial-in"),
            ("SegmentExited", "trial-never"),
            ("SegmentEntered", "trial-completed"),
            ("SegmentExited", "trial-in"),
        ]
        code, said = kizuna("segment", "explain", "trial-completed", f"user_id:{late}", "--language", "ja")
        assert (code, "ジャーニーtrialを終えた（完了あり）" in said) == (0, True), said
