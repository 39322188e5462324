"""What a full cap holds back goes out as one message when there is room: told once, or with a reason why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.catalog import Catalog
from kizuna.core.content.templates import RenderedEmail
from kizuna.core.errors import Conflict, InvalidDefinition
from kizuna.core.messages import Message, State
from kizuna.core.restraint.caps import used
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.content import EMAIL, FOOTER
from tests.support.customers import DAILY, subscribe
from tests.support.house import House

DAY = timedelta(days=1)
GATHERS = {"count": 1, "window": "2d", "on_hit": "digest", "digest": "round-up"}
ROUND_UP = {
    **CAMPAIGN,
    "id": "round-up",
    "name": "Round-up",
    "trigger": {"type": "digest"},
    "audience": None,
    "template": "round-up",
    "expires_after": "4d",
}
TEMPLATE = {
    "id": "round-up",
    "channel": "email",
    "default_language": "en",
    "languages": {
        "en": {
            "subject": "{{ digest.count }} things",
            "html": "<ul>{% for item in digest.items %}<li>{{ item.title }}: {{ item.text }}</li>{% endfor %}</ul>"
            f'<a href="{{{{ links.unsubscribe }}}}">leave</a>{FOOTER}',
            "text": "{% for item in digest.items %}{{ item.name }} / {{ item.topic }}\n{% endfor %}"
            f"{{{{ links.unsubscribe }}}} {FOOTER}",
        }
    },
}
NAMES = ("spring", "summer", "autumn")


def a_shop(*caps: dict[str, Any], **changes: Any) -> Catalog:
    """Three campaigns of three topics; each may stop by `changes`, such as summer={"enabled": False}."""
    campaigns = [
        CAMPAIGN
        | DAILY
        | {"id": name, "name": name.title(), "topic": name, "template": name, "expires_after": "6d"}
        | changes.get(name, {})
        for name in NAMES
    ]
    content = {name: EMAIL | {"subject": f"About {name}", "preheader": f"{name} it is"} for name in NAMES}
    return a_catalog(
        {
            **some_documents(*campaigns, ROUND_UP | changes.get("round_up", {})),
            **{("topic", name): {"id": name, "name": {"en": f"On {name}"}} for name in NAMES},
            **{
                ("template", name): {
                    "id": name,
                    "channel": "email",
                    "default_language": "en",
                    "languages": {"en": content[name]},
                }
                for name in NAMES
            },
            ("template", "round-up"): TEMPLATE,
            ("policy", "policy"): {"frequency_caps": caps or [GATHERS]},
        }
    )


def a_house(catalog: Catalog | None = None) -> House:
    house = House(catalog or a_shop())
    house.ingest(subscribe("u1"))
    house.settle()
    return house


def run(house: House, campaign: str, at: datetime) -> None:
    house.start(campaign, at)
    house.walk(now=at)
    house.settle(now=at)
    house.send(now=at)
    house.settle(now=at)


def ring(house: House, at: datetime) -> None:
    house.ring(now=at)
    house.settle(now=at)
    house.send(now=at)
    house.settle(now=at)


def held_back(house: House | None = None) -> House:
    """One message went out, two wait for the room that there is two days later."""
    house = house or a_house()
    run(house, "spring", NOON)
    run(house, "summer", NOON + DAY)
    run(house, "autumn", NOON + DAY)
    return house


def messages(house: House, campaign: str) -> list[Message]:
    return [message for message in house.messages.stored.values() if message.campaign == campaign]


ROOM = NOON + 2 * DAY


def test_what_is_held_back_is_a_message_that_says_what_it_waits_for() -> None:
    house = held_back()
    for name in ("summer", "autumn"):
        (waiting,) = messages(house, name)
        assert (waiting.state, waiting.reason) == (State.DEFERRED, "held_for_digest")
        assert waiting.not_before == ROOM
        assert waiting.decision["held_for"] == "round-up"
        assert waiting.decision["reason"] == "frequency_cap"


def test_when_there_is_room_one_message_tells_of_all_and_counts_once() -> None:
    house = held_back()
    ring(house, ROOM)
    (digest,) = messages(house, "round-up")
    told = [messages(house, name)[0] for name in ("summer", "autumn")]
    assert digest.state is State.SENT
    assert sorted(digest.items) == sorted(item.id for item in told)
    assert {(item.state, item.reason) for item in told} == {(State.DENIED, "in_digest")}
    assert {item.decision["digest"] for item in told} == {digest.id}
    mail = house.email.sent[-1][1]
    assert isinstance(mail, RenderedEmail)
    assert mail.subject == "2 things"
    assert "About summer: summer it is" in mail.html
    assert "Autumn / On autumn" in mail.text
    (person,) = house.living()
    assert [touch.campaign for touch in house.messages.pressure(person.id).touches] == ["round-up"]
    assert len(house.email.sent) == 2


def test_alarms_that_ring_again_tell_nothing_twice() -> None:
    house = held_back()
    for hours in range(4):
        ring(house, ROOM + timedelta(hours=hours))
    assert len(messages(house, "round-up")) == 1
    assert len(house.email.sent) == 2


def test_who_gathers_at_the_same_time_makes_one_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading and writing, another worker gathered the same: the second write finds the versions moved on."""
    house = held_back()
    create, raced = house.messages.create, iter([True])

    def late(new: Any) -> bool:
        if next(raced, False):
            create(new)
            raise Conflict("the pressure moved on")
        return create(new)

    monkeypatch.setattr(house.messages, "create", late)
    with pytest.raises(Conflict):
        house.ring(now=ROOM)
    ring(house, ROOM + timedelta(minutes=10))
    assert len(messages(house, "round-up")) == 1
    assert len(house.email.sent) == 2


