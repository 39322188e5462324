"""An opt-out that is committed before the claim stops the message: with several messages at once, and with the dead.

A mail and a text wait for one person. Two senders have each of them in hand, for queues bring things twice; the
person refuses meanwhile, in one of the ways there are; any of the five may be killed before or after any of their
calls, and what was killed is brought again by somebody else. A seed chooses all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from threading import current_thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.consent import Action, ConsentEvent
from kizuna.core.intake.http import HttpRequest
from kizuna.core.links import Unsubscribe, issue
from kizuna.core.messages import Message, State
from kizuna.core.provider_reports import Reply
from kizuna.core.rights.staff_acts import Act, staff_event
from kizuna.usecases.delivery import deliver
from kizuna.usecases.ingesting.ingest import ingest
from kizuna.usecases.outcomes import feedback
from kizuna.usecases.own_side.preferences import answer
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.consents import EXAMPLES
from tests.support.content import SMS
from tests.support.customers import DAILY, SHOP, identify, subscribe
from tests.support.forgetful import Forgetful
from tests.support.house import LINK_KEYS, House
from tests.support.turns import Turns

PHONE = "+819012345678"
TEXTING = {"channel": "sms", "template": "spring-sms"}
CATALOG = a_catalog(
    {
        **some_documents(CAMPAIGN | DAILY, CAMPAIGN | DAILY | TEXTING | {"id": "spring-text"}),
        ("template", "spring-sms"): {
            "id": "spring-sms", "channel": "sms", "default_language": "en", "languages": {"en": SMS},
        },
        ("policy", "policy"): {},
    }
)  # fmt: skip
ADDRESSES = {"email": "u1@example.com", "sms": PHONE}
BOTH = frozenset(ADDRESSES)
SENDERS = {"email": ("mail 1", "mail 2"), "sms": ("text 1", "text 2")}


class Killed(BaseException):
    """The process is gone, as if somebody had pulled the plug."""


@dataclass(frozen=True)
class Refusal:
    """How somebody refuses: what they do, and the channels on which nothing may go out after it."""

    name: str
    stops: frozenset[str]
    does: Callable[[House, Any], object]
    shows: Callable[[ConsentEvent], bool]  # whether an entry of the person's ledger is this refusal


def _tells(event: Callable[[House], Any]) -> Callable[[House, Any], object]:
    def tell(house: House, on: Any) -> None:
        done = ingest(
            [event(house)], people=on.people, ledger=on.ledger, catalog=CATALOG, now=NOON, new_id=house.new_id
        )
        assert not done.left_over

    return tell


def _clicks(house: House, on: Any) -> None:
    message = message_on(house, "email")
    token = issue(
        send_ref=message.id, scope=Unsubscribe("news", "email"), issued_at=NOON, nonce=b"0" * 16, keys=LINK_KEYS
    )  # fmt: skip
    desk = replace(house.desk, people=on.people, ledger=on.ledger)
    form = {"content-type": "application/x-www-form-urlencoded"}
    one_click = HttpRequest("POST", f"/u/{token}", headers=form, body=b"List-Unsubscribe=One-Click")
    assert answer(one_click, desk, CATALOG, now=NOON).status == 200


def _texts(house: House, on: Any) -> None:
    listener = feedback.Listener(on.people, on.ledger, house.messages, house.quarantine, house.new_id)
    feedback.take(Reply("inbound-1", PHONE, "STOP", NOON), listener, CATALOG, now=NOON)


def _is_somebody_who_left(house: House) -> Any:
    return identify(user="u1", anonymous="visitor", number=7)


def _of_staff(act: Act) -> Callable[[House], Any]:
    return lambda house: staff_event(
        house.person("user_id", "u1").id, act, by="mika", reason="asked for", at=NOON
    )


def _is(action: Action) -> Callable[[ConsentEvent], bool]:
    return lambda entry: entry.action == action


REFUSALS = (
    Refusal(
        "takes the Yes to mail back in the shop", frozenset({"email"}),
        _tells(lambda house: subscribe("u1", number=2, status="UNSUBSCRIBED", at=NOON)), _is(Action.WITHDRAW),
    ),
    Refusal("clicks once", frozenset({"email"}), _clicks, _is(Action.ONE_CLICK_POST)),
    Refusal("texts STOP", frozenset({"sms"}), _texts, _is(Action.SMS_IN)),
    Refusal("objects", BOTH, _tells(_of_staff(Act.OBJECT)), _is(Action.OBJECT)),
    Refusal("is to be left alone", BOTH, _tells(_of_staff(Act.SILENCE)), _is(Action.DO_NOT_CONTACT)),
    Refusal(
        "turns out to be a visitor who had left", frozenset({"email"}),
        _tells(_is_somebody_who_left), _is(Action.WITHDRAW),
    ),
)  # fmt: skip


def message_on(house: House, channel: str) -> Message:
    (found,) = (one for one in house.messages.stored.values() if one.address == ADDRESSES[channel])
    return found


def a_waiting_house(refusal: Refusal) -> House:
    """A mail and a text wait for `u1`; a visitor, who is nobody else yet, has left the mail of another address."""
    house = House(CATALOG)
    says = [
        {"type": "email", "key": "u1@example.com", "status": "SUBSCRIBED"},
        {"type": "sms", "key": PHONE, "status": "SUBSCRIBED"},
    ]
    traits = {"email": "u1@example.com", "phone": PHONE, "country": "JP"}
    house.ingest(subscribe("u1", traits=traits, context={"messaging_subscriptions": says}))
    if refusal.name.startswith("turns out"):
        left = [{"type": "email", "key": "other@example.com", "status": "UNSUBSCRIBED"}]
        visit: dict[str, Any] = {
            "user_id": None,
            "anonymous_id": "visitor",
            "traits": {"email": "other@example.com"},
        }
        house.ingest(
            subscribe("visitor", number=3, source=SHOP, context={"messaging_subscriptions": left}, **visit)
        )
    house.settle()
    for campaign in ("spring", "spring-text"):
        house.start(campaign, NOON)
    house.walk()
    house.settle()
    assert {message_on(house, channel).state for channel in BOTH} == {State.PENDING}
    return house


class Story:
    """What happened, in order: who was allowed to send, and whether the refusal was on record by then."""

    def __init__(self, house: House, refusal: Refusal, rng: Random) -> None:
        self.house, self.refusal = house, refusal
        self.turns = Turns(self._plan(rng))
        actors = ["refuser", *SENDERS["email"], *SENDERS["sms"]]
        self.dies = {who: (rng.randint(1, 9), rng.random() < 0.5) for who in actors if rng.random() < 0.3}
        self.claims: list[
            tuple[str, bool]
        ] = []  # the channel, and whether the refusal stood when it was claimed
        self.killed: set[str] = set()
        self._calls: dict[str, int] = {}

    @staticmethod
    def _plan(rng: Random) -> list[str]:
        """Half at random; half let one sender look, the refusal overtake it, and that sender go on first."""
        senders = [*SENDERS["email"], *SENDERS["sms"]]
        if rng.random() < 0.5:
            return rng.choices([*senders, "refuser"], [1, 1, 1, 1, rng.choice([0.3, 2, 6])], k=300)
        hasty, other = rng.sample(senders, 2)
        looked = [hasty] * rng.randint(4, 6) + [other] * rng.choice([0, 0, 5, 9])
        return ["refuser"] * rng.randint(0, 3) + looked + ["refuser"] * 60 + [hasty] * 10

    def stands(self) -> bool:
        person = self.house.person("user_id", "u1")
        return any(map(self.refusal.shows, self.house.ledger.events(person.parts)))

    def port(self, port: Any) -> Any:
        return _Mortal(self.turns.stepping(_Watched(port, self)), self)

    def may_die(self, *, after: bool) -> None:
        who = current_thread().name
        if not after:
            self._calls[who] = self._calls.get(who, 0) + 1
        if self.dies.get(who) == (self._calls.get(who, 0), after):
            self.killed.add(who)
            raise Killed

    def play(self, messages: Any = None) -> None:
        house = self.house
        on = replace(
            house.deliverer,
            people=self.port(house.people),
            ledger=self.port(house.ledger),
            messages=self.port(messages or house.messages),
        )

        def sends(channel: str) -> Callable[[], object]:
            message = message_on(house, channel).id
            return _until_killed(lambda: deliver.deliver(message, on, CATALOG, now=NOON))

        actors = {who: sends(channel) for channel, names in SENDERS.items() for who in names}
        self.turns.play(refuser=_until_killed(lambda: self.refusal.does(house, on)), **actors)

    def goes_on(self) -> None:
        """Somebody else finishes what was begun; the refusal comes once more in any case."""
        self.refusal.does(self.house, self.house.deliverer)
        on = replace(self.house.deliverer, messages=_Watched(self.house.messages, self))
        for channel in BOTH:
            deliver.deliver(message_on(self.house, channel).id, on, CATALOG, now=NOON)


class _Watched:
    """The store. A claim that came through is noted together with what stood on record in that very moment."""

    def __init__(self, port: Any, story: Story) -> None:
        self._port, self._story = port, story

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name != "claim":
            return found

        def claim(message: Message, **more: Any) -> bool:
            stood = self._story.stands()
            done: bool = found(message, **more)
            if done:
                self._story.claims.append((message.channel, stood))
            return done

        return claim


class _Mortal:
    """The store as somebody sees it who may die before any call, or right after it."""

    def __init__(self, port: Any, story: Story) -> None:
        self._port, self._story = port, story

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*args: Any, **more: Any) -> Any:
            self._story.may_die(after=False)
            result = found(*args, **more)
            self._story.may_die(after=True)
            return result

        return call


def _until_killed(act: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        try:
            act()
        except Killed:
            return

    return run


def sent(house: House) -> Mapping[str, int]:
    return {"email": len(house.email.sent), "sms": len(house.sms.sent)}


def broken(story: Story) -> list[str]:
    """What of the promise was not kept."""
    faults = []
    for channel in sorted(BOTH):
        stood = [after for one, after in story.claims if one == channel]
        if len(stood) > 1:
            faults.append(f"{channel}: claimed twice")
        if channel in story.refusal.stops and any(stood):
            faults.append(f"{channel}: claimed after the refusal")
        if sent(story.house)[channel] > len(stood):
            faults.append(f"{channel}: sent without a claim")
    return faults


def unfinished(story: Story) -> list[str]:
    """What is not as it should be once everything was brought again."""
    faults = []
    for channel in sorted(BOTH):
        claimed = any(one == channel for one, _ in story.claims)
        state, count = message_on(story.house, channel).state, sent(story.house)[channel]
        if claimed:
            good = (
                state in (State.SENT, State.SENDING) and count <= 1
            )  # SENDING: killed with the claim in hand
        elif channel in story.refusal.stops:
            good = (state, count) == (State.DENIED, 0)
        else:
            good = (state, count) == (State.SENT, 1)
        if not good:
            faults.append(f"{channel}: {state}, sent {count} times")
    return faults


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.name)
@settings(max_examples=max(EXAMPLES // 20, 1), deadline=None)
@given(seed=st.integers(0, 2**64))
def test_nothing_goes_out_after_a_refusal_on_its_channel(refusal: Refusal, seed: int) -> None:
    story = Story(a_waiting_house(refusal), refusal, Random(seed))
    story.play()
    assert broken(story) == [], story.turns.log

    story.goes_on()
    assert story.stands()
    assert broken(story) + unfinished(story) == [], story.turns.log


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.name)
def test_the_stories_have_every_order_and_every_death(refusal: Refusal) -> None:
    """Else they would prove nothing: refusals before and after claims, and killed senders and refusers."""
    found = set()
    for seed in range(40):
        story = Story(a_waiting_house(refusal), refusal, Random(seed))
        story.play()
        found |= {f"claimed {'after' if stood else 'before'}" for channel, stood in story.claims}
        found |= {"nothing claimed" for _ in range(not story.claims)}
        found |= {who.split()[0] + " killed" for who in story.killed}

    assert {"claimed before", "refuser killed", "mail killed", "text killed"} <= found
    assert ("claimed after" if refusal.stops != BOTH else "nothing claimed") in found


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda each: each.name)
def test_a_store_that_does_not_look_again_is_found_out(refusal: Refusal) -> None:
    def is_found_out(seed: int) -> bool:
        house = a_waiting_house(refusal)
        story = Story(house, refusal, Random(seed))
        story.play(Forgetful(house))
        return "claimed after the refusal" in " ".join(broken(story))

    assert any(map(is_found_out, range(60)))
