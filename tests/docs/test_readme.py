"""README.md: the picture, the demo's output, the requests it shows and the folders it lists."""

from __future__ import annotations

import json
import re
import shlex
from urllib.parse import urlsplit

import pytest

from kizuna.cli import serve
from kizuna.core.messages import State
from kizuna.core.reasons import OtherReason, Reason
from kizuna.core.rfm.scores import NAMES
from kizuna.local.gateway import find_route
from kizuna.topology import Function
from tests.docs.demo_output import play, shown, told
from tests.docs.reading import ROOT, blocks, commands, page, section
from tests.support.clouds import running_shop

README = "README.md"


def test_the_picture_has_every_function() -> None:
    picture = blocks(section(page(README), "## The path of the data"))[0].text
    missing = [name for name in Function if not re.search(rf"\b{name.value}\b", picture)]
    assert not missing


def test_the_output_shown_holds_its_own_sums() -> None:
    states = told(shown()).states
    assert set(State) <= set(states)
    for channel, intended in enumerate(states["= intended"]):
        assert sum(states[state][channel] for state in State) == intended
    withheld = told(shown()).withheld
    assert set(withheld) <= {*Reason, *OtherReason}
    assert sum(withheld.values()) == sum(states[State.DENIED])


def test_the_output_shown_ends_well_and_tells_both_languages() -> None:
    output = told(shown())
    assert output.verdict.startswith("✓ every intended message is in exactly one state")
    assert "was sent" in output.sentences
    assert "送信しました" in output.sentences
    assert all(channel in output.shape for channel in ("email", "sms", "push"))  # on which the shop speaks


def test_the_output_shown_has_everybody_who_is_scored_in_one_bucket() -> None:
    scored = re.search(r"RFM orders: (\d+) of", shown())
    assert scored is not None
    buckets = told(shown()).rfm
    assert set(buckets) == set(NAMES["en"].values())
    assert sum(buckets.values()) == int(scored[1])


@pytest.mark.slow
def test_the_demo_still_says_what_is_shown() -> None:
    """To write the new output into the README: python -m tests.docs.demo_output"""
    was, now = told(shown()), told(play())
    assert now.opening == was.opening
    assert re.sub(r"# [A-Z]+(, )?", "", now.shape) == re.sub(r"# [A-Z]+(, )?", "", was.shape)
    assert now.states["= intended"] == was.states["= intended"]
    assert set(now.withheld) == set(was.withheld)
    assert sum(now.rfm.values()) == sum(was.rfm.values())
    assert now.verdict == was.verdict


def test_the_requests_shown_are_answered_as_told() -> None:
    calls = [
        shlex.split(command)
        for command, _ in commands(page(README))
        if command.startswith("curl -u wk_test:")
    ]
    assert calls
    with running_shop() as shop:
        for *_, url, _, body in calls:
            assert shop.post(urlsplit(url).path, json.loads(body)).status == 200
        shop.settle()
        (message,) = shop.messages("ada")
        assert (message.channel, message.state) == ("sms", State.SENT)


def test_the_paths_shown_are_routes() -> None:
    shown_paths = re.findall(r"http://127\.0\.0\.1:8080(/[a-z0-9/]+)", page(README))
    assert shown_paths
    assert [path for path in shown_paths if find_route("POST", path) is None] == []


def test_the_ports_and_the_key_shown_are_those_of_make_serve() -> None:
    assert (serve.serve.__defaults__ or ())[:2] == (8080, 8025)
    assert "wk_test" in serve._KNOWN_KEYS


def test_the_folders_listed_exist() -> None:
    tree = blocks(section(page(README), "## What is where"))[0].text
    first, *lines = tree.splitlines()
    for pattern in first.split():
        assert list(ROOT.glob(pattern)), pattern
    parents: list[str] = []
    for line in lines:
        depth = (len(line) - len(line.lstrip())) // 2
        name = line.split()[0]
        parents = [*parents[:depth], name]
        assert (ROOT / "".join(parents)).exists(), line


def test_what_it_costs_is_what_the_costs_page_adds_up_to() -> None:
    costs = section(page(README), "## What it costs")
    added_up = set(re.findall(r"\*\*about \$([\d.]+)\*\*", page("docs/costs.md")))
    said = set(re.findall(r"about \$(\d+(?:\.\d+)?)", costs))
    assert {f"{float(each):g}" for each in said} == {f"{float(each):g}" for each in added_up}
    assert "modelled, not measured on AWS" in costs
