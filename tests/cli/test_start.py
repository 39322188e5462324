"""What the command does when it is stopped, or when what it talks to goes away."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kizuna.cli.remote import run_there

_INTERRUPTED_AS_IT_IS_READ = """
import importlib.abc, os, signal, sys
from kizuna.cli.start import main

class CtrlC(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "kizuna.cli.main":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, CtrlC())
main()
"""


@contextmanager
def something_else_answers(reply: bytes) -> Iterator[str]:
    """A server that says these bytes to the first who asks, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def once() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(reply)

        thread = threading.Thread(target=once)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_ctrl_c_ends_the_command_without_a_traceback_even_as_it_begins() -> None:
    done = subprocess.run(  # noqa: S603  this very Python, and the lines above
        [sys.executable, "-c", _INTERRUPTED_AS_IT_IS_READ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{", "ended before the command did"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "ended before the command did"),
        (b"", "no local cloud at"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "no local cloud at"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "no local cloud at"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "no local cloud at"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "no local cloud at"),
    ],
    ids=["cut in the middle", "cut before it", "hung up", "no such page", "a page", "other JSON", "no HTTP"],
)
def test_a_local_cloud_that_goes_away_or_is_none_is_told_in_a_line(
    reply: bytes, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with something_else_answers(reply) as url:
        assert run_there(url, ["brake"]) == 1
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
