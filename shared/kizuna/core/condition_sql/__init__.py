"""Conditions as SQL over the lake, one text for every engine (`docs/lake.md`).

compiling    a condition as a query         rendering   in the words of DuckDB and of Athena
  comparing  about traits and properties    thresholds  where an answer turns, exactly
  events     about what was done            amounts     sums without a rest
  persons    about where a person stands    terms       expressions of SQL
"""

from kizuna.core.condition_sql.compiling import Question, compile_condition
from kizuna.core.condition_sql.rendering import Dialect
from kizuna.core.condition_sql.terms import NotInLake

__all__ = ["Dialect", "NotInLake", "Question", "compile_condition"]
