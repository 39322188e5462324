"""All definitions of a workspace, typed, checked against each other and ready to use."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kizuna.core.aggregates import needs_of
from kizuna.core.authoring.blocks import Block
from kizuna.core.campaigns import Campaign, OnAsked, OnSchedule, OnSegment
from kizuna.core.campaigns.asking import learned_channels, questions_of
from kizuna.core.campaigns.triggers import event_that_starts
from kizuna.core.campaigns.variants_asked import draws_of, with_draws
from kizuna.core.campaigns.wordings_of_arms import worded
from kizuna.core.campaigns.words_compared import with_words
from kizuna.core.catalog_checks import cross_checks
from kizuna.core.catalog_checks.campaigns import basis_problems, blast_problems
from kizuna.core.catalog_checks.deep_values import deep_value_problems
from kizuna.core.catalog_checks.journeys import (
    at_its_step,
    place_of_step,
    take_in_journeys,
    with_steps,
)
from kizuna.core.catalog_checks.policy_meaning import policy_meaning_problems
from kizuna.core.catalog_checks.templates import template_problems
from kizuna.core.condition_asks import Asks, asks_of
from kizuna.core.condition_checks import conditions_of
from kizuna.core.condition_sense import meaningless_problems
from kizuna.core.conditions import AggregateNeed
from kizuna.core.content.templates import Brand, Template
from kizuna.core.definition_size import bomb_problem
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.identity.rules import DEFAULT_RULES, IdentityDefinition, IdentityRules, compiled
from kizuna.core.journeys.definition import Journey
from kizuna.core.journeys.listening import Listening, listening_of
from kizuna.core.journeys.versions import OldPath, Paths, old_paths
from kizuna.core.people import Profile
from kizuna.core.placements import Placement
from kizuna.core.quality.tracking_plan import PlannedEvent, TrackingPlan, compile_plan
from kizuna.core.restraint.caps import FrequencyCap
from kizuna.core.rfm.memory import asked_of
from kizuna.core.rfm.scores import RfmDefinition
from kizuna.core.rfm.segments import bucket_segments
from kizuna.core.segments import Segment, in_order
from kizuna.core.segments.index import SegmentIndex
from kizuna.core.segments.lists import StaticListDefinition
from kizuna.core.segments.suppressions import Suppression
from kizuna.core.sources import SourceDefinition, for_decisions, kept_out
from kizuna.core.surveys.definition import SurveyDefinition
from kizuna.core.traits import TraitDefinition
from kizuna.core.webhooks.definitions import Webhook
from kizuna.core.wordings import Wording

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
    "journey",
    "survey",
]
KINDS: tuple[Kind, ...] = (
    "policy", "brand", "topic", "source", "segment", "template", "campaign", "placement", "event", "trait",
    "identity", "list", "suppression", "rfm", "wording", "webhook", "block", "journey", "survey",
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
    "journey": Journey,
    "survey": SurveyDefinition,
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
    journeys: Mapping[str, Journey] = field(
        default_factory=dict
    )  # their steps that speak are campaigns as well
    old_paths: Mapping[str, tuple[OldPath, ...]] = field(default_factory=dict)  # of journeys, still walked
    surveys: Mapping[str, SurveyDefinition] = field(default_factory=dict)
    kept_out: frozenset[str] = frozenset()  # sources whose traits take no part in decisions
    versions: Mapping[str, int] = field(default_factory=dict)  # of each definition, by `kind/id`
    needs: Mapping[str, AggregateNeed] = field(default_factory=dict)
    learned_channels: frozenset[str] = frozenset()  # of which it is counted when people react
    asks: Asks = field(default_factory=Asks)  # what conditions ask for beside events
    _facts: dict[tuple[str, str, str], ContentFacts] = field(default_factory=dict, repr=False, compare=False)
    _caps: list[tuple[FrequencyCap, ...]] = field(default_factory=list, repr=False, compare=False)
    _index: list[SegmentIndex] = field(default_factory=list, repr=False, compare=False)
    _listening: list[Listening] = field(default_factory=list, repr=False, compare=False)
    # Of consents: what the policy says for good; and the last person who was asked about, and how they are seen.
    _lasting: list[EngagementPolicy] = field(init=False, default_factory=list, repr=False, compare=False)
    _seen: list[tuple[Profile, Profile]] = field(init=False, default_factory=list, repr=False, compare=False)

    @property
    def counted_caps(self) -> tuple[FrequencyCap, ...]:
        """All caps for which messages have to be counted: the policy's, and those of campaigns and journeys."""
        if not self._caps:
            own = (cap for campaign in self.campaigns.values() for cap in campaign.own_caps)
            self._caps.append((*self.policy.counted_caps, *own))
        return self._caps[0]

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
        for known, as_seen in self._seen:
            if known is profile:  # asked for several times of one message
                return as_seen
        seen = self.without_kept_out(profile)
        if not self.asks.consents or profile.consents is None:
            return seen
        from kizuna.core.consent.standing import (  # where some condition asks for it
            lasting_rules,
            recorded_consents,
        )

        if not self._lasting:
            self._lasting.append(lasting_rules(self.policy))
        found = replace(seen, standing=recorded_consents(profile, self.policy, lasting=self._lasting[0]))
        self._seen[:] = [(profile, found)]
        return found

    def without_kept_out(self, profile: Profile) -> Profile:
        """The same for whoever asks nothing of consents: what the record knows of them is not worked out."""
        return for_decisions(profile, self.kept_out)

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
    def goal_events(self) -> frozenset[str]:
        """Names of events that are some campaign's success; what is switched off goes on being judged."""
        return frozenset(goal.event for campaign in self.campaigns.values() for goal in campaign.goals)

    @property
    def awaited_events(self) -> frozenset[str]:
        """Names of events that some campaign is triggered by, that are the success of one, or that some journey
        listens to."""
        return (
            self.goal_events
            | self.listening.events
            | frozenset(
                event
                for campaign in self.campaigns.values()
                if campaign.enabled and (event := event_that_starts(campaign.trigger)) is not None
            )
        )

    def triggered_by_event(self, name: str) -> list[Campaign]:
        return [
            campaign
            for campaign in self.campaigns.values()
            if campaign.enabled and event_that_starts(campaign.trigger) == name
        ]

    def triggered_by_segment(self, segment: str, at: Literal["enter", "exit"] = "enter") -> list[Campaign]:
        return [
            campaign
            for campaign in self.campaigns.values()
            if campaign.enabled
            and isinstance(campaign.trigger, OnSegment)
            and (campaign.trigger.segment, campaign.trigger.at) == (segment, at)
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

    @property
    def listening(self) -> Listening:
        """What journeys listen to; worked out once a catalog."""
        if not self._listening:
            older = (path.journey for paths in self.old_paths.values() for path in paths)
            self._listening.append(listening_of((*self.journeys.values(), *older)))
        return self._listening[0]

    def journey_at(self, journey: str, version: int) -> Journey | None:
        """A journey as somebody walks it who entered by this version; None if it cannot be walked any more."""
        in_force = self.journeys.get(journey)
        if in_force is None or version >= self.version_of("journey", journey):
            return in_force
        paths = self.old_paths.get(journey, ())
        if in_force.version_policy != "pin" or not paths or version > paths[-1].until:
            return in_force
        return next((path.journey for path in paths if path.since <= version <= path.until), None)

    def version_of(self, kind: str, definition_id: str) -> int:
        """A template in the words of an experiment's arm (`patched_template`) has the version of the one it is of."""
        named = definition_id.partition(".")[0] if kind == "template" else definition_id
        return self.versions.get(f"{kind}/{named}", 0)


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
    unsaved: Collection[tuple[str, str]] = (),
    paths: Paths = MappingProxyType({}),
) -> Catalog:
    """Type and check all documents. Raises InvalidDefinition with every problem, each naming its place.

    `paths` are those of older versions of journeys by which somebody may still walk (`journeys/versions.py`).

    What is stored was judged when it was saved (`linted`): its templates, for the template engine costs a cold start
    a tenth of a second, and rules that may be younger than it (whether a campaign to everyone says why, whether a
    question can be meant that was accepted once), for they must not stop the rest of what
    is in force. What stands beside it and is `unsaved`, a draft, is asked for the latter all the same.
    """
    problems: list[Problem] = []
    origin = with_steps(origin)
    drawn = draws_of(documents)
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
            told = with_words(document, documents) if kind == "campaign" else document
            parsed[kind][definition_id] = model.model_validate(with_draws(told, drawn) if drawn else told)
        except ValidationError as error:
            problems += _problems_of(error, model, document, place)
            continue
        if parsed[kind][definition_id].id != definition_id:
            problems.append(Problem(f"{place}: id", f"is not {definition_id!r}, by which it is stored"))
            del parsed[kind][definition_id]
    problems += _with_made_segments(parsed, origin)
    problems += take_in_journeys(parsed, origin)
    parsed["template"] |= worded(parsed["campaign"], parsed["template"])[0]  # its faults: `cross_checks`
    ordered, cycles = in_order(parsed["segment"], place=lambda segment: origin("segment", segment))
    problems += cycles
    problems += _of_themselves(cross_checks(parsed, origin), parsed, documents)
    judged_anew = {origin(*key) for key in unsaved} if linted else None
    problems += meaningless_problems(parsed, origin, of=judged_anew)
    problems += policy_meaning_problems(parsed, origin, of=judged_anew)
    problems += deep_value_problems(parsed, origin, of=judged_anew)
    if not linted:
        problems += blast_problems(parsed, origin)
        problems += basis_problems(parsed, origin)
        problems += template_problems(parsed, origin)
    if problems:
        raise InvalidDefinition(tuple(map(at_its_step, problems)))
    conditions = conditions_of(parsed)
    asked = (*map(asked_of, parsed["rfm"].values()), *questions_of(parsed["campaign"].values()))
    needs = needs_of((*conditions, *asked))
    policies = tuple(parsed["policy"].values())
    policy = policies[0] if policies else EngagementPolicy()
    older = old_paths(paths, documents, parsed["template"])
    kept = {name: each for found in older.values() for path in found for name, each in path.campaigns.items()}
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
        campaigns={**kept, **parsed["campaign"]},
        placements=parsed["placement"],
        traits=parsed["trait"],
        events=parsed["event"],
        plan=compile_plan(parsed["event"].values(), policy.tracking, of_source=of_source),
        identity=compiled(*parsed["identity"].values()) if parsed["identity"] else DEFAULT_RULES,
        kept_out=kept_out(sources, third_party=policy.third_party_in_decisions),
        versions=dict(versions or {}),
        needs=needs,
        learned_channels=learned_channels(parsed["campaign"].values()),
        asks=asks_of(conditions, events=(name for need in needs.values() for name in need.names)),
        lists=parsed["list"],
        suppressions=parsed["suppression"],
        rfm=parsed["rfm"],
        wordings=parsed["wording"],
        webhooks=parsed["webhook"],
        blocks=parsed["block"],
        surveys=parsed["survey"],
        journeys=parsed["journey"],
        old_paths=older,
    )


