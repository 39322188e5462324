"""One compiled template and one person's values give one text, or a `RenderError`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from liquid import exceptions as faults
from liquid.token import Token

from kizuna.core.content.errors import (
    BudgetExceeded,
    ContextRefused,
    MissingVariable,
    RenderError,
    ValueRefused,
)
from kizuna.core.content.liquid_compile import Compiled, line_of
from kizuna.core.content.liquid_plain import Pieces, written
from kizuna.core.content.liquid_sandbox import OUTPUT_LIMIT, Allowance, Meter, Output

DEPTH_MAX = 32

_WRITTEN_PATH = re.compile(r"[\w.\-\[\]'\"?]{1,80}")


def run(
    compiled: Compiled, *, values: Mapping[str, object], language: str, allowance: Allowance | None = None
) -> str:
    """The rendered text. `values` must come from `plain`. Raises one of the `RenderError` tree.

    What it took is taken off the `allowance`; without one it has one of its own.
    """
    return "".join(run_in_pieces(compiled, values=values, language=language, allowance=allowance))


def run_in_pieces(
    compiled: Compiled, *, values: Mapping[str, object], language: str, allowance: Allowance | None = None
) -> Pieces:
    """The same in pieces, the author's words and values in turns; in one where only the engine can write it."""
    allowance = allowance or Allowance()
    if compiled.plan is not None:
        pieces = written(
            compiled.plan, compiled.template, values=values, language=language, allowance=allowance
        )
        if pieces is not None:
            return pieces
    return (_by_the_engine(compiled, values, language, allowance),)


def _by_the_engine(
    compiled: Compiled, values: Mapping[str, object], language: str, allowance: Allowance
) -> str:
    buffer = Output(limit=OUTPUT_LIMIT)
    context = Meter(compiled.template, values=values, language=language, steps=allowance.steps)
    try:
        compiled.template.render_with_context(context, buffer)
        return buffer.getvalue()
    except Exception as error:  # the engine and its filters raise whatever the data provoke
        failure = _explain(error, compiled.source)
    finally:
        allowance.steps = context.steps_left
    # Outside the handler, so that the engine's exception, which quotes data, is not attached to ours.
    raise failure


def _explain(error: Exception, source: str) -> RenderError:
    token = error.token if isinstance(error, faults.LiquidError) else None
    line = line_of(source, token.start_index) if token else None
    match error:
        case faults.UndefinedError():
            return MissingVariable(_written_path(token, source), line=line)
        case faults.ResourceLimitError() | RecursionError() | MemoryError():
            return BudgetExceeded("the template does too much", line=line)
        case UnicodeError():
            return ValueRefused("a value is not valid text", line=line)
        case _:
            return ValueRefused(f"a value could not be used ({type(error).__name__})", line=line)


def _written_path(token: Token | None, source: str) -> str:
    """The path as the author wrote it; the engine's own message would show computed keys."""
    found = _WRITTEN_PATH.match(source, token.start_index) if token else None
    return found.group() if found else "a variable"


def plain(value: object, *, field: str = "context", depth: int = 0) -> Any:
    """A copy that holds JSON's types only. Raises `ContextRefused` for other objects and too much depth."""
    match value:
        case None | bool():
            return value
        case str():
            return str.__str__(value)  # a subclass could claim to be HTML already
        case int() | float() | Decimal():
            return _plain_number(value, field)
        case date():
            return value.isoformat()
        case Mapping() | list() | tuple() if depth >= DEPTH_MAX:
            raise ContextRefused(f"nested more than {DEPTH_MAX} deep", field=field)
        case Mapping():
            return {
                _plain_key(key, field): plain(item, field=field, depth=depth + 1)
                for key, item in value.items()
            }
        case list() | tuple():
            return [plain(item, field=field, depth=depth + 1) for item in value]
        case _:
            raise ContextRefused(f"a value of type {type(value).__name__}", field=field)


def _plain_number(value: int | float | Decimal, field: str) -> int | float:
    if isinstance(value, int):
        return int(value)
    if not math.isfinite(value):
        raise ContextRefused("a number that is not finite", field=field)
    if isinstance(value, Decimal) and value.adjusted() < 18 and value == value.to_integral_value():
        return int(value)
    return float(value)


def _plain_key(key: object, field: str) -> str:
    if not isinstance(key, str):
        raise ContextRefused("a key that is not text", field=field)
    return str.__str__(key)
