"""What may differ between stages, read once from `kizuna.toml` and typed. Everything else is the same everywhere.

A stage is a table `[stage.<name>]`. `cdk synth -c stage=prod -c sender=news@example.com -c sms.enabled=false`
chooses the stage and overrides single keys, nested ones by their dotted name.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

ROOT = Path(__file__).resolve().parent.parent
SETTINGS_FILE = ROOT / "kizuna.toml"
SCHEMA_FILE = Path(__file__).resolve().parent / "kizuna.schema.json"
DEFAULT_STAGE = "dev"
STAGE_PATTERN = r"^[a-z][a-z0-9-]{1,15}$"

# The retentions that CloudWatch Logs knows. "For ever" is not among them on purpose.
LogDays = Annotated[
    Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827],
    # `-c log_days=90` comes as text, and a literal takes no text for a number.
    BeforeValidator(lambda value: int(value) if isinstance(value, str) and value.isdecimal() else value),
]
PlatformApplication = Annotated[
    str,
    StringConstraints(
        pattern=r"^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:app/(APNS|APNS_SANDBOX|GCM)/[A-Za-z0-9_.-]+$"
    ),
]
BaseUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^/?#\s]+$")]
Topic = Annotated[str, StringConstraints(pattern=r"^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$")]
Arn = Annotated[str, StringConstraints(pattern=r"^arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:\d*:.+$")]
DomainName = Annotated[
    str, StringConstraints(max_length=253, pattern=r"^([a-z0-9](-?[a-z0-9])*\.)+[a-z](-?[a-z0-9])+$")
]


class SettingsError(Exception):
    """A setting is missing or wrong. The message names the file and the key, one line for each fault."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sms(_Settings):
    """Text messages through AWS End User Messaging. Numbers and sender ids are registered by hand, not here."""

    enabled: bool = Field(default=False, description="Send text messages in this stage.")
    origination: Arn | None = Field(
        default=None, description="ARN of the pool, phone number or sender id that messages come from."
    )
    more_originations: tuple[Arn, ...] = Field(
        default=(),
        description="ARNs of pools, numbers and sender ids that brands name for themselves or a country.",
    )
    protect_configurations: tuple[Arn, ...] = Field(
        default=(), description="ARNs of the protect configurations that brands name."
    )
    media_bucket: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9.-]{3,63}$",
        description="Bucket with the pictures of multimedia messages. Without it there are none.",
    )
    opt_out_list: str = Field(
        default="Default",
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Name of the opt-out list that these origins go by; read once a day.",
    )
    configuration_set: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Name of a configuration set that exists. Without it the stack makes one that reports back.",
    )

    @model_validator(mode="after")
    def _has_an_origin(self) -> Sms:
        if self.enabled and self.origination is None:
            raise ValueError("`origination` is needed when `enabled` is true")
        return self


class Push(_Settings):
    """Push notifications through AWS End User Messaging. The application is made by hand, with its keys."""

    enabled: bool = Field(default=False, description="Send push notifications in this stage.")
    application_id: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of the push application."
    )
    sns_ios: PlatformApplication | None = Field(
        default=None,
        description="ARN of a platform application of SNS for APNs, instead of `application_id`.",
    )
    sns_android: PlatformApplication | None = Field(
        default=None, description="ARN of a platform application of SNS for FCM, instead of `application_id`."
    )

    @property
    def platform_applications(self) -> tuple[str, ...]:
        """Those of SNS; empty where the push application sends."""
        return tuple(arn for arn in (self.sns_ios, self.sns_android) if arn)

    @model_validator(mode="after")
    def _has_an_application(self) -> Push:
        if self.enabled and self.application_id is None and not self.platform_applications:
            raise ValueError("`application_id` is needed when `enabled` is true, or one of SNS")
        if self.application_id is not None and self.platform_applications:
            raise ValueError("give either `application_id`, or `sns_ios` and `sns_android`")
        return self


class WhatsApp(_Settings):
    """WhatsApp through AWS End User Messaging Social. The account and its number are linked by hand."""

    enabled: bool = Field(default=False, description="Send by WhatsApp in this stage.")
    phone_number: Arn | None = Field(
        default=None, description="ARN of the phone number that messages come from."
    )
    more_phone_numbers: tuple[Arn, ...] = Field(
        default=(), description="ARNs of numbers that brands write from instead."
    )
    api_version: str = Field(
        default="v22.0",
        pattern=r"^v[2-9][0-9]\.[0-9]$",
        description="Version of Meta's Cloud API that messages are handed over in; AWS takes 20 and later.",
    )

    @model_validator(mode="after")
    def _has_a_number(self) -> WhatsApp:
        if self.enabled and self.phone_number is None:
            raise ValueError("`phone_number` is needed when `enabled` is true")
        return self


