"""Product exclusions as the lists that others work by: ad networks by hashed addresses, call centres by number.

Who gave a product up is not to be shown it by them either. A list for ads holds no address in the clear: e-mail in
lower case and phone in E.164, each as SHA-256 in hex, the form in which ad networks match audiences.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from kizuna.core.durations import instant_to_text
from kizuna.core.files.csv_safety import Dialled
from kizuna.core.people import Profile
from kizuna.core.restraint.exclusions import Exclusion, ProductExclusion, ends_at

ListFor = Literal["ads", "calls"]
HEADERS: Mapping[ListFor, tuple[str, ...]] = {
    "ads": ("email_sha256", "phone_sha256", "product", "since", "until"),
    "calls": ("phone", "product", "since", "until", "reason"),
}


def rows_of(
    profile: Profile,
    excluded: Mapping[str, Exclusion],
    rules: Sequence[ProductExclusion],
    *,
    purpose: ListFor,
) -> Iterator[tuple[str, ...]]:
    """One person's rows by product, one for each address. Addresses that are dead by now are among them: they may be
    the very ones that the other side still holds. Who has none gives no row, for nobody could find them by one."""
    emails = [address.value for address in profile.addresses_on("email")]
    phones = [address.value for address in profile.addresses_on("sms")]
    for product, exclusion in sorted(excluded.items()):
        about = (product, _text(exclusion.at), _text(ends_at(exclusion, rules)))
        match purpose:
            case "ads":
                yield from ((_hash(email), "", *about) for email in emails)
                yield from (("", _hash(phone), *about) for phone in phones)
            case "calls":
                yield from ((_dialled(phone), *about, exclusion.reason) for phone in phones)


def _dialled(phone: str) -> str:
    try:
        return Dialled(phone)
    except ValueError:
        return phone  # of a form that nobody dials; shown as it is, made safe like every other text


def _hash(address: str) -> str:
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def _text(instant: datetime | None) -> str:
    return instant_to_text(instant) if instant else ""
