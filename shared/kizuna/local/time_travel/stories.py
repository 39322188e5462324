"""A story: who there is when it begins, what happens, and how people answer what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from kizuna.core.campaigns.base import Definition
from kizuna.core.durations import Duration
from kizuna.core.journeys.parts import zone_problem
from kizuna.core.rfm.scores import Bucket
from kizuna.core.tasks import Outcome
from kizuna.local.time_travel.moments import Moment

PersonName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,99}$")]
Zone = Annotated[str, AfterValidator(zone_problem)]
Said = Literal["granted", "withdrawn"]
Sign = Literal["delivered", "opened", "clicked", "bounced", "complained"]
DEEDS = (
    "event", "page", "traits", "consents", "purposes", "confirm", "unsubscribe", "enter", "task_done", "answered",
    "rfm", "remove", "pause", "resume",
)  # fmt: skip


class Person(Definition):
    """Somebody who is known when the story begins.

    consents   by channel: what they said of promotion there, as somebody who can prove it tells it
    purposes   by the name that the policy's `consent_categories` has for it
    rfm        by definition, the bucket in which the last run of it has put them
    known_for  how long before the beginning all this was told
    history    what they did before: counted, and starting nothing
    """

    user_id: str | None = None  # the name by which the story calls them, unless told
    anonymous: bool = False  # nobody knows who they are: known by a device only
    traits: dict[str, Any] = Field(default_factory=dict)
    zone: Zone | None = None
    language: str | None = None
    consents: dict[str, Said] = Field(default_factory=dict)
    purposes: dict[str, Said] = Field(default_factory=dict)
    push_token: str | None = None
    rfm: dict[str, Bucket] = Field(default_factory=dict)
    known_for: Duration = Duration(seconds=30 * 86_400)
    history: tuple[Happening, ...] = ()


class Happening(Definition):
    """One thing that happens: exactly one of the deeds. Moments before the beginning are written as instants.

    event, page   what the person does, with `properties` and `context`
    traits        what is told of them, with consents if they are told together
    consents      by channel; `purposes` by the name of their category
    confirm       they follow the link of a double opt-in; the channel
    unsubscribe   they unsubscribe in one click: a channel, or `*`
    enter         a system lets them into a journey, with `inputs` and `key`
    task_done     staff have done the task of a step: `step` and outcome
    rfm           a run of RFM puts them into another bucket, by definition
    answered      they answer the survey of a step: `step` and what they say, by question
    remove        staff take them out of a journey
    pause, resume a journey, for everybody
    """

    at: Moment
    person: PersonName | None = None
    event: str | None = None
    page: str | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    context: dict[str, Any] = Field(default_factory=dict)
    traits: dict[str, Any] | None = None
    consents: dict[str, Said] | None = None
    purposes: dict[str, Said] | None = None
    confirm: str | None = None
    unsubscribe: str | None = None
    enter: str | None = None
    inputs: dict[str, Any] = Field(default_factory=dict)
    key: str = ""
    task_done: Outcome | None = None
    answered: dict[str, int | str] | None = None
    rfm: dict[str, Bucket] | None = None
    step: str = ""
    remove: str | None = None
    pause: str | None = None
    resume: str | None = None
    timers: Literal["freeze", "catch_up"] = "freeze"
    anonymous: str | None = None  # the device it was done on, beside or instead of who did it
    by: Literal["server", "client"] = "server"
    id: str = ""
    told: Moment | None = None  # when we hear of it, if that is later

    @model_validator(mode="after")
    def _is_one_thing(self) -> Happening:
        told = [name for name in DEEDS if getattr(self, name) is not None]
        told_together = set(told) <= {"traits", "consents", "purposes"}
        if not told or (len(told) > 1 and not told_together):
            raise ValueError(f"give one of {', '.join(DEEDS)}")
        return self


class Reaction(Definition):
    """What people do with the messages of a step: so long after each was sent.

    `to` is a step of a journey, a campaign or a template; without it every message. `only` names which of them, from
    1 for the first.
    """

    to: str | None = None
    person: PersonName | None = None
    delivered: Duration | None = None
    opened: Duration | None = None
    clicked: Duration | None = None
    bounced: Literal["hard", "soft"] | None = None
    complained: Duration | None = None
    only: int | None = Field(default=None, ge=1)


class Story(Definition):
    """A story from its beginning to `until`: then nobody looks any more. Without it, as long as anything is due."""

    starts: Moment = Moment("2026-11-23 09:00")
    zone: Zone = "UTC"
    people: Mapping[PersonName, Person] = Field(default_factory=dict)
    events: tuple[Happening, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    until: Moment | None = None


Person.model_rebuild()
