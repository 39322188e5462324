"""One person as an example, on the pages that the management side has about people."""

from __future__ import annotations

from typing import Any

INSTANT = "2026-11-22T12:00:00.000Z"
_ALLOWED = {
    "category": "marketing",
    "topic": "new-releases",
    "answer": "allow",
    "reason": "consent",
    "notBefore": None,
    "decidedBy": ["c-1"],
    "sentence": {
        "en": "A message about “New releases” may be sent by email now, because a valid consent covers this address "
        "and topic.",
        "ja": "この宛先とトピックについて有効な同意をいただいているため、"
        "メールで「新着」のメッセージを今お送りできます。",
    },
}
MESSAGE = {
    "message": "m-example",
    "person": "p-example",
    "campaign": "win-back",
    "run": "20261125T1000Z",
    "channel": "email",
    "topic": "new-releases",
    "category": "marketing",
    "state": "DENIED",
    "reason": "no_consent",
    "remedy": {
        "en": "They have to agree to this topic at this address, with the wording and the proof on record.",
        "ja": "この宛先とトピックについて同意をいただき、表示した文言と証拠を記録する必要があります。",
    },
    "at": INSTANT,
    "notBefore": None,
    "facts": {},
    "decidedAt": INSTANT,
    "record": {
        "answer": "deny",
        "reason": "no_consent",
        "gates": [
            {"rule": "erased", "version": 1, "verdict": "pass", "reason": None},
            {"rule": "legal_basis", "version": 1, "verdict": "deny", "reason": "no_consent"},
        ],
        "outcome": {"state": "DENIED", "reason": "no_consent", "by": None, "held": None},
        "sixKeys": {
            "suitability": {
                "score": 0,
                "because": "no_yes",
                "sentence": {
                    "en": "they never gave a yes that counts",
                    "ja": "有効な同意をいただいていません",
                },
            }
        },
    },
    "sentence": {
        "en": "ada was not sent “We kept your spot” by email on 22 November 2026 at 12:00 (Europe/London), because "
        "nothing on record permits it.",
        "ja": "2026年11月22日（日）12:00（Europe/London）、送信を認める同意の記録がないため、ada様への"
        "「We kept your spot」（メール）は送信しませんでした。",
    },
}
EVENT = {
    "id": "example-track",
    "type": "track",
    "name": "Order Completed",
    "at": INSTANT,
    "receivedAt": INSTANT,
    "source": "shop",
    "sourceKind": "server",
    "properties": {"order_id": "1001", "revenue": 24.5, "currency": "GBP"},
    "traits": {},
}
_NEXT = "1795348800000.0f3a9c1e5b7d2468"
_TEXT = {
    "en": "Ada Lovelace (ada)\n- Speaks English. Country: GB.\n- Known since 22 November 2026. Last purchase on "
    "22 November 2026. 1 order worth 24.50 GBP.\nOpen problems\n- Support Ticket Opened on 22 November 2026 (T-17)",
    "ja": "Ada Lovelace 様（ada）\n- 言語は英語、国はGB。\n- 2026年11月22日からのお客様。"
    "最後のご購入は2026年11月22日。ご注文は1件、合計24.50 GBP。\n"
    "未解決の問題\n- 2026年11月22日　Support Ticket Opened（T-17）",
}


def _advice(code: str, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "code": code,
        "channel": "",
        "scope": None,
        "topics": [],
        "at": None,
        "until": None,
        "what": "",
    }
    return plain | changes


