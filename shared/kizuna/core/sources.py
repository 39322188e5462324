"""Where events come from, and the keys by which a source is known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.events import ConsentProof, Source, SourceKind


class ProofDeclaration(BaseModel):
    """How this source asks for consent. Without it its grants are stored but permit nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wording_version: str
    shown: str
    basis: str = "express"


class SourceDefinition(BaseModel):
    """A source as it stands in the workspace."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    name: str
    consent_proof: ProofDeclaration | None = None
    origins: tuple[str, ...] = ()  # web origins that may use its client keys; none named: any


class KeyKind(StrEnum):
    CLIENT = "client"  # publishable: in pages and apps
    SERVER = "server"  # secret: the company's back end
    IDENTITY = "identity"  # signs identity tokens; never sent to us by clients


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is stored: its hash, never itself. By the prefix people and leak scanners recognise it."""

    hash: str
    prefix: str
    source: str
    kind: KeyKind
    created_at: datetime
    revoked_at: datetime | None = None


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
        consent_proof=ConsentProof(proof.wording_version, proof.shown, proof.basis) if proof else None,
        identity_verified=identity_verified,
    )
