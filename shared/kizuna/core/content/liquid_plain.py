"""What is plain in a template, written without the engine: words, values as they are, and choices between them.

That is nearly all of a mail, and the engine takes several times as long for it. What is not plain (a filter, a loop,
a comparison) the engine is asked for where it stands. So is the whole, wherever something is missing, too long or
broken: the engine then says what, and every other answer is the one that it would have given, steps included
(`Meter`).

What was written comes in pieces: the author's words, a value, the author's words, and so on. Whoever has to look
through many mails of one template then looks at the author's words once (`seen_in_pieces.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from liquid import BoundTemplate
from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import BooleanExpression, FilteredExpression, Path
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.expression import Expression
from liquid.stringify import to_liquid_string

from kizuna.core.content.liquid_sandbox import OUTPUT_LIMIT, Allowance, Meter, Output, bulk

Pieces = tuple[str, ...]
"""Together the text; the author's words stand at 0, 2, 4 and so on, and what is known of one person between them."""

_ABSENT: Any = object()
# Of these the engine makes more than a look-up.
_OF_THE_ENGINE = frozenset({"size", "first", "last"})
_ADDED = frozenset({"partial"})  # to the names of the values, by the engine


@dataclass(frozen=True, slots=True)
class _Value:
    """`{{ person.traits.first_name }}`, and what `if` asks for in that way."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    """`if`, with its `elsif` and `else`: the first block whose question is answered with yes."""

    branches: tuple[tuple[_Value | Expression, Plan], ...]
    otherwise: Plan | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write, in order: words, values, values that the engine works out, choices, and what it writes."""

    steps: tuple[str | _Value | Expression | _Choice | Node, ...]
    cost: int
    """Steps of the meter, without those of what is looked up and of what the engine writes."""


class _NotPlain(Exception):
    """The engine has to say what is the matter."""


def plan_of(template: BoundTemplate) -> Plan | None:
    """How a template is written without the engine; None for one with names of its own, which may be any value's."""
    return _block(template.nodes)


def _block(nodes: Iterable[Node]) -> Plan | None:
    steps: list[str | _Value | Expression | _Choice | Node] = []
    cost = 0
    for node in nodes:
        step = _step(node)
        if step is None:
            return None
        cost += 0 if step is node else 1
        steps.append(step)
    return Plan(tuple(steps), cost)


def _step(node: Node) -> str | _Value | Expression | _Choice | Node | None:
    match node:
        case ContentNode():
            return str(node.text)
        case OutputNode():
            return _shown(node.expression)
        case IfNode() if not node.blank and not any(each.block.blank for each in node.alternatives):
            return _choice(node)  # of blank blocks the engine writes nothing, and still goes through them
        case _:
            return None if _names_something(node) else node


def _shown(expression: Expression) -> _Value | Expression:
    match expression:
        case FilteredExpression(left=Path() as path, filters=filters) if not filters:
            return _plain_value(path) or expression
        case _:
            return expression


def _choice(node: IfNode) -> _Choice | None:
    blocks = [
        (node.condition, node.consequence),
        *((each.expression, each.block) for each in node.alternatives),
    ]
    branches = []
    for condition, block in blocks:
        plan = _inner(block)
        if plan is None:
            return None
        branches.append((_question(condition), plan))
    otherwise = None if node.default is None else _inner(node.default)
    if node.default is not None and otherwise is None:
        return None
    return _Choice(tuple(branches), otherwise)


def _inner(block: BlockNode) -> Plan | None:
    plan = _block(block.nodes)
    return None if plan is None else Plan(plan.steps, plan.cost + 1)


def _question(condition: Expression) -> _Value | Expression:
    if isinstance(condition, BooleanExpression) and isinstance(condition.expression, Path):
        return _plain_value(condition.expression) or condition
    return condition


def _plain_value(path: Path) -> _Value | None:
    names = tuple(name for name in path.path if isinstance(name, str) and name not in _OF_THE_ENGINE)
    return _Value(names) if len(names) == len(path.path) and names[0] not in _ADDED else None


