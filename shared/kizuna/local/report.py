"""What the demo has to show: figures from Kizuna's own counters, held against what the providers saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kizuna.core.campaigns import TRIGGERED
from kizuna.core.messages import State
from kizuna.core.people import Profile
from kizuna.core.rfm.results import shown_body
from kizuna.local.cloud import LocalCloud
from kizuna.local.story import Happened
from kizuna.usecases.campaigning.sizes import count_members
from kizuna.usecases.decisions.explain import explain_person
from kizuna.usecases.people.finding import find_person
from kizuna.usecases.rfm import written_by


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one story. `faults` says which sums do not hold; empty when all do."""

    events_sent: int
    events_stored: int
    people: int
    merges: int
    quarantined: int
    segments: Mapping[str, int]
    states: Mapping[str, Mapping[str, int]]  # by channel: how many messages are in each state
    runs: Mapping[str, Mapping[str, int]]  # by campaign and run
    withheld: Mapping[str, int]  # by reason
    accepted: Mapping[str, int]  # by channel: what the providers took
    facts: Mapping[str, int]
    person: str
    explained: Mapping[str, list[str]]
    rfm: Mapping[str, Any] | None = None  # the newest run: `rfm_results.shown_body`
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        from dataclasses import asdict

        return asdict(self)


def report_of(cloud: LocalCloud, happened: Happened) -> Report:
    """Read everything back and check it: counters, the rows of messages, and the providers' own log."""
    wired = cloud.services
    catalog = wired.catalog.current()
    rows = _message_rows(cloud)
    by_counter: Counter[tuple[str, str]] = Counter()
    runs: dict[str, dict[str, int]] = {}
    withheld: Counter[str] = Counter()
    for campaign in catalog.campaigns:
        names = [run.id for run in wired.runs.list(campaign)] or [TRIGGERED]
        for run in names:
            counts = wired.counters.read(campaign, run)
            runs[f"{campaign} {run}"] = _by_state(counts)
            for (channel, state, reason), count in counts.items():
                by_counter[channel, state] += count
                if state == State.DENIED:
                    withheld[reason] += count
    accepted = Counter(str(message.channel) for message in cloud.providers.outbox.messages())
    people = count_members("everyone", wired.people)
    profile = find_person(f"user_id:{happened.unsubscribed}", wired.people)
    return Report(
        events_sent=happened.events_sent,
        events_stored=_stored_events(cloud),
        people=people,
        merges=_merges(cloud),
        quarantined=len(wired.quarantine.report()),
        segments={
            segment.id: count_members(segment.id, wired.people)
            for segment in catalog.segments
            if not segment.id.startswith("rfm-")  # the grid shows them
        },
        states=_states(by_counter),
        runs=runs,
        withheld=dict(withheld.most_common()),
        accepted=dict(accepted),
        facts=_facts(rows),
        person=happened.unsubscribed,
        explained=_explained(profile, cloud),
        rfm=_rfm(cloud),
        faults=_faults(rows, by_counter, accepted, people, happened),
    )


def _by_state(counts: Mapping[tuple[str, str, str], int]) -> dict[str, int]:
    states: Counter[str] = Counter()
    for (_, state, _), count in counts.items():
        states[state] += count
    return {state: count for state, count in states.items() if count}


def _states(counter: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    channels = sorted({channel for channel, _ in counter})
    return {
        channel: {state.value: counter.get((channel, state.value), 0) for state in State}
        for channel in channels
    }


Row = Mapping[str, Any]


def _scan(cloud: LocalCloud) -> list[Row]:
    import boto3

    pages = (
        boto3.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=cloud.resources.table_names["people"])
    )
    return [item for page in pages for item in page["Items"]]


def _message_rows(cloud: LocalCloud) -> list[Row]:
    return [item for item in _scan(cloud) if item["sk"]["S"] == "message"]


def _stored_events(cloud: LocalCloud) -> int:
    """Events that clients sent; what providers and people reported about messages is counted apart."""
    ours = ("provider", "preferences")
    return sum(item["sk"]["S"].startswith("e#") and item["so"]["S"] not in ours for item in _scan(cloud))


def _merges(cloud: LocalCloud) -> int:
    return sum(item["sk"]["S"] == "profile" and "mi" in item for item in _scan(cloud))


def _facts(rows: list[Row]) -> dict[str, int]:
    facts: Counter[str] = Counter()
    for row in rows:
        facts.update(name.removeprefix("f_") for name in row if name.startswith("f_"))
    return dict(facts)


def _explained(profile: Profile | None, cloud: LocalCloud) -> dict[str, list[str]]:
    if profile is None:
        return {}
    wired = cloud.services
    catalog = wired.catalog.current()
    told: dict[str, list[str]] = {}
    for language in ("en", "ja"):
        found = explain_person(
            profile, messages=wired.messages, catalog=catalog, language="en" if language == "en" else "ja"
        )
        told[language] = [each.sentence for each in found]
    return told


def _rfm(cloud: LocalCloud) -> dict[str, Any] | None:
    """The newest run of RFM that is done, of the first definition."""
    wired = cloud.services
    for definition in wired.catalog.current().rfm:
        for run in wired.rfm.latest(definition):
            result = wired.rfm.result(run)
            if result is not None:
                return shown_body(run, result, written=written_by(run, wired.rfm))
    return None


def _faults(
    rows: list[Row],
    by_counter: Mapping[tuple[str, str], int],
    accepted: Mapping[str, int],
    people: int,
    happened: Happened,
) -> tuple[str, ...]:
    """Every sum that does not hold, in words."""
    faults: list[str] = []
    stored = Counter(row["st"]["S"] for row in rows)
    counted: Counter[str] = Counter()
    for (_, state), count in by_counter.items():
        counted[state] += count
    for state in sorted({*stored, *counted}):
        if stored[state] != counted[state]:
            faults.append(f"{stored[state]} messages are {state}, the counters say {counted[state]}")
    for channel in sorted({channel for channel, _ in by_counter} | set(accepted)):
        sent = by_counter.get((channel, State.SENT.value), 0)
        unknown = by_counter.get((channel, State.UNKNOWN.value), 0)
        took = accepted.get(channel, 0)
        if not sent <= took <= sent + unknown:
            faults.append(f"{channel}: {sent} SENT and {unknown} UNKNOWN, but the provider took {took}")
    if people != len(happened.people):
        faults.append(f"{people} people on record, {len(happened.people)} were brought in")
    for channel, state in by_counter:
        if state in (State.SENDING.value,) and by_counter[channel, state]:
            faults.append(f"{channel}: {by_counter[channel, state]} messages are still being sent")
    return tuple(faults)
