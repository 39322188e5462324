"""Consent: what a person allowed and refused, as an append-only ledger whose fold is the only truth.

    consent_events    one recorded event and its plain JSON form            consent.md 3.1, 3.2
    consent_chain     the hashes that make the ledger tamper-evident        3.1
    consent_fold      what the events mean at one moment, for one message   3.3, 4 (steps 14 to 16), 6
    consent_merge     what a merge of two people carries over               3.4

This module is the front door: other rooms import from here.
"""

from kizuna.core.consent.chain import GENESIS, ChainEntry, ChainFault, body_hash, verify_chain
from kizuna.core.consent.events import (
    ANY,
    MARKETING,
    Action,
    ConsentEvent,
    InvalidConsentEvent,
    consent_event_from_json,
    consent_event_to_json,
)
from kizuna.core.consent.fold import (
    Kind,
    Permission,
    Standing,
    deduplicated,
    fold,
    in_force,
    in_order,
    kind_of,
    months_after,
    permission,
)
from kizuna.core.consent.merge import carried_over, united

__all__ = [
    "ANY",
    "GENESIS",
    "MARKETING",
    "Action",
    "ChainEntry",
    "ChainFault",
    "ConsentEvent",
    "InvalidConsentEvent",
    "Kind",
    "Permission",
    "Standing",
    "body_hash",
    "carried_over",
    "consent_event_from_json",
    "consent_event_to_json",
    "deduplicated",
    "fold",
    "in_force",
    "in_order",
    "kind_of",
    "months_after",
    "permission",
    "united",
    "verify_chain",
]
