"""Every reason that Kizuna can give for a message it sent, held back or lost sight of.

Decision records, reports and the bus carry these codes; `sentences` says them in words.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What the gate may answer: `consent.md` section 11, allow codes first, then deny, then defer.

    Some more are not the law's: a tone hold, a product that the person gave up, a pause they asked for, what is
    set off by where their device is, and the hours that the company keeps itself.
    """

    CONSENT = "consent"
    SOFT_OPT_IN = "soft_opt_in"
    OPT_OUT_REGIME = "opt_out_regime"
    IMPLIED_CONSENT = "implied_consent"
    BUSINESS_RELATIONSHIP = "business_relationship"
    TRANSACTIONAL = "transactional"
    MANDATORY = "mandatory"
    OPT_OUT_CONFIRMATION = "opt_out_confirmation"

    INVALID_REQUEST = "invalid_request"
    ERASED = "erased"
    RESTRICTED = "restricted"
    ENDPOINT_UNDELIVERABLE = "endpoint_undeliverable"
    SMS_STOP = "sms_stop"
    SMS_REVIEW = "sms_review"
    COMPLAINT = "complaint"
    GLOBAL_SUPPRESSION = "global_suppression"
    OBJECTION = "objection"
    GPC_OPT_OUT = "gpc_opt_out"
    MINOR = "minor"
    CHANNEL_OPT_OUT = "channel_opt_out"
    TOPIC_OPT_OUT = "topic_opt_out"
    NO_CONSENT = "no_consent"
    CONSENT_OUT_OF_SCOPE = "consent_out_of_scope"
    CONSENT_WITHOUT_PROOF = "consent_without_proof"
    UNVERIFIED_SOURCE = "unverified_source"
    CONSENT_WORDING_INVALID = "consent_wording_invalid"
    CONSENT_EXPIRED = "consent_expired"
    CONSENT_NOT_WRITTEN = "consent_not_written"
    UNCONFIRMED_OPT_IN = "unconfirmed_opt_in"
    IMPLIED_CONSENT_EXPIRED = "implied_consent_expired"
    MISSING_UNSUBSCRIBE = "missing_unsubscribe"
    MISSING_SENDER_IDENTITY = "missing_sender_identity"
    MISSING_POSTAL_ADDRESS = "missing_postal_address"
    TONE_HOLD = "tone_hold"
    PRODUCT_EXCLUDED = "product_excluded"
    PAUSED = "paused"
    NO_LOCATION_CONSENT = "no_location_consent"
    FREQUENCY_CAP = "frequency_cap"
    HOUSE_HOURS = "house_hours"
    HOUSE_HOURS_ELSEWHERE = "house_hours_elsewhere"
    HOUSE_HOURS_TOO_LONG = "house_hours_too_long"

    QUIET_HOURS = "quiet_hours"


class OtherReason(StrEnum):
    """Why a message ended outside the gate: while choosing, rendering or delivering."""

    NO_ADDRESS = "no_address"
    HELD_OUT = "held_out"
    NOT_IN_AUDIENCE = "not_in_audience"
    SUPPRESSION_LIST = "suppression_list"
    ALREADY_ADDRESSED = "already_addressed"  # another message of this run goes to the same address
    ALREADY_WRITTEN = "already_written"  # they have it under the name of somebody who was merged with them
    FIRST_ARRIVED = "first_arrived"  # a repeat whose first turned out not to be lost
    EXPIRED = "expired"
    SEEN_ELSEWHERE = "seen_elsewhere"  # the person met it on another channel
    FALLBACK_WAITS = "fallback_waits"  # until the channel before it had its time
    SEND_TIME = "send_time"  # it may go, and waits for the moment that was chosen for the person
    SEND_TIME_PASSED = "send_time_passed"  # that moment was over where they are
    NOT_APPROVED = "not_approved"  # nobody has answered for the campaign as it is now
    OUTRANKED = "outranked"  # others of the day matter more
    HELD_FOR_DIGEST = "held_for_digest"  # a cap is full, and it goes with others once there is room
    IN_DIGEST = "in_digest"  # another message told of it
    NOTHING_LEFT = "nothing_left"  # of what a digest was to tell
    WAITS_FOR_STAFF = "waits_for_staff"  # a task that nobody has taken yet
    CAMPAIGN_STOPPED = "campaign_stopped"
    LEFT_JOURNEY = "left_journey"  # their walk was over before its path was, and before this went out
    CONVERSATION_OVER = (
        "conversation_over"  # of WhatsApp: nobody wrote within 24 hours, and this is no template
    )
    RENDER_FAILED = "render_failed"
    PROVIDER_REJECTED = "provider_rejected"
    UNKNOWN_OUTCOME = "unknown_outcome"
    UNCONFIRMED = "unconfirmed"  # and no report came within a day


class Waits(StrEnum):
    """Why a message that may go is held back in its row all the same; in its evidence, as the note of that step."""

    KILL_SWITCH = "kill_switch"
    BRAKE = "brake"  # its run, or all promotion, stands still
    WAVE = "wave"  # of the ramp: it has not begun
    APPROVAL = "approval"  # nobody has answered for the campaign as it is now
    JOURNEY_PAUSED = "journey_paused"  # nobody goes on in it
    PACE = "pace"
    OTHER_FIRST = "other_first"  # of the same run, decided for somebody who turned out to be the same person