def test_what_is_alone_goes_by_itself() -> None:
    house = a_house()
    run(house, "spring", NOON)
    run(house, "summer", NOON + DAY)
    ring(house, ROOM)
    assert [message.state for message in messages(house, "summer")] == [State.SENT]
    assert messages(house, "round-up") == []


def test_the_digest_is_asked_about_like_any_message_and_where_it_may_not_go_they_go_by_themselves() -> None:
    house = held_back(a_house(a_shop(round_up={"enabled": False})))
    ring(house, ROOM)
    states = sorted(message.state for name in ("summer", "autumn") for message in messages(house, name))
    assert states == [State.DEFERRED, State.SENT]
    assert messages(house, "round-up") == []


def leave(house: House, at: datetime, topic: str = "") -> None:
    event = subscribe("u1", number=9, status="UNSUBSCRIBED", at=at)
    if topic:
        says = {**event.context["messaging_subscriptions"][0], "topic": topic}
        event = replace(event, context={"messaging_subscriptions": [says]})
    house.ingest(event, now=at)
    house.settle(now=at)


def test_who_leaves_while_things_wait_hears_of_none_of_them() -> None:
    house = held_back()
    leave(house, ROOM - timedelta(hours=1))
    ring(house, ROOM)
    assert {message.reason for name in ("summer", "autumn") for message in messages(house, name)} == {
        "channel_opt_out"
    }
    assert len(house.email.sent) == 1


def gathered(house: House) -> None:
    """The digest is made and not sent yet."""
    house.ring(now=ROOM)
    house.settle(now=ROOM)


def test_who_leaves_after_it_was_gathered_is_not_sent_it() -> None:
    house = held_back()
    gathered(house)
    leave(house, ROOM + timedelta(minutes=1))
    house.send(now=ROOM + timedelta(minutes=2))
    (digest,) = messages(house, "round-up")
    assert (digest.state, digest.reason) == (State.DENIED, "nothing_left")
    assert set(digest.decision["left_out"].values()) == {"channel_opt_out"}
    assert len(house.email.sent) == 1


def test_what_was_stopped_meanwhile_is_left_out_and_the_rest_is_told() -> None:
    house = held_back()
    gathered(house)
    house.catalog = a_shop(summer={"enabled": False})
    house.send(now=ROOM + timedelta(minutes=2))
    (digest,) = messages(house, "round-up")
    (summer,) = messages(house, "summer")
    assert digest.state is State.SENT
    assert digest.decision["left_out"] == {summer.id: "campaign_stopped"}
    mail = house.email.sent[-1][1]
    assert isinstance(mail, RenderedEmail)
    assert mail.subject == "1 things"
    assert "summer" not in mail.html


def test_what_is_stopped_before_there_is_room_is_withdrawn() -> None:
    house = held_back()
    house.catalog = a_shop(summer={"enabled": False})
    ring(house, ROOM)
    (summer,), (autumn,) = messages(house, "summer"), messages(house, "autumn")
    assert (summer.state, summer.reason) == (State.EXPIRED, "campaign_stopped")
    assert autumn.state is State.SENT


def test_what_would_have_room_only_when_it_is_too_late_is_withheld_at_once() -> None:
    house = a_house(a_shop({**GATHERS, "window": "9d"}))
    run(house, "spring", NOON)
    run(house, "summer", NOON + DAY)
    (refused,) = messages(house, "summer")
    assert (refused.state, refused.reason) == (State.DENIED, "frequency_cap")


def test_a_digest_that_nobody_could_tell_is_refused() -> None:
    with pytest.raises(InvalidDefinition, match=r"frequency_caps\.0\.digest: there is no campaign 'weekly'"):
        a_shop({**GATHERS, "digest": "weekly"})
    with pytest.raises(InvalidDefinition, match=r"frequency_caps\.0\.digest: is not triggered by a digest"):
        a_shop({**GATHERS, "digest": "spring"})
    with pytest.raises(InvalidDefinition, match="names a campaign where on_hit is digest"):
        a_shop({**GATHERS, "on_hit": "defer"})
    with pytest.raises(InvalidDefinition, match="it has neither audience nor when"):
        a_shop(round_up={"audience": {"in": ["everyone"]}})


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(NAMES)), min_size=2, max_size=8),
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
)
def test_nothing_is_lost_and_nothing_told_twice_and_the_cap_holds_at_each_moment(
    runs: list[tuple[int, str]], rings: list[int]
) -> None:
    catalog = a_shop()
    house = a_house(catalog)
    now = NOON
    sent: list[datetime] = []
    for hours, name in runs:
        now += timedelta(hours=hours)
        before = len(house.email.sent)
        run(house, name, now)
        sent += [now] * (len(house.email.sent) - before)
    for hours in rings:
        now += timedelta(hours=hours)
        before = len(house.email.sent)
        ring(house, now)
        sent += [now] * (len(house.email.sent) - before)
    cap = catalog.policy.frequency_caps[0]
    assert all(later - earlier >= 2 * DAY for earlier, later in pairwise(sent))
    (person,) = house.living()
    assert used(cap, house.messages.pressure(person.id), now=now, zone=None) <= 1
    stored = house.messages.stored
    in_digests = [item for digest in messages(house, "round-up") for item in digest.items]
    assert len(in_digests) == len(set(in_digests))
    assert {message.id for message in stored.values() if message.reason == "in_digest"} == set(in_digests)
    assert {message.state for message in stored.values()} <= {
        State.SENT,
        State.DEFERRED,
        State.DENIED,
        State.EXPIRED,
    }
