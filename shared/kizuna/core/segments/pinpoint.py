"""Segments as Amazon Pinpoint exported them, in our language (`rules-spec.md` 9).

    SegmentGroups {Include ALL | ANY | NONE}      all, any, none
      Groups {Type, Dimensions, SourceSegments}   all, any, none over
        Attributes, Metrics, UserAttributes       traits
        Demographic.Channel, Location             reachable, the trait country, geo
        Behavior.Recency                          did or did_not, last
        SourceSegments                            in_segment

What has no counterpart is named with its place, and never dropped in silence: a segment with less of its questions
would have other members. Pinpoint has ended, so these are files that somebody kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from kizuna.core.ids import digest
from kizuna.core.segments import Segment

Document = dict[str, Any]

_GROUPS = {"ALL": "all", "ANY": "any", "NONE": "none"}
_RECENCY = {"HR_24": "24h", "DAY_7": "7d", "DAY_14": "14d", "DAY_30": "30d"}
_COMPARISONS = {"EQUAL": "eq", "GREATER_THAN": "gt", "LESS_THAN": "lt", "GREATER_THAN_OR_EQUAL": "gte",
                "LESS_THAN_OR_EQUAL": "lte"}  # fmt: skip
_INSTANTS = {"BEFORE": "before", "AFTER": "after", "ON": "on"}
_ANY_EVENT = "Session Started"  # Pinpoint's activity is that of an app's sessions


@dataclass(frozen=True, slots=True)
class Converted:
    """One segment: our document, or None where nothing of it has a counterpart, and what could not be taken over.

    `notes` say where the same question is meant a little differently here.
    """

    name: str
    document: Document | None
    unmapped: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of it was taken over: what lacks a question would have other members."""
        return self.document is not None and not self.unmapped


def converted(export: Any) -> tuple[Converted, ...]:
    """Every segment of an export: one SegmentResponse, a list of them, or `{Item: [...]}` of GetSegments.

    Raises ValueError where it is none of these.
    """
    found = list(_responses(export))
    ids = {str(each.get("Id")): _slug(str(each.get("Name") or each.get("Id"))) for each in found}
    taken: dict[str, int] = {}
    for source, slug in ids.items():
        taken[slug] = taken.get(slug, 0) + 1
        if taken[slug] > 1:
            ids[source] = f"{slug}-{taken[slug]}"
    return tuple(_converted(each, ids) for each in found)


def _responses(export: Any) -> Iterator[Mapping[str, Any]]:
    match export:
        case {"SegmentsResponse": inner} | {"SegmentResponse": inner}:
            yield from _responses(inner)
        case {"Item": list(items)}:
            yield from _responses(items)
        case list():
            for item in export:
                yield from _responses(item)
        case {"Id": _} | {"Name": _}:
            yield export
        case _:
            raise ValueError("is no exported segment: needs Id or Name, Item, or a list of segments")


@dataclass(slots=True)
class _Reading:
    """What was met that has no counterpart, with its place."""

    ids: Mapping[str, str]
    unmapped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def cannot(self, place: str, why: str) -> None:
        self.unmapped.append(f"{place}: {why}")

    def rest(self, place: str, value: Mapping[str, Any], known: Iterable[str]) -> None:
        for name in sorted(set(value) - set(known)):
            if value[name] not in (None, {}, [], ""):
                self.cannot(f"{place}.{name}" if place else name, "has no counterpart")


_ABOUT = {"Id", "Name", "Arn", "ApplicationId", "CreationDate", "LastModifiedDate", "SegmentType", "Version",
          "tags", "Tags", "SegmentGroups", "Dimensions", "ImportDefinition"}  # fmt: skip


def _converted(response: Mapping[str, Any], ids: Mapping[str, str]) -> Converted:
    name = str(response.get("Name") or response.get("Id"))
    reading = _Reading(ids)
    reading.rest("", response, _ABOUT)
    if response.get("ImportDefinition"):
        reading.cannot("ImportDefinition", "is a file of endpoints: import it, and keep the people on a list")
    conditions: list[Document] = []
    if response.get("SegmentGroups"):
        conditions += _groups(response["SegmentGroups"], reading)
    if response.get("Dimensions"):
        conditions += _dimensions(response["Dimensions"], "Dimensions", reading)
    if not conditions:
        return Converted(name, None, tuple(reading.unmapped) or ("asks nothing",))
    slug = ids.get(str(response.get("Id")), _slug(name))
    document = {"id": slug, "name": name, "when": _grouped("all", conditions)}
    try:
        Segment.model_validate(document)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False):
            reading.cannot(".".join(map(str, problem["loc"])), problem["msg"])
    return Converted(name, document, tuple(reading.unmapped), tuple(reading.notes))


