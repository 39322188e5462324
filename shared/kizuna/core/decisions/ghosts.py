"""Decisions about people who are kept out, or belong to an arm of an experiment, as they are recorded.

Somebody who is held out is decided about like anybody else: the same audience, the same gate, the same hour. Only
what would have gone out does not. So both sides of a comparison hold the same kind of people: who would have been
refused anyway is told apart, with the true reason, on both.
"""

from __future__ import annotations

from dataclasses import replace

from kizuna.core.decide import Decided, Occasion
from kizuna.core.experiments.definition import arm_name, fingerprint_of, is_drawn
from kizuna.core.messages import State
from kizuna.core.reasons import OtherReason

_WOULD_GO = frozenset({State.PENDING, State.DEFERRED})


def as_assigned(decided: Decided, occasion: Occasion) -> Decided:
    """A decision with the arm and the holdout of its occasion; as it is where there is neither.

    The record keeps what the gate said, with its whole trace: that is what would have happened. `exposed` says
    whether the person counts in the comparison of arms from this moment on.
    """
    message = replace(decided.message, variant=occasion.variant)
    goes = message.state in _WOULD_GO
    record = dict(message.decision)
    if occasion.variant:
        record["experiment"] = {
            "id": f"{message.campaign}~{fingerprint_of(occasion.variant)}",
            "arm": arm_name(occasion.variant),
            "exposed": goes and is_drawn(occasion.variant),
        }
    held = occasion.held_out
    if held is not None:
        record |= {"held_out": goes, "holdout": [held.level, held.name]}
    if held is None or not goes:
        return replace(decided, message=replace(message, decision=record))
    ghost = replace(
        message, state=State.DENIED, reason=str(OtherReason.HELD_OUT), not_before=None, decision=record
    )
    return Decided(ghost, heard=None)
