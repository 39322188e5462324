"""Expressions parsed once each, and those of updates walked without asking an abstract class for its kind.

moto parses a condition up to three times per write: for the request, for the transaction and for the put.
The time of an update in moto goes into its expression: parsed twice per call, then walked by ten
validators, two of which look at all actions again at every action. What they check is unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.parsing import validators

# These two files of moto begin with `type: ignore`, so to mypy they are empty.
from moto.dynamodb.parsing.ast_nodes import (  # type: ignore[attr-defined]
    DepthFirstTraverser,
    Expression,
    Node,
    UpdateExpressionFunction,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator

from kizuna.local.storage import DYNAMODB

# An expression is code, so there are few; validators work on a copy of the parsed one.
_PARSED: Final = 2_000


@cache
def _is_node(kind: Any) -> bool:
    return issubclass(kind, Node)


@cache
def _has_clauses(kind: Any) -> bool:
    return issubclass(kind, Expression | UpdateExpressionFunction)


@cache
def _is_any_of(kind: Any, wanted: tuple[type, ...]) -> bool:
    return issubclass(kind, wanted)


@DYNAMODB.replaces(Node, "find_clauses")
def _find_clauses(_original: Callable[..., Any], node: Any, clause_types: Any) -> list[Any]:
    found: list[Any] = []
    for child in node.children or ():
        kind: Any = type(child)
        if kind in clause_types:
            found.append(child)
        elif _has_clauses(kind):
            found.extend(_find_clauses(_original, child, clause_types))
    return found


@DYNAMODB.replaces(DepthFirstTraverser, "traverse_node_recursively")
def _traverse(_original: Callable[..., Any], walker: Any, node: Any, child_id: int = -1) -> Any:
    return _walk(walker, walker.nodes_to_be_processed(), node, child_id)


def _walk(walker: Any, wanted: tuple[type, ...], node: Any, child_id: int) -> Any:
    kind: Any = type(node)
    if not _is_node(kind):
        return node
    parent = node.parent
    for position, child in enumerate(node.children or ()):
        walker.pre_processing_of_child(node, position)
        _walk(walker, wanted, child, position)
    if _is_any_of(kind, wanted):
        node = walker.process(node)
        node.parent = parent
        if parent:
            parent.children[child_id] = node
    return node


@DYNAMODB.replaces(OverlappingPathsValidator, "traverse")
def _check_paths(_original: Callable[..., Any], walker: Any, node: Any) -> Any:
    return walker.check_for_overlapping_paths(node)


@DYNAMODB.replaces(ActionCountValidator, "traverse")
def _check_counts(_original: Callable[..., Any], walker: Any, node: Any) -> Any:
    return walker.verify_action_counts(node)


@lru_cache(maxsize=_PARSED)
def _parsed(parse: Callable[[str], Any], expression: str) -> Any:
    return parse(expression)


def _copy_of_tree(node: Any, parent: Any = None) -> Any:
    kind: Any = type(node)
    if not _is_node(kind):
        return node
    twin = object.__new__(kind)
    vars(twin).update(vars(node), parent=parent)
    if node.children is not None:
        twin.children = [_copy_of_tree(child, twin) for child in node.children]
    return twin


_parse: Final = UpdateExpressionParser.make
DYNAMODB.replaces_value(UpdateExpressionParser, "make", staticmethod(lambda text: _parsed(_parse, text)))
DYNAMODB.replaces_value(validators, "deepcopy", _copy_of_tree)

# What a condition is made of, and what its parser found: the tree, and the names and values that it uses.
_Condition = tuple[Any, list[str], list[str]]
_conditions: Final[dict[tuple[Any, str, str], _Condition]] = {}


@DYNAMODB.replaces(ConditionExpressionParser, "parse")
def _parse_condition(original: Callable[..., Any], parser: Any) -> Any:
    """A parsed condition is only asked, never changed. With the values in it, for they are part of the tree."""
    if not parser.condition_expression:
        return original(parser)
    names, values = parser.expression_attribute_names, parser.expression_attribute_values
    key = (parser.condition_expression, repr(names), repr(values))
    found = _conditions.get(key)
    if found is None:
        tree = original(parser)
        if len(_conditions) >= _PARSED:
            del _conditions[next(iter(_conditions))]
        _conditions[key] = (tree, list(parser.expr_attr_names_found), list(parser.expr_attr_values_found))
        return tree
    parser.expr_attr_names_found.extend(found[1])
    parser.expr_attr_values_found.extend(found[2])
    return found[0]


DYNAMODB.after_uninstall(_conditions.clear)
