"""The page to read before a call: whole texts in both languages, and what each part rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kizuna.core.addressing import chosen_address, country_of
from kizuna.core.brief.making import Brief, Material, Orders, brief_of
from kizuna.core.brief.texts import brief_text
from kizuna.core.catalog import Catalog
from kizuna.core.consent import ConsentEvent
from kizuna.core.consent.words import words_on
from kizuna.core.events import Event, Source, SourceKind
from kizuna.core.messages import Message, State
from kizuna.core.people import Address, AddressStatus, Profile, Trait
from kizuna.core.reachability import reach_of
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import NOTHING
from kizuna.core.segments.lists import ended_event
from tests.support.builders import (
    MAILBOX,
    NOON,
    SERVER,
    a_catalog,
    a_message,
    a_profile,
    an_event,
    some_documents,
)
from tests.support.consents import act

DAY = timedelta(days=1)
PHONE = Address("sms", "+819012345678", NOON)
MAIL = Address("email", MAILBOX, NOON)
OFFERS = {"id": "offers", "name": {"en": "Offers", "ja": "お得な情報"}}


def a_workspace(**policy: Any) -> Catalog:
    documents = {**some_documents(), ("topic", "offers"): OFFERS}
    return a_catalog({**documents, ("policy", "policy"): policy} if policy else documents)


CATALOG = a_workspace()


def brief(
    profile: Profile,
    *,
    events: Sequence[Event] = (),
    messages: Sequence[Message] = (),
    ledger: Sequence[ConsentEvent] = (),
    catalog: Catalog = CATALOG,
    now: datetime = NOON,
) -> Brief:
    """The brief from what was read, as the view gathers it."""
    channels = sorted({address.channel for address in profile.addresses.values()})
    used = [address for channel in channels if (address := chosen_address(profile, channel))]
    asked: dict[str, Any] = {"topics": catalog.topics, "ledger": ledger, "now": now}
    material = Material(
        profile=profile,
        events=sorted(events, key=lambda event: event.at, reverse=True),
        messages=messages,
        reach=[
            one
            for address in used
            for one in reach_of(profile, address, heard=Heard(NOTHING), catalog=catalog, **asked)
        ],
        words=[
            word
            for address in profile.addresses.values()
            for word in words_on(address, country=country_of(profile), policy=catalog.policy.consent, **asked)
        ],
        said_at={event.id: event.at for event in ledger},
    )
    return brief_of(material, catalog, now=now)


def traits(**told: Any) -> dict[str, Trait]:
    return {name: Trait(value, NOON, SERVER.id) for name, value in told.items()}


def hanako(**changes: Any) -> Profile:
    """Somebody in Tokyo, where it is nine in the evening."""
    known = traits(name="Yamada  Hanako", language="ja", country="JP", timezone="Asia/Tokyo")
    given: dict[str, Any] = {
        "traits": known,
        "addresses": {MAIL.key: MAIL, PHONE.key: PHONE},
        "purchased_at": NOON - 3 * DAY,
        "last_event_at": NOON - DAY,
    }
    return a_profile("hanako", **(given | changes))


def happened() -> list[Event]:
    return [
        an_event(number=1, at=NOON - 3 * DAY, properties={"revenue": 4800, "currency": "JPY"}),
        an_event(number=2, at=NOON - 40 * DAY, properties={"revenue": 1200.5, "currency": "JPY"}),
        an_event("Support Ticket Opened", number=3, at=NOON - 2 * DAY, properties={"ticket_id": "T-17"}),
        an_event("Support Ticket Opened", number=4, at=NOON - 9 * DAY, properties={"ticket_id": "T-9"}),
        an_event("Support Ticket Closed", number=5, at=NOON - 8 * DAY, properties={"ticket_id": "T-9"}),
        an_event("NPS Answered", number=6, at=NOON - 5 * DAY, properties={"score": 3}),
        an_event("", type="page", number=7, at=NOON - DAY, properties={}),
        an_event("Email Opened", number=8, at=NOON - DAY, source=Source("provider", SourceKind.PROVIDER)),
    ]  # fmt: skip


def intended() -> list[Message]:
    gone = {"state": State.SENT, "facts": {"sent": NOON, "delivered": NOON, "opened": NOON}}
    return [
        a_message("hanako", changed_at=NOON - 6 * DAY, **gone),
        a_message(
            "hanako", run="r2", changed_at=NOON - 20 * DAY, state=State.FAILED, reason="provider_rejected"
        ),
        a_message("hanako", run="r3", changed_at=NOON - DAY, state=State.DENIED, reason="no_consent"),
    ]


def a_word(seconds: int, *, action_: str = "grant", **changes: Any) -> ConsentEvent:
    at = NOON + timedelta(seconds=seconds)
    return act(
        action_, at, **({"basis": "express_written", "topic": "*", "identity_verified": True} | changes)
    )


def said() -> list[ConsentEvent]:
    return [
        a_word(-30 * 86_400, endpoint=MAIL.id, topic="*"),
        a_word(-10 * 86_400, endpoint=MAIL.id, topic="offers", action_="withdraw"),
        a_word(-5 * 86_400, endpoint=PHONE.id, action_="sms_in", channel="sms", text="STOP"),
    ]


ENGLISH = """\
Yamada Hanako (hanako)
- Speaks Japanese. Country: JP.
- It is 21:00 on Monday, 23 November 2026 there (Asia/Tokyo).
- Known since 25 August 2026. Last purchase on 20 November 2026. 2 orders worth 6,000.50 JPY.
- Last heard of on 22 November 2026.
Last from us
- “Spring” by email on 17 November 2026: delivered, opened
Last from them
- page on 22 November 2026
- Support Ticket Opened on 21 November 2026
- Order Completed on 20 November 2026
Open problems
- Support Ticket Opened on 21 November 2026 (T-17)
- NPS Answered on 18 November 2026: 3
- “Spring” by email could not be delivered on 3 November 2026 (provider_rejected)
Preferences
- Can be reached by email, SMS.
- Said yes to “News”.
- Left “Offers”.
Do
- begin with what is open: Support Ticket Opened of 21 November 2026
- speak Japanese
- email may bring “News”
Don't
- nothing about “Offers” by email: they unsubscribed from this topic (13 November 2026)
- do not text: STOP on 18 November 2026
- do not call now: it is 21:00 there
- do not sell anything before this is settled: Support Ticket Opened"""

JAPANESE = """\
Yamada Hanako 様（hanako）
- 言語は日本語、国はJP。
- 現地は2026年11月23日（月）21:00（日本時間）。
- 2026年8月25日からのお客様。最後のご購入は2026年11月20日。ご注文は2件、合計6,000.50 JPY。
- 最後の動きは2026年11月22日。
最近の当社からの連絡
- 2026年11月17日　「Spring」（メール）：到達・開封
最近のお客様の行動
- 2026年11月22日　page
- 2026年11月21日　Support Ticket Opened
- 2026年11月20日　Order Completed
未解決の問題
- 2026年11月21日　Support Ticket Opened（T-17）
- 2026年11月18日　NPS Answered：3
- 2026年11月3日　「Spring」（メール）を届けられなかった（provider_rejected）
ご希望
- 連絡できるチャネルはメール、SMS。
- 受け取りを希望：「News」。
- 配信停止：「お得な情報」。
すべきこと
- まず未解決の件から話す：Support Ticket Opened（2026年11月21日）
- 日本語で話す
- メールで「News」を案内できる
避けること
- メールで「お得な情報」を案内しない：ご本人のご希望により、このトピックの配信が停止されているため（2026年11月13日）
- SMSを送らない：2026年11月18日に配信停止（STOP）の返信
- 今は電話しない：現地は21:00
- 次の件が解決するまで販売の話をしない：Support Ticket Opened"""


@pytest.mark.parametrize(("language", "expected"), [("en", ENGLISH), ("ja", JAPANESE)])
def test_the_whole_brief_reads_like_this(language: Any, expected: str) -> None:
    found = brief(hanako(), events=happened(), messages=intended(), ledger=said())
    assert brief_text(found, CATALOG, language) == expected


def test_of_somebody_hardly_known_there_is_little_to_say() -> None:
    visitor = a_profile("visitor", identities={}, traits={}, addresses={}, created_at=NOON - DAY)
    assert brief_text(brief(visitor), CATALOG, "en").splitlines() == [
        "visitor",
        "- Language not known.",
        "- Known since 22 November 2026.",
        "Do",
        "- ask for an address that works",
        "Don't",
        "- do not call before you have asked what time it is there: no time zone is known",
    ]


# ── do and don't ────────────────────────────────────────────────────────────────────────────────


def donts(found: Brief) -> list[tuple[str, str, str]]:
    return [(one.code, one.channel, one.scope) for one in found.donts]


def test_what_holds_for_the_person_is_said_once_and_not_for_every_channel() -> None:
    objected = a_word(-86_400, action_="object")
    assert donts(brief(hanako(), ledger=[objected], now=NOON - 9 * timedelta(hours=1)))[0] == (
        "objection",
        "",
        "promotion",
    )
    restricted = brief(hanako(status="restricted"))
    assert donts(restricted)[0] == ("restricted", "", "everything")
    assert "do not contact them: the use of this person's data is restricted" in brief_text(
        restricted, CATALOG, "en"
    )


@pytest.mark.parametrize(
    ("status", "code"),
    [(AddressStatus.HARD_BOUNCED, "endpoint_undeliverable"), (AddressStatus.COMPLAINED, "complaint")],
)
def test_an_address_that_fails_is_a_problem_and_not_to_be_used(status: AddressStatus, code: str) -> None:
    dead = Address("email", MAILBOX, NOON, status, NOON - 4 * DAY)
    found = brief(hanako(addresses={dead.key: dead}))
    assert [(one.code, one.what, one.channel) for one in found.problems] == [
        ("address", str(status), "email")
    ]
    assert (found.donts[0].code, found.donts[0].scope, found.donts[0].at) == (
        code,
        "everything",
        NOON - 4 * DAY,
    )
    assert "ask_address" in [one.code for one in found.dos]


def test_where_only_a_permission_is_missing_one_is_asked_for_but_nobody_is_talked_out_of_a_no() -> None:
    quiet = hanako(addresses={MAIL.key: MAIL}, purchased_at=None)
    assert "ask_consent" in [one.code for one in brief(quiet).dos]
    left = a_word(-86_400, action_="withdraw", endpoint=MAIL.id)
    assert "ask_consent" not in [one.code for one in brief(quiet, ledger=[left]).dos]


@pytest.mark.parametrize(
    ("hour", "expected"), [(8, True), (9, False), (19, False), (20, True), (23, True), (2, True)]
)
def test_nobody_is_called_at_night(hour: int, expected: bool) -> None:
    now = datetime.fromisoformat(f"2026-11-23T{hour:02}:10:00+09:00")
    assert ("night" in [one.code for one in brief(hanako(), now=now).donts]) is expected


def test_hours_of_promotion_and_the_end_of_a_wait_are_told() -> None:
    phone = Address("sms", "+12125550123", NOON)
    grant = a_word(-86_400, channel="sms", endpoint=phone.id, topic="*")
    person = a_profile(
        traits=traits(country="US", region="FL", timezone="America/New_York"), addresses={phone.key: phone}
    )
    text = brief_text(brief(person, ledger=[grant]), CATALOG, "en")  # seven in the morning there
    assert "- Promotion by SMS only from 08:00 to 20:00 their time today." in text
    assert "- no promotion by SMS before 08:00 on Monday, 23 November 2026: it is too early" in text


def test_when_all_sending_is_stopped_that_comes_first() -> None:
    assert brief(hanako(), catalog=a_workspace(kill_switch=True)).donts[0].code == "campaign_stopped"


# ── problems and orders ─────────────────────────────────────────────────────────────────────────


def problems(*events: Event, **policy: Any) -> list[tuple[str, str]]:
    found = brief(hanako(), events=events, catalog=a_workspace(**policy))
    return [(one.code, one.reference) for one in found.problems]


def ticket(number: int, name: str = "Opened", **properties: Any) -> Event:
    return an_event(
        f"Support Ticket {name}", number=number, at=NOON - (50 - number) * DAY, properties=properties
    )


def test_a_ticket_is_closed_by_its_id_or_by_a_later_word_that_names_none() -> None:
    assert problems(ticket(1, ticket_id=1), ticket(2, "Closed", ticket_id=2)) == [("ticket", "1")]
    assert problems(ticket(1, ticket_id=1), ticket(2, "Closed", ticket_id="1")) == []
    assert problems(ticket(1, ticket_id="1"), ticket(2), ticket(3, "Closed")) == []
    assert problems(ticket(1, "Closed"), ticket(2)) == [("ticket", "")]


def test_of_scores_only_the_last_answer_counts() -> None:
    def score(number: int, value: Any) -> Event:
        return an_event(
            "NPS Answered", number=number, at=NOON - (50 - number) * DAY, properties={"score": value}
        )

    assert problems(score(1, 2)) == [("low_score", "2")]
    assert problems(score(1, 2), score(2, 9)) == []
    assert problems(score(1, 9), score(2, "0"), score(3, True), score(4, 10**400)) == []


HOLD = {
    "id": "case",
    "name": {"en": "A complaint is looked into"},
    "when": {"event": "Complaint Received", "window": {"last": "3d"}},
    "release": {"event": "Complaint Settled", "same": ["case"], "staff": True},
}
COMPLAINED = an_event("Complaint Received", number=1, at=NOON - 20 * DAY, properties={"case": "C-1"})
OPEN = [("complaint", "")]


def settled(*, days: int = 19, source: Source = SERVER, **properties: Any) -> Event:
    return an_event("Complaint Settled", number=2, at=NOON - days * DAY, properties=properties, source=source)


def ended(hold: str, *, days: int = 19) -> Event:
    return ended_event("hanako", hold, by="mio", reason="called them", at=NOON - days * DAY)


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        ([], OPEN),  # the hold ran out long ago: nobody has answered them for that
        ([ended("case")], []),
        ([ended("case", days=21)], OPEN),  # before they complained
        ([ended("other")], OPEN),
        ([replace(ended("case"), source=SERVER)], OPEN),  # only the desk ends a hold of ours
        ([settled(case="C-1")], []),
        ([settled(case="C-2")], OPEN),
        ([settled()], OPEN),
        ([settled(case="C-1", days=21)], OPEN),
        (
            [settled(case="C-1", source=Source("page", SourceKind.CLIENT))],
            OPEN,
        ),  # by a page's word nothing ends
        ([settled(case="C-2"), ended("case", days=1)], []),
    ],
)
def test_a_complaint_is_open_until_what_it_placed_is_ended_and_no_longer(
    later: list[Event], expected: list[tuple[str, str]]
) -> None:
    assert problems(COMPLAINED, *later, tone_holds=[HOLD]) == expected


def test_the_next_complaint_is_open_although_the_last_one_was_settled() -> None:
    again = replace(COMPLAINED, id="again", at=NOON - DAY)
    found = brief(hanako(), events=[COMPLAINED, ended("case"), again], catalog=a_workspace(tone_holds=[HOLD]))
    assert [one.at for one in found.problems] == [NOON - DAY]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"release": {"staff": True}}, OPEN),  # still to be ended
        ({"release": {"staff": True}, "when": {"event": "Case Opened"}}, []),  # placed by something else
        (
            {
                "release": {"staff": True},
                "when": {
                    "event": "Complaint Received",
                    "where": [{"property": "case", "op": "eq", "value": "C-9"}],
                },
            },
            [],
        ),
        ({}, []),  # it ends by itself, and says nothing of whether the matter is settled
    ],
)
def test_a_complaint_that_placed_two_holds_is_settled_when_both_are_ended(
    other: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    second = {"id": "second", "name": HOLD["name"], "when": HOLD["when"], **other}
    for holds in ([HOLD, second], [second, HOLD]):
        assert problems(COMPLAINED, ended("case"), tone_holds=holds) == expected
    assert problems(COMPLAINED, ended("case"), ended("second"), tone_holds=[HOLD, second]) == []


def test_a_complaint_whose_hold_nobody_can_end_stays_open_for_as_long_as_the_workspace_looks_back() -> None:
    plain = {name: value for name, value in HOLD.items() if name != "release"}
    assert problems(COMPLAINED, ended("case"), settled(case="C-1"), tone_holds=[plain]) == OPEN


def test_a_bad_score_is_settled_with_the_hold_that_it_placed() -> None:
    hold = {
        "id": "unhappy",
        "name": {"en": "They were not happy"},
        "when": {"event": "NPS Answered", "where": [{"property": "score", "op": "lte", "value": 6}]},
        "release": {"staff": True},
    }
    told = an_event("NPS Answered", number=1, at=NOON - 20 * DAY, properties={"score": 3})
    assert problems(told, tone_holds=[hold]) == [("low_score", "3")]
    assert problems(told, ended("unhappy"), tone_holds=[hold]) == []
    worse = an_event("NPS Answered", number=3, at=NOON - 2 * DAY, properties={"score": 1})
    assert problems(told, ended("unhappy"), worse, tone_holds=[hold]) == [("low_score", "1")]


def test_the_workspace_names_its_own_events_and_says_how_long_they_matter() -> None:
    case = an_event("Case Raised", number=1, at=NOON - 20 * DAY, properties={"case": "C-1"})
    rules = {"tickets": {"Case Raised": "Case Solved"}, "ticket_id": "case"}
    assert problems(case) == []
    assert problems(case, brief=rules) == [("ticket", "C-1")]
    assert problems(case, brief=rules | {"look_back": "7d"}) == []


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ([{"revenue": 10, "currency": "EUR"}, {"total": 2.5}], Orders(2, 12.5, "EUR", True)),
        ([{"revenue": 10, "currency": "EUR"}, {"revenue": 1, "currency": "USD"}], Orders(2, None, "", True)),
        ([{}, {"revenue": "free"}], Orders(2, None, "", True)),
        ([], None),
    ],
)
def test_orders_are_added_up_only_where_that_makes_sense(
    properties: list[dict[str, Any]], expected: Orders | None
) -> None:
    events = [
        an_event(number=number, at=NOON - DAY, properties=each) for number, each in enumerate(properties)
    ]
    assert brief(hanako(), events=events).orders == expected


def test_a_sensitive_name_is_not_shown() -> None:
    documents = {
        **some_documents(),
        ("trait", "name"): {"id": "name", "meaning": {"en": "x"}, "sensitive": True},
    }
    assert brief(hanako(), catalog=a_catalog(documents)).name == ""
