"""MJML becomes HTML, once, when a workspace is read. Liquid in it stays Liquid.

    source ─ Liquid shielded ─▶ shape checked ─▶ MRML ─▶ Liquid back, every piece of it

The compiler (MRML, by the package mjml-python) recurses as deep as its input is nested and takes what it does not
know for HTML. What reaches it is therefore bounded in size, parts and depth, and made of known tags: what would
exhaust its stack, or swell in it, is refused before, with the line.
"""

from __future__ import annotations

import re

from kizuna.core.authoring.faults import AuthoringFault
from kizuna.core.authoring.shielded import Shielded, shielded
from kizuna.core.content.visible import VOID

MJML_MAX = 100_000
PARTS_MAX = 1_500
DEPTH_MAX = 60
HTML_MAX = 100_000

_TAG_WORDS = (
    "mjml mj-head mj-body mj-attributes mj-all mj-class mj-breakpoint mj-preview mj-style mj-title mj-accordion "
    "mj-accordion-element mj-accordion-title mj-accordion-text mj-button mj-carousel mj-carousel-image mj-column "
    "mj-divider mj-group mj-hero mj-image mj-navbar mj-navbar-link mj-raw mj-section mj-social mj-social-element "
    "mj-spacer mj-table mj-text mj-wrapper"
)
TAGS = frozenset(_TAG_WORDS.split())
_ELSEWHERE = {
    "mj-include": "files are not read: write {% include 'block' %}",
    "mj-font": "a font from elsewhere tells its server who reads; name fonts that readers have",
    "mj-html-attributes": "is not known to the compiler",
}
_OPAQUE = (("<!--", "-->"), ("<![CDATA[", "]]>"))
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)(/?)>")
_PLACE = re.compile(r"\s*(?:in root template )?at position (\d+):\d+")
_ROOT = re.compile(r"<mjml(?![^>]*\blang=)")


def compiled_mjml(source: str, *, language: str) -> str:
    """The HTML of a mail, in that language unless the source names another. Same source, same HTML.

    The Liquid in `source` must have been checked (`compile_source`). Raises AuthoringFault with the line.
    """
    if len(source) > MJML_MAX:
        raise AuthoringFault(f"is longer than {MJML_MAX} characters")
    try:
        kept = shielded(source)
    except ValueError as error:
        raise AuthoringFault(str(error)) from None
    _check_shape(kept)
    html = _html(kept, _ROOT.sub(f'<mjml lang="{language}"', kept.text.strip(), count=1))
    for line in kept.lost_in(html):
        raise AuthoringFault("Liquid in a place that does not reach the mail", line=line)
    whole = kept.restored(html)
    if len(whole) > HTML_MAX:
        raise AuthoringFault(f"becomes more than {HTML_MAX} characters of HTML")
    return whole


def _html(kept: Shielded, text: str) -> str:
    import mjml  # a group of its own: who only sends needs no compiler

    try:
        # Without fonts of its own: the compiler would have them loaded from elsewhere.
        return str(mjml.mjml2html(text, fonts={}))
    except ValueError as error:
        said = str(error)
    except BaseException as error:
        # How the compiler gives up is no Exception, and is named nowhere.
        if type(error).__name__ != "PanicException":
            raise
        raise AuthoringFault("is no MJML that the compiler can read") from None
    place = _PLACE.search(said)
    reason = _PLACE.sub("", said).strip() or "cannot be read"
    if place is None:
        raise AuthoringFault(f"is no MJML: {reason}")
    # Counted in bytes of what the compiler was given, which has a language more than the source.
    before = text.encode()[: int(place[1])].decode("utf-8", "ignore")
    added = len(text) - len(kept.text.strip())
    index = max(0, len(before) - added) + len(kept.text) - len(kept.text.lstrip())
    raise AuthoringFault(f"is no MJML: {reason}", line=kept.line_at(index))


def _check_shape(kept: Shielded) -> None:
    """Known tags, closed in their order, not too many and not too deep. Linear in the length of the text."""
    text = _without_opaque(kept)
    if not text.lstrip().startswith("<mjml"):
        raise AuthoringFault("does not begin with <mjml>", line=1)
    opened: list[tuple[str, int]] = []
    for count, found in enumerate(_TAG.finditer(text), start=1):
        if count > PARTS_MAX * 2:
            raise AuthoringFault(f"has more than {PARTS_MAX} parts", line=kept.line_at(found.start()))
        closing, name, _, alone = found.groups()
        name = name.lower()
        if reason := _why_not(name):
            raise AuthoringFault(f"<{name}>: {reason}", line=kept.line_at(found.start()))
        if closing:
            _close(name, opened, kept, found.start())
        elif not alone and name not in VOID:
            opened.append((name, found.start()))
            if len(opened) > DEPTH_MAX:
                raise AuthoringFault(f"nested more than {DEPTH_MAX} deep", line=kept.line_at(found.start()))
    if opened:
        name, start = opened[-1]
        raise AuthoringFault(f"<{name}> is never closed", line=kept.line_at(start))


def _without_opaque(kept: Shielded) -> str:
    """The text with blanks for comments and the like, every character in its place."""
    text = kept.text
    for opening, closing in _OPAQUE:
        pieces, position = [], 0
        while (start := text.find(opening, position)) >= 0:
            end = text.find(closing, start + len(opening))
            if end < 0:
                raise AuthoringFault(f"{opening} is never closed", line=kept.line_at(start))
            end += len(closing)
            pieces += [text[position:start], " " * (end - start)]
            position = end
        text = "".join(pieces) + text[position:]
    return text


def _why_not(name: str) -> str | None:
    if name in _ELSEWHERE:
        return _ELSEWHERE[name]
    if name.startswith("mj") and name not in TAGS:
        return "there is no such tag of MJML"
    return None


def _close(name: str, opened: list[tuple[str, int]], kept: Shielded, at: int) -> None:
    if not opened:
        raise AuthoringFault(f"</{name}> closes nothing", line=kept.line_at(at))
    innermost, start = opened.pop()
    if innermost != name:
        began = kept.line_at(start)
        raise AuthoringFault(
            f"</{name}> stands where <{innermost}> of line {began} is still open", line=kept.line_at(at)
        )
