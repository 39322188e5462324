"""From bytes to JSON, whatever the headers claim."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.intake.causes import Cause
from kizuna.core.intake.decoding import decode
from kizuna.core.intake.http import Rejected
from kizuna.core.intake.limits import DEFAULT_LIMITS, Limits
from tests.support.intake import a_post, decoded, rejection


def _gzip(raw: bytes) -> bytes:
    """Without the time of day, so that every worker collects the same cases."""
    return gzip.compress(raw, mtime=0)


BODY = b'{"batch": [{"a": 1}], "sentAt": "x"}'


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def outcome(body: bytes, encoding: str | None = None, limits: Limits = DEFAULT_LIMITS) -> object:
    headers = {} if encoding is None else {"content-encoding": encoding}
    return decode(a_post("/v1/batch", body, headers=headers), limits=limits)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json", ""])
@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (BODY, None),
        (BODY, "identity"),
        (_gzip(BODY), "gzip"),
        (_gzip(BODY), "x-gzip"),
        (_gzip(BODY), None),  # the bytes decide …
        (BODY, "gzip"),  # … a gateway may have inflated it already
        (BODY, "deflate"),
        (zlib.compress(BODY), "deflate"),
        (zlib.compress(BODY, level=1), None),
        (raw_deflate(BODY), "deflate"),
        (_gzip(BODY[:9]) + _gzip(BODY[9:]) + b"\0\0", "GZIP"),  # several members, padded
        (b"\xef\xbb\xbf" + BODY, None),  # a byte order mark
        (b" \r\n\t" + BODY + b"\n", None),
    ],
)
def test_a_body_is_read_by_its_bytes(body: bytes, encoding: str | None, kind: str) -> None:
    headers = {"content-type": kind} | ({} if encoding is None else {"content-encoding": encoding})
    document = decoded(a_post("/v1/batch", body, headers=headers))
    assert document.fields == {"sentAt": "x"}
    assert [item.value for item in document.batch or ()] == [{"a": 1}]


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, br"])
def test_an_unknown_encoding_is_refused(encoding: str) -> None:
    assert rejection(outcome(BODY, encoding)) == (400, "unsupported_encoding")


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"null", b"[]", b'"x"', b"17", b"{", b"}", b"{]", b'{"a"}', b'{"a":}', b'{"a":1,}', b"{,}",
        b"{'a':1}", b"{a:1}", b'{"a":1}}', b'{"a":1}x', b'{"a" 1}', b'{"a":1 "b":2}', b'{"batch":[1,]}',
        b'{"batch":[1 2]}', b'{"batch":[,]}', b'{"batch":[', b'{"batch":[1', b'{"batch":[1}', b"a=1&b=2",
        b'{"a":"\n"}', b'{"a":"\\x"}', b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":NaN}', b'{"a":Infinity}',
        b'{"batch":[{"a":-Infinity}]}', b'{"a":1,"a":1}', b'{"batch":[],"batch":[]}', b'{"batch":1,"batch":[]}',
        b'{"batch":[],"batch":1}', b'{"batch":[{"a":{"b":1,"b":2}}]}', b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}',
        b'\xff\xfe{\x00}\x00', b"[" * 100_000, b'{"a":' * 100_000, b'{"batch":[' + b"[" * 100_000,
        b'{"batch":[' + b"[" * 300 + b"]" * 300 + b"]}",
        _gzip(b"[]"), _gzip(_gzip(BODY)), _gzip(BODY)[:-4], b"\x1f\x8b",
        _gzip(BODY) + b"x", _gzip(BODY)[:12] + b"\xff" * 20, zlib.compress(BODY)[:-2],
    ],
)  # fmt: skip
def test_what_is_no_strict_json_object_is_refused(body: bytes) -> None:
    assert rejection(outcome(body)) == (400, "invalid_json")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"secret@example.com": 1, "secret@example.com": 2}', "body: an object holds a key twice"),
        (b'{"a": secret}', "body: Expecting value at character 6"),
        (b'{"a": NaN}', "body: NaN is not a JSON number"),
        (b'{"a": "\xff secret"}', "body: not UTF-8 at byte 7"),
        (b"secret", "body: the body must be a JSON object"),
    ],
)
def test_the_reason_names_a_position_and_never_the_content(body: bytes, said: str) -> None:
    rejected = outcome(body)
    assert isinstance(rejected, Rejected)
    assert rejected.message == said


def test_a_body_beyond_the_limit_is_refused_with_400_and_not_413() -> None:
    limits = Limits(body_bytes=100)
    fitting = b'{"a":"' + b"x" * 92 + b'"}'
    assert len(fitting) == 100
    decoded(a_post("", fitting), limits)
    decoded(a_post("", _gzip(fitting)), limits)
    for body in (fitting + b" ", _gzip(fitting + b" "), zlib.compress(fitting + b" ")):
        assert rejection(outcome(body, limits=limits)) == (400, "payload_too_large")
    halves = _gzip(fitting[:60]) + _gzip(fitting[60:] + b" ")
    assert rejection(outcome(halves, limits=Limits(body_bytes=100))) == (400, "payload_too_large")


def test_a_bomb_is_not_inflated_beyond_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 30_000_000, compresslevel=1, mtime=0)
    assert rejection(outcome(bomb)) == (400, "payload_too_large")


def test_a_lone_surrogate_is_replaced_and_an_emoji_is_kept() -> None:
    body = rb'{"batch":[{"a":"cut \ud83d","\udc00k":["\ud83d\ude00","\\ud83d"]}],"b":"\uD83D"}'
    document = decoded(a_post("/v1/batch", body))
    assert document.fields == {"b": "\ufffd"}
    assert [item.value for item in document.batch or ()] == [
        {"a": "cut \ufffd", "\ufffdk": ["\U0001f600", "\\ud83d"]}
    ]


def nested(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


@pytest.mark.parametrize(
    ("item", "flaw"),
    [
        ({"a": "x" * 300}, None),
        ({"a": "[{" * 100}, None),  # brackets inside a text are no nesting
        (nested(32), None),
        (nested(33), Cause.EVENT_TOO_DEEP),
        ({"a": 10**37, "b": -(10**36)}, None),
        ({"a": 10**38}, Cause.NUMBER_OUT_OF_RANGE),
        ({"a": 10**5000}, Cause.NUMBER_OUT_OF_RANGE),
        ({"a": [1e125, -1e125, 1e-130, 0.0, -0.0]}, None),
        ({"a": 1e126}, Cause.NUMBER_OUT_OF_RANGE),
        ({"a": {"b": -1e-131}}, Cause.NUMBER_OUT_OF_RANGE),
    ],
)  # fmt: skip
def test_each_item_of_a_batch_is_judged_alone(item: Any, flaw: Cause | None) -> None:
    text = f'{{"batch":[{{"a":1}},{to_json(item)},{{"b":2.5}}]}}'
    document = decoded(a_post("/v1/batch", text))
    assert document.batch is not None
    assert [one.flaw for one in document.batch] == [None, flaw, None]
    assert document.whole.flaw is None
    assert decoded(a_post("/v1/track", f'{{"x":{to_json(item)}}}'), Limits(depth=33)).whole.flaw in (
        flaw,
        None,
    )


def to_json(value: Any) -> str:
    """json.dumps cannot write integers beyond the interpreter's own limit for text."""
    if value == {"a": 10**5000}:
        return '{"a":1' + "0" * 5000 + "}"
    return json.dumps(value)


