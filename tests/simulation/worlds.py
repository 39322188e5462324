"""Where the simulation stores: in memory, or in tables. Both fail at every call, as `Chaos` draws it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from kizuna.adapters.tables.ledger import LedgerTable
from kizuna.adapters.tables.people import PeopleTable
from kizuna.core.consent import ConsentEvent
from kizuna.core.errors import Conflict, Unavailable
from kizuna.core.events import Violation
from kizuna.core.people import Profile
from kizuna.core.ports import IdentityKey, Ledger, People, PersonWrite, TimelineEntry
from kizuna.core.seen import MarkPage, Marks
from tests.simulation.chaos import Chaos
from tests.support.behind import PeopleBehind
from tests.support.fakes import InMemoryLedger, InMemoryPeople, InMemoryQuarantine, InMemoryQueues
from tests.support.tables import TableNames

ROWS = 25  # of one BatchWriteItem


@dataclass(frozen=True, slots=True)
class World:
    """The stores that `collect` and `ingest` work with."""

    people: People
    ledger: Ledger
    queues: InMemoryQueues
    quarantine: InMemoryQuarantine


def in_memory(chaos: Chaos) -> World:
    people = ChaoticPeople(chaos)
    return World(people, ChaoticLedger(people, chaos), ChaoticQueues(chaos), ChaoticQuarantine(chaos))


def in_tables(chaos: Chaos, dynamodb: Any, names: TableNames) -> World:
    client = ChaoticClient(dynamodb, chaos)
    return World(
        PeopleTable(client, table=names.people, ledger=names.ledger),
        LedgerTable(client, table=names.ledger),
        ChaoticQueues(chaos),
        ChaoticQuarantine(chaos),
    )


class ChaoticPeople(PeopleBehind):
    """People in memory: each call of the adapter that goes over the network is a place where it can break, and a
    tenth of what is not read consistently is one or two writes behind."""

    def __init__(self, chaos: Chaos) -> None:
        super().__init__(behind=lambda: chaos.writes_behind("cheap read behind"))
        self._chaos = chaos

    def owners(self, keys: Iterable[IdentityKey], *, consistent: bool = True) -> dict[IdentityKey, str]:
        self._chaos.before("read owners")
        return super().owners(keys, consistent=consistent)

    def profiles(self, ids: Iterable[str], *, consistent: bool = True) -> dict[str, Profile]:
        self._chaos.before("read profiles")
        return super().profiles(ids, consistent=consistent)

    def marks(self, pages: Iterable[MarkPage]) -> dict[MarkPage, Marks]:
        self._chaos.before("read mark pages")
        return super().marks(pages)

    def erased(self, wanted: Iterable[IdentityKey]) -> dict[IdentityKey, datetime]:
        asked = tuple(wanted)
        if asked:
            self._chaos.before("read erasures")
        return super().erased(asked)

    def timeline(self, parts: Sequence[str], *, since: datetime | None = None) -> Iterable[TimelineEntry]:
        self._chaos.before("read timeline")
        return list(super().timeline(parts, since=since))

    def _put_ahead(self, write: PersonWrite) -> None:
        nothing = replace(write.folded, counted=(), mark_pages={}, row_pages={})
        rows = iter(write.ahead)
        while portion := tuple(islice(rows, ROWS)):
            self._chaos.before("put events")
            super()._put_ahead(replace(write, folded=replace(nothing, counted=portion), new_addresses=()))
            self._chaos.after("put events")
        pages = bool(write.folded.mark_pages or write.folded.row_pages)
        if write.new_addresses or pages:
            place = "put pages" if pages else "put holders"
            self._chaos.before(place)
            super()._put_ahead(replace(write, folded=replace(write.folded, counted=())))
            self._chaos.after(place)

    def commit(self, write: PersonWrite) -> None:
        self._put_ahead(write)
        place = "put merge" if write.absorbed else "put profile" if write.expected_version else "put person"
        self._chaos.before(place)
        try:
            self._check(write)
        except Conflict:
            self._chaos.told[place, "conflict"] += 1
            raise
        self._put_guarded(write)
        self._chaos.after(place)


class ChaoticLedger(InMemoryLedger):
    def __init__(self, people: InMemoryPeople, chaos: Chaos) -> None:
        super().__init__(people)
        self._chaos = chaos

    def events(self, parts: Sequence[str]) -> tuple[ConsentEvent, ...]:
        self._chaos.before("read ledger")
        return super().events(parts)


class ChaoticQueues(InMemoryQueues):
    """A queue that sometimes takes only the first few of many."""

    def __init__(self, chaos: Chaos) -> None:
        super().__init__()
        self._chaos = chaos

    def send(
        self, queue: str, bodies: Sequence[Mapping[str, Any]], *, delay: timedelta = timedelta(0)
    ) -> None:
        self._chaos.before("send to queue")
        if len(bodies) > 1 and self._chaos.happens("half of the queue's batch taken", 0.05):
            super().send(queue, bodies[: len(bodies) // 2], delay=delay)
            raise Unavailable(f"queue {queue}: half not taken")
        super().send(queue, bodies, delay=delay)
        self._chaos.after("send to queue")


class ChaoticQuarantine(InMemoryQuarantine):
    def __init__(self, chaos: Chaos) -> None:
        super().__init__()
        self._chaos = chaos

    def keep(self, violations: Sequence[Violation]) -> None:
        self._chaos.before("keep in quarantine")
        super().keep(violations)
        self._chaos.after("keep in quarantine")


_PARTIAL = {"batch_write_item": "UnprocessedItems", "batch_get_item": "UnprocessedKeys"}


class ChaoticClient:
    """A DynamoDB client: calls die, are throttled, lose their reply, or are done in part."""

    def __init__(self, client: Any, chaos: Chaos) -> None:
        self._client = client
        self._chaos = chaos
        self._read: dict[tuple[str, str], Any] = {}

    def __getattr__(self, operation: str) -> Any:
        found = getattr(self._client, operation)

        def call(**request: Any) -> Any:
            place = f"{operation} {_about(request)}"
            self._chaos.before(place, lambda: _throttled(operation))
            partial = _PARTIAL.get(operation)
            if operation == "batch_get_item" and _may_be_behind(request):
                reply = self._behind(found(**request))
            elif partial and self._chaos.happens(f"half of {operation} done", 0.02):
                reply = _done_in_part(found, request["RequestItems"], partial)
            else:
                try:
                    reply = found(**request)
                except ClientError as error:
                    self._chaos.told[place, error.response["Error"]["Code"]] += 1
                    raise
            self._chaos.after(place, lambda: ReadTimeoutError(endpoint_url="https://dynamodb.example"))
            return reply

        return call

    def _behind(self, reply: Any) -> Any:
        """Items as they were read before, a tenth of them; those never read before as not stored yet."""
        for items in reply["Responses"].values():
            for item in list(items):
                place = (item["pk"]["S"], item["sk"]["S"])
                earlier, self._read[place] = self._read.get(place), item
                if self._chaos.writes_behind(f"cheap read of {place[1]} behind"):
                    items.remove(item)
                    if earlier is not None:
                        items.append(earlier)
        return reply


def _may_be_behind(request: Mapping[str, Any]) -> bool:
    return not any(asked.get("ConsistentRead") for asked in request["RequestItems"].values())


_KINDS = {"identity": "identities", "e#": "events", "d#": "mark pages", "profile": "profiles"}


def _about(request: Mapping[str, Any]) -> str:
    """What a call is about, by the sort key of the first item that it names."""
    if "TransactItems" in request:
        return "of a person"
    text = str(request)
    named = (about for sort, about in _KINDS.items() if f"'sk': {{'S': '{sort}" in text)
    return next(named, "timeline" if "':start'" in text else "others")


def _throttled(operation: str) -> Exception:
    told: Any = {
        "Error": {"Code": "ThrottlingException", "Message": "told to"},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    error: Exception = ClientError(told, operation)
    return error


def _done_in_part(call: Any, wanted: Mapping[str, Any], rest_name: str) -> Any:
    """Carry out the first half of a batch, and hand the rest back as DynamoDB does."""
    ((table, asked),) = wanted.items()
    if isinstance(asked, list):
        half = len(asked) // 2
        reply = call(RequestItems={table: asked[:half]}) if half else {}
        return {**reply, rest_name: {table: asked[half:]}}
    half = len(asked["Keys"]) // 2
    reply = call(RequestItems={table: {**asked, "Keys": asked["Keys"][:half]}}) if half else {"Responses": {}}
    return {**reply, rest_name: {table: {**asked, "Keys": asked["Keys"][half:]}}}
