"""What a record keeps of a ledger loses nobody's No and nobody's Yes, and is stored in a form that lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kizuna.core.consent import ConsentEvent, fold, permission
from kizuna.core.consent.summary import chain_mark, events_of, rows_of, summary_of
from kizuna.core.policy import ConsentPolicy
from tests.support.consents import DAY, NOW, act, confirm, grant, text, withdraw

MINUTE = timedelta(minutes=1)
SMS: dict[str, Any] = {"channel": "sms", "country": "US"}


def carried(event: ConsentEvent, *lifted_by: str) -> ConsentEvent:
    """The copy that a merge of yesterday made of somebody's No."""
    copy = f"merge:m:{event.id}"
    return replace(event, id=copy, supersedes=event.id, merged_at=NOW - DAY, lifted_by=lifted_by)


def word_on(ledger: tuple[ConsentEvent, ...], **asked: Any) -> str:
    """What a ledger says about news to one address: the fold's own answer."""
    now, policy = asked.pop("now", NOW), ConsentPolicy()
    question = {"channel": "email", "topic": "news", "endpoint": "ep1", "country": "FR"} | asked
    standing = fold(ledger, now=now, policy=policy)
    told = permission(standing, **question, now=now, policy=policy)
    if standing.objections or standing.do_not_contact:
        return "never"
    if question["channel"] == "sms" and (standing.stops or standing.reviews):
        return "stopped"
    if told.channel_opt_outs or told.topic_opt_outs:
        return "refused"
    return "granted" if told.valid else str(told.failure or "silent")


