"""What conditions may ask of a person's consents: answered from the record, by the fold and the gate themselves.

Each answer comes with the moment at which it turns: a grant that expires or grows too old, one that is dated ahead, a
child who comes of age, a purchase that no longer counts as a relationship.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kizuna.core.addressing import chosen_address, country_of
from kizuna.core.ages import of_age_at
from kizuna.core.conditions import Answer
from kizuna.core.consent import ANY, MARKETING, ConsentEvent, Kind, kind_of, months_after
from kizuna.core.consent.fold import is_about
from kizuna.core.consent.summary import Row, events_of
from kizuna.core.durations import FIRST
from kizuna.core.gate.legal_basis import PURCHASE_MONTHS
from kizuna.core.people import Address, AddressStatus, Profile
from kizuna.core.reasons import Reason
from kizuna.core.restraint.wishes import wishes_of

if TYPE_CHECKING:  # what only annotations name is not worth its time at a cold start
    from kizuna.core.engagement import EngagementPolicy
    from kizuna.core.policy import ConsentPolicy

_SOME_TOPIC = "-"  # no topic is called so: what may be written about it may be written about any
_OF_THE_MOMENT = (
    "frequency_caps",
    "tone_holds",
    "quiet_hours",
)  # rules that are left to the moment of sending
_PERSONAL = ("country", "region", "age", "birthday", "guardian_consent", "timezone")


@dataclass(frozen=True, slots=True)
class RecordedConsents:
    """The consents on one record. Two are equal if no question can tell them apart (`conditions.Consents`)."""

    rows: tuple[Row, ...]
    policy: EngagementPolicy
    about: tuple[Any, ...]
    profile: Profile = field(compare=False, repr=False)

    def word(self, channel: str, topic: str, purpose: str, state: str, *, now: datetime) -> Answer:
        if not self.rows:  # of most people nothing is recorded
            return Answer(state == "none")
        events = tuple(_of_purpose(self._events(), purpose, channel))

        def holds(moment: datetime) -> bool:
            return self._word(events, channel, topic, purpose, moment) == state

        return _answer(holds, self._turns(events, now), now)

    def may_write(self, channel: str, topic: str | None, *, now: datetime) -> Answer:
        address = chosen_address(self.profile, channel)
        if address is None or address.status is not AddressStatus.OK:
            return Answer(False)
        events = self._events()
        topics = [topic] if topic else [_SOME_TOPIC, *_topics_of(events)]

        def holds(moment: datetime) -> bool:
            return any(self._may_write(address, each, events, moment) for each in topics)

        return _answer(holds, [*self._turns(events, now), *self._turns_of_the_law()], now)

    def word_spans(
        self, channel: str, topic: str, purpose: str, *, now: datetime, until: datetime
    ) -> Iterator[Span]:
        """What the word is from `now` on, and from when until when it is so."""
        events = tuple(_of_purpose(self._events(), purpose, channel))
        turns = self._turns(events, now)
        return _spans(lambda at: self._word(events, channel, topic, purpose, at), turns, now, until)

    def writing_spans(self, channel: str, topic: str, *, now: datetime, until: datetime) -> Iterator[Span]:
        """The same for whether a promotional message on a topic would be let through: `yes` or `no`."""
        address = chosen_address(self.profile, channel)
        if address is None or address.status is not AddressStatus.OK:
            yield "no", None, None
            return
        events = self._events()

        def word_at(moment: datetime) -> str:
            return "yes" if self._may_write(address, topic, events, moment) else "no"

        turns = [*self._turns(events, now), *self._turns_of_the_law()]
        yield from _spans(word_at, turns, now, until)

    def names(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """The channels, topics and purposes that the record names: of all others it says one and the same."""
        events = self._events()
        return (
            frozenset(event.channel for event in events if event.channel),
            frozenset(event.topic for event in events if event.topic),
            frozenset(event.purpose for event in events if event.purpose),
        )

    def _events(self) -> tuple[ConsentEvent, ...]:
        return events_of(self.rows)

    def _country(self) -> str | None:
        return country_of(self.profile)

    def _word(
        self, events: tuple[ConsentEvent, ...], channel: str, topic: str, purpose: str, moment: datetime
    ) -> str:
        from kizuna.core.consent.words import words_on  # only who asks about consent reads on

        # Where no address is known, a refusal of the whole channel is still one.
        held = self.profile.addresses_on(channel) if purpose == MARKETING else ()
        addresses = held or (_no_address(channel),)
        words = [
            word
            for address in addresses
            for word in words_on(
                address,
                topics=(topic,),
                ledger=events,
                country=self._country(),
                policy=self.policy.consent,
                now=moment,
            )
        ]
        told = {word.word for word in words}
        if "granted" in told:
            return "granted"
        if "refused" in told:
            return "withdrawn"
        is_open = any(word.reason is Reason.UNCONFIRMED_OPT_IN for word in words if word.word == "unproven")
        return "pending" if is_open else "none"

    def _may_write(
        self, address: Address, topic: str, events: tuple[ConsentEvent, ...], moment: datetime
    ) -> bool:
        from kizuna.core.catalog import Catalog
        from kizuna.core.reachability import word_on_promotion

        catalog = Catalog(policy=self.policy)
        word = word_on_promotion(self.profile, address, topic, ledger=events, catalog=catalog, now=moment)
        return word in ("allow", "defer")

    def _turns(self, events: tuple[ConsentEvent, ...], now: datetime) -> list[datetime]:
        """When a grant comes into force or ends. Withdrawals count from when they are known."""
        consent = self.policy.consent
        skew = timedelta(minutes=consent.future_grant_skew_minutes)
        months = consent.max_age_months(self._country())
        turns: list[datetime] = []
        for event in events:
            if event.at > now:
                turns.append(event.at - skew)
            if kind_of(event) is Kind.GRANT:
                turns += [event.expires_at] if event.expires_at else []
                turns += [months_after(event.at, months)] if months is not None else []
        return turns

    def _turns_of_the_law(self) -> Iterator[datetime]:
        paused_until = wishes_of(self.profile).paused_until
        if paused_until is not None:
            yield paused_until
        bought = self.profile.purchased_at
        if bought is not None:
            yield months_after(bought, PURCHASE_MONTHS)
        consent = self.policy.consent
        for age in {*consent.minor_age_by_country.values(), consent.ca_ad_share_minor_age}:
            of_age = of_age_at(self.profile, age)
            if of_age is not None:
                yield of_age


Span = tuple[str, datetime | None, datetime | None]  # what it is, from when, until when; None: open


def _spans(
    word_at: Callable[[datetime], str], turns: list[datetime], now: datetime, until: datetime
) -> Iterator[Span]:
    begins: datetime | None = None
    word = word_at(now)
    for turn in sorted({turn for turn in turns if now < turn < until}):
        if (then := word_at(turn)) != word:
            yield word, begins, turn
            begins, word = turn, then
    yield word, begins, None


def lasting_rules(policy: EngagementPolicy) -> EngagementPolicy:
    """The policy without the rules that are left to the moment of sending: what the record answers by."""
    return policy.model_copy(update=dict.fromkeys(_OF_THE_MOMENT, ()))


def recorded_consents(
    profile: Profile, policy: EngagementPolicy, *, lasting: EngagementPolicy | None = None
) -> RecordedConsents | None:
    """What the record knows of consents; None where it keeps none, because nothing asks for them.

    `lasting` are the `lasting_rules` of the policy, where somebody has made them already."""
    if profile.consents is None:
        return None
    told = tuple((name, repr(profile.trait(name))) for name in _PERSONAL)
    vouched = tuple(sorted(key for key, held in profile.identities.items() if not held.vouched))
    addresses = tuple(
        sorted((held.key, held.status.value, held.at, held.zone or "") for held in profile.addresses.values())
    )
    guardian = profile.traits.get("guardian_consent")
    about = (
        told,
        guardian.vouched if guardian else None,
        vouched,
        addresses,
        profile.status,
        profile.gpc,
        profile.zone,
        profile.purchased_at,
        repr(wishes_of(profile)),
    )
    return RecordedConsents(profile.consents.rows, lasting or lasting_rules(policy), about, profile)


def is_allowed(
    events: Iterable[ConsentEvent],
    purpose: str,
    *,
    country: str | None,
    policy: ConsentPolicy,
    now: datetime,
    channel: str = ANY,
) -> bool:
    """Whether a person agreed to something that is not marketing, such as `personalisation`, and still does.

    Folded by the same rules: silence is No, and a later withdrawal ends it. Asked of all channels, a Yes has to be
    one to all of them and to all topics, and a No to any of them is one.
    """
    from kizuna.core.consent.words import words_on  # only who asks about consent reads on

    told = words_on(
        _no_address(channel),
        topics=(ANY,),
        ledger=tuple(_of_purpose(tuple(events), purpose, channel)),
        country=country,
        policy=policy,
        now=now,
    )
    return [word.word for word in told] == ["granted"]


def _of_purpose(events: tuple[ConsentEvent, ...], purpose: str, channel: str) -> Iterator[ConsentEvent]:
    """The events that count for a purpose, as if it were the one that the fold knows.

    What a person objects to as a whole counts for each, and so does a No to the purpose `*`. Consent to a purpose
    names no address: it holds for all.
    """
    whole: dict[str, Any] = {"channel": ANY, "topic": ANY} if channel == ANY else {}
    if purpose == MARKETING:
        yield from events
        return
    for event in events:
        match kind_of(event):
            case Kind.OBJECTION | Kind.DO_NOT_CONTACT:
                yield event
            case Kind.STOP | Kind.START | Kind.REVIEW:
                continue
            case Kind.OPT_OUT if is_about(event.purpose, purpose):
                yield replace(event, purpose=MARKETING, endpoint=_no_address(channel).id, **whole)
            case _ if event.purpose == purpose:
                yield replace(event, purpose=MARKETING, endpoint=_no_address(channel).id)


def _no_address(channel: str) -> Address:
    return Address(channel, "", FIRST)


def _topics_of(events: tuple[ConsentEvent, ...]) -> list[str]:
    named = {event.topic for event in events if kind_of(event) is Kind.GRANT and event.topic}
    return sorted(named - {ANY})


def _answer(holds: Callable[[datetime], bool], turns: list[datetime], now: datetime) -> Answer:
    matched = holds(now)
    ahead = sorted({turn for turn in turns if turn > now})
    return Answer(matched, next((turn for turn in ahead if holds(turn) is not matched), None))
