"""One query, in the words of each engine."""

from __future__ import annotations

from typing import Literal

from sqlglot import exp
from sqlglot.errors import ErrorLevel

Dialect = Literal["duckdb", "athena"]

_SHA256 = "KIZUNA_SHA256"


def sha256_hex(text: exp.Expr) -> exp.Expr:
    """The hash of a text's UTF-8, in lower-case hexadecimal digits."""
    return exp.Anonymous(this=_SHA256, expressions=[text])


def rendered(query: exp.Expr, dialect: Dialect) -> str:
    """The text of a query. Raises sqlglot's UnsupportedError for what a dialect cannot say."""

    def in_its_words(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Anonymous) and node.this == _SHA256:
            return _sha256(node.expressions[0], dialect)
        return node

    spoken = query.copy().transform(in_its_words, copy=False)
    return str(spoken.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE))


def _sha256(text: exp.Expr, dialect: Dialect) -> exp.Expr:
    """DuckDB hashes a text and gives digits; Trino hashes bytes and gives bytes."""
    if dialect == "duckdb":
        return exp.Anonymous(this="SHA256", expressions=[text])
    raw = exp.Anonymous(this="SHA256", expressions=[exp.Anonymous(this="TO_UTF8", expressions=[text])])
    return exp.Anonymous(this="LOWER", expressions=[exp.Anonymous(this="TO_HEX", expressions=[raw])])
