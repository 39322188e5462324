"""The environment of a function, typed and read once. Only the log level is read elsewhere: logs come first."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from kizuna.core.errors import KizunaError
from kizuna.topology import Queue, queue_variable


class MissingSetting(KizunaError):
    """A function needs a setting that its environment does not have; names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What may differ between stages. A setting that a function does not need is an empty text."""

    stage: str = "local"
    people: str = ""
    ledger: str = ""
    catalog: str = ""
    queues: Mapping[str, str] = field(default_factory=dict)
    bus: str = ""
    lake: str = ""
    bucket: str = ""
    imports: str = ""
    anchors: str = ""
    secret: str = ""
    schedule_group: str = ""
    schedule_role: str = ""
    schedule_target: str = ""
    schedule_lost: str = ""
    base_url: str = ""
    ses_configuration_set: str = ""
    sms_origination: str = ""
    sms_configuration_set: str = ""
    sms_opt_out_list: str = ""
    push_application: str = ""
    push_sns_ios: str = ""
    push_sns_android: str = ""
    whatsapp_phone_number: str = ""
    whatsapp_api_version: str = ""
    line_secret: str = ""
    line_endpoint: str = "https://api.line.me"
    callout: str = ""
    athena_workgroup: str = ""
    athena_database: str = ""
    workers: int = 16
    catalog_seconds: float = 5.0


_VARIABLES = {
    "stage": "KIZUNA_STAGE",
    "people": "KIZUNA_TABLE_PEOPLE",
    "ledger": "KIZUNA_TABLE_LEDGER",
    "catalog": "KIZUNA_TABLE_CATALOG",
    "bus": "KIZUNA_BUS",
    "lake": "KIZUNA_LAKE",
    "bucket": "KIZUNA_BUCKET",
    "imports": "KIZUNA_IMPORTS",
    "anchors": "KIZUNA_ANCHORS",
    "secret": "KIZUNA_SECRET",
    "schedule_group": "KIZUNA_SCHEDULE_GROUP",
    "schedule_role": "KIZUNA_SCHEDULE_ROLE",
    "schedule_target": "KIZUNA_SCHEDULE_TARGET",
    "schedule_lost": "KIZUNA_SCHEDULE_LOST",
    "base_url": "KIZUNA_BASE_URL",
    "ses_configuration_set": "KIZUNA_SES_CONFIGURATION_SET",
    "sms_origination": "KIZUNA_SMS_ORIGINATION",
    "sms_configuration_set": "KIZUNA_SMS_CONFIGURATION_SET",
    "sms_opt_out_list": "KIZUNA_SMS_OPT_OUT_LIST",
    "push_application": "KIZUNA_PUSH_APPLICATION",
    "push_sns_ios": "KIZUNA_PUSH_SNS_IOS",
    "push_sns_android": "KIZUNA_PUSH_SNS_ANDROID",
    "whatsapp_phone_number": "KIZUNA_WHATSAPP_PHONE_NUMBER",
    "whatsapp_api_version": "KIZUNA_WHATSAPP_API_VERSION",
    "line_secret": "KIZUNA_LINE_SECRET",
    "callout": "KIZUNA_CALLOUT",
    "athena_workgroup": "KIZUNA_ATHENA_WORKGROUP",
    "athena_database": "KIZUNA_ATHENA_DATABASE",
}


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; absent ones stay empty."""
    found = os.environ if environment is None else environment
    texts = {name: found.get(variable, "") for name, variable in _VARIABLES.items()}
    queues = {queue.value: found[queue_variable(queue)] for queue in Queue if queue_variable(queue) in found}
    return Settings(
        **texts,
        queues=queues,
        workers=int(found.get("KIZUNA_WORKERS", "16")),
        line_endpoint=found.get("KIZUNA_LINE_ENDPOINT", "https://api.line.me"),
        catalog_seconds=float(found.get("KIZUNA_CATALOG_SECONDS", "5")),
    )


def needed(value: str, name: str) -> str:
    """A setting that must be there. Raises MissingSetting with the variable's name."""
    if not value:
        raise MissingSetting(f"{_VARIABLES.get(name, name)} is not set")
    return value
