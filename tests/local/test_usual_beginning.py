"""The state that most tests begin with is put back as it was told: it must be the one that definitions lead to."""

from __future__ import annotations

from typing import Any

from tests.support.clouds import Shop, running_shop, sample_documents, schedules_of


def everything(shop: Shop) -> tuple[list[str], dict[str, Any]]:
    client = shop.wired._dynamodb
    items = [
        f"{table} {sorted(item.items())}"
        for table in shop.cloud.resources.table_names.values()
        for item in client.scan(TableName=table)["Items"]
    ]
    return sorted(items), schedules_of(shop.cloud)


def test_a_usual_shop_begins_as_one_whose_definitions_have_just_been_put_in_force() -> None:
    with running_shop() as usual:
        told = everything(usual)
        assert usual.wired.catalog.documents() == sample_documents()
    with running_shop(documents=sample_documents()) as anew:
        assert everything(anew) == told
        assert all(told)
