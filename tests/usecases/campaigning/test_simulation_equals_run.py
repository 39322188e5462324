"""What a simulation foretells is what the run then does, person by person and message by message.

On any people, under any of these rules, and on several channels, whose fallbacks are those of a run in which nobody
shows a sign.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kizuna.core.catalog import Catalog
from kizuna.core.events import Event
from tests.support.builders import CAMPAIGN, NOON, a_catalog, some_documents
from tests.support.customers import DAILY, SEGMENTS, identify, order, subscribe
from tests.support.house import House
from tests.support.renderings import PARTS, a_customer, in_many_ways
from tests.support.simulated import Fate, fates, fates_foretold, play_to_the_end

SUMMER = {**CAMPAIGN, "id": "summer", "name": "Summer"}
TEMPLATES = {
    ("template", f"spring-{channel}"): {
        "id": f"spring-{channel}",
        "channel": channel,
        "default_language": "en",
        "languages": {"en": parts},
    }
    for channel, parts in PARTS.items()
}


def a_shop(campaign: dict[str, Any], policy: dict[str, Any]) -> Catalog:
    documents = {
        **some_documents(campaign, SUMMER | DAILY),
        **TEMPLATES,
        **{("segment", name): document for name, document in SEGMENTS.items()},
        ("policy", "policy"): policy,
    }
    return a_catalog(documents)


@st.composite
def somebody(draw: st.DrawFn, number: int) -> list[Event]:
    """One customer: with an address or none, alone there or not, willing or not, having bought or not."""
    user = f"u{number}"
    mailbox = draw(st.sampled_from([f"{user}@example.com", f"{user}@example.com", "home@example.com", ""]))
    orders = draw(st.integers(0, 4))
    events: list[Event] = []
    if mailbox:
        status = draw(st.sampled_from(["SUBSCRIBED", "SUBSCRIBED", "SUBSCRIBED", "UNSUBSCRIBED"]))
        events.append(subscribe(user, mailbox, status=status))
        told = {
            "country": draw(st.sampled_from(["JP", "JP", "US", "DE"])),
            "timezone": draw(st.sampled_from(["Asia/Tokyo", "America/Los_Angeles", "Europe/Berlin", "UTC"])),
        }
        events.append(identify(number=1_000 + number, user=user, **told))
    else:
        events.append(identify(number=1_000 + number, user=user, name="No Address"))
    return events + [order(10 * number + each, user=user) for each in range(orders)]


PEOPLE = st.integers(4, 10).flatmap(lambda count: st.tuples(*(somebody(number) for number in range(count))))
CAPS = st.lists(
    st.fixed_dictionaries(
        {
            "count": st.integers(0, 2),
            "window": st.sampled_from(["1d", "36h", "7d"]),
            "on_hit": st.sampled_from(["drop", "defer"]),
            "scope": st.sampled_from(["person", "address"]),
        }
    ),
    max_size=2,
)
DAYTIME: dict[str, Any] = {"windows": {"every_day": [["09:00", "20:00"]]}}
POLICY = st.fixed_dictionaries(
    {"frequency_caps": CAPS},
    optional={
        "holdout": st.just({"global": {"percent": 10, "salt": "g"}}),
        "ramp": st.just({"large": 10, "first_at_most": 10}),
        "quiet_hours": st.sampled_from([[DAYTIME], [{**DAYTIME, "on_hit": "drop"}]]),
    },
)
CAMPAIGNS = st.fixed_dictionaries(
    {
        "audience": st.sampled_from(
            [
                {"in": ["everyone"]},
                {"in": ["everyone", "loyal", "buyers"]},
                {"in": ["buyers", "loyal"]},
                {"in": ["everyone"], "not_in": ["loyal"]},
            ]
        ),
    },
    optional={
        "when": st.just({"trait": "country", "op": "eq", "value": "JP"}),
        "holdout": st.just({"percent": 30, "salt": "c"}),
        "experiment": st.just({"arms": [{"name": "plain"}, {"name": "silence", "nothing": True}]}),
        "send_time": st.sampled_from(
            [{"mode": "local", "local_time": "09:00"}, {"mode": "local", "local_time": "18:30"}]
        ),
    },
)


def lived(catalog: Catalog, people: tuple[list[Event], ...], *, heard: bool) -> House:
    """A shop with these customers; some have heard of us the day before."""
    house = House(catalog)
    for events in people:
        house.ingest(*events)
    house.settle()
    if heard:
        play_to_the_end(house, "summer", at=NOON - timedelta(hours=20))
    return house


def does_what_was_foretold(house: House, *, whichever_channel: bool = False) -> None:
    before = (dict(house.messages.stored), len(house.people.writes), dict(house.messages._pressures))
    told, foretold = fates_foretold(house)
    assert (dict(house.messages.stored), len(house.people.writes), dict(house.messages._pressures)) == before
    play_to_the_end(house)
    found = fates(house)
    if whichever_channel:
        assert _by_people(foretold) == _by_people(found)
    else:
        assert foretold == found
    counted = told.found.states + (told.unanswered.states if told.unanswered else Counter())
    assert counted.total() == foretold.total()


def _by_people(found: Counter[Fate]) -> Counter[tuple[str, ...]]:
    kept = Counter[tuple[str, ...]]()
    for (person, _, state, reason, went), count in found.items():
        kept[person, state, reason, str(went)] += count
    return kept


@settings(max_examples=40, deadline=None)
@given(PEOPLE, CAMPAIGNS, POLICY, st.booleans())
def test_the_run_does_what_was_foretold(
    people: tuple[list[Event], ...], campaign: dict[str, Any], policy: dict[str, Any], heard: bool
) -> None:
    does_what_was_foretold(lived(a_shop(CAMPAIGN | DAILY | campaign, policy), people, heard=heard))


# ── on several channels ─────────────────────────────────────────────────────────────────────────


@st.composite
def reached(draw: st.DrawFn, number: int, phones: tuple[str, ...]) -> list[Event]:
    """One customer with addresses on some channels, and a Yes or a No to each. `phones` are those of several."""
    user = f"u{number}"
    channels = draw(st.lists(st.sampled_from(["email", "sms", "push"]), unique=True))
    if not channels:
        return [identify(number=1_000 + number, user=user, country="JP")]
    own = f"+8190123456{number:02}"
    zone = draw(st.sampled_from(["Asia/Tokyo", "America/Los_Angeles"]))
    wanted = draw(st.sampled_from(["", "", "sms", "email"]))
    traits = {"timezone": zone} | ({"preferred_channel": wanted} if wanted else {})
    said = a_customer(user, *channels, traits=traits, phone=draw(st.sampled_from([own, own, *phones])))
    events = [said]
    if draw(st.booleans()):
        left = draw(st.sampled_from(channels))
        key = {"email": f"{user}@example.com", "push": f"token-1-{user}"}.get(left, own)
        says = [{"type": left, "key": key, "status": "UNSUBSCRIBED"}]
        events.append(
            subscribe(
                user,
                number=2,
                at=NOON - timedelta(days=1),
                traits={},
                context={"messaging_subscriptions": says},
            )
        )
    return events


def reached_people(*phones: str) -> st.SearchStrategy[tuple[list[Event], ...]]:
    return st.integers(2, 6).flatmap(
        lambda count: st.tuples(*(reached(number, phones) for number in range(count)))
    )


ORDERS = st.permutations(["email", "sms", "push"]).flatmap(
    lambda order: st.integers(2, 3).map(lambda count: tuple(order[:count]))
)
AT_ONCE = st.sampled_from([{"choose": "first"}, {"choose": "best"}, {"choose": "all"}])
ONE_AFTER_THE_OTHER = st.sampled_from(
    [
        {"choose": "first", "fallback_after": "2h"},
        {"choose": "best", "fallback_after": "1d"},
        {"choose": "first", "fallback_after": "3h", "cancel_when": "delivered"},
    ]
)
# Of two people on one phone the one hears by a fallback whose time comes first, and they are played one by one.
WAYS = st.one_of(
    st.tuples(AT_ONCE, reached_people("+819012345600")), st.tuples(ONE_AFTER_THE_OTHER, reached_people())
)
SEVERAL_CAPS = st.lists(
    st.fixed_dictionaries(
        {
            "count": st.integers(0, 2),
            "window": st.sampled_from(["1d", "7d"]),
            "on_hit": st.sampled_from(["drop", "defer", "next_channel"]),
            "scope": st.sampled_from(["person", "address"]),
        },
        optional={"channel": st.sampled_from(["email", "sms"])},
    ),
    max_size=2,
)
SEVERAL = st.fixed_dictionaries(
    {"frequency_caps": SEVERAL_CAPS},
    optional={
        "holdout": st.just({"global": {"percent": 10, "salt": "g"}}),
        "quiet_hours": st.sampled_from(
            [[DAYTIME], [{**DAYTIME, "channels": ["sms"]}], [{**DAYTIME, "on_hit": "channel_switch"}]]
        ),
    },
)


@settings(max_examples=40, deadline=None)
@given(WAYS, ORDERS, SEVERAL, st.booleans())
def test_on_several_channels_too(
    ways_and_people: tuple[dict[str, Any], tuple[list[Event], ...]],
    order: tuple[str, ...],
    policy: dict[str, Any],
    heard: bool,
) -> None:
    ways, people = ways_and_people
    # Of two messages to one person that wait for the same minute and have room for one, either goes.
    house = lived(a_shop(in_many_ways(order, **ways), policy), people, heard=heard)
    does_what_was_foretold(house, whichever_channel=ways["choose"] == "all")
