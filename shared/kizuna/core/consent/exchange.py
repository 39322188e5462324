"""What consent is worth to both sides (K24): how many said Yes to what and for what, who kept it, what they buy.

Each person counts once in each row, a row being a wording, the benefit that was offered with it, and a channel. A Yes
`stands` while the gate would take it, was `withdrawn` where a No of the person stands against it, and has `lapsed`
otherwise: too old, unproven, never confirmed. What people bought is told only where their records remember it:
`known` says of how many. Sums are of one currency only if the workspace's are; nothing is converted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kizuna.core.consent.events import ANY, Action, ConsentEvent
from kizuna.core.consent.fold import Kind, Permission, Standing, fold, kind_of, permission
from kizuna.core.policy import ConsentPolicy

_YES = (Action.GRANT, Action.CONFIRM)
_NO = (Kind.OPT_OUT, Kind.STOP, Kind.OBJECTION, Kind.DO_NOT_CONTACT)
_WHATEVER = "-"  # a topic that no grant and no opt-out names: only those of all topics speak of it


@dataclass(frozen=True, slots=True, order=True)
class Offer:
    """What somebody said Yes to."""

    wording: str
    benefit: str
    channel: str
    purpose: str


@dataclass(slots=True)
class Worth:
    """What people bought: of how many that is known, and how much it was together."""

    people: int = 0
    known: int = 0
    total: float = 0.0

    def add(self, value: float | None) -> None:
        self.people += 1
        if value is not None:
            self.known += 1
            self.total += value

    @property
    def mean(self) -> float | None:
        """For each of whom it is known; None where it is known of nobody."""
        return round(self.total / self.known, 2) if self.known else None


@dataclass(slots=True)
class Row:
    """What became of one offer."""

    standing: Worth = field(default_factory=Worth)
    withdrawn: Worth = field(default_factory=Worth)
    lapsed: Worth = field(default_factory=Worth)

    @property
    def granted(self) -> int:
        return self.standing.people + self.withdrawn.people + self.lapsed.people


@dataclass(slots=True)
class Exchange:
    """The report as far as it has come. Memory goes by offers, not by people."""

    people: int = 0
    rows: dict[Offer, Row] = field(default_factory=dict)
    without: Worth = field(default_factory=Worth)  # who never said Yes to anything
    left: int = 0  # who said No to something, whatever they said afterwards
    leaving: dict[str, int] = field(default_factory=dict)  # of these, who told why: people by reason

    def add(
        self,
        ledger: Sequence[ConsentEvent],
        *,
        country: str | None,
        value: float | None,
        policy: ConsentPolicy,
        now: datetime,
    ) -> None:
        """Count one person, with all of their consent events and what they bought (None: not known)."""
        self.people += 1
        said = {_offer(event): event for event in ledger if event.action in _YES}
        if not said:
            self.without.add(value)
            return
        standing = fold(ledger, now=now, policy=policy)
        for offer, event in said.items():
            row = self.rows.setdefault(offer, Row())
            asked = _asked(event, standing, country=country, policy=policy, now=now)
            match _word(event, offer, asked, standing):
                case "stands":
                    row.standing.add(value)
                case "withdrawn":
                    row.withdrawn.add(value)
                case _:
                    row.lapsed.add(value)

    def add_leaving(self, reasons: Iterable[str]) -> None:
        """Count one person who said No, with the reasons that they told, each once."""
        self.left += 1
        for reason in set(reasons):
            self.leaving[reason] = self.leaving.get(reason, 0) + 1

    def ordered(self) -> Iterator[tuple[Offer, Row]]:
        """The offers that most said Yes to first."""
        yield from sorted(self.rows.items(), key=lambda item: (-item[1].granted, item[0]))


def said_no(ledger: Iterable[ConsentEvent]) -> bool:
    """Whether somebody ever said No to anything."""
    return any(kind_of(event) in _NO for event in ledger)


def _offer(event: ConsentEvent) -> Offer:
    return Offer(
        event.wording_version or "", event.benefit_offered or "", event.channel or ANY, event.purpose
    )


def _asked(
    event: ConsentEvent,
    standing: Standing,
    *,
    country: str | None,
    policy: ConsentPolicy,
    now: datetime,
) -> Permission:
    return permission(
        standing,
        channel=event.channel or ANY,
        topic=_WHATEVER if event.topic in (None, ANY) else str(event.topic),
        endpoint=event.endpoint or "",
        country=country,
        now=now,
        policy=policy,
        purpose=event.purpose,
    )


def _word(event: ConsentEvent, offer: Offer, asked: Permission, standing: Standing) -> str:
    refused: Iterable[ConsentEvent] = (
        *asked.channel_opt_outs,
        *asked.topic_opt_outs,
        *standing.objections,
        *standing.do_not_contact,
        *(standing.stops if event.channel == "sms" else ()),
    )
    if any(True for _ in refused):
        return "withdrawn"
    return "stands" if any(_offer(valid) == offer for valid in asked.valid) else "lapsed"
