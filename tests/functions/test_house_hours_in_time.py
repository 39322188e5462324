"""The company's own hours as time goes by: what comes at night waits for the morning, where the person is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kizuna.core.messages import State
from tests.support.clouds import running_shop, sample_documents

NINE_IN_NEW_YORK = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


def test_promotion_that_comes_at_night_waits_for_the_morning_where_the_person_is() -> None:
    documents = dict(sample_documents())
    hours = {"windows": {"every_day": [["09:00", "20:00"]]}}
    documents["policy", "policy"] = {**documents["policy", "policy"], "quiet_hours": [hours]}
    with running_shop(documents=documents) as shop:
        shop.cloud.advance(NINE_IN_NEW_YORK - timedelta(hours=4) - shop.now)
        shop.greet("nora")
        (waits,) = shop.messages("nora")
        assert (waits.state, waits.reason) == (State.DEFERRED, "quiet_hours")
        assert waits.not_before == NINE_IN_NEW_YORK
        assert waits.decision["trace"].endswith("house_hours")
        shop.cloud.advance(NINE_IN_NEW_YORK - timedelta(minutes=1) - shop.now)
        assert shop.mails("nora") == ()
        shop.cloud.advance(timedelta(minutes=3))
        assert len(shop.mails("nora")) == 1
        assert shop.messages("nora")[0].state is State.SENT
