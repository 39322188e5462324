"""What the stack tells whoever works with it. The command line reads these by name, so names do not change."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, Stack
from constructs import Construct


def tell(stack: Stack, outputs: Mapping[str, str]) -> None:
    """Add outputs under exactly these names."""
    scope = Construct(stack, "Outputs")
    for name, value in outputs.items():
        CfnOutput(scope, name, value=value).override_logical_id(name)


def camel_case(name: str) -> str:
    """`lost-changes` as `LostChanges`."""
    return "".join(part.capitalize() for part in name.split("-"))
