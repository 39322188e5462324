"""A channel's pace through the whole of the cloud: nothing too fast, and nothing lost."""

from __future__ import annotations

from datetime import timedelta

from kizuna.core.messages import State
from kizuna.topology import Queue
from tests.support.clouds import a_user, running_shop, sample_documents


def test_a_channel_with_a_pace_sends_by_it_and_loses_nothing() -> None:
    sample = sample_documents()
    paced = {**sample["policy", "policy"], "pace": {"email": 2}}
    with running_shop(documents={**sample, ("policy", "policy"): paced}) as shop:
        users = [a_user() for _ in range(25)]
        for user in users:
            shop.greet(user, settle=False)
        shop.settle()
        shop.cloud.advance(timedelta(minutes=5))
        mails = sorted(mail.at for user in users for mail in shop.mails(user))
        assert len(mails) == 25
        for first, last in zip(mails, mails[5:], strict=False):
            assert (last - first).total_seconds() >= 2  # five more in less than that would be too fast
        assert {shop.messages(user)[0].state for user in users} == {State.SENT}
        assert shop.waiting(Queue.EMAIL, dead=True) == []
