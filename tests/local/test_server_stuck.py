"""The local cloud behind a port, while something on this machine keeps it from going on."""

from __future__ import annotations

import shutil
from pathlib import Path

from kizuna.local.clock import SystemClock
from kizuna.local.server import LocalServer
from tests.support.clouds import running_shop
from tests.support.served import eventually


def test_what_keeps_it_from_going_on_is_told_once_and_it_goes_on_when_that_is_gone(tmp_path: Path) -> None:
    lake, told = tmp_path / "lake", list[Exception]()
    with running_shop(clock=SystemClock(), lake=lake) as shop:
        shutil.rmtree(lake, ignore_errors=True)
        lake.write_text("where the folder should be", encoding="utf-8")
        shop.send({"type": "track", "userId": "u1", "event": "Product Viewed", "properties": {}})
        with LocalServer(shop.cloud, on_failure=told.append, tick_seconds=0.01):
            eventually(lambda: told)
            lake.unlink()
            eventually(lambda: any(lake.rglob("*.jsonl")))
    assert [type(error) for error in told] in ([NotADirectoryError], [FileExistsError])
