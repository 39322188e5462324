"""The arms of a campaign's experiment: the same said in other words, on another channel, or not at all."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from kizuna.core.campaigns.send_time import SendTime
from kizuna.core.content.templates import TemplateChannel
from kizuna.core.experiments.definition import Arm, Experiment, arm_in
from kizuna.core.ids import digest

if TYPE_CHECKING:
    from kizuna.core.campaigns.definition import Campaign

Languages = Annotated[dict[str, dict[str, Any]], Field(min_length=1, max_length=50)]


class CampaignArm(Arm):
    """One arm. What it does not say is as in the campaign.

    template    another template; templates: others on some of the campaign's channels
    patch       parts of the template in other words, by language: `{en: {subject: …}, ja: {subject: …}}`; patches:
                the same by channel
    channel     one channel, in place of the campaign's
    send_time   another time of the day, or way of choosing it
    nothing     nobody in it is sent anything: what would have been sent is recorded, as of those held out
    """

    template: str | None = None
    templates: dict[TemplateChannel, str] = Field(default_factory=dict)
    patch: Languages | None = None
    patches: dict[TemplateChannel, Languages] = Field(default_factory=dict)
    channel: TemplateChannel | None = None
    send_time: SendTime | None = None
    nothing: bool = False

    @property
    def is_as_planned(self) -> bool:
        """Whether it differs from the campaign in nothing."""
        return not self.nothing and not self._content

    @property
    def _content(self) -> tuple[str, ...]:
        """The keys by which it differs."""
        told = {
            "template": self.template,
            "templates": self.templates,
            "patch": self.patch,
            "patches": self.patches,
            "channel": self.channel,
            "send_time": self.send_time,
        }
        return tuple(name for name, value in told.items() if value)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.nothing and self._content:
            raise ValueError(f"nothing says nothing, so it has no {self._content[0]}")
        if self.template and self.templates:
            raise ValueError("give either template, or templates by channel")
        if self.patch and self.patches:
            raise ValueError("give either patch, or patches by channel")
        return self


class CampaignExperiment(Experiment):
    """An experiment on what a campaign says, and how. The first arm is the control; without content of its own it is
    the campaign as it stands."""

    arms: tuple[CampaignArm, ...] = Field(min_length=2, max_length=10)
    # What its templates say, in short; told as the catalog is built, and no part of what anybody writes or reads.
    words: SkipJsonSchema[str] = Field(default="", exclude=True)

    @cached_property
    def fingerprint(self) -> str:
        """Names exactly these arms and their text: with another it is another experiment."""
        return digest("experiment", super().fingerprint, self.words, length=8)

    @model_validator(mode="after")
    def _arms_differ(self) -> Self:
        for number, arm in enumerate(self.arms[1:], start=1):
            if arm.is_as_planned:
                raise ValueError(
                    f"arms.{number}: {arm.name} has no content: give it a template, a patch, a channel, or "
                    "nothing: true; only the first arm may be the campaign as it stands"
                )
        return self


def misfits(campaign: Campaign) -> list[tuple[str, str]]:
    """What of a campaign's experiment and holdout does not go with the rest of it: key and reason."""
    found = []
    if campaign.category != "marketing" and campaign.holdout is not None:
        found.append(("holdout", f"what is {campaign.category} is kept from nobody"))
    answers = campaign.trigger.type in ("asked", "digest")
    if answers and campaign.holdout is not None:
        found.append(
            ("holdout", f"a campaign that is triggered by {campaign.trigger.type} is kept from nobody")
        )
    if campaign.experiment is None:
        return found
    if answers:
        found.append(("experiment", f"what is triggered by {campaign.trigger.type} is told in one way"))
    if campaign.channels is not None and campaign.channels.choose == "all":
        found.append(
            ("experiment", "choose: all would count a person once for each channel; take choose: first")
        )
    for number, arm in enumerate(campaign.experiment.arms):
        found += [(f"experiment.arms.{number}.{key}", why) for key, why in _arm_misfits(arm, campaign)]
    return found


