"""The opponent: the function that most projects write first. One event a call, pydantic, boto3's `Table`.

It does its work properly and nothing beyond it: it validates, reads the person, counts, evaluates every
segment, writes under a version condition, and (`keeps_events`) keeps the event. It has no keys, knows people by
one id, does not notice repeats, has no consents, no provenance, and nothing that follows from a change.
"""

from __future__ import annotations

import json
from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Json = dict[str, Any]

RECENT = 10  # instants of each event that are kept on a profile; more than any condition asks for
_DAY = 86_400

# ── what comes in ───────────────────────────────────────────────────────────────────────────────


class _Call(BaseModel):
    model_config = ConfigDict(extra="ignore")

    messageId: str  # noqa: N815  (the name on the wire)
    userId: str  # noqa: N815
    timestamp: datetime
    context: Json = Field(default_factory=dict)


class Identify(_Call):
    type: Literal["identify"]
    traits: Json


class Track(_Call):
    type: Literal["track"]
    event: str
    properties: Json = Field(default_factory=dict)


_CALL: TypeAdapter[Identify | Track] = TypeAdapter(Annotated[Identify | Track, Field(discriminator="type")])

# ── segments ────────────────────────────────────────────────────────────────────────────────────


class TraitIs(BaseModel):
    trait: str
    op: str
    value: Any

    def matches(self, profile: Json, now: int) -> bool:
        return compared(self.op, profile["traits"].get(self.trait), self.value)


class EventDid(BaseModel):
    event: str
    verb: str
    op: str = "gte"
    value: int = 1
    days: int | None = None

    def matches(self, profile: Json, now: int) -> bool:
        happened = profile["events"].get(self.event, {"total": 0, "recent": []})
        if self.days is None:
            count = int(happened["total"])
        else:
            count = sum(now - self.days * _DAY < at <= now for at in happened["recent"])
        if self.verb == "did":
            return count > 0
        if self.verb == "did_not":
            return count == 0
        return compared(self.op, count, self.value)


class Group(BaseModel):
    kind: str
    parts: list[Any]

    def matches(self, profile: Json, now: int) -> bool:
        if self.kind == "all":
            return all(part.matches(profile, now) for part in self.parts)
        if self.kind == "any":
            return any(part.matches(profile, now) for part in self.parts)
        return not any(part.matches(profile, now) for part in self.parts)


def compared(operator: str, left: Any, right: Any) -> bool:
    if left is None:
        return False
    if operator == "eq":
        return bool(left == right)
    if operator == "in":
        return left in right
    if operator == "gte":
        return bool(left >= right)
    return bool(left < right)


def model_of(condition: Json) -> TraitIs | EventDid | Group:
    """A condition as a tree of models."""
    for kind in ("all", "any", "none"):
        if kind in condition:
            return Group(kind=kind, parts=[model_of(part) for part in condition[kind]])
    if "trait" in condition:
        return TraitIs(**condition)
    window = condition.get("window")
    known = {name: value for name, value in condition.items() if name != "window"}
    return EventDid(**known, days=int(window["last"].removesuffix("d")) if window else None)


# ── the function ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Usual:
    """The handler over two tables. Segments are built once, as a cold start would."""

    profiles: Any  # boto3's Table
    timeline: Any
    segments: Sequence[tuple[str, TraitIs | EventDid | Group]]
    now: Callable[[], datetime]
    keeps_events: bool = True

    def handler(self, event: Json, context: object) -> Json:
        call = _CALL.validate_json(event["body"])
        found = self.profiles.get_item(Key={"pk": call.userId}, ConsistentRead=True)
        profile = found["Item"]
        changed = _told(profile, call) if isinstance(call, Identify) else _counted(profile, call)
        now = int(self.now().timestamp())
        members = [name for name, condition in self.segments if condition.matches(profile, now)]
        if self.keeps_events:
            self._keep(call)
        self._store(call.userId, profile["version"], changed, members, now)
        return {"statusCode": 200, "body": json.dumps({"success": True})}

    def _keep(self, call: Identify | Track) -> None:
        row = {
            "pk": call.userId,
            "sk": f"{call.timestamp.isoformat()}#{call.messageId}",
            "type": call.type,
            "body": call.model_dump_json(),
        }
        self.timeline.put_item(Item=row)

    def _store(
        self, user: str, version: int, changed: tuple[str, Json], members: list[str], now: int
    ) -> None:
        """Write what changed, and nothing else of the person."""
        path, value = changed
        first, *rest = path.split(".", 1)
        self.profiles.update_item(
            Key={"pk": user},
            UpdateExpression=f"SET {'.'.join([first, *('#n' for _ in rest)])} = :x, members = :m, "
            "updated_at = :t, version = :w",
            ConditionExpression="version = :v",
            ExpressionAttributeValues={
                ":x": value,
                ":m": members,
                ":t": now,
                ":v": version,
                ":w": version + 1,
            },
            **({"ExpressionAttributeNames": {"#n": rest[0]}} if rest else {}),
        )


def _told(profile: Json, call: Identify) -> tuple[str, Json]:
    profile["traits"] |= stored(call.traits)
    return "traits", profile["traits"]


def _counted(profile: Json, call: Track) -> tuple[str, Json]:
    happened: Json = profile["events"].setdefault(call.event, {"total": 0, "recent": []})
    happened["total"] += 1
    insort(happened["recent"], int(call.timestamp.timestamp()))
    del happened["recent"][:-RECENT]
    return f"events.{call.event}", happened


def stored(value: Any) -> Any:
    """`Table` takes no floats."""
    match value:
        case dict():
            return {name: stored(inner) for name, inner in value.items()}
        case list():
            return [stored(inner) for inner in value]
        case float():
            return Decimal(str(value))
        case _:
            return value
