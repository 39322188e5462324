"""Segments as plain JSON: what the API answers, and what the command line prints with `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.condition_words import in_words
from kizuna.core.conditions import Condition
from kizuna.core.durations import instant_to_text
from kizuna.core.people import Profile
from kizuna.core.ports import Backfills, People
from kizuna.core.segments import EVERYONE, Segment, references_of
from kizuna.core.segments.backfill import Progress
from kizuna.core.segments.reasons import Deciding
from kizuna.core.segments.sentences import explanation_body, explanation_lines
from kizuna.core.segments.tree import explained
from kizuna.core.sentences import LANGUAGES, Language
from kizuna.topology import SEGMENT_SHARDS
from kizuna.usecases.campaigning.sizes import count_members
from kizuna.usecases.people.pages import is_sensitive
from kizuna.usecases.reacting.upkeep import as_defined
from kizuna.usecases.segments.backfill import progress_of
from kizuna.usecases.segments.counts import Position, Sums, Walked
from kizuna.usecases.segments.overlap import Overlap
from kizuna.usecases.segments.preview import Reachability, Sampled

Body = dict[str, Any]


# ── which there are ─────────────────────────────────────────────────────────────────────────────


def segment_bodies(catalog: Catalog, progress: Progress | None) -> list[Body]:
    """Every segment in force, in an order in which each comes after those it asks about."""
    return [_segment(segment, catalog, progress) for segment in catalog.segments]


def _segment(segment: Segment, catalog: Catalog, progress: Progress | None) -> Body:
    waiting = progress.waiting_for if progress else frozenset()
    return {
        **segment.model_dump(mode="json", by_alias=True),
        "version": catalog.version_of("segment", segment.id),
        "complete": segment.id not in waiting,
    }


def segment_page(segment: Segment, people: People, backfills: Backfills, catalog: Catalog) -> Body:
    """One segment: its definition, in words, how many are in it, and what depends on it."""
    texts = {language: segment_in_words(segment, language) for language in LANGUAGES}
    return {
        **_segment(segment, catalog, progress_of(backfills)),
        "text": texts,
        "members": count_members(segment.id, people),
        "asksAbout": sorted(references_of(segment)),
        "usedBy": used_by(segment.id, catalog),
    }


def segment_in_words(segment: Segment, language: Language) -> str:
    """The whole condition in one sentence, with what is excluded."""
    said = in_words(segment.when, language)
    if segment.exclude is None:
        return said
    excluded = in_words(segment.exclude, language)
    return f"{said}, and not: {excluded}" if language == "en" else f"{said}。ただし次を除く：{excluded}"


def used_by(segment: str, catalog: Catalog) -> list[str]:
    """The definitions that ask about a segment, as `kind/id`."""
    found = {f"segment/{each.id}" for each in catalog.segments if segment in references_of(each)}
    for campaign in catalog.campaigns.values():
        audience = campaign.audience
        named = {*(audience.segments if audience else ()), *(audience.excluded if audience else ())}
        named |= {getattr(campaign.trigger, "segment", "")} | _asked(campaign.when)
        if segment in named:
            found.add(f"campaign/{campaign.id}")
    for placement in catalog.placements.values():
        if any(segment in _asked(action.when) for action in placement.actions):
            found.add(f"placement/{placement.id}")
    return sorted(found)


def _asked(condition: Condition | None) -> set[str]:
    if condition is None:
        return set()
    return set(references_of(Segment(id="asked", name="asked", when=condition)))


# ── how a backfill stands ───────────────────────────────────────────────────────────────────────


def status_body(progress: Progress | None) -> Body:
    """The newest backfill: how far it is, and which segments are not complete before it is done."""
    if progress is None:
        return {"backfill": None}
    backfill = progress.backfill
    finished = progress.finished_at
    return {
        "backfill": {
            "number": backfill.number,
            "catalog": backfill.version,
            "state": "done" if progress.is_done else "running",
            "share": round(progress.share, 4),
            "people": progress.people,
            "total": progress.total,
            "changed": progress.changed,
            "apart": progress.apart,
            "startedAt": instant_to_text(backfill.started_at),
            "finishedAt": instant_to_text(finished) if finished else None,
            "waitingFor": sorted(progress.waiting_for),
            "moved": sorted(backfill.moving),
            "forgotten": sorted(backfill.dropped),
            "shards": [
                {
                    "shard": shard.shard,
                    "people": shard.people,
                    "total": shard.total,
                    "changed": shard.changed,
                    "done": shard.done,
                    "at": instant_to_text(shard.at),
                }
                for shard in progress.shards
            ],
        }
    }


# ── members ─────────────────────────────────────────────────────────────────────────────────────


def members_body(segment: str, people: People, *, position: Position, limit: int) -> Body:
    """A page of members, shard by shard in the order of their ids; `next` is where the next page starts."""
    ids: tuple[str, ...] = ()
    following = position
    while not ids and not following.is_end:  # a shard may hold nobody
        here = following
        ids, after = people.members(segment, here.shard, after=here.after, limit=limit)
        following = Position(here.shard, after) if after is not None else Position(here.shard + 1)
    return {
        "segment": segment,
        "members": list(ids),
        "next": None if following.is_end else place_text(following),
    }


def place_text(position: Position) -> str:
    """A position as one text, such as `3.p0abc`."""
    return f"{position.shard}.{position.after or ''}"


def place_from(text: str) -> Position | None:
    """The inverse of `place_text`; None where it is no such text."""
    shard, dot, after = text.partition(".")
    if (
        not dot
        or not (shard.isascii() and shard.isdigit())
        or int(shard[:4]) >= SEGMENT_SHARDS
        or len(text) > 200
    ):
        return None
    return Position(int(shard), after or None)


# ── one person ──────────────────────────────────────────────────────────────────────────────────


def explanation_page(
    segment: Segment,
    profile: Profile,
    people: People,
    catalog: Catalog,
    *,
    now: datetime,
    language: Language,
    sensitive: bool = False,
    backfills: Backfills,
) -> Body:
    """Why somebody is in a segment or is not: the whole tree, as values and as lines of text.

    What the record does not remember yet of what the segment asks for is read from the timeline, so the answer is
    that of the definitions in force; `onRecord` tells what the record still says. Since when entries into segments
    are kept, `backfills` know.
    """
    current = as_defined(profile, people, catalog, now=now)
    last = backfills.latest()
    told = explained(
        segment, catalog.decidable(current), now=now, moves_since=last.moves_since if last else {}
    )
    told = replace(told, on_record=segment.id in profile.segments)
    zone = profile.zone_name

    def hidden(trait: str) -> bool:
        return not sensitive and is_sensitive(trait, catalog)

    return {
        "person": profile.id,
        **explanation_body(told, language, hidden=hidden),
        "text": explanation_lines(told, profile.id, language, zone=zone, hidden=hidden),
    }


# ── drafts ──────────────────────────────────────────────────────────────────────────────────────


def draft_body(
    name: str, walked: Walked, sampled: tuple[Sampled, ...], reach: Reachability | None, language: Language
) -> Body:
    """What a draft would be, as far as the walk has come."""
    told = walked.sums[name]
    return {
        "segment": name,
        "people": walked.people,
        "complete": walked.at.is_end,
        "next": None if walked.at.is_end else place_text(walked.at),
        **sums_body(told),
        "overlap": [{"segment": other, "members": count} for other, count in told.overlap.most_common()],
        "sample": [
            {
                "person": each.person,
                "because": [deciding_body(one, language) for one in each.membership.because],
            }
            for each in sampled
        ],
        "reach": reach_body(reach),
    }


def sums_body(told: Sums) -> Body:
    return {"members": told.members, "entering": told.entering, "leaving": told.leaving}


def deciding_body(one: Deciding, language: Language) -> Body:
    return {
        "text": in_words(one.question, language),
        "holds": one.holds,
        "until": instant_to_text(one.flips_at) if one.flips_at else None,
    }


def reach_body(reach: Reachability | None) -> Body | None:
    if reach is None:
        return None
    channels = [{"channel": each.channel, "now": each.now, "later": each.later} for each in reach.channels]
    return {"asked": reach.of, "exact": reach.of >= reach.members, "channels": channels}


def overlap_body(told: Overlap) -> Body:
    pairs = [{"segments": list(pair), "members": count} for pair, count in told.pairs.items()]
    return {"members": told.members, "pairs": pairs, "inAny": told.in_any, "inAll": told.in_all}


def sizes_body(catalog: Catalog, people: People) -> Mapping[str, int]:
    """Members by segment, counted from the membership index."""
    names = [EVERYONE, *(segment.id for segment in catalog.segments)]
    return {name: count_members(name, people) for name in names}
