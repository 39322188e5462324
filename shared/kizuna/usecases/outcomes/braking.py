"""Pulls and releases the brakes: of a run, and of all promotion.

Each act is one guarded write. Who is told of a brake is told before it is stored: a crash in between leaves it to be
told again, and never pulled in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kizuna.core.bus_events import (
    BusEvent,
    MarketingReleased,
    MarketingStopped,
    MarketingWarned,
    RunPaused,
    RunResumed,
)
from kizuna.core.durations import instant_from_text
from kizuna.core.engagement import EngagementPolicy
from kizuna.core.errors import Unavailable
from kizuna.core.messages import Message, NotAccepted, Outcome, Rejected
from kizuna.core.ports import BrakeStore, Bus
from kizuna.core.restraint import brake_words
from kizuna.core.restraint import brakes as core
from kizuna.core.restraint.brakes import AccountBrake, Brakes, Hold, Pause, RunBrake, Stop, hold_of
from kizuna.core.results.cells import counted_run

TRIES = 5
SENDING_PAUSED = "SendingPausedException"
Told = Callable[[BusEvent], None]


def teller(bus: Bus, policy: EngagementPolicy) -> Told:
    """Puts on the bus what the policy publishes."""

    def tell(event: BusEvent) -> None:
        if event.name in policy.publish:
            bus.publish([(event.name, event.detail())])

    return tell


def in_silence(event: BusEvent) -> None:
    """For who may not speak on the bus: somebody behind them tells."""


# ── a run ───────────────────────────────────────────────────────────────────────────────────────


def pause_run(campaign: str, run: str, pause: Pause, store: BrakeStore, *, tell: Told) -> bool:
    """Pause a run; False if it is paused, or somebody answered for this cause. Nobody's other run is touched."""
    for _ in range(TRIES):
        before = store.current().of_run(campaign, run)
        after = core.paused(before, pause)
        if after is before:
            return False
        tell(_paused(after, pause))
        if store.save_run(after):
            return True
    raise Unavailable(f"brake of run {run} of {campaign}")


def resume_run(
    campaign: str, run: str, store: BrakeStore, *, by: str, reason: str, now: datetime, tell: Told
) -> RunBrake:
    """Let a paused run go on; its evidence begins anew. Raises NothingToRelease if it is not paused."""
    for _ in range(TRIES):
        before = store.current().of_run(campaign, run)
        after = core.resumed(before, by=by, reason=reason, now=now)
        tell(RunResumed(campaign=campaign, run=run, by=by, reason=reason, at=now))
        if store.save_run(after):
            return after
    raise Unavailable(f"brake of run {run} of {campaign}")


def _paused(brake: RunBrake, pause: Pause) -> RunPaused:
    return RunPaused(
        campaign=brake.campaign,
        run=brake.run,
        because=pause.because,
        rule=pause.rule,
        reason=pause.reason,
        sent=pause.sent,
        bad=pause.bad,
        at=pause.at,
    )


# ── all promotion ───────────────────────────────────────────────────────────────────────────────


def stop_marketing(stop: Stop, store: BrakeStore, *, tell: Told) -> bool:
    """Stop all promotion; False if it is stopped already by something that lasts as long."""
    return _account(lambda brake: core.stopped(brake, stop), stopped_event(stop), store, tell)


def stopped_event(stop: Stop) -> MarketingStopped:
    return MarketingStopped(because=stop.because, rule=stop.rule, reason=stop.reason, at=stop.at)


def warn(because: str, reason: brake_words.Told, store: BrakeStore, *, now: datetime, tell: Told) -> bool:
    """Warn of what will stop promotion if it goes on; False if somebody was warned of it today."""
    event = MarketingWarned(because=because, reason=reason.en, at=now)
    return _account(
        lambda brake: core.warned(brake, because, reason.en, now=now, ja=reason.ja), event, store, tell
    )


def release_marketing(store: BrakeStore, *, by: str, reason: str, now: datetime, tell: Told) -> None:
    """Let promotion go on. Raises NothingToRelease if nothing is stopped."""
    event = MarketingReleased(by=by, reason=reason, at=now)
    _account(lambda brake: core.released(brake, by=by, reason=reason, now=now), event, store, tell)


def _account(
    step: Callable[[AccountBrake], AccountBrake], event: BusEvent, store: BrakeStore, tell: Told
) -> bool:
    for _ in range(TRIES):
        before = store.current().account
        after = step(before)
        if after is before:
            return False
        tell(event)
        if store.save_account(after):
            return True
    raise Unavailable("brake of the account")


def stop_because_of(
    outcome: Outcome, channel: str, policy: EngagementPolicy, *, now: datetime
) -> Stop | None:
    """What a provider's answer says about the whole account; None where it says nothing."""
    match outcome:
        case Rejected(account=True, reason=reason):
            return provider_stop(reason, channel, policy, is_final=True, now=now)
        case NotAccepted(reason=reason) if reason == SENDING_PAUSED:
            return provider_stop(reason, channel, policy, is_final=False, now=now)
        case _:
            return None


def provider_stop(
    reason: str, channel: str, policy: EngagementPolicy, *, is_final: bool, now: datetime
) -> Stop:
    """A suspended account is a person's to mend; whether a paused one takes messages again is tried after a while."""
    until = None if is_final else now + timedelta(seconds=policy.breakers.try_again.seconds)
    because = "suspended" if is_final else "sending_paused"
    told = brake_words.provider(channel, reason, is_final=is_final)
    return Stop(because, now, "breakers", told.en, until, ja=told.ja)


# ── at the sender ───────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Handbrake:
    """The brakes for the messages of one batch: read when the first promotional one asks, and then no more.

    So what is pulled meanwhile stops the next batch: at most as many messages leave as all senders have in hand.
    """

    store: BrakeStore
    _read: list[Brakes] = field(default_factory=list)

    def hold_of(self, message: Message, *, now: datetime) -> Hold | None:
        """Why a message waits, and until when; None if it may go. Raises Unavailable if the brakes cannot be read."""
        if message.category != "marketing":
            return None
        if not self._read:
            self._read.append(self.store.current())
        wave = message.decision.get("wave")
        wave_at = instant_from_text(wave["at"]) if isinstance(wave, dict) else None
        run = counted_run(message.campaign, message.run)
        return hold_of(self._read[0], message.campaign, run, wave_at=wave_at, now=now)

    def heed(self, outcome: Outcome, channel: str, policy: EngagementPolicy, *, now: datetime) -> None:
        """Stop all promotion at once if a provider says that nothing of this account is taken; this batch too."""
        stop = stop_because_of(outcome, channel, policy, now=now)
        if stop is not None:
            stop_marketing(stop, self.store, tell=in_silence)
            self._read[:] = [self.store.current()]
