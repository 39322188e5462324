"""Decisions over HTTP, for the management side.

    GET /admin/decisions?person=…            what was intended for somebody, the newest first; if nothing ever was,
                                             why not, in the last 30 days
    GET /admin/decisions?person=…&since=7d   why they heard nothing: decisions, and campaigns that decided nothing
    GET /admin/decisions?campaign=…          what a campaign decided for anybody, the newest first

`campaign`, `run`, `outcome` (a state), `reason`, `since`, `until` (instants, or durations ago) narrow both; `limit`
and `before` page through them. A page may hold fewer than `limit`, or none, and still have a `next`: only so many
decisions are looked at for one answer. A question about everybody and every campaign is one for the lake.

Nothing here tells an address or content. What the records tell of the person beyond ids (country, zone, age, values
of sensitive traits) is for the privacy role.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kizuna.core.catalog import Catalog
from kizuna.core.durations import LAST, Duration, epoch_millis, instant_from_text
from kizuna.core.errors import KizunaError
from kizuna.core.intake.http import HttpRequest
from kizuna.core.messages import Message, State
from kizuna.core.people import Profile
from kizuna.core.refusing.repeating import asked_for
from kizuna.core.rights.rights import PRIVACY, roles_of
from kizuna.usecases.decisions.explain import sentence
from kizuna.usecases.decisions.silence import LOOKS_BACK, nobody_body, silence_body, why_nothing
from kizuna.usecases.desk import Desk
from kizuna.usecases.people.finding import find_person
from kizuna.usecases.people.pages import LARGEST_PAGE, PAGE, message_body

_PARAMETERS = (
    "person", "campaign", "run", "outcome", "reason", "since", "until", "country", "limit", "before"
)  # fmt: skip
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # nothing was decided before
_LAST = LAST - timedelta(days=1)
LOOKED_AT = 500  # decisions, for one answer
_READ = 100
_PLACE = re.compile(r"\d{13}\.[A-Za-z0-9_-]{1,64}(\.[a-z0-9]{1,64})?")

Answer = tuple[int, dict[str, Any]]
Page = tuple[tuple[Message, ...], str | None]


class Unusable(KizunaError):
    """A parameter that cannot be used; says which and what it may be."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which decisions are asked for. Empty texts and None: whichever."""

    person: str = ""
    campaign: str = ""
    run: str = ""
    outcome: str = ""
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: str = ""
    limit: int = PAGE
    country: str | None = None
    personal: bool = False

    @classmethod
    def of(cls, request: HttpRequest, *, now: datetime) -> Question:
        """Read the query. Raises Unusable, also for a name that means nothing: mistyped, it asks something else."""
        for name, values in request.query.items():
            if name not in _PARAMETERS:
                raise Unusable(f"{asked_for(name)}: no parameter; there are {', '.join(_PARAMETERS)}")
            if len(values) > 1:
                raise Unusable(f"{name}: once, and not {len(values)} times")

        def told(name: str) -> str:
            return request.query_value(name) or ""

        outcome = told("outcome").upper()
        if outcome and outcome not in State.__members__:
            raise Unusable(f"outcome: one of {', '.join(State)}")
        limit = told("limit") or str(PAGE)
        if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= LARGEST_PAGE):
            raise Unusable(f"limit: a whole number from 1 to {LARGEST_PAGE}")
        before = told("before")
        if before and not _PLACE.fullmatch(before):
            raise Unusable("before: what an earlier page gave as next")
        country = told("country")
        if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
            raise Unusable("country: a code of two letters such as JP")
        return cls(
            person=told("person"),
            campaign=told("campaign"),
            run=told("run"),
            outcome=outcome,
            reason=told("reason"),
            since=instant_asked("since", told("since"), now=now),
            until=instant_asked("until", told("until"), now=now),
            before=before.replace(".", "#"),
            limit=int(limit),
            country=country or None,
            personal=PRIVACY in roles_of(request.claims),
        )

    def wants(self, message: Message) -> bool:
        return (
            self.campaign in ("", message.campaign)
            and self.run in ("", message.run)
            and self.outcome in ("", message.state)
            and self.reason in ("", message.reason)
            and (self.since is None or message.created_at >= self.since)
            and (self.until is None or message.created_at < self.until)
        )

    @property
    def is_about_silence(self) -> bool:
        """Whether it asks why somebody heard nothing, and not for certain decisions."""
        return bool(self.person and self.since) and not self.is_narrowed

    @property
    def is_narrowed(self) -> bool:
        return any((self.run, self.outcome, self.reason, self.until, self.before))


