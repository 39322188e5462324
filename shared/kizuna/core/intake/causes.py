"""Why a single event cannot be used: the codes of the violations report."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """A code that names the rule an event broke. Stored and shown, so a value never changes its meaning."""

    EVENT_TOO_LARGE = "event_too_large"
    EVENT_TOO_DEEP = "event_too_deep"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    NOT_AN_OBJECT = "not_an_object"
    NOT_JSON = "not_json"  # only of events that come by the bus: over HTTP it fails the request
    UNKNOWN_TYPE = "unknown_type"
    MISSING_IDENTITY = "missing_identity"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    NAME_TOO_LONG = "name_too_long"
    IDENTIFIER_TOO_LONG = "identifier_too_long"
    INVALID_IDENTIFIER = "invalid_identifier"
    MESSAGE_ID_TOO_LONG = "message_id_too_long"
