"""The variables that functions are given are those that the topology names; with these `tests/local` runs them."""

from __future__ import annotations

import pytest

from kizuna.topology import FUNCTIONS, FunctionSpec, variables
from tests.infra.reading import Reader

pytest.importorskip("aws_cdk", reason="CDK is in the environment of `make check` (group infra) only")


@pytest.mark.parametrize("spec", FUNCTIONS, ids=lambda spec: spec.name.value)
def test_a_function_is_given_the_variables_that_the_topology_names(
    everything: Reader, spec: FunctionSpec
) -> None:
    deployed = everything.properties("AWS::Lambda::Function")[f"{spec.name.title()}/Function"]
    by_sns = {"KIZUNA_PUSH_SNS_IOS", "KIZUNA_PUSH_SNS_ANDROID"}  # instead of the push application
    assert set(deployed["Environment"]["Variables"]) == variables(spec) - by_sns
