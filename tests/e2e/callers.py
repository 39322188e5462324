"""Who is at the other end of a connection on this machine, and their death: as when Lambda takes a function away in
the middle of a call.

Linux alone tells it (`/proc`); elsewhere nobody is found, and nobody dies.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_LOCAL, _REMOTE, _INODE = 1, 2, 9  # columns of /proc/net/tcp

CAN_KILL = (_PROC / "net" / "tcp").exists()


def kill_caller(port: int, *, server: int) -> bool:
    """Kill the process that called the server's port from this port, by SIGKILL. False if none was found, or if it is
    this very process or the one that started it."""
    pid = process_behind(port, server=server)
    if pid is None or pid in (os.getpid(), os.getppid()):
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def process_behind(port: int, *, server: int) -> int | None:
    """The process of this user whose end of a loopback connection has this port, and the other end the server's."""
    inode = next(_inodes(port, server), None)
    if inode is None:
        return None
    held = f"socket:[{inode}]"
    for process in _PROC.iterdir():
        if process.name.isdigit() and held in _open_in(process):
            return int(process.name)
    return None


def _inodes(port: int, server: int) -> Iterator[str]:
    table = _PROC / "net" / "tcp"
    lines = table.read_text(encoding="ascii").splitlines()[1:] if CAN_KILL else []
    for line in lines:
        columns = line.split()
        ends = tuple(int(columns[each].rpartition(":")[2], 16) for each in (_LOCAL, _REMOTE))
        if ends == (port, server):
            yield columns[_INODE]


def _open_in(process: Path) -> Iterator[str]:
    """What a process has open; nothing of one that is somebody else's, or gone by now."""
    try:
        for each in (process / "fd").iterdir():
            yield str(each.readlink())
    except OSError:
        return
