"""Turns use cases into Lambda handlers: parse, call, return. Errors become replies or failed items in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.events import Violation
from kizuna.core.intake import replies
from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.observability import logger, metrics, safe
from kizuna.runtime.wiring import Services, services

LambdaHandler = Callable[[dict[str, Any], Any], Any]
T = TypeVar("T")

_NOBODY = HttpRequest("GET", "/")  # whose request could not be read


def _finished() -> None:
    if metrics.metric_set:
        metrics.flush_metrics()


def http_handler(stage: Callable[[HttpRequest, Services, datetime], HttpReply]) -> LambdaHandler:
    """An HTTP API handler (payload format 2.0).

    A store that refuses is answered 503, what is not expected 500; both are logged, without data.
    """

    @wraps(stage)
    def handler(event: dict[str, Any], context: Any) -> Any:
        request = _NOBODY
        try:
            wired = services()
            request = HttpRequest.from_api_gateway(event)
            reply = stage(request, wired, wired.now())
        except Exception as error:  # the client must get an answer it understands, whatever broke
            logger.error("request failed", extra={"error": safe(error)})
            metrics.add_metric("RequestFailed", unit="Count", value=1)
            later = isinstance(error, Unavailable)
            reply = replies.refused(
                request, replies.unavailable(retry_after=1) if later else replies.internal()
            )
        finally:
            _finished()
        return _without_body_for_head(request, reply).to_api_gateway()

    return handler


def _without_body_for_head(request: HttpRequest, reply: HttpReply) -> HttpReply:
    return HttpReply(reply.status, "", reply.headers) if request.method == "HEAD" else reply


def queue_handler(
    contract: TypeAdapter[T],
    stage: Callable[[T, Services, datetime], None],
    *,
    queue: str,
    fresh: bool = False,
    reserve: float = 0.0,
    late: Callable[[T, Services, datetime], None] | None = None,
) -> LambdaHandler:
    """An SQS handler of one validated message. Records fail one by one, and a poisoned one is quarantined.

    Conflict and Unavailable are for the queue to bring again; anything else is tried five times by the queue
    and then lies in the dead-letter queue. `fresh`: each batch begins with the definitions of that moment.
    With fewer than `reserve` seconds left, what is not begun goes back to the queue, or to `late`, which takes it off
    the queue: brought back five times it would lie in the dead-letter queue for no fault of its own.
    """

    def take(body: str, wired: Services, *, is_late: bool) -> None:
        try:
            message = contract.validate_json(body)
        except ValidationError as error:
            wired.quarantine.keep([_poisoned(queue, body, error, wired.now())])
            metrics.add_metric("PoisonedMessage", unit="Count", value=1)
            return
        if not is_late:
            stage(message, wired, wired.now())
        elif late is not None:
            late(message, wired, wired.now())
        else:
            raise Unavailable(f"queue {queue}: no time is left")

    def handler(event: dict[str, Any], context: Any) -> Any:
        wired = services()
        failures = []
        is_current = not fresh
        for record in event["Records"]:
            try:
                is_late = bool(reserve) and context.get_remaining_time_in_millis() < 1000 * reserve
                if not is_current and not is_late:
                    wired.catalog.current(fresh=True)
                    is_current = True
                take(record["body"], wired, is_late=is_late)
            except Exception as error:  # one bad record must not fail the others
                retried = isinstance(error, Conflict | Unavailable)
                logger.warning("record left on the queue", extra={"error": safe(error), "expected": retried})
                metrics.add_metric("RecordFailed", unit="Count", value=1)
                failures.append({"itemIdentifier": record["messageId"]})
        _finished()
        return {"batchItemFailures": failures}

    return handler


def _poisoned(queue: str, body: str, error: ValidationError, now: datetime) -> Violation:
    details = error.errors(include_url=False, include_input=False)
    first: Mapping[str, Any] = details[0] if details else {"loc": (), "msg": "unreadable"}
    path = ".".join(str(part) for part in first["loc"])
    return Violation("poisoned_message", path or "body", str(first["msg"]), queue, now, body)
