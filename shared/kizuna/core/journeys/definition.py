"""A journey: a versioned graph of steps that follows a person from what began it to its goal, or to its end."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime, Field, model_validator

from kizuna.core.campaigns import IntentCard
from kizuna.core.campaigns.base import SLUG
from kizuna.core.conditions import Condition
from kizuna.core.conditions.properties import EventWhere
from kizuna.core.durations import Duration
from kizuna.core.experiments.holdout import Holdout
from kizuna.core.journeys.base import Definition
from kizuna.core.journeys.entering import Enter, EntryLimits, Reentry, ReentryRule
from kizuna.core.journeys.names import Name, name_in
from kizuna.core.journeys.parts import END, EventName, ExitRule, PropertyName, StepId, ZoneName, length_of
from kizuna.core.journeys.speaking import Product, Tag
from kizuna.core.journeys.step_base import LONGEST_WAIT, SHORTEST_WAIT, within
from kizuna.core.journeys.steps import Step
from kizuna.core.messages import Category
from kizuna.core.restraint.caps import FrequencyCap
from kizuna.core.restraint.quiet_rules import QuietHours
from kizuna.core.sentences import Language

if TYPE_CHECKING:
    from kizuna.core.journeys.graph import Graph

MOST_STEPS = 200
KEYED_AT_ONCE = 10  # runs of one person, of a journey by key that does not say


class JourneyGoal(Definition):
    """What the journey is for: reaching it ends the run as `converted`.

    `event` passing `where` within so long after the run began; the event that began it is none. `value_of` is the
    property that says what it is worth; with `match_key` only an event counts whose property has the run's key.
    """

    event: EventName
    where: EventWhere = None
    within: Duration = Duration(seconds=30 * 86_400)
    value_of: PropertyName | None = None
    currency_of: PropertyName = "currency"
    match_key: PropertyName | None = None


class Migrate(Definition):
    """People inside move to the new version: each step of the old one to the step of the new that is named for it.

    A step that is not named leaves (`migrated_out`), or with `unmapped: same` goes on at the step of the same id.
    """

    migrate: dict[StepId, StepId] = Field(default_factory=dict)
    unmapped: Literal["exit", "same"] = "exit"


class Journey(Definition):
    """One journey as it stands in the workspace. The first step is where runs begin.

    version_policy   what becomes of people inside when the journey changes: `pin` (they finish on the path that they
                     began), a node map (`Migrate`), or `exit` (they leave as `migrated_out`)
    ends_at          from then on nobody enters, nothing is sent, and who is inside leaves (`journey_ended`)
    paused           nobody enters and nothing goes on; people stay where they are, and clocks run on
    on_resume        after a pause by hand: `freeze`, a wait goes on with what was left of it; `catch_up`, its clock
                     ran on meanwhile
    quiet_hours      and `send_windows` and `caps`: as those of the workspace, and beside them
    contact_cooldown the least time between two messages of this journey to one person: the later one waits
    default_zone     the clock of people whose own is not known
    """

    id: str = Field(pattern=SLUG)
    name: Name
    description: str = ""
    brand: str
    owner: str = Field(min_length=1)
    intent_card: IntentCard
    goal: JourneyGoal
    enter: Enter
    reentry: ReentryRule = Reentry()
    max_concurrent: int = Field(default=1, ge=1, le=100)
    entry_limits: EntryLimits | None = None
    audience: Condition | None = None
    exclude: Condition | None = None
    exit_rules: tuple[ExitRule, ...] = Field(default=(), max_length=20)
    topic: str | None = None
    category: Category = "marketing"
    transactional_basis: str = ""
    products: tuple[Product, ...] = Field(default=(), max_length=20)
    tags: tuple[Tag, ...] = Field(default=(), max_length=20)
    caps: tuple[FrequencyCap, ...] = Field(default=(), max_length=5)
    quiet_hours: QuietHours | None = None
    send_windows: QuietHours | None = None
    contact_cooldown: Duration | None = None
    holdout: Holdout | None = None
    version_policy: Literal["pin", "exit"] | Migrate = "pin"
    ends_at: AwareDatetime | None = None
    paused: bool = False
    on_resume: Literal["freeze", "catch_up"] = "freeze"
    default_zone: ZoneName = "UTC"
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MOST_STEPS)

    @model_validator(mode="before")
    @classmethod
    def _one_run_per_key(cls, raw: Any) -> Any:
        """A journey by key has a run for each; one at a time would let somebody's second order go unnoticed."""
        reentry = raw.get("reentry") if isinstance(raw, dict) else None
        by_key = isinstance(reentry, dict) and reentry.get("per_key") is not None
        return {"max_concurrent": KEYED_AT_ONCE, **raw} if by_key else raw

    @model_validator(mode="after")
    def _makes_sense(self) -> Journey:
        if self.category == "opt_out_confirmation":
            raise ValueError("a journey confirms no STOP: an opt-out is answered at once, by a campaign")
        if self.reentry.per_key and self.enter.type in ("segment", "schedule"):
            raise ValueError("reentry.per_key names a property of an event or a call, and a segment has none")
        if self.contact_cooldown is not None:
            within(self.contact_cooldown, SHORTEST_WAIT, LONGEST_WAIT, "contact_cooldown is 1m to 2y")
        if length_of(self.goal.within) > LONGEST_WAIT:
            raise ValueError("goal.within is at most 2y")
        return self

    def named(self, language: Language = "en") -> str:
        """What a marketer calls it."""
        return name_in(self.name, language)

    @property
    def is_keyed(self) -> bool:
        """Whether a run is about something with a key: an order, a cart."""
        return self.reentry.per_key is not None

    @cached_property
    def by_id(self) -> dict[str, Step]:
        """The steps by their ids."""
        return {step.id: step for step in self.steps}

    @property
    def start(self) -> str:
        """The id of the step where runs begin."""
        return self.steps[0].id

    @cached_property
    def graph(self) -> Graph:
        """How the steps lead to each other; worked out once."""
        from kizuna.core.journeys.graph import graph_of

        return graph_of(self)

    def after(self, step: Step) -> str:
        """The id of the step that a step goes on to when no branch of it says otherwise: its `next`, else the step
        that is written below it, else `end`."""
        told = getattr(step, "next", None)
        return told if isinstance(told, str) else self._below.get(step.id, END)

    @cached_property
    def _below(self) -> dict[str, str]:
        return {above.id: below.id for above, below in zip(self.steps, self.steps[1:], strict=False)}

    def moved(self, node: str) -> str | None:
        """Where somebody at a step of an older version goes on in this one; None if they leave (`migrated_out`).

        By `pin` they never ask: they stay with the version that they began.
        """
        policy = self.version_policy
        if not isinstance(policy, Migrate):
            return None
        wanted = policy.migrate.get(node, node if policy.unmapped == "same" else None)
        return wanted if wanted in self.by_id or wanted == END else None
