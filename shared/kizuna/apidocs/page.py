"""The API on one page for people: every call with its parameters, body, replies and a line for a shell.

Self-contained and without script; a line of Japanese wherever somebody reads who does not program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from kizuna.apidocs.curl import curl
from kizuna.apidocs.page_shapes import fields, inline, paragraphs, shape, type_of
from kizuna.apidocs.page_style import STYLE

Document = Mapping[str, Any]


def page(document: Document) -> str:
    """The whole page. Takes the document alone, so that what it shows is what is published."""
    info = document["info"]
    sections = "".join(_section(tag, document) for tag in document["tags"])
    shapes = "".join(shape(name, schema) for name, schema in document["components"]["schemas"].items())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(info['title'])} API</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<div class="frame">\n<nav aria-label="Contents">{_contents(document)}</nav>\n<main>\n'
        f"<h1>{escape(info['title'])} 絆</h1>\n<p class=soft>{inline(info['summary'])}</p>\n"
        f'<p class="ja" lang="ja">{escape(info["x-description-ja"])}</p>\n{paragraphs(info["description"])}\n'
        f"<pre><code>BASE={escape(_base(document))}   # of make serve; in AWS the API's own address</code></pre>\n"
        f"{sections}\n{_keys(document)}\n"
        '<h2 id="shapes">Shapes</h2>\n<p class="ja" lang="ja">データの形の一覧です。</p>\n'
        f"{shapes}\n</main>\n</div>\n</body>\n</html>\n"
    )


def _base(document: Document) -> str:
    base: str = document["servers"][0]["variables"]["base"]["default"]
    return base


def _calls(document: Document, tag: str) -> list[tuple[str, str, Mapping[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if operation["tags"] == [tag]
    ]


def _contents(document: Document) -> str:
    listed = ""
    for tag in document["tags"]:
        items = "".join(
            f'<li><a href="#{escape(operation["operationId"])}">'
            f'<span class="{method}">{method.upper()}</span><b>{_breakable(path)}</b></a></li>'
            for method, path, operation in _calls(document, tag["name"])
            if method != "options"
        )
        listed += f"<p>{escape(tag['name'])}</p><ol>{items}</ol>"
    return listed + '<p><a href="#keys">Keys and tokens</a></p><p><a href="#shapes">Shapes</a></p>'


def _breakable(path: str) -> str:
    """A path that may go on in the next line after a slash."""
    return escape(path).replace("/", "/<wbr>")


def _section(tag: Mapping[str, str], document: Document) -> str:
    calls = _calls(document, tag["name"])
    cards = {
        asked: "".join(_call(*call, document) for call in calls if (call[0] == "options") is asked)
        for asked in (False, True)
    }
    # What a browser asks before a call stands below the calls, together: nobody writes it by hand.
    preflights = (
        "<details class=more><summary>OPTIONS on each of these paths: a browser asks before it calls"
        f"</summary>{cards[True]}</details>"
        if cards[True]
        else ""
    )
    return (
        f"<h2>{escape(tag['name'])}</h2>\n<p>{inline(tag['description'])}</p>\n"
        f'<p class="ja" lang="ja">{escape(tag["x-description-ja"])}</p>\n{cards[False]}{preflights}'
    )


def _call(method: str, path: str, operation: Mapping[str, Any], document: Document) -> str:
    parameters = [_followed(each, document) for each in operation.get("parameters", ())]
    return (
        f'<details class="call" id="{escape(operation["operationId"])}">\n<summary>'
        f'<span class="verb {method}">{method}</span><code class="path">{escape(path)}</code>'
        f'<span class="what">{inline(operation["summary"])}'
        f'<span class="ja" lang="ja">{escape(operation["x-summary-ja"])}</span></span></summary>\n'
        f'<div class="body">{_notes(operation)}{_security(operation)}{_parameters(parameters)}'
        f"{_request(operation.get('requestBody'), document)}"
        f"<h3>For a shell</h3><pre><code>{escape(curl(method, path, operation, parameters))}</code></pre>"
        f"{_replies(operation, document)}</div>\n</details>\n"
    )


def _notes(operation: Mapping[str, Any]) -> str:
    notes = paragraphs(operation.get("description", ""))
    if "x-same-as" in operation:
        notes += f"<p>The same as <code>{escape(operation['x-same-as'])}</code>.</p>"
    if operation.get("x-trailing-slash"):
        notes += "<p class=soft>Taken with a slash at the end, too.</p>"
    return notes


def _security(operation: Mapping[str, Any]) -> str:
    """`one of these and that`: what every way asks for is said once."""
    ways = [list(each) for each in operation["security"]]
    always = [name for name in (ways[0] if ways else ()) if all(name in each for each in ways)]
    choice = [name for each in ways for name in each if name not in always]
    told = [f"one of {', '.join(map(_named, choice))}"] if choice else []
    told += [_named(name) for name in always]
    needs = " and ".join(told) or "no key"
    return f'<p class=soft>Needs {needs} (see <a href="#keys">keys and tokens</a>).</p>'


def _named(name: str) -> str:
    return f"<code>{escape(name)}</code>"


def _parameters(parameters: list[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><th><code>{escape(each['name'])}</code></th><td>{escape(each['in'])}</td>"
        f"<td>{type_of(each['schema'])}</td><td>{inline(each['description'])}</td></tr>"
        for each in parameters
    )
    return f"<h3>Parameters</h3><div class=wide><table>{rows}</table></div>" if rows else ""


def _request(body: Mapping[str, Any] | None, document: Document) -> str:
    if body is None:
        return ""
    told = f"<h3>Body</h3>{paragraphs(body.get('description', ''))}"
    for media, content in body["content"].items():
        schema = content["schema"]
        own = fields(_followed(schema, document))
        named = f": {type_of(schema)}" if "$ref" in schema or not own else ""
        told += f"<p><code>{escape(media)}</code>{named}</p>"
        if own:
            told += f"<details class=more><summary>Fields</summary>{own}</details>"
        told += _examples(content)
    return told


def _replies(operation: Mapping[str, Any], document: Document) -> str:
    rows = ""
    for status, each in operation["responses"].items():
        reply = _followed(each, document)
        shown = "".join(
            f"<p><code>{escape(media)}</code>: {type_of(content['schema'])}</p>{_answers(content)}"
            for media, content in reply.get("content", {}).items()  # 304 has none
        )
        headers = "".join(
            f"<p class=soft>Header <code>{escape(name)}</code></p>" for name in reply.get("headers", ())
        )
        rows += (
            f'<tr><th class="status">{escape(status)}</th>'
            f"<td><p>{inline(reply['description'])}</p>{shown}{headers}</td></tr>"
        )
    return f"<h3>Replies</h3><div class=wide><table>{rows}</table></div>"


def _answers(content: Mapping[str, Any]) -> str:
    """Codes in one line each; anything larger behind a click."""
    told = ""
    for name, example in content.get("examples", {}).items():
        value = example["value"]
        if isinstance(value, dict) and set(value) == {"code", "message"}:
            told += f"<p><code>{escape(name)}</code> <span class=soft>{escape(value['message'])}</span></p>"
        else:
            told += f"<details class=more><summary>{escape(name)}</summary>{_code(value)}</details>"
    return told


def _examples(content: Mapping[str, Any]) -> str:
    return "".join(_code(example["value"]) for example in content.get("examples", {}).values())


def _code(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f"<pre><code>{escape(text)}</code></pre>"


def _keys(document: Document) -> str:
    rows = "".join(
        f"<tr><th><code>{escape(name)}</code></th><td>{_how(scheme)}</td>"
        f"<td>{inline(scheme['description'])}</td></tr>"
        for name, scheme in document["components"]["securitySchemes"].items()
    )
    return (
        '<h2 id="keys">Keys and tokens</h2>\n<p class="ja" lang="ja">キーとトークンの送り方です。</p>\n'
        f'<div class="shape wide"><table>{rows}</table></div>'
    )


def _how(scheme: Mapping[str, str]) -> str:
    if scheme["type"] == "http":
        return f"<code>Authorization: {escape(scheme['scheme'].title())}</code>"
    where = "?" if scheme["in"] == "query" else ""
    sign = "=" if scheme["in"] == "query" else ":"
    return f"<code>{where}{escape(scheme['name'])}{sign}</code>"


def _followed(part: Mapping[str, Any], document: Document) -> Mapping[str, Any]:
    """What a reference within the document leads to."""
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    followed: Mapping[str, Any] = found
    return followed
