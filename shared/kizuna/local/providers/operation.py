"""What the double needs to know of one sending operation of one provider; each has its own module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.local.providers.faults import Fail
from kizuna.local.providers.outbox import OutboxMessage, Provider
from kizuna.local.providers.wire import Ids, Refusal, Reply, Request
from kizuna.local.providers.world import World

# HTTP status of the errors that are not 400, as in the service models of the four APIs.
_STATUS: Mapping[str, int] = {
    "TooManyRequestsException": 429,
    "NotFoundException": 404,
    "NotFound": 404,
    "ForbiddenException": 403,
    "AuthorizationError": 403,
    "MethodNotAllowedException": 405,
    "PayloadTooLargeException": 413,
    "InternalServerException": 500,
    "InternalServerErrorException": 500,
    "InternalError": 500,
    "InternalFailure": 500,
    "DependencyException": 502,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
}


@dataclass(frozen=True, slots=True)
class Minting:
    """Where ids and the instant of a message come from."""

    ids: Ids
    at: datetime
    default_configuration_set: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One message of a call, and the refusal that it alone met, if any."""

    message: OutboxMessage
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on its wire.

    `parse` gives the messages that the request asks for and raises `Refusal` for what the provider
    would not take. `judge` is what the provider holds against this recipient. `reply` answers the
    verdicts of a call. `refuse` puts a refusal on the wire, `throttled` is the one for "too fast".
    `codes` maps exception names of the model to the codes on the wire, where these differ.
    With `per_recipient`, a refusal of one recipient is part of a successful answer.
    """

    provider: Provider
    name: str
    parse: Callable[[Request, Minting], tuple[OutboxMessage, ...]]
    judge: Callable[[OutboxMessage, World], Refusal | None]
    reply: Callable[[Sequence[Verdict], str], Reply]
    refuse: Callable[[Refusal, str], Reply]
    throttled: Refusal
    codes: Mapping[str, str]
    per_recipient: frozenset[str] = frozenset()

    def failure(self, fail: Fail) -> Refusal:
        """An ordered failure in this provider's words."""
        code = self.codes.get(fail.code, fail.code)
        fields = {"Reason": fail.reason} if fail.reason is not None else {}
        return Refusal(code, fail.message, status=fail.status or _STATUS.get(code, 400), fields=fields)


def nothing_against(_message: OutboxMessage, _world: World) -> Refusal | None:
    return None
