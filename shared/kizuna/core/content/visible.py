"""What a reader of an e-mail can see: its text and its links, without head, styles, comments and hidden elements.

Asked of every mail before it goes out, so the usual HTML is taken apart by one regular expression, and each tag is
understood once for all mails that have it. Whatever is not written the usual way is read by the parser of the
standard library, which says what is right: both must see the same.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import unescape
from html.parser import HTMLParser

VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_UNSEEN = frozenset({"head", "style", "script", "title", "template", "noscript"})
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])", re.IGNORECASE)

Attributes = list[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Visible:
    """Text and link targets that are not hidden from the reader."""

    text: str
    links: frozenset[str]


def visible(html: str) -> Visible:
    """What remains without head, styles, comments and hidden elements. Reads broken HTML as best it can."""
    return seen_in_usual_html(html) or visible_to_the_parser(html)


def comparable(text: str) -> str:
    """The same whatever the width, the case and the line breaks."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(text.casefold().split())


def visible_to_the_parser(html: str) -> Visible:
    """The same by the parser of the standard library alone, for any HTML, at several times the cost."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page.seen()


def hides(tag: str, attrs: Attributes) -> bool:
    """Whether an element is hidden by what it is, or by what it says of itself."""
    given = dict(attrs)
    return tag in _UNSEEN or "hidden" in given or bool(_HIDING.search(given.get("style") or ""))


@dataclass(frozen=True, slots=True)
class _Page:
    """What was seen so far, and which elements are open: each with whether it, or one around it, is hidden."""

    text: list[str] = field(default_factory=list)
    links: set[str] = field(default_factory=set)
    open: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def is_hidden(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def begins(self, tag: str, *, hides: bool, links: tuple[str, ...] = ()) -> None:
        hidden = hides or self.is_hidden
        if not hidden:
            self.links.update(links)
        if tag not in VOID:
            self.open.append((tag, hidden))
        self.text.append(" ")

    def ends(self, tag: str) -> None:
        # An end without a beginning closes nothing; one that was forgotten is closed with its parent.
        if any(name == tag for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass
        self.text.append(" ")

    def seen(self) -> Visible:
        return Visible(" ".join("".join(self.text).split()), frozenset(self.links))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = _Page()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        found = [value.strip() for name, value in attrs if tag == "a" and name == "href" and value]
        self.page.begins(tag, hides=hides(tag, attrs), links=tuple(found))

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.page.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.page.ends(tag)

    def handle_data(self, data: str) -> None:
        if not self.page.is_hidden:
            self.page.text.append(data)


# ── the usual way of writing ────────────────────────────────────────────────────────────────────

_BLANK = r"[ \t\r\n\f]"
_VALUE = r"""(?:"[^"<>]*"|'[^'<>]*')"""
_NAME = r"[A-Za-z][A-Za-z0-9:_-]*"
_TAG = re.compile(
    r"(<!--(?!-?>)[^-]*(?:-[^-]+)*-->"  # a comment in which there are no two dashes
    r"|<!(?i:doctype)[^<>]*>"
    r"|</[A-Za-z][A-Za-z0-9]*>"
    rf"|<[A-Za-z][A-Za-z0-9]*(?:{_BLANK}+{_NAME}(?:={_VALUE})?)*{_BLANK}*/?>)"
)
_ATTRIBUTE = re.compile(rf"{_BLANK}({_NAME})(?:=({_VALUE}))?")
# What is inside is no HTML to a browser; what of it is none to the parser differs from one Python to the next.
_RAW = frozenset({"script", "style", "title"})
_RAW_SELDOM = frozenset({"iframe", "noembed", "noframes", "noscript", "plaintext", "textarea", "xmp"})


@dataclass(frozen=True, slots=True)
class _Tag:
    """One tag as the parser reads it when it stands alone."""

    name: str  # empty: a comment, or the document's type
    begins: bool = False
    ends: bool = False  # neither: it is whole, as `<br />` is
    hides: bool = False
    links: tuple[str, ...] = ()
    is_odd: bool = False  # of an element that one Python's parser reads in another way than the next one's


def seen_in_usual_html(html: str) -> Visible | None:
    """What is visible, or None if anything in it is not written the usual way. What `_Page` does, in one loop."""
    first, *pieces = _TAG.split(html)
    text, links = [first], set[str]()
    names: list[str] = []
    hidings: list[bool] = []
    hidden = False
    raw = ""  # the element whose content is no HTML
    for written, words in zip(pieces[::2], pieces[1::2], strict=True):
        tag = _understood(written)
        if raw and not (tag.ends and tag.name == raw):
            return None
        raw = ""
        if tag.name:
            text.append(" ")
        if tag.ends:
            if tag.name in names:
                while names.pop() != tag.name:
                    hidings.pop()
                hidings.pop()
                hidden = bool(hidings) and hidings[-1]
        elif tag.is_odd:
            return None
        elif tag.begins:
            inside = hidden or tag.hides
            if tag.links and not inside:
                links.update(tag.links)
            if tag.name not in VOID:
                names.append(tag.name)
                hidings.append(inside)
                hidden = inside
            raw = tag.name if tag.name in _RAW else ""
        if not hidden:
            text.append(unescape(words) if "&" in words else words)
        if "<" in words:
            return None
    if raw or "<" in first:
        return None
    text[0] = unescape(first)
    return Visible(" ".join("".join(text).split()), frozenset(links))


def has_marks_elsewhere(html: str, mark: re.Pattern[str]) -> bool:
    """Whether something stands in usual HTML where another text in its place might be read as another tag, or hide
    something: anywhere but in text and between the quotes of an attribute other than `style`."""
    for tag in _TAG.findall(html):
        if mark.search(tag) is None:
            continue
        attributes = [found for found in _ATTRIBUTE.finditer(tag) if found[2] and found[1].lower() != "style"]
        inside = sum(len(mark.findall(found[2])) for found in attributes)
        if inside != len(mark.findall(tag)) or not tag[1].isalpha():
            return True
    return False


def _understood(text: str) -> _Tag:
    """A tag of which only where it leads may be another in each mail: the rest of it is known from the last one."""
    if text[:2] not in ("<a", "<A"):
        return _read_alone(text)
    targets = [found for found in _ATTRIBUTE.finditer(text) if found[1].lower() == "href"]
    if len(targets) != 1 or not targets[0][2] or "&" in targets[0][2]:
        return _read_alone(text)
    start, end = targets[0].span(2)
    tag = _read_alone(f'{text[:start]}"-"{text[end:]}')
    target = text[start + 1 : end - 1].strip()
    return replace(tag, links=(target,) if target else ()) if tag.links else tag


@lru_cache(maxsize=2048)
def _read_alone(text: str) -> _Tag:
    reader = _Alone()
    reader.feed(text)
    reader.close()
    return reader.tag


class _Alone(HTMLParser):
    """Of one tag that is written the usual way."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tag = _Tag("")

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        found = [value.strip() for name, value in attrs if tag == "a" and name == "href" and value]
        self.tag = _Tag(
            tag, begins=True, hides=hides(tag, attrs), links=tuple(found), is_odd=tag in _RAW_SELDOM
        )

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.tag = _Tag(tag, is_odd=tag in _RAW or tag in _RAW_SELDOM)

    def handle_endtag(self, tag: str) -> None:
        self.tag = _Tag(tag, ends=True)