# Why it matters, the ledger, what is asked, what the chain says, and so the record.
CASES: list[tuple[str, list[ConsentEvent], dict[str, Any], str]] = [
    ("a No that a merge brought stands against the Yes that the other had given before",
     [carried(withdraw(NOW - 5 * DAY)), grant(NOW - 3 * DAY)], {}, "refused"),
    ("a Yes of the same person goes on lifting the No that a merge copied",
     [carried(withdraw(NOW - 5 * DAY), "yes"), grant(NOW - 3 * DAY, id="yes")], {}, "granted"),
    ("a No of before a merge does not vanish behind a No of later that more Yes lift",
     [carried(withdraw(NOW - 10 * DAY)), withdraw(NOW - 5 * DAY, id="own"), grant(NOW - 3 * DAY)], {}, "refused"),
    ("who texted STOP gets no text", [grant(NOW - 2 * DAY, channel="sms"), text("STOP", NOW - DAY)], SMS, "stopped"),
    ("nor who may have meant it", [text("please stop texting me", NOW - DAY)], SMS, "stopped"),
    ("a Yes given later on a page does not lift a STOP: only a START does",
     [text("STOP", NOW - 2 * DAY), grant(NOW - DAY, channel="sms")], SMS, "stopped"),
    ("of two phones the one that stopped later does not speak for the other",
     [text("STOP", NOW - 3 * DAY), text("STOP", NOW - 2 * DAY, endpoint="ep2"),
      text("START", NOW + 2 * DAY, endpoint="ep2")], {**SMS, "now": NOW + 3 * DAY}, "stopped"),
    ("a written Yes to texts is still a written one", [grant(NOW - DAY, channel="sms")], SMS, "granted"),
    ("a Yes that was only spoken does not become one",
     [grant(NOW - DAY, channel="sms", basis="express")], SMS, "consent_not_written"),
    ("nor does it take the place of an older one that was written",
     [grant(NOW - 2 * DAY, channel="sms"), grant(NOW - DAY, channel="sms", basis="express")], SMS, "granted"),
    ("a Yes for another mailbox does not take the place of the one for this",
     [grant(NOW - 2 * DAY), grant(NOW - DAY, endpoint="ep2")], {}, "granted"),
    ("nor one for another topic", [grant(NOW - 2 * DAY), grant(NOW - DAY, topic="offers")], {}, "granted"),
    ("nor one for another purpose", [grant(NOW - 2 * DAY), grant(NOW - DAY, purpose="analytics")], {}, "granted"),
    ("nor a later one that nothing proves", [grant(NOW - 2 * DAY), grant(NOW - DAY, proof=None)], {}, "granted"),
    ("nor one that names no wording",
     [grant(NOW - 2 * DAY), grant(NOW - DAY, wording_version=None)], {}, "granted"),
    ("nor one that anybody could have sent",
     [grant(NOW - 2 * DAY), grant(NOW - DAY, identity_verified=False)], {}, "granted"),
    ("nor one that was for a day", [grant(NOW - 2 * DAY), grant(NOW - DAY, expires_at=NOW)], {}, "granted"),
    ("a link clicked at the very moment of the Yes confirms it, though a Yes to which nobody clicked came later",
     [grant(NOW - 3 * DAY), confirm(NOW - 3 * DAY), grant(NOW - DAY)], {"country": "DE"}, "granted"),
    ("a phone whose clock is ahead lifts its STOP now, and not only with the next START",
     [grant(NOW - 3 * DAY, channel="sms"), text("STOP", NOW - DAY), text("START", NOW + 3 * MINUTE),
      text("START", NOW + 2 * DAY)], SMS, "granted"),
    ("an objection on any channel is one on all",
     [grant(NOW - DAY), act("object", NOW - 3 * DAY, channel="sms")], {}, "never"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ledger", "asked", "word"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_record_says_it_too(ledger: list[ConsentEvent], asked: dict[str, Any], word: str) -> None:
    chain = tuple(ledger)
    assert word_on(chain, **asked) == word
    assert word_on(events_of(rows_of(chain, now=NOW)), **asked) == word


# A record is read with every event of its person: whatever no moment can bring back is weight for nothing.
@pytest.mark.parametrize(
    ("ledger", "rows"),
    [
        ([text("STOP", NOW - DAY), text("START", NOW)], 0),
        ([act("object", NOW - DAY), act("object", NOW, channel="sms"), act("suppression_hash", NOW)], 1),
        ([text("STOP", NOW - DAY), text("quit", NOW)], 1),
        ([withdraw(NOW, id="a"), withdraw(NOW, id="b")], 1),
        ([grant(NOW - DAY), grant(NOW)], 1),
        ([grant(NOW - 3 * DAY), confirm(NOW - DAY), grant(NOW - DAY)], 2),
        ([grant(NOW - 3 * DAY), confirm(NOW - 2 * DAY, endpoint="ep2"), grant(NOW - DAY)], 2),
        ([grant(NOW - 3 * DAY), grant(NOW - 2 * DAY, id="new"), confirm(NOW - DAY)], 2),
        ([act("link_get", NOW - DAY), act("something_new", NOW - DAY)], 0),
    ],
)
def test_nothing_is_kept_twice(ledger: list[ConsentEvent], rows: int) -> None:
    assert len(rows_of(ledger, now=NOW)) == rows


def test_a_yes_that_nobody_vouched_for_is_not_vouched_for_by_being_kept() -> None:
    (kept,) = events_of(rows_of([grant(NOW - DAY, identity_verified=False, proof=None)], now=NOW))
    assert (kept.identity_verified, kept.proof) == (False, None)


def test_rows_are_stored_as_they_always_were() -> None:
    """Records hold rows that earlier releases wrote, whole numbers all: who changes their form raises its number."""
    at = 1_795_280_400_000_000  # two days before NOW, in microseconds
    never = act("do_not_contact", NOW - 2 * DAY, channel=None, topic=None, endpoint=None)
    no = withdraw(NOW - DAY)
    assert rows_of([never, no], now=NOW) == ((6, at), (2, at + 86_400_000_000, "email", "*", "ep1"))
    stop, yes = rows_of([text("STOP", NOW - 2 * DAY), grant(NOW - DAY)], now=NOW)
    assert stop == ("p", at, "sms", "*", "ep1")
    assert yes == (0, at + 86_400_000_000, "email", "*", "ep1", *[None] * 3, 3, "v3", None, "express_written")
    assert {type(row[1]) for row in (stop, yes)} == {int}  # the table takes no floats


def test_the_mark_of_a_chain_is_the_same_in_every_release() -> None:
    """Under another mark every record would be taken for that of somebody else, and its ledger read anew."""
    assert chain_mark(("p",), 3) == "cb6pyb3q"
    assert chain_mark(("p", "q"), 1) == "nq7jzpex"
    made = summary_of([grant(NOW - DAY)], parts=("p", "q"), length=1, now=NOW)
    assert (made.mark, len(made.rows)) == ("nq7jzpex", 1)
