"""What every check of definitions against each other is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Parsed = Mapping[str, Mapping[str, Any]]  # the typed definitions by kind, then by id
Origin = Callable[[str, str], str]  # where the definition of this kind and id is written
