"""The API page: whole, without anything from elsewhere, and every line for a shell does what it shows."""

from __future__ import annotations

import re
import shlex
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kizuna.apidocs.curl import curl
from kizuna.apidocs.page import page
from kizuna.apidocs.page_shapes import inline
from kizuna.local.gateway import find_route
from tests.support.clouds import Shop, basic
from tests.support.contract import MANAGER, contract, declared, followed, operations

_EMPTY = frozenset({"meta", "br", "wbr"})


class Reader(HTMLParser):
    """Reads a page strictly: what is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        known = dict(attrs)
        self.attributes |= known.keys()
        self.ids += [known["id"] or ""] if "id" in known else []
        self.links += [known["href"] or ""] if "href" in known else []
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def text() -> str:
    return page(contract())


@pytest.fixture(scope="module")
def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    return reader


def test_the_page_is_well_formed_and_its_links_lead_somewhere_on_it(read: Reader) -> None:
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))
    assert all(link.startswith("#") for link in read.links)
    assert {link[1:] for link in read.links} <= set(read.ids)


def test_the_page_loads_nothing_and_runs_nothing(text: str, read: Reader) -> None:
    assert not read.tags & {"script", "link", "img", "iframe", "object", "form"}
    assert not {"src", "style", "action"} & read.attributes
    assert not [name for name in read.attributes if name.startswith("on")]
    assert "@import" not in text
    assert "url(" not in text


def test_every_call_stands_on_the_page_with_its_summaries_replies_and_a_line_for_a_shell(text: str) -> None:
    for method, path, found in operations():
        card = text[text.index(f'id="{found["operationId"]}"') :].partition("</details>\n")[0]
        assert f'<code class="path">{path}</code>' in card
        shown = unescape(re.sub(r"<[^>]+>", "", card))
        assert found["summary"].replace("`", "") in shown
        assert found["x-summary-ja"] in shown
        for status, reply in found["responses"].items():
            assert f'<th class="status">{status}</th>' in card
            for content in list(followed(reply).get("content", {}).values())[:1]:
                assert [code for code in content.get("examples", {}) if code not in shown] == []
        for parameter in found.get("parameters", ()):
            assert followed(parameter)["name"] in shown
        assert command(method, path, found) in shown


def test_every_shape_stands_on_the_page(read: Reader) -> None:
    assert {f"shape-{name}" for name in contract()["components"]["schemas"]} <= set(read.ids)


def test_a_marketer_finds_japanese_at_every_section(text: str) -> None:
    assert all(tag["x-description-ja"] in text for tag in contract()["tags"])


def test_text_is_never_markup() -> None:
    assert inline("a <b> & `<i>` **so** *is* it") == (
        "a &lt;b&gt; &amp; <code>&lt;i&gt;</code> <strong>so</strong> <em>is</em> it"
    )


# Who asks these proves who they are, with a token for the source of a client's key.
PROVEN = ("/v1/decide", "/v1/inbox")


def command(method: str, path: str, found: dict[str, Any]) -> str:
    return curl(method, path, found, [followed(each) for each in found.get("parameters", ())])


# What the local cloud answers to the examples, by the first pattern that fits; to all others 200.
ANSWERS: list[tuple[str, tuple[int, ...]]] = [
    (r"/approve$|/runs/{run}/resume$|/brakes/release$", (403,)),  # for the role `approver`
    (r"/admin/campaigns/.*/send$", (409,)),  # the sample workspace has no campaign that is asked for
    (r"/attribution$", (404,)),  # this cloud keeps no lake
    (r"}/preview$|/proofs/{proof}$", (404,)),  # nor does it know such people or such proofs
    (r"/proof$", (422,)),  # the sample policy names no colleagues
    (r"post /admin/journeys/.*/pause$", (202,)),  # to stand still takes a moment
    (r"post /admin/journeys/", (409,)),  # the journey of the examples is no journey by call, and not paused
    (r" /(u|preferences|confirm|s|c)/", (400,)),  # a token that somebody made up opens nothing
    (r" /hooks/", (404,)),  # nobody signed up with this messenger
    (r" /admin/tasks/", (403,)),  # tasks are for the role `staff`
    (r"post .*/members$", (202,)),
    (r" /admin/people", (200, 202, 404)),
]


@pytest.mark.parametrize(
    ("method", "path", "found"), [pytest.param(*each, id=f"{each[0]} {each[1]}") for each in operations()]
)
def test_a_line_for_a_shell_makes_the_call_it_stands_at(
    shop: Shop, method: str, path: str, found: dict[str, Any]
) -> None:
    shell = {
        "$BASE": "",
        "$WRITE_KEY": shop.keys.client if path.startswith(PROVEN) else shop.keys.server,
        "$IDENTITY_TOKEN": shop.identity_token("ada"),
        "$TOKEN": MANAGER,
    }
    line = command(method, path, found).replace("\\\n", "")
    for variable, value in shell.items():
        line = line.replace(variable, value)
    _, url, *options = shlex.split(line)
    headers: dict[str, str] = {}
    data, verb = b"", ""
    for option, value in zip(options[::2], options[1::2], strict=True):
        match option:
            case "-u":
                headers["authorization"] = basic(value.removesuffix(":"))
            case "-H":
                name, _, told = value.partition(": ")
                headers[name.lower()] = told
            case "-d":
                data = value.encode()
                headers.setdefault("content-type", "application/x-www-form-urlencoded")
            case "-X":
                verb = value
    parts = urlsplit(url)
    verb = verb or ("POST" if data else "GET")
    assert verb == method.upper()
    assert find_route(verb, parts.path) is not None
    assert parse_qs(parts.query) or not parts.query
    reply = shop.call(verb, parts.path, query=parts.query, body=data, headers=headers)
    declared(reply, method, path)
    expected = next(
        (statuses for pattern, statuses in ANSWERS if re.search(pattern, f"{method} {path}")), (200,)
    )
    assert reply.status in expected