def instant_asked(name: str, text: str, *, now: datetime) -> datetime | None:
    """`7d` (ago) or an instant, at the ends of time the nearest that has an hour everywhere; None for nothing. Raises
    Unusable."""
    if not text:
        return None
    try:
        found = Duration.parse(text).before(now)
    except ValueError:  # no duration, so an instant
        try:
            found = instant_from_text(text)
        except ValueError:
            told = f"{name}: a duration such as 7d, or an instant such as 2026-11-22T09:00:00Z"
            raise Unusable(told) from None
    return min(max(found, EPOCH), _LAST)


def decisions_answer(request: HttpRequest, on: Desk, catalog: Catalog, *, now: datetime) -> Answer:
    """The answer to one question. Raises Unusable for one that cannot be read, Ambiguous for several people."""
    asked = Question.of(request, now=now)
    if not asked.person:
        if not asked.campaign:
            raise Unusable("person or campaign: name one; questions about everybody are for the lake")
        return 200, _page_body(_of_campaign(asked, on), None, asked, catalog)
    profile = find_person(asked.person, on.people, country=asked.country, rules=catalog.identity)
    if profile is None:
        return 200, nobody_body()
    if asked.is_about_silence and asked.since is not None:
        told = why_nothing(profile, on, catalog, since=asked.since, now=now, campaign=asked.campaign)
        return 200, silence_body(told, catalog, sensitive=asked.personal)
    found, following = _of_person(profile, asked, on)
    if not found and not following and not asked.is_narrowed:
        # An empty list would leave open whether somebody forgot them: nothing was ever decided, and this is why.
        told = why_nothing(profile, on, catalog, since=now - LOOKS_BACK, now=now, campaign=asked.campaign)
        return 200, silence_body(told, catalog, sensitive=asked.personal)
    return 200, _page_body((found, following), profile, asked, catalog)


def _of_person(profile: Profile, asked: Question, on: Desk) -> Page:
    def read(before: str) -> Page:
        return on.messages.recent(profile.parts, before=before, limit=_READ)

    return _filtered(read, asked, _person_place)


def _of_campaign(asked: Question, on: Desk) -> Page:
    def read(before: str) -> Page:
        return on.messages.decided(
            asked.campaign, run=asked.run, since=asked.since, until=asked.until, before=before, limit=_READ
        )

    return _filtered(read, asked, _campaign_place)


def _filtered(read: Callable[[str], Page], asked: Question, place_of: Callable[[Message], str]) -> Page:
    """The first of the decisions that are asked for, and behind which the next page goes on."""
    found: list[Message] = []
    before, looked_at = asked.before, 0
    while True:
        page, following = read(before)
        for message in page:
            looked_at += 1
            before = place_of(message)
            found += [message] if asked.wants(message) else []
            if len(found) == asked.limit:
                more = following is not None or message is not page[-1]
                return tuple(found), before if more else None
        passed = bool(page) and asked.since is not None and page[-1].created_at < asked.since
        if following is None or passed:
            return tuple(found), None
        if looked_at >= LOOKED_AT:
            return tuple(found), following
        before = following


def _person_place(message: Message) -> str:
    return f"{epoch_millis(message.created_at):013d}#{message.id}"


def _campaign_place(message: Message) -> str:
    return f"{epoch_millis(message.created_at):013d}#{message.run}#{message.id}"


def _page_body(page: Page, profile: Profile | None, asked: Question, catalog: Catalog) -> dict[str, Any]:
    found, following = page
    told = [
        {
            **message_body(message, personal=asked.personal),
            "sentence": {
                "en": sentence(message, profile, catalog, language="en"),
                "ja": sentence(message, profile, catalog, language="ja"),
            },
        }
        for message in found
    ]
    return {"decisions": told, "next": following.replace("#", ".") if following else None}