BRIEF: dict[str, Any] = {
    "id": "p-example",
    "knownAs": "ada",
    "name": "Ada Lovelace",
    "language": "en",
    "country": "GB",
    "zone": "Europe/London",
    "localTime": "2026-11-22T12:00+00:00",
    "since": INSTANT,
    "lastPurchaseAt": INSTANT,
    "orders": {"count": 1, "value": 24.5, "currency": "GBP", "complete": True},
    "lastSeenAt": INSTANT,
    "ours": [
        {
            "at": INSTANT,
            "what": "Thanks for your order",
            "channel": "sms",
            "state": "SENT",
            "reactions": ["delivered"],
        }
    ],
    "theirs": [{"at": INSTANT, "what": "Order Completed", "channel": "", "state": None, "reactions": []}],
    "problems": [
        {
            "code": "ticket",
            "what": "Support Ticket Opened",
            "at": INSTANT,
            "channel": "",
            "reference": "T-17",
            "source": "helpdesk",
        }
    ],
    "channels": ["email"],
    "kept": ["new-releases"],
    "left": ["orders"],
    "lately": {"days": 7, "promotions": 1, "roomAt": None},
    "hours": None,
    "do": [_advice("settle_first", what="Support Ticket Opened", at=INSTANT)],
    "dont": [_advice("sms_stop", channel="sms", scope="everything", at=INSTANT)],
    "eventsSince": None,
    "text": _TEXT,
}
_ORIGIN = {"source": "shop", "licence": "first", "vouched": True}
PERSON: dict[str, Any] = {
    "id": "p-example",
    "version": 12,
    "reachVersion": 3,
    "status": "active",
    "createdAt": INSTANT,
    "updatedAt": INSTANT,
    "lastEventAt": INSTANT,
    "lastPurchaseAt": INSTANT,
    "zone": "Europe/London",
    "globalPrivacyControl": False,
    "identities": [
        {
            "type": "email",
            "value": "ada@example.com",
            "told": "ADA@example.com",
            "firstSeen": INSTANT,
            "lastUsed": None,
            **_ORIGIN,
        }
    ],
    "traits": {
        "country": {
            "value": "GB",
            "told": None,
            "withheld": False,
            "at": INSTANT,
            **_ORIGIN,
            "stale": False,
            "inDecisions": True,
        }
    },
    "addresses": [
        {
            "id": "a-1",
            "channel": "email",
            "value": "ada@example.com",
            "status": "ok",
            "statusAt": None,
            "givenAt": INSTANT,
            "platform": "",
            "zone": None,
            "used": True,
            "reach": [_ALLOWED],
        }
    ],
    "lists": [
        {"id": "friends", "name": "Friends of the house", "since": "2026-11-02T08:00:00.000Z", "by": "mia"}
    ],
    "segments": [
        {
            "id": "loyal-customers",
            "name": "Loyal customers",
            "holds": True,
            "until": "2027-02-20T12:00:00.000Z",
            "because": [
                {
                    "question": {"event": "Order Completed", "verb": "count", "value": 4},
                    "holds": True,
                    "until": None,
                }
            ],
        }
    ],
    "consents": [
        {
            "channel": "email",
            "address": "a-1",
            "topic": "new-releases",
            "word": "granted",
            "reason": None,
            "because": [{"id": "c-1", "action": "grant", "at": "2026-11-22T12:00:00Z", "proof": "form"}],
        }
    ],
    "pressure": {
        "touches": [
            {
                "at": INSTANT,
                "channel": "email",
                "message": "m-example",
                "campaign": "win-back",
                "topic": "new-releases",
            }
        ],
        "caps": [
            {
                "scope": "person",
                "address": None,
                "wished": False,
                "channel": "email",
                "topic": None,
                "brand": None,
                "tag": None,
                "campaign": None,
                "purpose": None,
                "appliesTo": "promotional",
                "counts": "sent",
                "window": "1w",
                "most": 2,
                "used": 1,
                "roomAt": None,
                "onHit": "drop",
            }
        ],
    },
    "restraint": {
        "holds": [
            {"id": "complaint", "name": {"en": "A complaint is open", "ja": "苦情の対応中"}, "until": None}
        ],
        "exclusions": [
            {
                "product": "vinyl-club",
                "rule": "cancelled",
                "since": INSTANT,
                "until": None,
                "reason": "too expensive",
            }
        ],
    },
    "timeline": {"events": [EVENT], "next": _NEXT},
    "messages": {"messages": [MESSAGE], "next": None},
    "merges": [
        {
            "id": "p-example.abc",
            "at": INSTANT,
            "rule": "identifiers",
            "reason": "",
            "into": "p-example",
            "absorbed": ["p-visitor"],
            "evidence": [
                {
                    "source": "shop",
                    "event": "example-identify",
                    "at": INSTANT,
                    "identifiers": [{"type": "user_id", "value": "ada"}],
                }
            ],
            "undoneAt": None,
            "undoableUntil": "2027-02-20T12:00:00.000Z",
        }
    ],
    "apart": [],
    "explain": {
        "decisions": "/admin/decisions?person=p-example",
        "silence": "/admin/decisions?person=p-example&since=7d",
    },
    "dueAt": "2026-12-02T09:30:00.000Z",
    "parts": ["p-example", "p-visitor"],
    "brief": BRIEF,
}
TIMELINE = {"id": "p-example", "events": [EVENT], "next": _NEXT}
SILENCE = {
    "known": True,
    "id": "p-example",
    "since": INSTANT,
    "complete": True,
    "sentence": {
        "en": "Since 22 November 2026 at 12:00 (Europe/London), ada was sent 0 messages and not sent 1 message; "
        "0 messages still on the way; 1 campaign did not consider them.",
        "ja": "2026年11月22日（日）12:00（イギリス時間）以降、ada様への送信は0件、見送りは1件、送信待ちは0件です。"
        "判定の対象にならなかったキャンペーンは1件です。",
    },
    "decisions": [MESSAGE],
    "next": None,
    "notConsidered": [
        {
            "campaign": "order-thanks",
            "reason": "no_event",
            "sentence": {
                "en": "“Thanks for your order” did not consider them: what starts it did not happen in that time.",
                "ja": "「Thanks for your order」は判定の対象になりませんでした。"
                "開始のきっかけとなる行動が、この期間にありませんでした。",
            },
            "because": {"en": [], "ja": []},
            "nextRun": None,
        }
    ],
}
DECISIONS = {"id": "p-example", "decisions": [MESSAGE], "next": None}
SEVERAL = {
    "code": "ambiguous",
    "message": "fits several people; ask by the id of one, or with the kind in front, such as user_id:",
    "candidates": [{"kind": "user_id", "id": "p-example"}, {"kind": "anonymous_id", "id": "p-other"}],
}
