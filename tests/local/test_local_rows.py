"""The lake of one machine is a folder; what is erased goes from it too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.support.clouds import running_shop
from tests.support.erasing import forget, is_named, lived


def test_the_lake_of_one_machine_is_a_folder_and_is_cleared_too(tmp_path: Path) -> None:
    with running_shop(lake=tmp_path) as shop:
        person, other = lived(shop, "user-1"), lived(shop, "user-2")
        assert person.user in "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.jsonl"))
        forget(shop, "user-1")
        shop.cloud.advance(timedelta(hours=2))
        texts = "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.jsonl"))
        assert not [value for value in person.values if is_named(value, texts)]
        assert [value for value in other.values if is_named(value, texts)]
