"""The generated files under `docs/`, as text."""

from __future__ import annotations

import json
from typing import Any

from kizuna.apidocs.definitions import DIALECT, definition_schemas
from kizuna.apidocs.document import document
from kizuna.apidocs.json_schemas import JsonSchema, json_schemas
from kizuna.apidocs.person_export import PersonExport
from kizuna.core.bus_events import BUS_EVENTS, BusEvent
from kizuna.local.time_travel.cases import TestFile


def bus_event_schema(kind: type[BusEvent]) -> JsonSchema:
    """The schema of the `detail` of one domain event."""
    name = kind.__name__
    schema = json_schemas({name: kind}, refs="#/$defs/", mode="serialization")[name]
    return {"$schema": DIALECT, "title": name, **schema}


def export_schema() -> JsonSchema:
    """The schema of an export of a person; its parts are named within it."""
    schemas = json_schemas({PersonExport.__name__: PersonExport}, refs="#/$defs/", mode="serialization")
    whole = schemas.pop(PersonExport.__name__)
    return {"$schema": DIALECT, "title": PersonExport.__name__, **whole, "$defs": schemas}


def test_file_schema() -> JsonSchema:
    """The schema of files of tests (`*.test.yaml`), which `kizuna test` plays."""
    schemas = json_schemas({TestFile.__name__: TestFile}, refs="#/$defs/", mode="validation")
    whole = schemas.pop(TestFile.__name__)
    return {"$schema": DIALECT, "title": "test", **whole, "$defs": schemas}


def generated_files() -> dict[str, str]:
    """Text by path below `docs/`: the same on every machine and in every run."""
    schemas: dict[str, Any] = {
        **{str(kind): schema for kind, schema in definition_schemas().items()},
        **{kind.__name__: bus_event_schema(kind) for kind in BUS_EVENTS},
        PersonExport.__name__: export_schema(),
        "test": test_file_schema(),
    }
    return {
        "openapi.json": _text(document()),
        **{f"schemas/{name}.schema.json": _text(schema) for name, schema in schemas.items()},
    }


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
