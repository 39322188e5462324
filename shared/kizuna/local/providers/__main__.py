"""`python -m kizuna.local.providers --port N`: the double apart, with the real clock."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event

from kizuna.local.providers.double import ProviderDouble


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted or terminated. Prints one line when it listens."""
    asked = _parser().parse_args(arguments)
    double = ProviderDouble(
        lambda: datetime.now(UTC),
        host=asked.host,
        port=asked.port,
        seed=secrets.randbits(32),  # ids must differ from those of an earlier process
        account=asked.account,
        region=asked.region,
        latency=timedelta(seconds=asked.latency),
        default_configuration_set=asked.default_configuration_set,
    )
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with double:
        sys.stdout.write(f"provider double listening on {double.url}\n")
        sys.stdout.flush()
        ended.wait()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kizuna.local.providers", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--account", default="000000000000", help="account id in events")
    parser.add_argument("--region", default="us-east-1", help="region in events")
    parser.add_argument("--latency", type=float, default=0.2, help="seconds between message and events")
    parser.add_argument("--default-configuration-set", default=None, help="for messages that name none")
    return parser


if __name__ == "__main__":
    sys.exit(main())
