"""Brands and templates as they stand in the workspace, and what a template becomes for one person."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, assert_never
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)

from kizuna.core.content.headers import is_single_line
from kizuna.core.content.sms_text import SmsParts

SLUG = r"^[a-z][a-z0-9-]{0,63}$"
SOURCE_MAX = 100_000
DATA_KEYS_MAX = 20

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")

TemplateChannel = Literal["email", "sms", "push"]
Purpose = Literal["promotional", "transactional"]


def _one_line(value: str) -> str:
    if not is_single_line(value):
        raise ValueError("must be one line, without control characters")
    return value


def _mail_address(value: str) -> str:
    # The company's own address, so the plain form is enough and spares a cold start the full validator.
    if not _ADDRESS.fullmatch(value):
        raise ValueError("is not an e-mail address")
    return value


def _web_address(value: str) -> str:
    if urlsplit(value).scheme != "https" or not urlsplit(value).hostname or any(map(str.isspace, value)):
        raise ValueError("must be an https URL")
    return value


Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
MailAddress = Annotated[str, Field(max_length=254), AfterValidator(_one_line), AfterValidator(_mail_address)]
WebAddress = Annotated[str, Field(max_length=500), AfterValidator(_one_line), AfterValidator(_web_address)]
Source = Annotated[str, Field(min_length=1, max_length=SOURCE_MAX)]
SingleLineSource = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_one_line)]


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# ── brands ──────────────────────────────────────────────────────────────────────────────────────


class BrandWording(_Definition):
    """How a brand calls itself in one language, where that differs."""

    name: Line | None = None
    legal_name: Line | None = None
    postal_address: Line | None = None
    from_name: Line | None = None
    support_url: WebAddress | None = None


class Voice(NamedTuple):
    """A brand in one language, nothing left open."""

    language: str
    name: str
    legal_name: str
    postal_address: str
    from_name: str
    support_url: str


class Brand(_Definition):
    """Who speaks. `legal_name` and `postal_address` are what the law wants to see in promotional mail."""

    id: str = Field(pattern=SLUG)
    name: Line
    legal_name: Line
    postal_address: Line
    from_email: MailAddress
    from_name: Line
    reply_to: MailAddress
    support_url: WebAddress
    languages: dict[Language, BrandWording] = Field(min_length=1)
    """The languages the brand speaks, the first being its own."""

    def voice(self, language: str) -> Voice:
        """The brand in the nearest language it speaks."""
        chosen = nearest_language(self.languages, language) or next(iter(self.languages))
        wording = self.languages[chosen]
        return Voice(
            language=chosen,
            name=wording.name or self.name,
            legal_name=wording.legal_name or self.legal_name,
            postal_address=wording.postal_address or self.postal_address,
            from_name=wording.from_name or self.from_name,
            support_url=wording.support_url or self.support_url,
        )


# ── templates ───────────────────────────────────────────────────────────────────────────────────


class EmailContent(_Definition):
    """`preheader` is the line that inboxes show after the subject; it is put, hidden, before the body."""

    subject: SingleLineSource
    preheader: SingleLineSource | None = None
    html: Source
    text: Source


class SmsContent(_Definition):
    body: Source


class PushContent(_Definition):
    """`data` goes to the app unseen: a deep link, for instance."""

    title: SingleLineSource
    body: Source
    data: dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")], Source] = Field(
        default_factory=dict, max_length=DATA_KEYS_MAX
    )


Content = EmailContent | SmsContent | PushContent


class Template(_Definition):
    """One message in every language it exists in. All parts are Liquid (see `liquid_sandbox`).

    A promotional template must carry what the law asks of advertising. That is the default, so forgetting
    to say what a template is for can only make it stricter.
    """

    id: str = Field(pattern=SLUG)
    description: str = ""
    channel: TemplateChannel
    purpose: Purpose = "promotional"
    default_language: Language
    languages: dict[Language, Content] = Field(min_length=1)

    @field_validator("languages", mode="before")
    @classmethod
    def _parts_of_the_channel(cls, value: Any, info: ValidationInfo) -> Any:
        # Typed by the channel, so that an error names the missing part and not three possible shapes.
        channel = info.data.get("channel")
        return value if channel is None else _contents(channel).validate_python(value)

    @model_validator(mode="after")
    def _default_exists(self) -> Template:
        if self.default_language not in self.languages:
            raise ValueError(f"default_language {self.default_language!r} is not among the languages")
        return self

    def content(self, language: str) -> tuple[str, Content]:
        """The nearest language that exists, else the default, and what is written in it."""
        chosen = nearest_language(self.languages, language) or self.default_language
        return chosen, self.languages[chosen]


@cache
def _contents(channel: TemplateChannel) -> TypeAdapter[Any]:
    match channel:
        case "email":
            return TypeAdapter(dict[Language, EmailContent])
        case "sms":
            return TypeAdapter(dict[Language, SmsContent])
        case "push":
            return TypeAdapter(dict[Language, PushContent])
        case _:
            assert_never(channel)


def nearest_language(offered: Mapping[str, object], wanted: str) -> str | None:
    """The same language, or the same without its region (`ja-JP` finds `ja`), or another region of it."""
    by_name = {name.lower(): name for name in offered}
    wanted = wanted.lower().replace("_", "-")
    base = wanted.split("-", 1)[0]
    if found := by_name.get(wanted) or by_name.get(base):
        return found
    return next((name for key, name in by_name.items() if key.split("-", 1)[0] == base), None)


# ── what a template becomes ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Links:
    """The signed links of one message. A link that is not given is a missing variable."""

    unsubscribe: str | None = None
    preferences: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateContext:
    """Everything a template may see of one message. Traits and properties must be plain data."""

    brand: Brand
    person_language: str = ""
    traits: Mapping[str, Any] = field(default_factory=dict)
    event_name: str | None = None
    event_properties: Mapping[str, Any] = field(default_factory=dict)
    campaign_id: str = ""
    campaign_name: str = ""
    links: Links = field(default_factory=Links)


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """`html` holds the preheader already. `links` are those the message was given."""

    language: str
    subject: str
    html: str
    text: str
    links: Links


@dataclass(frozen=True, slots=True)
class RenderedSms:
    language: str
    body: str
    parts: SmsParts
    links: Links


@dataclass(frozen=True, slots=True)
class RenderedPush:
    language: str
    title: str
    body: str
    data: Mapping[str, str]

    def size(self) -> int:
        """Bytes of what is shown and carried; APNs and FCM take 4096 for the whole payload."""
        return len(json.dumps([self.title, self.body, dict(self.data)], ensure_ascii=False).encode())


Rendered = RenderedEmail | RenderedSms | RenderedPush
