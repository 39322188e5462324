"""Which addresses of the network a webhook may lead to: those of the public internet (`abuse-cases.md` A14)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")  # the well-known prefix: the last 32 bits are an IPv4 address (RFC 6052)
# Beside what the registries of IANA call not globally reachable, as Python knows it:
_NEVER: tuple[IPv4Network | IPv6Network, ...] = (
    IPv4Network("168.63.129.16/32"),  # a cloud's own services, at an address that looks public
    IPv4Network("192.0.0.0/24"),  # protocol assignments (RFC 6890)
    IPv4Network("192.88.99.0/24"),  # relays of 6to4 (RFC 7526)
    IPv6Network("64:ff9b:1::/48"),  # NAT64 of a local network (RFC 8215)
    IPv6Network("2001::/32"),  # Teredo, which stands for an IPv4 address (RFC 4380)
    IPv6Network("2002::/16"),  # 6to4, likewise (RFC 3056)
    IPv6Network("3fff::/20"),  # documentation (RFC 9637)
    IPv6Network("5f00::/16"),  # segment routing (RFC 9602)
    IPv6Network("fec0::/10"),  # site-local, out of use (RFC 3879)
)


def is_public(address: str) -> bool:
    """Whether an address, as a resolver gives it, lies in the public internet. What cannot be read does not."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    plain = _stands_for(found)
    if plain.is_multicast or plain.is_reserved or plain.is_unspecified or not plain.is_global:
        return False
    return not any(plain.version == network.version and plain in network for network in _NEVER)


def _stands_for(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that is meant, where an IPv6 address is nothing but its dress."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address
