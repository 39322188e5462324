"""Turns use cases into Lambda handlers: parse, call, return. Errors become replies or failed items in one place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.events import Violation
from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.observability import logger, metrics, safe
from kizuna.runtime.wiring import Services, services

LambdaHandler = Callable[[dict[str, Any], Any], Any]
T = TypeVar("T")

_INTERNAL = HttpReply(
    500,
    json.dumps(
        {"code": "internal", "message": "something went wrong on our side; nothing of this was stored"}
    ),
    {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"},
)


def _finished() -> None:
    if metrics.metric_set:
        metrics.flush_metrics()


def http_handler(stage: Callable[[HttpRequest, Services, datetime], HttpReply]) -> LambdaHandler:
    """An HTTP API handler (payload format 2.0). What is not expected is logged without data and answered 500."""

    @wraps(stage)
    def handler(event: dict[str, Any], context: Any) -> Any:
        wired = services()
        try:
            request = HttpRequest.from_api_gateway(event)
            return _without_body_for_head(request, stage(request, wired, wired.now())).to_api_gateway()
        except Exception as error:  # the client must get an answer it understands, whatever broke
            logger.error("request failed", extra={"error": safe(error)})
            metrics.add_metric("RequestFailed", unit="Count", value=1)
            return _INTERNAL.to_api_gateway()
        finally:
            _finished()

    return handler


def _without_body_for_head(request: HttpRequest, reply: HttpReply) -> HttpReply:
    return HttpReply(reply.status, "", reply.headers) if request.method == "HEAD" else reply


def queue_handler(
    contract: TypeAdapter[T], stage: Callable[[T, Services, datetime], None], *, queue: str
) -> LambdaHandler:
    """An SQS handler of one validated message. Records fail one by one, and a poisoned one is quarantined.

    Conflict and Unavailable are for the queue to bring again; anything else is tried five times by the queue
    and then lies in the dead-letter queue.
    """

    def take(body: str, wired: Services) -> None:
        try:
            message = contract.validate_json(body)
        except ValidationError as error:
            wired.quarantine.keep([_poisoned(queue, body, error, wired.now())])
            metrics.add_metric("PoisonedMessage", unit="Count", value=1)
            return
        stage(message, wired, wired.now())

    def handler(event: dict[str, Any], context: Any) -> Any:
        wired = services()
        failures = []
        for record in event["Records"]:
            try:
                take(record["body"], wired)
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
