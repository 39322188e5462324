"""The language of a page: what somebody picked on it, that of their message, their browser's, or the company's."""

from __future__ import annotations

from kizuna.core.pages.markup import last
from kizuna.core.pages.texts import PageLanguage

_ACCEPT_MAX = 500


def page_language(
    *,
    requested: str | None = None,
    person: str | None = None,
    accept_language: str | None = None,
    default: str | None = None,
) -> PageLanguage:
    """What somebody picked on the page, else that of the message whose link they followed (which is the person's own,
    where they told it), else the browser's, else the company's, else English."""
    for wish in (requested, person, *_accepted(accept_language or ""), default):
        if (language := _offered(wish or "")) is not None:
            return language
    return "en"


def posted_language(body: str) -> str | None:
    """The language of the form that was posted, to be passed as `requested`."""
    return last(body, "lang") or None


def _offered(wish: str) -> PageLanguage | None:
    match wish.strip().replace("_", "-").split("-", 1)[0].lower():
        case "en":
            return "en"
        case "ja":
            return "ja"
        case _:
            return None


def _accepted(header: str) -> list[str]:
    """Language ranges of an Accept-Language header, the most wanted first (RFC 9110 section 12.5.4)."""
    ranked: list[tuple[float, str]] = []
    for part in header[:_ACCEPT_MAX].split(","):
        name, _, parameter = part.partition(";")
        weight = _weight(parameter)
        if weight > 0:
            ranked.append((weight, name))
    return [name for _, name in sorted(ranked, key=lambda entry: -entry[0])]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
