"""Watches what messages do to people: counts each where it landed, and pulls a brake in time (`delivery.md` 10, 11).

    a message landed           ─▶ its run's cohort, and the account's hour, count one more
    a signal came              ─▶ they count it; the run is looked at if the message is matured, else when it will be
    a message failed, or was   ─▶ the run's error budget
    thrown away by its provider
    a provider took a message  ─▶ the money of the run and the day

All of it is drawn from the stream, and may be drawn again: what is counted of a message stands on the message.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from kizuna.core import feedback
from kizuna.core.catalog import Catalog
from kizuna.core.consent.sms_keywords import SmsClass, classify
from kizuna.core.errors import Conflict
from kizuna.core.events import Event
from kizuna.core.messages import By, Message, State, was_thrown_away
from kizuna.core.ports import BrakeStore, Bus, Cohorts, Counters, Messages, Results
from kizuna.core.restraint import brake_words
from kizuna.core.restraint.brakes import Pause, Stop
from kizuna.core.restraint.cohorts import (
    USUAL_DAYS,
    Mark,
    News,
    Tallies,
    Tally,
    cohort_of,
    counted,
    hours_since,
    landed_at,
    last_matured,
    minute_of,
    reports_complaints,
    summed,
    usual_rate,
    watched_on,
)
from kizuna.core.restraint.early_warning import (
    ALPHA,
    HIGHEST_RATE,
    LEAST_ACCEPTABLE,
    Bar,
    Signal,
    Watch,
    bar_of,
    update,
    verdict,
)
from kizuna.core.restraint.guards import WARN_AT, Band
from kizuna.core.results.cells import counted_run, with_sign
from kizuna.core.results.counted import Sign
from kizuna.usecases.outcomes.braking import (
    SENDING_PAUSED,
    Told,
    pause_run,
    provider_stop,
    stop_marketing,
    stopped_event,
    teller,
    warn,
)

TRIES = 12  # the rows of an hour are hot: two transactions on one row at one moment refuse each other
ANSWERED_WITHIN = timedelta(days=7)  # a STOP is to the last text of so many days
_RELATIVE = (Signal.UNSUBSCRIBE, Signal.SMS_STOP, Signal.PUSH_OFF)  # judged by what is usual here
_WINDOWS = (("24 hours", timedelta(days=1)), ("7 days", timedelta(days=7)))


@dataclass(frozen=True, slots=True)
class Watcher:
    """The ports of watching."""

    messages: Messages
    cohorts: Cohorts
    counters: Counters
    brakes: BrakeStore
    bus: Bus
    results: Results


# ── what the stream tells ───────────────────────────────────────────────────────────────────────


def note_message(
    before: Message | None, after: Message, on: Watcher, catalog: Catalog, *, now: datetime
) -> None:
    """Draw what a change of a message means for its run and the account."""
    if after.category != "marketing":
        return
    at = landed_at(before, after)
    if at is not None:
        _count(after, News.LANDED, at, on, catalog)
    if was_thrown_away(after) and not (before is not None and was_thrown_away(before)):
        _look_at_errors(after, on, catalog, now=now)
    if before is not None and before.state_version == after.state_version:
        return
    _heed_provider(after, on, catalog, now=now)
    if after.state is State.FAILED:
        _look_at_errors(after, on, catalog, now=now)
    if after.state is State.SENT:
        _look_at_money(after, on, catalog, now=now)


def note_event(event: Event, person: str, on: Watcher, catalog: Catalog, *, now: datetime) -> None:
    """Count the signal in an event of somebody that came from a provider or from us, and look at its run."""
    if event.source.kind not in feedback.TRUSTED or event.properties.get(feedback.SHARED):
        return
    found = _signal_in(event, person, on, catalog)
    if found is None:
        return
    message, news = found
    mark = _count(message, news, event.at, on, catalog)
    if mark.bad and mark.minute <= last_matured(now):
        look_at_run(message, mark.minute, on, catalog, now=now)
    if mark.bad & {Signal.COMPLAINT, Signal.BOUNCE}:
        look_at_account(on, catalog, now=now)


def ring_for(message_id: str, on: Watcher, catalog: Catalog, *, now: datetime) -> None:
    """A message that had a signal is matured: look at its run, and let its alarm go. In this order: a crash in
    between leaves the alarm, and looking twice changes nothing."""
    mark = on.cohorts.mark(message_id)
    if mark is None or mark.look_at is None or mark.look_at > now:
        return
    message = on.messages.get(message_id)
    if message is None:
        return
    look_at_run(message, mark.minute, on, catalog, now=now)
    on.cohorts.count(message, mark, replace(mark, look_at=None))


def _signal_in(event: Event, person: str, on: Watcher, catalog: Catalog) -> tuple[Message, News] | None:
    news = _news_in(event, catalog)
    if news is None:
        return None
    named = event.properties.get("message_id")
    if event.name == feedback.SMS_RECEIVED:
        message = answered(event, person, on.messages)
    else:
        message = on.messages.get(named) if isinstance(named, str) and named else None
    if message is None or message.category != "marketing":
        return None
    return message, news


def _news_in(event: Event, catalog: Catalog) -> News | None:
    match event.name:
        case feedback.EMAIL_BOUNCED:
            return News.BOUNCED if event.properties.get("hard") is True else News.NOT_NOW
        case feedback.EMAIL_COMPLAINED:
            return News.COMPLAINED
        case feedback.UNSUBSCRIBED:
            return News.LEFT
        case feedback.SMS_RECEIVED:
            means = classify(str(event.properties.get("text", "")), catalog.policy.sms_words)
            return News.LEFT if means is SmsClass.STOP else None
        case _:
            return None


def answered(event: Event, person: str, messages: Messages) -> Message | None:
    """The promotional text that a reply is to: a number names no message, so it is the last one that went there."""
    newest, _ = messages.recent((person,))
    address = event.properties.get("address_id")
    return next(
        (
            message
            for message in newest
            if message.channel == "sms"
            and message.category == "marketing"
            and message.address_id == address
            and message.state is State.SENT
            and timedelta(0) <= event.at - message.changed_at < ANSWERED_WITHIN
        ),
        None,
    )


def _count(message: Message, news: News, at: datetime, on: Watcher, catalog: Catalog) -> Mark:
    """Count it once; its mark afterwards. Raises Conflict if the counts stay contended: the change comes again."""
    told = reports_complaints(message, catalog.policy.auto_pause.silent_domains)
    watched = watched_on(message.channel, reports_complaints=told)
    for _ in range(TRIES):
        before = on.cohorts.mark(message.id)
        after = counted(before, news, watched, channel=message.channel, at=at)
        if after == before:
            return after
        if on.cohorts.count(message, before, after):
            return after
        if on.messages.get(message.id) is None:
            return Mark(after.minute)  # erased meanwhile
    raise Conflict(f"cohort of message {message.id}")


# ── a run ───────────────────────────────────────────────────────────────────────────────────────


def look_at_run(message: Message, minute: int, on: Watcher, catalog: Catalog, *, now: datetime) -> None:
    """Pause the run of a message if the evidence of its matured messages is enough, by any signal."""
    brake = on.brakes.current().of_run(message.campaign, _run(message))
    if brake.pause is not None:
        return
    first = minute_of(brake.watched_from) + 1 if brake.watched_from else 0
    cohort = cohort_of(_run(message), minute)
    sums = on.cohorts.sums(message.campaign, cohort, first=first, last=last_matured(now))
    for signal, tally in sums.items():
        if signal in catalog.policy.auto_pause.ignored or not tally.bad:
            continue
        bar = _bar(signal, tally, on, now=now)
        judged = verdict(signal, update(Watch(), tally.sent, tally.bad, bar), bar)
        if judged.pauses:
            pause = Pause(
                because=str(signal),
                at=now,
                rule=f"auto_pause.{signal}, acceptable {judged.acceptable:.4f}, alpha {ALPHA}",
                reason=judged.reason(),
                ja=judged.reason("ja"),
                sent=judged.sent,
                bad=judged.bad,
                log_evidence=judged.log_evidence,
            )
            pause_run(message.campaign, _run(message), pause, on.brakes, tell=_tell(on, catalog))
            return


def _bar(signal: Signal, tally: Tally, on: Watcher, *, now: datetime) -> Bar:
    """What is usual here is read only where the lowest bar of all is crossed: few looks come so far."""
    if signal not in _RELATIVE:
        return bar_of(signal)
    lowest = bar_of(signal, median=LEAST_ACCEPTABLE)
    if update(Watch(), tally.sent, tally.bad, lowest).crossed is None:
        return lowest
    first, last = hours_since(now, timedelta(days=USUAL_DAYS))
    usual = usual_rate(signal, on.cohorts.hours(first=first, last=last - last % 24 - 1))  # up to yesterday
    return bar_of(signal, median=None if usual is None else min(usual, HIGHEST_RATE / 2 - 0.01))


def _look_at_errors(message: Message, on: Watcher, catalog: Catalog, *, now: datetime) -> None:
    budget = catalog.policy.auto_pause.errors
    if budget is None:
        return
    counts = on.counters.read(message.campaign, _run(message))
    failed = _in_states(counts, State.FAILED)
    tried = failed + _in_states(counts, State.SENT, State.UNKNOWN)
    if tried > budget.of_first and not was_thrown_away(message):
        return
    cells = on.results.sums(message.campaign, _run(message)).values()
    rejected = sum(sums.get(with_sign(Sign.REJECTED), 0) for sums in cells)
    if not budget.is_spent(failed=failed, rejected=rejected, tried=tried):
        return
    rule = f"auto_pause.errors, {budget.share:.1%} of the first {budget.of_first}"
    told = brake_words.errors(failed=failed + rejected, tried=tried)
    pause = Pause("errors", now, rule, told.en, sent=tried, bad=failed + rejected, ja=told.ja)
    pause_run(message.campaign, _run(message), pause, on.brakes, tell=_tell(on, catalog))


def _in_states(counts: Mapping[tuple[str, str, str], int], *states: State) -> int:
    return sum(count for (_, state, _), count in counts.items() if state in states)


# ── the account ─────────────────────────────────────────────────────────────────────────────────


def look_at_account(on: Watcher, catalog: Catalog, *, now: datetime) -> None:
    """Warn, or stop all promotion, by the rates of the last day and the last week."""
    rules = catalog.policy.breakers
    brake = on.brakes.current().account
    first, last = hours_since(now, _WINDOWS[-1][1])
    if brake.watched_from is not None:
        first = max(first, minute_of(brake.watched_from) // 60 + 1)
    hours = on.cohorts.hours(first=first, last=last)
    bands: tuple[tuple[Signal, Band], ...] = (
        (Signal.COMPLAINT, rules.complaint),
        (Signal.BOUNCE, rules.bounce),
    )
    for name, span in _WINDOWS:
        begin, _ = hours_since(now, span)
        sums: Tallies = summed([each for hour, each in hours.items() if hour >= begin])
        for signal, band in bands:
            _judge_rate(signal, sums.get(signal, Tally()), band, name, on, catalog, now=now)


def _judge_rate(
    signal: Signal, tally: Tally, band: Band, span: str, on: Watcher, catalog: Catalog, *, now: datetime
) -> None:
    if tally.sent < catalog.policy.breakers.least or tally.bad < band.warn * tally.sent:
        return
    rate = tally.bad / tally.sent
    told = brake_words.rate(signal, bad=tally.bad, sent=tally.sent, span=span)
    if rate < band.stop:
        warn(str(signal), told, on.brakes, now=now, tell=_tell(on, catalog))
        return
    rule = f"breakers.{signal}, stop {band.stop:.2%}"
    stop = Stop(str(signal), now, rule, told.en, sent=tally.sent, bad=tally.bad, ja=told.ja)
    stop_marketing(stop, on.brakes, tell=_tell(on, catalog))


def _heed_provider(message: Message, on: Watcher, catalog: Catalog, *, now: datetime) -> None:
    """What the sender has seen and stopped for at once is told here; and done, should it have died in between."""
    said = message.evidence[-1].note if message.evidence and message.evidence[-1].by is By.ANSWER else ""
    is_final = message.state is State.FAILED and message.decision.get("account") is True
    if not is_final and not (message.state is State.PENDING and said == SENDING_PAUSED):
        return
    stop = provider_stop(said, message.channel, catalog.policy, is_final=is_final, now=message.changed_at)
    account = on.brakes.current().account
    if account.watched_from is not None and account.watched_from >= stop.at:
        return  # a person has answered for it since
    if not stop_marketing(stop, on.brakes, tell=_tell(on, catalog)):
        stands = account.stop
        if stands is not None and stands.at == stop.at:
            _tell(on, catalog)(stopped_event(stands))


def _look_at_money(message: Message, on: Watcher, catalog: Catalog, *, now: datetime) -> None:
    """Whether the run's budget and the day's are spent. Both are read after each message while there is one."""
    _look_at_own_budget(message, on, catalog, now=now)
    budget = catalog.policy.send_budget
    if budget.run is not None:
        counts = on.counters.read(message.campaign, _run(message))
        spent = sum(
            count * budget.price_of(channel)
            for (channel, state, _), count in counts.items()
            if state in (State.SENT, State.UNKNOWN)
        )
        if spent >= budget.run:
            paused = brake_words.run_cost(spent, budget.run)
            pause = Pause("budget", now, "send_budget.run", paused.en, ja=paused.ja)
            pause_run(message.campaign, _run(message), pause, on.brakes, tell=_tell(on, catalog))
        elif spent >= WARN_AT * budget.run:
            told = brake_words.run_cost_warning(message.campaign, _run(message), spent, budget.run)
            warn(
                f"budget of {message.campaign} {_run(message)}",
                told,
                on.brakes,
                now=now,
                tell=_tell(on, catalog),
            )
    if budget.day is not None:
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        sent = on.counters.sent_on(f"{day:%Y-%m-%d}")
        spent = sum(count * budget.price_of(channel) for channel, count in sent.items())
        told = brake_words.day_cost(spent, budget.day)
        if spent >= budget.day:
            until = day + timedelta(days=1)
            stop = Stop("budget", now, "send_budget.day", told.en, until=until, ja=told.ja)
            stop_marketing(stop, on.brakes, tell=_tell(on, catalog))
        elif spent >= WARN_AT * budget.day:
            warn("budget", told, on.brakes, now=now, tell=_tell(on, catalog))


def _look_at_own_budget(message: Message, on: Watcher, catalog: Catalog, *, now: datetime) -> None:
    """Pause the run once what its campaign gives it is spent. Exact to what the senders have in hand."""
    campaign = catalog.campaigns.get(message.campaign)
    budget = campaign.budget if campaign else None
    if budget is None:
        return
    went_out: Counter[str] = Counter()
    counts = on.counters.read(message.campaign, _run(message))
    for (channel, state, _), count in counts.items():
        if state in (State.SENT, State.UNKNOWN):
            went_out[channel] += count
    price_of = catalog.policy.send_budget.price_of
    spent = sum(count * price_of(channel) for channel, count in went_out.items())
    if budget.messages is not None and went_out.total() >= budget.messages:
        told = brake_words.run_messages(went_out.total(), budget.messages)
        pause = Pause("budget", now, "budget.messages of the campaign", told.en, ja=told.ja)
    elif budget.money is not None and spent >= budget.money:
        told = brake_words.run_cost(spent, budget.money)
        pause = Pause("budget", now, "budget.money of the campaign", told.en, ja=told.ja)
    else:
        return
    pause_run(message.campaign, _run(message), pause, on.brakes, tell=_tell(on, catalog))


def _tell(on: Watcher, catalog: Catalog) -> Told:
    return teller(on.bus, catalog.policy)


def _run(message: Message) -> str:
    """What is watched, paused and paid for as one: all walks through a journey are."""
    return counted_run(message.campaign, message.run)
