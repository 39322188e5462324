"""What a workspace says about how many people a run may be for before somebody has to look at it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Times = Annotated[float, Field(gt=1, le=1_000, allow_inf_nan=False)]


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LaunchGuard(_Rule):
    """A run for nobody, for more than `at_most` people, or for more than `grows_at_most` times as many as the last
    run that began, is refused at its launch.

    An audience of fewer than `small` people may grow as it likes. Somebody in two segments of the audience counts in
    each; large segments are estimated, to within a few per cent.
    """

    at_most: Annotated[int, Field(ge=1)] | None = None
    grows_at_most: Times | None = 5.0
    small: Annotated[int, Field(ge=0)] = 1_000


class BlastGuard(_Rule):
    """A scheduled promotion to everyone needs the campaign's `override_reason`, and so does one to more than this
    `share` of all whom we can reach, unless they are fewer than `small`."""

    share: Share = 0.5
    small: Annotated[int, Field(ge=0)] = 1_000
