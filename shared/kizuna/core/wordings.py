"""The registry of wordings: what exactly a person was shown when they said yes (`consent.md` 3.1).

A consent event names a `wording_version`, and this is what it names. Grants rest on it, so it is never changed and
never taken out; a new text gets an id of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.errors import Problem

if TYPE_CHECKING:  # the catalog knows this module
    from kizuna.core.catalog import Documents
    from kizuna.core.engagement import EngagementPolicy
    from kizuna.core.sources import SourceDefinition

Checkbox = Literal["unticked", "pre_ticked", "none"]


class Wording(BaseModel):
    """One text in one language. Its `id` is the `wording_version` of consent events.

    `checkbox`: the box beside it as the person found it; `none` where they did something else, pressed a button or
    said it on the phone. A box that was ticked before is no consent (CJEU C-673/17, Planet49).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")
    locale: str = Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")  # BCP 47, such as ja or en-GB
    text: str = Field(min_length=1, max_length=20_000)
    checkbox: Checkbox
    since: date | None = None  # from when it was shown
    shown: str = ""  # where, for whoever has to prove it

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the text, so that a printed proof can be held against it."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def altered(stored: Documents, wanted: Documents, origin: Callable[[str, str], str]) -> tuple[Problem, ...]:
    """Why a set of definitions cannot follow another: wordings that would change or go."""
    found = []
    for (kind, wording), document in stored.items():
        if kind != "wording":
            continue
        if (kind, wording) not in wanted:
            found.append(
                Problem(origin(kind, wording), "grants may rest on it: a wording is never taken out")
            )
        elif _meaning(document) != _meaning(wanted[kind, wording]):
            place = origin(kind, wording)
            found.append(
                Problem(
                    place,
                    "grants may rest on it: a wording never changes, give the new text an id of its own",
                )
            )
    return tuple(found)


def _meaning(document: Mapping[str, object]) -> Wording:
    return Wording.model_validate(document)


def wording_problems(
    wordings: Mapping[str, Wording],
    policies: Iterable[EngagementPolicy],
    sources: Iterable[SourceDefinition],
    origin: Callable[[str, str], str],
) -> list[Problem]:
    """A ticked box that would count as consent, and proofs that name a text nobody has.

    Names are looked for only where there is a registry: who keeps none has the texts elsewhere.
    """
    policies = tuple(policies)
    invalid = {name for policy in policies for name in policy.consent.invalid_wording_versions}
    problems = [
        Problem(
            f"{origin('wording', each.id)}: checkbox",
            "is pre_ticked: name it in consent.invalid_wording_versions",
        )
        for each in wordings.values()
        if each.checkbox == "pre_ticked" and each.id not in invalid
    ]
    if not wordings:
        return problems
    named = [
        (f"{origin('source', each.id)}: consent_proof.wording_version", each.consent_proof.wording_version)
        for each in sources
        if each.consent_proof is not None
    ]
    named += [
        (
            f"{origin('policy', each.id)}: preference_center.wording_version",
            each.preference_center.wording_version,
        )
        for each in policies
        if each.preference_center.wording_version
    ]
    problems += [
        Problem(place, f"there is no wording {name!r}") for place, name in named if name not in wordings
    ]
    return problems
