"""Who may be sent a proof: colleagues, whom the policy names, and addresses that providers keep for trying things.

Mailboxes: "Using the mailbox simulator" of the SES developer guide. Numbers: "Simulator phone numbers" of the
AWS End User Messaging SMS guide; a text to them never leaves AWS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kizuna.core.identity import identifiers

Audience = Literal["simulator", "colleague"]
PROOF_CHANNELS = ("email", "sms", "push", "whatsapp", "line")

SIMULATOR_HOST = "simulator.amazonses.com"
_MAILBOXES = frozenset({"success", "bounce", "ooto", "complaint", "suppressionlist"})
# By country: the number that takes a text, and the one that fails it.
NUMBERS: Mapping[str, tuple[str, str]] = {
    "AU": ("+61455944038", "+61455944039"),
    "AT": ("+43676800442031", "+43676800442032"),
    "BE": ("+32460213922", "+32460213923"),
    "CL": ("+56229140630", "+56229140631"),
    "CZ": ("+420790542286", "+420790542287"),
    "DK": ("+4525919410", "+4525919215"),
    "EE": ("+37282720792", "+37282720793"),
    "FI": ("+3584573979110", "+3584573979111"),
    "FR": ("+33755512501", "+33755512502"),
    "HK": ("+85257048426", "+85257048854"),
    "HU": ("+36707178770", "+36707178772"),
    "IT": ("+394390009172", "+394390009174"),
    "JE": ("+447937404990", "+447937404992"),
    "LU": ("+352691385880", "+352691385882"),
    "NL": ("+3197008100148", "+3197008100150"),
    "NO": ("+4759449384", "+4759449387"),
    "PL": ("+48732141440", "+48732141442"),
    "PT": ("+351927946948", "+351927946950"),
    "RO": ("+40783900330", "+40783900332"),
    "ES": ("+34683783440", "+34683783442"),
    "SE": ("+46790645100", "+46790645102"),
    "CH": ("+41798075872", "+41798075874"),
    "TW": ("+886903444630", "+886903444632"),
    "GB": ("+447860019066", "+447860019067"),
    "US": ("+14254147755", "+14254147167"),
}
FAILING_NUMBERS = frozenset(failing for _, failing in NUMBERS.values())
_NUMBERS = frozenset(number for pair in NUMBERS.values() for number in pair)
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_DEVICE = re.compile(r"(ios|android):[!-~]{1,4096}")
_LINE_USER = re.compile(r"U[0-9a-f]{32}")
_WHOLE_HOST = re.compile(r"\*@([a-z0-9-]+\.)+[a-z][a-z0-9-]*")


def _mailbox(value: str) -> str:
    if _WHOLE_HOST.fullmatch(value):
        return value
    known = identifiers.email(value)
    if known is None:
        raise ValueError("a mailbox such as ann@example.com, or a whole company such as *@example.com")
    return known


def _shaped(shape: re.Pattern[str], told: str) -> AfterValidator:
    def check(value: str) -> str:
        if not shape.fullmatch(value):
            raise ValueError(told)
        return value

    return AfterValidator(check)


Mailbox = Annotated[str, AfterValidator(_mailbox)]
Number = Annotated[str, _shaped(_NUMBER, "a number such as +81312345678")]
Device = Annotated[str, _shaped(_DEVICE, "ios: or android: and the token of the device")]
LineUser = Annotated[str, _shaped(_LINE_USER, "a user id of LINE: U and 32 hexadecimal digits")]


class Colleagues(BaseModel):
    """Whom a proof may be sent to, by channel. A whole host only where a brand of the workspace writes from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: tuple[Mailbox, ...] = Field(default=(), max_length=100)
    sms: tuple[Number, ...] = Field(default=(), max_length=100)
    whatsapp: tuple[Number, ...] = Field(default=(), max_length=100)
    line: tuple[LineUser, ...] = Field(default=(), max_length=100)
    push: tuple[Device, ...] = Field(default=(), max_length=100)

    def on(self, channel: str) -> tuple[str, ...]:
        """The addresses named for a channel; none for those on which no proofs are sent."""
        named: dict[str, tuple[str, ...]] = {
            "email": self.email,
            "sms": self.sms,
            "whatsapp": self.whatsapp,
            "line": self.line,
            "push": self.push,
        }
        return named.get(channel, ())

    def whole_hosts(self) -> Iterator[tuple[int, str]]:
        """The hosts all of whose mailboxes are meant, by their place in the list."""
        for number, mailbox in enumerate(self.email):
            if mailbox.startswith("*@"):
                yield number, mailbox.removeprefix("*@")


def audience_of(channel: str, address: str, colleagues: Colleagues) -> Audience | None:
    """What an address, in the form in which it is stored, is to a proof; None: it may not be sent there."""
    if is_simulator(channel, address):
        return "simulator"
    named = colleagues.on(channel)
    name, _, host = address.rpartition("@")
    is_named = address in named or (
        channel == "email" and name != "*" and bool(name) and f"*@{host}" in named
    )
    return "colleague" if is_named else None


def is_simulator(channel: str, address: str) -> bool:
    """Whether a provider keeps the address for trying things; a label behind the name is the sender's own."""
    match channel:
        case "email":
            name, _, host = address.partition(
                "@"
            )  # the first one: what lies behind it must be the host, whole
            return host == SIMULATOR_HOST and name.partition("+")[0] in _MAILBOXES
        case "sms":
            return address in _NUMBERS
        case _:
            return False


def as_stored(channel: str, address: str) -> str | None:
    """The address in the form in which lists and records hold it; None for what is none of the channel."""
    text = address.strip()
    match channel:
        case "email":
            return identifiers.email(text)
        case "sms" | "whatsapp":
            packed = re.sub(r"[\s().-]", "", text)
            return packed if _NUMBER.fullmatch(packed) else None
        case "line":
            return text if _LINE_USER.fullmatch(text) else None
        case "push":
            return text if _DEVICE.fullmatch(text) else None
        case _:
            return None
