"""The rows of a CSV, by what its columns mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.events import ConsentProof
from kizuna.core.files.drafts import Draft, RowKind, Word, put
from kizuna.core.files.faults import RowFault, RowRefused
from kizuna.core.files.mapping import CHANNELS, ConsentRule, FileMapping, by_convention
from kizuna.core.files.values import converter, instant
from kizuna.core.identity import identifiers

Setter = Callable[[Draft, str], None]


@dataclass(frozen=True, slots=True)
class RowMap:
    """A mapping made ready for one header. `unmapped` are the columns that mean nothing here."""

    kind: RowKind
    width: int
    setters: tuple[tuple[int, str, Setter], ...]
    consents: tuple[tuple[ConsentRule, dict[str, int]], ...]
    constants: tuple[Callable[[Draft], None], ...]
    zone: tzinfo
    time_format: str | None
    unmapped: tuple[str, ...] = ()
    naming: frozenset[str] = frozenset()  # columns that say who is meant

    def refusals(self, cells: Sequence[str]) -> Draft | None:
        """Of a row that cannot be used: who it is about, and every No in it, as said now. None if there is no such.

        A flaw in another cell is no reason to overhear a No.
        """
        if len(cells) != self.width:
            return None
        draft = Draft("identify")
        for rule, columns in self.consents:
            if cells[columns["column"]].strip().lower() in rule.withdrawn:
                draft.words += [Word(channel, "UNSUBSCRIBED") for channel in CHANNELS[rule.channel]]
        for index, column, setter in self.setters:
            text = cells[index].strip()
            if text and column in self.naming:
                with suppress(RowRefused):
                    setter(draft, text)
        return draft if draft.words and draft.names_somebody else None

    def draft(self, cells: Sequence[str]) -> Draft:
        """What a row says. Raises RowRefused naming the column; empty cells say nothing."""
        if len(cells) != self.width:
            few = len(cells) < self.width
            code = RowFault.TOO_FEW_CELLS if few else RowFault.TOO_MANY_CELLS
            raise RowRefused(code, f"has {len(cells)} cells, the header has {self.width}")
        draft = Draft(self.kind)
        for constant in self.constants:
            constant(draft)
        for index, column, setter in self.setters:
            text = cells[index].strip()
            if not text:
                continue
            try:
                setter(draft, text)
            except RowRefused as refused:
                raise RowRefused(refused.code, refused.reason, column) from None
        for rule, columns in self.consents:
            self._consent(draft, cells, rule, columns)
        if draft.kind == "track" and not draft.name:
            raise RowRefused(RowFault.MISSING_EVENT, "names no event", "event")
        if not draft.names_somebody:
            raise RowRefused(
                RowFault.MISSING_IDENTITY, "names nobody: no user id, address or other identifier"
            )
        return draft

    def _consent(
        self, draft: Draft, cells: Sequence[str], rule: ConsentRule, columns: dict[str, int]
    ) -> None:
        said = cells[columns["column"]].strip().lower()
        if not said:
            return  # silence says nothing, and permits nothing
        if said in rule.withdrawn:
            at = self._time(cells, columns, rule)
            draft.words += [Word(channel, "UNSUBSCRIBED", at) for channel in CHANNELS[rule.channel]]
        elif said in rule.granted:
            at, proof = self._time(cells, columns, rule), self._proof(cells, columns, rule)
            whole = proof if at else None  # without its time nothing is shown
            draft.words += [Word(channel, "SUBSCRIBED", at, whole) for channel in CHANNELS[rule.channel]]
        else:
            raise RowRefused(
                RowFault.UNKNOWN_CONSENT, "says neither yes nor no as the mapping knows them", rule.column
            )

    def _time(self, cells: Sequence[str], columns: dict[str, int], rule: ConsentRule) -> str | None:
        text = cells[columns["at"]].strip() if "at" in columns else ""
        try:
            return instant(text, zone=self.zone, form=self.time_format) if text else None
        except RowRefused as refused:
            raise RowRefused(refused.code, refused.reason, rule.proof.at if rule.proof else "") from None

    def _proof(self, cells: Sequence[str], columns: dict[str, int], rule: ConsentRule) -> ConsentProof | None:
        if rule.proof is None:
            return None
        wording = cells[columns["wording_version"]].strip()
        shown = cells[columns["shown"]].strip()
        if not (wording and shown):
            return None
        told = rule.proof
        return ConsentProof(wording, shown, told.basis, told.benefit_offered, told.expires_after)


def row_map(header: tuple[str, ...], mapping: FileMapping) -> RowMap:
    """Make a mapping ready for a header. Raises InvalidDefinition naming each column that is not there."""
    whole = by_convention(header, mapping)
    zone = ZoneInfo(whole.zone)
    places = {name: index for index, name in enumerate(header)}
    missing = [
        Problem(f"columns.{name}", "the file has no such column")
        for name in whole.columns
        if name not in places
    ]
    consents = []
    for rule in whole.consent:
        wanted = {"column": rule.column}
        if rule.proof:
            wanted |= {name: getattr(rule.proof, name) for name in ("wording_version", "shown", "at")}
        missing += [
            Problem(f"consent.{name}", "the file has no such column")
            for name in wanted.values()
            if name not in places
        ]
        consents.append((rule, {name: places.get(column, 0) for name, column in wanted.items()}))
    if missing:
        raise InvalidDefinition(tuple(missing))
    setters, unmapped = [], []
    used = {header[index] for _, columns in consents for index in columns.values()}
    for name, index in places.items():
        column = whole.columns.get(name)
        if column is not None:
            setters.append((index, name, _setter(column.to, converter(column.type, zone), whole, zone)))
        elif name and name not in used and name not in whole.ignore:
            unmapped.append(name)
            setters.append((index, name, _kept(name)))
    # Traits first: whether a phone number can be read may hang on the country.
    setters.sort(key=lambda each: _LATE.get(_place(whole, each[1]), 0))
    constants = tuple(
        _constant(_setter(place, str, whole, zone), text) for place, text in whole.constants.items()
    )
    return RowMap(
        whole.kind or "identify",
        len(header),
        tuple(setters),
        tuple(consents),
        constants,
        zone,
        whole.time_format,
        tuple(unmapped),
        frozenset(name for name, rule in whole.columns.items() if _names_somebody(rule.to)),
    )


def _names_somebody(place: str) -> bool:
    return place in _NAMING or place.startswith("external_ids.")


_NAMING = frozenset({"user_id", "anonymous_id", "email", "phone", "push_token", "push_platform"})
_LATE = {"phone": 1}


def _place(mapping: FileMapping, column: str) -> str:
    rule = mapping.columns.get(column)
    return rule.to if rule else ""


def _constant(setter: Setter, text: str) -> Callable[[Draft], None]:
    return lambda draft: setter(draft, text)


def _kept(name: str) -> Setter:
    def keep(draft: Draft, text: str) -> None:
        draft.extra[name] = text

    return keep


_FIELDS = {
    "user_id": "user_id",
    "anonymous_id": "anonymous_id",
    "group_id": "group_id",
    "id": "id",
    "event": "name",
    "language": "language",
    "timezone": "zone",
}


def _setter(place: str, convert: Callable[[str], object], mapping: FileMapping, zone: tzinfo) -> Setter:
    room, _, path = place.partition(".")
    keys = tuple(path.split("."))
    match room:
        case "traits" | "properties":
            return lambda draft, text: put(getattr(draft, room), keys, convert(text))
        case "external_ids":
            return lambda draft, text: draft.external_ids.append({"type": path, "id": text})
        case "email":
            return lambda draft, text: draft.traits.__setitem__("email", text)
        case "phone":
            return _phone
        case "timestamp":
            return lambda draft, text: setattr(
                draft, "at", instant(text, zone=zone, form=mapping.time_format)
            )
        case "push_token":
            return lambda draft, text: draft.device.__setitem__("token", text)
        case "push_platform":
            return lambda draft, text: draft.device.__setitem__("type", text.lower())
        case _:
            name = _FIELDS[place]
            return lambda draft, text: setattr(draft, name, text)


def _phone(draft: Draft, text: str) -> None:
    """In E.164 where it can be read, as it came where it cannot: then it is reported, and reaches nobody."""
    country = draft.traits.get("country")
    draft.traits["phone"] = identifiers.phone(text, country if isinstance(country, str) else None) or text
