"""What is wrong with a template, found when it is saved and not in somebody's inbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, assert_never

from kizuna.core.content.errors import TemplateRefused
from kizuna.core.content.facts import content_facts
from kizuna.core.content.headers import is_single_line
from kizuna.core.content.html import is_written_link, unsafe_places
from kizuna.core.content.messengers import (
    LINE_TEXT_MAX,
    META_LANGUAGE,
    WHATSAPP_TEXT_MAX,
    WHATSAPP_VALUE_MAX,
    LineContent,
    LineText,
    WhatsAppContent,
)
from kizuna.core.content.own_content import (
    INBOX_BYTES_MAX,
    TASK_BYTES_MAX,
    WEBHOOK_BYTES_MAX,
    InboxContent,
    TaskContent,
    WebhookContent,
)
from kizuna.core.content.sms_text import sms_parts
from kizuna.core.content.templates import (
    PUSH_BYTES_MAX,
    Brand,
    BrandWording,
    Content,
    EmailContent,
    PushContent,
    SmsContent,
    Template,
)
from kizuna.core.errors import Problem

if TYPE_CHECKING:
    from kizuna.core.content.liquid_compile import Compiled, Variable

SUBJECT_WRITTEN_MAX = 150
SMS_WRITTEN_PARTS_MAX = 6
CLIPPED_AT = 100_000
"""Gmail hides the end of a mail beyond about 102 kB, and with it the way out."""
_MOST = {
    InboxContent: INBOX_BYTES_MAX,
    WebhookContent: WEBHOOK_BYTES_MAX,
    TaskContent: TASK_BYTES_MAX,
}  # bytes


class Part(NamedTuple):
    name: str
    source: str
    html: bool


def lint(template: Template, *, brand: Brand | None = None) -> tuple[Problem, ...]:
    """Every reason why the template is refused; empty when it may be saved.

    Paths are keys of the definition with a line number, such as `languages.en.html:12`. With a `brand`, its
    name and address may also stand written out instead of as `{{ brand.… }}`.
    """
    problems: list[Problem] = []
    for language, content in template.languages.items():
        place = f"languages.{language}"
        found = [problem for part in parts_of(content) for problem in _part_problems(part, place, language)]
        found += _broken_lines(template, language, place) if not found else []
        problems += found or _whole_problems(template, language, place, brand or _any_brand())
    return tuple(problems)


@cache
def _any_brand() -> Brand:
    """Stands in where a template is judged without a brand: duties are then met by `{{ brand.… }}` only."""
    return Brand(
        id="any",
        name="\ue0ff name \ue0ff",
        legal_name="\ue0ff legal name \ue0ff",
        postal_address="\ue0ff postal address \ue0ff",
        from_email="any@example.com",
        from_name="any",
        reply_to="any@example.com",
        support_url="https://example.com/",
        languages={"en": BrandWording()},
    )


def variables(template: Template) -> frozenset[str]:
    """What the template asks for, as dotted paths: `person.traits.first_name`; `*` is a computed key."""
    return frozenset(
        str(variable)
        for content in template.languages.values()
        for part in parts_of(content)
        for variable in _compiled(part).variables
    )


def _compiled(part: Part) -> Compiled:
    from kizuna.core.content.liquid_compile import compile_source

    return compile_source(part.source, html=part.html)


def parts_of(content: Content) -> Iterator[Part]:
    """Every text of a message that the engine renders."""
    match content:
        case EmailContent():
            yield Part("subject", content.subject, html=False)
            if content.preheader is not None:
                yield Part("preheader", content.preheader, html=False)
            yield Part("html", content.html, html=True)
            yield Part("text", content.text, html=False)
            yield from _accompanying(content)
        case SmsContent():
            yield Part("body", content.body, html=False)
        case PushContent():
            yield Part("title", content.title, html=False)
            yield Part("body", content.body, html=False)
            for key, source in content.data.items():
                yield Part(f"data.{key}", source, html=False)
        case WhatsAppContent():
            yield from _of_whatsapp(content)
        case LineContent():
            for at, message in enumerate(content.messages):
                if isinstance(message, LineText):
                    yield Part(f"messages[{at}]", message.text, html=False)
        case InboxContent() | WebhookContent() | TaskContent():
            yield from _of_our_own(content)
        case _:
            assert_never(content)


_ONE_LINE = frozenset({"subject", "preheader", "title", "link", "header"})


def _broken_lines(template: Template, language: str, place: str) -> list[Problem]:
    """Fallbacks that would break the line of a header: each message that needed one would fail."""
    broken = {
        path for path in template.fallbacks if not is_single_line(template.fallback(path, language) or "")
    }
    return [
        Problem(f"{place}.{part.name}", f"the fallback of {variable} is more than one line, and this is one")
        for part in (parts_of(template.languages[language]) if broken else ())
        if part.name in _ONE_LINE or part.name.startswith(("body[", "buttons[", "calendar."))
        for variable in sorted(broken & set(map(str, _compiled(part).variables)))
    ]


def _of_our_own(content: InboxContent | WebhookContent | TaskContent) -> Iterator[Part]:
    if isinstance(content, InboxContent):
        yield Part("title", content.title, html=False)
        yield Part("body", content.body, html=False)
        if content.link is not None:
            yield Part("link", content.link, html=False)
    if isinstance(content, TaskContent):
        yield Part("title", content.title, html=False)
        yield Part("script", content.script, html=False)
    for key, source in content.data.items():
        yield Part(f"data.{key}", source, html=False)


def _accompanying(content: EmailContent) -> Iterator[Part]:
    for at, file in enumerate(content.attachments):
        if file.text is not None:
            yield Part(f"attachments[{at}].text", file.text, html=False)
    if (entry := content.calendar) is not None:
        for name in ("title", "starts", "ends", "location", "url"):
            if (source := getattr(entry, name)) is not None:
                yield Part(f"calendar.{name}", source, html=False)


def _of_whatsapp(content: WhatsAppContent) -> Iterator[Part]:
    if content.text is not None:
        yield Part("text", content.text, html=False)
    if content.header is not None:
        yield Part("header", content.header, html=False)
    for at, source in enumerate(content.body):
        yield Part(f"body[{at}]", source, html=False)
    for button in content.buttons:
        yield Part(f"buttons[{button.index}]", button.value, html=False)


def _part_problems(part: Part, place: str, language: str) -> Iterator[Problem]:
    from kizuna.core.content.liquid_compile import markup_of
    from kizuna.core.content.liquid_filters import FORMATTED_LANGUAGES, LOCALISED, base_language

    place = f"{place}.{part.name}"
    if not part.source.strip():
        yield Problem(place, "is empty")
        return
    try:
        compiled = _compiled(part)
    except TemplateRefused as refused:
        yield Problem(f"{place}:{refused.line}" if refused.line else place, refused.detail)
        return
    for variable in compiled.variables:
        if reason := _unknown(variable):
            yield Problem(f"{place}:{variable.line}", reason)
    if base_language(language) not in FORMATTED_LANGUAGES:
        for name in sorted(compiled.filters & LOCALISED.keys()):
            yield Problem(place, f"{name!r} has formats for {', '.join(FORMATTED_LANGUAGES)} only")
    if part.name in ("subject", "title"):
        written = len(_written(compiled))
        if written > SUBJECT_WRITTEN_MAX:
            yield Problem(place, f"is {written} characters long, at most {SUBJECT_WRITTEN_MAX} are good")
    if part.name == "link" and not is_written_link(part.source, markup=markup_of(part.source)):
        yield Problem(
            place, "must be one of our links, or start with a written https address or scheme of an app"
        )
    if part.html:
        for unsafe in unsafe_places(part.source, markup=markup_of(part.source)):
            yield Problem(f"{place}:{unsafe.line}", unsafe.reason)


def _unknown(variable: Variable) -> str | None:
    from kizuna.core.content.liquid_compile import ROOTS

    root, *rest = variable.path
    known = ROOTS.get(root)
    if known is None:
        return f"unknown variable {variable}; there are {', '.join(ROOTS)}"
    if not rest:
        return f"{root} is not a value; name one of its keys: {', '.join(sorted(known))}"
    if rest[0] not in known:
        return f"unknown variable {variable}; {root} has {', '.join(sorted(known))}"
    return None


def _whole_problems(template: Template, language: str, place: str, brand: Brand) -> Iterator[Problem]:
    if isinstance(content := template.languages[language], SmsContent):
        parts = sms_parts(_written(_compiled(Part("body", content.body, html=False)))).parts
        if parts > SMS_WRITTEN_PARTS_MAX:
            yield Problem(f"{place}.body", f"takes {parts} text messages, at most {SMS_WRITTEN_PARTS_MAX}")
    if isinstance(content, WhatsAppContent) and content.template and content.template_language is None:
        named = language.replace("-", "_")
        if not re.match(META_LANGUAGE, named):
            yield Problem(
                f"{place}.template_language", f"name it as WhatsApp does: {named} is none of its languages"
            )
    yield from _too_long_as_written(content, place)
    if template.purpose != "promotional" or template.channel not in ("email", "sms"):
        return
    facts = content_facts(template, brand, language=language)
    always = "outside of any condition" + (", in html and text" if template.channel == "email" else "")
    if not facts.has_unsubscribe:
        way = "{{ links.unsubscribe }}" if template.channel == "email" else "how to stop (such as STOP)"
        yield Problem(place, f"promotional, but does not show {way} {always}")
    if not facts.has_sender_identity:
        yield Problem(place, f"promotional, but does not show {{{{ brand.legal_name }}}} {always}")
    if template.channel == "email" and not facts.has_postal_address:
        yield Problem(place, f"promotional, but does not show {{{{ brand.postal_address }}}} {always}")


def _too_long_as_written(content: Content, place: str) -> Iterator[Problem]:
    """What no person could get, whatever is known of them."""
    match content:
        case PushContent():
            written = [_written(_compiled(part)) for part in parts_of(content)]
            if sum(len(text.encode()) for text in written) > PUSH_BYTES_MAX:
                yield Problem(
                    place, f"takes more than {PUSH_BYTES_MAX} bytes; APNs and FCM carry 4096 in all"
                )
        case WhatsAppContent():
            for part in parts_of(content):
                most = WHATSAPP_TEXT_MAX if part.name == "text" else WHATSAPP_VALUE_MAX
                if len(_written(_compiled(part))) > most:
                    yield Problem(f"{place}.{part.name}", f"is longer than {most} characters")
        case LineContent():
            for part in parts_of(content):
                if len(_written(_compiled(part)).encode("utf-16-be")) // 2 > LINE_TEXT_MAX:
                    yield Problem(f"{place}.{part.name}", f"is longer than {LINE_TEXT_MAX} characters")
        case InboxContent() | WebhookContent() | TaskContent():
            most = _MOST[type(content)]
            if sum(len(_written(_compiled(part)).encode()) for part in parts_of(content)) > most:
                yield Problem(place, f"takes more than {most} bytes")
        case _:
            return


def _written(compiled: Compiled) -> str:
    """What the author wrote and every reader gets: the text without its variables."""
    from kizuna.core.content.liquid_compile import certain_text

    return certain_text(compiled, known={}, html=False)
