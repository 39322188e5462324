"""All definitions of a workspace, typed, checked against each other and ready to use."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.aggregates import needs_of
from kizuna.core.authoring.blocks import Block
from kizuna.core.campaigns import Campaign, OnAsked, OnDigest, OnEvent, OnSchedule, OnSegment
from kizuna.core.condition_asks import Asks, asks_of
from kizuna.core.condition_checks import condition_problems, conditions_of
from kizuna.core.conditions import AggregateNeed
from kizuna.core.content.own_content import WebhookContent
from kizuna.core.content.templates import Brand, Template
from kizuna.core.definition_size import bomb_problem
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.feedback import MESSAGE_SENT, MESSAGE_WITHHELD
from kizuna.core.identity.rules import DEFAULT_RULES, IdentityDefinition, IdentityRules, compiled
from kizuna.core.people import Profile
from kizuna.core.placements import Placement
from kizuna.core.quality.tracking_plan import PlannedEvent, TrackingPlan, compile_plan, overlapping
from kizuna.core.restraint.quiet_rules import QuietHours
from kizuna.core.rfm.memory import asked_of
from kizuna.core.rfm.scores import RfmDefinition
from kizuna.core.rfm.segments import bucket_segments
from kizuna.core.segments import EVERYONE, Segment, in_order
from kizuna.core.segments.index import SegmentIndex
from kizuna.core.segments.lists import StaticListDefinition
from kizuna.core.segments.suppressions import Suppression
from kizuna.core.sources import SourceDefinition, for_decisions, kept_out
from kizuna.core.traits import TraitDefinition
from kizuna.core.webhooks.definitions import Webhook
from kizuna.core.wordings import Wording, wording_problems

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.content.facts import ContentFacts

Kind = Literal[
    "policy",
    "brand",
    "topic",
    "source",
    "segment",
    "template",
    "campaign",
    "placement",
    "event",
    "trait",
    "identity",
    "list",
    "suppression",
    "rfm",
    "wording",
    "webhook",
    "block",
]
KINDS: tuple[Kind, ...] = (
    "policy", "brand", "topic", "source", "segment", "template", "campaign", "placement", "event", "trait",
    "identity", "list", "suppression", "rfm", "wording", "webhook", "block",
)  # fmt: skip

Document = Mapping[str, Any]
Documents = Mapping[tuple[str, str], Document]


class Topic(BaseModel):
    """What messages may be about; people leave or keep topics."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    name: dict[str, str]
    description: dict[str, str] = Field(default_factory=dict)


MODELS: Mapping[str, type[BaseModel]] = {
    "policy": EngagementPolicy,
    "brand": Brand,
    "topic": Topic,
    "source": SourceDefinition,
    "segment": Segment,
    "template": Template,
    "campaign": Campaign,
    "placement": Placement,
    "trait": TraitDefinition,
    "event": PlannedEvent,
    "identity": IdentityDefinition,
    "list": StaticListDefinition,
    "suppression": Suppression,
    "rfm": RfmDefinition,
    "wording": Wording,
    "webhook": Webhook,
    "block": Block,
}


