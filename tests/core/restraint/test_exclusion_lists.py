"""Product exclusions as lists for those who advertise or call on our behalf."""

from __future__ import annotations

import hashlib

import pytest

from kizuna.core.files.csv_safety import Dialled, csv_line
from kizuna.core.people import Address
from kizuna.core.restraint.exclusion_lists import HEADERS, ListFor, rows_of
from kizuna.core.restraint.exclusions import Exclusion, ProductExclusion
from tests.support.builders import NOON, a_profile

RULES = (
    ProductExclusion.model_validate({"id": "cancelled", "event": "Subscription Cancelled", "lasts": "30d"}),
)
GONE = {"tea": Exclusion("cancelled", NOON, "=too expensive")}
SINCE, UNTIL = "2026-11-23T12:00:00.000Z", "2026-12-23T12:00:00.000Z"


def listed(purpose: ListFor, *addresses: Address) -> list[tuple[str, ...]]:
    profile = a_profile(addresses={each.key: each for each in addresses})
    rows = list(rows_of(profile, GONE, RULES, purpose=purpose))
    assert all(len(row) == len(HEADERS[purpose]) for row in rows)
    return rows


EMAIL, PHONE = Address("email", "Ann@Example.com", NOON), Address("sms", "+819012345678", NOON)


def test_ad_networks_get_hashes_of_every_address_and_no_address() -> None:
    rows = listed("ads", EMAIL, PHONE)
    hashed = [hashlib.sha256(value).hexdigest() for value in (b"ann@example.com", b"+819012345678")]
    assert [row[:2] for row in rows] == [(hashed[0], ""), ("", hashed[1])]
    assert {row[2:] for row in rows} == {("tea", SINCE, UNTIL)}


def test_call_centres_get_numbers_that_a_machine_can_dial_and_the_reason_made_safe() -> None:
    (row,) = listed("calls", EMAIL, PHONE)
    assert csv_line(row) == f'"+819012345678","tea","{SINCE}","{UNTIL}","\'=too expensive"\r\n'


def test_who_has_no_address_of_the_kind_is_in_no_list() -> None:
    assert listed("calls", EMAIL) == []
    assert listed("ads") == []


def test_a_phone_of_another_form_is_made_safe_like_every_text() -> None:
    (row,) = listed("calls", Address("sms", "+81 90=1", NOON))
    assert csv_line(row).startswith('"\'+81 90=1"')


@pytest.mark.parametrize(
    "wrong", ["", "819012345678", "+0123456789", "+81-90-1234", "+12345", "+1" * 9, "+1234567=1"]
)
def test_only_a_sign_and_digits_are_dialled(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164"):
        Dialled(wrong)
