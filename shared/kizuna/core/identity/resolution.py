"""Who is this? Decides, for one event after the other, which profile it belongs to (`rules-spec.md` 2.3).

    none known      → create
    one known       → attach what is new
    several known   → merge, if no limit forbids it
    a limit forbids → the weakest identifier of the event is demoted (kept on the event, not used), again
    a negative rule → what leads to the other person is demoted, whatever else speaks for it, again

A shared tablet must not fuse a family: two user ids never come to lie on one profile. Some identifiers change hands
instead of uniting two people (`Taking`): one that nobody used for long, an address that somebody merely claimed once
its owner proves it, and a push token, which is of whoever proved last to be signed in there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from kizuna.core.durations import FIRST
from kizuna.core.events import Event
from kizuna.core.identity.identifiers import identifiers_of, is_unverified, policy_of, rule_behind, used
from kizuna.core.identity.limits import has_lapsed, primacy, too_many_of
from kizuna.core.identity.negatives import EventSide, forbidden_by
from kizuna.core.identity.rules import DEFAULT_RULES, IdentityRules
from kizuna.core.people import Identity, Profile, kept_apart

__all__ = [
    "MAX_MERGED_AT_ONCE", "NOTHING_TOLD", "Act", "Action", "Resolution", "Suspicion", "Taking", "attachable",
    "components", "known_by_all", "matching_identifiers", "may_match", "primacy", "resolve", "told_by",
    "with_identities",
]  # fmt: skip

Action = Literal["create", "attach", "merge", "refuse"]
MAX_MERGED_AT_ONCE = DEFAULT_RULES.max_profiles  # a value shared by more profiles than this is not a person
_UNVERIFIED_MAY_MATCH = frozenset({"user_id", "anonymous_id", "push_token", "android_id", "ios_id", "idfa"})
_NAMING = frozenset({"user_id", "email", "phone"})
_CLAIMABLE = frozenset({"email", "phone"})  # what a stranger may tell for a visitor, and its owner takes back
_TOLERANCE = 1e-9  # of sums of trust


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that resolution did with an event, for whoever asks why: no value, only types, rules and profiles."""

    kind: Literal["create", "attach", "merge", "demote", "take", "review", "refuse"]
    rule: str = ""
    evidence: tuple[str, ...] = ()  # types of the identifiers it rests on
    profiles: tuple[str, ...] = ()  # whom it is about, as they were before


