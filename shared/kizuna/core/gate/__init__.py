"""The gate: the one place that says whether Kizuna may speak (`consent.md` sections 1 to 11).

`judge` is a pure function of a request and a policy. Its guards (`gate_guards`) are asked in order, the first
that answers decides, and what each of them said is the trace of the decision. Senders take nothing but the
`Approved` that an allowing judgement makes.

Odd input never raises. What forbids counts unless it is plainly absent, what permits counts only when it is
plainly there, and what cannot be read either way is an invalid request.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from datetime import datetime
from typing import Any, Final, Literal, NoReturn, assert_never, final

from kizuna.core.errors import KizunaError
from kizuna.core.gate.guards import GUARDS, Allow, Defer, Deny, Guard, Question, Verdict
from kizuna.core.gate.request import (
    CATEGORIES,
    CHANNELS,
    Endpoint,
    MessageFacts,
    Relationship,
    Request,
    Signals,
    Subject,
)
from kizuna.core.ids import address_id
from kizuna.core.policy import ConsentPolicy
from kizuna.core.proofs.colleagues import Colleagues, audience_of
from kizuna.core.proofs.proof import Proof, platform_and_token
from kizuna.core.reasons import Reason

__all__ = [
    "CATEGORIES",
    "CHANNELS",
    "GUARDS",
    "Allow",
    "Approved",
    "Defer",
    "Deny",
    "Endpoint",
    "GateStep",
    "Guard",
    "Judgement",
    "MessageFacts",
    "NotApproved",
    "Reason",
    "Relationship",
    "Request",
    "Signals",
    "Subject",
    "Verdict",
    "Word",
    "approve_proof",
    "judge",
]

Word = Literal["pass", "allow", "deny", "defer"]

_KEY: Final = object()  # known to this module alone: only `judge` makes judgements, only they make approvals


class NotApproved(KizunaError):
    """Somebody asked for an approval that the gate did not give, or tried to make one without it."""


@dataclass(frozen=True, slots=True)
class GateStep:
    """What one guard said. `pass` has no reason."""

    rule_id: str
    verdict: Word
    reason: Reason | None = None
    rule_version: int = 1


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """Leave to make one provider call for one message to one address: what a sender must be shown.

    Only `Judgement.approve` makes one, and `approve_proof`. It cannot be built, altered, copied or pickled.
    """

    message_id: str
    category: str
    channel: str
    endpoint: str
    topic: str
    reason: Reason | None  # None: of a proof, which is no message to anybody
    policy_version: str
    judged_at: datetime
    key: InitVar[object] = None

    def __post_init__(self, key: object) -> None:
        _check_key(key)

    def __init_subclass__(cls, **_: Any) -> NoReturn:
        raise NotApproved("an approval has no variants")

    def __reduce_ex__(self, _: Any) -> NoReturn:
        raise NotApproved("an approval is not copied or stored; ask the gate again")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The gate's answer to one request, with the trace up to the guard that decided.

    `category` is the one judged by (promotional content makes a message promotional; empty when the request
    makes no sense), `decided_by` the ids of the consent events the answer rests on, `unknown_events` those of
    events whose action the fold does not know.
    """

    request: Request
    verdict: Verdict
    trace: tuple[GateStep, ...]
    policy_version: str
    category: str
    decided_by: tuple[str, ...]
    unknown_events: tuple[str, ...]
    key: InitVar[object] = None

    def __post_init__(self, key: object) -> None:
        _check_key(key)

    @property
    def word(self) -> Word:
        return _word(self.verdict)

    @property
    def reason(self) -> Reason:
        return self.verdict.reason

    @property
    def not_before(self) -> datetime | None:
        """The instant of a defer; None for every other answer."""
        return self.verdict.not_before if isinstance(self.verdict, Defer) else None

    def approve(self, *, message_id: str) -> Approved:
        """The token for a sender. Raises NotApproved unless the verdict is Allow."""
        if not isinstance(self.verdict, Allow):
            raise NotApproved(f"message {message_id}: {self.word} {self.reason}")
        return Approved(
            message_id=message_id,
            category=self.category,
            channel=self.request.message.channel,
            endpoint=self.request.message.endpoint,
            topic=self.request.message.topic,
            reason=self.verdict.reason,
            policy_version=self.policy_version,
            judged_at=self.request.now,
            key=_KEY,
        )


def judge(request: Request, policy: ConsentPolicy) -> Judgement:
    """Whether this message may be sent to this address now; total, and the same for the same input."""
    question = Question(request, policy)
    trace: list[GateStep] = []
    for guard in GUARDS:
        finding = guard.check(question)
        if finding is None:
            trace.append(_PASSES[guard.rule_id])
            continue
        verdict = finding.verdict
        trace.append(GateStep(guard.rule_id, _word(verdict), verdict.reason, guard.version))
        readable = guard is not GUARDS[0]
        return Judgement(
            request=request,
            verdict=verdict,
            trace=tuple(trace),
            policy_version=policy.version_id,
            category=question.category if readable else "",
            decided_by=finding.decided_by,
            unknown_events=question.standing.unknown if readable else (),
            key=_KEY,
        )
    raise AssertionError("the last guard always answers")


def approve_proof(proof: Proof, *, category: str, colleagues: Colleagues, policy: ConsentPolicy) -> Approved:
    """Leave to send one proof. Raises NotApproved for an address that is neither a simulator's nor a colleague's.

    Nothing of the consent rules is asked: who is on the list agreed by being put there, and no customer is on it.
    """
    if audience_of(proof.channel, proof.address, colleagues) is None:
        raise NotApproved(f"{proof.id}: neither a simulator nor one of the policy's colleagues")
    return Approved(
        message_id=proof.id,
        category=category,
        channel=proof.channel,
        endpoint=address_id(proof.channel, platform_and_token(proof)[1]),
        topic="",
        reason=None,
        policy_version=policy.version_id,
        judged_at=proof.at,
        key=_KEY,
    )


_PASSES = {guard.rule_id: GateStep(guard.rule_id, "pass", None, guard.version) for guard in GUARDS}


def _word(verdict: Verdict) -> Literal["allow", "deny", "defer"]:
    match verdict:
        case Allow():
            return "allow"
        case Deny():
            return "deny"
        case Defer():
            return "defer"
        case _:
            assert_never(verdict)


def _check_key(key: object) -> None:
    if key is not _KEY:
        raise NotApproved("only the gate judges and approves")
