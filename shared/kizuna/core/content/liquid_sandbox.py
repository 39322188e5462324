"""A template is code by somebody who is not trusted; this is the room it runs in.

    source ─ scan ─▶ parse ─▶ inspect ─▶ Compiled ─ run(values, language) ─▶ text
             shape    engine   tree                  sandbox
             └── liquid_compile, once per text ──┘   └── liquid_run, per message

What holds for every template, whatever it says:

* only the tags and filters listed here and in `liquid_filters`; nothing loads another template;
* values are plain data: text, numbers, truth, lists and mappings. No attribute is ever looked up;
* a missing value is an error with its name, unless the template asks `if` it is there or gives a `default`;
* values of a person are text, never template source: what they contain is not evaluated again;
* work is metered. Each node, lookup, filter and loop round costs steps, long values cost more, and at
  `STEP_LIMIT` the rendering fails: of all parts of a message together (`Allowance`). The meter counts instead of
  timing, so that a template passes or fails alike on every machine; the limit is set to stay within 200 ms.

Import this module only where a template is rendered or checked: it costs about 0.1 s at a cold start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import StringIO
from typing import Any, TextIO

from liquid import BoundTemplate, Environment, RenderContext
from liquid import exceptions as faults
from liquid.builtin import content as content_tag
from liquid.builtin import illegal as illegal_tag
from liquid.builtin import output as output_tag
from liquid.builtin.tags import (
    assign_tag,
    capture_tag,
    case_tag,
    comment_tag,
    for_tag,
    if_tag,
    inline_comment_tag,
    unless_tag,
)
from liquid.builtin.tags.for_tag import ForLoop
from liquid.builtin.tags.tablerow_tag import TableRow
from liquid.output import LimitedStringIO
from liquid.token import Token
from liquid.undefined import UNDEFINED, StrictDefaultUndefined, StrictUndefined, is_undefined
from liquid.utils import ReadOnlyChainMap

from kizuna.core.content.liquid_filters import FILTERS, LOCALISED

STEP_LIMIT = 10_000
LOOP_LIMIT = 1_000
OUTPUT_LIMIT = 500_000
"""Bytes of one part of a message."""

_LOCALISED_STEPS = 8
"""More than of any other filter: babel takes some 50 microseconds for a number or a date."""

_TAGS = (
    content_tag.Literal,
    output_tag.Output,
    illegal_tag.Illegal,
    if_tag.IfTag,
    unless_tag.UnlessTag,
    case_tag.CaseTag,
    for_tag.ForTag,
    for_tag.BreakTag,
    for_tag.ContinueTag,
    assign_tag.AssignTag,
    capture_tag.CaptureTag,
    comment_tag.CommentTag,
    inline_comment_tag.InlineCommentTag,
)
_TAG_WORDS = (
    "if elsif else endif unless endunless case when endcase for endfor break continue "
    "assign capture endcapture comment endcomment #"
)
TAGS = frozenset(_TAG_WORDS.split())


class _Missing(StrictDefaultUndefined):
    """Nothing may be done with a missing value, except to ask whether it is there."""

    __slots__ = ()
    allowed_properties = StrictUndefined.allowed_properties | {"__liquid__", "__bool__"}

    def __bool__(self) -> bool:
        return False

    def __liquid__(self) -> object:
        return None


class SandboxEnvironment(Environment):
    block_nesting_limit = 8
    context_depth_limit = 20
    loop_iteration_limit = LOOP_LIMIT
    local_namespace_limit = 100_000
    output_stream_limit = OUTPUT_LIMIT

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        del extra
        for tag in _TAGS:
            self.add_tag(tag)
        self.filters.update(FILTERS)


@cache
def environment(*, html: bool) -> SandboxEnvironment:
    return SandboxEnvironment(autoescape=html, undefined=_Missing)


_NO_TAGS: list[str] = []
_ELSEWHERE = object()
_OUTSIDE_OF_LOOPS = (
    3  # scopes: the template's own names, the values it is given, and one that the engine adds
)


class Output(LimitedStringIO):
    """The engine's, which counts bytes, without writing them all once more to count them."""

    def write(self, text: str, /) -> int:
        if not text.isascii():
            return super().write(text)
        self.size += len(text)
        if self.size > self.limit:
            raise faults.OutputStreamLimitError("output stream limit reached", token=None)
        return StringIO.write(self, text)


