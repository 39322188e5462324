"""Judges a file of worked consent cases (the format of `events/consent_cases.json`) and tells what differs.

    {"policy_defaults": {…}, "cases": [{"id", "title", "given": {…},
                                        "expect": {"decision", "reason", "not_before"?}}]}

A case may carry `given.policy`, keys that differ from `policy_defaults` for that case alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from kizuna.core.consent import consent_event_from_json
from kizuna.core.durations import instant_from_text
from kizuna.core.errors import InvalidDefinition, Problem
from kizuna.core.gate import Endpoint, MessageFacts, Relationship, Request, Signals, Subject, judge
from kizuna.core.policy import ConsentPolicy
from kizuna.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision in the vocabulary of the case files. None where an expectation leaves it open."""

    decision: str
    reason: str | None = None
    not_before: datetime | None = None

    def __str__(self) -> str:
        until = f" until {_to_text(self.not_before)}" if self.not_before else ""
        return f"{self.decision} {self.reason or '(any reason)'}{until}"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A case whose answer is not the expected one. `unreadable` tells what of it could not be read, if anything."""

    case: str
    title: str
    expected: Outcome
    actual: Outcome
    unreadable: str = ""

    def __str__(self) -> str:
        why = f": {self.unreadable}" if self.unreadable else ""
        return f"{self.case}: expected {self.expected}, got {self.actual}{why} ({self.title})"


@dataclass(frozen=True, slots=True)
class CaseReport:
    """How many cases were judged, and those that differ, in the order of the file."""

    judged: int
    mismatches: tuple[Mismatch, ...]


def evaluate_cases(document: Mapping[str, Any]) -> CaseReport:
    """Judge every case of a parsed file.

    A `given` that cannot be read is judged as the gate would: deny, invalid_request. Raises InvalidDefinition
    when the file itself is not in the format: no cases, no expectation, a policy key that does not exist.
    """
    cases = document.get("cases") if isinstance(document, Mapping) else None
    if not isinstance(cases, Sequence) or isinstance(cases, str):
        raise InvalidDefinition((Problem("cases", "a list of cases is needed"),))
    defaults = _policy(document.get("policy_defaults") or {}, "policy_defaults")
    mismatches = []
    for index, case in enumerate(cases):
        expected = _expected(case, f"cases[{index}]")
        actual, unreadable = _judged(case.get("given"), defaults, f"cases[{index}].given.policy")
        if not _agree(expected, actual):
            name, title = str(case.get("id", index)), str(case.get("title", ""))
            mismatches.append(Mismatch(name, title, expected, actual, unreadable))
    return CaseReport(len(cases), tuple(mismatches))


def request_from_case(given: Mapping[str, Any]) -> Request:
    """The gate's request for the `given` of a case. Values of the wrong type are passed on for the gate to find.

    Raises ValueError (also as InvalidConsentEvent) where the structure or an instant cannot be read.
    """
    subject, endpoint = _part(given, "subject"), _part(given, "endpoint")
    past, signals, message = _part(given, "relationship"), _part(given, "signals"), _part(given, "message")
    ledger = given.get("ledger")
    if not isinstance(ledger, list):
        raise ValueError("ledger is not a list")
    return Request(
        now=_instant(given.get("now")),
        subject=Subject(
            country=subject.get("country"),
            region=subject.get("region"),
            timezone=subject.get("timezone"),
            age=subject.get("age"),
            status=subject.get("status", ""),
            guardian_consent=subject.get("guardian_consent", False),
        ),
        endpoint=Endpoint(
            id=endpoint.get("id", ""),
            channel=endpoint.get("channel", ""),
            status=endpoint.get("status", ""),
            area_timezone=endpoint.get("area_timezone"),
        ),
        ledger=tuple(consent_event_from_json(event) for event in ledger),
        relationship=Relationship(
            last_purchase_at=_optional_instant(past.get("last_purchase_at")),
            last_inquiry_at=_optional_instant(past.get("last_inquiry_at")),
            similar_products=past.get("similar_products", False),
            opt_out_offered_at_collection=past.get("opt_out_offered_at_collection", False),
        ),
        signals=Signals(gpc=signals.get("gpc", False)),
        message=MessageFacts(
            category=message.get("category", ""),
            channel=message.get("channel", ""),
            endpoint=message.get("endpoint", ""),
            topic=message.get("topic", ""),
            contains_promotion=message.get("contains_promotion", False),
            has_unsubscribe=message.get("has_unsubscribe", False),
            has_sender_identity=message.get("has_sender_identity", False),
            has_postal_address=message.get("has_postal_address", False),
            sent_in_window=message.get("sent_in_window"),
            frequency_cap=message.get("frequency_cap"),
            scheduled_at=None,  # informative in a case; no rule reads it
        ),
    )


def _judged(given: Any, defaults: ConsentPolicy, path: str) -> tuple[Outcome, str]:
    """The answer, and what could not be read."""
    own = given.get("policy") if isinstance(given, Mapping) else None
    policy = _policy({**defaults.model_dump(), **own}, path) if isinstance(own, Mapping) else defaults
    try:
        request = request_from_case(given if isinstance(given, Mapping) else {})
    except ValueError as error:
        return Outcome("deny", Reason.INVALID_REQUEST), str(error)
    judgement = judge(request, policy)
    return Outcome(judgement.word, judgement.reason, judgement.not_before), ""


def _agree(expected: Outcome, actual: Outcome) -> bool:
    return (
        expected.decision == actual.decision
        and expected.reason in (None, actual.reason)
        and expected.not_before in (None, actual.not_before)
    )


def _expected(case: Any, path: str) -> Outcome:
    expect = case.get("expect") if isinstance(case, Mapping) else None
    if not isinstance(expect, Mapping) or expect.get("decision") not in ("allow", "deny", "defer"):
        raise InvalidDefinition((Problem(f"{path}.expect.decision", "must be allow, deny or defer"),))
    try:
        not_before = _optional_instant(expect.get("not_before"))
    except ValueError as error:
        raise InvalidDefinition((Problem(f"{path}.expect.not_before", str(error)),)) from error
    return Outcome(expect["decision"], expect.get("reason"), not_before)


def _policy(block: Any, path: str) -> ConsentPolicy:
    if not isinstance(block, Mapping):
        raise InvalidDefinition((Problem(path, "must be an object"),))
    try:
        return ConsentPolicy.from_case_defaults(block)
    except ValidationError as error:
        problems = [
            Problem(".".join((path, *map(str, detail["loc"]))), detail["msg"]) for detail in error.errors()
        ]
        raise InvalidDefinition(tuple(problems)) from error


def _part(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = given.get(name)
    if part is None:
        return {}
    if not isinstance(part, Mapping):
        raise ValueError(f"{name} is not an object")
    return part


def _optional_instant(text: Any) -> datetime | None:
    return None if text is None else _instant(text)


def _instant(text: Any) -> datetime:
    if not isinstance(text, str):
        raise ValueError("not an instant")
    return instant_from_text(text)


def _to_text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
