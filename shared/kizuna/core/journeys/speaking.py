"""Steps that say something: to the person, to a system of the company, to somebody who works for it.

Each is a campaign to everything behind it (`messages`): the gate, caps, quiet hours, reports and brakes know no
difference. What a step does not say of itself is as the journey says.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from kizuna.core.campaigns import Goal, IntentCard
from kizuna.core.campaigns.base import SLUG
from kizuna.core.campaigns.send_time import SendTime
from kizuna.core.content.templates import TemplateChannel
from kizuna.core.durations import Duration
from kizuna.core.journeys.base import Definition
from kizuna.core.journeys.parts import EventName, StepId
from kizuna.core.journeys.step_base import Onward, Timeout
from kizuna.core.messages import Category
from kizuna.core.surveys.definition import ANSWERED
from kizuna.core.tasks import Outcome

Product = Annotated[str, Field(min_length=1, max_length=100)]
Tag = Annotated[str, Field(pattern=SLUG)]


class Speaking(Onward):
    """What such a step may say of its own, instead of its journey."""

    topic: str | None = None
    category: Category | None = None
    transactional_basis: str | None = None
    goal: Goal | None = None
    intent_card: IntentCard | None = None
    products: tuple[Product, ...] | None = Field(default=None, max_length=20)
    tags: tuple[Tag, ...] | None = Field(default=None, max_length=20)
    expires_after: Duration | None = None


class StepChannels(Definition):
    """Several channels. `ordered`: the first that may speak, the next one after `fallback_after`; `all`: each that
    may; `best`: as `ordered`, in the order in which this person answers.
    """

    mode: Literal["ordered", "best", "all"] = "ordered"
    list: tuple[TemplateChannel, ...] = Field(min_length=2, max_length=8)


class OnChannels(Speaking):
    """What is said to the person: on one `channel` with its `template`, or on several `channels` with one each.

    `send_time` is when the person hears it, as of campaigns: at once, unless told.
    """

    channel: TemplateChannel | None = None
    template: str | None = None
    channels: StepChannels | None = None
    templates: dict[TemplateChannel, str] = Field(default_factory=dict)
    fallback_after: Duration | None = None
    cancel_when: Literal["seen", "delivered"] | None = None
    send_time: SendTime | None = None

    @model_validator(mode="after")
    def _speaks_somewhere(self) -> OnChannels:
        if (self.channel is None) == (self.channels is None):
            raise ValueError("give either channel, with its template, or channels, with their templates")
        if self.channels is None and (self.template is None or self.templates):
            raise ValueError("a message on one channel has one template")
        if self.channels is None and (self.fallback_after is not None or self.cancel_when is not None):
            raise ValueError("fallback_after and cancel_when are for several channels")
        return self


class MessageStep(OnChannels):
    """One message.

    `on_withheld` is what becomes of a run whose message may not be sent. `continue`: it goes on; `exit`: it leaves
    (`withheld`); `wait`: a message that has to wait is waited for, until it is out or too late, and then it goes on.
    """

    type: Literal["message"] = "message"
    on_withheld: Literal["continue", "exit", "wait"] = "continue"


class SurveyStep(OnChannels):
    """Ask a survey of the workspace by a message whose templates link to it, and wait for the answers.

    Answered, the run goes on at `next` and knows the answers under the step's id: `{property: ask.score}`. Not
    answered in time, or not asked because nothing may be sent, it goes on at `on_timeout`. `event` is what the
    answers become, as the survey says.
    """

    type: Literal["survey"] = "survey"
    survey: str = Field(pattern=SLUG)
    event: EventName = ANSWERED
    timeout: Timeout
    on_timeout: StepId | None = None


class WebhookStep(Speaking):
    """Tell a system of the company, by a template of the channel `webhook`.

    With `on_failure: exit` the run waits until the system has taken it, and leaves (`webhook_failed`) if it never
    does; otherwise it goes on at once.
    """

    type: Literal["webhook"] = "webhook"
    template: str
    on_failure: Literal["continue", "exit"] = "continue"


class TaskStep(Speaking):
    """Work for somebody who works for the company, by a template of the channel `task`.

    With `await` the run waits until it is done, and goes on at the step that `outcomes` names for what came of it, or
    at `next`; or at `on_timeout`.
    """

    type: Literal["task"] = "task"
    template: str
    await_: bool = Field(default=False, alias="await")
    outcomes: dict[Outcome, StepId] = Field(default_factory=dict)
    timeout: Timeout | None = None
    on_timeout: StepId | None = None

    @model_validator(mode="after")
    def _waits_or_not(self) -> TaskStep:
        if self.await_ != (self.timeout is not None):
            raise ValueError("timeout says how long a task is waited for: with await, and only there")
        if not self.await_ and (self.outcomes or self.on_timeout is not None):
            raise ValueError("outcomes and on_timeout are for a task that is waited for: await: true")
        return self
