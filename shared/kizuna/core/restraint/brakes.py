"""What stops promotion on its way, beside the gate: a run that is paused, and the breakers of the whole account.

    run       watched ─ a signal, its errors, its budget, a person ─▶ paused ─ a person, with a reason ─▶ watched anew
    account   closed ─ a rate, a provider, the day's budget, a person ─▶ open ─ a person, or time ─▶ closed
    message   held ─ its brake is released ─▶ woken; and once more a while later, for those that were held meanwhile

Service messages go on whatever stands here. Each step leaves a line: when, what, by whom and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from kizuna.core.errors import KizunaError
from kizuna.core.messages import By, Message, State
from kizuna.core.refusing.repeating import asked_for

RULES = "rules"  # who did it, where no person did
# A message that meets a brake waits in its row without being written again: whoever releases the brake has it woken
# (`usecases/outcomes/releasing.py`). Should that fail, it is looked at again after this.
HELD_FOR = timedelta(days=1)
# A sender may have read the brakes before one was released, and hold a message by them after all others were woken.
WOKEN_AGAIN_AFTER = timedelta(minutes=20)
_LINES_KEPT = 50


class NothingToRelease(KizunaError):
    """A brake was to be released that is not on."""


@dataclass(frozen=True, slots=True)
class Line:
    """One step of a brake."""

    at: datetime
    act: str  # paused, resumed; stopped, released, warned
    by: str
    reason: str
    ja: str = ""  # the reason in Japanese, where rules wrote it


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a run stands still, with everything that whoever resumes it has to see.

    `because` is a signal's name, `errors`, `budget` or `by_hand`; `bad` of `sent` messages brought it about.
    `log_evidence` is the logarithm of the e-value, where the sequential test decided.
    """

    because: str
    at: datetime
    rule: str
    reason: str
    sent: int = 0
    bad: int = 0
    log_evidence: float | None = None
    by: str = RULES
    ja: str = ""  # the reason in Japanese, where rules wrote it


@dataclass(frozen=True, slots=True)
class RunBrake:
    """The brake of one run. Messages that landed before `watched_from` are no evidence any more: somebody answered
    for them. `shifted` is how long the run stood still in all: what was to go later goes later by as much."""

    campaign: str
    run: str
    version: int = 0
    pause: Pause | None = None
    watched_from: datetime | None = None
    shifted: timedelta = timedelta(0)
    answered: frozenset[str] = frozenset()  # causes that apply once a run, for which a person answered
    lines: tuple[Line, ...] = ()
    wakes: datetime | None = None  # from when on those that it held are to be woken


@dataclass(frozen=True, slots=True)
class Stop:
    """Why all promotion stands still, and until when, if time alone will end it.

    `because` is a signal's name, `suspended`, `sending_paused`, `budget` or `by_hand`.
    """

    because: str
    at: datetime
    rule: str
    reason: str
    until: datetime | None = None
    sent: int = 0
    bad: int = 0
    by: str = RULES
    ja: str = ""  # the reason in Japanese, where rules wrote it


