"""Where, in which language and in which country somebody is reached, as far as the record says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kizuna.core.countries import country_code
from kizuna.core.own_channels import OWN_CHANNELS, own_address
from kizuna.core.people import Address, AddressStatus, Profile
from kizuna.core.rights.rights import identifier_of_address

if TYPE_CHECKING:  # the catalog knows this side of the house
    from kizuna.core.catalog import Catalog

PREFERRED = "preferred_channel"  # the trait in which a person's own choice of channel stands


def chosen_address(profile: Profile, channel: str) -> Address | None:
    """The newest usable address; where none is usable the newest of all, so that the refusal names its state.

    What a page merely claimed is no choice beside what a back end or an identity token told: somebody may have told
    our pages of a customer's user id, and of their own mailbox, before the customer ever came.
    """
    if channel in OWN_CHANNELS:
        return own_address(profile, channel)
    found = profile.addresses_on(channel)
    addresses = [address for address in found if not is_claimed(profile, address)] or found
    usable = [address for address in addresses if address.status is AddressStatus.OK]
    return next(iter(usable or addresses), None)


def is_claimed(profile: Profile, address: Address) -> bool:
    """Whether nobody but a page has said that the address is this person's."""
    identity = profile.identities.get(identifier_of_address(*address.key))
    return identity is not None and not identity.vouched


def language_of(profile: Profile, catalog: Catalog) -> str:
    """The person's language: told, else last seen, else the workspace's."""
    told = profile.trait("language")
    if isinstance(told, str) and told:
        return told
    return profile.language or catalog.policy.default_language


def country_of(profile: Profile) -> str | None:
    """The person's country as an ISO 3166-1 code, told as a code or by its name; None where we cannot read one."""
    return country_code(profile.trait("country"))
