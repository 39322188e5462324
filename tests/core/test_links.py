"""Signed links: what we issue we read, and nothing else (A09, A10, A18)."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.content.rendering import HeaderInjection
from kizuna.core.links import (
    LinkKeys,
    LinkScope,
    LinkToken,
    Preferences,
    Survey,
    Unsubscribe,
    UnusableLink,
    issue,
    link_url,
    list_unsubscribe_headers,
    read,
)

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
OLD, NEW, FOREIGN = b"o" * 32, b"n" * 32, b"f" * 32
KEYS = LinkKeys("k2", {"k1": OLD, "k2": NEW})
NONCE = bytes(range(16))
LEAVE = Unsubscribe(topic="news", channel="email")

names = (
    st.text(min_size=1, max_size=16)
    .filter(lambda t: 0 < len(t.encode("utf-8", "ignore")) <= 64)
    .filter(lambda t: not any("\ud800" <= c <= "\udfff" for c in t))
)
scopes: st.SearchStrategy[LinkScope] = st.one_of(
    st.builds(Unsubscribe, topic=names, channel=names),
    st.just(Preferences()),
    st.builds(Survey, survey=names),
)
instants = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def a_token(scope: LinkScope = LEAVE, *, keys: LinkKeys = KEYS, send_ref: str = "m1") -> str:
    return issue(send_ref=send_ref, scope=scope, issued_at=NOW, nonce=NONCE, keys=keys)


@settings(max_examples=200)
@given(names, scopes, instants, st.binary(min_size=16, max_size=16))
def test_what_is_issued_is_read(ref: str, scope: LinkScope, at: datetime, nonce: bytes) -> None:
    token = issue(send_ref=ref, scope=scope, issued_at=at, nonce=nonce, keys=KEYS)
    assert read(token, keys=KEYS) == LinkToken(ref, scope, at.replace(microsecond=0), "k2")
    assert token.isascii()
    assert len(token) < 900


@given(names, scopes, names, scopes)
def test_two_different_contents_never_share_a_payload(
    ref: str, scope: LinkScope, other_ref: str, other: LinkScope
) -> None:
    same = a_token(scope, send_ref=ref) == a_token(other, send_ref=other_ref)
    assert same == ((ref, scope) == (other_ref, other))


def test_texts_that_only_differ_in_where_they_are_cut_differ() -> None:
    assert a_token(Unsubscribe("ab", "c")) != a_token(Unsubscribe("a", "bc"))
    assert a_token(Survey("a"), send_ref="bc") != a_token(Survey("ca"), send_ref="b")


def test_the_largest_token_is_short_enough_for_its_header() -> None:
    scope = Unsubscribe("t" * 64, "c" * 64)
    keys = LinkKeys("k" * 32, {"k" * 32: NEW})
    token = a_token(scope, keys=keys, send_ref="m" * 128)
    url = link_url("https://api.a-rather-long-name-for-a-shop.example/prod", token, scope)
    assert len(token) < 600
    assert len(list_unsubscribe_headers(url)["List-Unsubscribe"]) < 900


def test_a_token_says_nothing_about_the_person_and_keys_do_not_show_themselves() -> None:
    assert "oooo" not in repr(KEYS)
    assert "nnnn" not in repr(KEYS)
    payload = base64.urlsafe_b64decode(a_token().split(".")[2] + "==")
    assert payload == NONCE + b"\0\2m1" + b"\0\x0eu\0\4news\0\5email" + int(NOW.timestamp()).to_bytes(
        8, "big"
    )


# ── A09 ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_of_a_retired_key_still_works_years_later() -> None:
    old = issue(
        send_ref="m1",
        scope=LEAVE,
        issued_at=NOW - timedelta(days=3_650),
        nonce=NONCE,
        keys=LinkKeys("k1", {"k1": OLD}),
    )
    token = read(old, keys=KEYS)
    assert token is not None
    assert (token.kid, token.scope) == ("k1", LEAVE)


def test_every_single_changed_character_makes_a_link_worthless() -> None:
    token = a_token()
    for position in range(len(token)):
        for other in ("A", "B", "-", ".", "=", "\n", "あ", ""):
            changed = token[:position] + other + token[position + 1 :]
            assert changed == token or read(changed, keys=KEYS) is None, position


def test_every_truncation_and_every_addition_makes_a_link_worthless() -> None:
    token = a_token()
    assert all(read(token[:end], keys=KEYS) is None for end in range(len(token)))
    for more in ("A", "=", ".", "\n", " ", "\x00"):
        assert read(token + more, keys=KEYS) is None
        assert read(more + token, keys=KEYS) is None


def test_keys_of_other_deployments_swapped_key_ids_and_empty_macs_are_refused() -> None:
    version, kid, payload, mac = a_token().split(".")
    foreign = a_token(keys=LinkKeys("k2", {"k2": FOREIGN}))
    unknown = a_token(keys=LinkKeys("k9", {"k9": NEW}))
    assert kid == "k2"
    for forged in (
        foreign,
        unknown,
        f"{version}.k1.{payload}.{mac}",
        f"{version}.{kid}.{payload}.",
        f"{version}.{kid}.{payload}",
        f"{version}.{kid}..{mac}",
        f"v2.{kid}.{payload}.{mac}",
        f"V1.{kid}.{payload}.{mac}",
        f"{version}.{kid}.{payload}.{'A' * 43}",
        f"{version}.{kid}.{payload}.{mac}.{mac}",
    ):
        assert read(forged, keys=KEYS) is None


def test_whatever_is_wrong_with_a_link_the_same_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """One MAC and one comparison in constant time, so that the time of the answer tells no check from another."""
    made: list[int] = []
    compared: list[int] = []
    digest, compare = hmac.digest, hmac.compare_digest

    def noted_digest(key: bytes, text: bytes, name: str) -> bytes:
        made.append(len(key))
        return digest(key, text, name)

    def noted_compare(one: bytes, other: bytes) -> bool:
        compared.append(len(one))
        return compare(one, other)

    monkeypatch.setattr("hmac.digest", noted_digest)
    monkeypatch.setattr("hmac.compare_digest", noted_compare)
    token = a_token()
    version, kid, payload, mac = token.split(".")
    wrong = [
        a_token(keys=LinkKeys("k2", {"k2": FOREIGN})),
        a_token(keys=LinkKeys("k9", {"k9": NEW})),
        f"{version}.k1.{payload}.{mac}",
        f"{version}.{kid}.{payload[:-1]}.{mac}",
        f"{version}.{kid}.{payload}.{mac[:-1]}{'A' if mac[-1] != 'A' else 'B'}",
        f"{version}.{kid}.{payload}.",
        "x",
        "v1." + "A" * 5_000,
    ]
    for forged in wrong:
        made.clear()
        compared.clear()
        assert read(forged, keys=KEYS) is None
        assert (made, compared) == ([32], [43]), forged


@settings(max_examples=300)
@given(
    st.one_of(
        st.text(max_size=1_000),
        st.text(alphabet="v1.k2-_AZaz09=", max_size=200),
        st.builds("v1.{}.{}.{}".format, st.text(), st.text(), st.text()),
        st.builds(
            lambda raw: "v1.k2." + base64.urlsafe_b64encode(raw).decode() + "." + "A" * 43, st.binary()
        ),
        st.builds(lambda n: "v1.k2." + "A" * n + "." + "A" * 43, st.integers(0, 5_000)),
    )
)
def test_junk_is_refused_and_never_raises(text: str) -> None:
    assert read(text, keys=KEYS) is None


@settings(max_examples=300)
@given(st.binary(max_size=120))
def test_a_payload_of_another_shape_is_refused_even_with_a_true_signature(raw: bytes) -> None:
    from kizuna.core import links

    payload = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    signed = f"v1.k2.{payload or 'A'}"
    token = read(f"{signed}.{links._mac(signed, NEW)}", keys=KEYS)
    if token is not None:  # then it must be the very encoding that we would have made
        again = issue(
            send_ref=token.send_ref, scope=token.scope, issued_at=token.issued_at, nonce=raw[:16], keys=KEYS
        )
        assert again.split(".")[2] == payload


# ── what cannot be issued ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": b"short"},
        {"send_ref": ""},
        {"send_ref": "m" * 129},
        {"send_ref": "\ud800"},
        {"scope": Unsubscribe("", "email")},
        {"scope": Unsubscribe("n" * 65, "email")},
        {"issued_at": datetime(2026, 11, 22)},  # noqa: DTZ001
        {"issued_at": datetime(1969, 1, 1, tzinfo=UTC)},
    ],
)
def test_values_that_do_not_fit_are_refused(changes: dict[str, Any]) -> None:
    values: dict[str, Any] = {"send_ref": "m1", "scope": LEAVE, "issued_at": NOW, "nonce": NONCE}
    with pytest.raises(UnusableLink):
        issue(**(values | changes), keys=KEYS)


@pytest.mark.parametrize(
    ("current", "secrets"), [("k1", {}), ("k1", {"k2": NEW}), ("k1", {"k1": b"short"}), ("k.1", {"k.1": NEW})]
)
def test_weak_or_missing_keys_are_refused(current: str, secrets: dict[str, bytes]) -> None:
    with pytest.raises(UnusableLink) as caught:
        LinkKeys(current, secrets)
    assert "short\n" not in str(caught.value)


# ── headers and URLs ─────────────────────────────────────────────────────────────────────────────


def test_a_promotional_mail_carries_the_pair_of_rfc_8058() -> None:
    assert list_unsubscribe_headers("https://api.example.com/u/v1.k2.x.y") == {
        "List-Unsubscribe": "<https://api.example.com/u/v1.k2.x.y>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


@pytest.mark.parametrize(
    ("scope", "path"), [(LEAVE, "u"), (Preferences(), "preferences"), (Survey("nps"), "s")]
)
def test_each_scope_has_its_own_path(scope: LinkScope, path: str) -> None:
    assert link_url("https://api.example.com/", "v1.t", scope) == f"https://api.example.com/{path}/v1.t"


@pytest.mark.parametrize("url", ["http://localhost:8080/u/x", "http://127.0.0.1/u/x", "http://[::1]:80/u/x"])
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    assert list_unsubscribe_headers(url)["List-Unsubscribe"] == f"<{url}>"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://api.example.com/u/x",
        "http://localhost.example.com/u/x",
        "http://127.0.0.1.example.com/u/x",
        "ftp://api.example.com/",
        "mailto:stop@example.com",
        "javascript:alert(1)",
        "//api.example.com/u/x",
        "https:///u/x",
        "https://user@api.example.com/u/x",
        "https://api.example.com/u/x y",
        "https://api.example.com/u/x>,<https://evil.example",
        'https://api.example.com/u/"x',
        "https://api.example.com/u/é",
        "https://[::1/u/x",
        "https://api.example.com/" + "a" * 980,
    ],
)
def test_a_link_that_mail_programs_could_misread_is_refused(url: str) -> None:
    with pytest.raises(UnusableLink):
        list_unsubscribe_headers(url)


@pytest.mark.parametrize(
    "url", ["https://a.example/\r\nBcc: x@evil.example", "https://a.example/\n", "\x00https://a"]
)
def test_a_line_break_in_a_link_is_refused_as_an_injection(url: str) -> None:
    with pytest.raises(HeaderInjection) as caught:
        list_unsubscribe_headers(url)
    assert caught.value.field == "List-Unsubscribe"
