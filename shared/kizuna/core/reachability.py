"""Whether a message of each kind would get through to an address now: the gate itself is asked, nothing is sent.

For every topic a promotional message, and besides one that the person asked for and one that the law requires. The
question is the one that `decide.judged` asks for a real message whose content shows all that the law wants to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kizuna.core.catalog import Catalog
from kizuna.core.consent import ConsentEvent
from kizuna.core.content.rendering import ContentFacts
from kizuna.core.gate import Word
from kizuna.core.judging import judged
from kizuna.core.messages import Category, Message, State
from kizuna.core.people import Address, Profile
from kizuna.core.reasons import Reason
from kizuna.core.restraint.caps import Heard
from kizuna.core.restraint.pressure import NOTHING

_COMPLETE = ContentFacts(has_unsubscribe=True, has_sender_identity=True, has_postal_address=True)


@dataclass(frozen=True, slots=True)
class Reach:
    """The gate's answer for one kind of message to one address. `topic` is empty where the category has none."""

    address: str  # its id
    channel: str
    category: Category
    topic: str
    answer: Word
    reason: Reason
    not_before: datetime | None
    decided_by: tuple[str, ...]  # ids of the consent events it rests on


def reach_of(
    profile: Profile,
    address: Address,
    *,
    topics: Iterable[str],
    ledger: Sequence[ConsentEvent],
    heard: Heard,
    catalog: Catalog,
    now: datetime,
) -> tuple[Reach, ...]:
    """What may go to this address now. `ledger` holds what counts for it (`deciding.standing_ledger`)."""
    kinds: list[tuple[Category, str]] = [("marketing", topic) for topic in topics]
    kinds += [("transactional", ""), ("mandatory", "")]
    found = []
    for category, topic in kinds:
        judgement = judged(
            _probe(profile, address, category, topic, now),
            profile,
            address,
            _COMPLETE,
            ledger=ledger,
            heard=heard,
            catalog=catalog,
            now=now,
        )
        answer = (judgement.word, judgement.reason, judgement.not_before, judgement.decided_by)
        found.append(Reach(address.id, address.channel, category, topic, *answer))
    return tuple(found)


def word_on_promotion(
    profile: Profile,
    address: Address,
    topic: str,
    *,
    ledger: Sequence[ConsentEvent],
    catalog: Catalog,
    now: datetime,
) -> Word:
    """The gate's word on a promotional message about a topic to somebody who has heard nothing of us lately."""
    return promotion_on(profile, address, topic, ledger=ledger, catalog=catalog, now=now)[0]


def promotion_on(
    profile: Profile,
    address: Address,
    topic: str,
    *,
    ledger: Sequence[ConsentEvent],
    catalog: Catalog,
    now: datetime,
) -> tuple[Word, Reason]:
    """The same with the gate's reason."""
    judgement = judged(
        _probe(profile, address, "marketing", topic, now),
        profile,
        address,
        _COMPLETE,
        ledger=ledger,
        heard=Heard(NOTHING),
        catalog=catalog,
        now=now,
    )
    return judgement.word, judgement.reason


def _probe(profile: Profile, address: Address, category: Category, topic: str, now: datetime) -> Message:
    """A message that is never stored: just what the gate reads of one."""
    return Message(
        id="",
        person=profile.id,
        campaign="",
        campaign_version=0,
        run="",
        step="",
        topic=topic,
        category=category,
        channel=address.channel,
        address_id=address.id,
        address=address.value,
        template="",
        language="",
        state=State.PENDING,
        created_at=now,
        changed_at=now,
    )