@dataclass(slots=True)
class Allowance:
    """The steps that the parts of one message may still take; each takes what it took off it."""

    steps: int = STEP_LIMIT


class Meter(RenderContext):
    """The engine's render context, with a meter and without its clock. `steps` is how many it may take."""

    __slots__ = ("_rounds", "_steps", "language")

    def __init__(
        self,
        template: BoundTemplate,
        *,
        values: Mapping[str, object],
        language: str,
        steps: int = STEP_LIMIT,
    ) -> None:
        super().__init__(template, globals=values)
        # The engine would add `now` and `today`, read from the machine.
        self.scope = ReadOnlyChainMap(self.locals, self.globals)
        self.language = language
        self._steps = STEP_LIMIT - steps
        self._rounds = 0

    @property
    def steps_left(self) -> int:
        return STEP_LIMIT - self._steps

    @property
    def disabled_tags(self) -> list[str]:
        """Every node asks for this before it renders, which makes it the place where nodes are counted."""
        self.charge(1)
        return _NO_TAGS

    @disabled_tags.setter
    def disabled_tags(self, _: list[str]) -> None:
        """The engine's own list stays empty: the tags that it would disable are not there."""

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        """For what a block says: with the room that is left."""
        return Output(limit=OUTPUT_LIMIT - (buf.size if isinstance(buf, LimitedStringIO) else 0))

    def charge(self, steps: int) -> None:
        self._steps += steps
        if self._steps > STEP_LIMIT:
            raise faults.ResourceLimitError("step limit reached", token=None)

    def get(self, path: list[object], *, token: Token | None, default: object = UNDEFINED) -> object:
        value = self._at_hand(path)
        if value is _ELSEWHERE:
            value = super().get(path, token=token, default=default)
        self.charge(1 + bulk(value))
        return value

    def _at_hand(self, path: list[object]) -> object:
        """A value that is simply there, for nearly all are: in mappings of mappings, with no name of the template's
        own in the way. The engine would find the same, by eleven questions for each step."""
        if self.scope.size() > _OUTSIDE_OF_LOOPS or self.locals:
            return _ELSEWHERE
        value: Any = self.globals
        for segment in path:
            if type(value) is not dict or type(segment) is not str or segment not in value:
                return _ELSEWHERE
            value = value[segment]
        return value

    def assign(self, key: str, val: Any) -> None:
        self.charge(1 + len(self.locals) // 8 + bulk(val))
        super().assign(key, val)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        applied = super().filter(name, token)
        base = 2 + (_LOCALISED_STEPS if name in LOCALISED else 0)

        def metered(left: object, *args: object, **kwargs: object) -> object:
            values = (left, *args, *kwargs.values())
            if name != "default":
                _demand(values)
            self.charge(base + sum(_weight(value) for value in values))
            result = applied(left, *args, **kwargs)
            self.charge(bulk(result))
            return result

        return metered

    @contextmanager
    def loop(self, namespace: Mapping[str, object], forloop: ForLoop | TableRow) -> Iterator[RenderContext]:
        self._rounds += forloop.length
        if self._rounds > LOOP_LIMIT:
            raise faults.LoopIterationLimitError("loop iteration limit reached", token=None)
        with super().loop(namespace, forloop) as context:
            yield context


def _demand(values: Iterable[object]) -> None:
    for value in values:
        if is_undefined(value):
            str(value)  # raises, with the name of what is missing


def bulk(value: Any) -> int:
    """Steps for the size of a value: short ones are free, and a list is gone through element by element."""
    # Not isinstance: it would look up `__class__`, which a missing value answers by raising.
    kind = type(value)
    if issubclass(kind, str):
        return len(value) >> 8
    return len(value) >> 3 if issubclass(kind, list | tuple | dict) else 0


def _weight(value: object) -> int:
    """Steps for all that a value holds: a filter for text first writes a list out, whatever is in it."""
    if not issubclass(type(value), list | tuple | dict):
        return bulk(value)
    steps, pending = 0, [value]
    while pending:
        held = pending.pop()
        if isinstance(held, dict):
            pending.extend(held.values())
        elif isinstance(held, list | tuple):
            pending.extend(held)
        else:
            steps += bulk(held)
            continue
        steps += 1 + bulk(held)
    return steps
