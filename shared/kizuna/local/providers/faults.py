"""Faults on order: throttle, fail, hang, reset, lose or garble the reply.

The same models are the Python API and the body of `POST /faults`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from random import Random
from threading import Lock
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kizuna.local.providers.outbox import Channel


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Throttle(_Model):
    """Refuse in the words which the provider has for "too fast"."""

    kind: Literal["throttle"] = "throttle"


class Fail(_Model):
    """Answer with this error code.

    `status` defaults to what the service model says, else 400. With `accepts` the message goes out all
    the same, as can happen behind a 5xx. For push, `code` may be a delivery status of one address, such
    as `TEMPORARY_FAILURE`: the call then succeeds and only that result says so.
    """

    kind: Literal["fail"] = "fail"
    code: str
    status: int | None = Field(default=None, ge=200, le=599)
    message: str = "ordered by the test"
    reason: str | None = None
    accepts: bool = False


class Hang(_Model):
    """Hold the answer back for so many real seconds; when not `accepts`, hang up after them instead."""

    kind: Literal["hang"] = "hang"
    seconds: float = Field(ge=0, le=3600)
    accepts: bool = True


class Reset(_Model):
    """Reset the connection; nothing was accepted."""

    kind: Literal["reset"] = "reset"


class LoseReply(_Model):
    """Accept the message, then cut the connection without a word."""

    kind: Literal["lose_reply"] = "lose_reply"


class GarbleReply(_Model):
    """Accept the message, then answer 200 with a body that no client can read."""

    kind: Literal["garble_reply"] = "garble_reply"


Effect = Throttle | Fail | Hang | Reset | LoseReply | GarbleReply


class Fault(_Model):
    """One order. It strikes calls of its channel to its recipient (`*` and `?` match), `count` times
    at most, each with this probability. Without a match it strikes every call for ever.
    """

    effect: Annotated[Effect, Field(discriminator="kind")]
    channel: Channel | None = None
    to: str | None = None
    count: int | None = Field(default=None, ge=1)
    probability: float = Field(default=1.0, gt=0, le=1)

    def concerns(self, channel: Channel, to: Sequence[str]) -> bool:
        if self.channel is not None and self.channel is not channel:
            return False
        pattern = self.to
        return pattern is None or any(fnmatchcase(one.lower(), pattern.lower()) for one in to)


@dataclass(slots=True)
class _Standing:
    number: int
    fault: Fault
    struck: int = 0

    @property
    def spent(self) -> bool:
        return self.fault.count is not None and self.struck >= self.fault.count


class FaultPlan:
    """The standing orders. The first that concerns a call and is not spent decides; chances are seeded."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._standing: list[_Standing] = []
        self._ordered = 0
        self._lock = Lock()

    def add(self, *faults: Fault) -> None:
        with self._lock:
            for fault in faults:
                self._ordered += 1
                self._standing.append(_Standing(self._ordered, fault))

    def strike(self, channel: Channel, to: Sequence[str]) -> Effect | None:
        """The effect for this call, counted as one strike, or None."""
        if not self._standing:
            return None
        with self._lock:
            for one in self._standing:
                if one.spent or not one.fault.concerns(channel, to):
                    continue
                if one.fault.probability < 1 and self._random.random() >= one.fault.probability:
                    continue
                one.struck += 1
                return one.fault.effect
        return None

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {"number": s.number, "struck": s.struck, "spent": s.spent, **s.fault.model_dump(mode="json")}
                for s in self._standing
            ]

    def clear(self) -> None:
        with self._lock:
            self._standing.clear()
