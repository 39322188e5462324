"""What every table adapter shares: the client's codec, batches, and errors in the words of the core."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from kizuna.core.errors import Conflict, TooLarge, Unavailable

Item = dict[str, Any]
Client = Any  # a boto3 DynamoDB client; boto3 ships no types

BATCH_GET = 100
BATCH_WRITE = 25
TRANSACTION = 100
TRANSACTION_BYTES = 4 * 1024 * 1024
ITEM_BYTES = 400 * 1024
_BATCH_TRIES = 5

_UNAVAILABLE = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
    "ServiceUnavailable",
    "TransactionInProgressException",
    "LimitExceededException",
}
_ITEM_TOO_LARGE = "Item size has exceeded"  # the message; its code is that of any invalid request


def encode(value: Any) -> dict[str, Any]:
    """One plain value as DynamoDB stores it: texts, whole numbers, bytes and flags are all we use."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case bytes():
            return {"B": value}
        case _:
            raise TypeError(f"not storable as an attribute: {type(value).__name__}")


def decode(attribute: Mapping[str, Any]) -> Any:
    """The inverse of `encode`."""
    kind, value = next(iter(attribute.items()))
    if kind == "N":
        return int(value)
    return bytes(value) if kind == "B" else value


def to_item(values: Mapping[str, Any]) -> Item:
    """A row of attributes; None means that the attribute is absent."""
    return {name: encode(value) for name, value in values.items() if value is not None}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    # Most attributes are text, and a message reads dozens: these take no call each.
    return {
        name: attribute["S"] if "S" in attribute else decode(attribute) for name, attribute in item.items()
    }


def bytes_of(item: Item) -> int:
    """The size of an item as DynamoDB counts it; numbers a little more."""
    return sum(len(name.encode()) + _value_bytes(attribute) for name, attribute in item.items())


def _value_bytes(attribute: Mapping[str, Any]) -> int:
    value = next(iter(attribute.values()))
    if isinstance(value, bool):
        return 1
    return len(value) if isinstance(value, bytes) else len(value.encode())


def key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


class in_words_of_the_core:  # noqa: N801  # read as what it does, in a `with`
    """Turn refusals of DynamoDB into Conflict, Unavailable, TooLarge; anything else is a bug and passes through.

    Around each call, nearly all of which are refused nothing: a class enters and leaves in a third of the time of a
    generator.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, ClientError):
            _raise_in_words(self._what, error)
        elif isinstance(error, ConnectionError | HTTPClientError):
            raise Unavailable(f"{self._what}: {type(error).__name__}") from error


def _raise_in_words(what: str, error: ClientError) -> None:
    """Raises what the core calls it; nothing for what it has no word for."""
    code = error.response.get("Error", {}).get("Code", "")
    if code == "ConditionalCheckFailedException":
        raise Conflict(what) from error
    if code == "TransactionCanceledException":
        cancelled = _cancelled(what, error)
        if cancelled is not error:
            raise cancelled from error
        return
    if code in _UNAVAILABLE or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        raise Unavailable(f"{what}: {code}") from error
    if _ITEM_TOO_LARGE in str(error):
        raise TooLarge(f"{what}: an item of more than 400 KB") from error


def reasons_of(error: ClientError) -> list[Mapping[str, Any]]:
    """Why each action of a transaction was cancelled (`Code` is `None` as text where it was not at fault)."""
    return list(error.response.get("CancellationReasons", []))


def _cancelled(what: str, error: Any) -> Exception:
    reasons = reasons_of(error)
    if any(_ITEM_TOO_LARGE in str(reason.get("Message")) for reason in reasons):
        return TooLarge(f"{what}: an item of more than 400 KB")
    codes = {reason.get("Code", "None") for reason in reasons} - {"None"}
    if codes <= {"ConditionalCheckFailed", "TransactionConflict"}:
        return Conflict(what)
    if codes <= {
        "ConditionalCheckFailed",
        "TransactionConflict",
        "ProvisionedThroughputExceeded",
        "ThrottlingError",
    }:
        return Unavailable(f"{what}: {', '.join(sorted(codes))}")
    cancelled: Exception = error
    return cancelled


def batch_get(client: Client, table: str, keys: Sequence[Item], *, consistent: bool = True) -> Iterator[Item]:
    """Items by key, in no particular order; absent ones are left out.

    Not `consistent` costs half, and an item may be as it was some writes ago, or absent though it is stored.
    """
    for start in range(0, len(keys), BATCH_GET):
        wanted: Any = {table: {"Keys": list(keys[start : start + BATCH_GET]), "ConsistentRead": consistent}}
        for _ in range(_BATCH_TRIES):
            with in_words_of_the_core("batch read"):
                reply = client.batch_get_item(RequestItems=wanted)
            yield from reply["Responses"].get(table, ())
            wanted = reply.get("UnprocessedKeys")
            if not wanted:
                break
        else:
            raise Unavailable(f"batch read: {table} left keys unread after {_BATCH_TRIES} tries")


def batch_put(client: Client, table: str, items: Iterable[Item]) -> None:
    """Store items unconditionally; a repeat stores the same again. A crash leaves some of them stored."""
    _batch_write(client, table, [{"PutRequest": {"Item": item}} for item in items])


def batch_delete(client: Client, table: str, keys: Iterable[Item]) -> None:
    """Remove items by key; absent ones are no matter. A crash leaves some of them in place."""
    _batch_write(client, table, [{"DeleteRequest": {"Key": key}} for key in keys])


def _batch_write(client: Client, table: str, requests: Sequence[Item]) -> None:
    for start in range(0, len(requests), BATCH_WRITE):
        wanted: Any = {table: list(requests[start : start + BATCH_WRITE])}
        for _ in range(_BATCH_TRIES):
            with in_words_of_the_core("batch write"):
                reply = client.batch_write_item(RequestItems=wanted)
            wanted = reply.get("UnprocessedItems")
            if not wanted:
                break
        else:
            raise Unavailable(f"batch write: {table} left items unwritten after {_BATCH_TRIES} tries")


def query(client: Client, table: str, **request: Any) -> Iterator[Item]:
    """All items of a query, page after page."""
    start: Any = None
    while True:
        page = {"ExclusiveStartKey": start} if start else {}
        with in_words_of_the_core("query"):
            reply = client.query(TableName=table, **request, **page)
        yield from reply["Items"]
        start = reply.get("LastEvaluatedKey")
        if not start:
            return


def beginning_with(pk: str, prefix: str) -> dict[str, Any]:
    """The parameters of a query for one partition's items under a sort key prefix."""
    return {
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
        "ExpressionAttributeValues": {":pk": {"S": pk}, ":prefix": {"S": prefix}},
    }