@dataclass(frozen=True, slots=True)
class Catalog:
    """The definitions in force at one version of the catalog."""

    version: int = 0
    policy: EngagementPolicy = field(default_factory=EngagementPolicy)
    brands: Mapping[str, Brand] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    sources: Mapping[str, SourceDefinition] = field(default_factory=dict)
    segments: tuple[Segment, ...] = ()  # in an order in which each sees those it asks about
    templates: Mapping[str, Template] = field(default_factory=dict)
    campaigns: Mapping[str, Campaign] = field(default_factory=dict)
    placements: Mapping[str, Placement] = field(default_factory=dict)
    traits: Mapping[str, TraitDefinition] = field(default_factory=dict)
    events: Mapping[str, PlannedEvent] = field(default_factory=dict)  # the tracking plan as it is written …
    plan: TrackingPlan = field(default_factory=TrackingPlan, compare=False)  # … and ready to judge with
    identity: IdentityRules = DEFAULT_RULES  # who counts as the same person
    lists: Mapping[str, StaticListDefinition] = field(default_factory=dict)
    suppressions: Mapping[str, Suppression] = field(default_factory=dict)
    rfm: Mapping[str, RfmDefinition] = field(default_factory=dict)
    wordings: Mapping[str, Wording] = field(default_factory=dict)  # what people were shown when they said yes
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)  # shared pieces; templates hold them already
    kept_out: frozenset[str] = frozenset()  # sources whose traits take no part in decisions
    versions: Mapping[str, int] = field(default_factory=dict)  # of each definition, by `kind/id`
    needs: Mapping[str, AggregateNeed] = field(default_factory=dict)
    asks: Asks = field(default_factory=Asks)  # what conditions ask for beside events
    _facts: dict[tuple[str, str, str], ContentFacts] = field(default_factory=dict, repr=False, compare=False)
    _index: list[SegmentIndex] = field(default_factory=list, repr=False, compare=False)

    def template_facts(self, template: str, brand: str, language: str) -> ContentFacts:
        """What every reader of a template sees of what the law asks for; worked out once a catalog."""
        key = (template, brand, language)
        if key not in self._facts:
            from kizuna.core.content.facts import content_facts  # only who decides or sends reads templates

            self._facts[key] = content_facts(self.templates[template], self.brands[brand], language=language)
        return self._facts[key]

    def decidable(self, profile: Profile) -> Profile:
        """The profile as conditions and templates may see it (`sources.for_decisions`).

        What they may ask of consents is answered from the whole record, as the gate does.
        """
        seen = for_decisions(profile, self.kept_out)
        if not self.asks.consents or profile.consents is None:
            return seen
        from kizuna.core.consent.standing import recorded_consents  # where some condition asks for it

        return replace(seen, standing=recorded_consents(profile, self.policy))

    @property
    def asks_consents(self) -> bool:
        """Whether some condition asks about consent: then each record keeps a summary of its ledger."""
        return self.asks.consents

    @property
    def segment_index(self) -> SegmentIndex:
        """The segments compiled; worked out once a catalog, when it is first asked for."""
        if not self._index:
            policy = self.policy
            about = f"{policy.consent.version_id} {policy.relationship.model_dump_json()}"
            rules = about if self.asks.consents else ""
            self._index.append(SegmentIndex(self.segments, kept_out=self.kept_out, rules=rules))
        return self._index[0]

    @property
    def awaited_events(self) -> frozenset[str]:
        """Names of events that some campaign is triggered by."""
        return frozenset(
            campaign.trigger.event
            for campaign in self.campaigns.values()
            if campaign.enabled and isinstance(campaign.trigger, OnEvent)
        )

    def triggered_by_event(self, name: str) -> list[Campaign]:
        return [
            campaign
            for campaign in self.campaigns.values()
            if campaign.enabled and isinstance(campaign.trigger, OnEvent) and campaign.trigger.event == name
        ]

    def triggered_by_segment(self, segment: str) -> list[Campaign]:
        return [
            campaign
            for campaign in self.campaigns.values()
            if campaign.enabled
            and isinstance(campaign.trigger, OnSegment)
            and campaign.trigger.segment == segment
        ]

    def answering(self, asked_for: str) -> Campaign | None:
        """The campaign that answers somebody who asked for this (`OnAsked`), if the workspace has one enabled."""
        return next(
            (
                campaign
                for campaign in self.campaigns.values()
                if campaign.enabled
                and isinstance(campaign.trigger, OnAsked)
                and campaign.trigger.for_ == asked_for
            ),
            None,
        )

    def scheduled(self) -> list[Campaign]:
        return [
            campaign
            for campaign in self.campaigns.values()
            if campaign.enabled and isinstance(campaign.trigger, OnSchedule)
        ]

    def version_of(self, kind: str, definition_id: str) -> int:
        return self.versions.get(f"{kind}/{definition_id}", 0)


