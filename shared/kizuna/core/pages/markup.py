"""The pieces that pages are made of, each escaping what it is given, and the fields of a form that was posted."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qs, quote

from kizuna.core.content.templates import Brand
from kizuna.core.pages.layout import Switch
from kizuna.core.pages.texts import TEXTS, PageLanguage, Texts

_BODY_MAX = 65_536  # bytes as posted; a letter of Japanese takes nine
_FIELDS_MAX = 200


def fields(body: str) -> dict[str, list[str]]:
    """What a form posted, by name; empty for what is no form, or too much of one."""
    if len(body) > _BODY_MAX:
        return {}
    try:
        return parse_qs(body, max_num_fields=_FIELDS_MAX)
    except ValueError:
        return {}


def last(body: str, name: str) -> str:
    """The last value of a field, or an empty text."""
    return fields(body).get(name, [""])[-1]


def form(
    action: str, language: PageLanguage, inside: str, *, button: str, act: str = "", kind: str = ""
) -> str:
    """A form that posts to the path of its own page. `act` says what it is for, where the page has several."""
    hidden = f'<input type="hidden" name="act" value="{escape(act)}">\n' if act else ""
    dress = f' class="{kind}"' if kind else ""
    return (
        f'<form method="post" action="{escape(path_of(action))}">\n'
        f'<input type="hidden" name="lang" value="{language}">\n{hidden}{inside}'
        f'<button type="submit"{dress}>{escape(button)}</button>\n</form>'
    )


def group(legend: str, inside: str, *, hint: str = "", hint_id: str = "") -> str:
    """Controls that belong together. `hint_id` is for controls that the hint is about, each by itself."""
    mark = f' id="{hint_id}"' if hint_id else ""
    told = f'<p class="soft"{mark}>{escape(hint)}</p>\n' if hint else ""
    return f"<fieldset>\n<legend>{escape(legend)}</legend>\n{told}{inside}\n</fieldset>\n"


def option(kind: str, name: str, value: str, label: str, hint: str = "", *, checked: bool = False) -> str:
    small = f"<small>{escape(hint)}</small>" if hint else ""
    mark = " checked" if checked else ""
    return (
        f'<label class="choice"><input type="{kind}" name="{name}" value="{escape(value)}"{mark}>'
        f"<span>{escape(label)}{small}</span></label>"
    )


def field(
    kind: str, name: str, label: str, value: str = "", *, more: str = "", wrong: str = "", hint: str = ""
) -> str:
    """A labelled input of one line; `more` are attributes of ours, `wrong` says what is wrong with the value, and
    `hint` is the id of a text that tells more."""
    told = f' value="{escape(value)}"' if value else ""
    said = problem(name, wrong) if wrong else ""
    about = described_by(*([problem_id(name)] if wrong else []), *([hint] if hint else []))
    marked = ' aria-invalid="true"' if wrong else ""
    return (
        f'<div class="field"><label for="{name}">{escape(label)}</label>{said}'
        f'<input type="{kind}" id="{name}" name="{name}"{told}{more}{marked}{about}></div>'
    )


def described_by(*ids: str) -> str:
    """The attribute that ties a control to texts about it; empty for none."""
    return f' aria-describedby="{" ".join(ids)}"' if ids else ""


def problem_id(name: str) -> str:
    return f"{name}-wrong"


def problem(name: str, text: str) -> str:
    """What is wrong with a control, beside it."""
    return f'<p class="tell wrong" id="{problem_id(name)}">{escape(text)}</p>\n'


def problems(heading: str, found: Iterable[tuple[str, str]]) -> str:
    """What is wrong, before everything else and read at once: each with the way to its control (by id)."""
    items = "".join(f'<li><a class="go" href="#{name}">{escape(text)}</a></li>' for name, text in found)
    return f'<div class="tell wrong" role="alert"><p>{escape(heading)}</p>\n<ul>{items}</ul></div>\n'


def select(name: str, label: str, choices: list[tuple[str, str]], *, chosen: str) -> str:
    inside = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(words)}</option>'
        for value, words in choices
    )
    return (
        f'<div class="field"><label for="{name}">{escape(label)}</label>'
        f'<select id="{name}" name="{name}">{inside}</select></div>'
    )


def note(text: str) -> str:
    return f'<p class="soft below">{escape(text)}</p>\n'


def below_link(url: str, text: str) -> str:
    return f'<p class="below"><a class="go" href="{escape(url)}">{escape(text)}</a></p>\n'


def contact(texts: Texts, brand: Brand, language: PageLanguage) -> str:
    """The ways to reach the sender."""
    voice = brand.voice(language)
    return (
        f'<p><a class="go" href="mailto:{escape(quote(brand.reply_to, safe="@"))}">'
        f"{escape(texts.write_to_us.format(address=brand.reply_to))}</a><br>"
        f'<a class="go" href="{escape(voice.support_url)}" rel="noreferrer">'
        f"{escape(texts.contact_page.format(brand=voice.name))}</a></p>"
    )


def switch(path: str, language: PageLanguage) -> Switch:
    other: PageLanguage = "ja" if language == "en" else "en"
    return Switch(f"{path_of(path)}?lang={other}", other, TEXTS[language].switch)


def path_of(path: str) -> str:
    """A path on this host, whatever is passed: never a scheme, never another host."""
    return "/" + quote(path.encode("utf-8", "replace"), safe="/._~-").lstrip("/")


def channel_name(texts: Texts, channel: str) -> str:
    return texts.channels.get(channel, channel)
