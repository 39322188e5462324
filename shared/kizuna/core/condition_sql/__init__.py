"""Conditions as SQL over the lake, one text for every engine (`docs/lake.md`).

compiling    a condition as a query           rendering   in the words of DuckDB and of Athena
  comparing  about traits and properties      clocks      … and the clock         others   … and another value
  filters    about events and objects         areas       about places            places   where cells are
  events     about what was done              windows     in which time           sequences  in which order
  gathering  the tables that it takes         persons     about where a person stands
calendars    days and months as columns       thresholds  where an answer turns, exactly
amounts      sums without a rest              terms       expressions of SQL
"""

from kizuna.core.condition_sql.compiling import Columns, Question, compile_condition
from kizuna.core.condition_sql.rendering import Dialect
from kizuna.core.condition_sql.terms import NotInLake

__all__ = ["Columns", "Dialect", "NotInLake", "Question", "compile_condition"]
