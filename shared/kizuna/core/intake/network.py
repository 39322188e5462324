"""IP addresses, only as precisely as needed."""

from __future__ import annotations

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=256)
def truncated_ip(text: str) -> str | None:
    """The network an address lies in: /24 of IPv4, /48 of IPv6 (`203.0.113.0`); None if it is no address.

    That still tells the region, and no longer the household.
    """
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.IPv6Network((int(address), 48), strict=False).network_address)
        address = address.ipv4_mapped
    return str(ipaddress.IPv4Network((int(address), 24), strict=False).network_address)
