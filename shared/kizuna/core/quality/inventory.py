"""What data there is: each field that the definitions know of, what it means, whence it comes, what it is for (K88).

    traits · events · properties ◀── trait definitions, tracking plan, sources
                    └─ use ◀── segments, campaigns, placements, templates that ask for it

Made from the definitions alone, so it names no person and needs no data. A field that something asks for and nobody
declared is in it too, and says so: that is the gap worth closing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from kizuna.core.campaigns import OnEvent
from kizuna.core.catalog import Catalog
from kizuna.core.conditions import Condition, EventDid, PlaceIs, TraitIs, leaves_of
from kizuna.core.conditions.properties import OtherTrait, properties_of
from kizuna.core.conditions.sequences import Sequence
from kizuna.core.conditions.trait_questions import HOME_TRAITS, looks_of
from kizuna.core.conditions.windows import SinceLast
from kizuna.core.content.lint import variables
from kizuna.core.sources import licence_of

TIMELINE_DAYS = 400  # after that the event itself is forgotten; what was learnt from it stays with the record
_WITH_THE_RECORD = "as long as the record"
_IN_THE_TIMELINE = f"{TIMELINE_DAYS} days in the timeline"

FieldKind = Literal["trait", "event", "property"]
_Key = tuple[FieldKind, str]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `sources` is empty where any may tell it; `use` names definitions as `kind/id`."""

    kind: FieldKind
    name: str  # of a property `Event: property`
    declared: bool
    meaning: str = ""
    sources: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    owner: str = ""
    use: tuple[str, ...] = ()
    retention: str = ""
    personal: bool = False
    in_decisions: bool = True

    def body(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "declared": self.declared,
            "meaning": self.meaning,
            "sources": list(self.sources),
            "licences": list(self.licences),
            "owner": self.owner,
            "use": list(self.use),
            "retention": self.retention,
            "personal": self.personal,
            "inDecisions": self.in_decisions,
        }


@dataclass(slots=True)
class _Known:
    meaning: str = ""
    owner: str = ""
    declared: bool = False
    personal: bool = False
    anybody: bool = False  # a definition holds for every source
    sources: set[str] = field(default_factory=set)
    use: set[str] = field(default_factory=set)


def inventory(catalog: Catalog, *, language: str = "en") -> tuple[Field, ...]:
    """All fields: traits, then events, each followed by its properties."""
    known: defaultdict[_Key, _Known] = defaultdict(_Known)
    _declare(known, catalog, language)
    for user, key in _uses(catalog):
        known[key].use.add(user)
    return tuple(_field(key, found, catalog) for key, found in sorted(known.items(), key=_order))


def _order(item: tuple[_Key, _Known]) -> tuple[bool, str, bool]:
    (kind, name), _ = item
    return (kind != "trait", name, kind == "property")


def _declare(known: defaultdict[_Key, _Known], catalog: Catalog, language: str) -> None:
    for trait in catalog.traits.values():
        found = known["trait", trait.id]
        found.declared = found.anybody = True
        found.meaning = trait.meaning.get(language) or next(iter(trait.meaning.values()))
        found.owner = trait.owner
        found.personal = True  # whatever it says, it says it of a person
        found.use.update(f"purpose/{use}" for use in trait.use)
    for planned in catalog.events.values():
        name = planned.event or f"({planned.type})"
        is_identify = planned.type == "identify"
        if not is_identify:
            _tell(known["event", name], planned.meaning, planned.owner, planned.sources, personal=False)
        for path, rule in planned.properties.items():
            key: _Key = ("trait", path) if is_identify else ("property", f"{name}: {path}")
            personal = rule.personal or is_identify
            _tell(known[key], rule.meaning, planned.owner, planned.sources, personal=personal)


def _tell(found: _Known, meaning: str, owner: str, sources: tuple[str, ...], *, personal: bool) -> None:
    found.declared = True
    found.meaning = found.meaning or meaning
    found.owner = found.owner or owner
    found.personal = found.personal or personal
    found.sources.update(sources)
    found.anybody = found.anybody or not sources


def _field(key: _Key, found: _Known, catalog: Catalog) -> Field:
    kind, name = key
    named = () if found.anybody else tuple(sorted(found.sources))
    told_by = named or tuple(sorted(catalog.sources))
    owners = {catalog.sources[source].owner for source in named if source in catalog.sources} - {""}
    return Field(
        kind=kind,
        name=name,
        declared=found.declared,
        meaning=found.meaning,
        sources=named,
        licences=tuple(sorted({licence_of(source, catalog.sources) for source in told_by})),
        owner=found.owner or ", ".join(sorted(owners)),
        use=tuple(sorted(found.use)),
        retention=_WITH_THE_RECORD if kind == "trait" else _IN_THE_TIMELINE,
        personal=found.personal or kind == "trait",
        in_decisions=not told_by or any(source not in catalog.kept_out for source in told_by),
    )


# ── use ─────────────────────────────────────────────────────────────────────────────────────────


def _uses(catalog: Catalog) -> Iterator[tuple[str, _Key]]:
    """Which definition asks for which field."""
    for segment in catalog.segments:
        for condition in (segment.when, segment.exclude):
            yield from _asked(condition, f"segment/{segment.id}")
    for campaign in catalog.campaigns.values():
        user = f"campaign/{campaign.id}"
        yield from _asked(campaign.when, user)
        for goal in campaign.goals:
            yield user, ("event", goal.event)
        if isinstance(campaign.trigger, OnEvent):
            yield user, ("event", campaign.trigger.event)
    for placement in catalog.placements.values():
        for action in placement.actions:
            yield from _asked(action.when, f"placement/{placement.id}")
    for template in catalog.templates.values():
        for path in variables(template):
            trait = path.removeprefix("person.traits.")
            if trait != path:
                yield f"template/{template.id}", ("trait", trait.partition(".")[0])


def _asked(condition: Condition | None, user: str) -> Iterator[tuple[str, _Key]]:
    for leaf in leaves_of(condition) if condition is not None else ():
        match leaf:
            case TraitIs(trait=path):
                for each in (path, *sorted(looks_of(leaf).traits)):
                    yield user, ("trait", each.partition(".")[0])
            case PlaceIs(geo=OtherTrait(trait=path)):
                yield user, ("trait", path.partition(".")[0])
            case PlaceIs(geo="home"):
                for each in HOME_TRAITS:
                    yield user, ("trait", each)
            case EventDid(event=name, where=where, of=of):
                yield user, ("event", name)
                for path in (*properties_of(where), *((of,) if of else ())):
                    yield user, ("property", f"{name}: {path}")
                if isinstance(leaf.window, SinceLast):
                    yield user, ("event", leaf.window.since_last)
            case Sequence():
                yield from ((user, key) for key in _steps(leaf))
            case _:
                pass


def _steps(leaf: Sequence) -> Iterator[_Key]:
    """The events and properties that a sequence asks for, those of joins on both sides."""
    named = {step.as_: step.name for step in leaf.sequence if step.as_ is not None}
    for step in leaf.sequence:
        yield "event", step.name
        for path in (*properties_of(step.where), *step.join):
            yield "property", f"{step.name}: {path}"
        for other in step.join.values():
            name, _, path = other.partition(".")
            yield "property", f"{named[name]}: {path}"
    if isinstance(leaf.window, SinceLast):
        yield "event", leaf.window.since_last
