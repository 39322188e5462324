"""The ledger held against everything that is known of it: its own links, the profiles, and the anchors of each night.

found                          by
altered, moved, added entry    the links of the chain
chain of somebody else         the person that each entry names
missing end, whole chain gone  the end that the profile tells; where that was changed as well, the newest anchor
chain written anew             the newest anchor
anchor altered or taken out    the copy in the ledger and the one in the bucket, and each anchor naming the one before
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from kizuna.core.consent import GENESIS, ChainEntry, ChainFault, verify_chain
from kizuna.core.consent.anchors import Anchor, HeadPage, InvalidAnchor, Seal, holds_to, unlinked
from kizuna.core.people import GONE, Profile
from kizuna.core.ports import Erasures, People
from kizuna.core.ports.anchors import Anchors
from kizuna.usecases.consents.anchoring import DONE, object_of
from kizuna.usecases.consents.anchoring import manifest_of as manifest_key
from kizuna.usecases.people.everybody import everybody

PAGE = 100
Chain = Callable[[Sequence[str]], tuple[ChainEntry, ...]]
Cause = Literal[
    "broken_link",
    "altered_body",
    "missing_body",
    "of_another",
    "wrong_head",
    "truncated",
    "missing_profile",
    "anchored_otherwise",
]
AnchorCause = Literal["altered", "missing", "differs", "unlinked"]


@dataclass(frozen=True, slots=True)
class ChainProblem:
    """Where the chain of one part of a person does not hold. `position` counts from 0."""

    part: str
    position: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class AnchorProblem:
    """An anchor that is not what it was: altered, missing, other in the bucket than in the ledger, or unlinked."""

    anchor: str
    cause: AnchorCause


@dataclass(slots=True)
class Audit:
    """What an audit has found so far. `anchored_at` is the newest anchor that was held against the chains."""

    chains: int = 0
    entries: int = 0
    people: int = 0
    anchors: int = 0
    anchored_at: datetime | None = None
    chain_problems: list[ChainProblem] = field(default_factory=list)
    anchor_problems: list[AnchorProblem] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.chain_problems and not self.anchor_problems


@dataclass(frozen=True, slots=True)
class Auditor:
    """The ports of an audit; all are read only. `chain` reads the entries of parts with their hashes."""

    people: People
    erasures: Erasures
    chain: Chain
    anchors: Anchors


def audit(on: Auditor) -> Iterator[Audit]:
    """Hold everything against everything; gives what was found so far after each page of people.

    Reads every chain twice: once for the profile, once for the anchor. Memory holds one page.
    """
    found = Audit()
    newest = _anchors(on.anchors, found)
    for page in everybody(on.people, page=PAGE):
        for person in page.people:
            found.people += 1
            found.chain_problems += _of_person(person, on, found)
        yield found
    for entry in on.erasures.entries(kind="erased"):
        for side in on.erasures.stored(entry.parts).values():
            found.chain_problems += _of_side(side, on, found)
    yield found
    if newest is not None:
        for problem in _against(newest, on, found):
            found.chain_problems.append(problem)
        found.anchored_at = newest.at
    yield found


def problems_of(person: Profile, on: Auditor) -> tuple[tuple[ChainProblem, ...], Anchor | None]:
    """What does not hold of one person's chains, and the newest anchor that they were held against."""
    found = Audit()
    problems = list(_of_person(person, on, found))
    newest = _anchors(on.anchors, found)
    if newest is not None:
        wanted = set(person.parts)
        problems += _against(newest, on, found, only=wanted)
    return tuple(problems), newest


def _of_person(person: Profile, on: Auditor, found: Audit) -> Iterator[ChainProblem]:
    absorbed = [part for part in person.parts if part != person.id]
    sides = on.erasures.stored(absorbed) if absorbed else {}
    yield from _of_side(person, on, found)
    for part in absorbed:
        if part in sides:
            yield from _of_side(sides[part], on, found)
        elif on.chain([part]):
            yield ChainProblem(part, 0, "missing_profile")


def _of_side(side: Profile, on: Auditor, found: Audit) -> Iterator[ChainProblem]:
    """A chain that grew after its profile was read looks wrong: what does not hold is looked at once more."""
    chain = on.chain([side.id])
    faults = _faults(side, chain)
    if faults:
        side = on.erasures.stored([side.id]).get(side.id, side)
        chain = on.chain([side.id])
        faults = _faults(side, chain)
    found.chains += bool(chain)
    found.entries += len(chain)
    for fault in faults:
        yield ChainProblem(side.id, fault.position, fault.kind)


def _faults(side: Profile, chain: Sequence[ChainEntry]) -> Sequence[ChainFault]:
    head = side.ledger_head or GENESIS
    return verify_chain(
        chain, head=head, length=side.ledger_length, bodies=side.status not in GONE, person=side.id
    )


def _anchors(anchors: Anchors, found: Audit) -> Anchor | None:
    """Look at every anchor; gives the newest that can be believed."""
    try:
        kept = anchors.kept()
    except InvalidAnchor:
        found.anchor_problems.append(AnchorProblem("ledger", "altered"))
        return None
    found.anchors = len(kept)
    found.anchor_problems += [AnchorProblem(each, "unlinked") for each in unlinked(kept)]
    believed = None
    for anchor in kept:
        cause = _flaw(anchor, anchors)
        if cause is None:
            believed = anchor
        else:
            found.anchor_problems.append(AnchorProblem(anchor.id, cause))
    return believed


def _flaw(anchor: Anchor, anchors: Anchors) -> AnchorCause | None:
    lines = anchors.lines(manifest_key(anchor.id))
    if not lines:
        return "missing"
    try:
        return None if Anchor.read("".join(lines)) == anchor else "differs"
    except InvalidAnchor:
        return "altered"


def _against(
    anchor: Anchor, on: Auditor, found: Audit, *, only: set[str] | None = None
) -> Iterator[ChainProblem]:
    """The chains that do not begin with what was anchored, and the anchor itself if its objects were altered."""
    for shard, sealed in enumerate(anchor.seals):
        seal = Seal()
        while seal.after != DONE:
            try:
                page = HeadPage.read(on.anchors.lines(object_of(anchor.id, shard, seal.after)))
            except InvalidAnchor:
                found.anchor_problems.append(AnchorProblem(anchor.id, "missing"))
                break
            seal = seal.with_page(page)
            for head in page.heads:
                if (only is None or head.part in only) and not holds_to(head, on.chain([head.part])):
                    yield ChainProblem(head.part, head.length - 1, "anchored_otherwise")
        if seal.after == DONE and seal.digest != sealed:
            found.anchor_problems.append(AnchorProblem(anchor.id, "altered"))
