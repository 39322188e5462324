"""What becomes of a proof, whatever the order in which it is told; and how it says what it is."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from kizuna.core.content.errors import BudgetExceeded
from kizuna.core.content.messengers import LineImage, RenderedLine, RenderedWhatsApp
from kizuna.core.content.sms_text import sms_parts
from kizuna.core.content.templates import Links, Rendered, RenderedEmail, RenderedPush, RenderedSms
from kizuna.core.messages import Accepted, NotAccepted, Outcome, Rejected, Unclear
from kizuna.core.proofs.marking import marked
from kizuna.core.proofs.proof import Proof, ProofState, as_message, is_proof, proof_id, settled
from tests.support.builders import NOON

PROOF = Proof("proof-1", "hello", "", "email", "ann@shop.example", "en", "ann", NOON)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Accepted("p"), "sent", ""),
        (NotAccepted("throttled"), "failed", "throttled"),
        (Rejected("MessageRejected"), "failed", "MessageRejected"),
        (Unclear("read_timeout"), "unknown", "read_timeout"),
    ],
)
def test_the_answer_to_the_one_call_says_what_became_of_it(
    outcome: Outcome, state: ProofState, reason: str
) -> None:
    after = settled(PROOF.moved("sending"), outcome)
    assert (after.state, after.reason) == (state, reason)


@pytest.mark.parametrize("outcome", [Accepted("p"), Unclear("read_timeout")])
def test_reports_say_the_same_in_any_order_before_and_after_our_own_note(outcome: Outcome) -> None:
    told = [("sent", NOON), ("delivered", NOON + SECOND), ("delivered", NOON + 2 * SECOND), ("opened", NOON)]
    ends = set()
    for order in permutations([*told, None]):
        proof = PROOF.moved("sending")
        for step in order:
            proof = settled(proof, outcome) if step is None and proof.state == "sending" else proof
            proof = proof.with_fact(*step) if step is not None else proof
        ends.add((proof.state, tuple(sorted(proof.facts.items()))))
    assert ends == {("sent", (("delivered", NOON + SECOND), ("opened", NOON), ("sent", NOON)))}


def test_a_report_of_refusal_proves_that_it_did_not_go_out() -> None:
    for before in ("sending", "unknown", "sent"):
        after = PROOF.moved(before).with_fact("failed", NOON)
        assert (after.state, after.reason) == ("failed", "provider_rejected")


def test_its_id_sorts_by_time_fits_the_tags_of_providers_and_is_none_of_a_message() -> None:
    first, second = proof_id(NOON, b"\xff" * 6), proof_id(NOON + SECOND, b"\x00" * 6)
    assert first < second
    assert is_proof(first)
    assert first.replace("-", "").isalnum()
    assert not is_proof("uoisxh43cl2twc76t65fulact5")


def test_senders_see_a_message_of_no_campaign_to_nobody() -> None:
    message = as_message(PROOF, category="marketing", now=NOON)
    assert (message.person, message.campaign, message.run) == ("", "proof", "proof")


@pytest.mark.parametrize(
    ("language", "mark"), [("en", "(TEST) "), ("ja", "【テスト】"), ("ja-JP", "【テスト】")]
)
def test_the_first_words_say_in_the_language_of_the_rest_that_it_is_a_test(language: str, mark: str) -> None:
    mail = marked(RenderedEmail(language, "Hello", "<p>x</p>", "x", Links()))
    text = marked(RenderedSms(language, "Hello", sms_parts("Hello"), Links()))
    push = marked(RenderedPush(language, "Hello", "x", {}))
    line = marked(RenderedLine(language, ("Hello", "more")))
    assert isinstance(mail, RenderedEmail)
    assert mail.subject == mark + "Hello"
    assert isinstance(text, RenderedSms)
    assert text.body == mark + "Hello"
    assert text.parts == sms_parts(text.body)
    assert isinstance(push, RenderedPush)
    assert push.title == mark + "Hello"
    assert isinstance(line, RenderedLine)
    assert line.messages == (mark + "Hello", "more")


def test_what_meta_approved_stays_as_it_is_and_a_free_answer_is_marked() -> None:
    template = RenderedWhatsApp("en", template="order_update", body=("7",))
    assert marked(template) == template
    answer = marked(RenderedWhatsApp("en", text="Hello"))
    assert isinstance(answer, RenderedWhatsApp)
    assert answer.text == "(TEST) Hello"


PICTURE = LineImage(image="https://shop.example/a.png")
MEDIA = ("s3://pictures/mms/a.png",)


@pytest.mark.parametrize(
    ("longest", "too_long"),
    [
        (RenderedLine("en", ("x" * 4_993,)), RenderedLine("en", ("x" * 4_994,))),
        (RenderedLine("ja", ("😀" * 2_497,)), RenderedLine("ja", ("😀" * 2_498,))),
        (RenderedLine("en", (PICTURE,) * 4), RenderedLine("en", (PICTURE,) * 5)),
        (RenderedWhatsApp("en", text="x" * 4_089), RenderedWhatsApp("en", text="x" * 4_090)),
        (
            RenderedSms("en", "x" * 1_593, sms_parts("x"), Links(), MEDIA),
            RenderedSms("en", "x" * 1_594, sms_parts("x"), Links(), MEDIA),
        ),
    ],
)
def test_what_has_no_room_for_the_mark_is_no_proof_instead_of_a_refused_one(
    longest: Rendered, too_long: Rendered
) -> None:
    assert marked(longest) != longest
    with pytest.raises(BudgetExceeded, match="preview"):
        marked(too_long)


def test_the_mark_of_an_english_text_forces_no_dearer_encoding() -> None:
    text = marked(RenderedSms("en", "Hello", sms_parts("Hello"), Links()))
    assert isinstance(text, RenderedSms)
    assert text.parts.encoding == sms_parts("Hello").encoding
