"""What can be wrong with a file, and with one row of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kizuna.core.errors import KizunaError

KEPT_OF_A_ROW = 2_000  # characters of a rejected row that are shown; enough to find and mend it


class Unreadable(KizunaError):
    """A file that cannot be read, or not further. `code` names the rule; the rows before it stand."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class RowFault(StrEnum):
    """Why a row is refused before it is an event; events are refused by the causes of `intake` and of ingest."""

    ROW_TOO_LARGE = "row_too_large"
    OPEN_QUOTE = "open_quote"
    MALFORMED_QUOTES = "malformed_quotes"
    CONTROL_CHARACTER = "control_character"
    UNDECODABLE = "undecodable"
    TOO_FEW_CELLS = "too_few_cells"
    TOO_MANY_CELLS = "too_many_cells"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    UNREADABLE_TIME = "unreadable_time"
    UNREADABLE_VALUE = "unreadable_value"
    UNKNOWN_CONSENT = "unknown_consent"
    UNKNOWN_CHANNEL = "unknown_channel"
    MISSING_IDENTITY = "missing_identity"
    MISSING_EVENT = "missing_event"


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that was not taken: the how-manieth it is (from 1, the header not counted), why, and what it said."""

    row: int
    code: str
    reason: str  # a sentence without data
    field: str = ""
    original: str = ""


class RowRefused(ValueError):
    """Raised while one row is read; becomes a `Reject`."""

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.field = field
