"""`/v1/decide`."""

from __future__ import annotations

from typing import Any

from kizuna.apidocs.operations import JSON, Body, Operation, Reply, problem, ref
from kizuna.apidocs.shared_parts import (
    INTERNAL,
    TOO_LARGE,
    TOO_OFTEN,
    UNAUTHORIZED,
    UNAVAILABLE,
    WRITE_KEY,
)

DECISIONS = "Decisions"


def decide_operation() -> Operation:
    """The one question that pages and apps ask."""
    return Operation(
        id="decide",
        method="post",
        path="/v1/decide",
        tag=DECISIONS,
        summary="The next best action for a placement",
        japanese="いま見せるべき内容を一つ選びます。見せない、という答えもあります。",
        description="For somebody who can prove who they are: a write key alone reads nothing. Of the actions "
        'that are open to the person, the one of the highest rank; "nothing" is always one of the answers.',
        body=Body(
            ref("Ask"),
            {"ask": {"placement": "home-hero", "userId": "ada"}},
            "Plain JSON, with nothing else in it.",
        ),
        replies=(
            Reply(
                200, "The answer.", {JSON: ref("Decision")}, {"shown": _SHOWN, "nothing": _NOTHING_FOR_NOBODY}
            ),
            problem(
                400, "The body is not what is asked for.", {"invalid_request": "placement: Field required"}
            ),
            UNAUTHORIZED,
            problem(
                403,
                "No valid identity token for this userId, signed for the source of the key.",
                {"forbidden": "an identity token for this userId is needed"},
            ),
            problem(404, "The workspace has no such placement.", {"not_found": "no such placement"}),
            TOO_LARGE,
            TOO_OFTEN,
            INTERNAL,
            UNAVAILABLE,
        ),
        security=tuple({**form, "identityToken": []} for form in WRITE_KEY),
    )


_SHOWN = {
    "placement": "home-hero",
    "action": "members-evening",
    "content": {"headline": "Members' listening evening, Thursday at seven", "link": "/evening"},
    "reason": "best_ranked",
    "considered": [
        {"action": "welcome-back-shelf", "eligible": False, "rank": 2.0},
        {"action": "members-evening", "eligible": True, "rank": 3.0},
    ],
    "holdsUntil": "2026-12-02T09:30:00.000Z",
}
_NOTHING_FOR_NOBODY: dict[str, Any] = {
    "placement": "home-hero",
    "action": None,
    "content": {},
    "reason": "unknown_person",
    "considered": [],
    "holdsUntil": None,
}
