"""The pages by which somebody asks for a link to their own page, and confirms a consent.

Whoever asks for a link gets the same page, whether or not we know the address.
"""

from __future__ import annotations

from html import escape

from kizuna.core.content.templates import Brand
from kizuna.core.pages.layout import Page, page
from kizuna.core.pages.markup import contact, field, form, switch
from kizuna.core.pages.pages import VISIT
from kizuna.core.pages.texts import TEXTS, PageLanguage

ADDRESS_MAX = 254  # RFC 5321 section 4.5.3.1, without the angle brackets


def entry_page(
    *, brand: Brand, language: PageLanguage, action: str, told: str = "", is_wrong: bool = False
) -> Page:
    """Where somebody without a link tells their address. `told` is what they entered, which `is_wrong`."""
    texts, name = TEXTS[language], brand.voice(language).name
    inside = field(
        "email",
        "email",
        texts.entry_field,
        told[:ADDRESS_MAX],
        more=f' required autocomplete="email" maxlength="{ADDRESS_MAX}"',
        wrong=texts.entry_wrong if is_wrong else "",
    )
    body = (
        f"<h1>{escape(texts.entry_heading)}</h1>\n<p>{escape(texts.entry_intro)}</p>\n"
        f"{form(action, language, inside, button=texts.entry_button, act=VISIT)}"
    )
    title = texts.entry_title.format(brand=name)
    if is_wrong:
        title = texts.error.format(title=title)
    return page(language=language, title=title, brand=name, body=body, switch=switch(action, language))


def mailed_page(*, brand: Brand, language: PageLanguage) -> Page:
    """The answer to everybody who asked for a link."""
    texts, name = TEXTS[language], brand.voice(language).name
    body = (
        f"<h1>{escape(texts.mailed_heading)}</h1>\n<p>{escape(texts.mailed_intro)}</p>\n"
        f'<p class="soft">{escape(texts.mailed_hint)}</p>\n{contact(texts, brand, language)}'
    )
    return page(
        language=language, title=texts.mailed_title.format(brand=name), brand=name, body=body, switch=None
    )


def confirm_page(*, brand: Brand, language: PageLanguage, action: str) -> Page:
    """The answer to GET: a form that posts to `action`. A machine that follows links confirms nothing."""
    texts, name = TEXTS[language], brand.voice(language).name
    body = (
        f"<h1>{escape(texts.confirm_heading)}</h1>\n<p>{escape(texts.confirm_intro.format(brand=name))}</p>\n"
        f"{form(action, language, '', button=texts.confirm_button)}\n"
        f'<p class="soft below">{escape(texts.confirm_ignore)}</p>'
    )
    title = texts.confirm_title.format(brand=name)
    return page(language=language, title=title, brand=name, body=body, switch=switch(action, language))


def confirmed_page(*, brand: Brand, language: PageLanguage) -> Page:
    """Only after the ledger has it."""
    texts, name = TEXTS[language], brand.voice(language).name
    body = f"<h1>{escape(texts.confirmed_heading)}</h1>\n<p>{escape(texts.confirmed_intro)}</p>"
    title = texts.confirmed_title.format(brand=name)
    return page(language=language, title=title, brand=name, body=body, switch=None)
