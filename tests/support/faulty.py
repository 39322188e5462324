"""A boto3 client that misbehaves on order: replies get lost, calls are refused, somebody else is faster."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


class FaultyClient:
    """Passes every call on, except where told otherwise; `calls` counts what was asked, by operation."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._orders: dict[str, list[Callable[[Callable[[], Any]], Any]]] = defaultdict(list)
        self.calls: dict[str, int] = defaultdict(int)

    def __getattr__(self, operation: str) -> Any:
        found = getattr(self._client, operation)
        if not callable(found):
            return found

        def call(*names: Any, **request: Any) -> Any:
            self.calls[operation] += 1
            orders = self._orders[operation]
            if not orders:
                return found(*names, **request)
            return orders.pop(0)(lambda: found(*names, **request))

        return call

    def lose_reply(self, operation: str) -> None:
        """The next call is carried out, and its answer never arrives."""

        def order(call: Callable[[], Any]) -> Any:
            call()
            raise ReadTimeoutError(endpoint_url="https://aws.example")

        self._orders[operation].append(order)

    def lose_reply_and_repeat(self, operation: str) -> None:
        """The next call is carried out, its answer is lost, and the SDK repeats it by itself."""

        def order(call: Callable[[], Any]) -> Any:
            call()
            return call()

        self._orders[operation].append(order)

    def refuse(self, operation: str, code: str, *, times: int = 1, status: int = 400, **more: Any) -> None:
        """The next calls are refused with an error of this name."""

        def order(_call: Callable[[], Any]) -> Any:
            response = {
                "Error": {"Code": code, "Message": "told to"},
                "ResponseMetadata": {"HTTPStatusCode": status},
            }
            raise ClientError(response | more, operation)

        self._orders[operation] += [order] * times

    def first(self, operation: str, action: Callable[[], object]) -> None:
        """Just before the next call, somebody else does something."""

        def order(call: Callable[[], Any]) -> Any:
            action()
            return call()

        self._orders[operation].append(order)
