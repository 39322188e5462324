"""Good practice by channel: what may be saved, and would be done better (`practice_rules.RULES`).

What is judged is the text as it is written, without its variables: what every reader gets, whatever is known of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from kizuna.core.content.html import image_marks
from kizuna.core.content.japanese import japanese_faults, looks_japanese
from kizuna.core.content.lint import CLIPPED_AT, lint, parts_of
from kizuna.core.content.liquid_compile import compile_source, markup_of
from kizuna.core.content.practice_rules import RULES, PracticeLanguage
from kizuna.core.content.running_links import LINK, unclear_ends
from kizuna.core.content.sms_text import sms_parts
from kizuna.core.content.templates import Brand, Content, EmailContent, PushContent, SmsContent, Template
from kizuna.core.content.visible import visible
from kizuna.core.content.widths import columns
from kizuna.core.refusing.japanese import in_japanese
from kizuna.core.refusing.meant import near

SUBJECT_COLUMNS = 60
PREHEADER_COLUMNS = 100
PUSH_TITLE_COLUMNS = 50
PUSH_BODY_COLUMNS = 150
COLUMNS_PER_IMAGE = 80
THIN = 0.4  # of the words of the HTML

_SHOUTS = re.compile(r"[!！]{2,}")
_CAPITALS = re.compile(r"\b[A-Z]{4,}\b")
_VIEWPORT = re.compile(r"<meta[^>]+name=[\"']?viewport", re.IGNORECASE)
_SHORTENERS = frozenset(
    {"bit.ly", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "buff.ly", "x.gd", "ux.nu"}
)
_EMPTY_WORDS = frozenset(
    {"here", "click here", "click", "link", "this link", "more", "こちら", "ここ", "コチラ", "こちらから"}
)
_OUTPUT = re.compile(r"\{\{-?\s*((?:person\.traits|event\.properties)\.[A-Za-z_][\w-]*)\s*(\|[^}]*)?-?\}\}")
_TRAIT = re.compile(r"\bperson\.traits\.([A-Za-z_][\w-]*)")
_CONTACT = re.compile(
    r"brand\.support_url|mailto:|tel:|\b0\d{1,4}-\d{1,4}-\d{3,4}\b|[\w.+-]+@[\w-]+\.[\w.-]+"
)
_KANA = re.compile(r"[ぁ-ヿ]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where a rule is broken. `detail` says what was seen, in no language: numbers, characters, a host."""

    rule: str
    path: str
    detail: str = ""
    refused: bool = False

    def told(self, language: PracticeLanguage) -> str:
        """The detail; of what is refused it is the reason, in a language."""
        return in_japanese(self.detail) if self.refused and language == "ja" else self.detail

    def why(self, language: PracticeLanguage) -> str:
        return RULES[self.rule].why[language]

    def mend(self, language: PracticeLanguage) -> str:
        return RULES[self.rule].mend[language]


