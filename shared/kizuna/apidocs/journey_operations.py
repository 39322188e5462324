"""The management side of journeys as they run."""

from __future__ import annotations

from pydantic import BaseModel, Field

from kizuna.apidocs.json_schemas import json_schemas
from kizuna.apidocs.management_parts import managed, not_of_the_role
from kizuna.apidocs.operations import JSON, Body, Operation, Parameter, Reply, problem, ref
from kizuna.apidocs.reply_parts import Shape
from kizuna.core.bus_events import Instant
from kizuna.usecases.journeys.desk import EntryAsked, PauseAsked, ResumptionAsked

_INSTANT = "2026-11-22T12:00:00.000Z"
_NO_ROLE = not_of_the_role("needs one of the roles approver, author")
_JOURNEY = Parameter("journey", "path", "Its id.", {"type": "string"}, "welcome")
_MISSING = problem(
    404, "There is no such journey, or person.", {"not_found": "there is no journey 'welcome'"}
)


class JourneyLine(Shape):
    """One journey in force, and how many people it has seen."""

    journey: str
    name: str
    owner: str
    enter: str = Field(description="What lets people in: event, segment, schedule or api.")
    version: int
    begun: int
    inside: int
    converted: int


class Journeys(Shape):
    """The journeys in force."""

    journeys: tuple[JourneyLine, ...]


class JourneyEnded(Shape):
    """How many ended in one way."""

    state: str
    reason: str
    count: int


class JourneyStepCounts(Shape):
    """One step: whoever came to it stands there, went on, or ended there."""

    step: str
    name: str | None
    entered: int
    here: int
    wentOn: int  # noqa: N815  (as it is told)
    dropped: int = Field(description="Who ended here short of the goal and of an end of the path.")
    ended: tuple[JourneyEnded, ...]
    meanSeconds: int | None = Field(description="How long those stood here who had to wait.")  # noqa: N815  (as it is called outside)


class JourneyPause(Shape):
    """A pause that stands. All are null where the definition itself says `paused`."""

    since: Instant | None = None
    by: str | None = None
    reason: str | None = None


class JourneySums(Shape):
    """Of all days together."""

    begun: int
    inside: int
    converted: int
    conversion: float | None
    ended: tuple[JourneyEnded, ...]


class JourneyDay(Shape):
    """What was counted on a day (UTC)."""

    day: str
    begun: int
    converted: int
    ended: int
    entered: dict[str, int] = Field(description="By step.")


class JourneyReport(JourneySums):
    """A journey as it stands, each step now and over time."""

    journey: str
    name: str | None
    version: int
    inForce: bool  # noqa: N815  (as it is called outside)
    paused: JourneyPause | None
    steps: tuple[JourneyStepCounts, ...]
    heldOut: JourneySums | None = Field(description="People held out, who walked as ghosts.")  # noqa: N815  (as it is called outside)
    days: tuple[JourneyDay, ...]


class JourneyStation(Shape):
    """A step that a walk came by, and why it went on as it did."""

    at: Instant
    step: str
    why: str
    words: str


class JourneyWalk(Shape):
    """One walk of a person."""

    run: str
    journey: str
    version: int
    key: str | None
    entry: int
    state: str
    reason: str | None
    step: str
    heldOut: bool  # noqa: N815  (as it is called outside)
    frozen: bool = Field(description="Whether a pause holds it.")
    enteredAt: Instant  # noqa: N815  (as it is called outside)
    changedAt: Instant  # noqa: N815  (as it is called outside)
    dueAt: Instant | None  # noqa: N815  (as it is called outside)
    path: tuple[JourneyStation, ...]


class JourneyPath(Shape):
    """The walks of a person through a journey."""

    person: str
    journey: str
    runs: tuple[JourneyWalk, ...]


class JourneyEntryQueued(Shape):
    """The entry is on its way, and done in some seconds."""

    journey: str
    person: str
    request: str


class JourneyHaltQueued(Shape):
    """The pause, or its end, is on its way, and done in some seconds."""

    journey: str
    act: str
    by: str
    at: Instant


JOURNEY_SHAPES: tuple[type[BaseModel], ...] = (
    Journeys,
    JourneyReport,
    JourneyPath,
    JourneyEntryQueued,
    JourneyHaltQueued,
)
_BODIES = json_schemas(
    {"EntryAsked": EntryAsked, "PauseAsked": PauseAsked, "ResumptionAsked": ResumptionAsked},
    refs="#/components/schemas/",
)


