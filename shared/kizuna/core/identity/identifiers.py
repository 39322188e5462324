"""Which identifiers an event carries, made comparable (`rules-spec.md` 2.1)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, assert_never

from kizuna.core.countries import country_code
from kizuna.core.events import Event, SourceKind
from kizuna.core.identity.rules import (
    DEFAULT_RULES,
    DERIVED,
    IdentifierPart,
    IdentifierPolicy,
    IdentityRules,
    Likeness,
    MatchRule,
    Normaliser,
    TraitPart,
)
from kizuna.core.ids import digest
from kizuna.core.people import Identity

_BLOCKED = re.compile(r"[0-]*|-1|null|undefined|none|nan|anonymous|unknown|\[object object\]", re.IGNORECASE)
MAX_LENGTH = 512
_REMEMBERED = 4_096  # parsed addresses: an event's are asked for several times


def policy_of(identifier_type: str, rules: IdentityRules = DEFAULT_RULES) -> IdentifierPolicy:
    """The policy of a type; custom kinds rank between push tokens and anonymous ids."""
    return rules.policy(identifier_type)


def email(value: Any) -> str | None:
    """A comparable e-mail address, or None if it is none. Only case and width are folded, nothing else."""
    return _email(value) if isinstance(value, str) and len(value) <= MAX_LENGTH else None


@lru_cache(_REMEMBERED)
def _email(value: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    try:
        parsed = validate_email(
            unicodedata.normalize("NFKC", value).strip(), check_deliverability=False, test_environment=True
        )
    except EmailNotValidError:
        return None
    return parsed.normalized.lower()


def phone(value: Any, region: str | None = None) -> str | None:
    """A phone number in E.164, or None if it is none. Without a country code `region` (`JP`) decides."""
    return _phone(value, region) if isinstance(value, str) and len(value) <= MAX_LENGTH else None


@lru_cache(_REMEMBERED)
def _phone(value: str, region: str | None) -> str | None:
    import phonenumbers

    try:
        home = region.strip().upper() if region else None
        parsed = phonenumbers.parse(unicodedata.normalize("NFKC", value), home)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


_LINE_USER = re.compile(r"U[0-9a-f]{32}")


def line_user(value: Any) -> str | None:
    """A user id of LINE ("Get user IDs" of its documentation), or None if it is none."""
    told = value.strip() if isinstance(value, str) else ""
    return told if _LINE_USER.fullmatch(told) else None


@lru_cache(_REMEMBERED)
def country_of_number(number: str) -> str | None:
    """The country (ISO 3166-1 alpha-2) that a number in E.164 form belongs to; None where it is of none."""
    import phonenumbers

    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return None
    return region if region and region != "001" else None  # 001: of the whole world, such as +800


def plain(value: Any) -> str | None:
    """Any other identifier in comparable form, or None if it names nobody (`null`, `0`, an empty text, …)."""
    return _plain(text) if (text := _text(value)) else None


@lru_cache(_REMEMBERED)
def _plain(text: str) -> str | None:
    return _unblocked(unicodedata.normalize("NFKC", text).strip())


def _lower_trim(value: Any) -> str | None:
    return _unblocked(unicodedata.normalize("NFKC", text).strip().lower()) if (text := _text(value)) else None


def _digits(value: Any) -> str | None:
    if (text := _text(value)) is None:
        return None
    figures = (character for character in unicodedata.normalize("NFKC", text) if character in "0123456789")
    return _unblocked("".join(figures))


def _as_told(value: Any) -> str | None:
    text = _text(value)
    return text if text and _unblocked(text.strip()) else None


def _text(value: Any) -> str | None:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    text = str(value)
    return text if len(text) <= MAX_LENGTH else None


def _unblocked(text: str) -> str | None:
    return None if len(text) > MAX_LENGTH or _BLOCKED.fullmatch(text) else text


_NORMALISERS: Mapping[Normaliser, Callable[[Any], str | None]] = {
    "email": email,
    "e164": phone,
    "lower_trim": _lower_trim,
    "digits": _digits,
    "nfkc": plain,
    "none": _as_told,
}


def normalised(identifier_type: str, value: Any, rules: IdentityRules = DEFAULT_RULES) -> str | None:
    """An identifier in the form in which it is looked up, or None if it cannot be used."""
    return _usable(rules.policy(identifier_type), value)


def _usable(policy: IdentifierPolicy, raw: Any) -> str | None:
    value = _NORMALISERS[policy.normaliser](raw)
    return None if value is None or is_blocked(policy, value, raw) else value


def is_blocked(policy: IdentifierPolicy, value: str, raw: Any) -> bool:
    """Whether the workspace declared that a value names nobody, as it came or as it is compared."""
    if not policy.blocked and policy.blocked_by is None:
        return False
    told = str(raw).strip()
    if policy.blocked and (value.casefold() in policy.blocked or told.casefold() in policy.blocked):
        return True
    return policy.blocked_by is not None and (policy.blocked_by(value) or policy.blocked_by(told))


def is_unverified(event: Event) -> bool:
    """Whether we only have a publishable key's word for who this is."""
    return event.source.kind is SourceKind.CLIENT and not event.source.identity_verified


