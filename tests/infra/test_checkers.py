"""Other people's rules for templates: cdk-nag and cfn-lint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.settings import StageConfig, load
from tests.infra.conftest import BARE, EVERYTHING, Synthesise, build, config

pytest.importorskip("aws_cdk", reason="CDK is in the environment of `make check` (group infra) only")

STAGES = {
    "everything": config(**EVERYTHING),
    "bare": config(**BARE),
    "dev": load("dev"),
    "prod": load("prod"),
}


@pytest.mark.slow
@pytest.mark.parametrize("settings", STAGES.values(), ids=STAGES)
def test_cdk_nag_finds_nothing_that_is_not_accepted_with_a_reason(
    tmp_path: Path, settings: StageConfig
) -> None:
    app, stack = build(tmp_path, settings)
    from infra import nag

    nag.check(stack)
    app.synth()  # raises, and lists the findings, when there are any
    report = json.loads((tmp_path / "validation-report.json").read_text(encoding="utf-8"))
    ran = {plugin["pluginName"] for plugin in report["pluginReports"]}
    assert {"AwsSolutions", "Serverless"} <= ran


@pytest.mark.slow
def test_cdk_nag_would_find_what_is_wrong(tmp_path: Path) -> None:
    app, stack = build(tmp_path, config(**BARE))
    from aws_cdk import aws_sqs as sqs

    from infra import nag

    sqs.Queue(stack, "Open")
    nag.check(stack)
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS4"):
        app.synth()


def test_every_accepted_finding_has_a_reason_of_its_own_words() -> None:
    from infra import nag

    accepted: dict[str, Mapping[str, str]] = {
        name: value
        for name, value in vars(nag).items()
        if name.isupper() and isinstance(value, dict) and name != "WILDCARDS"
    }
    assert len(accepted) > 5
    for name, reasons in accepted.items():
        for id_, reason in reasons.items():
            assert id_.startswith(("AwsSolutions::", "Serverless::")), name
            assert len(reason.split()) >= 6, (name, id_)


@pytest.mark.slow
@pytest.mark.parametrize("settings", STAGES.values(), ids=STAGES)
def test_cfn_lint_finds_nothing(synthesise: Synthesise, tmp_path: Path, settings: StageConfig) -> None:
    """W3005, a dependency named twice, is CDK's own habit."""
    template = tmp_path / "template.json"
    template.write_text(json.dumps(synthesise(settings).raw), encoding="utf-8")
    api = pytest.importorskip("cfnlint.api", reason="cfn-lint is in the environment of `make check` only")
    assert (
        api.lint_file(template, config=api.ManualArgs(ignore_checks=["W3005"], regions=["eu-central-1"]))
        == []
    )
