"""Calls made of the published document, well-formed and spoilt: no 5xx, and nothing is taken that breaks a schema.

Every operation of `docs/openapi.json` takes part, with ids that exist and others, values that fit and others, and
every kind of credential. `KIZUNA_EXAMPLES=20000` is the size of the long run (S2).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kizuna.core.links import LinkScope, Preferences, Survey, Unsubscribe, Visit, issue
from tests.support.clouds import JSON, Shop, basic, running_shop
from tests.support.contract import MANAGER, contract, declared, followed, operations
from tests.support.json_schemas import is_valid
from tests.support.json_values import ANYTHING, TEXTS, changed, fitting

PEOPLE = ("ada", "grace", "joan")
EXAMPLES = int(os.environ.get("KIZUNA_EXAMPLES", "150"))
FORM = {"content-type": "application/x-www-form-urlencoded"}
# What a batch holds is judged event by event, and those that do not fit are set apart: the batch itself is taken.
BATCHES = ("/v1/batch", "/v1/b", "/beacon/v1/batch")
JUNK = TEXTS | st.sampled_from(
    [
        "",
        "-",
        "..",
        "%00",
        "#",
        "a/b",
        "*",
        "null",
        "\u202e",
        "é",
        "x" * 600,
        "p" + "0" * 26,
        "-1",
        "1e9",
        "0000100000",
    ]
)
SCOPES: tuple[LinkScope, ...] = (Unsubscribe("new-releases", "email"), Preferences(), Visit(), Survey("nps"))

Operation = tuple[str, str, Mapping[str, Any]]
OPERATIONS: list[Operation] = [each for each in operations() if each[0] != "options"]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    claims = {
        MANAGER: {"sub": "manager", "cognito:groups": "[viewer author approver privacy staff]"},
        "viewer": {"sub": "somebody", "cognito:groups": "[viewer]"},
        "nobody": {"sub": "nobody"},
    }
    with running_shop(authorizer=claims.get) as made:
        for user in PEOPLE:
            made.greet(user)
        yield made


@pytest.fixture(scope="module")
def known(shop: Shop) -> dict[str, list[str]]:
    return real(shop)


def real(shop: Shop) -> dict[str, list[str]]:
    """Ids that exist, by the name of the parameter that they fill. Who is erased by a call is not Ada."""
    catalog = shop.wired.catalog.current()
    message = shop.messages(PEOPLE[1])[0]
    keys = shop.wired.secrets.link_keys()
    tokens = [
        issue(send_ref=message.id, scope=scope, issued_at=shop.now, nonce=bytes(16), keys=keys)
        for scope in SCOPES
    ]
    return {
        "person": [*PEOPLE, message.person],
        "erased": [PEOPLE[2]],
        "userId": list(PEOPLE),
        "campaign": sorted(catalog.campaigns),
        "run": [message.run],
        "journey": sorted(catalog.journeys),
        "segment": sorted(segment.id for segment in catalog.segments),
        "list": sorted(catalog.lists),
        "template": sorted(catalog.templates),
        "placement": sorted(catalog.placements),
        "token": tokens,
        "account": ["main"],
        "key": [shop.keys.client],
        "call": ["track", "identify"],
        "day": ["2026-11-22"],
        "since": ["2026-11-01"],
        "until": ["2026-11-30"],
    }


def text_for(name: str, schema: Mapping[str, Any], known: Mapping[str, list[str]]) -> st.SearchStrategy[str]:
    choices = [JUNK]
    if known.get(name):
        choices += [st.sampled_from(known[name])] * 3
    if schema.keys() & {"enum", "pattern", "minimum", "maxLength"} or schema.get("type") in (
        "integer",
        "boolean",
    ):
        choices.append(fitting(schema, contract()).map(as_text))
    return st.one_of(choices)


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def fits(text: str, schema: Mapping[str, Any]) -> bool:
    """Whether a parameter's text is of its schema; numbers and truth are told as text there."""
    match schema.get("type"):
        case "integer":
            return re.fullmatch(r"-?\d+", text) is not None and is_valid(int(text), schema, contract())
        case "boolean":
            return text in ("true", "false")
        case _:
            return is_valid(text, schema, contract())


Call = tuple[Operation, str, dict[str, str], Any, str]


@st.composite
def calls(draw: st.DrawFn, known: Mapping[str, list[str]]) -> Call:
    """An operation, its path, its query, its body and who asks."""
    method, path, found = draw(st.sampled_from(OPERATIONS))
    where, query = path, {}
    for parameter in map(followed, found.get("parameters", ())):
        name, schema = parameter["name"], parameter["schema"]
        if parameter["in"] == "path":
            text = draw(text_for("erased" if path.endswith("/erasure") else name, schema, known))
            encoded = quote(text.encode("utf-8", "surrogatepass"), safe="")
            where = where.replace("{" + name + "}", encoded or "-")
        elif parameter["in"] == "query" and draw(st.booleans()):
            query[name] = draw(text_for(name, schema, known))
    body = None
    if "requestBody" in found:
        (media,) = found["requestBody"]["content"].values()
        values = BODIES.setdefault(json.dumps(media["schema"]), fitting(media["schema"], contract()))
        body = draw(st.one_of(values, changed(values), changed(changed(values)), ANYTHING))
        if isinstance(body, dict) and "userId" in body and draw(st.booleans()):
            body = body | {"userId": PEOPLE[0]}
    return (method, path, found), where, query, body, draw(st.sampled_from(WHO))


BODIES: dict[str, st.SearchStrategy[Any]] = {}
WHO = ("right", "right", "right", "right", "less", "wrong", "none")


def headers_of(shop: Shop, path: str, who: str) -> dict[str, str]:
    if who == "none":
        return {}
    if path.startswith("/admin"):
        return {"authorization": "Bearer " + {"right": MANAGER, "less": "viewer", "wrong": "nobody"}[who]}
    key = {"right": shop.keys.server, "less": shop.keys.client, "wrong": "kzs_unknown"}[who]
    if path.startswith(("/v1/decide", "/v1/inbox")):
        key = shop.keys.client if who == "right" else key
        return {"authorization": basic(key), "x-identity-token": shop.identity_token(PEOPLE[0])}
    return {"authorization": basic(key)}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_call_breaks_us_and_none_is_taken_that_breaks_its_schema(
    shop: Shop, known: dict[str, list[str]], data: st.DataObject
) -> None:
    (method, path, found), where, query, body, who = data.draw(calls(known))
    form = body is not None and "application/json" not in found["requestBody"]["content"]
    raw = json.dumps(body).encode() if body is not None else b""
    if form:
        raw = urlencode(body if isinstance(body, dict) else {}, errors="surrogatepass").encode()
    headers = {**(FORM if form else JSON), **headers_of(shop, path, who)}
    reply = shop.call(
        method.upper(), where, body=raw, headers=headers, query=urlencode(query, errors="surrogatepass")
    )
    assert reply.status < 500, (where, query, body)
    if reply.status not in (401, 404):  # the gateway's own answers, and paths that are none
        declared(reply, method, path)
    if reply.status >= 300 or path in BATCHES:
        return
    for parameter in map(followed, found.get("parameters", ())):
        if parameter["in"] == "query" and query.get(parameter["name"]):
            name = parameter["name"]
            assert fits(query[name], parameter["schema"]), f"{name}={query[name]!r} was taken"
    if body is not None and not form:
        (media,) = found["requestBody"]["content"].values()
        assert is_valid(body, media["schema"], contract()), f"{body!r} was taken"
