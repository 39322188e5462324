"""A file as events and rejects, row by row, from any place on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from kizuna.core.durations import instant_to_text
from kizuna.core.events import ConsentProof, Event, Source, Violation
from kizuna.core.files.drafts import Draft, Word
from kizuna.core.files.faults import KEPT_OF_A_ROW, Reject, RowFault, RowRefused
from kizuna.core.files.limits import DEFAULT_FILE_LIMITS, FileLimits
from kizuna.core.files.mapping import FileMapping
from kizuna.core.files.pinpoint import draft_of, endpoint_of, is_endpoint, is_endpoint_header
from kizuna.core.files.records import Record
from kizuna.core.files.rows import RowMap, row_map
from kizuna.core.files.sniffing import Form, cells_of, decoded, records
from kizuna.core.ids import digest
from kizuna.core.intake.bus import from_bus
from kizuna.core.intake.items import Surroundings, event_of
from kizuna.core.intake.json_text import Item, NotJson, read_item
from kizuna.core.intake.limits import DEFAULT_LIMITS, MAX_MESSAGE_ID_LENGTH, Limits
from kizuna.core.intake.times import corrected, read_instant

Content = Literal["auto", "rows", "events", "pinpoint"]
_NOBODY = "-"  # stands where `intake` asks for an id and the row has another identifier; taken out again
_EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Statement:
    """What is the same for all rows of one import.

    `scope` names the file by its content and how it is read: an id of a row is derived from it, so that the same row
    counts once, however often it is read. `began` is the time of rows that have none.
    """

    source: Source
    scope: str
    began: datetime
    is_quiet: bool = False  # no row starts anything, however fresh it is


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: what it became, or why nothing. `end` is the place at which reading may go on."""

    number: int
    end: int
    events: tuple[Event, ...] = ()
    reject: Reject | None = None
    original: str = ""