@dataclass(frozen=True, slots=True)
class Taking:
    """An identifier that its holder loses to the person of this event."""

    identity: Identity
    holder: str
    rule: Literal["retention", "proven", "newest_login"]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Somebody who may be the same person: not united, but worth a look."""

    other: str
    rule: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where one event goes. `absorbed` are profiles to be merged into `profile_id`."""

    action: Action
    profile_id: str | None  # None: a new profile is needed, unless it is refused
    identities: tuple[Identity, ...]
    absorbed: tuple[str, ...] = ()
    demoted: tuple[Identity, ...] = ()
    needs_token: bool = False  # something was asked for that takes more than a publishable key
    taken: tuple[Taking, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    acts: tuple[Act, ...] = ()


def matching_identifiers(event: Event, rules: IdentityRules = DEFAULT_RULES) -> tuple[Identity, ...]:
    """The identifiers by which an event may find a person.

    An unverified caller's e-mail or phone finds nobody: otherwise anyone who knows an address could
    write into its owner's record.
    """
    return may_match(identifiers_of(event, rules), event)


def may_match(found: tuple[Identity, ...], event: Event) -> tuple[Identity, ...]:
    """Of an event's identifiers those by which it may find a person."""
    if not is_unverified(event):
        return found
    return tuple(identity for identity in found if identity.type in _UNVERIFIED_MAY_MATCH)


NOTHING_TOLD = EventSide()


def resolve(
    identities: tuple[Identity, ...],
    owners: Mapping[tuple[str, str], str],
    profiles: Mapping[str, Profile],
    *,
    told: EventSide = NOTHING_TOLD,
    rules: IdentityRules = DEFAULT_RULES,
) -> Resolution:
    """Find the profile for identifiers (strongest first), given who owns what at this moment.

    An unverified caller's word unites nobody who is known with somebody else who is: a stranger's visit, told
    to be a customer's, would bring the stranger's mailbox along (`abuse-cases.md` A03).
    """
    known = known_by_all(identities, owners, profiles, rules)
    if known is not None:
        act = Act("attach", "identifiers", _types(identities), (known,))
        return Resolution("attach", known, identities, acts=(act,))
    return _Search(identities, owners, profiles, told, rules).resolution()


def known_by_all(
    identities: tuple[Identity, ...],
    owners: Mapping[tuple[str, str], str],
    profiles: Mapping[str, Profile],
    rules: IdentityRules,
) -> str | None:
    """The profile that holds all of them, where nothing can speak against it: by far the most frequent case."""
    known = owners.get(identities[0].key) if identities else None
    if known is None or rules.not_if or rules.match_rules:
        return None
    held = profiles[known].identities
    for identity in identities:
        edge, policy = held.get(identity.key), rules.policy(identity.type)
        if edge is None or owners.get(identity.key) != known or (_is_claim(edge) and identity.vouched):
            return None
        if not policy.unique or policy.verified_only or policy.retention is not None:
            return None
    return known


@dataclass(slots=True)
class _Search:
    """The work of one resolution: what is still used, what was demoted, and why."""

    identities: tuple[Identity, ...]
    owners: Mapping[tuple[str, str], str]
    profiles: Mapping[str, Profile]
    told: EventSide
    rules: IdentityRules
    usable: list[Identity] = field(default_factory=list)
    beside: list[Identity] = field(default_factory=list)  # kept on the profile, finding nobody
    watched: list[Identity] = field(default_factory=list)  # whoever else holds them is worth a look
    demoted: list[Identity] = field(default_factory=list)
    suspicions: list[Suspicion] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    needs_token: bool = False

    def resolution(self) -> Resolution:
        self._sort()
        held = self._fitting()
        if not self.usable:
            self.acts.append(Act("refuse", "no_identifier_left", _types(self.demoted)))
            return Resolution("refuse", None, (), demoted=tuple(self.demoted), acts=tuple(self.acts))
        held.sort(key=lambda profile: primacy(profile, self.rules))
        primary = held[0] if held else None
        self._leave_tokens_alone(primary)
        taken = [*self._stale_claims(held), *self._follow_login(held, primary)]
        self._look_at(held)
        kept = (*self.usable, *self._beside(primary))
        absorbed = tuple(profile.id for profile in held[1:])
        action: Action = "create" if primary is None else ("merge" if absorbed else "attach")
        led = tuple(profile.id for profile in held)
        self.acts.append(Act(action, "identifiers", _types(self.usable), led))
        return Resolution(
            action,
            primary.id if primary else None,
            kept,
            absorbed,
            tuple(self.demoted),
            self.needs_token,
            tuple(taken),
            tuple(self.suspicions),
            tuple(self.acts),
        )

    def _sort(self) -> None:
        for identity in self.identities:
            policy = self.rules.policy(identity.type)
            rule = rule_behind(identity, self.rules) if self.rules.match_rules else None
            if policy.verified_only and not identity.vouched:
                self._demote([identity], "verified_only")
            elif not policy.unique:
                self.beside.append(identity)
            elif rule is not None and rule.action == "review":
                self.watched.append(identity)
            else:
                self.usable.append(identity)

    def _fitting(self) -> list[Profile]:
        """Demote until what is left leads to one person, or to several who may be one."""
        while True:
            leads = {identity.key: self._holder(identity) for identity in self.usable}
            known = dict.fromkeys(holder for holder in leads.values() if holder is not None)
            held = [self.profiles[profile_id] for profile_id in known]
            if len(self.usable) > 1 and self._overflows(held):
                continue
            if self._falls_short(held, leads) or self._is_forbidden(held, leads):
                continue
            if self._was_taken_apart(held, leads):
                continue
            return held

    def _holder(self, identity: Identity) -> str | None:
        """The profile that an identifier finds: not one that has let it lapse, nor one that merely claimed it."""
        holder = self.owners.get(identity.key)
        edge = self.profiles[holder].identities.get(identity.key) if holder is not None else None
        if holder is None or edge is None:
            return None
        if has_lapsed(edge, self.profiles[holder], self.rules.policy(identity.type), self.told.at):
            return None
        return None if _is_claim(edge) and identity.vouched else holder

    # ── what forbids ────────────────────────────────────────────────────────────────────────────

    def _overflows(self, held: list[Profile]) -> bool:
        """Demote the weakest identifier if all together were too much for one person."""
        too_many = too_many_of(held, self.usable, self.rules, self.told.at)
        reason = f"limit_of_{too_many}" if too_many else ""
        if not reason and len(held) > self.rules.max_profiles:
            reason = "max_profiles"
        if not reason and self.told.unverified and _takes_over(held):
            reason, self.needs_token = "identity_token", True
        if reason:
            self._demote([self.usable[-1]], reason, held)
        return bool(reason)

    def _falls_short(self, held: list[Profile], leads: Mapping[tuple[str, str], str | None]) -> bool:
        """Demote what leads to a profile, other than by the strongest identifier, that too little speaks for."""
        if self.rules.any_match_counts:
            return False
        anchor = leads[self.usable[0].key] if self.usable else None
        for profile in held:
            leading = [identity for identity in self.usable if leads[identity.key] == profile.id]
            worth = sum(self._worth(identity) for identity in leading)
            if profile.id == anchor or len(leading) == len(self.usable) == 1:
                continue
            if worth >= self.rules.match_threshold - _TOLERANCE:
                continue
            self._demote(leading, "match_threshold", [profile])
            least = self.rules.review_threshold
            if least is not None and worth >= least - _TOLERANCE:
                self.suspicions.append(Suspicion(profile.id, "review_threshold", _types(leading)))
            return True
        return False

    def _worth(self, identity: Identity) -> float:
        policy = self.rules.policy(identity.type)
        return policy.trust if identity.vouched else policy.unverified_trust

    def _is_forbidden(self, held: list[Profile], leads: Mapping[tuple[str, str], str | None]) -> bool:
        """Negative rules come last and win: they may leave nothing by which the event finds anybody."""
        if not self.rules.not_if or not self.usable:
            return False
        found = forbidden_by(self.rules.not_if, self.told, self.usable, held, leads)
        if found is None:
            return False
        rule, leading, against = found
        self.suspicions = [each for each in self.suspicions if each.other != against]
        self._demote(leading, f"not_if_{rule}", [self.profiles[against]] if against else ())
        return True

    def _was_taken_apart(self, held: list[Profile], leads: Mapping[tuple[str, str], str | None]) -> bool:
        """A merge that was undone is not made again by what made it: the event stays with its stronger identifier."""
        if not any(profile.apart for profile in held):
            return False
        stronger: list[Profile] = []
        for identity in self.usable:
            profile = next((each for each in held if each.id == leads[identity.key]), None)
            if profile is None or profile in stronger:
                continue
            if any(kept_apart(profile, other) for other in stronger):
                leading = [one for one in self.usable if leads[one.key] == profile.id]
                self._demote(leading, "taken_apart", [profile])
                return True
            stronger.append(profile)
        return False

    def _demote(self, identities: Iterable[Identity], rule: str, about: Iterable[Profile] = ()) -> None:
        gone = list(identities)
        self.usable = [identity for identity in self.usable if identity not in gone]
        self.demoted += reversed(gone)
        self.acts.append(Act("demote", rule, _types(gone), tuple(profile.id for profile in about)))

    # ── what changes hands ──────────────────────────────────────────────────────────────────────

    def _leave_tokens_alone(self, primary: Profile | None) -> None:
        """A stranger's own push token, told for somebody known, would bring the stranger that person's messages."""
        if not self.told.unverified or primary is None or not _is_known(primary):
            return
        tokens = [
            identity
            for identity in self.usable
            if identity.type == "push_token" and identity.key not in primary.identities
        ]
        tokens = [token for token in tokens if self._holder(token) is None]
        if tokens:
            self.needs_token = True
            self._demote(tokens, "identity_token", [primary])

    def _stale_claims(self, held: list[Profile]) -> list[Taking]:
        """What another profile still holds, although nobody may be found there by it any more."""
        ours = {profile.id for profile in held}
        taken = []
        for identity in self.usable:
            holder = self.owners.get(identity.key)
            edge = self.profiles[holder].identities.get(identity.key) if holder is not None else None
            if holder is not None and edge is not None and holder not in ours:
                policy = self.rules.policy(identity.type)
                lapsed = has_lapsed(edge, self.profiles[holder], policy, self.told.at)
                taken.append(Taking(identity, holder, "retention" if lapsed else "proven"))
        return self._told(taken)

    def _follow_login(self, held: list[Profile], primary: Profile | None) -> list[Taking]:
        """A shared device speaks to whoever proved last to be signed in on it, not to whoever had it first."""
        user = next((one for one in self.usable if one.type == "user_id" and one.vouched), None)
        if user is None or self.told.unverified or self.told.at is None:
            return []
        taken = []
        for identity in [one for one in self.demoted if self.rules.policy(one.type).follows_login]:
            holder = self.owners.get(identity.key)
            edge = self.profiles[holder].identities.get(identity.key) if holder is not None else None
            if holder is None or edge is None or holder in {profile.id for profile in held}:
                continue
            is_newest = self.told.at >= (edge.seen or edge.at or FIRST)
            mine = [primary] if primary else []
            if is_newest and not too_many_of(mine, [*self.usable, identity], self.rules, self.told.at):
                self.demoted.remove(identity)
                self.usable.append(identity)
                taken.append(Taking(identity, holder, "newest_login"))
        return self._told(taken)

    def _told(self, taken: list[Taking]) -> list[Taking]:
        self.acts += [Act("take", each.rule, (each.identity.type,), (each.holder,)) for each in taken]
        return taken

    # ── what is worth a look ────────────────────────────────────────────────────────────────────

    def _look_at(self, held: list[Profile]) -> None:
        ours = {profile.id for profile in held}
        for identity in self.watched:
            holder = self._holder(identity)
            if holder is None:
                self.beside.append(identity)  # the first to hold it: who comes next is compared with them
            elif holder not in ours and not self._is_ruled_out(holder, held):
                rule = identity.type.partition(":")[2]
                self.suspicions.append(Suspicion(holder, rule, (identity.type,)))
        self.suspicions = list({each.other: each for each in reversed(self.suspicions)}.values())
        self.acts += [Act("review", each.rule, each.evidence, (each.other,)) for each in self.suspicions]

    def _is_ruled_out(self, holder: str, held: list[Profile]) -> bool:
        both = [*held, self.profiles[holder]]
        leads = {identity.key: self._holder(identity) for identity in (*self.usable, *self.watched)}
        evidence = [*self.usable, *self.watched]
        return bool(
            self.rules.not_if
            and forbidden_by(self.rules.not_if, self.told, evidence, both, leads) is not None
        )

    def _beside(self, primary: Profile | None) -> list[Identity]:
        """What the profile holds without being found by it, as far as its limits go."""
        kept: list[Identity] = []
        for identity in self.beside:
            mine = [primary] if primary else []
            if too_many_of(mine, [*kept, identity], self.rules, self.told.at):
                self._demote([identity], f"limit_of_{identity.type}", mine)
            else:
                kept.append(identity)
        return kept


def told_by(event: Event) -> EventSide:
    """What resolution asks of an event beside its identifiers."""
    device = event.context.get("device")
    return EventSide(
        at=event.at,
        unverified=is_unverified(event),
        traits=event.traits if event.type == "identify" else {},
        shared_device=isinstance(device, Mapping) and device.get("shared") is True,
    )


def _types(identities: Iterable[Identity]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(identity.type for identity in identities))


def _is_claim(edge: Identity) -> bool:
    """Whether somebody merely told an address that may be anybody's."""
    return not edge.vouched and edge.type in _CLAIMABLE


def attachable(
    event: Event,
    profile: Profile | None,
    owners: Mapping[tuple[str, str], str],
    rules: IdentityRules = DEFAULT_RULES,
) -> tuple[Identity, ...]:
    """Identifiers that an unverified event adds without matching by them (`abuse-cases.md` A03).

    A visitor who is nobody yet may tell us an e-mail or phone that nobody owns. For somebody already known
    it takes an identity token. It stays a claim: whoever proves to own it takes it over.
    """
    if not is_unverified(event) or (profile is not None and _is_known(profile)):
        return ()
    told = [identity for identity in identifiers_of(event, rules) if identity.type in _CLAIMABLE]
    return tuple(
        identity
        for identity in told
        if identity.key not in owners and not policy_of(identity.type, rules).verified_only
    )


def _is_known(profile: Profile) -> bool:
    """Whether this is somebody already, stored or vouched for in this batch: only then can a stranger take over."""
    return _is_somebody(profile) and (
        profile.version > 0
        or any(held.vouched for held in profile.identities.values() if held.type in _NAMING)
    )


def _is_somebody(profile: Profile) -> bool:
    return any(kind in _NAMING for kind, _ in profile.identities)


def _takes_over(held: list[Profile]) -> bool:
    """Whether uniting these gives somebody who is known what reaches somebody else: a mailbox, a phone, a device."""
    somebodies = [profile for profile in held if _is_somebody(profile)]
    with_device = [
        profile
        for profile in held
        if profile not in somebodies and any(kind == "push_token" for kind, _ in profile.identities)
    ]
    return len(somebodies) > 1 or bool(somebodies and with_device)


def components(keys_of_event: list[set[tuple[str, str]]]) -> list[list[int]]:
    """Group events (by index, in order) that share identifiers, however indirectly.

    A group is the unit of folding, of retry and of work in parallel.
    """
    parent = list(range(len(keys_of_event)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first_with: dict[tuple[str, str], int] = {}
    for index, keys in enumerate(keys_of_event):
        for key in keys:
            earlier = first_with.setdefault(key, index)
            parent[root(index)] = root(earlier)
    groups: dict[int, list[int]] = {}
    for index in range(len(keys_of_event)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def with_identities(profile: Profile, identities: tuple[Identity, ...]) -> Profile:
    """The profile, holding these identifiers too; the first evidence of one is kept."""
    held = profile.identities
    changed = {
        identity.key: used(held[identity.key], identity) if identity.key in held else identity
        for identity in identities
        if identity.key not in held or used(held[identity.key], identity) is not held[identity.key]
    }
    return replace(profile, identities={**held, **changed}) if changed else profile
