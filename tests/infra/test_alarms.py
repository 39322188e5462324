"""Whoever is woken by an alarm finds its line in docs/runbook.md, and the line has an alarm."""

from __future__ import annotations

import re

import pytest

from kizuna.topology import FUNCTIONS, QUEUES
from tests.docs.reading import codes, links, page, rows, section
from tests.infra.reading import Reader

pytest.importorskip("aws_cdk")

_STACK = "Kizuna-test-"


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


FAMILIES = {
    "<Queue>": [camel(spec.name.value) for spec in QUEUES if spec.consumer],
    "<Function>": [camel(spec.name.value) for spec in FUNCTIONS],
}


def lines() -> dict[str, list[str]]:
    """The table of the runbook: what it says of each alarm, a line for a whole family read as one for each."""
    said: dict[str, list[str]] = {}
    for name, *cells in rows(section(page("docs/runbook.md"), "## When an alarm rings")):
        (told,) = codes(name)
        family = next((each for each in FAMILIES if each in told), None)
        for member in FAMILIES[family] if family else [""]:
            one = told.replace(family, member) if family else told
            assert one not in said, f"two lines for {one}"
            said[one] = cells
    return said


def alarms(reader: Reader) -> dict[str, str]:
    """The text of each alarm, by the name by which it is told."""
    return {
        alarm["AlarmName"]: alarm["AlarmDescription"]
        for alarm in reader.properties("AWS::CloudWatch::Alarm").values()
    }


def test_every_alarm_has_its_line_in_the_runbook_and_every_line_its_alarm(everything: Reader) -> None:
    assert {name.removeprefix(_STACK) for name in alarms(everything)} == set(lines())


def test_an_alarm_is_called_by_its_stack_so_that_two_stages_can_be_told_apart(everything: Reader) -> None:
    assert all(name.startswith(_STACK) for name in alarms(everything))


def test_the_text_of_an_alarm_names_the_line_to_read(everything: Reader) -> None:
    for name, told in alarms(everything).items():
        assert told.endswith(f" See docs/runbook.md: {name.removeprefix(_STACK)}."), name


def test_a_line_says_what_it_means_where_to_look_what_to_do_and_when_it_is_over() -> None:
    for name, cells in lines().items():
        means, look, do, over = cells
        assert means, name
        assert look, name
        assert links(do), f"{name}: where is written what to do?"
        assert over, name


def test_the_page_of_costs_counts_the_alarms_that_there_are(everything: Reader) -> None:
    found = re.search(r"\| (\d+) alarms \|", page("docs/costs.md"))
    assert found is not None
    assert int(found[1]) == len(alarms(everything))
