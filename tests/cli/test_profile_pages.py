"""`kizuna profile show` and `brief`: complete as JSON, readable as text, and no name is read as markup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from kizuna.cli.context import Place
from kizuna.cli.main import app
from kizuna.runtime.wiring import installed
from tests.support.clouds import Shop, running_shop

MARKUP = "[bold]Ada[/bold] [/] Lovelace"


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        running.greet("ada")
        running.send(
            {
                "type": "identify",
                "userId": "ada",
                "traits": {"name": MARKUP, "phone": "07700 900123", "country": "GB", "language": "en"},
            }
        )
        running.send({"type": "track", "anonymousId": "ada2", "event": "Seen"}, key=running.keys.client)
        running.send({"type": "identify", "userId": "ada2", "traits": {"country": "GB"}})
        running.settle()
        yield running


def run(shop: Shop, *words: str, code: int = 0) -> str:
    with installed(shop.wired):
        done = CliRunner().invoke(app, list(words), obj=Place(installed=True), env={"COLUMNS": "120"})
    assert done.exit_code == code, done.output
    return done.output


def told(shop: Shop, *words: str) -> Any:
    return json.loads(run(shop, "--json", *words))


def test_the_view_is_a_page_of_panels_with_the_brief_on_top(shop: Shop) -> None:
    page = run(shop, "profile", "show", "ada")
    titles = [
        "Identities",
        "Traits",
        "Addresses, and what the gate would let through now",
        "Messages",
        "Events",
    ]
    assert [page.index(title) for title in titles] == sorted(page.index(title) for title in titles)
    assert page.index("Don't") < page.index("Identities")
    assert "told as 07700 900123" in page
    assert "may be sent by email now" in page


def test_what_people_call_themselves_is_shown_and_not_obeyed(shop: Shop) -> None:
    assert MARKUP in run(shop, "profile", "show", "ada")
    assert MARKUP in run(shop, "profile", "brief", "ada")


def test_a_brief_is_told_in_either_language(shop: Shop) -> None:
    assert "Speaks English." in run(shop, "profile", "brief", "ada")
    assert "言語は英語" in run(shop, "profile", "brief", "ada", "--language", "ja")


def test_as_json_it_is_what_the_api_answers(shop: Shop) -> None:
    view = told(shop, "profile", "show", "07700 900123", "--country", "GB", "--events", "2")
    assert view["id"] == shop.person("ada").id
    assert len(view["timeline"]["events"]) == 2
    assert view["timeline"]["next"]
    assert told(shop, "profile", "brief", "email:ADA@people.example") == view["brief"]


def test_nobody_and_several_people_end_the_command(shop: Shop) -> None:
    assert "nobody is known" in run(shop, "profile", "show", "nobody", code=1)
    several = " ".join(run(shop, "profile", "brief", "ada2", code=1).split())
    assert "user_id of" in several
    assert "anonymous_id of" in several


def test_the_lists_that_somebody_is_on_are_shown_with_who_put_them_there(shop: Shop) -> None:
    assert told(shop, "profile", "show", "ada")["lists"] == []
    run(shop, "list", "add", "staff", "ada", "--by", "mia")
    shop.settle()
    [listed] = told(shop, "profile", "show", "ada")["lists"]
    assert (listed["id"], listed["by"]) == ("staff", "mia")
    page = run(shop, "profile", "show", "ada")
    assert "Lists" in page
    assert "by mia" in page
    run(shop, "list", "remove", "staff", "ada")
    assert told(shop, "profile", "show", "ada")["lists"] == []