def _groups(groups: Mapping[str, Any], reading: _Reading) -> list[Document]:
    reading.rest("SegmentGroups", groups, ("Groups", "Include"))
    include = str(groups.get("Include") or "ALL")
    parts: list[Document] = []
    for number, group in enumerate(groups.get("Groups") or ()):
        place = f"SegmentGroups.Groups[{number}]"
        reading.rest(place, group, ("Dimensions", "SourceSegments", "SourceType", "Type"))
        inner: list[Document] = []
        for index, dimension in enumerate(group.get("Dimensions") or ()):
            asked = _dimensions(dimension, f"{place}.Dimensions[{index}]", reading)
            inner += [_grouped("all", asked)] if asked else []
        kind = _kind(group.get("Type"), f"{place}.Type", reading)
        own = [_grouped(kind, inner)] if inner else []
        sources = _sources(group, place, reading)
        if own or sources:
            parts.append(_grouped("all", [*sources, *own]))
    kind = _kind(include, "SegmentGroups.Include", reading)
    return [_grouped(kind, parts)] if parts else []


def _sources(group: Mapping[str, Any], place: str, reading: _Reading) -> list[Document]:
    asked = []
    for index, source in enumerate(group.get("SourceSegments") or ()):
        name = reading.ids.get(str(source.get("Id")))
        if name is None:
            reading.cannot(f"{place}.SourceSegments[{index}]", "is a segment that is not in this file")
            continue
        if source.get("Version"):
            where = f"{place}.SourceSegments[{index}].Version"
            reading.notes.append(f"{where}: ours are live, the newest counts")
        asked.append({"in_segment": name})
    if not asked:
        return []
    return [_grouped(_kind(group.get("SourceType"), f"{place}.SourceType", reading), asked)]


def _kind(word: Any, place: str, reading: _Reading) -> str:
    text = str(word or "ALL")
    if text not in _GROUPS:
        reading.cannot(place, f"{text!r} is none of ALL, ANY, NONE; taken for ALL")
    return _GROUPS.get(text, "all")


def _grouped(kind: str, parts: list[Document]) -> Document:
    return parts[0] if len(parts) == 1 and kind in ("all", "any") else {kind: parts}


# ── dimensions ──────────────────────────────────────────────────────────────────────────────────


def _dimensions(dimensions: Mapping[str, Any], place: str, reading: _Reading) -> list[Document]:
    """The questions of one set of dimensions; all of them must hold."""
    known = ("Attributes", "UserAttributes", "Metrics", "Demographic", "Location", "Behavior")
    reading.rest(place, dimensions, known)
    found: list[Document] = []
    for part in ("Attributes", "UserAttributes"):
        for name, asked in (dimensions.get(part) or {}).items():
            found += _attribute(_trait(name), asked, f"{place}.{part}.{name}", reading)
    for name, asked in (dimensions.get("Metrics") or {}).items():
        found += _metric(name, asked, f"{place}.Metrics.{name}", reading)
    found += _demographic(dimensions.get("Demographic") or {}, f"{place}.Demographic", reading)
    found += _location(dimensions.get("Location") or {}, f"{place}.Location", reading)
    found += _behavior(dimensions.get("Behavior") or {}, f"{place}.Behavior", reading)
    return found


def _trait(name: str) -> str:
    """`User.UserAttributes.plan` as `plan`: the importer of endpoints keeps attributes as traits by their names."""
    return re.sub(r"^(User\.UserAttributes\.|Attributes\.)", "", name)


