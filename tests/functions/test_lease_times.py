"""The clocks of a send agree: a call ends before its function, and that before its lease (`delivery.md` 3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.deliver.handler import CALL_SECONDS
from kizuna.adapters.clients import SEND_CONNECT_SECONDS, SEND_READ_SECONDS, sending_client
from kizuna.core.messages import CLOCK_SKEW, LEASE
from kizuna.core.restraint.brakes import WOKEN_AGAIN_AFTER
from kizuna.topology import FUNCTIONS, Function, function


def test_a_call_that_began_can_end_within_the_time_that_it_was_begun_with() -> None:
    assert SEND_CONNECT_SECONDS + SEND_READ_SECONDS < CALL_SECONDS < function(Function.DELIVER).timeout


def test_every_client_that_sends_gives_up_in_time_and_tries_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for service in ("sesv2", "pinpoint-sms-voice-v2", "pinpoint", "sns", "socialmessaging"):
        config = sending_client(service).meta.config
        assert (config.connect_timeout, config.read_timeout) == (SEND_CONNECT_SECONDS, SEND_READ_SECONDS)
        assert config.retries["total_max_attempts"] == 1


def test_whoever_sends_is_dead_before_anybody_else_may_take_its_lease_for_over() -> None:
    longest = timedelta(seconds=function(Function.DELIVER).timeout)
    assert longest + CLOCK_SKEW <= LEASE


def test_whoever_read_the_brakes_before_a_release_is_done_before_the_second_word() -> None:
    longest = max(timedelta(seconds=each.timeout) for each in FUNCTIONS)
    assert longest + CLOCK_SKEW < WOKEN_AGAIN_AFTER
