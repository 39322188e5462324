"""The decision record as people and programs read it: each rule that was asked, the three questions, the six keys.

What may tell of the person (country, zone, age: the inputs of the gate) is left out unless it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kizuna.core.decisions.moment_words import moment_sentence
from kizuna.core.decisions.record import AFTERWARDS, keys_of, ledger_of, steps_of
from kizuna.core.decisions.six_keys import Key, SixKeys
from kizuna.core.decisions.words import ANSWERS, KEYS, QUESTIONS, WHY, Question
from kizuna.core.messages import Message, State, held_because
from kizuna.core.sentences import Language

Body = dict[str, Any]

_ENOUGH = 3  # of 5: from here on the answer is yes
_ASKED: Mapping[Question, tuple[str, str]] = {  # which key answers, and where the campaign's own words stand
    "relevant": ("relevance", "why_relevant"),
    "way": ("convenience", "why_channel"),
    "time": ("timeliness", "why_time"),
}
_AS_THEY_ARE = {  # what later steps add, and what holds a message back
    "not_before": "notBefore",
    "hold": "hold",
    "product": "product",
    "cap": "cap",
    "until": "until",
    "held_for": "heldFor",
    "digest": "digest",
    "left_out": "leftOut",
    "channels": "channels",
    "moment": "moment",
    "provider": "provider",
    "error": "error",
}


def record_body(message: Message, *, personal: bool = False) -> Body:
    """The record of a message as JSON; `personal` with what it tells of the person. Empty where there is none."""
    record = message.decision
    if not record:
        return {}
    mark, keys = ledger_of(record), keys_of(record)
    told: Body = {
        "answer": record.get("answer"),
        "reason": record.get("reason"),
        "at": record.get("at"),
        "gates": _gates(message),
        "outcome": _outcome(message),
        "inputsHash": record.get("hash"),
        "profile": _marked(record.get("profile"), "version"),
        "reachVersion": record.get("reach"),
        "ledger": {"events": mark.events, "hash": mark.hash} if mark else None,
        "policy": record.get("policy"),
        "catalog": record.get("catalog"),
        "campaignVersion": message.campaign_version,
        "template": record.get("template"),
        "segments": {"inside": record.get("inside", {}), "outside": record.get("outside", {})},
        "category": record.get("category"),
        "decidedBy": record.get("decided_by", []),
        "experiment": record.get("experiment"),
        "heldOut": record.get("held_out", False),
        "holdout": _holdout(record.get("holdout")),
        "questions": questions_body(record, keys) if keys else None,
        "sixKeys": keys_body(keys) if keys else None,
    }
    told |= {name: record[key] for key, name in _AS_THEY_ARE.items() if key in record}
    told |= {"items": list(message.items)} if message.items else {}
    return told | ({"inputs": record["inputs"]} if personal and "inputs" in record else {})


def _gates(message: Message) -> list[Body]:
    """The rules that were asked, in order; and what ended the message after they had let it pass."""
    steps = [
        {
            "rule": step.rule,
            "version": step.version,
            "verdict": step.verdict,
            "reason": step.reason or None,
        }
        for step in steps_of(message.decision)
    ]
    if message.state in _NOT_SENT and message.decision.get("answer") != "deny":
        ended: Body = {"rule": AFTERWARDS, "version": 1, "verdict": "deny", "reason": message.reason}
        steps.append(ended)
    return steps


_NOT_SENT = (State.DENIED, State.EXPIRED, State.FAILED)


def _outcome(message: Message) -> Body:
    """What came of the decision by now: the state, why, and what moved it there (`messages.By`)."""
    last = message.evidence[-1] if message.evidence else None
    held = held_because(message)
    return {
        "state": str(message.state),
        "reason": message.reason,
        "by": str(last.by) if last else None,
        "held": str(held) if held else None,
    }


def _holdout(told: Any) -> Body | None:
    return {"level": told[0], "name": told[1]} if told else None


def _marked(told: Any, name: str) -> Body | None:
    return {name: told[0], "hash": told[1]} if told else None


def questions_body(record: Mapping[str, Any], keys: SixKeys) -> Body:
    """The three questions (K06): yes or no, why by the facts, and why in the words of who planned the campaign."""
    found: Body = {}
    for question, (name, said) in _ASKED.items():
        key: Key = getattr(keys, name)
        found[question] = {
            "yes": key.score >= _ENOUGH,
            "because": str(key.why),
            "said": record.get(said),
            "sentence": {"en": answer(question, key, "en"), "ja": answer(question, key, "ja")},
        }
    return found


def keys_body(keys: SixKeys) -> Body:
    """The six keys (K87), each with its reason."""
    return {
        name: {
            "score": key.score,
            "because": str(key.why),
            "sentence": {"en": WHY[key.why].en, "ja": WHY[key.why].ja},
        }
        for name, key in keys._asdict().items()
    }


def answer(question: Question, key: Key, language: Language) -> str:
    """One question with its answer, as a sentence."""
    asked, yes = getattr(QUESTIONS[question], language), getattr(ANSWERS[key.score >= _ENOUGH], language)
    why = getattr(WHY[key.why], language)
    return f"{asked}？ {yes}。{why}。" if language == "ja" else f"{asked} {yes}: {why}."


def _said(said: Any, language: Language) -> str:
    """The campaign's own words beside what the facts say."""
    if not said:
        return ""
    return f"（企画：{said}）" if language == "ja" else f" (The plan says: {said}.)"


def lines_of(message: Message, language: Language) -> tuple[str, ...]:
    """The questions and the keys of a message in a few lines; none where its record has none."""
    keys = keys_of(message.decision)
    if keys is None:
        return ()
    answers = [
        answer(question, getattr(keys, name), language) + _said(message.decision.get(said), language)
        for question, (name, said) in _ASKED.items()
    ]
    separator, colon = ("、", "：") if language == "ja" else (", ", " ")
    scores = separator.join(
        f"{getattr(KEYS[name], language)}{colon}{key.score}" for name, key in keys._asdict().items()
    )
    chosen = message.decision.get("moment")
    moment = (moment_sentence(chosen, language),) if chosen else ()
    return (*answers, *moment, scores)
