"""Where events come from, and the keys by which a source is known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kizuna.core.durations import FIRST, Duration
from kizuna.core.events import ConsentProof, Source, SourceKind
from kizuna.core.people import Profile
from kizuna.core.quality.property_rules import Action

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.identity.rsa_keys import RsaPublicKey

# How a source came by what it tells: `zero` is what the person stated to us, `first` what we saw ourselves, `second`
# what a partner saw and shares, `third` what was bought or comes from somebody the person does not deal with.
Licence = Literal["zero", "first", "second", "third"]


REQUESTS_PER_SECOND = 500
"""Of one key, where its source says nothing: half of what the gateway takes of all keys together."""


class ProofDeclaration(BaseModel):
    """How this source asks for consent. Without it its grants are stored but permit nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wording_version: str
    shown: str
    basis: str = "express"
    benefit_offered: str = Field(default="", max_length=500)  # what people are promised in exchange
    expires_after: Duration | None = None  # how long each grant holds; None: for good

    @property
    def proof(self) -> ConsentProof:
        return ConsentProof(
            self.wording_version, self.shown, self.basis, self.benefit_offered, self.expires_after
        )


class Cadence(BaseModel):
    """In which rhythm a source is expected to speak (K52). What is not given is not watched."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    expect_every: Duration | None = None  # longer than this and it is late: shown, nobody is woken
    quiet_after: Duration | None = None  # longer than this and it is quiet: an alarm
    flood_above: int | None = Field(default=None, ge=1)  # more events than this within an hour: an alarm

    @model_validator(mode="after")
    def _is_ordered(self) -> Cadence:
        if self.expect_every is None or self.quiet_after is None:
            return self
        if self.quiet_after.after(FIRST) < self.expect_every.after(FIRST):
            raise ValueError("quiet_after is shorter than expect_every")
        return self


class SourceDefinition(BaseModel):
    """A source as it stands in the workspace."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    name: str
    known_as: dict[str, str] = Field(
        default_factory=dict
    )  # how people are told of it, by language; else its name
    consent_proof: ProofDeclaration | None = None
    licence: Licence = "first"  # of all it tells; not kept with the trait, so a correction holds for all
    owner: str = ""  # who in the company answers for it
    cadence: Cadence | None = None
    unknown_events: Action | None = None  # of this source, else as `policy.tracking` says
    origins: tuple[str, ...] = ()  # web origins that may use its client keys; none named: any
    requests_per_second: int = Field(default=REQUESTS_PER_SECOND, ge=1, le=10_000)  # of each of its keys


class KeyKind(StrEnum):
    CLIENT = "client"  # publishable: in pages and apps
    SERVER = "server"  # secret: the company's back end
    IDENTITY = "identity"  # signs identity tokens; never sent to us by clients


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is stored: its hash, never itself. By the prefix people and leak scanners recognise it.

    An identity key verifies tokens by `public_key` where it has one, else by a secret that is derived from its text.
    """

    hash: str
    prefix: str
    source: str
    kind: KeyKind
    created_at: datetime
    revoked_at: datetime | None = None
    public_key: RsaPublicKey | None = None

    @property
    def algorithm(self) -> Literal["HS256", "RS256"] | None:
        """The one by which tokens of this key are signed; None for keys that sign none."""
        if self.kind is not KeyKind.IDENTITY:
            return None
        return "HS256" if self.public_key is None else "RS256"


def key_hash(secret: str) -> str:
    """What is stored of a key. Keys carry 160 random bits, so a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


_PREFIX = {KeyKind.CLIENT: "kzc_", KeyKind.SERVER: "kzs_", KeyKind.IDENTITY: "kzi_"}


def new_secret(kind: KeyKind, randomness: bytes) -> str:
    """The text of a new key from at least 20 random bytes."""
    return _PREFIX[kind] + randomness.hex()


def visible_prefix(secret: str) -> str:
    """The part of a key that may be shown in lists."""
    return secret[:10]


def source_of(key: Key, definition: SourceDefinition | None, *, identity_verified: bool = False) -> Source:
    """The source that an authenticated request speaks for. An undeclared one has no proof of consent."""
    proof = definition.consent_proof if definition else None
    return Source(
        id=key.source,
        kind=SourceKind.SERVER if key.kind is KeyKind.SERVER else SourceKind.CLIENT,
        consent_proof=proof.proof if proof else None,
        identity_verified=identity_verified,
    )


def licence_of(source: str, sources: Mapping[str, SourceDefinition]) -> Licence:
    """The licence of what a source tells, as it is declared today. What Kizuna and providers note is first-party."""
    definition = sources.get(source)
    return definition.licence if definition else "first"


def kept_out(sources: Mapping[str, SourceDefinition], *, third_party: bool) -> frozenset[str]:
    """The sources whose traits take no part in decisions, `third_party` being the policy's switch."""
    if third_party:
        return frozenset()
    return frozenset(name for name, definition in sources.items() if definition.licence == "third")


def for_decisions(profile: Profile, kept_out: frozenset[str]) -> Profile:
    """The profile as conditions and templates may see it: without traits from the sources that are kept out.

    The gate sees the whole record: it refuses more the more it knows, and an age must not be forgotten.
    """
    if not kept_out or not any(trait.source in kept_out for trait in profile.traits.values()):
        return profile
    traits = {name: trait for name, trait in profile.traits.items() if trait.source not in kept_out}
    return replace(profile, traits=traits)
