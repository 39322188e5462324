"""Why somebody heard nothing is said in whole sentences, with the day and the hour where they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from kizuna.core.decisions import silence
from kizuna.core.decisions.silence import WORDS, Unasked, unasked_sentence
from kizuna.core.sentences import Language
from tests.support.builders import NOON

TOKYO = "Asia/Tokyo"
TOLD: dict[str, tuple[Callable[[Language], str], str, str]] = {
    "where they are in a journey": (
        lambda language: silence.standing_sentence("wait", NOON, None, TOKYO, language),
        "They have been at the step “wait” since 23 November 2026 at 21:00 (Asia/Tokyo).",
        "2026年11月23日（月）21:00（日本時間）からステップ「wait」にいます。",
    ),
    "and when they go on": (
        lambda language: silence.standing_sentence("wait", NOON, NOON + timedelta(days=1), TOKYO, language),
        "They have been at the step “wait” since 23 November 2026 at 21:00 (Asia/Tokyo)."
        " They go on by 24 November 2026 at 21:00 (Asia/Tokyo).",
        "2026年11月23日（月）21:00（日本時間）からステップ「wait」にいます。"
        "2026年11月24日（火）21:00（日本時間）までに次へ進みます。",
    ),
    "who stopped it, whose own full stop is not doubled": (
        lambda language: silence.stopped_sentence(NOON, "ann", "a mistake.", TOKYO, language),
        "It was paused on 23 November 2026 at 21:00 (Asia/Tokyo) by ann: a mistake.",
        "2026年11月23日（月）21:00（日本時間）にannが一時停止しました（理由：a mistake）。",
    ),
    "who stopped it, and a reason that ends in an X": (
        lambda language: silence.stopped_sentence(NOON, "ann", "no stock of size X.", TOKYO, language),
        "It was paused on 23 November 2026 at 21:00 (Asia/Tokyo) by ann: no stock of size X.",
        "2026年11月23日（月）21:00（日本時間）にannが一時停止しました（理由：no stock of size X）。",
    ),
    "when it was over": (
        lambda language: silence.ended_sentence(NOON, "done", TOKYO, language),
        "That was over on 23 November 2026 at 21:00 (Asia/Tokyo): done.",
        "2026年11月23日（月）21:00（日本時間）に終わりました：done。",
    ),
    "when it runs again": (
        lambda language: silence.next_run_sentence(NOON, TOKYO, language),
        "It runs again on 23 November 2026 at 21:00 (Asia/Tokyo).",
        "次の配信は2026年11月23日（月）21:00（日本時間）です。",
    ),
    "what begins it": (
        lambda language: silence.begins_sentence("Order Completed", language),
        "It begins with the event “Order Completed”.",
        "きっかけとなるイベントは「Order Completed」です。",
    ),
    "that nothing is planned": (
        silence.nothing_planned,
        "No campaign is in force, so nothing could be meant for anybody.",
        "有効なキャンペーンがないため、どなたにも配信の予定はありません。",
    ),
    "that nobody is known": (
        silence.nobody_known,
        "Nobody is known by this, so nothing could be meant for them.",
        "該当するお客様の記録がないため、配信の対象にはなりません。",
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_it_is_told_in_both_languages(case: str) -> None:
    tell, english, japanese = TOLD[case]
    assert (tell("en"), tell("ja")) == (english, japanese)


@pytest.mark.parametrize(
    ("sent", "withheld", "unasked", "english"),
    [
        (
            1,
            2,
            1,
            "p1 was sent 1 message and not sent 2 messages; 0 messages still on the way; 1 campaign did",
        ),
        (
            0,
            1,
            2,
            "p1 was sent 0 messages and not sent 1 message; 0 messages still on the way; 2 campaigns did",
        ),
    ],
)
def test_what_became_of_somebody_is_one_sentence(
    sent: int, withheld: int, unasked: int, english: str
) -> None:
    def told(language: Language) -> str:
        counts = {"sent": sent, "withheld": withheld, "waiting": 0, "unasked": unasked}
        return silence.summary(person="p1", since=NOON, zone=TOKYO, language=language, **counts)

    assert told("en") == f"Since 23 November 2026 at 21:00 (Asia/Tokyo), {english} not consider them."
    assert told("ja") == (
        f"2026年11月23日（月）21:00（日本時間）以降、p1様への送信は{sent}件、見送りは{withheld}件、送信待ちは0件です。"
        f"判定の対象にならなかったキャンペーンは{unasked}件です。"
    )


@pytest.mark.parametrize("why", list(Unasked))
def test_every_reason_why_a_campaign_asked_nothing_has_its_words(why: Unasked) -> None:
    english, japanese = (unasked_sentence("Spring", why, language) for language in ("en", "ja"))
    assert english == f"“Spring” did not consider them: {WORDS[why].en}."
    assert japanese == f"「Spring」は判定の対象になりませんでした。{WORDS[why].ja}。"
