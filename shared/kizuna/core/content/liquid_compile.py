"""From the text of a template to a parsed and inspected one, or to the reason why it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from liquid import BoundTemplate, RenderContext
from liquid import exceptions as faults
from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import FilteredExpression, LoopExpression, Path
from liquid.builtin.expressions.primitive import IntegerLiteral, RangeLiteral, StringLiteral
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.for_tag import BreakNode, ContinueNode, ForNode
from liquid.expression import Expression
from liquid.stringify import to_liquid_string

from kizuna.core.content.errors import TemplateRefused
from kizuna.core.content.liquid_filters import FILTERS
from kizuna.core.content.liquid_plain import Plan, plan_of
from kizuna.core.content.liquid_sandbox import LOOP_LIMIT, TAGS, environment

NODE_LIMIT = 2_000
MARKUP_MAX = 1_000
BLANKS_MAX = 200
EXPRESSION_LIMIT = 40

ROOTS: Mapping[str, frozenset[str]] = {
    "person": frozenset({"traits", "language"}),
    "brand": frozenset({"id", "name", "legal_name", "postal_address", "support_url"}),
    "event": frozenset({"name", "properties"}),
    "links": frozenset({"unsubscribe", "preferences", "visit", "confirm", "survey"}),
    "consent": frozenset({"wording_version", "asked_at"}),
    "campaign": frozenset({"id", "name"}),
    "digest": frozenset({"items", "count"}),
}
"""Everything a template may ask for. No template may use these names for its own variables."""

_OPENING = re.compile(r"\{[{%]")
_TAG_NAME = re.compile(r"\{%-?\s*(#|\w*)")
_BREAK_TAG = re.compile(r"<br ?/?>")
_BLANKS = re.compile(rf"\s{{{BLANKS_MAX + 1}}}")


@dataclass(frozen=True, slots=True)
class Variable:
    """A path that a template reads, such as ("person", "traits", "first_name"), and where."""

    path: tuple[str, ...]
    line: int

    def __str__(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A parsed template. Holds no data of a person; safe to keep and to share."""

    source: str
    template: BoundTemplate
    variables: tuple[Variable, ...]
    filters: frozenset[str]
    plan: Plan | None = None
    """How it is written without the engine, where it gives no names of its own."""


@lru_cache(maxsize=512)
def compile_source(source: str, *, html: bool) -> Compiled:
    """Parse and inspect. The same text is parsed once. Raises `TemplateRefused` with code and line.

    `html` chooses the environment that escapes every value for HTML; the other one escapes nothing.
    """
    _scan(source)
    template = _parse(source, html=html)
    _inspect(list(_walk(template)), source, html=html)
    analysis = template.analyze()
    for name, spans in analysis.filters.items():
        if name not in FILTERS:
            _refuse("unknown_filter", f"unknown filter {name[:40]!r}", source, spans[0].index)
    variables = tuple(
        sorted(
            {
                Variable(_static_path(found.segments), line_of(source, found.span.index))
                for group in analysis.globals.values()
                for found in group
            },
            key=lambda variable: (variable.line, variable.path),
        )
    )
    return Compiled(source, template, variables, frozenset(analysis.filters), plan_of(template))


def _scan(source: str) -> None:
    """One linear look at the markup before the engine's regular expressions, some of which are quadratic."""
    if blanks := _BLANKS.search(source):
        _refuse("syntax", f"more than {BLANKS_MAX} blanks in a row", source, blanks.start())
    position = 0
    while opening := _OPENING.search(source, position):
        start = opening.start()
        closing = source.find("}}" if opening.group() == "{{" else "%}", start + 2)
        if closing < 0:
            _refuse("syntax", f"{opening.group()} is never closed", source, start)
        if closing - start > MARKUP_MAX:
            _refuse("syntax", f"an expression longer than {MARKUP_MAX} characters", source, start)
        if opening.group() == "{%":
            _check_tag_name(source, start)
        position = closing + 2


def _check_tag_name(source: str, start: int) -> None:
    named = _TAG_NAME.match(source, start)
    name = named.group(1) if named else ""
    if name not in TAGS:
        _refuse("unknown_tag", f"unknown tag {name[:40]!r}", source, start)


def _parse(source: str, *, html: bool) -> BoundTemplate:
    try:
        return environment(html=html).from_string(source)
    except faults.LiquidError as error:
        failure = _explain_syntax(error, source)
    except RecursionError:
        failure = TemplateRefused("nested too deeply", code="budget")
    raise failure