def journey_operations() -> tuple[Operation, ...]:
    """In the order of the page."""
    line = {
        "journey": "welcome", "name": "Welcome", "owner": "crm", "enter": "event", "version": 3,
        "begun": 120, "inside": 40, "converted": 31,
    }  # fmt: skip
    ended = [{"state": "converted", "reason": "goal", "count": 31}]
    step = {
        "step": "rest", "name": None, "entered": 120, "here": 40, "wentOn": 49, "dropped": 0, "ended": ended,
        "meanSeconds": 259_200,
    }  # fmt: skip
    report = {
        "journey": "welcome", "name": "Welcome", "version": 3, "inForce": True, "paused": None, "begun": 120,
        "inside": 40, "converted": 31, "conversion": 0.2583, "ended": ended, "steps": [step], "heldOut": None,
        "days": [{"day": "2026-11-22", "begun": 12, "converted": 3, "ended": 4, "entered": {"rest": 12}}],
    }  # fmt: skip
    walk = {
        "run": "r-example", "journey": "welcome", "version": 3, "key": None, "entry": 1, "state": "waiting",
        "reason": None, "step": "rest", "heldOut": False, "frozen": False, "enteredAt": _INSTANT,
        "changedAt": _INSTANT, "dueAt": "2026-11-25T12:00:00.000Z",
        "path": [{"at": _INSTANT, "step": "hello", "why": "sent", "words": "sent"}],
    }  # fmt: skip
    unusable = problem(400, "The request is none.", {"invalid_request": "reason: Field required"})
    return (
        managed(
            "journeys", "get", "/admin/journeys", "The journeys in force",
            "有効なジャーニーと、途中にいる人数の一覧です。",
            Reply(200, "As it is now.", {JSON: ref("Journeys")}, {"example": {"journeys": [line]}}),
            refused=_NO_ROLE,
        ),
        managed(
            "journeyReport", "get", "/admin/journeys/{journey}", "Where people stand in a journey",
            "ステップごとの人数、離脱理由、滞在時間、日別の推移を見ます。",
            Reply(200, "Exact, at this moment.", {JSON: ref("JourneyReport")}, {"example": report}),
            _MISSING, parameters=(_JOURNEY,), refused=_NO_ROLE,
        ),
        managed(
            "journeyPath", "get", "/admin/journeys/{journey}/people/{person}", "The path of one person",
            "一人がたどった経路と、その理由を見ます。",
            Reply(
                200, "Their walks.", {JSON: ref("JourneyPath")},
                {"example": {"person": "p-example", "journey": "welcome", "runs": [walk]}},
            ),
            _MISSING,
            problem(400, "The language is none.", {"invalid_parameter": "language: en or ja"}),
            parameters=(
                _JOURNEY,
                Parameter("person", "path", "A profile id or an identifier.", {"type": "string"}, "user_id:ada"),
                Parameter("language", "query", "Of the words: en or ja.", {"type": "string"}),
            ),
            refused=_NO_ROLE,
        ),
        managed(
            "enterJourney", "post", "/admin/journeys/{journey}/enter", "Let somebody into a journey",
            "APIで始まるジャーニーに人を入れます。同じrequestは一度だけ有効です。",
            Reply(
                202, "It is on its way.", {JSON: ref("JourneyEntryQueued")},
                {"queued": {"journey": "welcome", "person": "p-example", "request": "order-17"}},
            ),
            _MISSING, unusable,
            problem(409, "It is not entered by a call.", {"not_by_api": "journey 'welcome' is entered by event"}),
            parameters=(_JOURNEY,),
            body=Body(_BODIES["EntryAsked"], {"enter": {"person": "user_id:ada", "request": "order-17"}}),
            refused=_NO_ROLE,
        ),
        *(
            managed(
                f"{act}Journey", "post", f"/admin/journeys/{{journey}}/{act}", english, japanese,
                Reply(
                    202, "It is on its way.", {JSON: ref("JourneyHaltQueued")},
                    {"queued": {"journey": "welcome", "act": act, "by": "author-1", "at": _INSTANT}},
                ),
                _MISSING, unusable, problem(409, "It stands so already, or by its own definition.", conflicts),
                parameters=(_JOURNEY,),
                body=Body(_BODIES[shape], {act: example}), refused=_NO_ROLE,
            )
            for act, shape, english, japanese, example, conflicts in (
                ("pause", "PauseAsked", "Let a journey stand still", "ジャーニーを一時停止します。",
                 {"reason": "the price was wrong"}, {"already_paused": "'welcome' is paused already"}),
                ("resume", "ResumptionAsked", "Let a paused journey go on", "一時停止したジャーニーを再開します。",
                 {"reason": "mended", "timers": "freeze"},
                 {"not_paused": "'welcome' is not paused",
                  "paused_by_definition": "'welcome' says paused: true itself: apply it without"}),
            )
        ),
    )  # fmt: skip
