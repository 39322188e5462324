"""Questions about what is known of a person."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from kizuna.core.conditions.base import Node, Scalar
from kizuna.core.conditions.comparing import TraitOperator, value_problem


class Comparison(Node):
    op: TraitOperator
    value: Scalar | tuple[Scalar, ...] | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> Comparison:
        problem = value_problem(self.op, self.value)
        if problem:
            raise ValueError(problem)
        return self


class TraitIs(Comparison):
    type: Literal["trait"] = "trait"
    trait: str = Field(min_length=1, max_length=200)