class FileReader:
    """Reads one form of file by one mapping. Raises InvalidDefinition if the two do not go together."""

    def __init__(
        self,
        form: Form,
        statement: Statement,
        *,
        mapping: FileMapping | None = None,
        content: Content = "auto",
        file_limits: FileLimits = DEFAULT_FILE_LIMITS,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._form = form
        self._statement = statement
        self._file_limits = file_limits
        self._limits = limits
        self._map: RowMap | None = None
        self._content = content
        if form.layout == "csv" and not self._is_pinpoint_csv():
            self._map = row_map(form.header, mapping or FileMapping())

    def _is_pinpoint_csv(self) -> bool:
        if self._content == "auto":
            return is_endpoint_header(self._form.header)
        return self._content == "pinpoint"

    @property
    def unmapped(self) -> tuple[str, ...]:
        """Columns that mean nothing here; their cells are kept on the events."""
        return self._map.unmapped if self._map else ()

    def rows(
        self, chunks: Iterable[bytes], *, after: int, number: int, now: Callable[[], datetime]
    ) -> Iterator[Row]:
        """The rows behind a place, `number` of which came before it. Raises Unreadable where the file ends badly."""
        for record in records(chunks, self._form, after=after, limits=self._file_limits):
            number += 1
            yield self._row(record, number, now())

    def _row(self, record: Record, number: int, now: datetime) -> Row:
        around = Surroundings(self._statement.source, now, self._limits)
        try:
            if record.fault is not None:
                raise RowRefused(record.fault, _SENTENCES[record.fault])
            text = self._text(record)
            events = self._events(text, number, around)
        except RowRefused as refused:
            shown = record.data[:KEPT_OF_A_ROW].decode(_shown_as(self._form.encoding), "replace")
            heard = self._refusals(record, number, around)
            reject = Reject(number, refused.code, refused.reason, refused.field, shown)
            return Row(number, record.end, heard, reject=reject, original=shown)
        return Row(number, record.end, events, original=text[:KEPT_OF_A_ROW])

    def _refusals(self, record: Record, number: int, around: Surroundings) -> tuple[Event, ...]:
        """What a refused row of a CSV says against being written to, as far as the row can be read."""
        if self._map is None or record.fault is not None:
            return ()
        try:
            draft = self._map.refusals(cells_of(self._text(record), self._form.delimiter))
            if draft is None:
                return ()
            draft.id = _with(self._id(number), "no")
            return self._from_draft(draft, number, around, is_large=False)
        except ValueError:
            return ()

    def _text(self, record: Record) -> str:
        if b"\0" in record.data:
            raise RowRefused(RowFault.CONTROL_CHARACTER, "holds a zero byte")
        try:
            return decoded(record.data, self._form.encoding)
        except UnicodeDecodeError:
            raise RowRefused(RowFault.UNDECODABLE, f"is not written in {self._form.encoding}") from None

    def _events(self, text: str, number: int, around: Surroundings) -> tuple[Event, ...]:
        if self._form.layout != "csv":
            return self._from_json(text, number, around)
        try:
            cells = cells_of(text, self._form.delimiter)
        except ValueError:
            reason = "a quote does not end where its cell does"
            raise RowRefused(RowFault.MALFORMED_QUOTES, reason) from None
        row = self._map
        draft = row.draft(cells) if row else draft_of(endpoint_of(self._form.header, cells))
        return self._from_draft(draft, number, around, is_large=len(text) * 4 > self._limits.event_bytes)

    # ── JSON: events as they are, or endpoints ──────────────────────────────────────────────────

    def _from_json(self, text: str, number: int, around: Surroundings) -> tuple[Event, ...]:
        try:
            item = read_item(text, self._limits)
        except NotJson as problem:
            raise RowRefused(RowFault.NOT_JSON, str(problem)) from None
        if not isinstance(item.value, dict):
            raise RowRefused(RowFault.NOT_AN_OBJECT, "is no JSON object")
        is_point = self._content == "pinpoint" or (self._content == "auto" and is_endpoint(item.value))
        if is_point and item.flaw is None:
            return self._from_draft(draft_of(item.value), number, around, is_large=False)
        own = _by_its_own_clock(item.value)
        has_time = "timestamp" in own
        if own.get("messageId") in (None, ""):
            own["messageId"] = self._id(number)
        if not has_time:
            own["timestamp"] = instant_to_text(self._statement.began)
        event = _taken(event_of(Item(own, item.flaw), "", None, around))
        return (self._quiet(event, has_time),)

    # ── drafts ──────────────────────────────────────────────────────────────────────────────────

    def _from_draft(
        self, draft: Draft, number: int, around: Surroundings, *, is_large: bool
    ) -> tuple[Event, ...]:
        own_id = draft.id or self._id(number)
        who = self._who(draft)
        at = draft.at or instant_to_text(self._statement.began)
        context = self._context(draft)
        spoken, apart = _split(draft.words)
        if spoken:
            context["messaging_subscriptions"] = _subscriptions(spoken, draft)
        told: dict[str, Any]
        is_track = draft.kind == "track"
        raws: list[tuple[dict[str, Any], ConsentProof | None]] = []
        if not is_track or draft.traits:
            told = {"type": "identify", "messageId": _with(own_id, "who") if is_track else own_id}
            raws.append(({**told, **who, "timestamp": at, "traits": draft.traits, "context": context}, None))
        if is_track:
            told = {"type": "track", "messageId": own_id, "event": draft.name, "timestamp": at, **who}
            told |= {"properties": draft.properties, "context": {} if draft.traits else context}
            raws.append((told, None))
        for word in apart:
            told = {"type": "identify", "messageId": _with(own_id, word.channel.lower()), **who}
            told |= {"timestamp": word.at or at, "traits": _addresses(draft)}
            told["context"] = _only(context, "externalIds", "device")
            told["context"]["messaging_subscriptions"] = _subscriptions([word], draft)
            raws.append((told, word.proof))
        events = [self._event(raw, proof, draft, around, is_large) for raw, proof in raws]
        if draft.extra:
            events[0] = replace(events[0], extra=draft.extra)
        return tuple(events)

    def _event(
        self,
        raw: dict[str, Any],
        proof: ConsentProof | None,
        draft: Draft,
        around: Surroundings,
        is_large: bool,
    ) -> Event:
        if is_large:  # through text once more: the size of an event is counted there
            read = from_bus(raw, source=around.source, received_at=around.received_at, limits=around.limits)
            event = _taken(read.events[0] if read.events else read.violations[0])
        else:
            event = _taken(event_of(Item(raw), "", None, around))
        if event.anonymous_id == _NOBODY and draft.anonymous_id != _NOBODY:
            event = replace(event, anonymous_id=None)
        if event.type == "track" and not (draft.user_id or draft.anonymous_id):
            event = replace(event, identities=_claims(draft))
        if proof is not None:
            event = replace(event, source=replace(event.source, consent_proof=proof))
        return self._quiet(event, draft.at is not None)

    def _quiet(self, event: Event, has_time: bool) -> Event:
        """A row without a time says how things are, not that they happened: it starts nothing."""
        starts = event.triggers and has_time and not self._statement.is_quiet
        return event if starts == event.triggers else replace(event, triggers=starts)

    def _id(self, number: int) -> str:
        return "import-" + digest("import", self._statement.scope, str(number))

    def _who(self, draft: Draft) -> dict[str, Any]:
        who = {"userId": draft.user_id, "anonymousId": draft.anonymous_id}
        if not draft.user_id and not draft.anonymous_id:
            who["anonymousId"] = _NOBODY
        return {name: value for name, value in who.items() if value}

    def _context(self, draft: Draft) -> dict[str, Any]:
        context: dict[str, Any] = {}
        if draft.external_ids:
            context["externalIds"] = draft.external_ids
        if draft.device:
            context["device"] = draft.device
        if draft.language:
            context["locale"] = draft.language
        if draft.zone:
            context["timezone"] = draft.zone
        if draft.group_id:
            context["groupId"] = draft.group_id
        return context


_SENTENCES: Mapping[RowFault, str] = {
    RowFault.ROW_TOO_LARGE: "is longer than a row may be",
    RowFault.OPEN_QUOTE: "opens a quote that is never closed",
}


def _taken(outcome: Event | Violation) -> Event:
    if isinstance(outcome, Event):
        return outcome
    raise RowRefused(outcome.cause, outcome.reason, outcome.path)


def _split(words: list[Word]) -> tuple[list[Word], list[Word]]:
    """Words of the row's own time and worth, and those with a time or a proof of their own."""
    apart = [word for word in words if word.at or word.proof]
    return [word for word in words if not (word.at or word.proof)], apart


def _subscriptions(words: list[Word], draft: Draft) -> list[dict[str, Any]]:
    keys = {
        "EMAIL": draft.traits.get("email"),
        "SMS": draft.traits.get("phone"),
        "WHATSAPP": draft.traits.get("phone"),
        "PUSH": draft.device.get("token"),
    }
    return [{"key": keys[word.channel], "type": word.channel, "status": word.status} for word in words]


def _addresses(draft: Draft) -> dict[str, Any]:
    return _only(draft.traits, "email", "phone", "country")


def _claims(draft: Draft) -> tuple[tuple[str, str], ...]:
    """The identifiers of somebody who has no id, for events that carry no traits."""
    told = ((name, draft.traits.get(name)) for name in ("email", "phone"))
    return tuple((name, value) for name, value in told if isinstance(value, str))


def _only(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _with(own_id: str, suffix: str) -> str:
    joined = f"{own_id}-{suffix}"
    return joined if len(joined) <= MAX_MESSAGE_ID_LENGTH else f"import-{digest('import', own_id, suffix)}"


def _by_its_own_clock(raw: dict[str, Any]) -> dict[str, Any]:
    """An event of an export with its true time as `timestamp`, whenever it is read again.

    Exports hold `timestamp` as it was corrected when the event came in. Where it is missing it is worked out from the
    times of then: correcting by `sentAt` against the clock of today would move all history to now.
    """
    own = {name: value for name, value in raw.items() if name not in ("sentAt", "originalTimestamp")}
    if read_instant(raw.get("timestamp")) is not None:
        return own
    original = read_instant(raw.get("originalTimestamp"))
    own.pop("timestamp", None)
    if original is not None:
        received = read_instant(raw.get("receivedAt"))
        at = (
            corrected(original, read_instant(raw.get("sentAt")), received_at=received)
            if received
            else original
        )
        own["timestamp"] = instant_to_text(at)
    return own


def _shown_as(encoding: str) -> str:
    return "utf-8" if encoding.startswith("utf") else encoding


def raw_id(violation: Violation) -> str:
    """The id of the event that a violation keeps, as far as it can be read; empty where it holds none."""
    try:
        found = json.loads(violation.raw) if violation.raw else _EMPTY
    except ValueError:
        return ""
    event_id = found.get("id") if isinstance(found, Mapping) else None
    return event_id if isinstance(event_id, str) else ""