def fingerprint(document: Document) -> str:
    """Equal for documents that mean the same, whatever their layout."""
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def build(
    documents: Documents,
    *,
    version: int = 0,
    versions: Mapping[str, int] | None = None,
    origin: Callable[[str, str], str] = lambda kind, definition_id: f"{kind}/{definition_id}",
    linted: bool = False,
) -> Catalog:
    """Type and check all documents. Raises InvalidDefinition with every problem, each naming its place.

    Templates are linted unless they are known to be (`linted`): what is stored was when it was saved, and the
    template engine costs a cold start a tenth of a second.
    """
    problems: list[Problem] = []
    parsed: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for (kind, definition_id), document in sorted(documents.items()):
        place = origin(kind, definition_id)
        model = MODELS.get(kind)
        if model is None:
            problems.append(Problem(place, f"unknown kind {kind!r}; there are {', '.join(KINDS)}"))
            continue
        if bomb := bomb_problem(document):
            problems.append(Problem(f"{place}: {bomb[0]}", bomb[1]))
            continue
        try:
            parsed[kind][definition_id] = model.model_validate(document)
        except ValidationError as error:
            problems += _problems_of(error, place)
            continue
        if parsed[kind][definition_id].id != definition_id:
            problems.append(Problem(f"{place}: id", f"is not {definition_id!r}, by which it is stored"))
            del parsed[kind][definition_id]
    problems += _with_bucket_segments(parsed, origin)
    ordered, cycles = in_order(parsed["segment"], place=lambda segment: origin("segment", segment))
    problems += cycles
    problems += _cross_checks(parsed, origin)
    if not linted:
        problems += _lint_problems(parsed, origin)
    if problems:
        raise InvalidDefinition(tuple(problems))
    conditions = conditions_of(parsed)
    needs = needs_of((*conditions, *map(asked_of, parsed["rfm"].values())))
    policies = tuple(parsed["policy"].values())
    policy = policies[0] if policies else EngagementPolicy()
    sources: dict[str, SourceDefinition] = parsed["source"]
    of_source = {name: each.unknown_events for name, each in sources.items() if each.unknown_events}
    return Catalog(
        version=version,
        policy=policy,
        brands=parsed["brand"],
        topics=parsed["topic"],
        sources=sources,
        segments=ordered,
        templates=parsed["template"],
        campaigns=parsed["campaign"],
        placements=parsed["placement"],
        traits=parsed["trait"],
        events=parsed["event"],
        plan=compile_plan(parsed["event"].values(), policy.tracking, of_source=of_source),
        identity=compiled(*parsed["identity"].values()) if parsed["identity"] else DEFAULT_RULES,
        kept_out=kept_out(sources, third_party=policy.third_party_in_decisions),
        versions=dict(versions or {}),
        needs=needs,
        asks=asks_of(conditions, events=(name for need in needs.values() for name in need.names)),
        lists=parsed["list"],
        suppressions=parsed["suppression"],
        rfm=parsed["rfm"],
        wordings=parsed["wording"],
        webhooks=parsed["webhook"],
        blocks=parsed["block"],
    )


def _with_bucket_segments(
    parsed: Mapping[str, dict[str, Any]], origin: Callable[[str, str], str]
) -> list[Problem]:
    """Take in the segments that definitions of RFM make; a name of theirs is nobody else's."""
    problems = []
    for segment in bucket_segments(parsed["rfm"].values()):
        if segment.id in parsed["segment"]:
            place = f"{origin('segment', segment.id)}: id"
            problems.append(Problem(place, f"is the name of a segment that is {segment.description}"))
        parsed["segment"][segment.id] = segment
    return problems


def _problems_of(error: ValidationError, place: str) -> list[Problem]:
    found = []
    for detail in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in detail["loc"])
        if detail["type"] == "union_tag_not_found":
            told = "is of no known kind: it has neither a type nor a key that tells one"
        else:
            told = detail["msg"].removeprefix("Value error, ")
        found.append(Problem(f"{place}: {where}" if where else place, told))
    return found


def _cross_checks(
    parsed: Mapping[str, Mapping[str, Any]], origin: Callable[[str, str], str]
) -> list[Problem]:
    problems: list[Problem] = []
    for campaign in parsed["campaign"].values():
        problems += _campaign_problems(campaign, parsed, origin("campaign", campaign.id))
        hours = [("quiet_hours", campaign.quiet_hours)] if campaign.quiet_hours else []
        problems += _calendar_problems(hours, parsed, origin("campaign", campaign.id))
    for policy in parsed["policy"].values():
        problems += _canary_problems(policy, parsed, origin("policy", policy.id))
        problems += _digest_problems(policy, parsed, origin("policy", policy.id))
        hours = [(f"quiet_hours.{index}", each) for index, each in enumerate(policy.quiet_hours)]
        problems += _calendar_problems(hours, parsed, origin("policy", policy.id))
        if not policy.publish:
            continue
        from kizuna.core.bus_events import BUS_EVENTS  # its models are for who publishes

        known = {event.__name__ for event in BUS_EVENTS}
        place = origin("policy", policy.id)
        unknown = [name for name in policy.publish if name not in known]
        problems += [
            Problem(f"{place}: publish", f"there is no event {name!r} to publish") for name in unknown
        ]
    problems += [
        Problem(f"{origin('segment', segment.id)}: brand", f"there is no brand {segment.brand!r}")
        for segment in parsed["segment"].values()
        if segment.brand is not None and segment.brand not in parsed["brand"]
    ]
    problems += [
        Problem(f"{origin('block', block.id)}: brand", f"there is no brand {block.brand!r}")
        for block in parsed["block"].values()
        if block.brand is not None and block.brand not in parsed["brand"]
    ]
    problems += _plan_problems(parsed, origin)
    problems += _webhook_problems(parsed, origin)
    problems += condition_problems(parsed, origin)
    problems += _suppression_problems(parsed, origin)
    problems += wording_problems(
        parsed["wording"], parsed["policy"].values(), parsed["source"].values(), origin
    )
    return problems


