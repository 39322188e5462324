"""Imports queue → a file brought in part by part: begins one that was put in the bucket, goes on with a long one."""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from kizuna.adapters.imports import FILES
from kizuna.core.errors import Conflict, NotFound
from kizuna.core.events import Violation
from kizuna.core.files.jobs import ImportOptions, Progress
from kizuna.runtime.arrivals import note_arrivals
from kizuna.runtime.entrypoints import queue_handler
from kizuna.runtime.observability import logger, metrics
from kizuna.runtime.wiring import Services
from kizuna.topology import Queue
from kizuna.usecases.ingesting.importing import Importer, run_import

RESERVE_SECONDS = 60  # for the part that is begun when they are left, and for handing the rest on
_SOURCE = re.compile(rf"{FILES}([a-z][a-z0-9-]{{0,63}})/.+")


class FileToImport(BaseModel):
    """A file in the bucket for imports, and its hash where it is known already."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    type: Literal["import"] = "import"
    key: str = Field(min_length=1, max_length=1024)
    etag: str
    size: int = Field(ge=0)
    fingerprint: str = ""


def _work(raw: Any) -> Any:
    """S3's own event ("Object Created", by EventBridge) in the words of this function."""
    match raw:
        case {"detail-type": _, "detail": {"object": {"key": key, "size": size, **more}}}:
            return {"key": key, "size": size, "etag": more.get("etag", more.get("eTag", ""))}
        case _:
            return raw


Work = Annotated[FileToImport, BeforeValidator(_work)]


def take(work: FileToImport, wired: Services, now: datetime, *, is_over: Callable[[], bool]) -> None:
    """Do as much of a file as there is time for, and put the rest on the queue. A crash in between leaves the message
    where it was: it comes again, and the import goes on behind its checkpoint."""
    try:
        progress, fingerprint = _go_on(work, wired, is_over)
    except NotFound as error:  # replaced by another, which has an event of its own; or deleted
        raw = work.model_dump_json()
        wired.quarantine.keep([Violation("import_gone", "key", str(error), "imports", now, raw)])
        return
    except Conflict:
        logger.info("import goes on elsewhere")
        return
    if progress.state != "failed":  # its source speaks once a turn: a history of a million rows is no flood
        note_arrivals(wired, progress.source, 1, now=now)
    logger.info("import", extra={"import": progress.id, "state": progress.state, "rows": progress.rows})
    if progress.state == "running":
        rest = work.model_copy(update={"fingerprint": fingerprint})
        wired.queues.send(Queue.IMPORTS, [rest.model_dump()])
    else:
        metrics.add_metric(f"Import{progress.state.capitalize()}", unit="Count", value=1)


def _go_on(work: FileToImport, wired: Services, is_over: Callable[[], bool]) -> tuple[Progress, str]:
    file, order = wired.import_bucket.file(work.key, etag=work.etag, size=work.size)
    fingerprint = order.fingerprint if order else work.fingerprint or file.fingerprint()
    on = Importer(
        people=wired.people,
        ledger=wired.ledger,
        catalog=wired.catalog,
        quarantine=wired.quarantine,
        imports=wired.imports,
        rejects=wired.import_bucket,
        new_id=wired.new_profile_id,
        workers=wired.settings.workers,
    )
    options = order.options if order else ImportOptions(source=_source_of(work.key, wired))
    progress = run_import(options, file, on, fingerprint=fingerprint, now=wired.now, is_over=is_over)
    return progress, fingerprint


def _source_of(key: str, wired: Services) -> str:
    """A file that was put there by hand says by its folder for which source it speaks: one that somebody declared."""
    found = _SOURCE.fullmatch(key)
    if found is None:
        raise NotFound(f"a source in the key: put files below {FILES}<source>/")
    if found[1] not in wired.catalog.current().sources:
        raise NotFound(
            "the source of its folder in the workspace: declare it, apply, and put the file there again"
        )
    return found[1]


_CONTRACT: TypeAdapter[FileToImport] = TypeAdapter(Work)


def handler(event: dict[str, Any], context: Any) -> Any:
    def is_over() -> bool:
        return bool(context.get_remaining_time_in_millis() < RESERVE_SECONDS * 1000)

    return queue_handler(_CONTRACT, partial(take, is_over=is_over), queue=Queue.IMPORTS)(event, context)
