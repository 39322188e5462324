"""The emulator and the provider double without a deployment, each a process of its own; boto3 here is led to both."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.deployment import ACCOUNT, ENVIRONMENT, REGION, emulator_environment, make_environment
from tests.e2e.processes import LOOPBACK, free_port, plain_environment, server


@dataclass(frozen=True, slots=True)
class Emulators:
    """Where they answer."""

    endpoint: str
    providers: str


@contextmanager
def emulators(folder: Path) -> Iterator[Emulators]:
    """Both, until the block ends. Logs go to the folder. Raises `Failed` when one does not come up."""
    make_environment(folder)
    port, double = free_port(), free_port()
    found = Emulators(f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{double}")
    os.environ.update(
        AWS_ENDPOINT_URL=found.endpoint,
        AWS_ENDPOINT_URL_SESV2=found.providers,
        AWS_ACCESS_KEY_ID=ACCOUNT,
        AWS_SECRET_ACCESS_KEY="test",
        AWS_REGION=REGION,
        AWS_DEFAULT_REGION=REGION,
    )
    command = [sys.executable, "-m", "kizuna.local.providers", "--port", str(double)]
    with (
        server("the provider double", command, health=f"{found.providers}/health", log=folder / "providers.log",
               environment=plain_environment()),
        server("ministack", [str(ENVIRONMENT / "bin" / "ministack")], log=folder / "ministack.log",
               health=f"{found.endpoint}/_ministack/health",
               environment=emulator_environment(port, found.providers)),
    ):  # fmt: skip
        yield found
