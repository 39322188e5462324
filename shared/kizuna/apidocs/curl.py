"""A line for a shell that makes one call of the document, with its own example."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from kizuna.apidocs.operations import FORM, JSON

_KEYS: Mapping[str, str] = {
    "writeKeyBasic": '-u "$WRITE_KEY:"',
    "identityToken": '-H "X-Identity-Token: $IDENTITY_TOKEN"',
    "managementToken": '-H "Authorization: Bearer $TOKEN"',
}


def curl(method: str, path: str, operation: Mapping[str, Any], parameters: list[Mapping[str, Any]]) -> str:
    """The command, over several lines where it is long. `parameters` are the operation's own, followed."""
    url, query = path, {}
    for parameter in parameters:
        if parameter["in"] == "path":
            url = url.replace(f"{{{parameter['name']}}}", quote(str(parameter["example"]), safe=":"))
        elif parameter["in"] == "query" and "example" in parameter:
            query[parameter["name"]] = parameter["example"]
    parts = [f'"$BASE{url}{"?" + urlencode(query) if query else ""}"']
    if operation["security"] and "beacon" in path:  # which can set no header
        parts = [f'"$BASE{url}?writeKey=$WRITE_KEY"']
    elif operation["security"]:
        parts += [_KEYS[name] for name in operation["security"][0]]
    if method == "options":
        parts += ["-X OPTIONS", "-H 'Origin: https://shop.example'"]
    body = _body(operation.get("requestBody", {}).get("content", {}))
    if method == "post" and not body:
        parts.append("-X POST")
    parts += body
    line = " ".join(["curl", *parts])
    return line if len(line) <= 90 else "curl " + " \\\n  ".join(parts)


def _body(content: Mapping[str, Any]) -> list[str]:
    for media, body in content.items():
        example = next(iter(body["examples"].values()))["value"]
        if media == JSON:
            text = json.dumps(example, ensure_ascii=False)
            return ["-H 'Content-Type: application/json'", f"-d {shlex.quote(text)}"]
        if media == FORM:
            return [f"-d {shlex.quote(urlencode(example, doseq=True))}"]
    return []
