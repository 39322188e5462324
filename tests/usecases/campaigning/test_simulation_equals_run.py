"""What a simulation foretells is what the run then does, to the message: on any people, under any of these rules."""

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
from tests.support.simulated import outcomes, play_to_the_end, sent_at, simulated

SUMMER = {**CAMPAIGN, "id": "summer", "name": "Summer"}


def a_shop(campaign: dict[str, Any], policy: dict[str, Any]) -> Catalog:
    documents = {
        **some_documents(CAMPAIGN | DAILY | campaign, SUMMER | DAILY),
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


def told_apart(people: tuple[list[Event], ...], policy: dict[str, Any]) -> bool:
    """Whether no cap counts addresses that two people share."""
    mailboxes = [
        event.traits.get("email") for events in people for event in events if event.traits.get("email")
    ]
    shared = len(set(mailboxes)) < len(mailboxes)
    return not (shared and any(cap["scope"] == "address" for cap in policy["frequency_caps"]))


def without_reasons(found: Counter[tuple[str, str, str]], exact: bool) -> Counter[tuple[str, str, str]]:
    kept = Counter[tuple[str, str, str]]()
    for (channel, state, reason), count in found.items():
        kept[channel, state, reason if exact else ""] += count
    return kept


def lived(catalog: Catalog, people: tuple[list[Event], ...], *, heard: bool) -> House:
    """A shop with these customers; some have heard of us the day before."""
    house = House(catalog)
    for events in people:
        house.ingest(*events)
    house.settle()
    if heard:
        play_to_the_end(house, "summer", at=NOON - timedelta(hours=20))
    return house


@settings(max_examples=60, deadline=None)
@given(PEOPLE, CAMPAIGNS, POLICY, st.booleans())
def test_the_run_does_what_was_foretold(
    people: tuple[list[Event], ...], campaign: dict[str, Any], policy: dict[str, Any], heard: bool
) -> None:
    house = lived(a_shop(campaign, policy), people, heard=heard)
    before = (dict(house.messages.stored), len(house.people.writes), dict(house.messages._pressures))
    told = simulated(house)
    assert (dict(house.messages.stored), len(house.people.writes), dict(house.messages._pressures)) == before
    play_to_the_end(house)
    # A cap per address is counted for each person alone (docs/campaigns.md): of two on one mailbox who hear
    # nothing one may be told for another reason. Whether somebody hears of us is foretold all the same.
    exact = told_apart(people, policy)
    assert without_reasons(told.found.states, exact) == without_reasons(outcomes(house), exact)
    hours = Counter[Any]()
    for (hour, _), count in told.found.hours.items():
        hours[hour] += count
    assert hours == sent_at(house)
