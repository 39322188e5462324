"""What staff do while a run is under way, by the use cases behind the command line and the management side."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kizuna.core.campaigning.controls import NotPaused
from kizuna.core.restraint.brakes import NothingToRelease, Pause, Stop
from kizuna.usecases.campaigning.controlling import ControlDesk, go_on
from kizuna.usecases.campaigning.parts import hand_out_again
from kizuna.usecases.outcomes.braking import (
    in_silence,
    pause_run,
    release_marketing,
    resume_run,
    stop_marketing,
)
from tests.simulation.delivery.staff import Act

if TYPE_CHECKING:
    from tests.simulation.delivery.path import Path


@dataclass(slots=True)
class Hands:
    """Who acts, and from what place of the provider's log on it was done. `halted`: from when on a whole campaign
    stood still, and until somebody began to let it go on; `ended_since`: it was switched off, or changed."""

    path: Path
    halted: list[tuple[int, int | None]] = field(default_factory=list)
    ended_since: int | None = None

    def do(self, act: Act, on: Any, now: datetime) -> bool:
        """Whether there was anything to do it to. Somebody who is told that it is done already leaves it at that."""
        run = next((run.id for run in on.runs.list("spring")), "")
        if not run:
            return False
        with suppress(NothingToRelease, NotPaused):
            self._done(act, run, on, now)
        return True

    def _done(self, act: Act, run: str, on: Any, now: datetime) -> None:
        path = self.path
        match act:
            case Act.PAUSE:
                held = Pause("by_hand", now, "by_hand", "the price is wrong", by="ann")
                pause_run("spring", run, held, on.brakes, tell=in_silence)
            case Act.RESUME:
                resume_run("spring", run, on.brakes, by="ann", reason="mended", now=now, tell=in_silence)
                if path.faults.chance.random() < 0.5:  # by the command line, and not over HTTP
                    hand_out_again("spring", run, on.runs, on.queues, path.definitions.current())
            case Act.STOP:
                pulled = Stop("by_hand", now, "by_hand", "the shop is down", by="ann")
                stop_marketing(pulled, on.brakes, tell=in_silence)
            case Act.RELEASE:
                release_marketing(on.brakes, by="ann", reason="up again", now=now, tell=in_silence)
            case Act.HALT:
                path.design.halt("spring", self._desk(on), by="ann", reason="the price is wrong", now=now)
                if not self.halted or self.halted[-1][1] is not None:
                    self.halted.append((self._written, None))
            case Act.GO_ON:
                if self.halted and self.halted[-1][1] is None:
                    self.halted[-1] = (self.halted[-1][0], self._written)
                go_on("spring", self._desk(on), by="ann", reason="mended", now=now)
            case Act.END:
                self._redefine({"enabled": False}, now)
            case Act.EDIT:
                self._redefine({"name": "Spring, at another price"}, now)

    def _desk(self, on: Any) -> ControlDesk:
        return ControlDesk(on.definitions, on.controls, on.runs, on.brakes)

    def _redefine(self, changes: dict[str, Any], now: datetime) -> None:
        """Once: the run that is under way is of the definitions that it began with."""
        if self.ended_since is None:
            campaign = self.path.definitions.current().campaigns["spring"]
            self.path.definitions.change(campaign.model_copy(update=changes), now=now)
            self.ended_since = self._written

    @property
    def _written(self) -> int:
        return len(self.path.provider.log)
