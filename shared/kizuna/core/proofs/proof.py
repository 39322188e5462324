"""One proof: what is to be seen, where it goes, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, assert_never

from kizuna.core.durations import epoch_millis
from kizuna.core.ids import address_id
from kizuna.core.messages import Accepted, Category, Message, NotAccepted, Outcome, Rejected, State, Unclear

PREFIX = "proof-"  # no id of a message has a hyphen
GOOD_FOR = timedelta(minutes=30)  # whoever asked does not wait any longer
KEPT_FOR = timedelta(days=30)
AN_HOUR = timedelta(hours=1)
MOST_AN_HOUR = 60  # over the whole stage: to look at, not to tell people something

ProofState = Literal["waiting", "sending", "sent", "failed", "unknown", "expired"]


@dataclass(frozen=True, slots=True)
class Proof:
    """`person` is whom it is shown as, empty for nobody; `event` what would have started it. `version` guards it."""

    id: str
    template: str
    campaign: str
    channel: str
    address: str
    language: str
    by: str
    at: datetime
    person: str = ""
    event: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    state: ProofState = "waiting"
    reason: str = ""
    provider_id: str = ""
    facts: Mapping[str, datetime] = field(default_factory=dict)
    version: int = 1

    def moved(self, state: ProofState, *, reason: str = "", provider_id: str = "") -> Proof:
        """The proof one step further."""
        return replace(
            self,
            state=state,
            reason=reason,
            provider_id=provider_id or self.provider_id,
            version=self.version + 1,
        )

    def with_fact(self, fact: str, at: datetime) -> Proof:
        """The proof with one more thing that the provider told; the earliest of a kind is kept."""
        known = self.facts.get(fact)
        if known is not None and known <= at:
            return self
        # Whatever a provider tells of it proves what became of the call, whose reply may have been lost.
        proved: ProofState = "failed" if fact == "failed" else "sent"
        state = proved if self.state in ("sending", "unknown") or fact == "failed" else self.state
        reason = self.reason if state == self.state else "" if state == "sent" else "provider_rejected"
        told = {**self.facts, fact: at}
        return replace(self, state=state, reason=reason, facts=told, version=self.version + 1)


def proof_id(now: datetime, randomness: bytes) -> str:
    """Sorts by time. Fits the tags of SES and the context of texts."""
    return f"{PREFIX}{epoch_millis(now):013d}-{randomness.hex()}"


def is_proof(message: str) -> bool:
    """Whether what a provider reports on is a proof of ours."""
    return message.startswith(PREFIX)


def platform_and_token(proof: Proof) -> tuple[str, str]:
    """Of a push: the platform, and the token that its provider is given; else nothing, and the address."""
    if proof.channel != "push":
        return "", proof.address
    platform, _, token = proof.address.partition(":")
    return platform, token


def as_message(proof: Proof, *, category: Category, now: datetime) -> Message:
    """What senders are shown of it: a message of no campaign and no run, to nobody."""
    _, address = platform_and_token(proof)
    return Message(
        id=proof.id,
        person="",
        campaign="proof",
        campaign_version=0,
        run="proof",
        step="",
        topic="",
        category=category,
        channel=proof.channel,
        address_id=address_id(proof.channel, address),
        address=address,
        template=proof.template,
        language=proof.language,
        state=State.SENDING,
        created_at=proof.at,
        changed_at=now,
        expires_at=proof.at + GOOD_FOR,
    )


def settled(proof: Proof, outcome: Outcome) -> Proof:
    """A claimed proof after the answer. Nothing is tried again: whoever asked for it is there, and may ask again."""
    match outcome:
        case Accepted(provider_id=provider_id):
            return proof.moved("sent", provider_id=provider_id)
        case NotAccepted(reason=reason) | Rejected(reason=reason):
            return proof.moved("failed", reason=reason)
        case Unclear(reason=reason):
            return proof.moved("unknown", reason=reason)
        case _:
            assert_never(outcome)
