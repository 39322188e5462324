"""The suppression list of SES, read as SES tells it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from kizuna.adapters.clients import sending_client
from kizuna.adapters.ses_suppressed import SesSuppressedList
from kizuna.core.errors import Unavailable
from kizuna.core.ports.suppressed import Suppressed
from tests.support.builders import NOON

DAY = timedelta(days=1)


def test_the_list_of_ses_is_read_page_by_page() -> None:
    def page(*addresses: tuple[str, str], token: str = "") -> dict[str, Any]:
        found = [{"EmailAddress": a, "Reason": why, "LastUpdateTime": NOON} for a, why in addresses]
        return {"SuppressedDestinationSummaries": found, **({"NextToken": token} if token else {})}

    client = sending_client("sesv2")
    with Stubber(client) as stub:
        first = page(("a@example.com", "BOUNCE"), ("b@example.com", "SOMETHING_NEW"), token="t1")
        asked = {"PageSize": 1_000, "StartDate": NOON - DAY}
        stub.add_response("list_suppressed_destinations", first, asked)
        stub.add_response(
            "list_suppressed_destinations", page(("c@example.com", "COMPLAINT")), {**asked, "NextToken": "t1"}
        )
        found = list(SesSuppressedList(client).listed(since=NOON - DAY))
        stub.assert_no_pending_responses()
        stub.add_client_error(
            "list_suppressed_destinations", "TooManyRequestsException", http_status_code=429
        )
        with pytest.raises(Unavailable):
            list(SesSuppressedList(client).listed())
    client.close()
    assert found == [
        Suppressed("a@example.com", "bounce", NOON),
        Suppressed("c@example.com", "complaint", NOON),
    ]
