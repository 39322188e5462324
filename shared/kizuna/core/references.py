"""How staff may name a person: a profile id, `kind:value`, or a bare identifier in any readable notation."""

from __future__ import annotations

from kizuna.core.identity.identifiers import normalised, phone
from kizuna.core.identity.rules import DEFAULT_RULES, IdentityRules

IdentityKey = tuple[str, str]

KINDS = ("user_id", "email", "phone", "anonymous_id", "push_token")


def readings(
    reference: str, *, country: str | None = None, rules: IdentityRules = DEFAULT_RULES
) -> tuple[IdentityKey, ...]:
    """The identifiers that a reference may mean, the likeliest first, each once.

    `kind:value` with one of our own kinds means that and nothing else, so that nobody can make a name ambiguous by
    calling themselves `user_id:ada`. With any other kind it may also be a bare identifier that holds a colon. A phone
    number without a country code is read as one of `country` (ISO 3166-1 alpha-2).
    """
    kind, colon, value = reference.partition(":")
    kind = kind.strip().lower()
    told: list[tuple[str, str]]
    if colon and kind in KINDS:
        told = [(kind, value)]
    else:
        told = [(each, reference) for each in KINDS]
        if colon and kind:
            told.insert(0, (kind, value))
    found = [(each, _comparable(each, raw, country, rules)) for each, raw in told]
    return tuple(dict.fromkeys((each, usable) for each, usable in found if usable))


def _comparable(kind: str, raw: str, country: str | None, rules: IdentityRules) -> str | None:
    if kind == "phone" and country:
        raw = phone(raw, country) or raw
    return normalised(kind, raw, rules)
