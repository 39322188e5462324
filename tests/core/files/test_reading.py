"""Rows into events: by column names, by a mapping, as events, as endpoints; what is bad is named, row by row."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from kizuna.core.durations import Duration
from kizuna.core.errors import InvalidDefinition
from kizuna.core.events import ConsentProof, Event, Source, SourceKind
from kizuna.core.files.faults import Reject
from kizuna.core.files.limits import FileLimits
from kizuna.core.files.mapping import read_mapping
from kizuna.core.files.reading import FileReader, Statement
from kizuna.core.files.sniffing import form_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEGAN = datetime(2026, 11, 22, 11, tzinfo=UTC)
SAMPLES = Path(__file__).parents[3] / "events" / "imports"
Read = tuple[list[Event], list[Reject], FileReader]


def read(
    content: bytes | str, mapping: dict[str, Any] | None = None, *, is_quiet: bool = False, **more: Any
) -> Read:
    raw = content.encode() if isinstance(content, str) else content
    chosen = read_mapping(mapping or {})
    limits = FileLimits()
    form = form_of([raw], limits=limits, encoding=chosen.encoding, delimiter=chosen.delimiter)
    statement = Statement(Source("crm", SourceKind.IMPORT), "scope", BEGAN, is_quiet=is_quiet)
    reader = FileReader(form, statement, mapping=chosen, file_limits=limits, **more)
    rows = list(reader.rows([raw], after=0, number=0, now=lambda: NOON))
    events = [event for row in rows for event in row.events]
    return events, [row.reject for row in rows if row.reject], reader


def sample(name: str, mapping: str | None = None) -> Read:
    plain = yaml.safe_load((SAMPLES / mapping).read_text(encoding="utf-8")) if mapping else None
    return read((SAMPLES / name).read_bytes(), plain)


def codes(rejects: list[Reject]) -> list[tuple[int, str, str]]:
    return [(each.row, each.code, each.field) for each in rejects]


# ── names of columns ────────────────────────────────────────────────────────────────────────────


def test_columns_say_by_their_names_what_they_mean() -> None:
    events, rejects, _ = sample("people.csv")
    assert codes(rejects) == [(5, "missing_identity", ""), (6, "unreadable_time", "timestamp")]
    aiko, proof, ben, clara, fourth = events
    assert (aiko.type, aiko.user_id, aiko.at) == ("identify", "c-1001", datetime(2026, 3, 1, tzinfo=UTC))
    assert aiko.traits == {
        "email": "aiko@people.example",
        "phone": "+819012345678",  # by the country of the row
        "country": "JP",
        "first_name": "愛子",
    }
    assert proof.source.consent_proof is not None
    assert proof.source.consent_proof.wording_version == "signup-2026"
    assert [each.source.consent_proof for each in (ben, clara, fourth)] == [None] * 3


def test_a_yes_without_proof_and_a_no_are_words_of_the_row_itself() -> None:
    _, _, ben, clara, _ = sample("people.csv")[0]
    assert [each.context["messaging_subscriptions"][0]["status"] for each in (ben, clara)] == [
        "SUBSCRIBED",
        "UNSUBSCRIBED",
    ]


def test_a_column_without_a_meaning_is_reported_and_kept_on_the_event() -> None:
    (event,), _, reader = read("user_id,Shoe Size\nu1,44\n")
    assert reader.unmapped == ("Shoe Size",)
    assert event.extra == {"Shoe Size": "44"}


def test_no_column_can_pass_for_a_field_of_the_event_by_its_name() -> None:
    (event,), _, _ = read("user_id,sentAt,integrations,context,type\nu1,2020-01-01,x,y,alias\n")
    assert (event.type, event.sent_at, event.context) == ("identify", None, {})


def test_a_file_that_names_events_is_of_things_that_happened() -> None:
    (event,), _, _ = read("user_id,event,properties.revenue:number\nu1,Order Completed,12.50\n")
    assert (event.type, event.name, event.properties) == ("track", "Order Completed", {"revenue": 12.5})


def test_whoever_has_no_user_id_is_known_by_the_address_alone() -> None:
    (told,), _, _ = read("email\na@people.example\n")
    assert (told.user_id, told.anonymous_id, told.traits) == (None, None, {"email": "a@people.example"})
    who, did = read("email,event\na@people.example,Order Completed\n")[0]
    assert (who.type, who.traits["email"]) == ("identify", "a@people.example")
    assert (did.anonymous_id, did.identities) == (None, (("email", "a@people.example"),))


# ── ids and times ───────────────────────────────────────────────────────────────────────────────


def test_the_same_row_of_the_same_file_has_the_same_id_and_its_neighbour_another() -> None:
    content = "user_id,event\nu1,A\nu1,A\n"
    first, second = read(content)[0], read(content)[0]
    assert [event.id for event in first] == [event.id for event in second]
    assert len({event.id for event in first}) == 2


def test_a_row_s_own_id_is_kept() -> None:
    events, _, _ = read("id,user_id,event,traits.x\no-1,u1,A,1\n")
    assert [(event.type, event.id) for event in events] == [("identify", "o-1-who"), ("track", "o-1")]
    long = "o" * 100
    ids = [event.id for event in read(f"id,user_id,event,traits.x\n{long},u1,A,1\n")[0]]
    assert ids[1] == long
    assert len(ids[0]) <= 100


def test_a_row_with_a_time_may_start_something_and_one_without_says_only_how_things_are() -> None:
    events, _, _ = read("user_id,timestamp\nu1,2026-11-22T11:59:00Z\nu2,\n")
    assert [(event.at, event.triggers) for event in events] == [
        (datetime(2026, 11, 22, 11, 59, tzinfo=UTC), True),
        (BEGAN, False),
    ]


def test_a_quiet_import_starts_nothing() -> None:
    (event,), _, _ = read("user_id,timestamp\nu1,2026-11-22T11:59:00Z\n", is_quiet=True)
    assert not event.triggers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-01", "2026-05-31T15:00:00Z"),
        ("2026/6/1 9:30", None),
        ("2026/06/01 09:30", "2026-06-01T00:30:00Z"),
        ("2026-06-01T09:30:00+02:00", "2026-06-01T07:30:00Z"),
        ("1780272000", "2026-06-01T00:00:00Z"),
        ("1780272000000", "2026-06-01T00:00:00Z"),
        ("01/06/2026", None),
        ("1969-12-31", None),
        ("0001-01-01", None),
    ],
)
def test_times_are_read_without_guessing_and_in_the_zone_of_the_file(text: str, expected: str | None) -> None:
    events, rejects, _ = read(f"user_id,timestamp\nu1,{text}\n", {"zone": "Asia/Tokyo"})
    if expected is None:
        assert codes(rejects) == [(1, "unreadable_time", "timestamp")]
    else:
        assert [event.at for event in events] == [datetime.fromisoformat(expected)]


def test_a_format_of_times_can_be_declared() -> None:
    mapping = {"time_format": "%d.%m.%Y", "zone": "Europe/Berlin"}
    ((event,), _, _) = read("user_id,timestamp\nu1,01.06.2026\n", mapping)
    assert event.at == datetime(2026, 5, 31, 22, tzinfo=UTC)


# ── a mapping ───────────────────────────────────────────────────────────────────────────────────


def test_a_shop_system_s_export_is_read_by_its_mapping() -> None:
    events, rejects, _ = sample("orders-sjis.csv", "orders-sjis.yaml")
    assert codes(rejects) == [(3, "unreadable_value", "金額")]
    assert [(event.at, event.properties) for event in events] == [
        (
            datetime(2026, 6, 1, 1, 30, tzinfo=UTC),
            {"currency": "JPY", "revenue": 1980, "title": "ソウル名曲集"},
        ),
        (
            datetime(2026, 6, 14, 15, tzinfo=UTC),
            {"currency": "JPY", "revenue": 2500, "title": '表 "決定版" 能'},
        ),
    ]
    assert rejects[0].original.startswith("c-1002;2026/07/01;無料")


@pytest.mark.parametrize(
    ("mapping", "path"),
    [
        ({"columns": {"x": "nowhere"}}, "columns.x.to"),
        ({"columns": {"x": {"to": "traits.y", "type": "colour"}}}, "columns.x.type"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"as": "page"}, "as"),
        ({"surprise": 1}, "surprise"),
        ({"constants": {"nothing": "x"}}, "constants"),
        ({"consent": [{"channel": "fax", "column": "c"}]}, "consent.0.channel"),
    ],
)
def test_an_error_in_a_mapping_names_file_key_and_reason(mapping: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        read_mapping(mapping, file="crm.yaml")
    assert [problem.path for problem in refused.value.problems] == [f"crm.yaml: {path}"]


def test_a_mapping_of_columns_that_the_file_does_not_have_is_refused_before_the_first_row() -> None:
    mapping = {"columns": {"mail": "email"}, "consent": [{"channel": "email", "column": "ok"}]}
    with pytest.raises(InvalidDefinition) as refused:
        read("user_id\nu1\n", mapping)
    assert [problem.path for problem in refused.value.problems] == ["columns.mail", "consent.ok"]


def test_a_word_on_consent_that_nobody_declared_is_refused_and_not_guessed() -> None:
    events, rejects, _ = read(
        "user_id,email,consent.email\nu1,a@people.example,maybe\nu2,b@people.example,\n"
    )
    assert codes(rejects) == [(1, "unknown_consent", "consent.email")]
    assert [event.context for event in events] == [{}]


@pytest.mark.parametrize(
    ("wording", "shown", "at"), [("", "/s", "2026-01-01"), ("w", "", "2026-01-01"), ("w", "/s", "")]
)
def test_a_proof_with_a_part_missing_is_none(wording: str, shown: str, at: str) -> None:
    header = "user_id,email,consent.email,consent.email.wording_version,consent.email.shown,consent.email.at"
    events, _, _ = read(f"{header}\nu1,a@people.example,yes,{wording},{shown},{at}\n")
    assert {event.source.consent_proof for event in events} == {None}


def test_what_was_promised_and_for_how_long_is_the_same_for_the_whole_file() -> None:
    proof = {"wording_version": "w", "shown": "s", "at": "t", "benefit_offered": "5 %", "expires_after": "2y"}
    rule = {"channel": "email", "column": "mail", "proof": proof}
    events, _, _ = read(
        "user_id,email,mail,w,s,t\nu1,a@people.example,yes,v1,/s,2026-01-01\n", {"consent": [rule]}
    )
    expected = ConsentProof("v1", "/s", "express", "5 %", Duration(months=24))
    assert expected in {event.source.consent_proof for event in events}


# ── rows that are bad ───────────────────────────────────────────────────────────────────────────


def test_every_bad_row_is_named_with_its_reason_and_the_others_are_taken() -> None:
    content = (
        b"user_id,email,event\n"
        b"u1,a@people.example,A\n"
        b"u2,short\n"
        b"u3,b@people.example,A,too,many\n"
        b"u4,\xe9t\xe9@people.example,A\n"
        b"u5,\x00@people.example,A\n"
        b'u6,"x"y,A\n'
        b"u7,c@people.example,\n"
        b"u\xe2\x80\xaee8,d@people.example,A\n"
        b"u9,e@people.example,A\n"
    )
    events, rejects, _ = read(content, {"encoding": "utf-8"})
    assert [event.user_id for event in events if event.type == "track"] == ["u1", "u9"]
    assert [(each.row, each.code) for each in rejects] == [
        (2, "too_few_cells"),
        (3, "too_many_cells"),
        (4, "undecodable"),
        (5, "control_character"),
        (6, "malformed_quotes"),
        (7, "missing_event"),
        (8, "invalid_identifier"),
    ]


def test_an_event_beyond_the_limit_is_refused_from_a_file_as_over_http() -> None:
    _, rejects, _ = read(f"user_id,traits.x\nu1,{'y' * 40_000}\n")
    assert codes(rejects) == [(1, "event_too_large", "")]


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["lines", "array", "gzip"])
def test_events_come_as_lines_or_as_a_list(form: str) -> None:
    rows = [
        {"type": "track", "userId": "u1", "event": "A", "messageId": "m1"},
        {"type": "identify", "userId": "u2"},
    ]
    text = json.dumps(rows, indent=2) if form == "array" else "\n".join(map(json.dumps, rows))
    content = gzip.compress(text.encode()) if form == "gzip" else text.encode()
    events, _, _ = read(content)
    assert [(event.type, event.user_id) for event in events] == [("track", "u1"), ("identify", "u2")]
    assert events[0].id == "m1"
    assert events[1].id.startswith("import-")


def test_bad_lines_of_json_are_named_and_the_others_are_taken() -> None:
    lines = [
        '{"type":"track","userId":"u1","event":"A"}',
        "{oops",
        "[1]",
        '{"a":NaN}',
        '{"type":"warp","userId":"u1"}',
    ]
    events, rejects, _ = read("\n".join(lines))
    assert len(events) == 1
    assert [(each.row, each.code) for each in rejects] == [
        (2, "not_json"),
        (3, "not_an_object"),
        (4, "not_json"),
        (5, "unknown_type"),
    ]


def test_an_export_of_segment_keeps_the_times_of_then() -> None:
    events, _, _ = sample("segment-export.jsonl.gz")
    assert [(event.id, event.at.isoformat()) for event in events] == [
        ("ajs-1", "2026-06-01T10:00:01+00:00"),
        ("ajs-2", "2026-06-01T10:01:01+00:00"),
        ("ajs-3", "2026-06-01T10:05:01+00:00"),  # worked out from the three times of then
    ]
    assert events[0].context["ip"] == "203.0.113.0"
    assert not any("writeKey" in event.extra for event in events)
