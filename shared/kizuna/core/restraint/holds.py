"""Tone holds: nobody is advertised to while something between us is unresolved (`rules-spec.md` 5.4).

A hold is a condition. As long as it is true of somebody, promotion within its scope is silent on every channel, what
is already on its way included; messages that they asked for or that the law requires pass. It ends when the condition
does: after a time (a window that closes), when the matter is settled (the event that settles it), or when staff say
so (`release`). Holds never shorten each other, for each is asked by itself. What follows its end (`then`) is a
campaign that is set off by leaving the segment of the held, which each such hold makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from kizuna.core.condition_asks import asks_of
from kizuna.core.conditions import Condition, EventDid, View, evaluate
from kizuna.core.conditions import Sequence as InOrder
from kizuna.core.conditions.properties import EventWhere
from kizuna.core.events import SourceKind
from kizuna.core.restraint.staff_holds import ENDED
from kizuna.core.segments import Segment

HELD_SEGMENT = "hold-"  # before the id of a hold: the segment of those on whom it stands


# Nobody with a publishable key lets promotion go on: by a page's word a hold may begin, and never end.
_BY_WHOM_WE_TRUST = {"context": "kizuna.told_by", "op": "not_eq", "value": SourceKind.CLIENT}
_BY_OURSELVES = {"context": "kizuna.told_by", "op": "eq", "value": SourceKind.SYSTEM}


class Release(BaseModel):
    """What ends a hold before its time.

    event   something that happens after what placed it, told by anybody but a page or an app; `same` names
            properties that both must share, such as `case_id`
    staff   a person says so: `kizuna release PERSON --hold ID --reason …`
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: str | None = Field(default=None, min_length=1, max_length=200)
    where: EventWhere = None
    same: tuple[str, ...] = Field(default=(), max_length=4)
    staff: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Release:
        if self.event is None and (self.where is not None or self.same):
            raise ValueError("where and same are about the event that ends the hold: name it")
        if self.event is None and not self.staff:
            raise ValueError("name the event that ends the hold, or let staff end it (staff: true)")
        return self


class Then(BaseModel):
    """The campaign that follows the end of a hold: an apology (a service message) or a check-in (a survey)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    apology: str | None = None
    check_in: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Then:
        if (self.apology is None) == (self.check_in is None):
            raise ValueError("name either an apology or a check_in, each a campaign")
        return self

    @property
    def campaign(self) -> str:
        return self.apology or self.check_in or ""


class ToneHold(BaseModel):
    """Promotion is held back while `when` is true. Channels, topics, brands and products narrow what is held back;
    each that is empty means all. `name` says what happened, in the languages of the staff."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    name: dict[str, str]
    when: Condition
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    release: Release | None = None
    then: Then | None = None

    @model_validator(mode="after")
    def _can_be_released(self) -> ToneHold:
        if self.release is None:
            return self
        when = self.when
        plain = isinstance(when, EventDid) and (when.verb, when.op, when.value) == ("did", "gte", 1)
        if not plain:
            raise ValueError(
                "release: when is to be one event, so that what comes after it is known (when: { event: … }); any "
                "other condition says itself how it ends"
            )
        return self

    @cached_property
    def stands(self) -> Condition:
        """The condition under which it holds: `when`, and nothing that ends it has come since."""
        if self.release is None or not isinstance(self.when, EventDid):
            return self.when
        placed = {"event": self.when.event, "where": self.when.where, "as": "placed"}
        ends: list[dict[str, Any]] = []
        if self.release.event is not None:
            joined = {name: f"placed.{name}" for name in self.release.same}
            asked = [_BY_WHOM_WE_TRUST, *([self.release.where] if self.release.where is not None else [])]
            ends.append({"not": self.release.event, "where": asked, "join": joined})
        if self.release.staff:
            of_this = {"property": "hold", "op": "eq", "value": self.id}
            ends.append({"not": ENDED, "where": [_BY_OURSELVES, of_this]})
        return InOrder.model_validate({"sequence": [placed, *ends], "window": self.when.window})

    @cached_property
    def asks_consents(self) -> bool:
        """Whether it rests on consents: nothing has to be found out of them for one that does not."""
        return asks_of([self.stands]).consents

    @property
    def segment(self) -> Segment | None:
        """Those on whom it stands, where something follows its end."""
        if self.then is None:
            return None
        told = self.name.get("en") or next(iter(self.name.values()))
        about = f"made by the tone hold {self.id} of the policy"
        return Segment(id=f"{HELD_SEGMENT}{self.id}", name=told, description=about, when=self.stands)

    @field_validator("name")
    @classmethod
    def _is_told(cls, name: dict[str, str]) -> dict[str, str]:
        if not name or not all(text.strip() for text in name.values()):
            raise ValueError("say in at least one language what happened")
        return name


def made_by_a_hold(kind: str, name: str) -> str:
    """What to add where a definition names what is not there: the segments of the held are nobody's file."""
    if kind != "segment" or not name.startswith(HELD_SEGMENT):
        return ""
    hold = name.removeprefix(HELD_SEGMENT)
    return f": the policy makes it by a tone hold {hold!r} that something follows (then), and has none"


@dataclass(frozen=True, slots=True)
class About:
    """What a message is about, as holds ask it."""

    channel: str
    topic: str
    brand: str = ""
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A hold that stands, and until when if nothing else happens (None: until something does)."""

    hold: ToneHold
    until: datetime | None


def standing_holds(holds: Iterable[ToneHold], view: View, *, now: datetime) -> tuple[Held, ...]:
    """The holds on a person, the longest first."""
    found = []
    for hold in holds:
        answer = evaluate(hold.stands, view, now=now)
        if answer.matched:
            found.append(Held(hold, answer.flips_at))
    return tuple(sorted(found, key=lambda held: (held.until is not None, _reversed(held.until))))


def holding(standing: Sequence[Held], about: About) -> Held | None:
    """The longest hold that this message falls under, if there is one."""
    return next((held for held in standing if _covers(held.hold, about)), None)


def about_everything(holds: Iterable[ToneHold]) -> tuple[ToneHold, ...]:
    """The holds that narrow themselves to no channel, topic, brand or product."""
    return tuple(hold for hold in holds if not (hold.channels or hold.topics or hold.brands or hold.products))


def _covers(hold: ToneHold, about: About) -> bool:
    return (
        (not hold.channels or about.channel in hold.channels)
        and (not hold.topics or about.topic in hold.topics)
        and (not hold.brands or about.brand in hold.brands)
        and (not hold.products or bool({*hold.products} & {*about.products}))
    )


def _reversed(until: datetime | None) -> float:
    return -until.timestamp() if until else 0.0
