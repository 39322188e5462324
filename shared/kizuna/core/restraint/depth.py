"""How deep a message may look into what is known of a person: which traits a template is told.

depth    a template is told
none     no trait
basic    the traits that are not deep
full     deep traits as well, where the person agreed to personalisation (purpose `personalisation`, `consent.md` 16)

Somebody's own wish stands in a trait and may go either way where they themselves, or a back end, said so; a page that
merely claims it can only make it less. A deep trait that is not told is replaced by its declared fallback, or it is
absent, as if nobody had ever known it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.people import Profile
from kizuna.core.traits import TraitDefinition

Depth = Literal["none", "basic", "full"]
PERSONALISATION = "personalisation"
_ORDER: tuple[Depth, ...] = ("none", "basic", "full")


class PrivacyDepth(BaseModel):
    """The company's rule: how deep messages look into whoever said nothing, and the trait in which wishes stand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: Depth = "full"
    trait: str = Field(default="privacy_depth", pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")


@dataclass(frozen=True, slots=True)
class Told:
    """What a template is told of a person's traits, and the names of those that were held back."""

    traits: Mapping[str, Any]
    depth: Depth
    withheld: tuple[str, ...] = ()


def depth_of(profile: Profile, rule: PrivacyDepth) -> Depth:
    """How deep a message may look into this person, before it is asked whether they agreed to it."""
    wish = profile.traits.get(rule.trait)
    told = next((depth for depth in _ORDER if wish is not None and wish.value == depth), None)
    if wish is None or (told is None and wish.value is None):
        return rule.default
    if told is None:
        return "none"  # they wished for something that we cannot read: less is sure to be right
    return told if wish.vouched else min(told, rule.default, key=_ORDER.index)


def told_to_templates(
    profile: Profile,
    definitions: Mapping[str, TraitDefinition],
    rule: PrivacyDepth,
    *,
    language: str,
    agreed: Callable[[], bool],
) -> Told:
    """The values that a template is told. `agreed` is asked only where a deep trait is known and may be told."""
    depth = depth_of(profile, rule)
    deep = {name for name in profile.traits if name in definitions and definitions[name].is_deep}
    if depth == "full" and deep and not agreed():
        depth = "basic"
    hidden = set(profile.traits) if depth == "none" else deep if depth == "basic" else set()
    values = {name: held.value for name, held in profile.traits.items() if name not in hidden}
    for name in hidden:
        fallback = definitions[name].fallback_in(language) if name in definitions else None
        if fallback is not None:
            values[name] = fallback
    return Told(values, depth, tuple(sorted(hidden)))
