"""A person with something in every store, erased; and eyes that find what is left of them anywhere."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import boto3

from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.folding import settled
from kizuna.core.people import Address, Profile
from kizuna.core.ports import PersonWrite
from kizuna.core.rights.rights import Ground
from kizuna.local.resources import BUCKET, REGION
from kizuna.runtime import erasing
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.ingesting.ingested import Ingested
from kizuna.usecases.rights.asking import Registrar, Requested, request_erasure
from kizuna.usecases.rights.erasing import Eraser, Progress, erase_as_far_as_possible
from tests.support.clouds import Shop

SERVER = Source("shop", SourceKind.SERVER)


def registrar(shop: Shop) -> Registrar:
    return Registrar(shop.wired.people, shop.wired.erasures, shop.wired.hash_keys)


def eraser(shop: Shop) -> Eraser:
    return erasing.eraser(shop.wired)


def ask(shop: Shop, reference: str) -> Requested:
    return request_erasure(reference, registrar(shop), now=shop.now, actor="dpo", ground=Ground.REQUEST)


def work(shop: Shop, person: str) -> Progress:
    """All there is to do at this moment."""
    catalog = shop.wired.catalog.current()
    return erase_as_far_as_possible(
        person, eraser(shop), catalog, now=lambda: shop.now, is_over=lambda: False
    )


def forget(shop: Shop, reference: str) -> Requested:
    asked = ask(shop, reference)
    assert work(shop, asked.person).is_buried
    return asked


@dataclass(frozen=True, slots=True)
class Lived:
    """Somebody with a history: the values that name them, and the profile as it was before the end."""

    user: str
    values: tuple[str, ...]
    profile: Profile

    @property
    def email(self) -> str:
        return f"{self.user}@people.example"


def lived(shop: Shop, user: str) -> Lived:
    """A visitor who became a customer: two profiles merged into one, mail sent and read, a No, a text, an order."""
    phone = f"+1202555{1000 + int(user.rpartition('-')[2]):04d}"
    visitor, token, order = f"visitor-{user}", f"token-{user}", f"o-{user}"
    device = {"device": {"token": token, "type": "ios"}}
    shop.send({"type": "track", "anonymousId": visitor, "event": "Product Viewed", "context": device})
    shop.greet(user)
    shop.send(
        {
            "type": "identify",
            "userId": user,
            "anonymousId": visitor,
            "traits": {"phone": phone, "firstName": f"Name of {user}"},
            "context": {"externalIds": [{"type": "loyalty_card", "id": f"card-{user}"}]},
        },
        {
            "type": "track",
            "userId": user,
            "event": "Order Completed",
            "properties": {"order_id": order, "revenue": 20, "gift_for": f"{user}@people.example"},
        },
    )
    subscriptions = [
        {"key": f"{user}@people.example", "type": "EMAIL", "status": "SUBSCRIBED"},
        {"key": phone, "type": "SMS", "status": "UNSUBSCRIBED"},
    ]
    shop.send(
        {"type": "track", "userId": user, "event": "X", "context": {"messaging_subscriptions": subscriptions}}
    )
    shop.settle()
    shop.cloud.providers.opened(shop.mails(user)[0].id, at=shop.now + timedelta(seconds=15))
    shop.cloud.advance(timedelta(seconds=15))  # sooner, it would be a machine
    shop.settle()
    values = (user, phone, visitor, token, order, f"card-{user}", f"{user}@people.example")
    return Lived(user, values, shop.person(user))


def an_event(shop: Shop, number: int, *, ago: timedelta = timedelta(0), **fields: Any) -> Event:
    at = shop.now - ago
    return Event("identify", f"e-{number}-{fields}"[:60], SERVER, at, at, **fields)


def take(shop: Shop, *events: Event) -> Ingested:
    wired = shop.wired
    return ingest(
        events,
        people=wired.people,
        ledger=wired.ledger,
        catalog=wired.catalog.current(),
        now=shop.now,
        new_id=wired.new_profile_id,
    )


def shares(shop: Shop, user: str, email: str) -> None:
    """Somebody who is also reached at a mailbox, and known by something else."""
    person = shop.person(user)
    address = Address("email", email, shop.now)
    after = replace(person, addresses={**person.addresses, address.key: address})
    catalog = shop.wired.catalog.current()
    folded = settled(before=person, after=after, catalog=catalog, now=shop.now, announces=False, base=person)
    shop.wired.people.commit(PersonWrite(folded, person.version, new_addresses=(address.id,)))


# ── eyes ────────────────────────────────────────────────────────────────────────────────────────


def everything_stored(shop: Shop) -> Iterator[tuple[str, str]]:
    """Where something is stored, and all its text: every item of every table, every object of the bucket."""
    client = boto3.client("dynamodb", region_name=REGION)
    for table in shop.cloud.resources.table_names.values():
        for page in client.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                yield f"{table} {item['pk']['S']} {item['sk']['S']}", _text_of(item)
    yield from bucket(shop)


def bucket(_: Shop) -> Iterator[tuple[str, str]]:
    s3 = boto3.client("s3", region_name=REGION)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for found in page.get("Contents", ()):
            raw = s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read()
            text = gzip.decompress(raw) if found["Key"].endswith(".gz") else raw
            yield found["Key"], found["Key"] + text.decode()


def _text_of(item: Any) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            try:
                return zlib.decompress(value).decode("utf-8", "replace")
            except zlib.error:
                return base64.b64encode(value).decode()
        return value

    return json.dumps(
        {name: plain(next(iter(attribute.values()))) for name, attribute in item.items()}, ensure_ascii=False
    )


def places_of(
    shop: Shop, values: Sequence[str], *, but: Callable[[str], bool] = lambda place: False
) -> list[str]:
    """Where any of these values is still stored."""
    return [
        f"{place}: {value}"
        for place, text in everything_stored(shop)
        for value in values
        if is_named(value, text) and not but(place)
    ]


def is_named(value: str, text: str) -> bool:
    """Whether the text holds the value, and not just another that begins with it (`user-1` in `user-10`)."""
    return re.search(re.escape(value) + r"(?!\d)", text) is not None


def snapshot(table: str) -> list[dict[str, Any]]:
    """All items of a table, as a backup holds them."""
    client = boto3.client("dynamodb", region_name=REGION)
    pages = client.get_paginator("scan").paginate(TableName=f"kizuna-local-{table}")
    return [item for page in pages for item in page["Items"]]


def restore(table: str, items: Sequence[dict[str, Any]]) -> None:
    """The table as the backup holds it: what came since is gone."""
    client, name = boto3.client("dynamodb", region_name=REGION), f"kizuna-local-{table}"
    for item in snapshot(table):
        client.delete_item(TableName=name, Key={"pk": item["pk"], "sk": item["sk"]})
    for item in items:
        client.put_item(TableName=name, Item=item)


def into_lake(shop: Shop, key: str, records: Sequence[Any]) -> None:
    """An object as the delivery stream writes it."""
    lines = "".join(json.dumps(record) + "\n" for record in records).encode()
    body = gzip.compress(lines) if key.endswith(".gz") else lines
    boto3.client("s3", region_name=REGION).put_object(Bucket=BUCKET, Key=key, Body=body)
