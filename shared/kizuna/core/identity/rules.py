"""Who counts as the same person, as a workspace may define it (`rules-spec.md` 2.1, 2.2): the kind `identity`.

There is one such definition, with the id `identity`; without it the defaults of this file are in force. What is said
of an identifier type replaces the default of that type key by key. `compiled` turns a definition into the plain
values that resolution works with: no pydantic and no pattern is built for an event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_core import SchemaError, SchemaValidator, core_schema

from kizuna.core.durations import Duration

Normaliser = Literal["lower_trim", "email", "e164", "digits", "nfkc", "none"]
Window = Literal["ever", "annual", "monthly", "weekly"]
TieBreaker = Literal[
    "most_identifiers", "highest_trust", "newest_event", "oldest_created", "newest_created", "newest_updated",
    "oldest_updated",
]  # fmt: skip
Likeness = Literal["exact", "initial", "prefix"]

TYPE_PATTERN = r"^[a-z][a-z0-9_]{0,31}$"
PATTERN_MAX = 256
DERIVED = "match:"  # begins the type of an identifier that a match rule derives; no other type holds a colon
DERIVED_LIMIT = 20
DERIVED_PRIORITY = 95
DEVICES = frozenset(
    {"anonymous_id", "push_token", "android_id", "ios_id", "idfa", "ga_client_id"}
)  # identifiers of a thing, which people may share
_WINDOWS: Mapping[Window, Duration | None] = {
    "ever": None,
    "annual": Duration(months=12),
    "monthly": Duration(months=1),
    "weekly": Duration(seconds=7 * 86_400),
}
# Addresses are read from the same values as these identifiers, so both have to be normalised alike.
_FIXED: Mapping[str, Normaliser] = {"email": "email", "phone": "e164", "push_token": "nfkc"}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Blocked(_Model):
    """Values that name nobody, by a pattern. It is searched for: `^` and `$` tie it to the whole value."""

    matches: str = Field(min_length=1, max_length=PATTERN_MAX)

    @field_validator("matches")
    @classmethod
    def _takes_linear_time(cls, pattern: str) -> str:
        search(pattern)
        return pattern


class Limit(_Model):
    """How many values of one type a profile may hold, counted over those that it came to hold within `window`."""

    count: int = Field(ge=1, le=1000)
    window: Window = "ever"


class IdentifierDefinition(_Model):
    """How identifiers of one type behave. What is not said stays as it is by default for the type."""

    type: str = Field(pattern=TYPE_PATTERN)
    normaliser: Normaliser | None = None
    blocked: tuple[Annotated[str, Field(max_length=512)] | Blocked, ...] = Field(default=(), max_length=200)
    limit: Limit | None = None
    priority: int | None = Field(default=None, ge=1, le=90)  # 1 is strongest
    unique: bool | None = None
    trust: float | None = Field(default=None, ge=0, le=1)  # what a match on a proven value alone is worth …
    unverified_trust: float | None = Field(default=None, ge=0, le=1)  # … and on one that nobody vouched for
    verified_only: bool = False
    retention: Duration | None = None
    follows_login: bool | None = None  # whoever proved last to be signed in has it

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        fixed = _FIXED.get(self.type)
        if fixed and self.normaliser not in (None, fixed):
            raise ValueError(f"normaliser: addresses are compared as {fixed}, so a {self.type} is too")
        if self.type == "user_id" and self.unique is False:
            raise ValueError("unique: without user ids that belong to one person nobody could be found")
        if self.retention is not None and self.retention == Duration():
            raise ValueError("retention: must be longer than nothing")
        if self.patterns:
            search(one_pattern(self.patterns))  # together, too, they have to be of a size that can be matched
        return self

    @property
    def patterns(self) -> list[str]:
        return [each.matches for each in self.blocked if isinstance(each, Blocked)]


class DifferentTrait(_Model):
    """Two that hold different values of a trait are not one person, such as a birthday.

    `only_by` narrows it to matches that rest on these identifier types alone: on the same phone, another first name
    is another member of the family. Without it every type counts but the user id, by which a person may correct a
    trait.
    """

    type: Literal["different_trait"]
    id: str = Field(pattern=TYPE_PATTERN)
    trait: str = Field(min_length=1, max_length=128)
    only_by: tuple[str, ...] = ()


class DifferentIdentifier(_Model):
    """Two that hold identifiers of a type and none in common are not one person, such as two loyalty cards."""

    type: Literal["different_identifier"]
    id: str = Field(pattern=TYPE_PATTERN)
    identifier: str = Field(pattern=TYPE_PATTERN)
    vouched: bool = False  # count only what a back end or an identity token said


class SharedDevice(_Model):
    """On a device that says it is shared (`context.device.shared`), its own identifiers tell nobody who is there."""

    type: Literal["shared_device"]
    id: str = Field(pattern=TYPE_PATTERN)


NegativeRule = Annotated[DifferentTrait | DifferentIdentifier | SharedDevice, Field(discriminator="type")]


class TraitPart(_Model):
    """A trait that has to agree. Any likeness but `exact` is fuzzy."""

    trait: str = Field(min_length=1, max_length=128)
    like: Likeness = "exact"


class IdentifierPart(_Model):
    """An identifier type that has to agree."""

    identifier: str = Field(pattern=TYPE_PATTERN)


class MatchRule(_Model):
    """All parts agree: the same person (`merge`), or somebody should look at it (`review`).

    All parts have to be in one `identify` call that a back end or an identity token vouches for. What is compared is
    a hash of them, held like any other identifier, so that finding a match stays one look-up by key.
    """

    id: str = Field(pattern=TYPE_PATTERN)
    all_of: tuple[TraitPart | IdentifierPart, ...] = Field(min_length=1, max_length=6)
    weight: float = Field(default=1.0, gt=0, le=1)
    action: Literal["merge", "review"] = "review"

    @model_validator(mode="after")
    def _fuzzy_never_merges(self) -> Self:
        if self.action == "review":
            return self
        if len(self.all_of) < 2:
            raise ValueError("all_of: a rule that merges needs two parts or more")
        if any(isinstance(part, TraitPart) and part.like != "exact" for part in self.all_of):
            raise ValueError("all_of: what is only alike never merges by itself; say `action: review`")
        return self


class IdentityDefinition(_Model):
    """The identity rules as they stand in the workspace."""

    id: Literal["identity"] = "identity"
    identifiers: tuple[IdentifierDefinition, ...] = Field(default=(), max_length=50)
    not_if: tuple[NegativeRule, ...] = Field(default=(), max_length=20)
    match_rules: tuple[MatchRule, ...] = Field(default=(), max_length=10)
    match_threshold: float = Field(default=0.4, ge=0, le=5)
    review_threshold: float | None = Field(default=None, ge=0, le=5)
    max_profiles: int = Field(default=5, ge=2, le=20)
    tie_breakers: tuple[TieBreaker, ...] = ("oldest_created",)

    @model_validator(mode="after")
    def _is_told_once_and_in_order(self) -> Self:
        lists: tuple[tuple[str, list[str]], ...] = (
            ("identifiers", [each.type for each in self.identifiers]),
            ("not_if", [rule.id for rule in self.not_if]),
            ("match_rules", [rule.id for rule in self.match_rules]),
            ("tie_breakers", [str(each) for each in self.tie_breakers]),
        )
        for name, told in lists:
            if len(set(told)) < len(told):
                twice = next(each for index, each in enumerate(told) if each in told[:index])
                raise ValueError(f"{name}: {twice} is defined twice")
        if self.review_threshold is not None and self.review_threshold >= self.match_threshold:
            raise ValueError("review_threshold: has to lie below match_threshold, from which a match counts")
        return self


# ── the plain values that resolution works with ─────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class IdentifierPolicy:
    """How identifiers of one type behave. `limit` values on one profile at most; priority 1 is strongest."""

    type: str
    priority: int
    limit: int = 5
    window: Duration | None = None  # None: ever
    normaliser: Normaliser = "nfkc"
    unique: bool = True
    trust: float = 0.9
    unverified_trust: float = 0.6
    verified_only: bool = False
    retention: Duration | None = None
    follows_login: bool = False
    blocked: frozenset[str] = frozenset()  # without case
    blocked_by: Callable[[str], bool] | None = None

    @property
    def tracks_activity(self) -> bool:
        """Whether it matters when an identifier was last used."""
        return self.retention is not None or self.follows_login


CUSTOM = IdentifierPolicy("", priority=5)  # any type that nobody has defined
_DEFAULTS = {
    policy.type: policy
    for policy in (
        IdentifierPolicy("user_id", priority=1, limit=1, trust=1.0, unverified_trust=1.0),
        IdentifierPolicy("email", priority=2, normaliser="email"),
        IdentifierPolicy("phone", priority=3, normaliser="e164"),
        IdentifierPolicy("line", priority=4),
        IdentifierPolicy(
            "push_token", priority=4, limit=20, trust=0.4, unverified_trust=0.4, follows_login=True
        ),
        *(
            IdentifierPolicy(device, priority=5, trust=0.4, unverified_trust=0.4)
            for device in ("android_id", "ios_id", "idfa")
        ),
        IdentifierPolicy("ga_client_id", priority=5, trust=0.4, unverified_trust=0.4, unique=False),
        IdentifierPolicy("anonymous_id", priority=6, limit=200, trust=0.4, unverified_trust=0.4),
    )
}


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """Identity rules, ready to use."""

    policies: Mapping[str, IdentifierPolicy] = field(default_factory=lambda: _DEFAULTS)
    not_if: tuple[DifferentTrait | DifferentIdentifier | SharedDevice, ...] = ()
    match_rules: tuple[MatchRule, ...] = ()
    match_threshold: float = 0.4
    review_threshold: float | None = None
    max_profiles: int = 5
    tie_breakers: tuple[TieBreaker, ...] = ("oldest_created",)
    device_ids: frozenset[str] = frozenset()  # the types of `context.device` that identify
    any_match_counts: bool = True  # no identifier is worth less than the threshold

    def policy(self, identifier_type: str) -> IdentifierPolicy:
        """The policy of a type; those that nobody has defined rank between push tokens and anonymous ids."""
        return self.policies.get(identifier_type, CUSTOM)


DEFAULT_RULES = IdentityRules()


def compiled(definition: IdentityDefinition) -> IdentityRules:
    """The rules of a definition over the defaults."""
    policies = dict(_DEFAULTS)
    for each in definition.identifiers:
        standing = policies.get(each.type) or replace(CUSTOM, type=each.type)
        policies[each.type] = _policy(each, standing)
    for rule in definition.match_rules:
        derived = DERIVED + rule.id
        policies[derived] = IdentifierPolicy(
            derived, DERIVED_PRIORITY, DERIVED_LIMIT, trust=rule.weight, unverified_trust=rule.weight
        )
    told = {each.type for each in definition.identifiers}
    least = min(min(policy.trust, policy.unverified_trust) for policy in (CUSTOM, *policies.values()))
    return IdentityRules(
        policies=policies,
        not_if=definition.not_if,
        match_rules=definition.match_rules,
        match_threshold=definition.match_threshold,
        review_threshold=definition.review_threshold,
        max_profiles=definition.max_profiles,
        tie_breakers=definition.tie_breakers,
        device_ids=frozenset(told & {"android_id", "ios_id", "idfa"}),
        any_match_counts=least >= definition.match_threshold,
    )


def _policy(told: IdentifierDefinition, standing: IdentifierPolicy) -> IdentifierPolicy:
    literals = frozenset(each.casefold() for each in told.blocked if isinstance(each, str))
    changed = {
        name: value
        for name in ("normaliser", "priority", "unique", "trust", "unverified_trust", "follows_login")
        if (value := getattr(told, name)) is not None
    }
    if told.trust is not None and told.unverified_trust is None:
        changed["unverified_trust"] = min(told.trust, standing.unverified_trust)
    if told.limit is not None:
        changed |= {"limit": told.limit.count, "window": _WINDOWS[told.limit.window]}
    return replace(
        standing,
        **changed,
        verified_only=told.verified_only,
        retention=told.retention,
        blocked=literals,
        blocked_by=search(one_pattern(told.patterns)) if told.patterns else None,
    )


def one_pattern(patterns: Sequence[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def search(pattern: str) -> Callable[[str], bool]:
    """Tells whether a text holds what a pattern describes, in a time that grows only with the text.

    The engine is the one behind pydantic's own patterns, which does not backtrack. Raises ValueError for a pattern it
    cannot match like that (look-around, back-references) or that is too large.
    https://docs.rs/regex/latest/regex/#untrusted-input
    """
    try:
        engine = SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        why = str(error).strip().splitlines()[-1].removeprefix("error: ")
        raise ValueError(f"not a pattern that can be matched in linear time: {why}") from None
    return engine.isinstance_python
