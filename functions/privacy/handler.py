"""`POST /admin/people/{person}/erasure` and `/export`, by the role privacy alone; its queue → the work itself."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from kizuna.core.contracts import EraseFurther, ExportPerson
from kizuna.core.intake.http import HttpReply, HttpRequest
from kizuna.runtime.entrypoints import http_handler, queue_handler
from kizuna.runtime.erasing import eraser
from kizuna.runtime.observability import logger
from kizuna.runtime.wiring import Services
from kizuna.topology import Function, Queue, function
from kizuna.usecases.rights.asking import Registrar
from kizuna.usecases.rights.desk import PrivacyDesk, reply, store_export
from kizuna.usecases.rights.erasing import erase_as_far_as_possible
from kizuna.usecases.rights.exporting import Exporter

_SECONDS = function(Function.PRIVACY).timeout * 0.7

Work = Annotated[EraseFurther | ExportPerson, Field(discriminator="type")]


def _registrar(wired: Services) -> Registrar:
    return Registrar(wired.people, wired.erasures, wired.hash_keys)


def take(work: EraseFurther | ExportPerson, wired: Services, now: datetime) -> None:
    catalog = wired.catalog.current()
    if isinstance(work, ExportPerson):
        on = Exporter(wired.people, wired.ledger, wired.messages, wired.erasures, wired.journeys, wired.rows)
        stored = store_export(work, _registrar(wired), on, catalog, now=now)
        logger.info("person exported" if stored else "nobody to export", extra={"export": work.export})
        return
    progress = erase_as_far_as_possible(
        work.person,
        eraser(wired),
        catalog,
        now=wired.now,
        is_over=wired.over_after(_SECONDS),
    )
    logger.info("erasure went on", extra={"person": work.person, "next": str(progress.step or "done")})
    if progress.step is not None and progress.until is None:
        wired.queues.send(Queue.PRIVACY, [work.model_dump()])


@http_handler
def _answer(request: HttpRequest, wired: Services, now: datetime) -> HttpReply:
    on = PrivacyDesk(_registrar(wired), wired.queues)
    return reply(request, on, now=now)


_work = queue_handler(TypeAdapter(Work), take, queue=Queue.PRIVACY)


def handler(event: dict[str, Any], context: Any) -> Any:
    return _work(event, context) if "Records" in event else _answer(event, context)
