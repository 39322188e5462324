"""Servers as child processes on loopback: started, waited for, and ended by whoever started them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

LOOPBACK = "127.0.0.1"
PATIENCE = 60.0
_FROM_THE_LOCK = "it comes with tests/e2e/requirements.lock; remove .venv-e2e, and the next run makes it anew"
_COMES_FROM = {
    "npx": "it comes with node, which `make e2e` brings along in .venv-infra: run that, or put node on the PATH",
    "ministack": _FROM_THE_LOCK,
    "microburst": _FROM_THE_LOCK,
}


class Failed(Exception):
    """Something did not come about. The message says what, and ends with what the process said."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def server(
    name: str, command: Sequence[str], *, health: str, log: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """Run a server until the block ends. Raises `Failed` when it does not answer at `health` within a minute."""
    _see_that_it_is_there(command[0], environment)
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603  every command is built in this folder
            command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=dict(environment)
        )
    try:
        _wait(name, process, health, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    timeout: float,
    folder: Path | None = None,
) -> None:
    """Run a command to its end. Raises `Failed` when it is missing, takes too long or fails."""
    _see_that_it_is_there(command[0], environment)
    with log.open("ab") as out:
        try:
            done = subprocess.run(  # noqa: S603  every command is built in this folder
                command,
                check=False,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=dict(environment),
                cwd=folder,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"{command[0]} took more than {timeout:.0f} s\n{tail(log)}") from None
    if done.returncode:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}\n{tail(log)}")


def _see_that_it_is_there(program: str, environment: Mapping[str, str]) -> None:
    """Raises `Failed`, which says where the program should have come from."""
    if shutil.which(program, path=environment.get("PATH")) is not None:
        return
    name = Path(program).name
    raise Failed(f"{name} is missing: {_COMES_FROM.get(name, f'it should be at {program}')}")


def plain_environment(**more: str) -> dict[str, str]:
    """This process's environment without what would lead to an AWS account or another endpoint."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, **more}


def tail(log: Path, lines: int = 40) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _wait(name: str, process: subprocess.Popen[bytes], health: str, log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Failed(f"{name} ended with {process.returncode} before it answered\n{tail(log)}")
        try:
            with urlopen(health, timeout=2) as answer:  # noqa: S310  a loopback address of our own
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise Failed(f"{name} did not answer within {PATIENCE:.0f} s\n{tail(log)}")
