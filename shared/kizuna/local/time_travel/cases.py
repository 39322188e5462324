"""The test format: `<name>.test.yaml` beside the definitions that it tests.

journey: abandoned-cart
starts: 2026-11-23 09:00
zone: Asia/Tokyo
people:
  hana: { traits: { email: hana@example.com, country: JP }, consents: { email: granted } }
tests:
  - name: Whoever buys in time hears nothing
    events:
      - { at: 0m, event: Cart Viewed, properties: { cart_id: c1 } }
      - { at: 30m, event: Order Completed }
    expect: { messages: [], runs: [{ state: converted }] }
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from kizuna.core.campaigns.base import Definition
from kizuna.core.durations import Duration
from kizuna.local.time_travel.moments import Moment
from kizuna.local.time_travel.stories import Happening, Person, PersonName, Reaction, Story, Zone

A_SWEEP = Duration(seconds=60)

RunStateName = Literal[
    "active", "waiting", "completed", "converted", "exited", "held_out", "migrated_out", "failed"
]


class ExpectedMessage(Definition):
    """One message that goes out: what is said of it has to be so.

    `at` is when it is sent: then, or up to `within` later. Alarms ring once a minute, so a minute is allowed unless
    told otherwise.
    """

    at: Moment | None = None
    within: Duration = A_SWEEP
    person: PersonName | None = None
    step: str | None = None
    campaign: str | None = None
    channel: str | None = None
    template: str | None = None
    language: str | None = None
    contains: str | None = Field(default=None, description="A text that stands in the subject or the body.")


class ExpectedSilence(Definition):
    """One message that does not go out, and why."""

    reason: str
    at: Moment | None = None
    within: Duration = A_SWEEP
    person: PersonName | None = None
    step: str | None = None
    campaign: str | None = None
    channel: str | None = None


class ExpectedRun(Definition):
    """A run of a journey as it is at the end of the story. `path` are the steps that it came by, in order."""

    journey: str | None = None
    person: PersonName | None = None
    key: str | None = None
    state: RunStateName | None = None
    reason: str | None = None
    at: Moment | None = None
    within: Duration = A_SWEEP
    node: str | None = None
    path: tuple[str, ...] | None = None
    held_out: bool | None = None


class Expected(Definition):
    """What is expected. What is not named is not looked at; a list that is named is complete, in order of time."""

    messages: tuple[ExpectedMessage, ...] | None = None
    withheld: tuple[ExpectedSilence, ...] | None = None
    runs: tuple[ExpectedRun, ...] | None = None
    traits: Mapping[PersonName, Mapping[str, Any]] = Field(default_factory=dict)
    events: tuple[str, ...] | None = Field(
        default=None, description="Names of the events that journeys recorded themselves."
    )

    @model_validator(mode="after")
    def _expects_something(self) -> Expected:
        if not self.model_fields_set:
            raise ValueError("expects nothing: give messages, withheld, runs, traits or events")
        return self


class Case(Definition):
    """One test: a story, and what is expected of it. People of the file may be changed or added."""

    name: str = Field(min_length=1)
    people: Mapping[PersonName, Person] = Field(default_factory=dict)
    starts: Moment | None = None
    events: tuple[Happening, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    until: Moment | None = None
    expect: Expected


class TestFile(Definition):
    """A file of tests. Only what the `journey` or the `campaign` says is looked at, if one is named."""

    __test__ = False  # pytest takes classes of this name for its own

    journey: str | None = None
    campaign: str | None = None
    starts: Moment = Moment("2026-11-23 09:00")
    zone: Zone = "UTC"
    people: Mapping[PersonName, Person] = Field(default_factory=dict)
    tests: tuple[Case, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _named_once(self) -> TestFile:
        names = [case.name for case in self.tests]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two tests are called {twice[0]!r}")
        return self

    def story_of(self, case: Case) -> Story:
        """The story of one test, with the people of the file."""
        return Story(
            starts=case.starts or self.starts,
            zone=self.zone,
            people={**self.people, **case.people},
            events=case.events,
            reactions=case.reactions,
            until=case.until,
        )
