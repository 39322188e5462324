"""Brands and templates as they stand in the workspace, and what a template becomes for one person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, assert_never

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationInfo,
    field_validator,
    model_validator,
)

from kizuna.core.content.attachments import (
    ATTACHMENTS_MAX,
    Attachment,
    CalendarEntry,
    RenderedAttachment,
    RenderedCalendar,
)
from kizuna.core.content.brand_senders import BrandSenders
from kizuna.core.content.messengers import LineContent, RenderedLine, RenderedWhatsApp, WhatsAppContent
from kizuna.core.content.own_content import (
    InboxContent,
    RenderedInbox,
    RenderedTask,
    RenderedWebhook,
    TaskContent,
    WebhookContent,
)
from kizuna.core.content.parts import Language, Line, MailAddress, SingleLineSource, Source, WebAddress
from kizuna.core.content.sms_text import SmsParts
from kizuna.core.content.vocabulary import Vocabulary
from kizuna.core.pushes import MESSAGE_FIELD

SLUG = r"^[a-z][a-z0-9-]{0,63}$"
DATA_KEYS_MAX = 20
PUSH_BYTES_MAX = 3_500
"""Of the 4096 bytes of a push payload; the rest is the envelope of the provider."""
MEDIA_MAX = 1
"""Of one multimedia message: the model of `SendMediaMessage` takes a list, of one."""
MEDIA_TEXT_MAX = 1_600
"""Characters of the words that go with it."""
MediaUrl = Annotated[str, Field(max_length=2_048, pattern=r"^s3://[a-z0-9.-]{3,63}/[^\s]+$")]

# "Payload key reference" of APNs; "Data messages" and the older "data" table of FCM.
_PLATFORMS_OWN = frozenset({"aps", "from", "message_type", "collapse_key"})

TemplateChannel = Literal["email", "sms", "push", "whatsapp", "line", "inbox", "webhook", "task"]
Purpose = Literal["promotional", "transactional"]
FallbackPath = Annotated[
    str, Field(pattern=r"^(person\.traits|event\.properties)\.[A-Za-z_][A-Za-z0-9_-]{0,63}$")
]


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
    vocabulary: dict[Language, Vocabulary] = Field(default_factory=dict)
    """Words it does not use, and phrases by which people know it; looked for when templates are linted."""
    senders: BrandSenders = BrandSenders()
    """As whom it speaks where that is not what the stage was set up with."""

    def words_in(self, language: str) -> Vocabulary | None:
        """Its words in the nearest language for which it has any."""
        chosen = nearest_language(self.vocabulary, language)
        return None if chosen is None else self.vocabulary[chosen]

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
    """`preheader` is the line that inboxes show after the subject; it is put, hidden, before the body.

    With `attachments` or a `calendar` entry the mail is put together here, otherwise by SES.
    """

    subject: SingleLineSource
    preheader: SingleLineSource | None = None
    html: Source
    text: Source
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=ATTACHMENTS_MAX)
    calendar: CalendarEntry | None = None


class SmsContent(_Definition):
    """A text; with `media` a multimedia message, to countries that have them: a picture or film in a bucket of
    ours (`s3://…`), which must be one that the stage may read.
    """

    body: Source
    media: tuple[MediaUrl, ...] = Field(default=(), max_length=MEDIA_MAX)


class PushContent(_Definition):
    """`data` goes to the app unseen: a deep link, for instance. Names that the platforms keep for themselves are
    refused: with one of them APNs would show something else, and FCM take nothing at all.
    """

    title: SingleLineSource
    body: Source
    data: dict[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")], Source] = Field(
        default_factory=dict, max_length=DATA_KEYS_MAX
    )

    @field_validator("data")
    @classmethod
    def _leaves_the_platforms_their_names(cls, data: dict[str, str]) -> dict[str, str]:
        for name in data:
            if name in _PLATFORMS_OWN or name.lower().startswith(("google", "gcm")):
                raise ValueError(f"{name}: is a name that APNs or FCM keeps for itself; choose another")
            if name == MESSAGE_FIELD:
                raise ValueError(f"{name}: is where the id of the message travels; choose another")
        return data


Content = (
    EmailContent
    | SmsContent
    | PushContent
    | WhatsAppContent
    | LineContent
    | InboxContent
    | WebhookContent
    | TaskContent
)


class Template(_Definition):
    """One message in every language it exists in. All parts are Liquid (see `liquid_sandbox`).

    A promotional template must carry what the law asks of advertising. That is the default, so forgetting
    to say what a template is for can only make it stricter.
    """

    id: str = Field(pattern=SLUG)
    description: str = ""
    channel: TemplateChannel
    purpose: Purpose = "promotional"
    not_promotion: str = Field(default="", max_length=500)
    """Why words of a transactional template that look like advertising are none (`promotion`)."""
    default_language: Language
    languages: dict[Language, Content] = Field(min_length=1)
    fallbacks: dict[FallbackPath, dict[Language, str]] = Field(default_factory=dict, max_length=50)
    """What is said, by language, where something is not known: `person.traits.first_name: {en: there}`."""
    blocks: tuple[str, ...] = ()
    """The shared blocks it was composed of; filled in when the workspace is read."""
    survey: str | None = Field(default=None, pattern=SLUG)
    """What `links.survey` leads to."""

    @field_validator("languages", mode="before")
    @classmethod
    def _parts_of_the_channel(cls, value: Any, info: ValidationInfo) -> Any:
        # Typed by the channel, so that an error names the missing part and not three possible shapes.
        channel = info.data.get("channel")
        return value if channel is None else _contents(channel).validate_python(value)

    @field_validator("fallbacks")
    @classmethod
    def _have_words(cls, fallbacks: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        if empty := [path for path, told in fallbacks.items() if not told]:
            raise ValueError(f"{empty[0]}: give the words in at least one language")
        return fallbacks

    @model_validator(mode="after")
    def _default_exists(self) -> Template:
        if self.default_language not in self.languages:
            raise ValueError(f"default_language {self.default_language!r} is not among the languages")
        return self

    def fallback(self, path: str, language: str) -> str | None:
        """The words for something that is not known, in the nearest language; None where none are declared."""
        told = self.fallbacks.get(path)
        return None if told is None else told[nearest_language(told, language) or next(iter(told))]

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
        case "whatsapp":
            return TypeAdapter(dict[Language, WhatsAppContent])
        case "line":
            return TypeAdapter(dict[Language, LineContent])
        case "inbox":
            return TypeAdapter(dict[Language, InboxContent])
        case "webhook":
            return TypeAdapter(dict[Language, WebhookContent])
        case "task":
            return TypeAdapter(dict[Language, TaskContent])
        case _:
            assert_never(channel)


def nearest_language(offered: Mapping[str, object], wanted: str) -> str | None:
    """The same language, or the same with ever less said of it (`zh-Hant-TW` → `zh-Hant` → `zh`; RFC 4647, 3.4), or
    another region of it. Another script is another language to who reads it, and is not taken instead.
    """
    return _nearest(tuple(offered), wanted)


@lru_cache(maxsize=1024)  # asked for a dozen times of each message, of few languages
def _nearest(offered: tuple[str, ...], wanted: str) -> str | None:
    by_name = {name.lower(): name for name in offered}
    parts = wanted.lower().replace("_", "-").split("-")
    for length in range(len(parts), 0, -1):
        if found := by_name.get("-".join(parts[:length])):
            return found
    script = _script(parts)
    for key, name in by_name.items():
        told = key.split("-")
        if told[0] == parts[0] and (script is None or _script(told) in (None, script)):
            return name
    return None


def _script(parts: list[str]) -> str | None:
    return next((part for part in parts[1:] if len(part) == 4 and part.isalpha()), None)


# ── what a template becomes ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Links:
    """The signed links of one message. A link that is not given is a missing variable."""

    unsubscribe: str | None = None
    preferences: str | None = None
    visit: str | None = None  # to the person's own page, for a quarter of an hour; where they asked for it
    confirm: str | None = None  # of a consent that counts only once it is confirmed
    survey: str | None = None  # to the survey that the template asks


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
    digest: tuple[Mapping[str, Any], ...] = ()  # of a digest: what it tells of, each with `title` and `text`
    consent: Mapping[str, Any] = field(default_factory=dict)  # the one that the message asks to be confirmed


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """`html` holds the preheader already. `links` are those the message was given. `pieces` may tell what the HTML
    was put together from, the author's words and values in turns; who goes by them asks whether they make it up."""

    channel: ClassVar[TemplateChannel] = "email"

    language: str
    subject: str
    html: str
    text: str
    links: Links
    attachments: tuple[RenderedAttachment, ...] = ()
    calendar: RenderedCalendar | None = None
    pieces: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RenderedSms:
    """With `media` (S3 addresses) it goes as a multimedia message, whose text has no parts to be counted."""

    channel: ClassVar[TemplateChannel] = "sms"

    language: str
    body: str
    parts: SmsParts
    links: Links
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RenderedPush:
    channel: ClassVar[TemplateChannel] = "push"

    language: str
    title: str
    body: str
    data: Mapping[str, str]

    def size(self) -> int:
        """Bytes of what is shown and carried; APNs and FCM take 4096 for the whole payload."""
        return len(json.dumps([self.title, self.body, dict(self.data)], ensure_ascii=False).encode())


Rendered = (
    RenderedEmail
    | RenderedSms
    | RenderedPush
    | RenderedWhatsApp
    | RenderedLine
    | RenderedInbox
    | RenderedWebhook
    | RenderedTask
)
