"""The OpenAPI document: well formed, complete, and the one that is committed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from kizuna.apidocs.files import generated_files
from kizuna.core.intake import routes
from kizuna.core.intake.http import HttpRequest, Rejected
from kizuna.local.gateway import find_route
from kizuna.topology import ROUTES
from tests.support.clouds import ROOT, running_shop, sample_documents
from tests.support.contract import contract, declared, followed, operations
from tests.support.json_schemas import problems, resolved, unknown_keywords
from tests.support.openapi_shape import DOCUMENT

NOT_BY_PAGES = (
    "/admin",
    "/u/",
    "/preferences",
    "/confirm/",
    "/s/",
    "/c/",
    "/hooks/",
)  # no script of a page calls these
REGENERATE = "run `python -m kizuna.apidocs` and commit docs/"


def every(part: Any, name: str) -> Iterator[Any]:
    """The values of a key, wherever it stands."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == name:
                yield value
            yield from every(value, name)
    elif isinstance(part, list):
        for value in part:
            yield from every(value, name)


def concrete(path: str) -> str:
    return re.sub(r"\{[a-z]+\}", "some", path)


def test_the_committed_files_are_those_that_the_code_describes() -> None:
    files = generated_files()
    committed = {
        str(path.relative_to(ROOT / "docs"))
        for path in (ROOT / "docs" / "openapi.json", *(ROOT / "docs" / "schemas").glob("*.json"))
    }
    assert committed == set(files), REGENERATE
    for name, text in files.items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, f"docs/{name} is old: {REGENERATE}"


def test_the_document_has_the_structure_of_openapi_3_1() -> None:
    assert problems(contract(), DOCUMENT, DOCUMENT) == []


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    references = {each for each in every(contract(), "$ref") if isinstance(each, str)}
    for reference in references:
        resolved(reference, contract())
    named = {
        f"#/components/{room}/{name}"
        for room, parts in contract()["components"].items()
        for name in parts
        if room != "securitySchemes"
    }
    assert references == named


def test_schemas_use_only_keywords_that_are_checked() -> None:
    inline = [schema for schema in every(contract()["paths"], "schema") if isinstance(schema, dict)]
    for schema in (*contract()["components"]["schemas"].values(), *inline):
        assert unknown_keywords(schema) == set()


def test_operations_have_names_of_their_own_known_tags_and_known_security() -> None:
    ids = [found["operationId"] for _, _, found in operations()]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in contract()["tags"]}
    assert {found["tags"][0] for _, _, found in operations()} == tags
    schemes = set(contract()["components"]["securitySchemes"])
    assert {name for _, _, found in operations() for each in found["security"] for name in each} == schemes


def test_the_variables_of_a_path_are_its_parameters() -> None:
    for _, path, found in operations():
        parameters = [followed(each) for each in found.get("parameters", ())]
        variables = [each["name"] for each in parameters if each["in"] == "path"]
        assert variables == re.findall(r"\{([a-z]+)\}", path), path


# ── complete ────────────────────────────────────────────────────────────────────────────────────


def test_every_route_is_described_and_nothing_that_has_no_route() -> None:
    described = set()
    for method, path, found in operations():
        for url in (path, path + "/") if found.get("x-trailing-slash") else (path,):
            route = find_route(method.upper(), concrete(url))
            assert route is not None, f"{method} {url} leads nowhere"
            described.add(route)
    assert described == set(ROUTES)


def test_a_route_behind_the_authorizer_is_described_so_and_no_other_is() -> None:
    for method, path, found in operations():
        route = find_route(method.upper(), concrete(path))
        assert route is not None
        managed = found["security"] == [{"managementToken": []}]
        assert managed == (route.auth == "jwt"), path


def test_every_call_that_collect_knows_is_described() -> None:
    known = {"/" + "/".join(segments) for segments in routes._EVENT_CALLS}
    assert known <= set(contract()["paths"])
    for method, path, found in operations():
        if found["tags"][0] in ("Events", "Events, in the paths of browser SDKs", "Start of browser SDKs"):
            call = routes.route(HttpRequest(method.upper(), concrete(path)))
            assert not isinstance(call, Rejected), f"{method} {path}"
            assert isinstance(call, routes.Preflight) == (method == "options")


def test_every_path_that_pages_call_answers_a_preflight() -> None:
    for path, item in contract()["paths"].items():
        assert ("options" in item) == (not path.startswith(NOT_BY_PAGES)), path


@pytest.mark.parametrize("status", ["429", "500"])
def test_what_may_always_happen_is_said_everywhere(status: str) -> None:
    assert all(status in found["responses"] for _, _, found in operations())


# ── fit to be read by anybody ───────────────────────────────────────────────────────────────────


def test_nobody_in_the_document_is_real() -> None:
    text = json.dumps(contract(), ensure_ascii=False)
    hosts = set(re.findall(r"[\w.+-]+@([\w.-]+\.\w+)", text))
    assert hosts == {"example.com"}
    assert set(re.findall(r"https?://([\w.-]+)", text)) <= {"shop.example", "127.0.0.1"}


def test_what_is_deployed_never_reads_its_own_description() -> None:
    deployed = [
        ROOT / "functions",
        *(ROOT / "shared" / "kizuna" / room for room in ("core", "usecases", "adapters", "runtime")),
    ]
    for folder in deployed:
        for path in folder.rglob("*.py"):
            assert "kizuna.apidocs" not in path.read_text(encoding="utf-8"), path


def test_a_workspace_without_a_brand_has_no_page_to_show() -> None:
    nothing = {
        key: dict(value) for key, value in sample_documents().items() if key[0] in ("policy", "source")
    }
    del nothing["policy", "policy"]["canary"]  # which has a campaign
    with running_shop(documents=nothing) as empty:
        reply = empty.call("GET", "/u/v1.a.b.c")
        assert declared(reply, "get", "/u/{token}") == "Not found"
        assert reply.status == 404
