"""Addresses of the internet, and the blocks that they lie in (CIDR, RFC 4632 and 4291)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

MAX_LENGTH = 64


def network_problem(text: str) -> str | None:
    """Why a text names no block of addresses, or None if it does."""
    from ipaddress import ip_network  # seldom asked for, and not free at a cold start

    try:
        ip_network(text)
    except ValueError as error:
        return str(error)
    return None


def lies_in(networks: Sequence[str]) -> Callable[[Any], bool]:
    """Whether a value is an address in one of these blocks. `::ffff:192.0.2.1` is the IPv4 address that it maps."""
    from ipaddress import IPv6Address, ip_address, ip_network

    blocks = [ip_network(text) for text in networks]

    def holds(value: Any) -> bool:
        if not isinstance(value, str) or len(value) > MAX_LENGTH:
            return False
        try:
            address = ip_address(value)
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return any((mapped or address) in block for block in blocks)

    return holds
