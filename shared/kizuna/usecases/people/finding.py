"""A person by whatever is known of them. Nobody is guessed: an identifier that fits two people names both."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kizuna.core.errors import KizunaError
from kizuna.core.identity.rules import DEFAULT_RULES, IdentityRules
from kizuna.core.people import Profile
from kizuna.core.ports import People
from kizuna.core.references import readings

_PROFILE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # a longer one would not even be a key


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whom one reading of a reference leads to. `kind` is that of an identifier, or `profile`."""

    kind: str
    person: str


class Ambiguous(KizunaError):
    """A reference that fits several people; `candidates` says whom. The text names no identifier."""

    def __init__(self, candidates: tuple[Candidate, ...]) -> None:
        kinds = ", ".join(f"{each.kind} of {each.person}" for each in candidates)
        super().__init__(f"this fits several people ({kinds}); say which with kind:value")
        self.candidates = candidates


def find_person(
    reference: str, people: People, *, country: str | None = None, rules: IdentityRules = DEFAULT_RULES
) -> Profile | None:
    """The living person of a profile id (an old, merged one too) or of any identifier (`references.readings`).

    None if nobody is known by it, or somebody was who is erased. Raises Ambiguous where it fits several people.
    Two reads: the owners of all readings at once, then the profiles.
    """
    keys = readings(reference, country=country, rules=rules)
    owners = people.owners(keys)
    ids = {key: owners[key] for key in keys if key in owners}
    as_id = [reference] if _PROFILE_ID.fullmatch(reference) else []
    living = people.profiles(dict.fromkeys([*as_id, *ids.values()]))
    found = [(kind, living[owner]) for (kind, _), owner in ids.items() if owner in living]
    if reference in living:
        found.insert(0, ("profile", living[reference]))
    by_person: dict[str, tuple[str, Profile]] = {}
    for kind, profile in found:
        by_person.setdefault(profile.id, (kind, profile))
    if len(by_person) > 1:
        raise Ambiguous(tuple(Candidate(kind, person) for person, (kind, _) in by_person.items()))
    return next((profile for _, profile in by_person.values()), None)
