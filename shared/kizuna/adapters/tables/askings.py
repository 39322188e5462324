"""What was asked for lately, in the people table: the port `Askings`."""

from __future__ import annotations

import json
from datetime import datetime

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import Client, encode, from_item, in_words_of_the_core, key, to_item
from kizuna.core.durations import epoch_millis, from_epoch_millis
from kizuna.core.restraint.asked import NOTHING_ASKED, Asked


class AskingsTable:
    """One small item for each key, which DynamoDB deletes when its time is over."""

    def __init__(self, client: Client, *, table: str) -> None:
        self._client = client
        self._table = table

    def asked(self, key_: str) -> Asked:
        with in_words_of_the_core("what was asked for lately"):
            reply = self._client.get_item(
                TableName=self._table, Key=key(keys.asked(key_), keys.ASKED), ConsistentRead=True
            )
        if "Item" not in reply:
            return NOTHING_ASKED
        row = from_item(reply["Item"])
        return Asked(row["v"], tuple((cause, from_epoch_millis(at)) for cause, at in json.loads(row["as"])))

    def remember(self, key_: str, asked: Asked, *, until: datetime) -> None:
        row = {
            "pk": keys.asked(key_),
            "sk": keys.ASKED,
            "v": asked.version,
            "as": json.dumps([[cause, epoch_millis(at)] for cause, at in asked.askings]),
            "ttl": int(until.timestamp()),
        }
        with in_words_of_the_core("what was asked for lately"):
            self._client.put_item(
                TableName=self._table,
                Item=to_item(row),
                ConditionExpression="v = :v" if asked.version > 1 else "attribute_not_exists(pk)",
                **(
                    {"ExpressionAttributeValues": {":v": encode(asked.version - 1)}}
                    if asked.version > 1
                    else {}
                ),
            )
