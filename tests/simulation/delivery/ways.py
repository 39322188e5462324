"""The channels that are played: where people are reached by them, what is said, and what their providers are like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kizuna.core.events import Event
from tests.support.builders import an_event
from tests.support.content import EMAIL, PUSH, SMS
from tests.support.customers import A_WEEK_AGO, SHOP

_LINE = {"messages": [{"text": "News, {{ brand.name }}"}]}
_WEBHOOK = {"webhook": "crm", "type": "spring.told", "data": {"campaign": "{{ campaign.id }}"}}


@dataclass(frozen=True, slots=True)
class Way:
    """One channel. `is_keyed`: whoever receives drops a repeat of a call by its key, so that calls of unknown fate
    are made again."""

    channel: str
    content: Mapping[str, Any]
    trait: str = ""  # in which somebody tells where they are reached
    is_keyed: bool = False
    is_marketing: bool = True  # whether promotion is sent by it here

    def address(self, box: str) -> str:
        """Where a box of the town (`u5`, `v20a`) is reached by this channel."""
        number = 4 * int("".join(filter(str.isdigit, box))) + "abn".find(box[-1]) + 1
        match self.channel:
            case "email":
                return f"{box}@example.com"
            case "sms":
                return f"+81901{number:07d}"
            case "line":
                return f"U{number:032x}"
            case _:
                return f"{self.channel}-{box}"


WAYS: Mapping[str, Way] = {
    "email": Way("email", EMAIL, "email"),
    "sms": Way("sms", SMS, "phone"),
    "push": Way("push", PUSH),
    "line": Way("line", _LINE, "line", is_keyed=True),
    "webhook": Way("webhook", _WEBHOOK, is_keyed=True, is_marketing=False),
}


def says(
    way: Way,
    box: str,
    *,
    user: str | None = None,
    anonymous: str | None = None,
    number: int = 1,
    status: str = "SUBSCRIBED",
    at: datetime = A_WEEK_AGO,
) -> Event:
    """Somebody gives an address in a form and says Yes (or No, or with `status` empty: nothing) to what comes."""
    address = way.address(box)
    context: dict[str, Any] = {}
    if way.channel == "push":
        context["device"] = {"token": address, "type": "ios"}
    if status and way.is_marketing:
        context["messaging_subscriptions"] = [{"type": way.channel, "key": address, "status": status}]
    name = user or anonymous or ""
    return an_event(
        "",
        type="identify",
        id=f"form-{name}-{number}",
        source=SHOP,
        at=at,
        received_at=at,
        user_id=user,
        anonymous_id=anonymous,
        traits={"country": "JP", "name": name.title(), **({way.trait: address} if way.trait else {})},
        context=context,
    )
