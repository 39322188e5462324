"""One call means one request on the wire, and what was never written is known not to have been taken."""

from __future__ import annotations

import ast
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from botocore.config import Config

from kizuna.adapters import clients
from kizuna.adapters.clients import sending_client, storing_client
from kizuna.core.messages import LEASE, NotAccepted, Outcome, Unclear
from kizuna.local.providers import Fail, Fault, GarbleReply, LoseReply, Reset, Throttle
from kizuna.local.providers.faults import Effect
from kizuna.topology import Function, function
from tests.support.providers import Providers, running
from tests.support.sending import ANY, send
from tests.support.tls import Moment, ending, write_certificate

VARIABLES = {
    "sesv2": "AWS_ENDPOINT_URL_SESV2",
    "pinpoint-sms-voice-v2": "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2",
    "pinpoint": "AWS_ENDPOINT_URL_PINPOINT",
    "sns": "AWS_ENDPOINT_URL_SNS",
    "socialmessaging": "AWS_ENDPOINT_URL_SOCIALMESSAGING",
}
MINUTE = timedelta(minutes=1)
SOURCE = Path(clients.__file__).parents[1]


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    with running() as made:
        for variable, url in made.double.environment().items():
            monkeypatch.setenv(variable, url)
        yield made


def sent(service: str) -> Outcome:
    with closing(sending_client(service)) as client:
        return send(service, client)


# ── one attempt ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("service", ANY)
@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        (LoseReply(), "connection_lost"),
        (GarbleReply(), "unreadable_reply"),
        (Fail(code="InternalFailure", status=500, accepts=True), "InternalFailure"),
        (Fail(code="ServiceUnavailable", status=503, accepts=True), "ServiceUnavailable"),
    ],
    ids=lambda value: getattr(value, "kind", value),
)
def test_a_message_whose_reply_is_lost_was_accepted_once(
    providers: Providers, service: str, effect: Effect, reason: str
) -> None:
    providers.double.faults.add(Fault(effect=effect))
    outcomes = [sent(service) for _ in range(5)]
    # XML that nobody can read is told by another name than JSON.
    in_xml = "ResponseParserError" if service == "sns" and isinstance(effect, GarbleReply) else reason
    assert outcomes == [Unclear(in_xml)] * 5
    assert len(providers.double.outbox.messages()) == 5


@pytest.mark.parametrize("service", ANY)
@pytest.mark.parametrize("effect", [Reset(), Throttle()], ids=lambda effect: effect.kind)
def test_a_call_that_is_refused_or_cut_off_is_not_repeated(
    providers: Providers, service: str, effect: Effect
) -> None:
    providers.double.faults.add(Fault(effect=effect))
    outcome = sent(service)
    assert len(providers.double.log()) == 1
    assert isinstance(outcome, NotAccepted if isinstance(effect, Throttle) else Unclear)


@pytest.mark.parametrize("service", ANY)
def test_a_reply_that_does_not_come_in_time_is_not_awaited_twice(
    providers: Providers, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "_SENDING", clients._SENDING.merge(Config(read_timeout=0.2)))
    providers.double.faults.add(Fault.model_validate({"effect": {"kind": "hang", "seconds": 1}}))
    assert sent(service) == Unclear("read_timeout")
    assert len(providers.double.log()) <= 1


@pytest.mark.parametrize("service", ANY)
def test_every_sending_client_makes_one_attempt_and_gives_up_before_its_lease(service: str) -> None:
    with closing(sending_client(service)) as client:
        config = client.meta.config
    longest = timedelta(seconds=config.connect_timeout + config.read_timeout)
    allowed = timedelta(seconds=function(Function.DELIVER).timeout)
    assert config.retries["total_max_attempts"] == 1
    assert longest < allowed < LEASE


def test_settings_of_the_environment_do_not_bring_the_retries_back(
    providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    providers.double.faults.add(Fault(effect=LoseReply()))
    for service in ANY:
        sent(service)
    assert len(providers.double.outbox.messages()) == len(ANY)


def test_a_storing_client_does_repeat() -> None:
    with closing(storing_client("dynamodb")) as client:
        assert client.meta.config.retries["total_max_attempts"] > 1


def test_clients_are_made_in_one_place_only() -> None:
    makers = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("client", "resource", "Session")
        if isinstance(node.value, ast.Name) and node.value.id == "boto3"
    }
    assert {path for path in makers if path.startswith(("adapters/", "runtime/", "usecases/"))} == {
        "adapters/clients.py"
    }


# ── nothing was written ─────────────────────────────────────────────────────────────────────────


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.mark.parametrize("service", ANY)
def test_a_refused_connection_is_a_certain_no(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLES[service], f"http://127.0.0.1:{_closed_port()}")
    assert sent(service) == NotAccepted("not_connected", MINUTE)


@pytest.mark.parametrize("service", ANY)
def test_a_name_that_does_not_resolve_is_a_certain_no(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLES[service], "http://nowhere.invalid")
    assert sent(service) == NotAccepted("not_connected", MINUTE)


@pytest.mark.parametrize(
    ("moment", "trusted", "expected"),
    [
        ("plain_text", True, NotAccepted("tls_failed", MINUTE)),
        ("untrusted", False, NotAccepted("tls_failed", MINUTE)),
        ("during_handshake", True, NotAccepted("tls_failed", MINUTE)),
        ("after_request", True, Unclear("connection_lost")),
    ],
)
def test_tls_that_fails_before_the_request_is_a_certain_no_and_later_it_is_unclear(
    moment: Moment, trusted: bool, expected: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = write_certificate(tmp_path)
    if trusted:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with ending(moment, certificate) as (url, read):
        monkeypatch.setenv(VARIABLES["sesv2"], url)
        assert sent("sesv2") == expected
    assert bool(read) is (moment == "after_request")