def _attribute(trait: str, asked: Mapping[str, Any], place: str, reading: _Reading) -> list[Document]:
    values, kind = list(asked.get("Values") or ()), str(asked.get("AttributeType") or "INCLUSIVE")
    if not values:
        reading.cannot(place, "asks for no value")
        return []
    match kind:
        case "INCLUSIVE":
            return [{"trait": trait, "op": "in", "value": values}]
        case "EXCLUSIVE":
            return [{"trait": trait, "op": "not_in", "value": values}]
        case "CONTAINS":
            return [{"trait": trait, "op": "contains_any", "value": values}]
        case "BEFORE" | "AFTER" | "ON":
            return [
                _grouped("any", [{"trait": trait, "op": _INSTANTS[kind], "value": each} for each in values])
            ]
        case "BETWEEN" if len(values) == 2:
            return [{"trait": trait, "op": "between", "value": values, "value_type": "instant"}]
        case _:
            reading.cannot(place, f"{kind} with {len(values)} values has no counterpart")
            return []


def _metric(name: str, asked: Mapping[str, Any], place: str, reading: _Reading) -> list[Document]:
    op = _COMPARISONS.get(str(asked.get("ComparisonOperator")))
    value = asked.get("Value")
    if op is None or isinstance(value, bool) or not isinstance(value, int | float):
        reading.cannot(place, "compares in a way that has no counterpart")
        return []
    return [{"trait": name, "op": op, "value": value}]


def _demographic(asked: Mapping[str, Any], place: str, reading: _Reading) -> list[Document]:
    found: list[Document] = []
    for name, part in asked.items():
        if name == "Channel":
            found += _channel(part, f"{place}.Channel", reading)
        elif name == "Platform" and part:
            parts = [{"device": str(each).lower()} for each in part.get("Values") or ()]
            excluded = part.get("DimensionType") == "EXCLUSIVE"
            found += [_grouped("none" if excluded else "any", parts)] if parts else []
        elif part:
            reading.cannot(f"{place}.{name}", "has no counterpart")
    return found


_CHANNELS = {"EMAIL": "email", "SMS": "sms", "APNS": "push", "GCM": "push", "APNS_SANDBOX": "push"}


def _channel(asked: Mapping[str, Any], place: str, reading: _Reading) -> list[Document]:
    known = {_CHANNELS[each] for each in asked.get("Values") or () if each in _CHANNELS}
    for each in asked.get("Values") or ():
        if each not in _CHANNELS:
            reading.cannot(place, f"there is no channel {each}")
    parts = [{"reachable": channel} for channel in sorted(known)]
    if not parts:
        return []
    return [_grouped("none" if asked.get("DimensionType") == "EXCLUSIVE" else "any", parts)]


def _location(asked: Mapping[str, Any], place: str, reading: _Reading) -> list[Document]:
    reading.rest(place, asked, ("Country", "GPSPoint"))
    found: list[Document] = []
    if asked.get("Country"):
        country = asked["Country"]
        kind = {**country, "AttributeType": country.get("DimensionType") or "INCLUSIVE"}
        found += _attribute("country", kind, f"{place}.Country", reading)
    point = asked.get("GPSPoint")
    if point:
        at, radius = point.get("Coordinates") or {}, point.get("RangeInKilometers")
        within = {"lat": at.get("Latitude"), "lon": at.get("Longitude"), "radius_m": 1000 * (radius or 0)}
        if None in within.values() or not radius:
            reading.cannot(f"{place}.GPSPoint", "has no point or no radius")
        else:
            found.append({"geo": "last_known", "within": within})
    return found


def _behavior(asked: Mapping[str, Any], place: str, reading: _Reading) -> list[Document]:
    reading.rest(place, asked, ("Recency",))
    recency = asked.get("Recency")
    if not recency:
        return []
    length, kind = _RECENCY.get(str(recency.get("Duration"))), recency.get("RecencyType")
    if length is None or kind not in ("ACTIVE", "INACTIVE"):
        reading.cannot(f"{place}.Recency", "is none of HR_24, DAY_7, DAY_14, DAY_30, active or inactive")
        return []
    verb = "did" if kind == "ACTIVE" else "did_not"
    reading.notes.append(
        f"{place}.Recency: asks for the event {_ANY_EVENT!r}; name the one that your app sends"
    )
    return [{"event": _ANY_EVENT, "verb": verb, "window": {"last": length}}]


def _slug(name: str) -> str:
    """An id as ours are: lower-case letters, digits and dashes; of a name without any, a hash."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:56]
    if not plain or not plain[0].isalpha():
        plain = f"segment-{plain}".rstrip("-") if plain else f"segment-{digest('segment', name, length=8)}"
    return plain