@dataclass(frozen=True, slots=True)
class AccountBrake:
    """The breaker of the whole account. Rates count what came after `watched_from`."""

    version: int = 0
    stop: Stop | None = None
    watched_from: datetime | None = None
    warned: Mapping[str, datetime] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    wakes: datetime | None = None  # likewise

    def stands(self, now: datetime) -> bool:
        """Whether promotion is stopped at this moment. What time ended is over by itself: half open, and if the cause
        is still there the next message stops everything again."""
        return self.stop is not None and (self.stop.until is None or now < self.stop.until)

    def warned_today(self, now: datetime) -> tuple[str, ...]:
        """The causes of which somebody was warned within the last day."""
        return tuple(cause for cause, at in self.warned.items() if now - at < timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Brakes:
    """All brakes as they stand at one moment."""

    runs: Mapping[tuple[str, str], RunBrake] = field(default_factory=dict)
    account: AccountBrake = AccountBrake()

    def of_run(self, campaign: str, run: str) -> RunBrake:
        return self.runs.get((campaign, run)) or RunBrake(campaign, run)

    def paused(self) -> tuple[RunBrake, ...]:
        return tuple(brake for brake in self.runs.values() if brake.pause is not None)

    def next_wake(self) -> datetime | None:
        """From when on somebody is to be woken; None where nobody is."""
        known = (self.account.wakes, *(brake.wakes for brake in self.runs.values()))
        return min((wakes for wakes in known if wakes is not None), default=None)


@dataclass(frozen=True, slots=True)
class Hold:
    """A promotional message waits until then; `by` a brake, from which it is woken, or for its wave."""

    until: datetime
    by: By


def hold_of(
    brakes: Brakes, campaign: str, run: str, *, wave_at: datetime | None, now: datetime
) -> Hold | None:
    """Why a promotional message of a run waits, and until when at the latest; None if it may go.

    `wave_at` is when its wave of the ramp was to begin: a pause puts that off. Where time alone ends what stops all
    promotion, it waits until then.
    """
    brake, account = brakes.of_run(campaign, run), brakes.account
    if wave_at is not None and now < wave_at + brake.shifted:
        return Hold(wave_at + brake.shifted, By.HOLD)
    if brake.pause is not None:
        return Hold(now + HELD_FOR, By.BRAKE)
    if account.stop is not None and account.stands(now):
        return Hold(min(account.stop.until or now + HELD_FOR, now + HELD_FOR), By.BRAKE)
    return None


def waits_for_brake(message: Message) -> bool:
    """Whether a message was held because of a brake, and nobody has looked at it since."""
    last = message.evidence[-1] if message.evidence else None
    return message.state is State.PENDING and last is not None and last.by is By.BRAKE


def woken(wakes: datetime | None, released_at: datetime | None) -> datetime | None:
    """When those that a brake held are to be woken next, now that they were; None: never again."""
    if wakes is None or released_at is None or wakes > released_at:
        return None
    return released_at + WOKEN_AGAIN_AFTER


# ── steps of a run ──────────────────────────────────────────────────────────────────────────────


def paused(brake: RunBrake, pause: Pause) -> RunBrake:
    """The run paused; as it is, if it is paused already, or a person answered for this cause for good."""
    if brake.pause is not None or pause.because in brake.answered:
        return brake
    line = Line(pause.at, "paused", pause.by, pause.reason, pause.ja)
    return replace(brake, version=brake.version + 1, pause=pause, wakes=None, lines=_with(brake.lines, line))


_ONCE = frozenset({"errors", "budget"})


def resumed(brake: RunBrake, *, by: str, reason: str, now: datetime) -> RunBrake:
    """The run going on because a person answers for it. Raises NothingToRelease if it is not paused."""
    if brake.pause is None:
        raise NothingToRelease(f"run {asked_for(brake.run)} of {asked_for(brake.campaign)} is not paused")
    cause = frozenset({brake.pause.because}) & _ONCE
    return replace(
        brake,
        version=brake.version + 1,
        pause=None,
        watched_from=now,
        wakes=now,
        shifted=brake.shifted + (now - brake.pause.at),
        answered=brake.answered | cause,
        lines=_with(brake.lines, Line(now, "resumed", by, reason)),
    )


# ── steps of the account ────────────────────────────────────────────────────────────────────────


def stopped(brake: AccountBrake, stop: Stop) -> AccountBrake:
    """All promotion stopped; as it is, if it is stopped already by something that lasts as long."""
    if brake.stop is not None and brake.stands(stop.at):
        lasts = brake.stop.until is None or (stop.until is not None and stop.until <= brake.stop.until)
        if lasts:
            return brake
    line = Line(stop.at, "stopped", stop.by, stop.reason, stop.ja)
    return replace(brake, version=brake.version + 1, stop=stop, wakes=None, lines=_with(brake.lines, line))


def warned(brake: AccountBrake, because: str, reason: str, *, now: datetime, ja: str = "") -> AccountBrake:
    """The account warned, once a day for each cause."""
    if because in brake.warned_today(now):
        return brake
    line = Line(now, "warned", RULES, reason, ja)
    told = {**{cause: brake.warned[cause] for cause in brake.warned_today(now)}, because: now}
    return replace(brake, version=brake.version + 1, warned=told, lines=_with(brake.lines, line))


def released(brake: AccountBrake, *, by: str, reason: str, now: datetime) -> AccountBrake:
    """Promotion going on because a person answers for it. Raises NothingToRelease if nothing is stopped."""
    if not brake.stands(now):
        raise NothingToRelease("no brake of the account is on")
    line = Line(now, "released", by, reason)
    return replace(
        brake,
        version=brake.version + 1,
        stop=None,
        watched_from=now,
        wakes=now,
        lines=_with(brake.lines, line),
    )


def _with(lines: tuple[Line, ...], line: Line) -> tuple[Line, ...]:
    return (*lines, line)[-_LINES_KEPT:]
