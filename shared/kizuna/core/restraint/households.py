"""Households: people who share a home, so that a frequency cap may spare them together (`scope: household`)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.ids import digest
from kizuna.core.people import Profile


class Household(BaseModel):
    """The trait that says to which household somebody belongs: equal values are one home.

    Only what a back end or an identity token vouches for counts. By the mere word of a page a stranger could use up
    what others may hear, or leave a home that has heard enough.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    trait: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")


def home_of(profile: Profile, rule: Household | None) -> str:
    """A reference to a person's household that does not show it; empty where none is known."""
    held = profile.traits.get(rule.trait) if rule is not None else None
    if held is None or not held.vouched:
        return ""
    value = held.value
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        return ""
    return "h" + digest("household", str(value).strip(), length=25)
