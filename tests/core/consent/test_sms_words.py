"""Words of the workspace beside those of the law: they add, and never take away."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.consent import Kind, consent_event_from_json, consent_event_to_json, fold, kind_of
from kizuna.core.consent.sms_keywords import NO_WORDS, SmsClass, SmsWords, classify
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.feedback import consent_of_feedback
from kizuna.core.policy import ConsentPolicy
from tests.support.builders import NOON, a_profile
from tests.support.consents import NOW, text
from tests.support.content import WORKSPACE

WORDS = SmsWords(
    stop=("停止", "配信停止", "解除", "STOPP"),
    start=("再開",),
    help=("ヘルプ",),
    review=("停止", "やめ", "arreter"),
)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("停止", SmsClass.STOP),
        ("　配信停止。", SmsClass.STOP),
        ("配信停止！", SmsClass.STOP),
        ("解除", SmsClass.STOP),
        ("stopp", SmsClass.STOP),
        ("再開", SmsClass.START),
        ("ヘルプ", SmsClass.HELP),
        ("ﾍﾙﾌﾟ", SmsClass.HELP),  # half width
        ("配信を停止してほしい", SmsClass.REVIEW),
        ("もうやめてください", SmsClass.REVIEW),
        ("je veux arreter", SmsClass.REVIEW),
        ("arreteras", SmsClass.OTHER),
        ("ありがとう", SmsClass.OTHER),
        ("STOP", SmsClass.STOP),
        ("start", SmsClass.START),
        ("stop by the shop", SmsClass.REVIEW),
        ("停止 please stop texting me", SmsClass.STOP),
    ],
)
def test_the_words_of_the_workspace_are_read_beside_those_of_the_law(said: str, means: SmsClass) -> None:
    assert classify(said, WORDS) is means


@given(
    st.sampled_from(["stop", "unsubscribe", "start", "unstop", "help", "END"]),
    st.sampled_from(["", "!", " ."]),
)
def test_what_the_law_names_means_the_same_whatever_the_workspace_says(word: str, end: str) -> None:
    assert classify(word + end, WORDS) is classify(word + end, NO_WORDS)


@pytest.mark.parametrize(
    "words",
    [
        {"start": ("STOP",)},
        {"start": ("停止",), "stop": ("停止",)},
        {"help": ("unsubscribe",)},
        {"stop": ("help",)},
        {"stop": ("",)},
        {"stop": ("。",)},
        {"review": ("x" * 41,)},
    ],
)
def test_a_word_that_would_mean_two_things_is_refused(words: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ValidationError):
        SmsWords.model_validate(words)


def a_reply(said: str) -> Event:
    return Event(
        type="track", id="reply-1", source=Source("provider", SourceKind.PROVIDER), at=NOON, received_at=NOON,
        name="SMS Received", properties={"text": said, "address_id": "a1"},
    )  # fmt: skip


def test_what_the_words_made_of_a_text_is_kept_with_it_and_outlives_them() -> None:
    (recorded,) = consent_of_feedback(a_reply("停止"), a_profile(), WORDS)
    assert recorded.read_as == "stop"
    assert kind_of(recorded) is Kind.STOP
    assert kind_of(consent_event_from_json(consent_event_to_json(recorded))) is Kind.STOP
    assert fold([recorded], now=NOON, policy=ConsentPolicy()).stops == (recorded,)
    (plain,) = consent_of_feedback(a_reply("停止"), a_profile())
    assert (plain.read_as, kind_of(plain)) == (None, Kind.NOTHING)


def test_a_text_that_says_stop_is_a_stop_whatever_is_written_beside_it() -> None:
    assert kind_of(text("STOP", read_as="start")) is Kind.STOP
    assert kind_of(text("stop by tomorrow", read_as="nonsense")) is Kind.REVIEW


def test_a_restart_in_the_words_of_the_workspace_lifts_the_stop_of_that_phone() -> None:
    stop = text("停止", "2026-06-01T00:00", id="s1", endpoint="ep1", read_as="stop")
    start = text("再開", "2026-06-02T00:00", id="s2", endpoint="ep1", read_as="start")
    other = text("再開", "2026-06-02T00:00", id="s3", endpoint="ep2", read_as="start")
    policy = ConsentPolicy()
    assert fold([stop, start], now=NOW, policy=policy).stops == ()
    assert fold([stop, other], now=NOW, policy=policy).stops == (stop,)


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("停止", SmsClass.STOP),
        ("配信停止", SmsClass.STOP),
        ("解除", SmsClass.STOP),
        ("ストップ", SmsClass.STOP),
        ("ｽﾄｯﾌﾟ", SmsClass.STOP),  # half-width kana, two of them with a voicing mark of its own
        ("ＳＴＯＰ", SmsClass.STOP),  # full-width letters
        ("　停止希望。", SmsClass.STOP),
        ("受信拒否", SmsClass.STOP),
        ("再開", SmsClass.START),
        ("ｽﾀｰﾄ", SmsClass.START),
        ("ﾍﾙﾌﾟ", SmsClass.HELP),
        ("停止してもらえますか", SmsClass.REVIEW),
        ("退会したいです", SmsClass.REVIEW),
        ("もういりません、送らないで", SmsClass.REVIEW),
        ("ありがとうございます", SmsClass.OTHER),
    ],
)
def test_the_sample_workspace_understands_japanese(said: str, means: SmsClass) -> None:
    told = yaml.safe_load((WORKSPACE / "policy.yaml").read_text(encoding="utf-8"))["sms_words"]
    assert classify(said, SmsWords(**told)) is means
