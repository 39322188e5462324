"""What may go into a mail header, a sender name or a message tag.

A header ends at a line break. Whoever smuggles one in adds headers, recipients or a body of their own, so a
line break or any other control character is refused by name of the field, never repaired.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from kizuna.core.content.errors import HeaderInjection, ValueRefused

TAG_MAX = 256
"""SES message tags: letters, digits, underscore and hyphen, at most 256 (delivery.md section 3)."""

_TAG = re.compile(rf"[A-Za-z0-9_-]{{1,{TAG_MAX}}}")

# Control characters, lone surrogates, and every character at which str.splitlines (and with it the header
# folding of the standard library) would start a new line.
_NOT_ON_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_single_line(value: str) -> bool:
    """No line break of any kind, no control character, no lone surrogate."""
    return value.isprintable() or not _NOT_ON_ONE_LINE.search(value)


def header_text(value: str, *, field: str) -> str:
    """The value, if it fits on one header line. Raises `HeaderInjection`, which names the field only."""
    if not is_single_line(value):
        raise HeaderInjection(field=field)
    return value


def tag_value(value: str, *, field: str) -> str:
    """The value, if SES takes it as a message tag. Raises `HeaderInjection` or `ValueRefused`."""
    if _TAG.fullmatch(value):
        return value
    header_text(value, field=field)
    raise ValueRefused("only A-Z a-z 0-9 _ -, at most 256", field=field)


def message_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of one message, each name and value checked. Raises as `tag_value` does, naming the tag."""
    for name, value in tags.items():
        if not _TAG.fullmatch(name):
            raise HeaderInjection(field="tag name")
        tag_value(value, field=f"tag {name}")
    return dict(tags)


def recipient(address: str, *, field: str) -> str:
    """A person's mailbox as SES takes it: in ASCII, a domain of other letters in Punycode (RFC 5891).

    Raises `HeaderInjection` for a line break, `ValueRefused` for a name that is not ASCII: SES speaks no SMTPUTF8.
    """
    header_text(address, field=field)
    if address.isascii():
        return address
    from email_validator import EmailNotValidError, validate_email

    try:
        plain = validate_email(address, check_deliverability=False, test_environment=True).ascii_email
    except EmailNotValidError:
        plain = None
    if plain is None:
        raise ValueRefused("SES sends to no name that is not ASCII", field=field)
    return plain


@lru_cache(maxsize=256)  # of brands, in each of their languages
def mailbox(name: str, address: str, *, field: str) -> str:
    """`name <address>` in ASCII, as a From or Reply-To header carries it (RFC 5322, RFC 2047).

    Raises `HeaderInjection` for a line break, `ValueRefused` for an address that is none.
    """
    from email.errors import MessageError
    from email.header import Header
    from email.headerregistry import Address

    header_text(name, field=field)
    header_text(address, field=field)
    if not address.isascii():
        raise ValueRefused("an address must be ASCII", field=field)
    if "[" in address:  # nor is it at a bare number of the network, which the standard library stumbles over
        raise ValueRefused("not an e-mail address", field=field)
    try:
        plain = Address(addr_spec=address)
    except (ValueError, IndexError, MessageError):
        plain = None
    if plain is None or not plain.domain or plain.addr_spec != address:
        raise ValueRefused("not an e-mail address", field=field)
    if not name:
        return address
    if name.isascii():
        return str(Address(display_name=name, addr_spec=address))
    # Encoded words of at most 75 characters (RFC 2047 section 2), with room for the name of the header before the
    # first of them. On one line: whoever sends folds.
    encoded = Header(name, "utf-8", maxlinelen=75, header_name="Reply-To").encode(linesep="")
    return f"{encoded} <{address}>"