def findings(
    template: Template, *, brands: Iterable[Brand] = (), traits: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Everything about a template: why it is refused, or else what would be done better, in a stable order.

    `brands` are those that speak by it; their own words are looked for. `traits` are those that are declared.
    """
    refused = lint(template)
    if refused:
        return tuple(Finding("refused", problem.path, problem.reason, refused=True) for problem in refused)
    found = (
        finding
        for language, content in template.languages.items()
        for finding in _of_content(template, language, content, tuple(brands), traits)
    )
    return tuple(dict.fromkeys(found))


def _of_content(
    template: Template, language: str, content: Content, brands: tuple[Brand, ...], traits: Collection[str]
) -> Iterator[Finding]:
    place = f"languages.{language}"
    match content:
        case EmailContent():
            yield from _of_email(content, place)
        case SmsContent():
            yield from _of_sms(content, place)
        case PushContent():
            yield from _length("push-title-long", content.title, PUSH_TITLE_COLUMNS, f"{place}.title")
            yield from _length("push-body-long", content.body, PUSH_BODY_COLUMNS, f"{place}.body")
        case _:
            pass
    said = []
    for part in parts_of(content):
        yield from _without_fallback(part.source, template, f"{place}.{part.name}")
        yield from _like_another(part.source, traits, f"{place}.{part.name}")
        text = _plain(part.source, html=part.html)
        said.append(text)
        yield from _of_links(part.source, f"{place}.{part.name}")
        if not part.html:
            yield from _of_ends(part.source, f"{place}.{part.name}")
        if language.partition("-")[0] == "ja":
            for rule, seen in japanese_faults(text, lines=not part.html):
                yield Finding(rule, f"{place}.{part.name}", seen)
    if template.purpose == "promotional" and language.partition("-")[0] == "ja":
        yield from _without_contact(content, brands, place)
    whole = " ".join(said)
    if _is_of_another_language(language, whole):
        yield Finding("language-mismatch", place, language)
    for brand in brands:
        yield from _of_voice(brand, language, whole, place)


def _is_of_another_language(language: str, text: str) -> bool:
    """Japanese under another language, or a text of some length without any under Japanese. Han proves nothing."""
    if language.partition("-")[0] == "ja":
        return len(text) > 40 and not looks_japanese(text)
    return looks_japanese(text) and _KANA.search(text) is not None


def _of_email(content: EmailContent, place: str) -> Iterator[Finding]:
    subject = _plain(content.subject)
    yield from _length("subject-long", content.subject, SUBJECT_COLUMNS, f"{place}.subject")
    if _SHOUTS.search(subject) or len(_CAPITALS.findall(subject)) > 1:
        yield Finding("subject-shouts", f"{place}.subject")
    if content.preheader is None:
        yield Finding("preheader-missing", place)
    else:
        yield from _length("preheader-long", content.preheader, PREHEADER_COLUMNS, f"{place}.preheader")
    if (size := len(content.html.encode())) > CLIPPED_AT:
        yield Finding("mail-clipped", f"{place}.html", f"{size:,} B")
    if not _VIEWPORT.search(content.html):
        yield Finding("mail-not-responsive", f"{place}.html")
    yield from _of_html(content, place)


def _of_html(content: EmailContent, place: str) -> Iterator[Finding]:
    html = _plain(content.html, html=True, strip=False)
    seen, marks = visible(html), image_marks(html)
    for line in marks.without_alt:
        yield Finding("image-without-alt", f"{place}.html:{line}")
    for words in marks.link_words:
        if words.casefold() in _EMPTY_WORDS:
            yield Finding("link-says-nothing", f"{place}.html", words)
    width, text = columns(seen.text), _plain(content.text)
    if marks.images and width < COLUMNS_PER_IMAGE * marks.images:
        yield Finding("images-outweigh-text", f"{place}.html", f"{marks.images} / {width}")
    if width > 200 and columns(text) < width * THIN:
        yield Finding("text-part-thin", f"{place}.text", f"{columns(text)} / {width}")


def _of_sms(content: SmsContent, place: str) -> Iterator[Finding]:
    text = _plain(content.body)
    counted = sms_parts(text)
    if counted.parts > 1 and not content.media:
        yield Finding("sms-parts", f"{place}.body", f"{counted.parts} × {counted.encoding}")
    few = 0 < len(counted.costly) <= 4
    if few and sms_parts("".join(c for c in text if c not in counted.costly)).encoding == "GSM-7":
        yield Finding("sms-costly-characters", f"{place}.body", " ".join(counted.costly))


def _length(rule: str, source: str, most: int, place: str) -> Iterator[Finding]:
    if (width := columns(_plain(source))) > most:
        yield Finding(rule, place, f"{width} > {most}")


def _of_links(source: str, place: str) -> Iterator[Finding]:
    for found in LINK.finditer(source):
        address = found[0]
        host = address.split("/")[2].split("?")[0].casefold()
        line = source.count("\n", 0, found.start()) + 1
        # The name of a standard's namespace is no link.
        if address.startswith("http://") and host != "www.w3.org":
            yield Finding("link-not-https", f"{place}:{line}", host)
        if host.removeprefix("www.") in _SHORTENERS:
            yield Finding("link-shortened", f"{place}:{line}", host)


def _of_ends(source: str, place: str) -> Iterator[Finding]:
    for start, behind in unclear_ends(source):
        yield Finding("link-end-unclear", f"{place}:{source.count(chr(10), 0, start) + 1}", f"…{behind}")


def _without_fallback(source: str, template: Template, place: str) -> Iterator[Finding]:
    """Values that are put in as they are: nobody asked whether they are there, and nothing stands in for them."""
    pieces = [(start, source[start:end]) for start, end in markup_of(source)]
    asked = " ".join(piece for _, piece in pieces if piece.startswith("{%"))
    for start, piece in pieces:
        found = _OUTPUT.fullmatch(piece)
        if found is None or "default" in (found[2] or ""):
            continue
        path = found[1]
        if path not in template.fallbacks and not re.search(rf"{re.escape(path)}(?![\w-])", asked):
            yield Finding("variable-without-fallback", f"{place}:{source.count(chr(10), 0, start) + 1}", path)


def _like_another(source: str, traits: Collection[str], place: str) -> Iterator[Finding]:
    """A name that is declared nowhere and is nearly one that is: most likely a slip of the pen."""
    for start, end in markup_of(source):
        for found in _TRAIT.finditer(source, start, end):
            name = found[1]
            if name not in traits and (meant := near(name, traits)):
                line = source.count("\n", 0, start) + 1
                yield Finding("trait-like-another", f"{place}:{line}", f"{name} → {' / '.join(meant)}")


def _without_contact(content: Content, brands: tuple[Brand, ...], place: str) -> Iterator[Finding]:
    """Where complaints are taken, which the law of Japan wants in each promotional mail (施行規則 第9条)."""
    if not isinstance(content, EmailContent):
        return
    written = [word for brand in brands for word in (brand.support_url, brand.reply_to)]
    for name, source in (("html", content.html), ("text", content.text)):
        if not _CONTACT.search(source) and not any(word in source for word in written):
            yield Finding("ja-contact-missing", f"{place}.{name}")


def _of_voice(brand: Brand, language: str, text: str, place: str) -> Iterator[Finding]:
    words = brand.words_in(language)
    if words is None:
        return
    for word, instead in words.avoid.items():
        if words.holds(text, word):
            yield Finding("word-avoided", place, f"{brand.id}: {word}" + (f" → {instead}" if instead else ""))
    if words.prefer and not any(words.holds(text, phrase) for phrase in words.prefer):
        yield Finding("voice-missing", place, f"{brand.id}: {' / '.join(words.prefer[:3])}")


def _plain(source: str, *, html: bool = False, strip: bool = True) -> str:
    """What is written, in all branches: without Liquid, and without tags unless they are wanted."""
    compile_source(source, html=html)
    pieces, position = [], 0
    for start, end in markup_of(source):
        # Lines keep their numbers; a value is taken for a word of no particular width.
        pieces += [source[position:start], "\n" * source.count("\n", start, end)]
        position = end
    text = "".join(pieces) + source[position:]
    return visible(text).text if html and strip else text
