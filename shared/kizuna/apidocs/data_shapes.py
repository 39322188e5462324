"""What the management side answers about the data itself, as types."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kizuna.apidocs.reply_parts import Shape
from kizuna.core.bus_events import Instant
from kizuna.core.quality.freshness import State
from kizuna.core.quality.inventory import FieldKind
from kizuna.core.sources import Cadence, Licence

Count = Annotated[int, Field(ge=0)]


class ViolationRow(Shape):
    """Violations that are alike, and how many of them there are."""

    source: str
    event: str = Field(description="The name of the event; empty where it has none.")
    cause: str = Field(examples=["plan_wrong_type", "missing_identity"])
    field: str = Field(description="The place in the event; empty for the whole of it.")
    reason: str = Field(description="In words, without anybody's data.")
    fate: Literal["stored", "quarantined", "rejected"] = Field(
        description="What became of the event: counted all the same, kept for a replay, or not kept at all."
    )
    count: Count


class Violations(Shape):
    """What could not be used, of one day of receipt in UTC."""

    day: str = Field(examples=["2026-11-22"])
    complete: bool = Field(
        description="False where there is more than is counted here; the command line counts all."
    )
    lastAt: Instant | None  # noqa: N815  (as everywhere in the API)
    violations: list[ViolationRow]


class InventoryField(Shape):
    """One field that the definitions know of."""

    kind: FieldKind
    name: str = Field(description="Of a property with its event: `Order Completed: revenue`.")
    declared: bool = Field(description="False where something asks for a field that nobody declared.")
    meaning: str
    sources: list[str] = Field(description="Who may tell it; empty for anybody.")
    licences: list[Licence]
    owner: str
    use: list[str] = Field(description="Definitions that ask for it, as `kind/id`, and purposes.")
    retention: str
    personal: bool
    inDecisions: bool = Field(  # noqa: N815  (as it is called outside)
        description="False where the policy keeps all of its sources out of decisions."
    )


class Inventory(Shape):
    """Every field that the definitions know of."""

    fields: list[InventoryField]


class SourceRow(Shape):
    """One source of the registry."""

    source: str
    name: str
    licence: Licence
    owner: str
    inDecisions: bool  # noqa: N815  (as it is called outside)
    cadence: Cadence | None
    state: State | None = Field(description="Null where no cadence is declared: then nobody watches.")
    since: Instant | None
    lastAt: Instant | None  # noqa: N815  (as it is called outside)


class Sources(Shape):
    """The source registry, and how each watched source stands."""

    sources: list[SourceRow]