def _explain_syntax(error: faults.LiquidError, source: str) -> TemplateRefused:
    line = line_of(source, error.token.start_index) if error.token else None
    if isinstance(error, faults.BlockNestingError):
        return TemplateRefused("nested too deeply", code="budget", line=line)
    return TemplateRefused(str(error.message)[:200], code="syntax", line=line)


def _inspect(nodes: list[tuple[Node, bool]], source: str, *, html: bool) -> None:
    """What the grammar allows and the room does not."""
    if len(nodes) > NODE_LIMIT:
        raise TemplateRefused(f"more than {NODE_LIMIT} parts", code="budget")
    for node, looped in nodes:
        start = node.token.start_index
        if isinstance(node, BreakNode | ContinueNode) and not looped:
            _refuse("syntax", f"{node.token.value} outside of a loop", source, start)
        for name in (*node.template_scope(), *node.block_scope()):
            if name in ROOTS:
                _refuse("reserved_name", f"{name} cannot be assigned", source, start)
        expressions = [part for top in node.expressions() for part in _parts(top)]
        if len(expressions) > EXPRESSION_LIMIT:
            _refuse("budget", "an expression with too many parts", source, start)
        _inspect_ranges(expressions, source)
        if html:
            _inspect_literals(expressions, source)


def _inspect_ranges(expressions: list[Expression], source: str) -> None:
    """`(1..5)` is for loops. Elsewhere, or with computed bounds, three words can hold a billion."""
    looped = [part.iterable for part in expressions if isinstance(part, LoopExpression)]
    for part in expressions:
        if not isinstance(part, RangeLiteral):
            continue
        start, stop = part.start, part.stop
        if not any(part is iterable for iterable in looped):
            _refuse("range", "a range belongs into a for tag", source, part.token.start_index)
        if not (isinstance(start, IntegerLiteral) and isinstance(stop, IntegerLiteral)):
            _refuse("range", "the bounds of a range must be numbers", source, part.token.start_index)
        if stop.value - start.value >= LOOP_LIMIT:
            _refuse("budget", f"a range of more than {LOOP_LIMIT}", source, part.token.start_index)


def _inspect_literals(expressions: list[Expression], source: str) -> None:
    """The engine takes a literal in an expression for finished HTML. Tags belong outside, where lint sees them."""
    for part in expressions:
        if isinstance(part, StringLiteral) and "<" in _BREAK_TAG.sub("", part.value):
            _refuse("markup", "a tag inside an expression; only <br> may be", source, part.token.start_index)


def _walk(template: BoundTemplate) -> Iterator[tuple[Node, bool]]:
    """Every node, and whether it stands inside a loop."""
    static = RenderContext(template)
    pending = [(node, False) for node in reversed(template.nodes)]
    while pending:
        node, looped = pending.pop()
        yield node, looped
        inside = looped or isinstance(node, ForNode)
        pending.extend((child, inside) for child in reversed(list(node.children(static))))


def _parts(expression: Expression) -> Iterator[Expression]:
    pending = [expression]
    while pending:
        part = pending.pop()
        yield part
        pending.extend(part.children())


def _static_path(segments: Iterable[object]) -> tuple[str, ...]:
    return tuple(segment if isinstance(segment, str) else "*" for segment in segments)


def line_of(source: str, index: int) -> int:
    return source.count("\n", 0, max(index, 0)) + 1


def _refuse(code: str, detail: str, source: str, index: int) -> NoReturn:
    raise TemplateRefused(detail, code=code, line=line_of(source, index))


def certain_text(compiled: Compiled, *, known: Mapping[str, object], html: bool) -> str:
    """What every reader sees, whatever the data: text and `known` variables outside of any condition or loop.

    A check of duties rests on this: an unsubscribe link inside an `if` is not certain.
    """
    return "".join(_certain(node, known, html) for node in compiled.template.nodes)


def _certain(node: Node, known: Mapping[str, object], html: bool) -> str:
    if isinstance(node, ContentNode):
        return node.text
    if not isinstance(node, OutputNode):
        return ""
    expression = node.expression
    if not isinstance(expression, FilteredExpression) or expression.filters:
        return ""
    if not isinstance(expression.left, Path):
        return ""
    value: object = known
    for segment in expression.left.path:
        if not isinstance(value, Mapping) or not isinstance(segment, str):
            return ""
        value = value.get(segment)
    return to_liquid_string(value, html) if isinstance(value, str) else ""


def markup_of(source: str) -> Iterator[tuple[int, int]]:
    """Start and end of each `{{ … }}` and `{% … %}` of a scanned source, in order."""
    position = 0
    while opening := _OPENING.search(source, position):
        start = opening.start()
        position = source.index("}}" if opening.group() == "{{" else "%}", start + 2) + 2
        yield start, position
