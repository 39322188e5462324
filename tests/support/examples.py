"""How many examples a property draws on an ordinary day, and how many when it is tried in depth."""

from __future__ import annotations

import os
from typing import Final

_OF_A_DAY: Final = 100


def examples(of_a_day: int) -> int:
    """So many, or in proportion to `KIZUNA_EXAMPLES`: with 2000 twenty times as many."""
    return max(1, of_a_day * int(os.environ.get("KIZUNA_EXAMPLES", _OF_A_DAY)) // _OF_A_DAY)
