"""What the columns of a file mean: declared in a mapping, or by the names of the columns themselves.

    user_id anonymous_id email phone id event timestamp language timezone group_id push_token push_platform
    external_ids.<type>   traits.<path>   properties.<path>          the last two also as `traits.points:integer`
    consent.<channel>     consent.<channel>.wording_version  .shown  .at  .basis

A column that means nothing is reported, and kept on the event.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from kizuna.core.durations import Duration
from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.files.drafts import RowKind
from kizuna.core.files.values import GRANTED, WITHDRAWN, ValueType

CHANNELS: Map[str, tuple[str, ...]] = {
    "email": ("EMAIL",),
    "sms": ("SMS",),
    "push": ("PUSH",),
    "whatsapp": ("WHATSAPP",),
    "all": ("EMAIL", "SMS", "PUSH", "WHATSAPP"),
}
PLAIN = frozenset(
    {
        *("user_id", "anonymous_id", "email", "phone", "id", "event", "timestamp", "language", "timezone"),
        *("group_id", "push_token", "push_platform"),
    }
)
_ALIASES = {
    "userid": "user_id",
    "anonymousid": "anonymous_id",
    "messageid": "id",
    "message_id": "id",
    "locale": "language",
    "groupid": "group_id",
    "traits.email": "email",
    "traits.phone": "phone",
}
_ROOMS = ("traits.", "properties.", "external_ids.")


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _named_alone(value: Any) -> Any:
    return {"to": value} if isinstance(value, str) else value


class ColumnRule(_Strict):
    """Where the cells of a column go, and what they are. A text alone is the place, of plain text."""

    to: str
    type: ValueType = "text"

    @field_validator("to")
    @classmethod
    def _known(cls, value: str) -> str:
        place = place_of(value)
        if place is None:
            raise ValueError(
                f"{value!r} is no place: use user_id, email, traits.<name>, properties.<name>, …"
            )
        return place


class ProofColumns(_Strict):
    """The columns that show a person's consent: which wording, where it was shown, and when it was given. What was
    promised in exchange and how long a yes holds are the same for the whole file."""

    wording_version: str
    shown: str
    at: str
    basis: Literal["express", "express_written", "express_oral"] = "express"
    benefit_offered: str = Field(default="", max_length=500)
    expires_after: Duration | None = None


class ConsentRule(_Strict):
    """A column that says whether a channel may be used. Without `proof` a yes is stored and permits nothing."""

    channel: Literal["email", "sms", "push", "whatsapp", "all"]
    column: str
    granted: frozenset[str] = GRANTED
    withdrawn: frozenset[str] = WITHDRAWN
    proof: ProofColumns | None = None


class FileMapping(_Strict):
    """How the rows of one file become events."""

    kind: RowKind | None = Field(
        None, alias="as"
    )  # None: track where something names an event, else identify
    columns: dict[str, Annotated[ColumnRule, BeforeValidator(_named_alone)]] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)  # places that are the same in every row
    consent: tuple[ConsentRule, ...] = ()
    ignore: frozenset[str] = frozenset()
    zone: str = "UTC"  # of times without an offset
    time_format: str | None = None
    encoding: str | None = None
    delimiter: Literal[",", ";", "\t"] | None = None

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{value!r} is no zone of the IANA database") from None
        return value

    @field_validator("constants")
    @classmethod
    def _places_exist(cls, value: dict[str, str]) -> dict[str, str]:
        unknown = sorted(name for name in value if place_of(name) is None)
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no place")
        return {str(place_of(name)): text for name, text in value.items()}


def read_mapping(plain: Any, *, file: str = "mapping") -> FileMapping:
    """A mapping from its YAML or JSON. Raises InvalidDefinition naming file, key and reason."""
    try:
        return FileMapping.model_validate(plain)
    except ValidationError as error:
        problems = tuple(
            Problem(
                f"{file}: {'.'.join(str(part) for part in found['loc']) or 'the whole'}",
                str(found["msg"]).removeprefix("Value error, "),
            )
            for found in error.errors(include_url=False, include_input=False)
        )
        raise InvalidDefinition(problems) from None


def place_of(name: str) -> str | None:
    """The place that a name means, None if it means none."""
    folded = _ALIASES.get(name.lower(), name)
    if folded in PLAIN:
        return folded
    if folded.lower() in PLAIN:
        return folded.lower()
    is_room = folded.startswith(_ROOMS) and all(folded.split("."))
    return folded if is_room else None


def by_convention(header: tuple[str, ...], mapping: FileMapping) -> FileMapping:
    """The mapping with what the names of the remaining columns say. What it declares itself goes before."""
    columns = dict(mapping.columns)
    declared = {rule.column for rule in mapping.consent}
    proofs = {rule.proof for rule in mapping.consent if rule.proof}
    used = declared | {name for proof in proofs for name in (proof.wording_version, proof.shown, proof.at)}
    consent = list(mapping.consent)
    for name in header:
        if name in columns or name in used or name in mapping.ignore:
            continue
        plain, _, kind = name.partition(":")
        place = place_of(plain)
        if place is not None:
            columns[name] = ColumnRule.model_validate({"to": place, "type": kind or "text"})
        elif name.startswith("consent.") and name.removeprefix("consent.") in CHANNELS:
            consent.append(_consent_of(name, header))
    named = "event" in mapping.constants or any(rule.to == "event" for rule in columns.values())
    kind = mapping.kind or ("track" if named else "identify")
    return mapping.model_copy(update={"kind": kind, "columns": columns, "consent": tuple(consent)})


def _consent_of(name: str, header: tuple[str, ...]) -> ConsentRule:
    proof = None
    columns = {part: f"{name}.{part}" for part in ("wording_version", "shown", "at")}
    if all(column in header for column in columns.values()):
        proof = ProofColumns(**columns)
    return ConsentRule(channel=name.removeprefix("consent."), column=name, proof=proof)
