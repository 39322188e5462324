"""The company's own systems on one machine: they take what they are told, or answer as a test wants them to."""

from __future__ import annotations

from dataclasses import dataclass, field

from kizuna.core.ports.callouts import Call, CallResult, Replied


@dataclass(slots=True)
class LoopbackSystems:
    """The port `Callout` where nothing leaves the machine. `answers` are given in turn, then everything is taken."""

    calls: list[Call] = field(default_factory=list)
    answers: list[CallResult] = field(default_factory=list)

    def call(self, call: Call) -> CallResult:
        self.calls.append(call)
        return self.answers.pop(0) if self.answers else Replied(200)
