"""As whom a brand speaks on each channel: the identities, numbers and accounts that providers know it by.

What is not said falls back on what the stage was set up with (`docs/settings.md`). Every resource named here must be
among those that the stage may use; `docs/channels.md` says where.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.content.parts import MailAddress

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
# As the model of the provider writes them: a number has its plus, a protect configuration has none.
_Origin = Annotated[str, Field(pattern=r"^[A-Za-z0-9_:/+-]{1,256}$")]
_Protection = Annotated[str, Field(pattern=r"^[A-Za-z0-9_:/-]{1,256}$")]


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EmailSending(_Definition):
    """Which identity of SES a brand's mail is sent with, and where: an identity lives in one region.

    `tenant` is SES's own isolation of reputation: a tenant that is paused stops its mail and nobody else's.
    `complaints_to` is where SES forwards bounces and complaints as mail, beside the reports that Kizuna reads.
    """

    identity: str | None = Field(
        default=None, pattern=r"^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:identity/[A-Za-z0-9.@_+-]+$"
    )
    configuration_set: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    tenant: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    complaints_to: MailAddress | None = None

    @property
    def region(self) -> str | None:
        """Where mail of this brand is handed over; None: where the stage is."""
        return None if self.identity is None else self.identity.split(":")[3]


class SmsSending(_Definition):
    """From which number, pool or sender id a brand's texts come, by country of who gets them where that differs.

    `protect_configuration` is AWS's own list of countries that may be texted at all. `max_price` (US dollars for one
    part) refuses what would cost more. `max_parts` is how long one text may be; a longer one is not sent.
    """

    origination: _Origin | None = None
    by_country: dict[Country, _Origin] = Field(default_factory=dict)
    protect_configuration: _Protection | None = None
    max_price: str | None = Field(default=None, pattern=r"^[0-9]{0,2}\.[0-9]{1,5}$")
    max_parts: int = Field(default=6, ge=1, le=10)

    def origin_for(self, country: str | None) -> str | None:
        """The origin for who is in that country (ISO 3166-1 alpha-2), if the brand names one."""
        return self.by_country.get(country or "") or self.origination


class WhatsAppSending(_Definition):
    """The phone number that a brand writes from, as AWS End User Messaging Social names it."""

    phone_number_id: str = Field(
        pattern=r"^(phone-number-id-[0-9a-zA-Z]+|arn:aws[a-z-]*:social-messaging:[a-z0-9-]+:[0-9]{12}:phone-number-id/[0-9a-zA-Z]+)$"
    )


class LineSending(_Definition):
    """Which of the LINE channels whose tokens the stage holds a brand writes from."""

    account: str = Field(default="default", pattern=r"^[a-z][a-z0-9_-]{0,31}$")


class BrandSenders(_Definition):
    """By channel; what is left out is sent as the stage was set up."""

    email: EmailSending = EmailSending()
    sms: SmsSending = SmsSending()
    whatsapp: WhatsAppSending | None = None
    line: LineSending = LineSending()
