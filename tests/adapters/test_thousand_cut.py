"""R4: each reply is cut, a thousand times, and a thousand messages were taken: for each client that sends."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kizuna.adapters import clients
from kizuna.adapters.clients import sending_client
from kizuna.adapters.senders.provider_calls import one_call
from kizuna.adapters.senders.sns_push import ERRORS as SNS_ERRORS
from kizuna.core.messages import Accepted, Outcome, Unclear
from kizuna.local.providers import Fault, LoseReply
from kizuna.runtime.senders import SendersOnUse
from kizuna.runtime.settings import from_environment
from kizuna.runtime.wiring import Services
from kizuna.topology import ENVIRONMENT
from tests.support.providers import Providers, running
from tests.support.sending import ANY, send

SOURCE = Path(clients.__file__).parents[1]


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    with running() as made:
        for variable, url in made.double.environment().items():
            monkeypatch.setenv(variable, url)
        yield made


def _published(client: Any) -> Outcome:
    def call() -> Outcome:
        topic = "arn:aws:sns:us-east-1:123456789012:staff"
        return Accepted(client.publish(TopicArn=topic, Message="hello")["MessageId"])

    return one_call(call, SNS_ERRORS)


@pytest.mark.parametrize("times", [100, pytest.param(1_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("service", sorted({*ANY, "sns"}))
def test_so_many_calls_whose_replies_are_cut_are_so_many_messages(
    providers: Providers, service: str, times: int
) -> None:
    providers.double.faults.add(Fault(effect=LoseReply()))
    with closing(sending_client(service)) as client:
        outcomes = {_published(client) if service == "sns" else send(service, client) for _ in range(times)}
    assert outcomes == {Unclear("connection_lost")}
    assert len(providers.double.outbox.messages()) == times
    assert len(providers.double.log()) == times


# ── and no sender has another kind of client ────────────────────────────────────────────────────


def test_every_sender_of_the_registry_sends_by_a_client_of_one_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever channel is added: what it sends by is built by `sending_client`."""
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    senders = SendersOnUse(Services(from_environment()))
    for channel in ("email", "sms", "push", "whatsapp"):
        config = vars(senders[channel])["_client"].meta.config
        assert config.retries["total_max_attempts"] == 1, channel


def _makers(name: str) -> dict[str, set[str]]:
    """The services for which clients of a kind are made, by the file that makes them."""
    found: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if name in text else ():
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == name
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                found.setdefault(path.relative_to(SOURCE).as_posix(), set()).add(str(node.args[0].value))
    return found


def test_no_client_that_repeats_is_made_for_a_service_that_sends() -> None:
    sending = set().union(*_makers("sending_client").values())
    assert sending >= {"sesv2", "pinpoint-sms-voice-v2", "pinpoint"}
    for kind in ("storing_client", "ClientOnUse"):
        for place, services in _makers(kind).items():
            # SNS also keeps the register of devices; what is sent goes by the other client.
            registers = {"sns"} if place == "runtime/senders.py" else set()
            assert not services & sending - registers, place
