"""A large run goes out in waves, so that what is wrong with it is seen while most people have not got it yet.

Who is in which wave is drawn from a hash of run and person: no order of a file or a table has a say, and whoever
asks again gets the same answer. When each begins is fixed as the run begins, by how long the wave before it takes at
the pace of its channel. A message of a later wave waits in its row from the moment it is decided; a pause puts all
that is still to come off by as long as it lasted (`restraint/brakes.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from kizuna.core.restraint.guards import Ramp

_PARTS = 1 << 32


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave: everybody whose hash lies below `until` (of 2³²) and in no earlier wave, from `at` on."""

    until: int
    at: datetime

    @property
    def share(self) -> float:
        """Of the audience, with the waves before it."""
        return self.until / _PARTS


def waves_of(
    ramp: Ramp, people: int, *, per_second: float | None, begins: datetime, too_late: datetime
) -> tuple[Wave, ...]:
    """The waves of a run to so many people; none where it is not large.

    None either where the last wave could not go out before its messages are too late: whoever wants both a ramp and
    a short life of messages has to choose, and a lost message is worse than a missed early warning. The run says so
    (`Run.unramped`), and before it a simulation and, where no run can have waves (`never_fits`), the plan.
    """
    if people < ramp.large:
        return ()
    shares = (min(ramp.first, ramp.first_at_most / people), ramp.second, 1.0)
    waves: list[Wave] = []
    at, before = begins, 0.0
    for share in shares:
        until = 1.0 if share == 1.0 else before + share
        waves.append(Wave(round(until * _PARTS), at))
        takes = (until - before) * people / per_second if per_second else 0.0
        ends = at + timedelta(seconds=takes)
        at, before = ends + timedelta(seconds=ramp.gap.seconds), until
    return tuple(waves) if ends < too_late else ()


def never_fits(ramp: Ramp, *, life: timedelta) -> bool:
    """Whether messages that live for so long are too late before a last wave begins, however fast all go out."""
    return 2 * timedelta(seconds=ramp.gap.seconds) >= life


def wave_of(waves: Sequence[Wave], *, campaign: str, run: str, person: str) -> int:
    """The index of the wave that somebody is in. Raises IndexError where there are no waves."""
    drawn = int.from_bytes(sha256(f"ramp\x00{campaign}\x00{run}\x00{person}".encode()).digest()[:4])
    return next((index for index, wave in enumerate(waves) if drawn < wave.until), len(waves) - 1)
