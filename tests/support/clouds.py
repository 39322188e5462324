"""All of Kizuna on one machine for a test: the sample workspace in force, known keys, and eyes.

    with running_shop() as shop:            a virtual clock; nothing moves unless the test says so

`tests.support.served` puts one behind a port. A cloud costs a third of a second: share one a module, and give
each test people of its own (`a_user`).
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from moto.sqs.models import sqs_backends

from kizuna.cli.workspace_files import read_workspace
from kizuna.core.catalog import Documents
from kizuna.core.consent import ConsentEvent
from kizuna.core.events import Event, Violation
from kizuna.core.identity.rsa_keys import RsaPublicKey
from kizuna.core.messages import Message
from kizuna.core.people import Profile
from kizuna.core.sources import Key, KeyKind, key_hash, new_secret, visible_prefix
from kizuna.local.clock import Clock, VirtualClock
from kizuna.local.cloud import LocalCloud
from kizuna.local.gateway import LocalReply, LocalRequest
from kizuna.local.providers.outbox import OutboxMessage
from kizuna.local.resources import ACCOUNT, REGION, dead_letter_url
from kizuna.topology import Function, Queue
from kizuna.usecases.authoring.workspace import apply

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
ORIGIN = "https://shop.example"
GREETING_WANTED = "Greeting Wanted"  # whoever does this is sent the marketing mail `hello`
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
JSON = {"content-type": "application/json"}

_users = count(1)


@cache
def sample_documents() -> Documents:
    """The sample workspace, a source whose client keys are good for one origin only, and a mail to ask for."""
    app = {"id": "app", "name": "One web page", "origins": [ORIGIN]}
    sample = read_workspace(ROOT / "shared" / "workspace").documents
    hello = {**sample["campaign", "win-back"], "id": "hello", "name": "Hello"}
    hello["trigger"] = {"type": "event", "event": GREETING_WANTED}
    del hello["audience"]
    return {**sample, ("source", "app"): app, ("campaign", "hello"): hello}


def a_user() -> str:
    """A user id that no other test has."""
    return f"user-{next(_users)}"


def a_lambda_event(name: str) -> dict[str, Any]:
    """A recorded event as Lambda hands it to a function: `sqs/ingest-left-over`, `http/segment-node-batch`."""
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """A living key of each kind. `server` and `client` are of the sources `shop` and `web`.

    `app` is a client key for `ORIGIN` alone; `identity` signs tokens for `web` with `identity_secret`.
    """

    server: str
    client: str
    app: str
    identity: str
    identity_secret: bytes


class Shop:
    """A company that runs Kizuna: what its clients send, what its people click, and what is known afterwards."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.wired = cloud.services
        self._made = count(1)
        identity = self.new_key("web", KeyKind.IDENTITY)
        self.keys = KnownKeys(
            server=self.new_key("shop", KeyKind.SERVER),
            client=self.new_key("web", KeyKind.CLIENT),
            app=self.new_key("app", KeyKind.CLIENT),
            identity=identity,
            identity_secret=self.wired.secrets.identity_secret(identity),
        )

    @property
    def now(self) -> datetime:
        return self.cloud.clock.now()

    def new_key(
        self,
        source: str,
        kind: KeyKind,
        *,
        text: str | None = None,
        revoked: bool = False,
        public_key: RsaPublicKey | None = None,
    ) -> str:
        """The text of a new key of a source."""
        made = text or new_secret(kind, next(self._made).to_bytes(20, "big"))
        ended = self.now if revoked else None
        key = Key(key_hash(made), visible_prefix(made), source, kind, self.now, ended, public_key)
        self.wired.keys.put(key)
        return made

    def identity_token(self, user_id: str, *, kid: str | None = None, secret: bytes | None = None) -> str:
        """What the company's own server would sign for somebody who is logged in; good for ten minutes."""
        import jwt

        claims = {"sub": user_id, "exp": int((self.now + timedelta(minutes=10)).timestamp())}
        signing = self.keys.identity_secret if secret is None else secret
        return jwt.encode(claims, signing, algorithm="HS256", headers={"kid": kid or self.keys.identity})

    # ── asking ──────────────────────────────────────────────────────────────────────────────────

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: str = "",
        ip: str = "203.0.113.57",
    ) -> LocalReply:
        """One HTTP request to the gateway."""
        return self.cloud.http(LocalRequest(method, path, query, dict(headers or {}), body, ip))

    def post(self, path: str, body: Any, *, key: str | None = "", **headers: str) -> LocalReply:
        """A POST of a value as JSON (bytes as they are); by the server key unless told, None for no key at all."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        known = {} if key is None else {"authorization": basic(key or self.keys.server)}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", path, body=raw, headers={**JSON, **known, **named})

    def send(self, *events: Mapping[str, Any], key: str | None = "", **headers: str) -> LocalReply:
        """These events in one `/v1/batch`."""
        return self.post("/v1/batch", {"batch": list(events)}, key=key, **headers)

    def invoke(self, name: Function, event: dict[str, Any]) -> Any:
        return self.cloud.invoke(name, event)

    def settle(self) -> None:
        self.cloud.settle()

    def apply(self, documents: Documents) -> None:
        """Put these definitions in force; the backfill they call for waits in its queue."""
        put_in_force(self.cloud, documents)

    def greet(self, user: str, *, country: str = "US", settle: bool = True) -> None:
        """Somebody with a mailbox comes in and asks for `hello`; in the US the law lets us write."""
        traits = {"email": f"{user}@people.example", "country": country, "timezone": "America/New_York"}
        told = {"type": "identify", "userId": user, "messageId": f"{user}-told", "traits": traits}
        asked = {"type": "track", "userId": user, "messageId": f"{user}-asked", "event": GREETING_WANTED}
        reply = self.send(told, asked)
        assert reply.status == 200, reply.text()
        if settle:
            self.settle()

    def mails(self, user: str) -> tuple[OutboxMessage, ...]:
        """What the provider accepted for the mailbox of somebody who was greeted."""
        return self.cloud.providers.outbox.messages(channel="email", to=f"{user}@people.example")

    # ── looking ─────────────────────────────────────────────────────────────────────────────────

    def holder(self, kind: str, value: str) -> Profile | None:
        """Who holds an identifier."""
        people = self.wired.people
        owner = people.owners([(kind, value)]).get((kind, value))
        return people.profiles([owner]).get(owner) if owner else None

    def person(self, user_id: str) -> Profile:
        found = self.holder("user_id", user_id)
        assert found is not None, f"nobody is {user_id}"
        return found

    def timeline(self, user_id: str) -> list[Event]:
        """All events of a person by their time."""
        entries = self.wired.people.timeline(self.person(user_id).parts)
        return [entry.event for entry in sorted(entries, key=lambda entry: entry.key)]

    def names(self, user_id: str) -> list[str]:
        """The names of a person's events; sorted, because events of one instant have no order."""
        return sorted(event.name for event in self.timeline(user_id))

    def consents(self, user_id: str) -> tuple[ConsentEvent, ...]:
        return self.wired.ledger.events(self.person(user_id).parts)

    def messages(self, user_id: str) -> tuple[Message, ...]:
        """Everything that was intended for a person, withheld ones included."""
        found = self.wired.messages.of_person(self.person(user_id).parts)
        return tuple(sorted(found, key=lambda message: (message.created_at, message.id)))

    def violations(self) -> tuple[Violation, ...]:
        """The violations report, as read back from the bucket."""
        return self.wired.quarantine.report()

    @contextmanager
    def new_violations(self) -> Iterator[list[Violation]]:
        """What the report gains inside the block, known when the block is over."""
        before = set(self.violations())
        gained: list[Violation] = []
        yield gained
        gained += (each for each in self.violations() if each not in before)

    def waiting(self, queue: Queue, *, dead: bool = False) -> list[dict[str, Any]]:
        """The bodies that could be taken from a queue (or its dead-letter queue) now, oldest first.

        A look that took them, if only for a moment, would count as a failure of theirs.
        """
        url = self.cloud.resources.queue_urls[queue]
        name = (dead_letter_url(url) if dead else url).rpartition("/")[2]
        with self.cloud.lock:
            return [json.loads(each.body) for each in sqs_backends[ACCOUNT][REGION].get_queue(name).messages]

    # ── interfering ─────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def watching_writes(self) -> Iterator[list[str]]:
        """The names of all writing DynamoDB calls inside the block."""
        seen: list[str] = []

        def note(model: Any, **_: Any) -> None:
            if model.name in WRITES:
                seen.append(model.name)

        with _hooked(self.wired._dynamodb, "before-call.dynamodb", note):
            yield seen

    @contextmanager
    def hearing_the_bus(self) -> Iterator[list[tuple[str, dict[str, Any], datetime]]]:
        """What is published inside the block: names, details and when."""
        heard: list[tuple[str, dict[str, Any], datetime]] = []

        def note(params: Mapping[str, Any], **_: Any) -> None:
            for entry in json.loads(params["body"])["Entries"]:
                heard.append((entry["DetailType"], json.loads(entry["Detail"]), self.now))

        with _hooked(self.wired.bus._client, "before-call.events", note):
            yield heard

    @contextmanager
    def refusing_dynamodb(
        self,
        *,
        operations: frozenset[str] = WRITES,
        when: Callable[[str], bool] = lambda text: True,
        times: int | None = None,
    ) -> Iterator[list[str]]:
        """DynamoDB is throttled for these operations, after all retries of the client, so many times if told.

        `when` is asked about the text of each request. Yields the names of the calls that were refused.
        """
        refused: list[str] = []

        def refuse(model: Any, params: Mapping[str, Any], **_: Any) -> Any:
            body = params["body"]
            text = body.decode() if isinstance(body, bytes) else str(body)
            if model.name not in operations or len(refused) == times or not when(text):
                return None
            refused.append(model.name)
            return _refusal(400, "ProvisionedThroughputExceededException")

        with _hooked(self.wired._dynamodb, "before-call.dynamodb", refuse):
            yield refused

    @contextmanager
    def refusing_queues(self, *, times: int | None = None) -> Iterator[list[str]]:
        """SQS takes nothing, so many times if told. Yields the names of the calls that were refused."""
        refused: list[str] = []

        def refuse(model: Any, **_: Any) -> Any:
            if len(refused) == times:
                return None
            refused.append(model.name)
            return _refusal(503, "ServiceUnavailable")

        with _hooked(self.wired.queues._client, "before-call.sqs", refuse):
            yield refused

    @contextmanager
    def refusing_bucket(self) -> Iterator[None]:
        """S3 takes nothing."""
        client = self.wired.quarantine._client
        with _hooked(client, "before-call.s3", lambda **_: _refusal(503, "SlowDown")):
            yield