def identifiers_of(event: Event, rules: IdentityRules = DEFAULT_RULES) -> tuple[Identity, ...]:
    """The usable identifiers of an event, strongest first, each once."""
    found: dict[tuple[str, str], Identity] = {}
    unverified = is_unverified(event)
    for kind, raw in _candidates(event, rules):
        if raw is None:
            continue
        policy = rules.policy(kind)
        value = _usable(policy, raw)
        if value and (kind, value) not in found:
            found[kind, value] = Identity(
                kind,
                value,
                raw=str(raw),
                at=event.at,
                source=event.source.id,
                seen=event.at if policy.tracks_activity else None,
                vouched=_is_vouched(kind, event, unverified),
            )
    strongest_first = list(found.values())
    if len(strongest_first) > 1:
        strongest_first.sort(key=lambda one: (rules.policy(one.type).priority, one.key))
    if rules.match_rules and event.type == "identify" and not unverified:
        strongest_first += _derived(event, strongest_first, rules)
    return tuple(strongest_first)


_PROVABLE = frozenset({"user_id", "email", "phone", "line"})
PROOF = {"email": ("email_verified", "emailVerified"), "phone": ("phone_verified", "phone_number_verified")}


def _is_vouched(kind: str, event: Event, unverified: bool) -> bool:
    """Whether a back end or an identity token answers for it, and the call does not itself say it is unproven."""
    if kind not in _PROVABLE:
        return True
    told_unproven = any(event.traits.get(name) is False for name in PROOF.get(kind, ()))
    return not unverified and not told_unproven


def _candidates(event: Event, rules: IdentityRules) -> Iterator[tuple[str, Any]]:
    yield "user_id", event.user_id
    yield "anonymous_id", event.anonymous_id
    if event.type == "alias":
        yield "anonymous_id", event.previous_id
    if event.source.kind is not SourceKind.CLIENT:  # who is whom is not for a publishable key to declare
        for kind, value in event.identities:
            yield (kind if kind in _RESERVED else _custom_type(kind)), value
    if event.type == "identify":
        yield "email", event.traits.get("email")
        region = country_code(event.traits.get("country"))
        raw_phone = event.traits.get("phone")
        yield "phone", phone(raw_phone, region)
        yield "phone", phone(event.traits.get("whatsapp"), region)
        yield "line", line_user(event.traits.get("line"))
    device = event.context.get("device")
    if isinstance(device, Mapping):
        yield "push_token", device.get("token")
        if rules.device_ids:
            yield from _device_ids(device, rules)
    external = event.context.get("externalIds")
    for item in external if isinstance(external, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("type"), str):
            yield _custom_type(item["type"]), item.get("id")


def _device_ids(device: Mapping[str, Any], rules: IdentityRules) -> Iterator[tuple[str, Any]]:
    """Of the types that the workspace defines. An advertising id counts only where tracking is allowed."""
    platform = str(device.get("type", "")).lower()
    own = {"android": "android_id", "ios": "ios_id"}.get(platform)
    if own in rules.device_ids:
        yield str(own), device.get("id")
    if platform == "ios" and "idfa" in rules.device_ids and device.get("adTrackingEnabled") is True:
        yield "idfa", device.get("advertisingId")


_CUSTOM_TYPE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_RESERVED = {"user_id", "email", "phone", "anonymous_id", "push_token"}


def _custom_type(name: str) -> str:
    """External ids may not pose as one of our own types."""
    folded = name.strip().lower()
    usable = _CUSTOM_TYPE.fullmatch(folded) and folded not in _RESERVED
    return folded if usable else "external_id"


# ── what match rules derive ─────────────────────────────────────────────────────────────────────


def _derived(event: Event, found: list[Identity], rules: IdentityRules) -> list[Identity]:
    """For each rule of which the event holds every part: an identifier that agrees exactly where all parts do."""
    derived = []
    for rule in rules.match_rules:
        parts = [_part(part, event, found) for part in rule.all_of]
        if all(parts):
            value = digest("match", rule.id, *map(str, parts), length=52)
            derived.append(Identity(DERIVED + rule.id, value, at=event.at, source=event.source.id))
    return derived


def _part(part: TraitPart | IdentifierPart, event: Event, found: list[Identity]) -> str | None:
    match part:
        case IdentifierPart():
            return next((held.value for held in found if held.type == part.identifier), None)
        case TraitPart():
            told = comparable(trait_at(event.traits, part.trait))
            return _shortened(told, part.like) if told else None
        case _:
            assert_never(part)


def _shortened(told: str, like: Likeness) -> str:
    match like:
        case "exact":
            return told
        case "initial":
            return told[:1]
        case "prefix":
            return told[:4]
        case _:
            assert_never(like)


def trait_at(traits: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, or None where there is none."""
    value: Any = traits
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def comparable(value: Any) -> str | None:
    """A trait's value without case, width and spare blanks; None for what is empty, or no text and no number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return " ".join(unicodedata.normalize("NFKC", str(value)).casefold().split()) or None


def rule_behind(identity: Identity, rules: IdentityRules) -> MatchRule | None:
    """The match rule that derived an identifier, if one did."""
    if not identity.type.startswith(DERIVED):
        return None
    return next((rule for rule in rules.match_rules if DERIVED + rule.id == identity.type), None)


def used(held: Identity, told: Identity) -> Identity:
    """An identifier that a person holds, told again: first evidence stays, last use and proof become newer."""
    proven = told.vouched and not held.vouched
    later = told.seen is not None and (held.seen is None or told.seen > held.seen)
    if not proven and not later:
        return held
    return replace(
        held,
        source=told.source if proven else held.source,
        vouched=held.vouched or told.vouched,
        seen=told.seen if later else held.seen,
    )