class Line(_Settings):
    """LINE by its Messaging API. The stack makes an empty secret; tokens are entered by hand."""

    enabled: bool = Field(default=False, description="Send by LINE in this stage.")


class Jwt(_Settings):
    """Who signs the tokens that the management API accepts, when it is not a user pool of the stack."""

    issuer: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] = Field(
        description="The issuer, exactly as in the tokens' `iss`."
    )
    audience: tuple[str, ...] = Field(min_length=1, description="Accepted values of `aud` or `client_id`.")


class Domain(_Settings):
    """A domain of your own for the API and for the links in messages."""

    name: DomainName = Field(description="Such as hello.example.com. Point it at the output ApiDomainTarget.")
    certificate: Arn = Field(description="ARN of its certificate in ACM, in the region of the stack.")


class StageConfig(_Settings):
    """One stage."""

    stage: str = Field(pattern=STAGE_PATTERN, description="The name of the stage: that of its table.")
    account: str | None = Field(
        default=None, pattern=r"^\d{12}$", description="Deploy to this account only, whoever is logged in."
    )
    region: str | None = Field(
        default=None, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="Deploy to this region only."
    )
    cost_centre: str = Field(
        default="kizuna", min_length=1, max_length=256, description="Value of the tag `cost-centre`."
    )

    sender: EmailStr = Field(
        description="The address e-mail comes from; the only one the stack may send from."
    )
    identity: str | None = Field(
        default=None,
        description="What is verified in SES: a domain or an address. Default: the domain of `sender`.",
    )
    create_identity: bool = Field(
        default=False,
        description="Create the SES identity with the stack (its DNS records are yours to enter).",
    )
    more_identities: tuple[Arn, ...] = Field(
        default=(), description="ARNs of SES identities that brands send as, in this region or another."
    )
    more_configuration_sets: tuple[Arn, ...] = Field(
        default=(), description="ARNs of SES configuration sets that brands send with."
    )
    tenants: tuple[Arn, ...] = Field(default=(), description="ARNs of the SES tenants that brands name.")
    tracking: bool = Field(
        default=True, description="Let SES count opens and clicks: it adds a pixel and rewrites links."
    )
    tracking_domain: DomainName | None = Field(
        default=None, description="Host for the rewritten links, HTTPS only. Default: one of AWS."
    )
    sms: Sms = Sms()
    push: Push = Push()
    whatsapp: WhatsApp = WhatsApp()
    line: Line = Line()
    topics: tuple[Topic, ...] = Field(
        default=(),
        description="ARNs of SNS topics that webhooks of the workspace publish to, in this region.",
    )

    keep_data: bool = Field(
        default=False,
        description="Keep tables, lake, secret and users when the stack goes; recovery and deletion protection on.",
    )
    empty_buckets: bool = Field(
        default=True,
        description="When the stack goes and data is not kept, empty its buckets (CDK adds a function for it).",
    )
    customer_key: bool = Field(
        default=False,
        description="Encrypt people, lake and secret with one KMS key of your own ($1 a month) instead of AWS's.",
    )
    lake_days: int = Field(default=730, ge=1, le=36500, description="How long the lake keeps an event.")
    anchor_days: int = Field(
        default=1827,
        ge=1,
        le=36500,
        description="How long the anchors of the consent ledger are kept, and locked.",
    )
    anchor_lock: Literal["governance", "compliance"] = Field(
        default="governance",
        description="Who may delete an anchor before that: whoever has s3:BypassGovernanceRetention, or nobody.",
    )
    lake_buffer_seconds: int = Field(
        default=300, ge=0, le=900, description="How long events may wait before they are written to the lake."
    )

    lake_query_gigabytes: int = Field(
        default=100,
        ge=1,
        le=7_000,
        description="How much one question to the lake may read, as stored; 100 GB cost $0.50.",
    )

    base_url: BaseUrl | None = Field(
        default=None,
        description="Where links in messages point, when neither the API's address nor `domain`.",
    )
    domain: Domain | None = None
    jwt: Jwt | None = Field(
        default=None, description="Issuer of the management API. Default: a Cognito user pool of the stack."
    )
    admin_mfa: bool = Field(default=True, description="Users of that pool must use a one-time code.")
    requests_per_second: int = Field(default=1000, ge=1, description="Beyond this the API answers 429.")
    request_burst: int = Field(default=2000, ge=1, description="How many requests may come at one instant.")

    log_level: Literal["DEBUG", "INFO", "WARNING"] = "INFO"
    log_days: LogDays = Field(default=30, description="How long logs are kept, in days.")
    tracing: bool = Field(default=False, description="Record traces with X-Ray.")
    alarms: bool = Field(default=True, description="Create the alarms (about $0.10 each a month).")
    alarm_email: EmailStr | None = Field(
        default=None, description="Who is told; must confirm the subscription."
    )
    dashboard: bool = Field(default=True, description="Create the dashboard (up to $3 a month).")

    asset: Literal["lambda", "host"] = Field(
        default="lambda",
        description="What the code is built for: Lambda (arm64, Python 3.13), or this machine, for emulators.",
    )

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> StageConfig:
        if (self.account is None) != (self.region is None):
            raise ValueError("`account` and `region` go together")
        if self.alarm_email is not None and not self.alarms:
            raise ValueError("`alarm_email` needs `alarms`")
        identity = self.ses_identity
        if self.sender.lower() != identity and not f".{self.sender_domain}".endswith(f".{identity}"):
            raise ValueError("`identity` does not cover `sender`")
        return self

    @property
    def sender_domain(self) -> str:
        return self.sender.rpartition("@")[2].lower()

    @property
    def ses_identity(self) -> str:
        """The verified domain or address, in lower case."""
        return (self.identity or self.sender_domain).lower()


