"""A webhook as it stands in the workspace: where it leads, and which secrets sign what goes there."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

PORTS = frozenset({443, 8443})
_HOST = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
# Of a standard topic: one that keeps an order wants a group for each message.
_TOPIC = r"^(arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256})?$"
# RFC 6761, 6762, 8375, 7686, and what ICANN keeps for private use: no public name server knows them.
_OF_A_LOCAL_NETWORK = (".localhost", ".local", ".home.arpa", ".internal", ".onion")
_PATH = re.compile(r"[!-~]*")


class Webhook(BaseModel):
    """One system that is told things: by POST to a `url`, signed, or by an SNS `topic` to be subscribed to.

    `secrets` numbers the secrets that sign each request, the newest last. To rotate: add a number, hand the system
    its secret (`kizuna webhooks secret`), and take the old number away once it has it. One that is not `enabled`
    keeps its messages waiting until they are too late.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"oneOf": [{"required": ["url"]}, {"required": ["topic"]}]},
    )

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    description: str = ""
    url: str = Field(default="", max_length=2_000)
    topic: str = Field(default="", pattern=_TOPIC, max_length=300)
    secrets: tuple[Annotated[int, Field(ge=1, le=1_000)], ...] = Field(
        default=(1,), min_length=1, max_length=3
    )
    enabled: bool = True

    @field_validator("url")
    @classmethod
    def _is_public_https(cls, value: str) -> str:
        fault = fault_of_url(value) if value else None
        if fault is not None:
            raise ValueError(fault)
        return value

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if bool(self.url) == bool(self.topic):
            raise ValueError("give either url, which is called, or topic, the ARN of an SNS topic")
        return self

    @property
    def leads_to(self) -> str:
        return self.url or self.topic

    @field_validator("secrets")
    @classmethod
    def _named_once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            raise ValueError("names a secret twice")
        return value


def fault_of_url(url: str) -> str | None:
    """Why a URL is none that may be called, None if it may be. Where its name leads is looked at for each call."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        return "is not a URL"
    if parts.scheme != "https":
        return "must be an https URL"
    if "@" in parts.netloc:
        return "must not carry a user or password"
    if parts.fragment or "#" in url:
        return "must have no fragment"
    if port not in PORTS:
        return f"must be at port {' or '.join(map(str, sorted(PORTS)))}"
    if not _PATH.fullmatch(url) or "\\" in url:
        return "must be plain ASCII without blanks or backslashes; encode the rest"
    host = parts.hostname or ""
    if _is_address(host) or not _HOST.fullmatch(host):
        return "must name a host by its full domain name, not by an address"
    if host.endswith(_OF_A_LOCAL_NETWORK):
        return "must name a host of the public internet"
    return None


def _is_address(host: str) -> bool:
    """Also in the short, octal and decimal forms in which resolvers take IPv4 addresses."""
    if re.fullmatch(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
