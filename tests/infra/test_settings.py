"""`kizuna.toml` becomes a typed configuration, and what is wrong in it is named by file and key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.settings import SCHEMA_FILE, SETTINGS_FILE, SettingsError, load, schema_text, setting_names

GOOD = """
[stage.dev]
sender = "hello@example.com"

[stage.prod]
sender = "hello@news.example.com"
identity = "Example.com"
keep_data = true

[stage.prod.sms]
enabled = true
origination = "arn:aws:sms-voice:eu-central-1:123456789012:pool/pool-1"
"""


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    path = tmp_path / "kizuna.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def fault(path: Path, stage: str = "dev", overrides: Mapping[str, object] | None = None) -> str:
    """What is said of a file that cannot be used, without the folder it is in."""
    with pytest.raises(SettingsError) as caught:
        load(stage, path=path, overrides=overrides)
    return str(caught.value).replace(str(path), path.name)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_the_stages_of_the_repository_can_be_used(stage: str) -> None:
    assert load(stage, path=SETTINGS_FILE).stage == stage


def test_production_of_the_repository_keeps_its_data_and_development_keeps_none() -> None:
    assert load("prod").keep_data
    assert not load("dev").keep_data


def test_a_stage_has_the_defaults_of_what_it_does_not_say(settings_file: Path) -> None:
    config = load("dev", path=settings_file)
    assert (config.ses_identity, config.sms.enabled, config.asset) == ("example.com", False, "lambda")


def test_an_identity_is_compared_and_used_in_lower_case(settings_file: Path) -> None:
    assert load("prod", path=settings_file).ses_identity == "example.com"


def test_single_keys_can_be_overridden_with_the_text_of_a_command_line(settings_file: Path) -> None:
    overrides = {"sender": "b@example.com", "sms.enabled": "false", "log_days": "90", "lake_days": "7"}
    config = load("prod", path=settings_file, overrides=overrides)
    assert (config.sender, config.sms.enabled, config.log_days, config.lake_days) == (
        "b@example.com",
        False,
        90,
        7,
    )


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"keep_data": "perhaps"},
            "kizuna.toml: stage.dev.keep_data: Input should be a valid boolean, unable to interpret input",
        ),
        ({"sender": "nobody"}, "kizuna.toml: stage.dev.sender: value is not a valid email address"),
        ({"sendr": "x"}, "kizuna.toml: stage.dev.sendr: Extra inputs are not permitted"),
        ({"sms.sender": "x"}, "kizuna.toml: stage.dev.sms.sender: Extra inputs are not permitted"),
        (
            {"sms.enabled": True},
            "kizuna.toml: stage.dev.sms: `origination` is needed when `enabled` is true",
        ),
        (
            {"push.enabled": True},
            "kizuna.toml: stage.dev.push: `application_id` is needed when `enabled` is true, or one of SNS",
        ),
        ({"log_days": 8}, "kizuna.toml: stage.dev.log_days: Input should be 1, 3, 5, 7"),
        ({"region": "eu-central-1"}, "kizuna.toml: stage.dev: `account` and `region` go together"),
        ({"identity": "example.org"}, "kizuna.toml: stage.dev: `identity` does not cover `sender`"),
        ({"identity": "other@example.com"}, "kizuna.toml: stage.dev: `identity` does not cover `sender`"),
        (
            {"alarms": False, "alarm_email": "a@example.com"},
            "kizuna.toml: stage.dev: `alarm_email` needs `alarms`",
        ),
        ({"domain.name": "hello.example.com"}, "kizuna.toml: stage.dev.domain.certificate: Field required"),
        ({"base_url": "https://x.example/path"}, "kizuna.toml: stage.dev.base_url: String should match"),
    ],
)
def test_a_fault_names_the_file_the_key_and_what_is_wrong(
    settings_file: Path, overrides: dict[str, object], message: str
) -> None:
    assert fault(settings_file, overrides=overrides).startswith(message)


def test_every_fault_has_its_own_line(settings_file: Path) -> None:
    said = fault(settings_file, overrides={"keep_data": "perhaps", "log_level": "LOUD"}).splitlines()
    assert [line.split(": ")[1] for line in said] == ["stage.dev.keep_data", "stage.dev.log_level"]


@pytest.mark.parametrize(
    ("text", "stage", "message"),
    [
        (GOOD, "test", "kizuna.toml: stage.test: no such stage; there are: dev, prod"),
        ("", "dev", "kizuna.toml: stage.dev: no such stage; there are: none"),
        ("stage = 1", "dev", "kizuna.toml: stage.dev: no such stage; there are: none"),
        ("[stage]\ndev = 1", "dev", "kizuna.toml: stage.dev: no such stage; there are: dev"),
        ("[stages.dev]", "dev", "kizuna.toml: stages: only tables [stage.<name>] belong here"),
        ("[stage.dev\n", "dev", "kizuna.toml: Expected ']'"),
        (
            "[stage.dev]\nstage = 'x'",
            "dev",
            "kizuna.toml: stage.dev.stage: the name of the table is the name",
        ),
        ("[stage.Dev_1]\nsender = 'a@example.com'", "Dev_1", "kizuna.toml: stage.Dev_1.stage: String should"),
    ],
)
def test_a_file_that_is_no_settings_file_is_refused(
    tmp_path: Path, text: str, stage: str, message: str
) -> None:
    path = tmp_path / "kizuna.toml"
    path.write_text(text, encoding="utf-8")
    assert fault(path, stage).startswith(message)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert fault(tmp_path / "kizuna.toml") == "kizuna.toml: No such file or directory"


def test_nested_settings_can_be_named_on_the_command_line() -> None:
    assert {"sender", "sms.origination", "jwt.issuer", "domain.certificate"} <= set(setting_names())


def test_the_schema_for_editors_is_current() -> None:
    """Written anew by `python -m infra.settings`."""
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_the_schema_explains_every_setting_that_is_not_plain() -> None:
    schema = json.loads(schema_text())
    plain = {"log_level", "domain", "sms", "push", "whatsapp", "line"}
    unexplained = {
        key for key, value in schema["$defs"]["Stage"]["properties"].items() if "description" not in value
    }
    assert unexplained <= plain
