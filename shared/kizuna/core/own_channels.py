"""Channels that end with ourselves: the inbox that our own API serves, tasks for people who work for the company, and
webhooks to systems of its own.

A person is reached there by their user id, which outlives merges; a consent names it as its address. A task or a
webhook may also be about somebody who has none, and goes by the id of the record then.
"""

from __future__ import annotations

from collections.abc import Iterator

from kizuna.core.people import Address, Profile

INBOX, TASK, WEBHOOK = "inbox", "task", "webhook"
OWN_CHANNELS = frozenset({INBOX, TASK, WEBHOOK})


def own_address(profile: Profile, channel: str) -> Address | None:
    """Where a channel of our own reaches somebody; None for the inbox of who has no user id to open it with."""
    return next(_addresses(profile, channel), None)


def own_address_of(profile: Profile, channel: str, wanted: str) -> Address | None:
    """The address by the id that a message was decided for, if it is still the person's."""
    if channel not in OWN_CHANNELS:
        return None
    return next((held for held in _addresses(profile, channel) if held.id == wanted), None)


def _addresses(profile: Profile, channel: str) -> Iterator[Address]:
    user_ids = sorted(value for kind, value in profile.identities if kind == "user_id")
    others = () if channel == INBOX else dict.fromkeys((profile.id, *profile.parts))
    for value in (*user_ids, *others):
        yield Address(channel, value, profile.created_at)
