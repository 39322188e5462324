"""The ledger in the hands of somebody who may write to the table, and what they might do to it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import boto3

from kizuna.adapters.tables.dynamodb import from_item, to_item
from kizuna.adapters.tables.people_codec import profile_from_item, profile_to_item
from kizuna.core.consent import body_hash, consent_event_from_json
from kizuna.local.resources import REGION
from kizuna.usecases.consents.ledger_audit import Auditor
from tests.support.clouds import Shop
from tests.support.erasing import Lived, lived

Row = dict[str, Any]


def with_two_chains(shop: Shop, user: str) -> Lived:
    """Somebody who absorbed somebody else, and both of them had refused things."""
    refused = [
        {"key": "of-nobody", "type": channel, "status": "UNSUBSCRIBED"}
        for channel in ("SMS", "EMAIL", "WHATSAPP")
    ]
    context = {"messaging_subscriptions": refused}
    shop.send({"type": "track", "anonymousId": f"visitor-{user}", "event": "X", "context": context})
    shop.settle()
    return lived(shop, user)


def auditor(shop: Shop) -> Auditor:
    wired = shop.wired
    return Auditor(wired.people, wired.erasures, wired.ledger.chain, wired.anchors)


class Ledger:
    """The ledger as somebody sees it who may write to the table."""

    def __init__(self, shop: Shop) -> None:
        self._client = boto3.client("dynamodb", region_name=REGION)
        self._ledger = shop.wired.settings.ledger
        self._people = shop.wired.settings.people

    def rows(self, part: str) -> list[Row]:
        found = self._client.query(
            TableName=self._ledger,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"c#{part}"}},
        )
        return [from_item(item) for item in found["Items"]]

    def put(self, row: Row) -> None:
        self._client.put_item(TableName=self._ledger, Item=to_item(row))

    def delete(self, row: Row) -> None:
        key = {"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}}
        self._client.delete_item(TableName=self._ledger, Key=key)

    def tell_profile(self, part: str, head: str, length: int) -> None:
        """Make the profile fit what was done to its chain."""
        key = {"pk": {"S": f"p#{part}"}, "sk": {"S": "profile"}}
        item = self._client.get_item(TableName=self._people, Key=key)["Item"]
        profile = replace(profile_from_item(item), ledger_head=head, ledger_length=length)
        self._client.put_item(TableName=self._people, Item=profile_to_item(profile))


def alter(ledger: Ledger, part: str) -> None:
    row = ledger.rows(part)[0]
    body = json.loads(row["b"])
    ledger.put({**row, "b": json.dumps({**body, "at": "2020-01-01T00:00:00Z"})})


def alter_with_its_hash(ledger: Ledger, part: str) -> None:
    row = ledger.rows(part)[0]
    body = {**json.loads(row["b"]), "at": "2020-01-01T00:00:00Z"}
    ledger.put({**row, "b": json.dumps(body), "h": body_hash(consent_event_from_json(body), row["ph"])})


def spoil(ledger: Ledger, part: str) -> None:
    ledger.put({**ledger.rows(part)[0], "b": "{"})


def spoil_with_a_number(ledger: Ledger, part: str) -> None:
    ledger.put({**ledger.rows(part)[0], "b": 7})


def nest_without_end(ledger: Ledger, part: str) -> None:
    ledger.put({**ledger.rows(part)[0], "b": "[" * 100_000})


def strip_of_its_links(ledger: Ledger, part: str) -> None:
    row = ledger.rows(part)[0]
    ledger.put({name: value for name, value in row.items() if name not in ("h", "ph")})


def empty(ledger: Ledger, part: str) -> None:
    row = ledger.rows(part)[0]
    ledger.delete(row)
    ledger.put({name: value for name, value in row.items() if name != "b"})


def remove_the_first(ledger: Ledger, part: str) -> None:
    ledger.delete(ledger.rows(part)[0])


def cut_the_tail_off(ledger: Ledger, part: str) -> None:
    ledger.delete(ledger.rows(part)[-1])


def remove_one_in_the_middle(ledger: Ledger, part: str) -> None:
    ledger.delete(ledger.rows(part)[1])


def remove_all(ledger: Ledger, part: str) -> None:
    for row in ledger.rows(part):
        ledger.delete(row)


def exchange(ledger: Ledger, part: str) -> None:
    first, second = ledger.rows(part)[:2]
    ledger.put({**first, "sk": second["sk"]})
    ledger.put({**second, "sk": first["sk"]})


def add(ledger: Ledger, part: str) -> None:
    last = ledger.rows(part)[-1]
    number = int(last["sk"].removeprefix("e#")) + 1
    body = {**json.loads(last["b"]), "id": "forged", "action": "grant"}
    end = body_hash(consent_event_from_json(body), last["h"])
    ledger.put({**last, "sk": f"e#{number:08d}", "b": json.dumps(body), "ph": last["h"], "h": end})


def forge_a_tail(ledger: Ledger, part: str) -> None:
    """A Yes nobody gave, in its place and with its hash, and a profile that knows of it."""
    add(ledger, part)
    rows = ledger.rows(part)
    ledger.tell_profile(part, rows[-1]["h"], len(rows))


def exchange_entries_of(ledger: Ledger, one: str, other: str) -> None:
    """What two people said first, each in the other's place."""
    mine, theirs = ledger.rows(one)[0], ledger.rows(other)[0]
    ledger.put({**mine, "pk": theirs["pk"], "sk": theirs["sk"]})
    ledger.put({**theirs, "pk": mine["pk"], "sk": mine["sk"]})


def exchange_chains_of(ledger: Ledger, one: str, other: str) -> None:
    """Everything that two people said, each in the other's place, and profiles that fit."""
    mine, theirs = ledger.rows(one), ledger.rows(other)
    for part, rows in ((one, theirs), (other, mine)):
        remove_all(ledger, part)
        for row in rows:
            ledger.put({**row, "pk": f"c#{part}"})
        ledger.tell_profile(part, rows[-1]["h"], len(rows))


def restore(ledger: Ledger, part: str, rows: list[Row]) -> None:
    """The chain as it was in an older copy, and a profile from the same day."""
    remove_all(ledger, part)
    for row in rows:
        ledger.put(row)
    ledger.tell_profile(part, rows[-1]["h"], len(rows))
