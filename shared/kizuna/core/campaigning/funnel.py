"""Where people fall away on the way from an audience to those who will hear: one stage for each reason."""

from __future__ import annotations

from enum import StrEnum

from kizuna.core.messages import Message, State
from kizuna.core.reasons import OtherReason, Reason


class Stage(StrEnum):
    """The stages in order: whoever falls at one has passed those before it."""

    MEANT = "meant"  # excluded by the campaign, by its further question, or by a suppression list
    REACHABLE = "reachable"  # no address that works, or somebody else is reached there
    CONSENTED = "consented"  # their No, the law's, or no Yes
    NOT_CAPPED = "not_capped"  # caps, holds, pauses, hours that leave no room in time
    NOT_HELD_OUT = "not_held_out"  # would hear it, and is kept out to measure what it does
    RENDERED = "rendered"  # it broke on the way
    HEARS = "hears"


STAGES = tuple(Stage)

_MEANT = {
    OtherReason.NOT_IN_AUDIENCE,
    OtherReason.SUPPRESSION_LIST,
    OtherReason.SEEN_ELSEWHERE,
    OtherReason.CAMPAIGN_STOPPED,
    OtherReason.NOT_APPROVED,
    OtherReason.ALREADY_WRITTEN,
}
_REACHABLE = {
    OtherReason.NO_ADDRESS,
    OtherReason.ALREADY_ADDRESSED,
    OtherReason.CONVERSATION_OVER,
    Reason.ENDPOINT_UNDELIVERABLE,
}
_NOT_CAPPED = {
    Reason.FREQUENCY_CAP,
    Reason.TONE_HOLD,
    Reason.PRODUCT_EXCLUDED,
    Reason.PAUSED,
    Reason.HOUSE_HOURS,
    Reason.HOUSE_HOURS_ELSEWHERE,
    Reason.HOUSE_HOURS_TOO_LONG,
    Reason.QUIET_HOURS,
}
_BROKEN = {OtherReason.RENDER_FAILED, OtherReason.PROVIDER_REJECTED}
_BY_REASON: dict[str, Stage] = {
    **{
        str(reason): Stage.NOT_CAPPED for reason in OtherReason
    },  # what is told of here waits, or came too late
    **{str(reason): Stage.MEANT for reason in _MEANT},
    **{str(reason): Stage.REACHABLE for reason in _REACHABLE},
    **{str(reason): Stage.NOT_CAPPED for reason in _NOT_CAPPED},
    **{str(reason): Stage.RENDERED for reason in _BROKEN},
    str(OtherReason.HELD_OUT): Stage.NOT_HELD_OUT,
}


def falls_at(message: Message) -> Stage:
    """Where a message that was followed to its end fell away; `HEARS` if it went out.

    Every other reason of the gate is the person's own No, the law's, or a Yes that is missing or not good enough.
    """
    if message.state is State.SENT:
        return Stage.HEARS
    return _BY_REASON.get(message.reason, Stage.CONSENTED)
