"""Templates of a few stages, each synthesised once in a run. Modules that need one are skipped without CDK."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.settings import ROOT, StageConfig
from tests.infra.reading import Reader

SENDER = "hello@example.com"
WHATSAPP_NUMBER = "arn:aws:social-messaging:eu-central-1:123456789012:phone-number-id/0a1b"
# Every setting that makes the stack larger.
EVERYTHING: dict[str, Any] = {
    "create_identity": True,
    "tracking_domain": "click.example.com",
    "keep_data": True,
    "customer_key": True,
    "sms": {
        "enabled": True,
        "origination": "arn:aws:sms-voice:eu-central-1:123456789012:pool/pool-1",
        "more_originations": ("arn:aws:sms-voice:eu-central-1:123456789012:sender-id/SHOP/DE",),
        "protect_configurations": ("arn:aws:sms-voice:eu-central-1:123456789012:protect-configuration/p-1",),
        "media_bucket": "pictures-of-the-shop",
    },
    "push": {"enabled": True, "application_id": "app-1"},
    "whatsapp": {"enabled": True, "phone_number": WHATSAPP_NUMBER},
    "line": {"enabled": True},
    "topics": ("arn:aws:sns:eu-central-1:123456789012:shop-news",),
    "domain": {
        "name": "hello.example.com",
        "certificate": "arn:aws:acm:eu-central-1:123456789012:certificate/c-1",
    },
    "alarm_email": "oncall@example.com",
    "tracing": True,
}
BARE: dict[str, Any] = {"alarms": False, "dashboard": False, "admin_mfa": False, "empty_buckets": False}

Synthesise = Callable[[StageConfig], Reader]


def config(**settings: Any) -> StageConfig:
    return StageConfig(**{"stage": "test", "sender": SENDER, **settings})


def build(folder: Path, settings: StageConfig) -> Any:
    """An app with the stack of those settings, which bundles nothing, and the stack."""
    import aws_cdk as cdk

    from infra.stack import KizunaStack

    flags = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    context = {**flags, "aws:cdk:bundling-stacks": [], "aws:cdk:enable-path-metadata": True}
    app = cdk.App(context=context, outdir=str(folder))
    return app, KizunaStack(app, settings)


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Synthesise:
    """The template of a stage, read; asked for again it is the same one."""

    @cache
    def read(settings: StageConfig) -> Reader:
        app, stack = build(tmp_path_factory.mktemp("cdk.out"), settings)
        return Reader(app.synth().get_stack_by_name(stack.stack_name).template)

    return read


@pytest.fixture(scope="session")
def everything(synthesise: Synthesise) -> Reader:
    return synthesise(config(**EVERYTHING))


@pytest.fixture(scope="session")
def bare(synthesise: Synthesise) -> Reader:
    return synthesise(config(**BARE))
