"""The company's own quiet hours on the way of a message: from the decision to the provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.campaigns import Campaign
from kizuna.core.decisions.inputs import judged_again
from kizuna.core.decisions.record import ledger_of, steps_of
from kizuna.core.durations import instant_from_text
from kizuna.core.errors import InvalidDefinition
from kizuna.core.messages import State
from kizuna.core.reasons import Reason
from tests.support.builders import CAMPAIGN, NOON
from tests.support.customers import decided, mail_shop, state_of

HOUR = timedelta(hours=1)
# It is noon in UTC, 21:00 in Tokyo.
DAYTIME: dict[str, Any] = {"windows": {"every_day": [["09:00", "20:00"]]}}
MORNING = NOON + 12 * HOUR  # 09:00 in Tokyo


@pytest.mark.parametrize("where", ["policy", "campaign"])
def test_a_message_waits_for_the_hours_of_the_company_and_goes_when_they_open(where: str) -> None:
    shop = mail_shop(quiet_hours=[DAYTIME]) if where == "policy" else mail_shop({"quiet_hours": DAYTIME})
    house = decided(shop)
    message = house.only_message()
    assert (message.state, message.reason, message.not_before) == (State.DEFERRED, "quiet_hours", MORNING)
    assert steps_of(message.decision)[-1].rule == "house_hours"
    house.ring(now=MORNING - timedelta(minutes=1))
    assert state_of(house)[0] is State.DEFERRED
    house.ring(now=MORNING)
    house.settle(now=MORNING)
    house.send(now=MORNING)
    assert state_of(house) == (State.SENT, "consent")


def test_the_question_that_was_kept_is_answered_as_it_was() -> None:
    house = decided(
        mail_shop(quiet_hours=[{**DAYTIME, "holidays": {"new-year": "closed"}}], calendars=CALENDARS)
    )
    message = house.only_message()
    mark = ledger_of(message.decision)
    assert mark is not None
    again = judged_again(
        message.decision["inputs"],
        message,
        ledger=house.ledger.events([message.person]),
        policy=house.catalog.policy.consent,
        at=instant_from_text(message.decision["at"]),
    )
    assert (again.reason, again.not_before) == (Reason.QUIET_HOURS, message.not_before)


CALENDARS = {"new-year": [(NOON + timedelta(hours=9)).date().isoformat()]}


@pytest.mark.parametrize(
    ("told", "state", "reason"),
    [
        ({"on_hit": "drop"}, State.DENIED, "house_hours"),
        ({"max_defer": "11h"}, State.EXPIRED, "house_hours_too_long"),
        ({"max_defer": "12h"}, State.DEFERRED, "quiet_hours"),
        ({"channels": ["sms"]}, State.PENDING, "consent"),
        ({"zone": ["fallback"], "fallback_zone": "Europe/London"}, State.PENDING, "consent"),
        (
            {"zone": ["fallback"], "fallback_zone": "Asia/Seoul", "on_hit": "drop"},
            State.DENIED,
            "house_hours",
        ),
    ],
)
def test_what_becomes_of_it_is_what_the_rule_says(told: dict[str, Any], state: State, reason: str) -> None:
    assert state_of(decided(mail_shop(quiet_hours=[{**DAYTIME, **told}]))) == (state, reason)


def test_nobody_waits_longer_than_the_rule_says_however_often_it_is_asked() -> None:
    """The wait counts from when the message was decided, not from each look."""
    house = decided(mail_shop(quiet_hours=[{**DAYTIME, "max_defer": "24h"}]))
    closed = {**DAYTIME, "max_defer": "24h", "holidays": {"stocktaking": "closed"}}
    days = [(MORNING + timedelta(days=day)).date().isoformat() for day in (0, 1)]
    house.catalog = mail_shop(quiet_hours=[closed], calendars={"stocktaking": days})
    house.ring(now=MORNING)
    assert state_of(house) == (State.EXPIRED, "house_hours_too_long")


def test_hours_that_come_into_force_stop_what_is_already_on_its_way() -> None:
    house = decided(mail_shop())
    assert state_of(house)[0] is State.PENDING
    house.catalog = mail_shop(quiet_hours=[{**DAYTIME, "on_hit": "drop"}])
    house.send()
    assert (state_of(house), house.email.sent) == ((State.DENIED, "house_hours"), [])


def test_a_calendar_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        mail_shop(quiet_hours=[{**DAYTIME, "holidays": {"new-year": "closed"}}])
    assert "quiet_hours.0.holidays: there is no calendar 'new-year'" in str(refused.value)
    with pytest.raises(InvalidDefinition) as refused:
        mail_shop({"quiet_hours": {**DAYTIME, "holidays": {"FR": "sunday"}}})
    assert "quiet_hours.holidays: there is no calendar 'FR'" in str(refused.value)


def test_a_switch_needs_another_channel() -> None:
    with pytest.raises(ValueError, match="channel_switch needs channels"):
        Campaign.model_validate({**CAMPAIGN, "quiet_hours": {**DAYTIME, "on_hit": "channel_switch"}})
