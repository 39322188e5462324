"""The demo's story: real purchases come in, a campaign goes out, people answer, the campaign comes again.

Every step goes through the real HTTP handler and the real functions behind it, on one virtual clock.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kizuna.core.errors import KizunaError
from kizuna.core.sources import Key, KeyKind, key_hash, new_secret, visible_prefix
from kizuna.local.cloud import LocalCloud
from kizuna.local.gateway import LocalReply, LocalRequest
from kizuna.local.providers.world import Behaviour
from kizuna.local.purchases import Person, history, make_people, order_event, read_purchases
from kizuna.usecases import rfm
from kizuna.usecases.authoring.workspace import Applied, apply
from kizuna.usecases.people.finding import find_person

BEGINS = datetime(1998, 7, 1, 6, tzinfo=UTC)  # the morning after the last purchase in the data
FIRST_RUN = datetime(1998, 7, 1, 9, 0, tzinfo=UTC)  # Wednesday, 10:00 in London
SECOND_RUN = datetime(1998, 7, 8, 9, 0, tzinfo=UTC)
BATCH = 100
Progress = Callable[[str, int, int], None]  # what is going on, how much of it is done, of how much


class StoryFailed(KizunaError):
    """Something that the story rests on did not happen; says which step and what was seen."""


@dataclass(slots=True)
class Happened:
    """What the story did, for the report: the events sent in, and who played which part."""

    events_sent: int = 0
    batches: int = 0
    people: list[Person] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)
    bounced: str = ""
    complained: str = ""
    unsubscribed: str = ""
    notes: list[str] = field(default_factory=list)


class Story:
    """Plays the story on a cloud. `documents` is the workspace to apply."""

    def __init__(
        self, cloud: LocalCloud, *, purchases: Path, people: int | None, seed: int, progress: Progress
    ) -> None:
        self.cloud = cloud
        self.happened = Happened()
        self._purchases = purchases
        self._count = people
        self._seed = seed
        self._progress = progress
        self._server_key = ""
        self._client_key = ""

    def play(self, apply_workspace: Callable[[LocalCloud], Applied]) -> Happened:
        """The whole story, in order."""
        apply_workspace(self.cloud)
        self._server_key = self._key("demo", KeyKind.SERVER)
        self._client_key = self._key("web", KeyKind.CLIENT)
        self._import_history()
        self._score_customers()
        self._first_campaign()
        self._people_answer()
        self._some_come_back()
        self._second_campaign()
        return self.happened

    def _key(self, source: str, kind: KeyKind) -> str:
        secret = new_secret(kind, bytes.fromhex(f"{self._seed:040x}"))
        stored = Key(key_hash(secret), visible_prefix(secret), source, kind, self.cloud.clock.now())
        self.cloud.services.keys.put(stored)
        return secret

    # ── 1 history ───────────────────────────────────────────────────────────────────────────────

    def _import_history(self) -> None:
        people = make_people(read_purchases(self._purchases), count=self._count, seed=self._seed)
        self.happened.people = people
        calls = list(history(people))
        for sent, batch in _batches(calls):
            self._send(batch, key=self._server_key)
            self.cloud.settle()
            self._progress("real purchases come in", sent, len(calls))

    def _send(self, events: list[dict[str, Any]], *, key: str, compressed: bool = True) -> None:
        """One `/v1/batch` call as a server SDK makes it: gzip, key in the Authorization header."""
        document = {"batch": events, "sentAt": self.cloud.clock.now().isoformat()}
        body = json.dumps(document).encode()
        headers = {
            "authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode(),
            "content-type": "application/json",
        }
        if compressed:
            body, headers = gzip.compress(body), {**headers, "content-encoding": "gzip"}
        reply = self.cloud.http(LocalRequest("POST", "/v1/batch", headers=headers, body=body))
        if reply.status != 200:
            raise StoryFailed(f"/v1/batch answered {reply.status}: {reply.text()}")
        self.happened.events_sent += len(events)
        self.happened.batches += 1

    def _score_customers(self) -> None:
        """RFM once on demand; the schedule of the workspace does it again before the second campaign."""
        wired, now = self.cloud.services, self.cloud.clock.now()
        for definition in wired.catalog.current().rfm.values():
            run = rfm.start(definition, wired.rfm, at=now, now=now)
            rfm.hand_out(run, "collect", wired.queues)
        self.cloud.settle()
        self._progress("customers are scored", 1, 1)

    # ── 2 the first run, and what comes of it ───────────────────────────────────────────────────

    def _first_campaign(self) -> None:
        expected = self._members("lapsing-good-customers")
        unlucky, annoyed = self._recipients_to_be(expected)
        for person, how in ((unlucky, Behaviour.BOUNCES), (annoyed, Behaviour.COMPLAINS)):
            self.cloud.providers.world.behave(person.email, how)
        self.happened.bounced, self.happened.complained = unlucky.user_id, annoyed.user_id
        self._progress("the first campaign goes out", 0, 1)
        self.cloud.advance_to(FIRST_RUN + timedelta(hours=2))
        self._progress("the first campaign goes out", 1, 1)
        if not self.cloud.providers.outbox.messages(channel="email"):
            raise StoryFailed("the first campaign sent nothing")

    def _members(self, segment: str) -> list[Person]:
        people = {person.user_id: person for person in self.happened.people}
        found = (find_person(f"user_id:{user_id}", self.cloud.services.people) for user_id in people)
        inside = [profile for profile in found if profile and segment in profile.segments]
        return [
            people[value] for profile in inside for kind, value in profile.identities if kind == "user_id"
        ]

    def _recipients_to_be(self, members: list[Person]) -> tuple[Person, Person]:
        """Two members whom the law lets us write to by e-mail without more ado: US customers."""
        american = [person for person in members if person.country == "US"]
        if len(american) < 3:
            raise StoryFailed("too few members of the segment to play the story with; try PEOPLE=120 or more")
        return american[0], american[1]

    # ── 3 people answer ─────────────────────────────────────────────────────────────────────────

    def _people_answer(self) -> None:
        self.cloud.advance_to(FIRST_RUN + timedelta(hours=5))
        mail = self._mail_to_leave_by()
        self.happened.unsubscribed = next(
            person.user_id for person in self.happened.people if person.email == mail.recipient
        )
        url = (mail.header("List-Unsubscribe") or "").strip("<>")
        reply = self._follow(url, "GET")
        if reply.status != 200:
            raise StoryFailed(f"the unsubscribe page answered {reply.status}")
        form = {"content-type": "application/x-www-form-urlencoded"}
        reply = self._follow(url, "POST", headers=form, body=b"List-Unsubscribe=One-Click")
        if reply.status != 200:
            raise StoryFailed(f"the one-click unsubscribe answered {reply.status}")
        for message in self.cloud.providers.outbox.messages(channel="email")[:8]:
            if message.recipient not in (mail.recipient, *self._troubled()):
                self.cloud.providers.opened(message.id, at=self.cloud.clock.now())
        self.cloud.settle()
        self._progress("people answer", 1, 1)

    def _mail_to_leave_by(self) -> Any:
        for message in self.cloud.providers.outbox.messages(channel="email"):
            if message.recipient not in self._troubled():
                return message
        raise StoryFailed("nobody is left to unsubscribe")

    def _troubled(self) -> tuple[str, str]:
        by_id = {person.user_id: person.email for person in self.happened.people}
        return by_id[self.happened.bounced], by_id[self.happened.complained]

    def _follow(
        self, url: str, method: str, *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> LocalReply:
        parts = urlsplit(url)
        return self.cloud.http(LocalRequest(method, parts.path, parts.query, headers or {}, body))

    # ── 4 some come back ────────────────────────────────────────────────────────────────────────

    def _some_come_back(self) -> None:
        """Visitors browse unknown, sign in (their two halves become one), and buy: a text and a push follow."""
        self.cloud.advance_to(FIRST_RUN + timedelta(days=2, hours=9))
        away = (self.happened.bounced, self.happened.complained, self.happened.unsubscribed)
        members = [
            person
            for person in self._members("lapsing-good-customers")
            if person.push_token and person.user_id not in away
        ]
        for number, person in enumerate(islice(members, 12), start=1):
            now = self.cloud.clock.now()
            visit, order = f"visit-{number}", f"live-{number}"
            browsing = {
                "type": "track",
                "messageId": f"view-{number}",
                "anonymousId": visit,
                "event": "Product Viewed",
                "timestamp": now.isoformat(),
                "properties": {"product_id": f"cd-{number}"},
            }
            self._send([browsing], key=self._client_key, compressed=False)
            self.cloud.settle()
            signing_in = {
                "type": "identify",
                "messageId": f"sign-in-{number}",
                "userId": person.user_id,
                "anonymousId": visit,
                "timestamp": now.isoformat(),
            }
            bought = order_event(person, order, 1 + number % 3, 14.5 + number, now)
            self._send([signing_in, bought], key=self._server_key)
            self.cloud.settle()
            self.happened.returned.append(person.user_id)
            self.cloud.advance(timedelta(minutes=7))
            self._progress("some come back", number, min(12, len(members)))

    # ── 5 the same campaign again ───────────────────────────────────────────────────────────────

    def _second_campaign(self) -> None:
        self._progress("the same campaign again", 0, 1)
        self.cloud.advance_to(SECOND_RUN + timedelta(hours=3))
        self._progress("the same campaign again", 1, 1)


def _batches(calls: Iterable[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    source = iter(calls)
    sent = 0
    while batch := list(islice(source, BATCH)):
        sent += len(batch)
        yield sent, batch


def apply_documents(documents: Any, origin: Callable[[str, str], str]) -> Callable[[LocalCloud], Applied]:
    """A step that puts a workspace in force on a cloud."""

    def step(cloud: LocalCloud) -> Applied:
        wired = cloud.services
        applied = apply(
            documents,
            wired.catalog,
            wired.queues,
            wired.schedules,
            wired.backfills,
            origin=origin,
            now=wired.now(),
            actor="demo",
        )
        cloud.settle()
        return applied

    return step
