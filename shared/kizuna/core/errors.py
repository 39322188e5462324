"""Everything that can go wrong by design, as one tree; anything else is a bug and may crash.

KizunaError
├── InvalidDefinition    a segment, campaign, template, … that cannot be accepted; names file, key and reason
├── Conflict             somebody else wrote first: read again and decide again
├── NotFound             the thing named is not stored
├── Unavailable          a store or queue would not take the write; nothing was lost, try later
├── TooLarge             a write does not fit the store; trying again changes nothing
└── Unauthorized         the caller is not known, or may not do this
"""

from __future__ import annotations

from dataclasses import dataclass


class KizunaError(Exception):
    """Base of all expected errors. Messages carry ids and reasons, never personal data."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a definition is refused: where it stands and what is wrong."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class InvalidDefinition(KizunaError):
    """Definitions that cannot be accepted, with every problem found and not just the first."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class Conflict(KizunaError):
    """A guarded write met a newer version than the one that was read."""


class NotFound(KizunaError):
    """The thing named does not exist (or no longer does)."""


class Unavailable(KizunaError):
    """A store, queue or bus refused for now. The caller keeps the work and may try again."""


class TooLarge(KizunaError):
    """A write that does not fit the store, by its bytes or its parts. Nothing of it was stored."""


class AddressTaken(KizunaError):
    """Another message of the same run already goes to this address."""


class Unauthorized(KizunaError):
    """No, unknown or revoked credential; or a credential that does not cover this act."""
