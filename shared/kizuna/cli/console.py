"""What commands print on: customers' words are in it, and none of them may steer the terminal of who reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

# Escape sequences begin with a control character of C0 or C1 (but for tab and line feed, which move nothing back);
# the others turn the direction of what follows, so that a line reads as another than it is.
_STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class SafeConsole(Console):
    """Leaves out of every text what would steer a terminal, and escapes it in JSON, where values stay as they are."""

    _in_json = False

    def print_json(self, json: str | None = None, **how: Any) -> None:
        self._in_json = True
        try:
            super().print_json(json, **how)
        finally:
            self._in_json = False

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control or not _STEERS.search(segment.text):
                yield segment
            else:
                yield Segment(_STEERS.sub(self._instead, segment.text), segment.style)

    def _instead(self, found: re.Match[str]) -> str:
        return f"\\u{ord(found[0]):04x}" if self._in_json else ""
