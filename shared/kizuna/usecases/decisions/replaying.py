"""A decision judged again from what was kept of it: the same inputs must give the same answer.

record ─▶ inputs · how much of the ledger · which policy ─▶ the gate ─▶ answer and hash, held against the record
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kizuna.core.decisions.inputs import facts_of, hash_of, judged_again, read_then
from kizuna.core.decisions.record import judged_at, ledger_of, steps_of
from kizuna.core.messages import Message
from kizuna.core.policy import ConsentPolicy
from kizuna.core.ports import Ledger


class Replay(StrEnum):
    """What came of judging again."""

    SAME = "same"
    OTHER_ANSWER = "other_answer"
    OTHER_INPUTS = "other_inputs"  # the hash does not fit what is kept: somebody altered the record
    LEDGER_CHANGED = "ledger_changed"  # entries that were read are gone: erased, or tampered with
    POLICY_UNKNOWN = "policy_unknown"  # the rules of then are not kept
    NOT_JUDGED = "not_judged"  # it was withheld before the gate was asked


@dataclass(frozen=True, slots=True)
class Replayed:
    outcome: Replay
    answer: str = ""  # what the gate says to the same question
    reason: str = ""


Policies = Callable[[int], ConsentPolicy]  # by the version of the catalog; raises NotFound


def replayed(message: Message, *, ledger: Ledger, policy: ConsentPolicy | None) -> Replayed:
    """Judge once more what a message's record holds. `policy`: as it was in the record's version of the catalog, None
    where that is not kept. Reads the ledger, writes nothing.
    """
    record: Mapping[str, Any] = message.decision
    mark, at = ledger_of(record), judged_at(record)
    if mark is None or at is None or "inputs" not in record:
        return Replayed(Replay.NOT_JUDGED)
    if policy is None or policy.version_id != record["policy"]:
        return Replayed(Replay.POLICY_UNKNOWN)
    parts = record.get("parts") or [message.person]
    chains = [ledger.events([part]) for part in parts]
    kept = ledger.suppressions(message.channel, message.address) if message.address else ()
    read = read_then(mark, chains, kept)
    if read is None:
        return Replayed(Replay.LEDGER_CHANGED)
    judgement = judged_again(record["inputs"], message, ledger=read, policy=policy, at=at)
    told = (judgement.word, str(judgement.reason))
    facts = facts_of(judgement.request)
    if hash_of(facts, mark, policy=policy.version_id, at=at) != record["hash"]:
        return Replayed(Replay.OTHER_INPUTS, *told)
    last = steps_of(record)[-1]
    same = told == (last.verdict, last.reason) and judgement.trace[-1].rule_id == last.rule
    return Replayed(Replay.SAME if same else Replay.OTHER_ANSWER, *told)