def _arm_misfits(arm: CampaignArm, campaign: Campaign) -> list[tuple[str, str]]:
    found = []
    several = campaign.channels is not None and arm.channel is None
    by = (arm.channel,) if arm.channel else campaign.reaches_by
    if arm.nothing and campaign.category != "marketing":
        found.append(("nothing", f"what is {campaign.category} is kept from nobody"))
    if arm.channel and not arm.template and not campaign.template_on_own(arm.channel):
        found.append(("template", f"give the arm its template for {arm.channel}"))
    if several and arm.template:
        found.append(("template", "the campaign has several channels: give templates by channel"))
    if several and arm.patch:
        found.append(("patch", "the campaign has several channels: give patches by channel"))
    for key, told in (("templates", set(arm.templates)), ("patches", set(arm.patches))):
        found += [(f"{key}.{channel}", "is no channel of this arm") for channel in sorted(told - set(by))]
    return found


def moves_the_gate(campaign: Campaign) -> bool:
    """Whether the gate may answer otherwise in one arm than in another: where one speaks on another channel. Then
    everybody who was drawn is compared, and not only those whom the gate let have the message."""
    experiment = campaign.experiment
    return experiment is not None and any(arm.channel or arm.send_time for arm in experiment.arms)


def patches_of(arm: CampaignArm, campaign: Campaign) -> dict[str, Languages]:
    """What an arm words otherwise, by channel."""
    if arm.patch is None:
        return {str(channel): patch for channel, patch in arm.patches.items()}
    return dict.fromkeys(as_told(campaign, arm, patched=False).reaches_by, arm.patch)


def patched_template(template: str, campaign: str, arm: str) -> str:
    """The id of a template in an arm's words. No definition has such a one: theirs hold no dot."""
    return f"{template}.{campaign}.{arm}"


def as_told(campaign: Campaign, arm: CampaignArm, *, patched: bool = True) -> Campaign:
    """The campaign as one arm tells it. With `patched` its templates are those in the arm's words."""
    told: dict[str, Any] = {}
    if arm.channel is not None:
        template = arm.template or arm.templates.get(arm.channel) or campaign.template_on_own(arm.channel)
        told = {"channel": arm.channel, "template": template, "channels": None, "templates": {}}
    elif campaign.channels is not None:
        told = {"templates": {**campaign.templates, **arm.templates}}
    elif arm.template or arm.templates:
        told = {"template": arm.template or next(iter(arm.templates.values()))}
    if arm.send_time is not None:
        told["send_time"] = arm.send_time
    changed = campaign.model_copy(update=told) if told else campaign
    if not patched or not (arm.patch or arm.patches):
        return changed
    return _in_its_words(changed, arm, set(patches_of(arm, campaign)))


def _in_its_words(campaign: Campaign, arm: CampaignArm, channels: set[str]) -> Campaign:
    def named(channel: str) -> str:
        template = campaign.template_on(channel)
        return patched_template(template, campaign.id, arm.name) if channel in channels else template

    if campaign.channels is None:
        return campaign.model_copy(update={"template": named(campaign.reaches_by[0])})
    return campaign.model_copy(update={"templates": {each: named(each) for each in campaign.channels.order}})


def arms_as_told(campaign: Campaign) -> list[tuple[int, Campaign]]:
    """The campaign as each arm tells it that says something of its own and fits the campaign, by the arm's number."""
    if campaign.experiment is None or misfits(campaign):
        return []
    return [
        (number, as_told(campaign, arm, patched=False))
        for number, arm in enumerate(campaign.experiment.arms)
        if not arm.nothing and not arm.is_as_planned
    ]


def as_varied(campaign: Campaign, variant: str) -> Campaign:
    """The campaign as a message of a variant told it; as it stands where the experiment is another by now."""
    arm = arm_in(campaign.experiment, variant)
    return as_told(campaign, arm) if isinstance(arm, CampaignArm) else campaign
