"""Every step in a sentence, and the whole as a drawing, in English and Japanese."""

from __future__ import annotations

import re
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.journeys.checking import journey_problems
from kizuna.core.journeys.counting import Counts, StepCount
from kizuna.core.journeys.drawing import mermaid_of, svg_of
from kizuna.core.journeys.drawing.figure import figure_of
from kizuna.core.journeys.drawing.layout import WIDTH, broken, laid_out
from kizuna.core.journeys.steps import Step
from kizuna.core.journeys.words import journey_in_words, step_in_words
from kizuna.core.sentences import Language
from tests.core.journeys.test_journey_graphs import graphs
from tests.support.journey_graphs import a_journey, back, fork, tell, wait

ALL: dict[str, tuple[dict[str, Any], str, str]] = {
    "wait": (
        {"for": "3d", "jitter": "30m"}, "waits for 3 days, spread over 30 minutes", "3日待つ（最大30分ずらす）",
    ),
    "wait_for": (
        {"events": [{"event": "Paid"}, {"event": "Left"}], "timeout": "2d", "match_key": "order_id"},
        "waits for “Paid” or “Left” with the same order_id, 2 days at most",
        "「Paid」・「Left」（order_idが同じもの）を最長2日待つ",
    ),
    "wait_segment": (
        {"segment": "vip", "timeout": "7d"},
        "waits until they are in “vip”, 1 week at most", "「vip」に入るまで最長1週間待つ",
    ),
    "throttle": ({"rate": 100, "per": "1h"}, "lets 100 through in each hour", "1時間ごとに100人ずつ進める"),
    "branch": (
        {"cases": [{"when": {"everyone": True}, "next": "end"}], "else": "end"}, "goes by a question", "条件で分ける",
    ),
    "gate": (
        {"context": [{"property": "entry.total", "op": "gte", "value": 50}]},
        "lets through only if entry.total is at least 50", "次の条件を満たす人だけ進む：entry.totalが50以上である",
    ),
    "split": (
        {"weights": {"one": 30, "two": 70}},
        "divides by chance: one 30%, two 70%", "無作為に分ける：one 30%, two 70%",
    ),
    "experiment": (
        {"arms": [{"name": "one"}, {"name": "two"}]},
        "tries which of 2 paths does best by goal", "2つの流れを比べる（指標：goal）",
    ),
    "holdout": (
        {"percent": 10}, "holds 10% out: they walk on and hear nothing", "10%の人には何も送らず、効果を比べる",
    ),
    "join": ({"of": ["a"]}, "paths meet", "流れが合流する"),
    "goto": ({"node": "a"}, "goes back to “a”", "「a」に戻る"),
    "exit": ({"reason": "sold_out"}, "leaves the journey (sold_out)", "ジャーニーを終える（sold_out）"),
    "message": (
        {"channels": {"list": ["line", "email"]}, "templates": {"line": "l", "email": "e"}},
        "writes by LINE, else e-mail", "LINE→メールで送る",
    ),
    "survey": (
        {"survey": "nps", "channel": "email", "template": "t", "timeout": "3d"},
        "asks the survey “nps” by e-mail, and waits for the answers, 3 days at most",
        "メールでアンケート「nps」を送り、回答を最長3日待つ",
    ),
    "webhook": ({"template": "t"}, "tells another system", "外部システムに知らせる"),
    "task": (
        {"template": "t", "await": True, "timeout": "1d"},
        "asks a member of staff, and waits until it is done", "担当者に依頼し、完了を待つ",
    ),
    "update_profile": (
        {"set": {"plan": "pro"}, "unset": ["trial"]},
        "changes plan and trial of the profile", "プロフィールのplanとtrialを更新する",
    ),
    "set_context": (
        {"values": {"vip": True, "at": {"now": True}, "name": {"trait": "first_name"}}},
        "remembers vip = yes, at = now and name = their first_name",
        "vip = はいとat = 現在の時刻とname = 本人のfirst_nameを覚えておく",
    ),
    "emit_event": ({"event": "Greeted"}, "records “Greeted”", "「Greeted」を記録する"),
    "journey": ({"start": "second"}, "starts the journey “second”", "ジャーニー「second」を始める"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ALL)
def test_every_step_has_its_sentence(kind: str) -> None:
    parts, english, japanese = ALL[kind]
    (step,) = a_journey({"id": "x", "type": kind, **parts}).steps
    assert (step_in_words(step, "en"), step_in_words(step, "ja")) == (english, japanese)


def test_no_kind_of_step_is_left_out_of_this_table() -> None:
    assert set(ALL) == {model.model_fields["type"].default for model in get_args(get_args(Step)[0])}


@pytest.mark.parametrize(
    ("moment", "english", "japanese"),
    [
        (
            {"until": "2030-01-01T00:00:00Z"},
            "waits until 2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00.000Zまで待つ",
        ),
        (
            {"until_local": {"time": "09:00", "weekdays": ["monday", "workdays"]}},
            "waits until 09:00 where they are on Monday or a workday", "本人の時間帯で月曜日・平日の09:00まで待つ",
        ),
        (
            {"until_local": {"time": "09:00", "zone": "Asia/Tokyo"}},
            "waits until 09:00 in Asia/Tokyo", "Asia/Tokyoの09:00まで待つ",
        ),
        (
            {"until_trait": {"trait": "birthday", "yearly": True, "offset": "-3d", "time": "09:00"}},
            "waits until 3 days before their next birthday at 09:00", "次のbirthdayの3日前の09:00まで待つ",
        ),
        (
            {"until_trait": {"trait": "renewal", "offset": "1mo"}},
            "waits until 1 month after their renewal", "本人のrenewalの1か月後まで待つ",
        ),
    ],
)  # fmt: skip
def test_every_wait_has_its_sentence(moment: dict[str, Any], english: str, japanese: str) -> None:
    (step,) = a_journey({"id": "x", "type": "wait", **moment}).steps
    assert (step_in_words(step, "en"), step_in_words(step, "ja")) == (english, japanese)


@pytest.mark.parametrize(
    ("enter", "english", "japanese"),
    [
        ({"event": "Signed Up"}, "Begins when somebody does “Signed Up”.", "「Signed Up」をした人が対象です。"),
        ({"segment": "vip"}, "Begins when somebody enters “vip”.", "「vip」に入った人が対象です。"),
        ({"api": True}, "Begins when another system says so.", "外部システムからの呼び出しで始まります。"),
        (
            {"schedule": {"cron": "0 9 * * 1"}, "audience": {"in": ["a", "b"]}},
            "Begins by the clock, for “a” or “b”.", "決まった日時に、「a」・「b」の人が対象です。",
        ),
    ],
)  # fmt: skip
def test_a_journey_tells_who_enters_and_what_it_is_for(
    enter: dict[str, Any], english: str, japanese: str
) -> None:
    journey = a_journey(wait("w"), enter=enter)
    assert journey_in_words(journey, "en") == f"{english} It is for “Order Completed” within 30 days."
    assert journey_in_words(journey, "ja") == f"{japanese}目標は30日以内の「Order Completed」です。"


# ── drawings ────────────────────────────────────────────────────────────────────────────────────

LOOP = (
    wait("pause", name="A pause"), fork("which", "good", "again"), tell("good", next="end"),
    back("again", "pause", max_loops=3, next="bye"), {"id": "bye", "type": "exit", "reason": "tired"},
)  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


def test_mermaid_has_a_line_for_each_step_and_each_way() -> None:
    assert mermaid_of(a_journey(*LOOP)).splitlines() == [
        "flowchart TD",
        '    s_enter__(["<b>Welcome</b><br/>Begins when somebody does “Signed Up”."])',
        '    s_pause("<b>A pause</b><br/>waits for 1 day")',
        '    s_which{{"<b>which</b><br/>goes by a question"}}',
        '    s_good["<b>good</b><br/>writes by e-mail"]',
        '    s_again("<b>again</b><br/>goes back to “pause”")',
        '    s_bye(["<b>bye</b><br/>leaves the journey (tired)"])',
        '    s_end(["<b>completed</b>"])',
        "    s_enter__ --> s_pause",
        "    s_pause --> s_which",
        '    s_which -->|"plan is “pro”"| s_good',
        '    s_which -->|"otherwise"| s_again',
        "    s_good --> s_end",
        '    s_again -.->|"again, up to 3 times"| s_pause',
        '    s_again -->|"then"| s_bye',
    ]


def test_ways_between_the_same_steps_are_one_arrow() -> None:
    both = {"id": "a", "type": "wait_for", "events": [{"event": "Paid"}], "timeout": "2d"}
    arrows = figure_of(a_journey(both, tell("b")), "ja").arrows
    assert [(arrow.target, arrow.label) for arrow in arrows if arrow.source == "a"] == [
        ("b", "「Paid」 / 2日以内になし")
    ]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_picture_is_one_file_that_loads_and_runs_nothing(language: Language) -> None:
    drawn = svg_of(a_journey(*LOOP), language)
    root = ElementTree.fromstring(drawn)  # noqa: S314  (our own)
    assert root.tag == f"{SVG}svg"
    assert {"script", "image", "use", "foreignObject", "a"}.isdisjoint(
        each.tag.removeprefix(SVG) for each in root.iter()
    )
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\((?!#)", drawn)
    assert len(root.findall(f"{SVG}g")) == 1 + len(LOOP) + 1


def test_words_beside_arrows_do_not_lie_on_each_other() -> None:
    """Two long questions whose ways run close to each other, because both lead to the same place in the end."""
    questions = [
        {"when": {"trait": "country_of_delivery", "op": "eq", "value": "JP"}, "next": "aside"},
        {"when": {"trait": "country_of_invoice", "op": "eq", "value": "JP"}, "next": "on"},
    ]
    steps = ({**fork("q", "aside", "on"), "cases": questions}, tell("aside"), wait("on"))
    root = ElementTree.fromstring(svg_of(a_journey(*steps), "ja"))  # noqa: S314  (our own)
    labels = [each for each in root.iter() if each.get("class") == "label"]
    one, other = ((float(each.get("x", 0)), float(each.get("y", 0))) for each in labels)
    assert abs(one[0] - other[0]) < 120, "side by side there would be no room"
    assert abs(one[1] - other[1]) >= 12, "so one stands above the other"


def test_what_somebody_wrote_cannot_become_markup() -> None:
    wicked = a_journey(tell("a", name='"]; x<script>alert(1)</script>`'), name="A & B <b>")
    assert "<script" not in svg_of(wicked)
    assert ElementTree.fromstring(svg_of(wicked)) is not None  # noqa: S314  (our own)
    (line,) = [line for line in mermaid_of(wicked).splitlines() if line.startswith("    s_a[")]
    assert line == (
        '    s_a["<b>#quot;]; x#lt;script#gt;alert(1)#lt;/script#gt;#96;</b><br/>writes by e-mail"]'
    )


def test_live_counts_stand_in_the_boxes() -> None:
    counts = Counts(
        begun=1_204,
        steps={
            "pause": StepCount("pause", entered=1_204, here=52, ended={("converted", "goal"): 90}),
            "bye": StepCount("bye", entered=70, ended={("exited", "tired"): 70}),
        },
    )
    english, japanese = (svg_of(a_journey(*LOOP), each, counts=counts) for each in ("en", "ja"))
    assert "1,204 entered, 52 inside, 90 reached the goal" in english
    assert "1,204 came, 52 here<" in english
    assert "70 came, 0 here, 70 left" in english
    assert "開始1,204・進行中52・目標達成90" in japanese
    assert "到達70・滞在中0・離脱70" in japanese


def test_lines_are_broken_at_blanks_and_japanese_anywhere_but_before_its_marks() -> None:
    assert broken("one two three", 8) == ("one two", "three")
    assert broken("あいうえおか。", 12) == ("あいうえお", "か。")
    assert broken("", 10) == ()
    assert "".join(broken("x" * 100, 29)) == "x" * 100


@given(steps=graphs(), language=st.sampled_from(["en", "ja"]))
@settings(max_examples=120, deadline=None)
def test_no_two_boxes_of_any_journey_overlap_and_no_arrow_but_a_loop_points_up(
    steps: list[dict[str, Any]], language: Language
) -> None:
    journey = a_journey(*steps)
    if journey_problems(journey, "it"):
        return
    layout = laid_out(figure_of(journey, language))
    assert layout == laid_out(figure_of(journey, language)), "the same is drawn the same"
    for one in layout.boxes:
        assert one.x - WIDTH / 2 >= 0
        assert one.x + WIDTH / 2 <= layout.width
        assert one.y + one.height <= layout.height
        for other in layout.boxes:
            apart = (
                abs(one.x - other.x) >= WIDTH
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert one is other or apart
    for running in layout.arrows:
        if not running.arrow.back:
            heights = [y for _, y in running.points]
            assert heights == sorted(heights)
