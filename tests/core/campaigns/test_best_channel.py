"""`choose: best`: the channel that somebody asked for, then those on which they react most, then the order told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from kizuna.core.campaigns import Campaign
from kizuna.core.campaigns.asking import USUAL, goes_by_habit, learned_channels, questions_of
from kizuna.core.campaigns.rhythm import Hits, Rhythm, asked_of
from kizuna.core.choosing import in_order, next_channels
from kizuna.core.conditions.remembered import need_of
from kizuna.core.durations import epoch_millis
from kizuna.core.people import Profile, Trait
from tests.support.builders import NOON, a_campaign, a_profile

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def speaking(choose: str = "best", **more: object) -> Campaign:
    channels = {"choose": choose, "order": ["email", "push", "line"]} | more
    templates = {"email": "spring-email", "push": "spring-push", "line": "spring-line"}
    return a_campaign(channel=None, template=None, channels=channels, templates=templates)


def who_reacts(told: Mapping[str, tuple[int, int]], **traits: str) -> Profile:
    """Somebody who was told so often on each channel, and reacted so often."""
    aggregates = {}
    for channel, (tries, hits) in told.items():
        leaves = asked_of(USUAL, channel)
        sent = [NOON - (number + 1) * DAY for number in range(tries)]
        rows = {leaves[0].key: sent, leaves[-1].key: [at + HOUR for at in sent[:hits]]}
        for leaf in leaves:
            found = sorted([epoch_millis(at)] for at in rows.get(leaf.key, ()))
            aggregates[leaf.key] = {"f": need_of(leaf).form, "e": found}
    return a_profile(
        aggregates=aggregates, traits={name: Trait(value, NOON, "crm") for name, value in traits.items()}
    )


def order(person: Profile, campaign: Campaign, **rhythms: Rhythm) -> tuple[str, ...]:
    return in_order(person, campaign, now=NOON, rhythms=rhythms)


def test_the_channel_on_which_somebody_reacts_most_is_looked_at_first() -> None:
    person = who_reacts({"email": (30, 1), "line": (30, 20)})
    assert order(person, speaking()) == ("line", "push", "email")
    assert order(person, speaking("first")) == ("email", "push", "line"), (
        "their habits are nobody's business here"
    )


def test_what_they_asked_for_goes_before_their_habits() -> None:
    person = who_reacts({"line": (30, 20)}, preferred_channel="push")
    assert order(person, speaking()) == ("push", "line", "email")


def test_who_has_no_history_goes_by_what_everybody_does_and_else_by_the_declared_order() -> None:
    popular = Rhythm({9: Hits(1_000, 400)})
    dull = Rhythm({9: Hits(1_000, 10)})
    assert order(who_reacts({}), speaking(), push=popular, email=dull) == ("push", "line", "email")
    assert order(who_reacts({}), speaking()) == ("email", "push", "line")
    too_few = Rhythm({9: Hits(20, 20)})
    assert order(who_reacts({}), speaking(), line=too_few) == ("email", "push", "line")


def test_one_reaction_does_not_outweigh_what_everybody_does() -> None:
    popular = Rhythm({9: Hits(10_000, 4_000)})
    assert order(who_reacts({"line": (1, 1)}), speaking(), email=popular)[0] == "email"


def test_a_fallback_goes_on_in_the_order_in_which_the_first_was_chosen() -> None:
    changed = who_reacts({"email": (30, 25)})
    campaign = speaking(fallback_after="6h")
    looked_at = ("line", "push", "email")
    assert next_channels(changed, campaign, ["line"], looked_at=looked_at, now=NOON) == ("push", "email")
    assert next_channels(changed, campaign, ["email"], now=NOON) == ("push", "line")


def test_only_a_campaign_in_force_that_asks_has_anything_kept() -> None:
    asking = speaking()
    assert learned_channels([asking]) == {"email", "push", "line"}
    assert {leaf.event for leaf in questions_of([asking])} == {
        "Message Sent", "Email Opened", "Email Clicked", "Message Link Followed", "Push Message Opened",
    }  # fmt: skip
    for silent in (speaking("first"), asking.model_copy(update={"enabled": False})):
        assert learned_channels([silent]) == frozenset()
        assert list(questions_of([silent])) == []
    assert (goes_by_habit(asking), goes_by_habit(speaking("first"))) == (True, False)
