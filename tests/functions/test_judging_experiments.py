"""Every minute: experiments are looked at, and trouble with them is in nobody's way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kizuna.adapters.tables.trials import TrialsTable
from kizuna.core.errors import Unavailable
from kizuna.runtime.observability import metrics
from kizuna.topology import Function
from tests.support.clouds import a_lambda_event, running_shop, sample_documents


def with_an_experiment() -> dict[tuple[str, str], Mapping[str, Any]]:
    documents = dict(sample_documents())
    arms = [{"name": "plain"}, {"name": "silence", "nothing": True}]
    documents["campaign", "hello"] = {**documents["campaign", "hello"], "experiment": {"arms": arms}}
    return documents


def test_an_experiment_that_cannot_be_judged_holds_nobody_up_and_is_looked_at_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    monkeypatch.setattr(metrics, "add_metric", lambda name, unit, value, resolution=60: told.append(name))

    def down(self: TrialsTable) -> Any:
        raise Unavailable("the table")

    with running_shop(documents=with_an_experiment()) as shop:
        shop.greet("anna")
        with monkeypatch.context() as patch:
            patch.setattr(TrialsTable, "current", down)
            assert shop.invoke(Function.WAKE, a_lambda_event("schedule/wake")) == {"rung": 0}
        assert "ExperimentsNotJudged" in told
        assert shop.wired.trials.current() == {}
        told.clear()
        shop.invoke(Function.WAKE, a_lambda_event("schedule/wake"))
        (standing,) = shop.wired.trials.current().values()
        assert (standing.campaign, standing.began_at) == ("hello", shop.now)
        assert told.count("ExperimentsNotJudged") == 0
