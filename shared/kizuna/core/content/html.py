"""Looks at the HTML of a template: what its pictures and links say, and where it must not put a value.

What a reader of a mail can see is in `visible`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

from kizuna.core.content.visible import Attributes

_OPENS = re.compile(r"<[A-Za-z/!?]")


def unclosed_tag(html: str) -> int | None:
    """Where a tag begins that nothing closes, if one does. The parser would look for its end once for each such tag,
    so who parses what an author wrote asks this first."""
    found = _OPENS.search(html, html.rfind(">") + 1)
    return found.start() if found else None


@dataclass(frozen=True, slots=True)
class ImageMarks:
    """What pictures and links of a mail say: how many pictures are shown, the lines of those without `alt`, and the
    words of each link."""

    images: int
    without_alt: tuple[int, ...]
    link_words: tuple[str, ...]


def image_marks(html: str) -> ImageMarks:
    """Reads broken HTML as best it can. Pictures of one pixel are nobody's business here."""
    reader = _Images()
    reader.feed(html)
    reader.close()
    words = tuple(" ".join("".join(said).split()) for said in reader.links)
    return ImageMarks(reader.images, tuple(reader.without_alt), words)


class _Images(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.images = 0
        self.without_alt: list[int] = []
        self.links: list[list[str]] = []
        self._in_link = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append([])
            self._in_link = True
        if tag == "img" and "1" not in (given.get("width"), given.get("height")):
            self.images += 1
            if "alt" not in given:
                self.without_alt.append(self.getpos()[0])

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._in_link = False

    def handle_data(self, data: str) -> None:
        if self._in_link:
            self.links[-1].append(data)


# ── where a value must not stand ────────────────────────────────────────────────────────────────

_REFUSED_TAGS = frozenset(
    {"script", "iframe", "frame", "frameset", "object", "embed", "applet", "svg", "math", "audio", "video"}
    | {"base", "link", "portal", "form", "input", "button", "select", "textarea"}
)
_URL_ATTRIBUTES = frozenset(
    {"href", "src", "background", "action", "formaction", "poster", "srcset", "xlink:href"}
)
_OWN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?[/?#]")
_LITERAL_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*):")
_SAFE_SCHEMES = frozenset({"https", "http", "mailto", "tel", "sms", "cid"})
_OUR_LINK = re.compile(r"\{\{-?\s*(links\.\w+|brand\.support_url)\s*-?\}\}")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_MARK = "\ue000"
_MARKED = re.compile(rf"{_MARK}(\d+){_MARK}")
_WRITTEN_QUERY = re.compile(r"\?[\w=&-]*$", re.ASCII)
_WRITTEN_START = re.compile(
    r"https://[A-Za-z0-9.-]+(?::\d+)?(?:[/?#]|$)"
    r"|(?!(?:https?|javascript|data|vbscript|file|blob|about|intent):)[a-z][a-z0-9+.-]*://",
    re.IGNORECASE,
)
_CSS_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_CSS_ESCAPE = re.compile(r"\\([0-9a-fA-F]{1,6})[ \t\r\n\f]?|\\([^\r\n\f0-9a-fA-F])")
_IMPORT = re.compile(r"@import", re.IGNORECASE)
_TAG_NAMED_BY_VALUE = re.compile(rf"</?{_MARK}")


@dataclass(frozen=True, slots=True)
class Unsafe:
    """A place in the HTML where escaping does not protect, or content that mail must not carry."""

    line: int
    reason: str


def unsafe_places(source: str, *, markup: Iterable[tuple[int, int]]) -> tuple[Unsafe, ...]:
    """Escaping protects text and quoted attributes, nothing else.

    `markup` are the spans of `{{ … }}` and `{% … %}` in the source. Refused are values in tag and attribute
    names, unquoted attributes, styles, scripts and comments; values that could choose the host or the scheme
    of a link; and active content. A link may be ours (`links.*`), or start with a written address.
    """
    html, values = _with_marks(source, markup)
    if (open_tag := unclosed_tag(html)) is not None:
        return (Unsafe(html.count("\n", 0, open_tag) + 1, "a tag that is never closed"),)
    finder = _Finder(values)
    finder.feed(html)
    finder.close()
    named = [
        Unsafe(html.count("\n", 0, found.start()) + 1, "a value as the name of a tag")
        for found in _TAG_NAMED_BY_VALUE.finditer(html)
    ]
    return tuple(dict.fromkeys([*finder.found, *named]))


def is_written_link(source: str, *, markup: Iterable[tuple[int, int]]) -> bool:
    """Whether an address outside of HTML is one of ours, or its author wrote where it leads: the host of a page, the
    scheme of an app. A value may stand behind that, and choose neither."""
    marked, values = _with_marks(source, markup)
    address = marked.strip()
    alone = _WRITTEN_QUERY.sub("", address)
    if _MARKED.fullmatch(alone):
        return bool(_OUR_LINK.fullmatch(values.get(alone, "")))
    return _WRITTEN_START.match(address) is not None


def _with_marks(source: str, markup: Iterable[tuple[int, int]]) -> tuple[str, dict[str, str]]:
    pieces, values, position = [], {}, 0
    for number, (start, end) in enumerate(markup):
        text = source[start:end]
        pieces.append(source[position:start].replace(_MARK, " "))
        if text.startswith("{{"):
            mark = f"{_MARK}{number}{_MARK}"
            values[mark] = text
            pieces.append(mark)
        pieces.append("\n" * text.count("\n"))
        position = end
    pieces.append(source[position:].replace(_MARK, " "))
    return "".join(pieces), values


def _leads_on(http_equiv: str | None) -> bool:
    """Whether a `meta` reloads the page, or may for all we know."""
    return http_equiv is not None and (_MARK in http_equiv or http_equiv.strip().lower() == "refresh")


def _imports(style: str) -> bool:
    """Whether a style sheet fetches another one, however it is written (CSS Syntax 3, 4.3.7: escapes)."""

    def meant(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[2]
        number = int(found[1], 16)
        return chr(number) if 0 < number < 0x110000 else "\ufffd"

    return _IMPORT.search(_CSS_ESCAPE.sub(meant, _CSS_COMMENT.sub("", style))) is not None


class _Finder(HTMLParser):
    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Unsafe] = []
        self._values = values
        self._style: list[str] = []
        self._style_line: int | None = None  # of the one that is open

    def _refuse(self, reason: str) -> None:
        self.found.append(Unsafe(self.getpos()[0], reason))

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        name = _MARKED.sub("", tag)
        if name == "style":
            self._style_line = self.getpos()[0]
        if name in _REFUSED_TAGS or name.startswith("mj-"):
            self._refuse(f"<{name}> does not belong into a mail")
        if name == "meta" and any(each == "http-equiv" and _leads_on(value) for each, value in attrs):
            self._refuse("<meta> must not lead the reader elsewhere")
        if _MARK in _QUOTED.sub("", self.get_starttag_text() or ""):
            self._refuse("a value in a tag must stand between quotes, after an attribute's name")
        for attribute, value in attrs:
            self._check_attribute(attribute, value or "")

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if _MARK in data and self.cdata_elem is not None:
            self._refuse(f"a value inside <{self.cdata_elem}>")
        if self.cdata_elem == "style":
            self._style.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style" and self._style_line is not None:
            if _imports("".join(self._style)):
                reason = "@import fetches a style from elsewhere, or is dropped: write the rules themselves"
                self.found.append(Unsafe(self._style_line, reason))
            self._style.clear()
            self._style_line = None

    def close(self) -> None:
        super().close()
        if self._style_line is not None:  # some readers take all that follows for styles, others for text
            self.found.append(Unsafe(self._style_line, "a <style> that is never closed"))

    def handle_comment(self, data: str) -> None:
        if _MARK in data:
            self._refuse("a value inside a comment")

    def _check_attribute(self, attribute: str, value: str) -> None:
        if attribute.startswith("on"):
            self._refuse(f"{attribute} does not belong into a mail")
        if attribute == "style" and _MARK in value:
            self._refuse("a value inside a style")
        if attribute in _URL_ATTRIBUTES and not self._is_safe_address(value.strip()):
            self._refuse(f"{attribute} must be one of our links, or start with a written address")

    def _is_safe_address(self, address: str) -> bool:
        # What an author adds to one of ours: the number on a scale that a link to a survey ticks.
        alone = _WRITTEN_QUERY.sub("", address)
        if _MARKED.fullmatch(alone):
            return bool(_OUR_LINK.fullmatch(self._values.get(alone, "")))
        if _MARK in address:
            own = _OWN_ADDRESS.match(address)
            return own is not None and _MARK not in own.group()
        scheme = _LITERAL_SCHEME.match(address)
        return scheme is None or scheme.group(1).lower() in _SAFE_SCHEMES
