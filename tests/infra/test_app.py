"""The CDK app as the CDK command runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.settings import ROOT

pytest.importorskip("aws_cdk", reason="CDK is in the environment of `make check` (group infra) only")


def run(folder: Path, **context: object) -> subprocess.CompletedProcess[str]:
    """Run the app as CDK does: the context and the place for the answer come in the environment."""
    flags: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    asked = json.dumps({**flags, "aws:cdk:bundling-stacks": [], **context})
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        "CDK_CONTEXT_JSON": asked,
        "CDK_OUTDIR": str(folder),
    }
    return subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )


def test_it_synthesises_the_stage_that_is_asked_for_without_credentials(tmp_path: Path) -> None:
    done = run(tmp_path, stage="prod", sender="news@news.example.com")
    assert done.returncode == 0, done.stderr
    template = json.loads((tmp_path / "Kizuna-prod.template.json").read_text(encoding="utf-8"))
    assert '"*@news.example.com"' in json.dumps(template)


def test_it_takes_another_settings_file(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text('[stage.qa]\nsender = "qa@example.com"\n', encoding="utf-8")
    done = run(tmp_path / "out", stage="qa", config=str(path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "Kizuna-qa.template.json").is_file()


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"stage": "production"}, "kizuna.toml: stage.production: no such stage; there are: dev, prod"),
        (
            {"stage": "prod", "keep_data": "perhaps"},
            "kizuna.toml: stage.prod.keep_data: Input should be a valid boolean, unable to interpret input",
        ),
        (
            {"sms.enabled": "true"},
            "kizuna.toml: stage.dev.sms: `origination` is needed when `enabled` is true",
        ),
        ({"sendr": "x@example.com"}, "-c sendr: no such setting; did you mean sender?"),
    ],
)
def test_a_wrong_setting_is_one_line_and_no_traceback(
    tmp_path: Path, context: dict[str, str], said: str
) -> None:
    done = run(tmp_path, **context)
    assert (done.returncode, done.stderr.strip()) == (1, said)
