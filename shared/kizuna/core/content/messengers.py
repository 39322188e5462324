"""What is said by WhatsApp and by LINE: as it stands in a template, and as one person gets it.

The limits are those of the providers: the Cloud API of WhatsApp ("Messages", "Components"), the Messaging API of LINE
("Send push message", "Message objects"). Nothing is cut short to fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kizuna.core.content.parts import SingleLineSource, Source, WebAddress

WHATSAPP_TEXT_MAX = 4_096
WHATSAPP_VALUE_MAX = 1_024
WHATSAPP_BUTTONS_MAX = 10
WHATSAPP_VALUES_MAX = 20
LINE_MESSAGES_MAX = 5
LINE_TEXT_MAX = 5_000
"""In UTF-16 code units, as LINE counts."""

META_LANGUAGE = r"^[a-z]{2,3}(_[A-Z]{2})?$"
"""How WhatsApp names the language of a template: `ja`, `en_GB`, `zh_TW`."""

MediaKind = Literal["image", "video", "document"]


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# ── WhatsApp ────────────────────────────────────────────────────────────────────────────────────


class WhatsAppMedia(_Definition):
    """A picture, film or document at the head of the message, fetched by WhatsApp from where it lies."""

    kind: MediaKind
    url: WebAddress


class WhatsAppButton(_Definition):
    """The value of a button that the approved template leaves open, by its place from 0."""

    index: int = Field(ge=0, le=WHATSAPP_BUTTONS_MAX - 1)
    type: Literal["url", "quick_reply"]
    value: SingleLineSource


class WhatsAppContent(_Definition):
    """Either values for a `template` that WhatsApp has approved under that name, or a free `text`.

    A template may go to whoever agreed to hear of us. A free text is an answer: it reaches only who wrote to us
    within the last 24 hours, and is refused before the call otherwise. Values stand for `{{1}}`, `{{2}}` … in their
    order.
    """

    template: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,512}$")
    template_language: str | None = Field(default=None, pattern=META_LANGUAGE)
    media: WhatsAppMedia | None = None
    header: SingleLineSource | None = None
    body: tuple[SingleLineSource, ...] = Field(default=(), max_length=WHATSAPP_VALUES_MAX)
    buttons: tuple[WhatsAppButton, ...] = Field(default=(), max_length=WHATSAPP_BUTTONS_MAX)
    text: Source | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.template is None) == (self.text is None):
            raise ValueError("give either template, approved by WhatsApp, or text, for who wrote to us")
        if self.text is not None and (self.template_language or self.media or self.header or self.buttons):
            raise ValueError("template_language, media, header and buttons belong to a template")
        if self.text is not None and self.body:
            raise ValueError("body holds the values of a template")
        if self.media is not None and self.header is not None:
            raise ValueError("the head of a template is either media or text")
        if len({button.index for button in self.buttons}) < len(self.buttons):
            raise ValueError("buttons: two have the same index")
        return self


@dataclass(frozen=True, slots=True)
class RenderedButton:
    index: int
    type: Literal["url", "quick_reply"]
    value: str


@dataclass(frozen=True, slots=True)
class RenderedWhatsApp:
    """Values for a template of that name and language; or a free `text`, and then nothing else."""

    channel: ClassVar[Literal["whatsapp"]] = "whatsapp"

    language: str
    template: str = ""
    template_language: str = ""
    media: WhatsAppMedia | None = None
    header: str = ""
    body: tuple[str, ...] = ()
    buttons: tuple[RenderedButton, ...] = ()
    text: str = ""

    @property
    def answers(self) -> bool:
        """Whether it may only go to somebody who wrote to us lately."""
        return not self.template


# ── LINE ────────────────────────────────────────────────────────────────────────────────────────


class LineText(_Definition):
    text: Source


class LineImage(_Definition):
    """A picture at an https address; `preview` is shown until it is opened, without one the picture itself."""

    image: WebAddress
    preview: WebAddress | None = None


LineMessage = LineText | LineImage


class LineContent(_Definition):
    """One to five messages that arrive together. `silent`: no sound, no notification on the phone."""

    messages: tuple[Annotated[LineMessage, Field(union_mode="left_to_right")], ...] = Field(
        min_length=1, max_length=LINE_MESSAGES_MAX
    )
    silent: bool = False


@dataclass(frozen=True, slots=True)
class RenderedLine:
    """Texts as the person reads them, and pictures, in their order."""

    channel: ClassVar[Literal["line"]] = "line"

    language: str
    messages: tuple[str | LineImage, ...]
    silent: bool = False