def _digest_problems(
    policy: EngagementPolicy, parsed: Mapping[str, Mapping[str, Any]], place: str
) -> list[Problem]:
    """A cap that gathers what is too much needs a campaign that tells it; else it would wait for nothing."""
    problems = []
    for number, cap in enumerate(policy.frequency_caps):
        campaign: Campaign | None = parsed["campaign"].get(cap.digest) if cap.digest else None
        if cap.digest is None or (campaign and isinstance(campaign.trigger, OnDigest)):
            continue
        why = "is not triggered by a digest" if campaign else f"there is no campaign {cap.digest!r}"
        problems.append(Problem(f"{place}: frequency_caps.{number}.digest", why))
    return problems


def _webhook_problems(
    parsed: Mapping[str, Mapping[str, Any]], origin: Callable[[str, str], str]
) -> list[Problem]:
    return [
        Problem(
            f"{origin('template', template.id)}: languages.{language}.webhook",
            f"there is no webhook {content.webhook!r}",
        )
        for template in parsed["template"].values()
        for language, content in template.languages.items()
        if isinstance(content, WebhookContent) and content.webhook not in parsed["webhook"]
    ]


def _canary_problems(
    policy: EngagementPolicy, parsed: Mapping[str, Mapping[str, Any]], place: str
) -> list[Problem]:
    if policy.canary is None:
        return []
    campaign = parsed["campaign"].get(policy.canary.campaign)
    if campaign is None:
        return [Problem(f"{place}: canary.campaign", f"there is no campaign {policy.canary.campaign!r}")]
    if campaign.category != "marketing" or "email" not in campaign.reaches_by:
        return [
            Problem(f"{place}: canary.campaign", "the canary is asked about a promotional e-mail campaign")
        ]
    return []


def _plan_problems(
    parsed: Mapping[str, Mapping[str, Any]], origin: Callable[[str, str], str]
) -> list[Problem]:
    """A source that does not exist would leave its events without the plan that was meant for them."""
    planned: dict[str, PlannedEvent] = dict(parsed["event"])
    unknown = [
        Problem(f"{origin('event', each.id)}: sources", f"there is no source {source!r}")
        for each in planned.values()
        for source in each.sources
        if source not in parsed["source"]
    ]
    twice = [
        Problem(
            origin("event", second),
            f"plans the same event as {first!r}" + (f" for {source}" if source else ""),
        )
        for first, second, source in overlapping(planned.values())
    ]
    return unknown + twice


def _lint_problems(
    parsed: Mapping[str, Mapping[str, Any]], origin: Callable[[str, str], str]
) -> list[Problem]:
    from kizuna.core.content.depth_lint import depth_problems  # only when definitions are saved
    from kizuna.core.content.lint import lint

    deep = {name for name, trait in parsed["trait"].items() if trait.is_deep}
    with_fallback = {name for name in deep if parsed["trait"][name].fallback}
    return [
        Problem(f"{origin('template', template.id)}: {found.path}", found.reason)
        for template in parsed["template"].values()
        for found in (
            *lint(template),
            *depth_problems(template, deep=deep, with_fallback=with_fallback),
        )
    ]