@pytest.mark.parametrize(("letter", "width"), [("x", 1), ("é", 2), ("人", 3)])
def test_the_size_of_an_event_is_that_of_its_own_bytes(letter: str, width: int) -> None:
    limits = Limits(event_bytes=1000)
    frame = len('{"a":""}')
    room = (1000 - frame) // width
    padding = "x" * ((1000 - frame) % width)
    fits = f'{{"a":"{padding}{letter * room}"}}'
    assert len(fits.encode()) == 1000
    for text, flaw in ((fits, None), (fits.replace('":', '": '), Cause.EVENT_TOO_LARGE)):
        document = decoded(a_post("/v1/batch", f'{{"batch":[1, {text} ,2]}}'), limits)
        assert [item.flaw for item in document.batch or ()] == [None, flaw, None]
        assert decoded(a_post("/v1/track", text), limits).whole.flaw == flaw


NUMBERS = st.integers(-(2**63), 2**63) | st.floats(-1e100, 1e100).map(lambda number: round(number, 6))
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.binary(max_size=200), st.sampled_from([None, "gzip", "deflate", "br"]))
def test_random_bytes_never_raise(body: bytes, encoding: str | None) -> None:
    outcome(body, encoding)
    outcome(_gzip(body), encoding)
    outcome(b"\x1f\x8b\x08" + body, encoding)
    outcome(b'{"batch":[' + body + b"]}", encoding)


@given(
    fields=st.dictionaries(st.text(), JSON, max_size=5),
    items=st.lists(JSON, max_size=5),
    indent=st.sampled_from([None, 2]),
)
def test_every_json_object_is_read_as_the_standard_library_reads_it(
    fields: dict[str, Any], items: list[Any], indent: int | None
) -> None:
    fields.pop("batch", None)
    text = json.dumps({**fields, "batch": items}, indent=indent, ensure_ascii=indent is None)
    text = text.encode("utf-8", "replace").decode()
    document = decoded(a_post("/v1/batch", text))
    expected = json.loads(text)
    assert document.batch is not None
    if not any("\ud800" <= letter <= "\udfff" for letter in str(expected)):
        assert {**document.fields, "batch": [item.value for item in document.batch]} == expected
    str(document).encode()  # no lone surrogate is left
