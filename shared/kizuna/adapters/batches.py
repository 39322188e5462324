"""Calls that take many things at once and may take only some of them: SQS, Firehose, EventBridge."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from kizuna.core.errors import Unavailable

T = TypeVar("T")

_TRIES = 4
_PAUSE = 0.05  # seconds before the second try, doubled with each
_THROTTLED = {
    "LimitExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ServiceQuotaExceededException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
# What no receiver takes as text, escaped as JSON allows: halves of surrogate pairs, and U+FFFE and U+FFFF.
_NOT_TEXT = re.compile("[\ud800-\udfff\ufffe\uffff]")


@contextmanager
def refusals_as_unavailable(what: str) -> Iterator[None]:
    """Turn a service's "not now" into Unavailable; anything else is a mistake of ours and passes through."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or status == 429 or code in _THROTTLED:
            raise Unavailable(f"{what}: {code}") from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable(f"{what}: {type(error).__name__}") from error


def json_text(value: Mapping[str, Any]) -> str:
    """Compact JSON that every service takes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _NOT_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def batches(items: Iterable[T], *, most: int, most_bytes: int, size: Callable[[T], int]) -> Iterator[list[T]]:
    """Items in order, in groups that one call takes. Raises ValueError for an item too large for any."""
    group: list[T] = []
    total = 0
    for item in items:
        length = size(item)
        if length > most_bytes:
            raise ValueError(f"{length} bytes do not fit a call of at most {most_bytes}")
        if group and (len(group) == most or total + length > most_bytes):
            yield group
            group, total = [], 0
        group.append(item)
        total += length
    if group:
        yield group


def send_all(
    groups: Iterable[Sequence[T]],
    attempt: Callable[[Sequence[T]], Sequence[T]],
    *,
    what: str,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Send every group; `attempt` makes one call and returns what was not taken, which is tried again.

    Raises Unavailable naming how many were not taken (or not known to be); all others stay sent. A call that fails
    as a whole has been repeated by its client already: what follows it is not tried.
    """
    waiting = list(groups)
    total = sum(map(len, waiting))
    left = 0
    cause = "refused one by one"
    while waiting:
        group = waiting.pop(0)
        try:
            left += len(_sent(group, attempt, pause))
        except Unavailable as error:
            left += len(group) + sum(map(len, waiting))
            cause = str(error)
            break
    if left:
        raise Unavailable(f"{what}: {left} of {total} not taken ({cause})")


def _sent(
    group: Sequence[T], attempt: Callable[[Sequence[T]], Sequence[T]], pause: Callable[[float], None]
) -> Sequence[T]:
    for number in range(_TRIES):
        group = attempt(group)
        if not group:
            break
        if number < _TRIES - 1:
            pause(_PAUSE * 2**number)
    return group
