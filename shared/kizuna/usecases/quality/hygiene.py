"""A hygiene run: walks over everybody, page by page, and adds up what is no longer as it should be.

everyone, shard by shard ─▶ record ─▶ (only the silent: their newest events) ─▶ findings ─▶ report
                                                    └─ with apply: a Sunset Candidate event for each of them
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.durations import instant_from_text, instant_to_text
from kizuna.core.errors import KizunaError
from kizuna.core.people import Profile
from kizuna.core.ports import People, Queues
from kizuna.core.quality.hygiene import Findings, Silence, findings_of, silence_of, sunset_event
from kizuna.core.quality.hygiene_report import Report, report_from
from kizuna.core.segments import EVERYONE
from kizuna.topology import SEGMENT_SHARDS, Queue
from kizuna.usecases.collecting.collect import left_over_bodies
from kizuna.usecases.people.everybody import living

PAGE = 100
_EVENTS_A_LOOK = 25  # most people are met alive among their newest


class NoSuchProgress(KizunaError):
    """What should be gone on with is no progress of a hygiene run."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come; everything is judged as of `at`, however long it takes."""

    at: datetime
    report: Report
    shard: int = 0
    after: str | None = None

    @property
    def is_done(self) -> bool:
        return self.shard >= SEGMENT_SHARDS

    def body(self) -> dict[str, Any]:
        """As plain values, to be gone on with later."""
        return {
            "at": instant_to_text(self.at),
            "shard": self.shard,
            "after": self.after,
            "report": self.report.body(),
        }


def progress_from(body: Any) -> Progress:
    """The inverse of `Progress.body`. Raises NoSuchProgress."""
    try:
        at, report = instant_from_text(body["at"]), report_from(body["report"])
        return Progress(at, report, int(body["shard"]), body["after"])
    except (KeyError, TypeError, ValueError) as error:
        raise NoSuchProgress(f"not the progress of a hygiene run: {type(error).__name__}") from error


def walk(
    people: People,
    catalog: Catalog,
    *,
    begin: Progress,
    queues: Queues | None = None,
    found: Callable[[Findings], None] = lambda findings: None,
    page: int = PAGE,
) -> Iterator[Progress]:
    """Go on from `begin`, and say after each page how far it is.

    With `queues` each sunset candidate who was not told of before becomes an event on the ingest queue, before the
    page is behind us. A crash in between tells of the page again, with the same ids: within 48 hours that counts
    once, and later the first event is seen in the timeline. Raises Unavailable; what was reported stands.
    """
    progress = begin
    while not progress.is_done:
        ids, after = people.members(EVERYONE, progress.shard, after=progress.after, limit=page)
        candidates: list[tuple[str, Silence]] = []
        for profile in living(ids, people):
            findings = _look(profile, people, catalog, progress.at)
            progress.report.add(findings)
            found(findings)
            if findings.silence is not None and not findings.silence.told:
                candidates.append((profile.id, findings.silence))
        if queues is not None and candidates:
            events = [sunset_event(person, silence, now=progress.at) for person, silence in candidates]
            queues.send(Queue.INGEST, list(left_over_bodies(events)))
        progress = (
            replace(progress, after=after)
            if after is not None
            else replace(progress, shard=progress.shard + 1, after=None)
        )
        yield progress


def _look(profile: Profile, people: People, catalog: Catalog, now: datetime) -> Findings:
    silence = None
    longer_than = catalog.policy.sunset_after
    if longer_than is not None and profile.created_at <= longer_than.before(now):
        newest = (entry.event for entry in people.recent(profile.parts, page=_EVENTS_A_LOOK))
        silence = silence_of(newest, profile, longer_than=longer_than, now=now)
    return findings_of(profile, _stale_after(catalog), silence=silence, now=now)


def _stale_after(catalog: Catalog) -> Mapping[str, Any]:
    return {
        name: trait.stale_after for name, trait in catalog.traits.items() if trait.stale_after is not None
    }
