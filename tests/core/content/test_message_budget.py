"""The work of one message is bounded as a whole, whatever lists and nested values a person brings along."""

from __future__ import annotations

import time
from typing import Any

import pytest

from kizuna.core.content.errors import BudgetExceeded
from kizuna.core.content.rendering import RenderedPush, render
from tests.support.content import a_context, a_push, a_transactional

NUMBERS = list(range(2_000))
ROWS = [{"k": number, "v": "x" * 100} for number in range(500)]
DEEP = {"a": {"b": [[["z" * 200] * 7] * 7] * 7}}
TRAITS: dict[str, Any] = {"numbers": NUMBERS, "rows": ROWS, "deep": DEEP}

ROUND = "{{% for i in (1..1000) %}}{}{{% endfor %}}"
WORK = {
    "sorting": "{% assign x = person.traits.numbers | sort %}",
    "adding up": "{% assign x = person.traits.numbers | sum %}",
    "turning round": "{% assign x = person.traits.numbers | reverse %}",
    "picking out": "{% assign x = person.traits.rows | where: 'k', 5 %}",
    "plucking": "{% assign x = person.traits.rows | map: 'k' %}",
    "writing out a list": "{% capture x %}{{ person.traits.numbers }}{% endcapture %}",
    "writing out rows": "{% capture x %}{{ person.traits.rows }}{% endcapture %}",
    "a slice of what is deep": "{% assign x = person.traits.deep | slice: 0, 5 %}",
    "the size of what is deep, cut": "{% assign x = person.traits.deep | truncate: 9 %}",
    "formats of money": "{% assign x = 5 | money: 'JPY' %}" * 3,
    "formats of dates": "{% assign x = '2026-01-01' | date: 'full' %}" * 3,
}


@pytest.mark.parametrize("work", WORK.values(), ids=WORK.keys())
def test_work_on_what_is_long_or_deep_is_counted_by_its_size(work: str) -> None:
    template = a_transactional("done" + ROUND.format(work))
    started = time.thread_time()
    with pytest.raises(BudgetExceeded):
        render(template, language="en", context=a_context(TRAITS))
    assert time.thread_time() - started < 0.5  # with what it takes to parse; 0.05 s of work when alone


@pytest.mark.parametrize("work", WORK.values(), ids=WORK.keys())
def test_the_same_a_few_times_is_what_templates_are_for(work: str) -> None:
    render(a_transactional("done" + work * 3), language="en", context=a_context(TRAITS))


def test_the_parts_of_a_message_share_one_budget() -> None:
    """Else a push of twenty values, or a mail of five files, would take twenty times as long as one may."""
    a_third = "x{% for i in (1..900) %}{% assign x = i | plus: 1 %}{% endfor %}"

    def pushed(parts: int) -> RenderedPush:
        template = a_push(data={f"part{at}": a_third for at in range(parts)})
        made = render(template, language="en", context=a_context())
        assert isinstance(made, RenderedPush)
        return made

    assert pushed(1).data == {"part0": "x"}
    with pytest.raises(BudgetExceeded) as caught:
        pushed(20)
    assert caught.value.field.startswith("a-template: languages.en.data.part")


def test_each_message_has_a_budget_of_its_own() -> None:
    template = a_push(body="x{% for i in (1..900) %}{% assign x = i | plus: 1 %}{% endfor %}")
    for _ in range(5):
        assert render(template, language="en", context=a_context())
