"""Two who work at once, each call to a store in an order that a test chooses: interleavings to repeat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Condition, Thread, current_thread
from typing import Any


class Turns:
    """Who goes next, by name. Whoever has ended is passed over; when the plan is over, they go on as they come."""

    def __init__(self, plan: Sequence[str]) -> None:
        self.log: list[
            tuple[str, str, Any]
        ] = []  # who, what, with what result: in the order in which it took effect
        self._plan = list(plan)
        self._working: set[str] = set()
        self._waiting: set[str] = set()
        self._changed = Condition()

    def stepping(self, port: Any) -> Any:
        """The port, each of whose calls waits for the caller's turn and is noted."""
        return _Stepping(port, self)

    def play(self, **actors: Callable[[], object]) -> None:
        """Let all of them run to their end. What one of them raises is raised here."""
        failures: list[BaseException] = []
        self._working = set(actors)

        def run(name: str, act: Callable[[], object]) -> None:
            try:
                act()
            except BaseException as error:
                failures.append(error)
            finally:
                with self._changed:
                    self._working.discard(name)
                    self._changed.notify_all()

        threads = [
            Thread(target=run, args=(name, act), name=name, daemon=True) for name, act in actors.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def call(self, name: str, method: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """One call, alone: it takes effect and is noted before anybody else's."""
        who = current_thread().name
        with self._changed:
            self._waiting.add(who)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._is_next(who))
            self._waiting.discard(who)
            if self._plan:
                self._plan.pop(0)
            result = method(*args, **more)
            self.log.append((who, name, result))
            self._changed.notify_all()
            return result

    def _is_next(self, who: str) -> bool:
        if self._waiting != self._working:
            return False  # somebody has still to say what they want to do
        while self._plan and self._plan[0] not in self._working:
            self._plan.pop(0)
        return (self._plan[0] if self._plan else min(self._waiting)) == who


class _Stepping:
    def __init__(self, port: Any, turns: Turns) -> None:
        self._port = port
        self._turns = turns

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found
        return lambda *args, **more: self._turns.call(name, found, *args, **more)
