"""Reviews of pairs that may be one person, in the people table: a part of the port `People`.

item     pk         sk
review   v#reviews  <review>   b body, vd verdict

One partition holds them all: it takes a thousand new pairs a second, and people have to look at each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from kizuna.adapters.tables import people_keys as keys
from kizuna.adapters.tables.dynamodb import Client, Item, from_item, in_words_of_the_core, query, to_item
from kizuna.adapters.tables.people_codec import compact
from kizuna.core.errors import Conflict
from kizuna.core.identity.reviews import Review, Verdict, review_from_json, review_to_json


def keep(client: Client, table: str, reviews: Iterable[Review]) -> None:
    """Open reviews, each only where there is none of its pair."""
    for review in reviews:
        try:
            with in_words_of_the_core(f"review {review.id}"):
                client.put_item(
                    TableName=table, Item=_item(review), ConditionExpression="attribute_not_exists(pk)"
                )
        except Conflict:
            continue  # open or settled already


def read(client: Client, table: str, *, verdict: Verdict) -> tuple[Review, ...]:
    rows = query(
        client,
        table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.REVIEWS}},
        ConsistentRead=True,
    )
    found = (review_from_json(json.loads(row["b"])) for row in map(from_item, rows) if row["vd"] == verdict)
    return tuple(sorted(found, key=lambda review: (review.at, review.id)))


def settle(client: Client, table: str, review: Review) -> bool:
    try:
        with in_words_of_the_core(f"review {review.id}"):
            client.put_item(
                TableName=table,
                Item=_item(review),
                ConditionExpression="vd = :open",
                ExpressionAttributeValues={":open": {"S": "open"}},
            )
    except Conflict:
        return False
    return True


def _item(review: Review) -> Item:
    return to_item(
        {
            "pk": keys.REVIEWS,
            "sk": review.id,
            "b": compact(review_to_json(review)),
            "vd": review.verdict,
        }
    )