def _names_something(node: Node) -> bool:
    """Whether a node, or one inside it, gives a name to a value."""
    pending = [node]
    while pending:
        each = pending.pop()
        if list(each.template_scope()):
            return True
        pending.extend(each.children(_NO_CONTEXT))
    return False


_NO_CONTEXT: Any = None  # nodes ask it for other templates, which no tag here loads


def written(
    plan: Plan, template: BoundTemplate, *, values: Mapping[str, object], language: str, allowance: Allowance
) -> Pieces | None:
    """The text in pieces, with its steps taken off the allowance; None where the engine has to write the whole."""
    writing = _Writing(template, values, language, allowance.steps)
    try:
        writing.write(plan)
        steps = writing.steps
    except Exception:  # whatever it is: the engine meets it again, and says what
        return None
    if steps > allowance.steps or writing.is_too_long:
        return None
    allowance.steps -= steps
    return tuple(writing.pieces)


def _said(value: object, html: bool) -> str:
    """As the engine says it, and plain text from here on: on the escaper's own kind of it each method wraps anew."""
    return str.__str__(to_liquid_string(value, html))


class _Writing:
    """One part of one message, while it is written."""

    __slots__ = ("_context", "_html", "_language", "_left", "_steps", "_template", "_values", "pieces")

    def __init__(
        self, template: BoundTemplate, values: Mapping[str, object], language: str, left: int
    ) -> None:
        self._template, self._values, self._language = template, values, language
        self._html: bool = template.env.autoescape
        self._context: Meter | None = None
        self._left, self._steps = left, 0
        self.pieces: list[str] = []

    @property
    def steps(self) -> int:
        """That it took, the engine's with them."""
        return self._steps + (self._left - self._context.steps_left if self._context is not None else 0)

    @property
    def is_too_long(self) -> bool:
        size = sum(map(len, self.pieces))
        return size * 4 > OUTPUT_LIMIT and sum(len(piece.encode()) for piece in self.pieces) > OUTPUT_LIMIT

    def write(self, plan: Plan) -> None:
        """Where two words of the author's meet, there is a value of nothing between them."""
        self._steps += plan.cost
        pieces, html = self.pieces, self._html
        for step in plan.steps:
            if isinstance(step, str):
                pieces.extend(("", step) if len(pieces) & 1 else (step,))
                continue
            if isinstance(step, _Choice):
                self._choose(step)
                continue
            if isinstance(step, _Value):
                value = self._found(step.path)
                if value is _ABSENT:
                    raise _NotPlain
                said = _said(value, html)
            elif isinstance(step, Expression):
                said = _said(step.evaluate(self._engine()), html)
            else:
                buffer = Output(limit=OUTPUT_LIMIT)
                step.render(self._engine(), buffer)
                said = buffer.getvalue()
            pieces.extend((said,) if len(pieces) & 1 else ("", said))

    def _choose(self, choice: _Choice) -> None:
        for question, plan in choice.branches:
            if self._is_true(question):
                self.write(plan)
                return
        if choice.otherwise is not None:
            self.write(choice.otherwise)

    def _is_true(self, question: _Value | Expression) -> bool:
        if isinstance(question, _Value):
            value = self._found(question.path)
            return value is not _ABSENT and value is not None and value is not False
        return bool(question.evaluate(self._engine()))

    def _found(self, path: tuple[str, ...]) -> object:
        """A value in mappings of mappings, or that it is absent there. Raises _NotPlain for any other way to it."""
        value: Any = self._values
        for name in path:
            if type(value) is not dict:
                raise _NotPlain
            if name not in value:
                self._steps += 1
                return _ABSENT
            value = value[name]
        self._steps += 1 + bulk(value)
        return value

    def _engine(self) -> Meter:
        if self._context is None:
            self._context = Meter(
                self._template, values=self._values, language=self._language, steps=self._left
            )
            # As the engine does before it writes a template.
            self._context.scope.push(self._template.make_partial_namespace(False, {}))
        return self._context
