"""What somebody gave up and is not to be offered again: do not market X to who cancelled X (`rules-spec.md` 5.4).

The workspace's policy says which events take a product away and which bring it back. What they say of a person is
kept on the profile, by product, whatever the order in which they arrive; every channel asks it, and it is handed to
those who advertise or call on our behalf (`kizuna exclusions export`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kizuna.core.durations import Duration
from kizuna.core.events import Event

MOST = 100  # products that one profile remembers; of more the newest are kept
_LONG = 100  # characters of a product's id: what is longer is none
_REASON = 64

Exclusions = Mapping[str, "Exclusion"]


class ProductEvent(BaseModel):
    """An event that names products: `product` is the dotted path of the property that holds one id or a list of them.

    A step into a list goes into each of its items, as in `products.product_id` of the usual order events.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: str = Field(min_length=1, max_length=200)
    product: str = Field(default="product_id", min_length=1, max_length=200)


class ProductExclusion(ProductEvent):
    """After this event nothing is promoted that is about its product, on any channel, for as long as it `lasts`.

    `reason` is the property that says why; what it holds is shown to staff and sent to nobody. `lifted_by` are the
    events that bring the product back, such as buying it again; without `lasts` nothing else does.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")
    reason: str = "reason"
    lasts: Duration | None = None
    lifted_by: tuple[ProductEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Exclusion:
    """When a product was last given up by one rule, why, and when it was last taken up again.

    `vouched`: somebody we can trust told of it, and not only a page that may say anything of anybody.
    """

    rule: str
    at: datetime | None = None
    reason: str = ""
    lifted_at: datetime | None = None
    vouched: bool = True


def with_events(
    held: Exclusions,
    events: Iterable[Event],
    rules: Sequence[ProductExclusion],
    *,
    is_claimed: Callable[[Event], bool] = lambda event: False,
) -> Exclusions:
    """What is excluded after more events; the same whatever their order, and however often they come.

    What is merely claimed may exclude a product and brings none back; and where there are too many, what a page
    claimed makes room first. So no page can end what a back end told.
    """
    after = dict(held)
    for event in events:
        if event.type != "track":
            continue
        for rule in rules:
            if event.name == rule.event:
                for product in _products(event, rule.product):
                    found = _given_up(after, rule, product, event, vouched=not is_claimed(event))
                    after[_key(rule.id, product)] = found
            for lifting in rule.lifted_by:
                if event.name == lifting.event and not is_claimed(event):
                    for product in _products(event, lifting.product):
                        after[_key(rule.id, product)] = _taken_up(after, rule, product, event)
    return _bounded(after) if len(after) > MOST else after


def united(one: Exclusions, other: Exclusions) -> Exclusions:
    """What two records of one person say together: the later word on each product."""
    merged = dict(one)
    for key, exclusion in other.items():
        held = merged.get(key)
        merged[key] = exclusion if held is None else _later(held, exclusion)
    return _bounded(merged) if len(merged) > MOST else merged


def standing(held: Exclusions, rules: Sequence[ProductExclusion], *, now: datetime) -> dict[str, Exclusion]:
    """The products that are excluded now. Of a rule that is gone nothing is left; of several the newest is told."""
    lasting = {rule.id: rule.lasts for rule in rules}
    found: dict[str, Exclusion] = {}
    for key, exclusion in held.items():
        product = product_of(key)
        if exclusion.rule not in lasting or not _stands(exclusion, lasting[exclusion.rule], now):
            continue
        known = found.get(product)
        if known is None or (exclusion.at or now, exclusion.rule) > (known.at or now, known.rule):
            found[product] = exclusion
    return found


def ends_at(exclusion: Exclusion, rules: Sequence[ProductExclusion]) -> datetime | None:
    """Until when it stands if nothing else happens; None: until it is lifted."""
    lasts = next((rule.lasts for rule in rules if rule.id == exclusion.rule), None)
    return None if lasts is None or exclusion.at is None else lasts.after(exclusion.at)


def product_of(key: str) -> str:
    return key.partition("/")[2]


def _key(rule: str, product: str) -> str:
    return f"{rule}/{product}"  # no rule's id holds a slash


def _stands(exclusion: Exclusion, lasts: Duration | None, now: datetime) -> bool:
    if exclusion.at is None or (exclusion.lifted_at is not None and exclusion.lifted_at > exclusion.at):
        return False  # at one and the same moment the exclusion counts
    return lasts is None or now < lasts.after(exclusion.at)


def _given_up(
    held: Exclusions, rule: ProductExclusion, product: str, event: Event, *, vouched: bool
) -> Exclusion:
    told = event.properties.get(rule.reason)
    reason = told[:_REASON] if isinstance(told, str) else ""
    return _later(_known(held, rule, product), Exclusion(rule.id, event.at, reason, vouched=vouched))


def _taken_up(held: Exclusions, rule: ProductExclusion, product: str, event: Event) -> Exclusion:
    return _later(_known(held, rule, product), Exclusion(rule.id, lifted_at=event.at))


def _known(held: Exclusions, rule: ProductExclusion, product: str) -> Exclusion:
    return held.get(_key(rule.id, product)) or Exclusion(rule.id, vouched=False)


def _later(one: Exclusion, other: Exclusion) -> Exclusion:
    given_up = max(((each.at, each.reason) for each in (one, other) if each.at), default=(None, ""))
    lifted = max((each.lifted_at for each in (one, other) if each.lifted_at), default=None)
    vouched = one.vouched or other.vouched
    return replace(one, at=given_up[0], reason=given_up[1], lifted_at=lifted, vouched=vouched)


def _bounded(held: Exclusions) -> Exclusions:
    newest = sorted(held.items(), key=lambda item: (item[1].vouched, _newest(item[1]), item[0]), reverse=True)
    return dict(newest[:MOST])


def _newest(exclusion: Exclusion) -> float:
    return max(each.timestamp() for each in (exclusion.at, exclusion.lifted_at) if each)


def _products(event: Event, path: str) -> list[str]:
    found: list[Any] = [event.properties]
    for name in path.split("."):
        found = [step.get(name) for value in found for step in _each(value) if isinstance(step, Mapping)]
    ids = [str(value) for held in found for value in _each(held) if _is_id(value)]
    return list(dict.fromkeys(ids))[:MOST]


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_id(value: Any) -> bool:
    plain = isinstance(value, str | int) and not isinstance(value, bool)
    return plain and 0 < len(str(value)) <= _LONG
