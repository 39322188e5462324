"""A report: figures by their definitions, cut in every way, as a table, JSON and a picture."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.core.costs import CostRules, cost_of
from kizuna.core.results import cells
from kizuna.core.results.cells import Cell, Group
from kizuna.core.results.chart import svg_of
from kizuna.core.results.figures import COUNTS, RATES, figures_of
from kizuna.core.results.report import WAYS, Counted, Report, report_of
from kizuna.core.results.tables import body_of, csv_of, notes_of, sentence_of
from kizuna.core.results.words import NAMES
from tests.support.builders import NOON, a_campaign

TODAY = date(2026, 11, 23)
RULES = CostRules(currency="USD", message={"email": 0.01}, sms_part={"JP": 0.05})


def a_cell(group: Group = "told", channel: str = "email", variant: str = "", days: int = 0) -> Cell:
    return Cell(TODAY + timedelta(days=days), channel, variant, group)


def sent(number: int, **more: int) -> Counter[str]:
    return Counter({cells.in_state("SENT", "consent"): number, **more})


TOLD = sent(
    100, f_delivered=90, f_opened=40, f_clicked=10, f_machine=5, f_left=1, x_goal=9, w_goal=8, y_goal=11
)
HELD = Counter({cells.in_state("DENIED", "held_out"): 50, "x_goal": 2})
WITHHELD = Counter({cells.in_state("DENIED", "no_consent"): 7, cells.in_state("DENIED", "quiet_hours"): 1})
EVERYTHING = [
    Counted(
        "spring",
        "r1",
        a_cell(),
        TOLD | Counter({"z_goal_USD": 5_000, "z_goal_EUR": 70, "q_goal_USD": 4_000_000}),
    ),
    Counted("spring", "r1", a_cell("held"), HELD),
    Counted("spring", "r2", a_cell("withheld", days=1), WITHHELD),
    Counted(
        "spring",
        "r2",
        a_cell(channel="sms", variant="b~1", days=1),
        sent(20, f_delivered=10, p_JP=40, p_US=3),
    ),
]


def a_report(by: Any = "channel", found: list[Counted] | None = None, name: str = "spring") -> Report:
    return report_of(
        name, EVERYTHING if found is None else found, goal="goal", by=by, rules=RULES, now=NOON, campaign=a_campaign()
    )  # fmt: skip


def test_every_figure_by_its_definition() -> None:
    total = a_report().total
    counted = {name: total[name] for name in COUNTS if total[name]}
    assert counted == {
        "intended": 178,
        "withheld": 8,
        "held_out": 50,
        "sent": 120,
        "delivered": 100,
        "opened": 40,
        "opened_by_machine": 5,
        "clicked": 10,
        "converted": 9,
        "conversions": 11,
        "unsubscribed": 1,
    }
    shares = total.shares
    assert (shares["opened_of_delivered"].part, shares["opened_of_delivered"].whole) == (40, 100)
    assert (shares["converted_of_delivered"].part, shares["converted_of_assigned"].whole) == (8, 120)
    assert total.withheld_by == {"no_consent": 7, "quiet_hours": 1}


def test_money_without_a_rate_is_in_no_sum_and_is_told() -> None:
    report = a_report()
    assert report.total.revenue == 5_000
    assert report.total.money == {"EUR": 70, "USD": 5_000}
    assert report.total.unexchanged == {"EUR"}
    assert any("EUR" in note for note in notes_of(report, "en"))
    assert any("EUR" in note for note in notes_of(report, "ja"))


def test_texts_are_charged_by_the_part_and_the_country() -> None:
    cost = cost_of(RULES, "sms", sent=20, parts={"JP": 40, "US": 3})
    assert cost.provider == pytest.approx(2.0)
    assert cost.unpriced_parts == 3
    assert cost.engine == pytest.approx(cost_of(RULES, "email", sent=20).engine)
    assert cost_of(CostRules(sms_part={"*": 0.1}), "sms", sent=1, parts={"US": 3}).provider == pytest.approx(
        0.3
    )
    assert cost_of(CostRules(), "email", sent=1_000_000).provider == pytest.approx(100.0)
    assert a_report().total.unpriced_parts == 3


def test_the_return_goes_by_the_margin_where_one_is_given() -> None:
    full = figures_of([(a_cell(), TOLD | Counter({"z_goal_USD": 10_000}))], goal="goal", rules=RULES)
    rules = RULES.model_copy(update={"margin": 0.3})
    part = figures_of([(a_cell(), TOLD | Counter({"z_goal_USD": 10_000}))], goal="goal", rules=rules)
    assert full.roi is not None
    assert part.roi is not None
    assert part.roi + 1 == pytest.approx(0.3 * (full.roi + 1))


def test_what_was_never_told_delivered_is_taken_as_sent() -> None:
    pushed = figures_of([(a_cell(channel="push"), sent(10, x_goal=3))], goal="goal", rules=RULES)
    assert (pushed["delivered"], pushed["converted_and_delivered"]) == (10, 3)


def test_the_lift_compares_who_was_told_with_who_was_held_out() -> None:
    report = a_report()
    assert report.lift is not None
    compared = report.lift.compared
    assert (compared.n, compared.control_n) == (120, 50)
    assert compared.value == pytest.approx(9 / 120)
    assert "held out" in str(sentence_of(report, "en"))
    alone = [each for each in EVERYTHING if each.cell.group != "held"]
    assert a_report(found=alone).lift is None
    assert sentence_of(a_report(found=alone), "ja") is None


def test_a_goal_that_needs_a_click_is_not_compared_with_those_who_could_make_none() -> None:
    goal = {"event": "Order Completed", "needs": "click"}
    report = report_of(
        "spring", EVERYTHING, goal="goal", by="day", rules=RULES, now=NOON, campaign=a_campaign(goal=goal)
    )
    assert report.lift is None
    assert any("click" in note for note in notes_of(report, "en"))
    assert any("クリック" in note for note in notes_of(report, "ja"))


def test_as_long_as_people_may_still_convert_the_report_says_so() -> None:
    early, late = (
        report_of("spring", EVERYTHING, goal="goal", by="day", rules=RULES, now=now, campaign=a_campaign())
        for now in (NOON, NOON + timedelta(days=9))
    )
    assert (early.unsettled, late.unsettled) == (170, 0)
    assert any("170" in note for note in notes_of(early, "en"))


counted_cells = st.lists(
    st.builds(
        lambda campaign, run, days, channel, group, number, more: Counted(
            campaign,
            run,
            a_cell(group, channel, "", days),
            Counter({cells.in_state("SENT", ""): number + 9, **more}),
        ),
        st.just("spring"),
        st.sampled_from(["r1", "r2"]),
        st.integers(0, 2),
        st.sampled_from(["email", "sms", "push"]),
        st.sampled_from(cells.GROUPS),
        st.integers(0, 50),
        st.dictionaries(
            st.sampled_from(["f_delivered", "f_opened", "x_goal", "y_goal", "p_JP"]), st.integers(0, 9)
        ),
    ),
    max_size=8,
)


@given(counted_cells, st.sampled_from(WAYS))
def test_the_parts_of_a_report_add_up_to_its_total(found: list[Counted], by: str) -> None:
    report = a_report(by, found)
    for name in COUNTS:
        assert sum(row.figures[name] for row in report.rows) == report.total[name], name
    assert sum(row.figures.cost for row in report.rows) == pytest.approx(report.total.cost)


@given(counted_cells, st.sampled_from(["en", "ja"]))
def test_every_report_can_be_shown_in_every_form(found: list[Counted], language: Any) -> None:
    report = a_report("day", found)
    json.dumps(body_of(report, language), allow_nan=False)
    rows = list(csv.reader(io.StringIO(csv_of(report, language).removeprefix("\ufeff"))))
    assert {len(row) for row in rows} == {1 + len(COUNTS) + len(RATES) + 5}
    # An exponent is text to some spreadsheets; the last cell is the currency.
    assert all(re.fullmatch(r"(-?\d+(\.\d+)?)?", cell) for row in rows[1:] for cell in row[1:-1])
    ET.fromstring(svg_of(report, language))  # noqa: S314


def test_a_label_that_a_spreadsheet_would_run_is_shown_as_text() -> None:
    report = a_report("channel", [Counted("spring", "r", a_cell(channel="=cmd()"), sent(1))])
    assert '"\'=cmd()"' in csv_of(report, "en")


def test_a_name_with_marks_of_xml_stands_in_the_picture_as_it_is() -> None:
    picture = svg_of(a_report(name='<a href="x">&\x00'), "en")
    root = ET.fromstring(picture)  # noqa: S314
    assert '<a href="x">&' in "".join(root.itertext())


def test_every_column_has_a_name_in_both_languages() -> None:
    for name in (*COUNTS, *RATES, *WAYS):
        assert NAMES[name].en
        assert NAMES[name].ja
        if name in RATES:
            assert "÷" in NAMES[name].en, "a rate says what it is of"
