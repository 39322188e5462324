"""The HTTP API as one OpenAPI 3.1 document, made from the shapes that the functions read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from importlib.metadata import version
from typing import Any

from kizuna.apidocs import data_shapes, reply_shapes
from kizuna.apidocs.brake_operations import BRAKE_SHAPES, brake_operations
from kizuna.apidocs.brief_shapes import Brief
from kizuna.apidocs.campaign_operations import CAMPAIGN_SHAPES, campaign_operations
from kizuna.apidocs.decide_operation import decide_operation
from kizuna.apidocs.definitions import in_short, with_conditions
from kizuna.apidocs.event_operations import event_operations
from kizuna.apidocs.event_schemas import REFS, VALUES, event_schemas
from kizuna.apidocs.hook_operations import hook_operations
from kizuna.apidocs.inbox_operations import inbox_operations
from kizuna.apidocs.journey_operations import JOURNEY_SHAPES, journey_operations
from kizuna.apidocs.json_schemas import JsonSchema, json_schemas, without_null
from kizuna.apidocs.link_operations import link_operations
from kizuna.apidocs.list_operations import LIST_SHAPES, list_operations
from kizuna.apidocs.management_operations import management_operations
from kizuna.apidocs.operations import Operation, shared_components
from kizuna.apidocs.person_history_shapes import Decisions, DecisionsFound, Timeline, WhyNothing
from kizuna.apidocs.person_shapes import Person, SeveralPeople
from kizuna.apidocs.report_shapes import ATTRIBUTION_SHAPES
from kizuna.apidocs.rights_operations import RIGHTS_SHAPES, rights_operations
from kizuna.apidocs.segment_shapes import SEGMENT_SHAPES
from kizuna.apidocs.shared_parts import preflight
from kizuna.apidocs.simulation_operation import SIMULATION_SHAPES, simulation_operation
from kizuna.apidocs.start_operations import start_operations
from kizuna.apidocs.task_operations import TASK_SHAPES, task_operations
from kizuna.apidocs.template_operations import TEMPLATE_SHAPES, template_operations
from kizuna.apidocs.texts import INFO, INFO_JA, TAGS
from kizuna.core.consent.events import ConsentEvent
from kizuna.usecases.decisions.next_best import Ask
from kizuna.usecases.delivery.inbox import Acted

_REPLIES = (
    "Accepted", "Problem", "GatewayProblem", "SettingsStub", "SourceConfigStub", "Decision",
    "InboxPage", "ActedOn",
    "Campaigns", "CampaignReport", "Reviews", "CatalogInForce",
)  # fmt: skip
_OF_THE_DATA = ("Violations", "Inventory", "Sources")
_OF_A_PERSON = (Person, Brief, Timeline, Decisions, DecisionsFound, WhyNothing, SeveralPeople)


def document() -> dict[str, Any]:
    """The whole document as JSON values; the same every time."""
    operations = _operations()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kizuna",
            "version": version("kizuna"),
            "summary": "The engine that can prove why it spoke, and why it stayed silent.",
            "description": INFO,
            "x-description-ja": INFO_JA,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {
                "url": "{base}",
                "description": "The API of a stage, or its own domain.",
                "variables": {
                    "base": {
                        "default": "http://127.0.0.1:8080",
                        "description": "Of `make serve`, unless told.",
                    }
                },
            }
        ],
        "tags": [
            {"name": name, "description": english, "x-description-ja": japanese}
            for name, (english, japanese) in TAGS.items()
        ],
        "paths": _paths(operations),
        "components": {
            "schemas": _schemas(),
            **shared_components(operations),
            "headers": _HEADERS,
            "securitySchemes": _SECURITY,
        },
    }


def _operations() -> tuple[Operation, ...]:
    """All of them, in the order of the page; what pages call has its preflight."""
    called = (*event_operations(), *start_operations(), decide_operation(), *inbox_operations())
    return (
        *called,
        *map(preflight, called),
        *link_operations(),
        *hook_operations(),
        *management_operations(),
        *list_operations(),
        *journey_operations(),
        *campaign_operations(),
        simulation_operation(),
        *template_operations(),
        *brake_operations(),
        *task_operations(),
        *rights_operations(),
    )


def _paths(operations: tuple[Operation, ...]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = operation.to_openapi()
    return paths


def _schemas() -> dict[str, JsonSchema]:
    replies = json_schemas(
        {
            **{name: getattr(reply_shapes, name) for name in _REPLIES},
            **{shape.__name__: shape for shape in _OF_A_PERSON},
            **{name: getattr(data_shapes, name) for name in _OF_THE_DATA},
            **{
                shape.__name__: shape
                for shape in (
                    *RIGHTS_SHAPES,
                    *SEGMENT_SHAPES,
                    *LIST_SHAPES,
                    *JOURNEY_SHAPES,
                    *CAMPAIGN_SHAPES,
                    *ATTRIBUTION_SHAPES,
                    *SIMULATION_SHAPES,
                    *TEMPLATE_SHAPES,
                    *BRAKE_SHAPES,
                )
            },
            **{shape.__name__: shape for shape in TASK_SHAPES},
        },
        refs=REFS,
        mode="serialization",
    )
    found = {
        **event_schemas(),
        "Values": VALUES,
        **json_schemas({"Ask": Ask, "Acted": Acted}, refs=REFS),
        **with_conditions(in_short(replies, refs=REFS), refs=REFS, short_forms=False),
        **_consents(),
    }
    return dict(sorted(found.items()))


def _consents() -> Mapping[str, JsonSchema]:
    """The ledger's own form (`consent.md` 3.1): what is not known is left out."""
    whole = json_schemas({"ConsentEvent": ConsentEvent}, refs=REFS)["ConsentEvent"]
    properties = {field.name: without_null(whole["properties"][field.name]) for field in fields(ConsentEvent)}
    entry = {
        "type": "object",
        "description": "One permission or refusal as it was recorded.",
        "properties": properties,
        "required": whole["required"],
        "additionalProperties": False,
    }
    consents = {
        "type": "object",
        "description": "The ledger of a person, in the order of arrival.",
        "properties": {
            "id": {"type": "string"},
            "consents": {"type": "array", "items": {"$ref": REFS + "ConsentEntry"}},
        },
        "required": ["id", "consents"],
        "additionalProperties": False,
    }
    return {"ConsentEntry": entry, "Consents": consents}


