"""What every part of a campaign's definition shares: it is frozen, and an unknown key is refused."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

SLUG = r"^[a-z][a-z0-9-]{0,63}$"
CAMPAIGN_ID = r"^[a-z][a-z0-9-]{0,63}(\.[a-z][a-z0-9-]{0,63})?$"  # with a dot: <journey>.<step>


class Definition(BaseModel):
    """A part of a definition as somebody wrote it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
