"""Records of the people table's stream, as Lambda hands them over, in the words of `react`."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.journey_runs_codec import run_from_item
from kizuna.adapters.tables.messages_codec import message_from_item
from kizuna.adapters.tables.people import event_from_item
from kizuna.adapters.tables.people_codec import facts_from_item, profile_from_item
from kizuna.usecases.reacting.react import Change, EventStored, MessageChanged, ProfileChanged, RunChanged


def change_of(record: Mapping[str, Any]) -> Change | None:
    """The change that a record tells of; None for one that means nothing (an identity, a guard, a deletion)."""
    if record["eventName"] == "REMOVE":
        return None
    stream = record["dynamodb"]
    new, old = _plain(stream["NewImage"]), _plain(stream.get("OldImage"))
    if new is None:
        return None
    sort = new["sk"]["S"]
    if sort == keys.PROFILE:
        before = profile_from_item(old) if old else None
        return ProfileChanged(before, profile_from_item(new), facts_from_item(new))
    if sort == keys.MESSAGE:
        return MessageChanged(message_from_item(old) if old else None, message_from_item(new))
    if keys.is_journey_run(sort):
        return RunChanged(run_from_item(old) if old else None, run_from_item(new))
    if sort.startswith(keys.EVENT_PREFIX) and old is None:
        return EventStored(keys.person_id_of(new["pk"]["S"]), sort, event_from_item(new))
    return None


def _plain(image: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An image with its bytes as bytes: in a Lambda event they are base64 text."""
    if image is None:
        return None
    return {name: _attribute(attribute) for name, attribute in image.items()}


def _attribute(attribute: Mapping[str, Any]) -> Mapping[str, Any]:
    raw = attribute.get("B")
    return {"B": base64.b64decode(raw)} if isinstance(raw, str) else attribute
