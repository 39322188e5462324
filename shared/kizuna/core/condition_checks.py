"""Whether the conditions of a workspace can be meant: what they name exists, and they are not too large.

Each problem names the file and the place in the tree, such as `segments/vip.yaml: when.all.2`. What a single question
says of itself (its operator, its value, the type of both) its own model has checked before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from kizuna.core.conditions import (
    All,
    AnyOf,
    AtLeast,
    Condition,
    ConsentIs,
    Converted,
    EnteredSegment,
    InSegment,
    JourneyState,
    LeftSegment,
    MessageOutcome,
    NoneOf,
    Reachable,
    RfmIs,
    Score,
    StaticList,
    Subscription,
    Xor,
    leaves_of,
    plain,
    size_problem,
)
from kizuna.core.conditions.language import MAX_LEAVES
from kizuna.core.conditions.properties import where_text
from kizuna.core.consent import ANY
from kizuna.core.content.templates import TemplateChannel
from kizuna.core.errors import Problem
from kizuna.core.gate.request import CHANNELS
from kizuna.core.journeys.asking import conditions_in
from kizuna.core.restraint.holds import made_by_a_hold
from kizuna.core.rfm.scores import BUCKETS
from kizuna.core.segments import EVERYONE

MAX_QUESTIONS = 100_000  # of all conditions of a workspace together
MAX_PLAIN_LEAVES = 5 * MAX_LEAVES  # of one condition, in terms of base questions
_OUR_CHANNELS: frozenset[str] = frozenset(get_args(TemplateChannel))  # on which a campaign may speak

Parsed = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Placed:
    """A condition of a workspace and where it stands: its file, and the key in it."""

    place: str
    key: str
    condition: Condition


_Names = Callable[[str, str], str]  # the file of a definition, by its kind and id


def placed_conditions(parsed: Parsed, origin: _Names) -> list[Placed]:
    """Every condition of a workspace."""
    found: list[Placed] = []
    for segment in parsed["segment"].values():
        place = origin("segment", segment.id)
        found.append(Placed(place, "when", segment.when))
        if segment.exclude is not None:
            found.append(Placed(place, "exclude", segment.exclude))
    for campaign in parsed["campaign"].values():
        if campaign.when is not None:
            found.append(Placed(origin("campaign", campaign.id), "when", campaign.when))
    for journey in parsed.get("journey", {}).values():
        place = origin("journey", journey.id)
        found += [Placed(place, key, condition) for key, condition in conditions_in(journey)]
    for placement in parsed["placement"].values():
        place = origin("placement", placement.id)
        found += [Placed(place, f"actions.{action.id}.when", action.when) for action in placement.actions]
    for policy in parsed["policy"].values():
        place = origin("policy", policy.id)
        found += [Placed(place, f"tone_holds.{hold.id}.when", hold.stands) for hold in policy.tone_holds]
    for suppression in parsed.get("suppression", {}).values():
        if suppression.when is not None:
            found.append(Placed(origin("suppression", suppression.id), "when", suppression.when))
    return found


def conditions_of(parsed: Parsed) -> list[Condition]:
    """The same without their places."""
    return [placed.condition for placed in placed_conditions(parsed, lambda kind, definition_id: "")]


def condition_problems(parsed: Parsed, origin: _Names) -> list[Problem]:
    """Why the conditions of a workspace cannot be accepted; empty where they can."""
    placed = placed_conditions(parsed, origin)
    problems = [problem for each in placed for problem in _problems_of(each, parsed)]
    questions = sum(len(leaves_of(each.condition)) for each in placed)
    if questions > MAX_QUESTIONS:
        problems.append(
            Problem(
                "workspace",
                f"asks {questions:,} questions in all, at most {MAX_QUESTIONS:,} are kept in mind",
            )
        )
    return problems


def _problems_of(placed: Placed, parsed: Parsed) -> list[Problem]:
    where = f"{placed.place}: {placed.key}"
    size = size_problem(placed.condition)
    if size is not None:
        return [Problem(where, size)]
    if len(leaves_of(plain(placed.condition))) > MAX_PLAIN_LEAVES:
        return [Problem(where, f"comes to more than {MAX_PLAIN_LEAVES} base questions")]
    return [
        Problem(path, reason)
        for path, leaf in located(placed.condition, where)
        for reason in _unknown(leaf, parsed)
    ]


def located(condition: Condition, path: str) -> Iterator[tuple[str, Condition]]:
    """Every question of a condition with its path in short form, such as `when.all.0`."""
    parts = list(below(condition, path))
    for place, part in parts:
        yield from located(part, place)
    if not parts:
        yield path, condition


def below(condition: Condition, path: str) -> Iterator[tuple[str, Condition]]:
    """The parts of a group with their paths; of a single question none.

    A `none` of one condition reads as `not`, as it is mostly written.
    """
    match condition:
        case NoneOf(of=(part,)):
            yield f"{path}.not", part
        case (
            All(type=key, of=parts)
            | AnyOf(type=key, of=parts)
            | NoneOf(type=key, of=parts)
            | Xor(type=key, of=parts)
        ):
            for number, part in enumerate(parts):
                yield f"{path}.{key}.{number}", part
        case AtLeast(of=parts):
            for number, part in enumerate(parts):
                yield f"{path}.of.{number}", part
        case Score(of=scored):
            for number, each in enumerate(scored):
                yield f"{path}.score.{number}.when", each.when
        case _:
            return


def _unknown(leaf: Condition, parsed: Parsed) -> Iterator[str]:
    """What a question names and the workspace does not have."""
    match leaf:
        case (
            InSegment(in_segment=name) | EnteredSegment(entered_segment=name) | LeftSegment(left_segment=name)
        ):
            if name != EVERYONE:
                yield from _missing("segment", name, parsed)
        case StaticList(static_list=name):
            yield from _missing("list", name, parsed)
        case JourneyState(journey=name):
            yield from _missing("journey", name, parsed)
        case MessageOutcome(campaign=campaign, journey=journey, topic=topic, channel=channel):
            yield from _missing("campaign", campaign, parsed)
            yield from _missing("journey", journey, parsed)
            yield from _missing("topic", topic, parsed)
            yield from _no_channel(channel, _OUR_CHANNELS)
        case Converted():
            yield from _missing("campaign", leaf.campaign, parsed)
            yield from _other_goal(leaf, parsed)
        case RfmIs(rfm=name, bucket=buckets):
            yield from _missing("rfm", name, parsed)
            for unknown in sorted(set(buckets) - set(BUCKETS))[:1]:
                yield f"asks about bucket {unknown!r}{_meant(unknown, BUCKETS)}; there are {', '.join(BUCKETS)}"
        case Subscription(subscription=topic, channel=channel):
            yield from _missing("topic", topic, parsed)
            yield from _no_channel(channel, CHANNELS)
        case ConsentIs(channel=channel, topic=topic):
            yield from _missing("topic", None if topic == ANY else topic, parsed)
            yield from _no_channel(channel, CHANNELS)
        case Reachable(reachable=channel, topic=topic):
            yield from _missing("topic", topic, parsed)
            yield from _no_channel(channel, CHANNELS)
        case _:
            return


def _missing(kind: str, name: str | None, parsed: Parsed) -> Iterator[str]:
    known = parsed.get(kind, {})
    if name is not None and name not in known:
        yield f"asks about {kind} {name!r}, which does not exist{made_by_a_hold(kind, name) or _meant(name, known)}"


def _meant(name: str, known: Collection[str]) -> str:
    from kizuna.core.refusing.meant import near, perhaps  # only where something is refused

    return perhaps(near(name, known))


def _other_goal(leaf: Converted, parsed: Parsed) -> Iterator[str]:
    """What a question says of a campaign's goal, and the campaign says otherwise."""
    campaign = parsed["campaign"].get(leaf.campaign or "")
    if campaign is None:
        return
    asked = (leaf.converted, leaf.within, where_text(leaf.where))
    if all(asked != (goal.event, goal.within, where_text(goal.where)) for goal in campaign.goals):
        goals = ", or ".join(
            f"{goal.event!r} within {goal.within}" + (", filtered (where)" if goal.where else "")
            for goal in campaign.goals
        )
        yield f"the goal of campaign {campaign.id!r} is {goals}"


def _no_channel(name: str | None, known: Collection[str]) -> Iterator[str]:
    if name is not None and name not in known:
        yield f"asks about channel {name!r}{_meant(name, known)}; there are {', '.join(sorted(known))}"
