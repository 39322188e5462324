"""Webhooks: what may be called, how it is signed, when it is tried again, and when it is left alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from ipaddress import IPv4Address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kizuna.core.webhooks import circuits
from kizuna.core.webhooks.addresses import is_public
from kizuna.core.webhooks.circuits import FAILURES, Circuit
from kizuna.core.webhooks.definitions import Webhook, fault_of_url
from kizuna.core.webhooks.retries import TRIES_AT, next_try
from kizuna.core.webhooks.signing import secret_text, signed_headers
from tests.support.builders import NOON

MINUTE = timedelta(minutes=1)

# ── what may be called ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.example.com",
        "https://crm.example.com/hooks/a?b=c%20d",
        "https://crm.example.com:8443/x",
        "https://xn--p8j9a0d9c9a.example/x",
    ],
)
def test_a_public_https_url_may_be_called(url: str) -> None:
    assert fault_of_url(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.com",
        "ftp://crm.example.com",
        "https://user:pass@crm.example.com",
        "https://crm.example.com@169.254.169.254/",
        "https://crm.example.com:22/",
        "https://crm.example.com:99999/",
        "https://crm.example.com/#x",
        "https://crm.example.com/a b",
        "https://crm.example.com\\@10.0.0.1/",
        "https://crm.example.com/\r\nHost: x",
        "https://169.254.169.254/latest/meta-data",
        "https://2852039166/",  # the same in decimal
        "https://0xa9fea9fe/",  # in hexadecimal
        "https://0251.0376.0251.0376/",  # in octal
        "https://169.16689662/",  # in the short form
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "https://intranet/",
        "https://metadata.google.internal/computeMetadata/v1/",
        "https://crm.localhost/",
        "https://printer.local/",
        "https://crm.home.arpa/",
        "https://ｅxample.com/",
        "https:///x",
        "https://crm..example.com/",
        "https://-crm.example.com/",
        "",
    ],
)
def test_any_other_url_is_refused_when_it_is_saved(url: str) -> None:
    assert fault_of_url(url)
    with pytest.raises(ValidationError):
        Webhook(id="crm", url=url)


NOT_PUBLIC = [
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.9.9.9", "169.254.169.254",
    "168.63.129.16", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
    "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b::10.0.0.1",
    "2002:a9fe:a9fe::1", "2001:0:a9fe:a9fe::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "3fff::1", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_of_the_public_internet_is_never_called(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "8.8.8.8",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_a_public_address_may_be_called(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="169.254.0.0/16"))
def test_a_private_address_stays_private_in_whatever_dress(address: IPv4Address) -> None:
    number = int(address)
    high, low = number >> 16, number & 0xFFFF
    for dress in (f"::ffff:{high:x}:{low:x}", f"64:ff9b::{high:x}:{low:x}", f"2002:{high:x}:{low:x}::1"):
        assert not is_public(dress), dress


# ── signatures ──────────────────────────────────────────────────────────────────────────────────


def test_the_signature_is_that_of_the_format_s_own_example() -> None:
    """The test vector of the libraries of Standard Webhooks."""
    from datetime import UTC, datetime

    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        at=datetime.fromtimestamp(1614265330, UTC),
        secrets=[secret],
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert secret_text(secret) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_while_secrets_rotate_each_of_them_signs() -> None:
    old, new = b"o" * 32, b"n" * 32
    headers = signed_headers("m1", b"{}", at=NOON, secrets=[new, old])
    content = f"m1.{int(NOON.timestamp())}.{{}}".encode()
    wanted = [
        "v1," + base64.b64encode(hmac.new(each, content, hashlib.sha256).digest()).decode()
        for each in (new, old)
    ]
    assert headers["webhook-signature"].split(" ") == wanted


# ── tries ───────────────────────────────────────────────────────────────────────────────────────


def test_ten_tries_go_over_three_days_and_four_hours() -> None:
    assert len(TRIES_AT) == 10
    assert TRIES_AT[0] == timedelta(0)
    assert TRIES_AT[-1] == timedelta(hours=75, minutes=35, seconds=5)
    assert all(a < b for a, b in pairwise(TRIES_AT))


@given(st.integers(0, 400_000), st.floats(0, 0.999))
def test_the_next_try_is_the_next_of_the_plan_however_old_the_message(age: int, jitter: float) -> None:
    now = NOON + timedelta(seconds=age)
    wait = next_try(NOON, now=now, jitter=jitter)
    ahead = [at for at in TRIES_AT if at > now - NOON]
    assert (wait is None) is (not ahead)
    if wait is not None:
        assert ahead[0] - (now - NOON) <= wait <= (ahead[0] - (now - NOON)) * 1.1


def test_a_receiver_may_ask_for_patience_but_not_for_a_day() -> None:
    assert next_try(NOON, now=NOON, jitter=0, asked=timedelta(seconds=90)) == timedelta(seconds=90)
    assert next_try(NOON, now=NOON, jitter=0, asked=timedelta(days=9)) == timedelta(hours=1)
    assert next_try(NOON, now=NOON, jitter=0, asked=timedelta(0)) == timedelta(seconds=5)


# ── the circuit ─────────────────────────────────────────────────────────────────────────────────


def failed(times: int, circuit: Circuit = Circuit("crm", 1)) -> Circuit:  # noqa: B008  (a frozen value)
    for _ in range(times):
        circuit = circuits.after_failure(circuit, now=NOON, last="http_503")
    return circuit


def test_a_few_failures_open_nothing_and_a_success_forgets_them() -> None:
    circuit = failed(FAILURES - 1)
    assert circuits.closed_until(circuit, now=NOON) is None
    well = circuits.after_success(circuit, now=NOON, last="http_200")
    assert well is not None
    assert (well.failures, well.version) == (0, circuit.version + 1)
    assert (
        circuits.after_success(well, now=NOON, last="http_200") is None
    )  # a system that is well costs no write


def test_a_system_that_is_down_is_left_alone_ever_longer() -> None:
    waits = []
    for times in range(FAILURES, FAILURES + 8):
        until = circuits.closed_until(failed(times), now=NOON)
        assert until is not None
        waits.append((until - NOON) / MINUTE)
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_when_its_time_is_over_one_caller_finds_out_and_the_others_wait() -> None:
    circuit = failed(FAILURES)
    later = NOON + MINUTE
    assert circuits.closed_until(circuit, now=later) is None
    assert circuits.is_probe(circuit, now=later)
    held = circuits.reserved(circuit, now=later)
    assert circuits.closed_until(held, now=later) == later + circuits.PROBE


def test_a_changed_definition_starts_anew_even_after_gone() -> None:
    gone = circuits.after_gone(failed(2), now=NOON)
    assert circuits.of_definition(gone, 1).is_disabled
    fresh = circuits.of_definition(gone, 2)
    assert (fresh.is_disabled, fresh.failures, fresh.version) == (False, 0, gone.version)