def _of_themselves(
    found: Iterable[Problem], parsed: Mapping[str, Mapping[str, Any]], documents: Documents
) -> Iterator[Problem]:
    """Without what only follows from a fault that is told already.

    A definition that could not be read is not missing: whoever names it would be told of a fault that they have not.
    """
    unread = {
        f"there is no {kind} {name!r}"
        for kind, name in documents
        if name not in parsed.get(kind, {name: None})
    }
    return (problem for problem in found if problem.reason.partition("; did you mean ")[0] not in unread)


def _with_made_segments(
    parsed: Mapping[str, dict[str, Any]], origin: Callable[[str, str], str]
) -> list[Problem]:
    """Take in the segments that definitions of RFM and tone holds make; a name of theirs is nobody else's."""
    problems = []
    holds = [hold.segment for policy in parsed["policy"].values() for hold in policy.tone_holds]
    made = (*bucket_segments(parsed["rfm"].values()), *(segment for segment in holds if segment is not None))
    for segment in made:
        if segment.id in parsed["segment"]:
            place = f"{origin('segment', segment.id)}: id"
            problems.append(Problem(place, f"is the name of a segment that is {segment.description}"))
        parsed["segment"][segment.id] = segment
    return problems


def _problems_of(
    error: ValidationError, model: type[BaseModel], document: Document, place: str
) -> list[Problem]:
    from kizuna.core.refusing.faults import faults_of  # only where something is refused

    found = []
    for fault in faults_of(error, model, document):
        where = ".".join(str(part) for part in place_of_step(fault.keys, document))
        found.append(Problem(f"{place}: {where}" if where else place, fault.reason))
    return found


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
