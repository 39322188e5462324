"""The pages in a real browser on a small phone: read, used by keyboard, without scripts, with nothing from elsewhere.

Skipped where there is no Chromium (`tests/support/chromium.py`); CI installs it from Debian.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from kizuna.core.links import Confirm, LinkScope, Preferences, Survey, Unsubscribe, Visit, issue
from tests.support.chromium import Browser, Tab, a_browser, chromium
from tests.support.clouds import Shop
from tests.support.served import Served, eventually, served_shop

pytestmark = pytest.mark.skipif(chromium() is None, reason="there is no Chromium on this machine")

USER = "ada"
PAGES: dict[str, tuple[str, LinkScope | None]] = {
    "leave": ("/u/", Unsubscribe("new-releases", "email")),
    "less": ("/preferences/", Preferences()),
    "own": ("/preferences/", Visit()),
    "confirm": ("/confirm/", Confirm()),
    "survey": ("/s/", Survey("nps")),
    "entrance": ("/preferences", None),
    "broken": ("/u/not-a-token", None),
}
Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with served_shop() as made:
        made.shop.greet(USER, settle=False)
        eventually(lambda: bool(made.shop.mails(USER)))
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as made:
        yield made


@pytest.fixture
def opened(served: Served, browser: Browser) -> Open:
    def open_page(name: str, *, lang: str = "en", **how: Any) -> Tab:
        path, scope = PAGES[name]
        token = a_token(served.shop, scope) if scope is not None else ""
        return browser.open(f"{served.url}{path}{token}?lang={lang}", **how)

    return open_page


def a_token(shop: Shop, scope: LinkScope) -> str:
    message = next(each for each in shop.messages(USER) if each.campaign == "hello")
    keys = shop.wired.secrets.link_keys()
    return issue(send_ref=message.id, scope=scope, issued_at=shop.now, nonce=b"n" * 16, keys=keys)


EVERY = [(name, lang) for name in PAGES for lang in ("en", "ja")]


@pytest.mark.parametrize(("name", "lang"), EVERY)
def test_a_page_fits_a_small_phone_and_asks_nobody_else_for_anything(
    opened: Open, served: Served, name: str, lang: str
) -> None:
    page = opened(name, lang=lang, width=320, javascript=False)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    # The browser's own little clock in a field for a time is a data URL.
    assert all(url.startswith((served.url, "data:image/svg+xml")) for url in page.requested())


WORDY = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
STRAINS = {
    "text twice as large": "document.documentElement.style.fontSize='200%'",
    "text spaced out": (  # WCAG 2.2, 1.4.12
        "const s=new CSSStyleSheet();s.replaceSync('*{line-height:1.5!important;letter-spacing:.12em!important;"
        "word-spacing:.16em!important}p{margin-bottom:2em!important}');document.adoptedStyleSheets=[s]"
    ),
    "words that never end": (
        "for(const e of document.querySelectorAll('.brand,h1,h2,legend,.choice span,label,dd,li,p,.card a,button'))"
        f"e.append(' {WORDY}')"
    ),
    "words without spaces": (
        "for(const e of document.querySelectorAll('.brand,h1,h2,legend,.choice span,label,dd,li,p,.card a,button'))"
        "e.append('とても長い名前のトピックー。'.repeat(9))"
    ),
}


@pytest.mark.parametrize(("name", "lang"), EVERY)
def test_nothing_has_to_be_scrolled_sideways_whatever_readers_and_names_ask_of_a_page(
    opened: Open, name: str, lang: str
) -> None:
    """320 px are 1280 at 400 % (WCAG 2.2, 1.4.10). One strain comes on top of the other."""
    page = opened(name, lang=lang, width=320)
    wide = {}
    for strain, script in STRAINS.items():
        page.evaluate(f"(()=>{{{script}}})()")
        wide[strain] = page.evaluate("document.documentElement.scrollWidth")
    assert wide == dict.fromkeys(STRAINS, 320)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_survey_with_a_question_left_open_says_so_first_and_at_the_question(
    opened: Open, lang: str
) -> None:
    page = opened("survey", lang=lang, javascript=False)
    page.submit_and_load()
    assert page.evaluate("document.title").startswith("Error: " if lang == "en" else "エラー：")
    alerts = [node for node in page.ax_tree() if node.get("role", {}).get("value") == "alert"]
    assert len(alerts) == 1
    leads = page.evaluate("document.querySelector('[role=alert] a').getAttribute('href')")
    assert page.evaluate(f"document.querySelector('{leads}').tagName") == "FIELDSET"
    about = page.evaluate(f"document.querySelector('{leads}').getAttribute('aria-describedby')").split()
    told = [page.evaluate(f"document.getElementById('{each}').textContent") for each in about]
    assert len(told) == 2  # what is wrong, and what the ends of the scale mean
    assert all(told)


def test_an_address_that_is_none_is_kept_and_told_beside_its_field(opened: Open) -> None:
    page = opened("entrance", javascript=False)
    page.submit_and_load(email="ada at example.com")
    assert page.evaluate("document.title").startswith("Error: ")
    field = "document.getElementById('email')"
    assert page.evaluate(f"{field}.value") == "ada at example.com"
    assert page.evaluate(f"{field}.getAttribute('aria-invalid')") == "true"
    about = page.evaluate(f"document.getElementById({field}.getAttribute('aria-describedby')).textContent")
    assert "name@example.com" in about


def test_half_a_time_of_quiet_is_not_taken_for_one(opened: Open, served: Served) -> None:
    page = opened("own", javascript=False)
    page.submit_and_load(quiet_from="21:00")
    assert page.evaluate("document.querySelector('h1').textContent") == "Nothing was changed"
    assert "differ" in page.evaluate("document.querySelector('[role=alert]').textContent")
    assert "wish_quiet_hours" not in served.shop.person(USER).traits


@pytest.mark.parametrize(("name", "lang"), EVERY)
def test_what_assistive_technology_sees_is_named_and_in_order(opened: Open, name: str, lang: str) -> None:
    page = opened(name, lang=lang)
    nodes = page.ax_tree()

    def role(node: dict[str, Any]) -> str:
        return str(node.get("role", {}).get("value", ""))

    def called(node: dict[str, Any]) -> str:
        return str(node.get("name", {}).get("value", "")).strip()

    named = {"link", "button", "checkbox", "radio", "textbox", "combobox", "heading", "RootWebArea"}
    assert [role(node) for node in nodes if role(node) in named and not called(node)] == []
    assert sum(role(node) == "main" for node in nodes) == 1
    levels = [
        next(each["value"]["value"] for each in node["properties"] if each["name"] == "level")
        for node in nodes
        if role(node) == "heading"
    ]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    groups = [node for node in nodes if role(node) in ("group", "radiogroup")]
    assert all(map(called, groups))
    assert page.evaluate("document.documentElement.lang") == lang
    repeated = "(()=>{const i=[...document.querySelectorAll('[id]')].map(e=>e.id);return i.length-new Set(i).size})()"
    assert page.evaluate(repeated) == 0


@pytest.mark.parametrize(("name", "lang"), EVERY)
def test_whatever_can_be_pressed_is_large_enough(opened: Open, name: str, lang: str) -> None:
    """24 px is what WCAG 2.2 asks for (2.5.8); controls of a form have 44."""
    page = opened(name, lang=lang)
    small = page.evaluate(
        "[...document.querySelectorAll('a,button,label.choice,select,input[type=email],input[type=time]')]"
        ".map(e=>[e.tagName,e.textContent.trim().slice(0,20),...(r=>[r.width,r.height])(e.getBoundingClientRect())])"
        ".filter(([t,_,w,h])=>t==='A'?h<24||w<24:h<44||w<44)"
    )
    assert small == []


@pytest.mark.parametrize("name", ["leave", "less", "own", "entrance"])
def test_the_keyboard_reaches_everything_in_the_order_of_the_page_and_the_focus_is_seen(
    opened: Open, name: str
) -> None:
    page = opened(name)
    count = page.evaluate("document.querySelectorAll('a,button,select,input:not([type=hidden])').length")
    expected = page.evaluate(
        "(()=>{const seen=new Set(),out=[];"
        "for(const e of document.querySelectorAll('a,button,select,input:not([type=hidden])')){"
        "if(e.type==='radio'){if(seen.has(e.name))continue;seen.add(e.name);out.push('radio '+e.name)}"
        "else out.push(e.tagName+' '+e.name+(e.type==='checkbox'?e.value:e.name?'':e.textContent))}return out})()"
    )
    reached: list[str] = []
    for _ in range(3 * count + 5):
        page.press("Tab")
        found = page.focused()
        if found["tag"] == "BODY":
            break
        assert found["marked"], found
        label = page.evaluate(
            "(()=>{const e=document.activeElement;return e.type==='radio'?'radio '+e.name:"
            "e.tagName+' '+(e.name||'')+(e.type==='checkbox'?e.value:e.name?'':e.textContent)})()"
        )
        if not reached or reached[-1] != label:
            reached.append(label)  # a time has a stop for hours and one for minutes
    assert reached == expected


def test_leaving_works_by_keyboard_alone_and_without_scripts(opened: Open, served: Served) -> None:
    page = opened("leave", javascript=False)
    for _ in range(2):
        page.press("Tab")  # the other language, then the choices
    page.press("ArrowDown")
    assert page.focused()["value"] == "channel"
    while page.focused()["tag"] != "BUTTON":
        page.press("Tab")
    page.press_and_load("Enter")
    assert page.evaluate("document.querySelector('h1').textContent") == "Done. We will stay silent."
    left = [(each.action, each.channel, each.topic) for each in served.shop.consents(USER)]
    assert ("one_click_post", "email", "*") in left


def test_the_own_page_saves_without_scripts(opened: Open, served: Served) -> None:
    page = opened("own", javascript=False)
    page.evaluate("document.querySelector('input[name=rhythm][value=weekly]').focus()")
    page.press(" ")
    page.evaluate("document.querySelector('form button').focus()")
    page.press_and_load("Enter")
    assert "at most once a week" in page.evaluate("document.body.textContent")
    assert served.shop.person(USER).traits["wish_frequency"].value["choice"] == "weekly"


@pytest.mark.parametrize("dark", [False, True])
def test_the_colours_follow_what_the_reader_prefers(opened: Open, dark: bool) -> None:
    page = opened("leave", dark=dark)
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert shade == ("rgb(21, 25, 27)" if dark else "rgb(244, 241, 234)")
