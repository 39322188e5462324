"""Replaces parts of a foreign module while it is wanted, and puts every one of them back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final, TypeVar

Replacement = TypeVar("Replacement", bound=Callable[..., Any])

_ABSENT: Final = object()


class Patch:
    """A set of replacements that is installed and taken back as a whole.

    Installing twice is the same as once, and so is uninstalling. One replacement per attribute, so that the order of
    taking back never matters. Not for use from several threads at the same time.
    """

    def __init__(self) -> None:
        self._builders: dict[tuple[type | ModuleType, str], Callable[[Any], Any]] = {}
        self._additions: dict[tuple[type | ModuleType, str], object] = {}
        self._saved: dict[tuple[type | ModuleType, str], object] = {}

        self._callbacks: list[Callable[[], object]] = []

    @property
    def installed(self) -> bool:
        return bool(self._saved)

    def replaces(self, owner: type, name: str) -> Callable[[Replacement], Replacement]:
        """Registers a function for the method `name`; it receives the method that it replaces as first argument."""

        def register(replacement: Replacement) -> Replacement:
            def build(original: Callable[..., Any]) -> Callable[..., Any]:
                @functools.wraps(original)
                def replaced(*args: Any, **kwargs: Any) -> Any:
                    return replacement(original, *args, **kwargs)

                return replaced

            self._register(owner, name, build)
            return replacement

        return register

    def replaces_property(self, owner: type, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Registers a function for the property `name`; it receives the getter that it replaces as first argument."""

        def register(replacement: Callable[..., Any]) -> Callable[..., Any]:
            def build(original: Any) -> property:
                return property(functools.partial(replacement, original.fget))

            self._register(owner, name, build)
            return replacement

        return register

    def replaces_value(self, owner: type | ModuleType, name: str, value: object) -> None:
        """Registers a plain value for the attribute `name`."""
        self._register(owner, name, lambda _original: value)

    def adds(self, owner: type | ModuleType, name: str, value: object) -> None:
        """Registers a value for an attribute that the owner itself lacks."""
        self._additions[owner, name] = value

    def install(self) -> None:
        """Replaces. Raises AttributeError, with nothing replaced, where an attribute to replace does not exist."""
        if self.installed:
            return
        # `getattr` of all first: a missing attribute means another version of the foreign module
        originals = {key: getattr(*key) for key in self._builders}
        replacements = {key: build(originals[key]) for key, build in self._builders.items()}
        for (owner, name), value in (replacements | self._additions).items():
            self._saved[owner, name] = vars(owner).get(name, _ABSENT)
            setattr(owner, name, value)

    def uninstall(self) -> None:
        """Puts everything back as it was before `install`."""
        for (owner, name), original in self._saved.items():
            if original is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
        self._saved.clear()
        for callback in self._callbacks:
            callback()

    def after_uninstall(self, callback: Callable[[], object]) -> None:
        """Registers what else has to be forgotten once the original is back."""
        self._callbacks.append(callback)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Installed inside the block; what was installed before it stays installed after it."""
        before = self.installed
        self.install()
        try:
            yield
        finally:
            if not before:
                self.uninstall()

    def _register(self, owner: type | ModuleType, name: str, build: Callable[[Any], Any]) -> None:
        if (owner, name) in self._builders:
            raise ValueError(f"{owner.__name__}.{name} has a replacement already")
        self._builders[owner, name] = build
