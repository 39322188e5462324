"""Events that tell of what only we, or a provider, can know: no journey may make one up."""

from __future__ import annotations

from kizuna.core import feedback, messenger_events
from kizuna.core.quality.hygiene import SUNSET_CANDIDATE
from kizuna.core.restraint.staff_holds import ENDED
from kizuna.core.restraint.wishes import PREFERENCES_CHANGED
from kizuna.core.segments.lists import HELD, LISTED, RELEASED, UNLISTED

TELL_OF_OUR_MESSAGES = frozenset({feedback.MESSAGE_SENT, feedback.MESSAGE_WITHHELD})

OWN_EVENTS = TELL_OF_OUR_MESSAGES | {
    feedback.EMAIL_DELIVERED,
    feedback.EMAIL_BOUNCED,
    feedback.EMAIL_COMPLAINED,
    feedback.EMAIL_REJECTED,
    feedback.EMAIL_OPENED,
    feedback.EMAIL_CLICKED,
    feedback.LINK_FOLLOWED,
    feedback.SMS_DELIVERED,
    feedback.SMS_FAILED,
    feedback.SMS_RECEIVED,
    feedback.SMS_OPTED_OUT,
    feedback.PUSH_TOKEN_INVALID,
    feedback.PUSH_DELIVERED,
    feedback.PUSH_OPENED,
    feedback.INBOX_READ,
    feedback.INBOX_CLICKED,
    feedback.INBOX_DISMISSED,
    feedback.TASK_DONE,
    feedback.UNSUBSCRIBED,
    feedback.SUBSCRIBED,
    feedback.SUBSCRIPTION_CONFIRMED,
    feedback.REASON_FOR_LEAVING,
    messenger_events.WHATSAPP_RECEIVED,
    messenger_events.WHATSAPP_DELIVERED,
    messenger_events.WHATSAPP_READ,
    messenger_events.WHATSAPP_FAILED,
    messenger_events.LINE_FOLLOWED,
    messenger_events.LINE_UNFOLLOWED,
    messenger_events.LINE_RECEIVED,
    LISTED,
    UNLISTED,
    HELD,
    RELEASED,
    ENDED,
    SUNSET_CANDIDATE,
    PREFERENCES_CHANGED,
}
