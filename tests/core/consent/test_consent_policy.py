"""The consent policy: its defaults, what it refuses, and its version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kizuna.core.policy import ConsentPolicy, Window

CASES = json.loads((Path(__file__).parents[3] / "events" / "consent_cases.json").read_text(encoding="utf-8"))


def test_the_defaults_are_those_of_the_worked_cases() -> None:
    defaults = ConsentPolicy.from_case_defaults(CASES["policy_defaults"])

    assert defaults == ConsentPolicy()
    assert defaults.version_id == ConsentPolicy().version_id
    assert defaults.quiet_hours["US-TX-sunday"] == Window(720, 1260)


def test_a_policy_can_be_written_out_and_read_again() -> None:
    policy = ConsentPolicy(revoke_all=True, quiet_hours={"JP": ["09:00", "24:00"]})

    again = ConsentPolicy.model_validate_json(policy.model_dump_json())

    assert again == policy
    assert again.version_id == policy.version_id
    assert json.loads(policy.model_dump_json())["quiet_hours"] == {"JP": ["09:00", "24:00"]}


@pytest.mark.parametrize(
    "change",
    [
        {"opt_in_default_for_unknown_country": False},
        {"double_opt_in_countries": ["DE"]},
        {"consent_max_age_months": {"EU": 23}},
        {"invalid_wording_versions": []},
        {"future_grant_skew_minutes": 4},
        {"minor_age_by_country": {"default": 16}},
        {"ca_ad_share_minor_age": 15},
        {"quiet_hours": {"US": ["08:00", "20:00"]}},
        {"quiet_hours_channels": ["sms", "push"]},
        {"revoke_all": True},
    ],
)
def test_any_other_rule_is_another_version(change: dict[str, Any]) -> None:
    original = ConsentPolicy()
    assert original.version_id

    changed = original.model_copy(update=change)

    assert changed.version_id == ConsentPolicy(**change).version_id != original.version_id


def test_the_order_in_which_rules_are_written_does_not_matter() -> None:
    one = ConsentPolicy(double_opt_in_countries=["AT", "DE"], consent_max_age_months={"EU": 24, "JP": 12})
    other = ConsentPolicy(double_opt_in_countries=["DE", "AT"], consent_max_age_months={"JP": 12, "EU": 24})

    assert one.version_id == other.version_id


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"opt_in": True}, "Extra inputs are not permitted"),
        ({"revoke_all": "perhaps"}, "valid boolean"),
        ({"double_opt_in_countries": ["Germany"]}, "match pattern"),
        ({"consent_max_age_months": {"EU": 0}}, "greater than or equal to 1"),
        ({"future_grant_skew_minutes": -1}, "greater than or equal to 0"),
        ({"minor_age_by_country": {"US": 13}}, "under the key `default`"),
        ({"quiet_hours": {"Texas": ["08:00", "20:00"]}}, "'Texas' is not COUNTRY"),
        ({"quiet_hours": {"US-TX-Sunday": ["08:00", "20:00"]}}, "is not COUNTRY"),
        ({"quiet_hours": {"US": ["20:00", "08:00"]}}, "may not cross midnight"),
        ({"quiet_hours": {"US": ["8:00", "20:00"]}}, "HH:MM"),
        ({"quiet_hours": {"US": [8, 20]}}, "HH:MM"),
        ({"quiet_hours": {"US": ["08:00", "25:00"]}}, "HH:MM"),
        ({"quiet_hours": {"US": ["08:00"]}}, "a pair of local times"),
        ({"quiet_hours": {"US": "08:00-20:00"}}, "a pair of local times"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ConsentPolicy(**change)
    with pytest.raises(ValidationError, match=told):
        ConsentPolicy().model_copy(update=change)


def test_the_ages_of_a_file_of_cases_need_no_default() -> None:
    told = ConsentPolicy.from_case_defaults({"minor_age_by_country": {"US": 13}, "minor_note": "a remark"})
    assert (told.minor_age("US", None, "email"), told.minor_age("BR", None, "email")) == (13, 16)
    own = ConsentPolicy.from_case_defaults({"minor_age_by_country": {"default": 14}})
    assert own.minor_age("BR", None, "email") == 14
    with pytest.raises(ValidationError, match="minor_age_by_country"):
        ConsentPolicy.from_case_defaults({"minor_age_by_country": 16})


def test_a_policy_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        ConsentPolicy().revoke_all = True  # type: ignore[misc]  # the assignment is what is refused
