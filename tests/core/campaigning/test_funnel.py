"""Every reason has one place in the funnel, and somebody who hears on one channel hears."""

from __future__ import annotations

import pytest

from kizuna.core.campaigning.forecast import Followed, Forecast, quantiles
from kizuna.core.campaigning.funnel import STAGES, Stage, falls_at
from kizuna.core.messages import State
from kizuna.core.reasons import OtherReason, Reason
from tests.support.builders import NOON, a_message, a_profile

# Words of the gate that let a message pass, and fates of messages at a provider: nobody falls by them.
NO_FALL = {
    Reason.CONSENT, Reason.SOFT_OPT_IN, Reason.OPT_OUT_REGIME, Reason.IMPLIED_CONSENT, Reason.BUSINESS_RELATIONSHIP,
    Reason.TRANSACTIONAL, Reason.MANDATORY, Reason.OPT_OUT_CONFIRMATION, OtherReason.FIRST_ARRIVED,
    OtherReason.UNKNOWN_OUTCOME, OtherReason.UNCONFIRMED,
}  # fmt: skip
OF_PEOPLE = {reason for reason in Reason if reason not in NO_FALL}


@pytest.mark.parametrize("reason", sorted({*OtherReason} - NO_FALL))
def test_what_is_no_word_of_the_gate_is_never_taken_for_a_missing_consent(reason: OtherReason) -> None:
    assert falls_at(a_message(state=State.DENIED, reason=str(reason))) is not Stage.CONSENTED


@pytest.mark.parametrize("reason", sorted(OF_PEOPLE))
def test_what_the_gate_says_is_told_of_people_addresses_or_restraint(reason: Reason) -> None:
    found = falls_at(a_message(state=State.DENIED, reason=str(reason)))
    assert found in (Stage.CONSENTED, Stage.REACHABLE, Stage.NOT_CAPPED)


def test_the_funnel_ends_with_those_who_will_hear_and_loses_nobody() -> None:
    found = Forecast()
    denied = [OtherReason.NOT_IN_AUDIENCE, OtherReason.NO_ADDRESS, Reason.NO_CONSENT, Reason.FREQUENCY_CAP]
    for number, reason in enumerate(denied):
        message = a_message(f"p{number}", state=State.DENIED, reason=str(reason))
        found.add(a_profile(f"p{number}"), [Followed(message, NOON)], heard=0, salt="s")
    mail = a_message("q", state=State.SENT)
    text = a_message("q", channel="sms", state=State.DENIED, reason=str(Reason.SMS_STOP))
    found.add(a_profile("q"), [Followed(text, NOON), Followed(mail, NOON)], heard=3, salt="s")
    assert [(row["stage"], row["people"]) for row in found.funnel()] == [
        ("matched", 5),
        ("meant", 4),
        ("reachable", 3),
        ("consented", 2),
        ("not_capped", 1),
        ("not_held_out", 1),
        ("rendered", 1),
    ]
    assert sum(found.stages.values()) == found.matched
    assert found.pressure == {3: 1}
    assert STAGES[-1] is Stage.HEARS


def test_samples_are_the_same_whatever_the_order() -> None:
    people = [f"p{number}" for number in range(40)]

    def drawn(order: list[str]) -> list[str]:
        found = Forecast()
        for person in order:
            sent = Followed(a_message(person, state=State.SENT), NOON)
            found.add(a_profile(person), [sent], heard=1, salt="s")
        return [sample["person"] for sample in found.samples("Spring")]

    assert drawn(people) == drawn(people[::-1])
    assert len(drawn(people)) == 5


def test_quantiles_of_counted_numbers() -> None:
    assert quantiles({1: 90, 2: 9, 7: 1}, (0.5, 0.95, 1.0)) == [1, 2, 7]
    assert quantiles({}, (0.5,)) == []
