"""A file and what reads it, by the options of its import."""

from __future__ import annotations

from datetime import datetime

from kizuna.core.events import Source, SourceKind
from kizuna.core.files.jobs import ImportOptions
from kizuna.core.files.limits import FileLimits
from kizuna.core.files.ports import ImportFile
from kizuna.core.files.reading import FileReader, Statement
from kizuna.core.files.sniffing import Form, form_of


def opened(
    options: ImportOptions, file: ImportFile, *, scope: str, began: datetime, limits: FileLimits
) -> tuple[FileReader, Form]:
    """A file with what reads it. Raises Unreadable or InvalidDefinition where it cannot be read by these options."""
    mapping = options.mapping
    form = form_of(file.read(0), limits=limits, encoding=mapping.encoding, delimiter=mapping.delimiter)
    source = Source(options.source, SourceKind.IMPORT)
    statement = Statement(source, scope, began, is_quiet=options.quiet)
    reader = FileReader(form, statement, mapping=mapping, content=options.content, file_limits=limits)
    return reader, form