def _header(description: str, schema: JsonSchema) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": schema}


_HEADERS = {
    "Location": _header("Where to go on.", {"type": "string", "format": "uri"}),
    "Retry-After": _header("Seconds to wait.", {"type": "string", "pattern": "^[1-9][0-9]*$"}),
    "Access-Control-Allow-Methods": _header("Of all paths.", {"type": "string"}),
    "Access-Control-Allow-Headers": _header("What SDKs send.", {"type": "string"}),
    "Access-Control-Max-Age": _header("Seconds.", {"type": "string", "pattern": "^[0-9]+$"}),
}

_SECURITY = {
    "writeKeyBasic": {
        "type": "http",
        "scheme": "basic",
        "description": "The write key as user name; any password, or none.",
    },
    "writeKeyBearer": {"type": "http", "scheme": "bearer", "description": "The write key."},
    "writeKeyHeader": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Write-Key",
        "description": "The write key, or `id:key` as Jitsu writes it.",
    },
    "writeKeyQuery": {
        "type": "apiKey",
        "in": "query",
        "name": "writeKey",
        "description": "For beacons, which can set no header.",
    },
    "identityToken": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Identity-Token",
        "description": "A JWT that the company's own server signed with an identity key (HS256 with the "
        "secret of the key, or RS256 with the private key whose public half was told; `kid`, `sub`, `exp` of at most "
        "an hour).",
    },
    "managementToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Of the issuer that the stage's settings name; checked by the gateway.",
    },
}
