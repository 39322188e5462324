"""A line that says how far long work has come: rewritten in place on a terminal, a new one now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable

from kizuna.cli.context import Place

_WIDTH = 24
_QUIET_SECONDS = 5.0  # between two lines where nobody watches


class ProgressLine:
    """Says nothing where JSON was asked for."""

    def __init__(
        self,
        place: Place,
        name: str,
        *,
        rows_before: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place = place
        self._name = name
        self._clock = clock
        self._began = self._shown_at = clock()
        self._rows_before = rows_before
        self._share_before: float | None = None
        self._is_open = False

    def show(self, share: float, rows: int, rejected: int) -> None:
        """`share` is 0 to 1 where the end is known, 0 where it is not."""
        if self._place.as_json:
            return
        if self._share_before is None:
            self._share_before = share if self._rows_before else 0.0
        text = self._text(share, rows, rejected)
        console = self._place.console
        if console.is_terminal:
            console.file.write(f"\r\x1b[2K{text}")
            console.file.flush()
            self._is_open = True
        elif self._clock() - self._shown_at >= _QUIET_SECONDS:
            console.file.write(text + "\n")
            console.file.flush()
            self._shown_at = self._clock()

    def end(self) -> None:
        if self._is_open:
            self._place.console.file.write("\n")
            self._place.console.file.flush()

    def _text(self, share: float, rows: int, rejected: int) -> str:
        seconds = max(self._clock() - self._began, 0.001)
        rate = (rows - self._rows_before) / seconds
        filled = round(share * _WIDTH)
        bar = "█" * filled + "░" * (_WIDTH - filled)
        parts = [f"{rows:,} rows", f"{rate:,.0f} rows/s"]
        gained = share - (self._share_before or 0.0)
        if gained > 0 and share < 1:
            parts.append(f"{_duration(seconds * (1 - share) / gained)} left")
        if rejected:
            parts.append(f"{rejected:,} refused")
        shown = f"{bar} {share:4.0%} · " if share else ""
        return f"{self._name} {shown}{' · '.join(parts)}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"