def basic(key: str) -> str:
    """The Authorization header of a write key."""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def gzipped(body: Any) -> bytes:
    return gzip.compress(json.dumps(body).encode(), mtime=0)


def _refusal(status: int, code: str) -> Any:
    """What botocore makes of an error reply."""
    error = {"Error": {"Code": code, "Message": "refused by the test"}}
    return SimpleNamespace(status_code=status), {**error, "ResponseMetadata": {"HTTPStatusCode": status}}


@contextmanager
def _hooked(client: Any, event: str, handler: Callable[..., Any]) -> Iterator[None]:
    client.meta.events.register(event, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(event, handler)


def put_in_force(cloud: LocalCloud, documents: Documents) -> None:
    wired = cloud.services
    apply(
        documents,
        wired.catalog,
        wired.queues,
        wired.schedules,
        wired.backfills,
        origin=lambda kind, name: f"{kind}/{name}",
        now=wired.now(),
        actor="test",
    )


@contextmanager
def running_shop(
    *, clock: Clock | None = None, documents: Documents | None = None, **settings: Any
) -> Iterator[Shop]:
    """A local cloud with a workspace in force. `settings` are those of `LocalCloud`."""
    usual = (
        _usual_beginning() if clock is None and documents is None and not settings.keys() & _EARLY else None
    )
    with LocalCloud(clock or VirtualClock(NOON), **settings) as cloud:
        if usual is not None:
            usual.bring_about(cloud)
        else:
            put_in_force(cloud, sample_documents() if documents is None else documents)
        cloud.settle()
        yield Shop(cloud)


_EARLY = frozenset({"around", "lake", "nightly"})  # what looks at the very beginning, too


@dataclass(frozen=True, slots=True)
class _Beginning:
    """What stands when definitions have been put in force and nobody has come yet."""

    items: tuple[tuple[str, Mapping[str, Any]], ...]  # each with its table
    armed: tuple[Mapping[str, Any], ...]

    def bring_about(self, cloud: LocalCloud) -> None:
        client = cloud.services._dynamodb
        for table, item in self.items:
            client.put_item(TableName=table, Item=item)
        for schedule in self.armed:
            cloud.services.schedules._client.create_schedule(**schedule)


@cache
def _usual_beginning() -> _Beginning:
    """That of the sample workspace at noon, made once by the way that all definitions go, and told whole.

    Most tests begin with it, and to make it anew would be half of what a cloud costs.
    """
    with LocalCloud(VirtualClock(NOON)) as cloud:
        swept = schedules_of(cloud)
        put_in_force(cloud, sample_documents())
        cloud.settle()
        client = cloud.services._dynamodb
        tables = cloud.resources.table_names.values()
        items = tuple((name, item) for name in tables for item in client.scan(TableName=name)["Items"])
        armed = tuple(each for name, each in schedules_of(cloud).items() if name not in swept)
    return _Beginning(items, armed)


def schedules_of(cloud: LocalCloud) -> dict[str, Mapping[str, Any]]:
    client = cloud.services.schedules._client
    names = [(each["GroupName"], each["Name"]) for each in client.list_schedules()["Schedules"]]
    found = {name: client.get_schedule(GroupName=group, Name=name) for group, name in names}
    told = {"ResponseMetadata", "Arn", "CreationDate", "LastModificationDate"}
    return {name: {key: each[key] for key in each.keys() - told} for name, each in found.items()}


# ── recorded events ─────────────────────────────────────────────────────────────────────────────


def with_words(event: Any, **words: str) -> Any:
    """A recorded event with the real thing in the place of each word in capitals."""
    text = json.dumps(event, ensure_ascii=False)
    for word, value in words.items():
        text = text.replace(word, value)
    return json.loads(text)


def an_sqs_event(queue: Queue, *bodies: Any) -> dict[str, Any]:
    """Queue messages as Lambda hands them over; bodies are text, or values to be written as JSON."""
    texts = [body if isinstance(body, str) else json.dumps(body, ensure_ascii=False) for body in bodies]
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": f"receipt-{number}",
                "body": text,
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795348800000"},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:kizuna-dev-{queue}",
                "awsRegion": "eu-west-1",
            }
            for number, text in enumerate(texts)
        ]
    }


def failures(answer: Any) -> list[str]:
    """The ids of the records that a function gave back."""
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]
