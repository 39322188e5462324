"""Conditions that ask for the arm of a campaign's experiment, told who that is before they are read.

    {variant: short, experiment: spring-sale}     ▶ with the arms of the campaign spring-sale, and the salt they are
                                                    drawn by

So who is asked for is who gets the arm, and after a change of the arms whoever gets it then. What somebody was told
because a winner was found, or is kept from by a holdout, is no part of the draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from kizuna.core.campaigns.arms import CampaignExperiment
from kizuna.core.campaigns.words_compared import with_words
from kizuna.core.experiments.assignment import salt_of

Drawn = Mapping[str, dict[str, Any]]  # what a condition is told of an experiment, by its campaign


def draws_of(documents: Mapping[tuple[str, str], Mapping[str, Any]]) -> Drawn:
    """The arms and the salt of every campaign's experiment that can be read; what is wrong with others is told where
    they are read."""
    found = {}
    for (kind, name), document in documents.items():
        if kind != "campaign" or not isinstance(document.get("experiment"), Mapping):
            continue
        try:
            experiment = CampaignExperiment.model_validate(with_words(document, documents)["experiment"])
        except ValidationError:
            continue
        arms = [{"name": arm.name, "weight": arm.weight} for arm in experiment.arms]
        found[name] = {"arms": arms, "salt": salt_of(experiment, name)}
    return found


def with_draws(document: Any, drawn: Drawn) -> Any:
    """A document with what its conditions have to be told; the very same where none asks."""
    if isinstance(document, Mapping):
        told = {name: with_draws(value, drawn) for name, value in document.items()}
        experiment = document.get("experiment")
        if "variant" in document and "arms" not in document and isinstance(experiment, str):
            told |= drawn.get(experiment, {})
        return told
    return [with_draws(each, drawn) for each in document] if isinstance(document, list | tuple) else document