def _campaign_problems(
    campaign: Campaign, parsed: Mapping[str, Mapping[str, Any]], place: str
) -> list[Problem]:
    wanted: list[tuple[str, str, str]] = [
        ("brand", "brand", campaign.brand),
        ("topic", "topic", campaign.topic),
        *((key, "template", template) for key, _, template in _templates_of(campaign)),
    ]
    if campaign.audience is not None:
        wanted += [("audience.in", "segment", name) for name in campaign.audience.segments]
        wanted += [("audience.not_in", "segment", name) for name in campaign.audience.excluded]
    if isinstance(campaign.trigger, OnEvent) and campaign.trigger.event in (MESSAGE_SENT, MESSAGE_WITHHELD):
        return [Problem(f"{place}: trigger.event", "tells of our own messages, which start no other message")]
    if isinstance(campaign.trigger, OnSegment):
        wanted.append(("trigger.segment", "segment", campaign.trigger.segment))
    problems = [
        Problem(f"{place}: {key}", f"there is no {kind} {name!r}")
        for key, kind, name in wanted
        if name not in parsed[kind] and (kind, name) != ("segment", EVERYONE)
    ]
    for key, channel, name in _templates_of(campaign):
        template = parsed["template"].get(name)
        if template is not None and template.channel != channel:
            fault = f"is for {template.channel}, the campaign speaks by {channel}"
            problems.append(Problem(f"{place}: {key}", fault))
        promotional = campaign.category == "marketing"
        if template is not None and (template.purpose == "promotional") != promotional:
            fault = f"is {template.purpose}, the campaign's category is {campaign.category}"
            problems.append(Problem(f"{place}: {key}", fault))
        problems += _block_problems(template, campaign, parsed["block"], f"{place}: {key}")
    return problems


def _block_problems(
    template: Template | None, campaign: Campaign, blocks: Mapping[str, Block], place: str
) -> Iterator[Problem]:
    """A brand's footer under another brand's mail would name the wrong sender."""
    for name in template.blocks if template is not None else ():
        brand = blocks[name].brand if name in blocks else None
        if brand not in (None, campaign.brand):
            yield Problem(place, f"holds the block {name!r} of the brand {brand!r}")


def _calendar_problems(
    hours: Iterable[tuple[str, QuietHours]], parsed: Mapping[str, Mapping[str, Any]], place: str
) -> list[Problem]:
    """A calendar that does not exist would leave its days without the quiet that was meant for them."""
    policy: EngagementPolicy = next(iter(parsed["policy"].values()), EngagementPolicy())
    return [
        Problem(
            f"{place}: {key}.holidays",
            f"there is no calendar {calendar!r}, and no holidays of such a country",
        )
        for key, rule in hours
        for calendar in rule.holidays
        if policy.days_of(calendar) is None
    ]


def _templates_of(campaign: Campaign) -> list[tuple[str, str, str]]:
    """Each template that a campaign names: under which key, for which channel, and its id."""
    return [
        (f"templates.{channel}" if campaign.channels else "template", channel, campaign.template_on(channel))
        for channel in campaign.reaches_by
    ]


def _suppression_problems(
    parsed: Mapping[str, Mapping[str, Any]], origin: Callable[[str, str], str]
) -> list[Problem]:
    wanted = [
        (origin("suppression", each.id), key, kind, name)
        for each in parsed["suppression"].values()
        for key, kind, name in (
            ("list", "list", each.list),
            ("scope.brand", "brand", each.scope.brand),
            ("scope.topic", "topic", each.scope.topic),
        )
    ]
    return [
        Problem(f"{place}: {key}", f"there is no {kind} {name!r}")
        for place, key, kind, name in wanted
        if name is not None and name not in parsed[kind]
    ]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between a workspace and what is in force."""

    act: Literal["add", "change", "remove"]
    kind: str
    id: str


def differences(stored: Documents, wanted: Documents) -> tuple[Change, ...]:
    """What applying `wanted` would do. The same documents again change nothing."""
    changes = [
        Change("remove", kind, definition_id)
        for kind, definition_id in stored
        if (kind, definition_id) not in wanted
    ]
    for key, document in wanted.items():
        if key not in stored:
            changes.append(Change("add", *key))
        elif fingerprint(stored[key]) != fingerprint(document):
            changes.append(Change("change", *key))
    return tuple(sorted(changes, key=lambda change: (KINDS_ORDER.get(change.kind, 99), change.id)))


KINDS_ORDER: Mapping[str, int] = {kind: index for index, kind in enumerate(KINDS)}
