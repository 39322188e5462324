"""The account's suppression list of SES: the port `SuppressedList`.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from kizuna.adapters.batches import refusals_as_unavailable
from kizuna.core.ports.suppressed import Suppressed

_PAGE = 1_000
_BECAUSE: dict[str, Literal["bounce", "complaint"]] = {"BOUNCE": "bounce", "COMPLAINT": "complaint"}


class SesSuppressedList:
    """Reads the list. `client` is that which sends: there is no other of `sesv2` that could be taken for it."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def listed(self, *, since: datetime | None = None) -> Iterator[Suppressed]:
        """A reason that is not known is passed over: a new one of SES has first to be understood."""
        asked: dict[str, Any] = {"PageSize": _PAGE, **({"StartDate": since} if since else {})}
        while True:
            with refusals_as_unavailable("suppression list of SES"):
                reply = self._client.list_suppressed_destinations(**asked)
            for each in reply.get("SuppressedDestinationSummaries", ()):
                because = _BECAUSE.get(each["Reason"])
                if because is not None:
                    yield Suppressed(each["EmailAddress"], because, each["LastUpdateTime"].astimezone(UTC))
            if not reply.get("NextToken"):
                return
            asked["NextToken"] = reply["NextToken"]