def load(
    stage: str = DEFAULT_STAGE, *, path: Path = SETTINGS_FILE, overrides: Mapping[str, object] | None = None
) -> StageConfig:
    """The settings of a stage. `overrides` has dotted keys. Raises `SettingsError`."""
    name = _shown(path)
    table = _stage_table(path, stage)
    for key, value in (overrides or {}).items():
        _override(table, key, value)
    if "stage" in table:
        raise SettingsError(f"{name}: stage.{stage}.stage: the name of the table is the name of the stage")
    try:
        return StageConfig(stage=stage, **table)
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error, f"{name}: stage.{stage}"))) from None


def setting_names() -> tuple[str, ...]:
    """Every key that can be overridden, nested ones dotted."""
    return tuple(_leaves(StageConfig))


def schema_text() -> str:
    """The JSON schema of the file, for editors: written beside this module by `python -m infra.settings`."""
    stage = StageConfig.model_json_schema()
    definitions = stage.pop("$defs", {})
    stage["properties"].pop("stage")
    stage["required"] = [key for key in stage["required"] if key != "stage"]
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "kizuna.toml",
        "type": "object",
        "additionalProperties": False,
        "required": ["stage"],
        "properties": {
            "stage": {
                "type": "object",
                "additionalProperties": False,
                "patternProperties": {STAGE_PATTERN: {"$ref": "#/$defs/Stage"}},
            }
        },
        "$defs": {**definitions, "Stage": stage},
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _stage_table(path: Path, stage: str) -> dict[str, Any]:
    name = _shown(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{name}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: {error}") from None
    for key in document:
        if key != "stage":
            raise SettingsError(f"{name}: {key}: only tables [stage.<name>] belong here")
    stages = document.get("stage", {})
    table = stages.get(stage) if isinstance(stages, dict) else None
    if not isinstance(table, dict):
        known = ", ".join(sorted(stages)) if isinstance(stages, dict) and stages else "none"
        raise SettingsError(f"{name}: stage.{stage}: no such stage; there are: {known}")
    return table


def _override(table: dict[str, Any], dotted: str, value: object) -> None:
    *outer, last = dotted.split(".")
    for key in outer:
        inner = table.setdefault(key, {})
        if not isinstance(inner, dict):  # the file is wrong here: let validation say so
            return
        table = inner
    table[last] = value


def _lines(error: ValidationError, prefix: str) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join([prefix, *(str(part) for part in fault["loc"])])
        yield f"{where}: {fault['msg'].removeprefix('Value error, ')}"


def _leaves(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if name == "stage":
            continue
        nested = next((part for part in _parts(field.annotation) if issubclass(part, BaseModel)), None)
        if nested is None:
            yield prefix + name
        else:
            yield from _leaves(nested, f"{prefix}{name}.")


def _parts(annotation: Any) -> list[type]:
    """The classes in an annotation such as `Domain | None`."""
    return [part for part in getattr(annotation, "__args__", (annotation,)) if isinstance(part, type)]


def _shown(path: Path) -> str:
    """A path as its reader knows it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
