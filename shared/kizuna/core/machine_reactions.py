"""Opens and clicks that no human made: mail scanners follow every link, and some programs fetch pictures unasked.

They are kept and marked, and count in no human figure. What is told apart: a reaction in the first seconds after
delivery, programs that say what they are, networks that the workspace names, links that only a machine sees, and many
links followed at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from pydantic import BaseModel, ConfigDict, Field, field_validator

from kizuna.core.durations import FIRST, Duration

# Parts of what programs call themselves, in lower case. Gmail's and Yahoo's picture proxies are not among them: they
# fetch when a human opens.
_PROGRAMS = (
    "bot",
    "crawl",
    "spider",
    "scanner",
    "barracuda",
    "proofpoint",
    "mimecast",
    "headless",
    "phantomjs",
    "python-requests",
    "python-urllib",
    "aiohttp",
    "go-http-client",
    "okhttp",
    "java/",
    "curl/",
    "wget/",
    "libwww",
    "prefetch",
    "preview",
    "facebookexternalhit",
    "whatsapp/",
    "line-poker",
)
# Apple's mail privacy protection and some scanners call themselves this and no more; no browser does.
_BARE = "mozilla/5.0"


class Machine(StrEnum):
    """Why a reaction is taken for a machine's."""

    TOO_SOON = "too_soon"
    PROGRAM = "program"
    NETWORK = "network"
    HIDDEN_LINK = "hidden_link"
    BURST = "burst"


@dataclass(frozen=True, slots=True)
class Early:
    """A reaction that came too soon after the delivery, as far as that was known: kept, for an earlier delivery may
    be told of later. Nothing of the person is in it."""

    report: str
    fact: str
    event: str
    at: datetime
    link: str = ""


class Burst(BaseModel):
    """So many different links of one message, followed within so long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    links: int = Field(default=3, ge=2, le=50)
    within: Duration = Duration(seconds=5)

    @field_validator("within")
    @classmethod
    def _is_short(cls, within: Duration) -> Duration:
        if length_of(within) > timedelta(seconds=20):
            raise ValueError("at most 20s: so long a click waits for the others")
        return within

    @property
    def span(self) -> timedelta:
        return length_of(self.within)


class BotFilter(BaseModel):
    """What the workspace takes for a machine, beside the programs that are known to be none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window: Duration = Duration(seconds=10)  # after delivery
    ua_patterns: tuple[str, ...] = Field(default=(), max_length=100)  # parts of a user agent, in any case
    ip_ranges: tuple[str, ...] = Field(default=(), max_length=1_000)  # CIDR
    honeypot_links: tuple[str, ...] = Field(default=(), max_length=20)  # beginnings of links no human sees
    burst: Burst = Burst()

    @field_validator("ip_ranges")
    @classmethod
    def _are_networks(cls, ranges: tuple[str, ...]) -> tuple[str, ...]:
        for each in ranges:
            ip_network(each)  # its ValueError names what is wrong with it
        return ranges

    @field_validator("ua_patterns", "honeypot_links")
    @classmethod
    def _say_something(cls, parts: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(part.strip()) < 3 for part in parts):
            raise ValueError("a part of fewer than three characters is in everything")
        return parts


def machine_of(
    rules: BotFilter,
    *,
    at: datetime,
    delivered_at: datetime | None,
    user_agent: str,
    ip: str,
    link: str = "",
    clicks: Mapping[str, datetime] | None = None,
) -> Machine | None:
    """Why an open or click is a machine's; None for a human's.

    `delivered_at` is when the message arrived, or was accepted where nobody said when it arrived. `clicks` are the
    links of the message that were followed, this one included, each with when it first was.
    """
    agent = user_agent.strip().lower()
    if agent == _BARE or any(part in agent for part in (*_PROGRAMS, *map(str.lower, rules.ua_patterns))):
        return Machine.PROGRAM
    if link and link.startswith(rules.honeypot_links):
        return Machine.HIDDEN_LINK
    if _is_within(ip, rules.ip_ranges):
        return Machine.NETWORK
    if delivered_at is not None and at < delivered_at + length_of(rules.window):
        return Machine.TOO_SOON
    if link and _is_burst(rules.burst, at, clicks or {}):
        return Machine.BURST
    return None


def _is_burst(burst: Burst, at: datetime, clicks: Mapping[str, datetime]) -> bool:
    """Whether this click is one of many that lie within the span, before it or after it."""
    within = burst.span
    times = sorted(when for when in clicks.values() if abs(when - at) <= within)
    return any(
        times[index + burst.links - 1] - first <= within
        for index, first in enumerate(times[: len(times) - burst.links + 1])
        if first <= at <= first + within
    )


def _is_within(ip: str, ranges: tuple[str, ...]) -> bool:
    if not ranges:
        return False
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in _networks(ranges))


@lru_cache(maxsize=8)
def _networks(ranges: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each) for each in ranges)


def length_of(span: Duration) -> timedelta:
    return span.after(FIRST) - FIRST
