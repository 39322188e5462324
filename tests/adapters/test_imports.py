"""Imports in the catalog table, files and rejects in their bucket, and the fakes beside them held to one contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from kizuna.adapters.imports import ImportBucket, ImportsTable, LocalFile
from kizuna.core.errors import Conflict, NotFound
from kizuna.core.files.faults import Reject
from kizuna.core.files.jobs import ImportOptions, ImportOrder, Progress
from kizuna.core.files.mapping import read_mapping
from kizuna.core.files.ports import Imports, Rejects
from tests.support.imports import InMemoryImports, InMemoryRejects
from tests.support.tables import TableNames

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEW = Progress("i1", "crm", "people.csv", 100, NOON, updated=NOON)


@pytest.fixture(params=["memory", "table"])
def imports(request: pytest.FixtureRequest) -> Imports:
    if request.param == "memory":
        return InMemoryImports()
    names: TableNames = request.getfixturevalue("tables")
    return ImportsTable(request.getfixturevalue("dynamodb"), table=names.catalog)


@pytest.fixture
def bucket() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket="imports")
        yield client


@pytest.fixture(params=["memory", "bucket"])
def rejects(request: pytest.FixtureRequest) -> Rejects:
    if request.param == "memory":
        return InMemoryRejects()
    return ImportBucket(request.getfixturevalue("bucket"), bucket="imports")


def test_an_import_begins_once_and_is_found_as_it_stands(imports: Imports) -> None:
    assert imports.get("i1") is None
    assert imports.begin(NEW) == NEW
    further = replace(NEW, rows=10, offset=50, counts={"counted": 9}, rejected={"x": 1}, unmapped=("a",))
    imports.advance(further, behind=0)
    assert imports.begin(replace(NEW, began=NOON + timedelta(days=1))) == further
    assert imports.get("i1") == further


def test_a_checkpoint_moves_only_from_where_it_stands(imports: Imports) -> None:
    imports.begin(NEW)
    imports.advance(replace(NEW, rows=10), behind=0)
    with pytest.raises(Conflict):
        imports.advance(replace(NEW, rows=5), behind=0)
    imports.advance(replace(NEW, rows=12, state="done"), behind=10)
    with pytest.raises(Conflict):
        imports.advance(replace(NEW, rows=20), behind=12)


def test_only_what_failed_before_its_first_row_begins_anew(imports: Imports) -> None:
    imports.begin(NEW)
    imports.advance(replace(NEW, state="failed", failure="no_header: none"), behind=0)
    again = replace(NEW, began=NOON + timedelta(hours=1), updated=NOON + timedelta(hours=1))
    assert imports.begin(again) == again
    imports.advance(replace(again, rows=3), behind=0)
    failed = replace(again, rows=3, state="failed", failure="truncated_gzip: …")
    imports.advance(failed, behind=3)
    assert imports.begin(NEW) == failed


def test_imports_are_listed_the_newest_first(imports: Imports) -> None:
    later = replace(NEW, id="i0", began=NOON + timedelta(hours=1))
    imports.begin(NEW)
    imports.begin(later)
    assert [each.id for each in imports.list()] == ["i0", "i1"]


def test_rejects_come_back_in_the_order_of_their_rows_each_part_once(rejects: Rejects) -> None:
    second = [Reject(2_001, "not_json", "is not JSON", "", "{")]
    rejects.keep("i1", 2_001, second)
    rejects.keep("i1", 1, [Reject(7, "too_few_cells", "has 1 cells", "", "=1+1")])
    rejects.keep("i1", 2_001, second)
    rejects.keep("i2", 1, second)
    assert "".join(rejects.parts("i1")) == (
        '"7","too_few_cells","","has 1 cells","\'=1+1"\r\n"2001","not_json","","is not JSON","{"\r\n'
    )


def an_order(**mapping: Any) -> ImportOrder:
    options = ImportOptions(source="crm", mapping=read_mapping(mapping))
    return ImportOrder(options=options, name="people.csv", fingerprint="0" * 64)


def test_a_file_is_found_with_its_order_as_it_was_given(bucket: Any, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"user_id\nu1\n")
    order = an_order(
        **{"as": "track", "columns": {"a": "user_id"}, "constants": {"event": "X"}, "zone": "Asia/Tokyo"}
    )
    files = ImportBucket(bucket, bucket="imports")
    files.put("i1", order, path)
    head = bucket.head_object(Bucket="imports", Key="imports/crm/i1")
    file, found = files.file("imports/crm/i1", etag=head["ETag"], size=head["ContentLength"])
    assert found == order
    assert (file.name, file.size, b"".join(file.read(0)), b"".join(file.read(8))) == (
        "people.csv",
        11,
        b"user_id\nu1\n",
        b"u1\n",
    )
    assert list(file.read(11)) == []
    assert file.fingerprint() == LocalFile(path).fingerprint()


def test_a_file_that_was_replaced_is_not_the_one_that_was_told_of(bucket: Any) -> None:
    files = ImportBucket(bucket, bucket="imports")
    etag = bucket.put_object(Bucket="imports", Key="imports/crm/x", Body=b"one")["ETag"]
    file, order = files.file("imports/crm/x", etag=etag.strip('"'), size=3)
    assert order is None
    bucket.put_object(Bucket="imports", Key="imports/crm/x", Body=b"two")
    with pytest.raises(NotFound):
        list(file.read(0))
    with pytest.raises(NotFound):
        files.file("imports/crm/x", etag=etag, size=3)


@pytest.mark.parametrize("told", ["rejects/i1/000000000001.csv", "orders/none.json"])
def test_an_order_lies_among_the_orders_and_nowhere_else(bucket: Any, told: str) -> None:
    stored = bucket.put_object(
        Bucket="imports", Key="imports/crm/x", Body=b"one", Metadata={"kizuna-order": told}
    )
    with pytest.raises(NotFound):
        ImportBucket(bucket, bucket="imports").file("imports/crm/x", etag=stored["ETag"], size=3)
