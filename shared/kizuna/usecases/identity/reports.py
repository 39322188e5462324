"""What resolution did with an event beyond the ordinary, for the violations report: types and rules, no values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from kizuna.core.events import Event, Violation
from kizuna.core.identity.resolution import Act, Resolution
from kizuna.core.intake.canonical import canonical_json

_PATHS = {
    "user_id": "userId",
    "anonymous_id": "anonymousId",
    "email": "traits.email",
    "phone": "traits.phone",
    "push_token": "context.device.token",
    "android_id": "context.device.id",
    "ios_id": "context.device.id",
    "idfa": "context.device.advertisingId",
}
_DEMOTED = {
    "max_profiles": "leads to more profiles than one person may have had",
    "match_threshold": "too little speaks for the other profile being the same person",
    "verified_only": "matches only where a back end or an identity token vouches for it",
}
_MOVED = {
    "retention": "nobody had used it for longer than it is kept",
    "proven": "its owner proved it, and the other profile had merely claimed it",
    "newest_login": "whoever proved last to be signed in has it",
}


def reports_of(found: Resolution, event: Event) -> Iterator[Violation]:
    """One entry for each identifier type that was not used, changed hands or calls for a look."""
    left_out = {identity.type for identity in found.demoted}
    for act in found.acts:
        match act.kind:
            case "demote":
                for kind in act.evidence:
                    if kind in left_out:
                        yield _demoted(act, kind, event)
            case "take":
                reason = f"taken over: {_MOVED[act.rule]}"
                yield _entry(event, "identifier_moved", path_of(act.evidence[0]), reason)
            case "review":
                reason = f"may be somebody who is known already (rule {act.rule}); see kizuna profile reviews"
                yield _entry(event, "identity_review", path_of(act.evidence[0]), reason)
            case "create" | "attach" | "merge" | "refuse":
                continue


def path_of(identifier_type: str) -> str:
    """Where in an event an identifier stands."""
    if identifier_type.startswith("match:"):
        return "traits"
    return _PATHS.get(identifier_type, "context.externalIds")


def _demoted(act: Act, kind: str, event: Event) -> Violation:
    if act.rule == "identity_token":
        reason = "a client key may not declare two known people one; counted for the stronger identifier"
        if kind == "push_token":
            reason = "a client key may not add a device to somebody known; counted without it"
        # With its text: once there is a token, the same can be said again.
        raw = json.dumps(canonical_json(event), ensure_ascii=False)
        return replace(_entry(event, "identity_token_required", path_of(kind), reason), raw=raw)
    reason = _DEMOTED.get(act.rule, f"the rule {act.rule} forbids it")
    if act.rule.startswith("limit_of_"):
        reason = f"one person would hold too many of {act.rule.removeprefix('limit_of_')}"
    return _entry(event, "identifier_demoted", path_of(kind), f"not used: {reason}")


def _entry(event: Event, cause: str, path: str, reason: str) -> Violation:
    """The event itself is stored, so its text is not kept twice."""
    return Violation(
        cause, path, reason, event.source.id, event.received_at, "", event.name, stored=True,
        source_kind=event.source.kind.value,
    )  # fmt: skip
