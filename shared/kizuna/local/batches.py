"""What a Lambda function says about a batch: which of its records failed.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def failed_of(response: object, identifiers: Sequence[str]) -> frozenset[str]:
    """The identifiers that a function reports as failed.

    As on Lambda, an empty answer or an empty `batchItemFailures` is complete success, and an answer
    that cannot be read (no object, an identifier that is missing, empty or not in the batch) is
    complete failure.
    """
    everything = frozenset(identifiers)
    if response is None:
        return frozenset()
    if not isinstance(response, Mapping):
        return everything
    failures = response.get("batchItemFailures") or ()
    if not isinstance(failures, list | tuple):
        return everything
    failed = [_identifier(failure) for failure in failures]
    return frozenset(failed) if everything.issuperset(failed) else everything


def _identifier(failure: Any) -> str:
    return failure.get("itemIdentifier") or "" if isinstance(failure, Mapping) else ""
