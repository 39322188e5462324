"""The proof of a person's consents for an auditor: every event with its evidence, the texts, and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.consent import ChainEntry, ConsentEvent, consent_event_to_json
from kizuna.core.consent.told import Language, about_what, what_was_said, who_said_it
from kizuna.core.durations import instant_to_text
from kizuna.core.people import Profile
from kizuna.usecases.consents.ledger_audit import Auditor, problems_of


def proof_body(
    profile: Profile,
    on: Auditor,
    catalog: Catalog,
    *,
    kept: Sequence[ConsentEvent],
    language: Language,
) -> dict[str, Any]:
    """All chains of a person, oldest entry first, each held against its links, its profile and the newest anchor.

    `wordings` has the text of every wording that some event names, None for one that the registry lacks. `kept` is
    what stands by a keyed hash for an address that is theirs by now, of somebody who was erased: no part of a chain.
    """
    rows = [
        _row(part, number, entry, language)
        for part in profile.parts
        for number, entry in enumerate(on.chain([part]), start=1)
    ]
    problems, newest = problems_of(profile, on)
    named = sorted({str(row["wording_version"]) for row in rows if row.get("wording_version")})
    return {
        "person": profile.id,
        "holds": not problems,
        "problems": [asdict(problem) for problem in problems],
        "anchoredAt": instant_to_text(newest.at) if newest else None,
        "consents": rows,
        "kept": [{**_told(event, language), **consent_event_to_json(event)} for event in kept],
        "wordings": {name: _wording(name, catalog) for name in named},
    }


def _row(part: str, number: int, entry: ChainEntry, language: Language) -> dict[str, Any]:
    place = {"part": part, "number": number, "hash": entry.hash, "previous": entry.prev_hash}
    if entry.event is None:
        return {**place, "said": {"en": "erased", "ja": "消去済み"}[language], "about": "", "by": ""}
    return {**place, **_told(entry.event, language), **consent_event_to_json(entry.event)}


def _told(event: ConsentEvent, language: Language) -> dict[str, str]:
    return {
        "said": what_was_said(event, language),
        "about": about_what(event, language),
        "by": who_said_it(event, language),
    }


def _wording(name: str, catalog: Catalog) -> dict[str, Any] | None:
    found = catalog.wordings.get(name)
    if found is None:
        return None
    return {**found.model_dump(mode="json", exclude={"id"}), "sha256": found.fingerprint}
