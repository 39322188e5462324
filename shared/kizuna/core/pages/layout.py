"""The frame of every page that a person sees: one style, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

# By light and by dark. Text on what lies behind it has a contrast of at least 4.5, and what marks a control or the
# focus at least 3 (WCAG 2.2, 1.4.3 and 1.4.11): `tests/core/pages/test_contrast.py` computes it.
PALETTES: Mapping[str, Mapping[str, str]] = {
    "light": {
        "page": "#f4f1ea",
        "card": "#fffdf9",
        "ink": "#23292e",
        "soft": "#5f5c54",
        "rule": "#ded8cb",
        "edge": "#7d796e",
        "act": "#1f5f5b",
        "act-ink": "#ffffff",
        "mark": "#e7f0ee",
        "warn": "#9b2c1f",
    },
    "dark": {
        "page": "#15191b",
        "card": "#1e2427",
        "ink": "#eeeae1",
        "soft": "#aaa59a",
        "rule": "#3a4246",
        "edge": "#8b8f8c",
        "act": "#8fd0c8",
        "act-ink": "#10201f",
        "mark": "#24332f",
        "warn": "#ff9d8a",
    },
}


def _variables(palette: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in palette.items())


_STYLE = (
    f"""
:root{{color-scheme:light dark;{_variables(PALETTES["light"])}}}
@media(prefers-color-scheme:dark){{:root{{{_variables(PALETTES["dark"])}}}}}
"""
    + """
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);line-height:1.6;-webkit-text-size-adjust:100%;
overflow-wrap:anywhere;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Hiragino Sans","Noto Sans JP",Meiryo,sans-serif}
:lang(ja){line-height:1.75;line-break:strict;word-break:auto-phrase}
main{max-width:34rem;margin:0 auto;padding:clamp(1rem,5vw,3.5rem) 1rem 2.5rem}
.top{display:flex;justify-content:space-between;align-items:center;gap:1rem;margin:0 .25rem .75rem}
.brand{margin:0;min-width:0;font-weight:600;letter-spacing:.01em}
.top a{flex:none;display:inline-block;padding:.6rem .25rem;min-width:2.75rem;text-align:right}
.card{background:var(--card);border:1px solid var(--rule);border-radius:1rem;padding:clamp(1.25rem,5vw,2.25rem)}
.card+.card{margin-top:1rem}
h1{font-size:1.5rem;line-height:1.35;font-weight:600;margin:0 0 .5rem;text-wrap:balance}
h2{font-size:1.125rem;line-height:1.4;font-weight:600;margin:0 0 .5rem;text-wrap:balance}
p{margin:0 0 1rem}
ul{margin:0 0 1.25rem;padding-left:1.25rem}
.soft{color:var(--soft);font-size:.925rem}
fieldset{border:0;margin:1.5rem 0;padding:0;min-width:0}
legend{padding:0;margin-bottom:.5rem;font-weight:600}
.choice{display:flex;gap:.75rem;align-items:flex-start;padding:.75rem 1rem;margin:0 0 .5rem;min-height:2.75rem;
border:1px solid var(--edge);border-radius:.75rem;cursor:pointer}
.choice:hover{background:var(--mark)}
.choice:has(input:checked){background:var(--mark);border-color:var(--act);box-shadow:inset 0 0 0 1px var(--act)}
.choice:has(input:focus-visible){outline:3px solid var(--act);outline-offset:2px}
.choice span{min-width:0}
.choice input{width:1.25rem;height:1.25rem;margin:.2rem 0 0;flex:none;accent-color:var(--act)}
.choice input:focus-visible{outline:0}
.choice small{display:block;color:var(--soft);font-size:.875rem}
.field{margin:0 0 1rem}
.field label{display:block;font-weight:600;margin-bottom:.25rem}
.pair{display:flex;flex-wrap:wrap;gap:1rem}
.pair .field{flex:1 1 7rem;min-width:0;margin-bottom:.5rem}
.scale{display:flex;flex-wrap:wrap;gap:.5rem}
.scale .choice{flex:1 1 3.25rem;justify-content:center;margin:0;padding:.6rem .5rem;gap:.4rem}
.ends{display:flex;justify-content:space-between;gap:1rem;margin:.5rem .25rem 0}
input[type=email],input[type=time],select,textarea{width:100%;min-width:0;min-height:2.75rem;padding:.5rem .75rem;
font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--edge);border-radius:.75rem}
button{display:block;width:100%;min-height:3rem;border:2px solid var(--act);border-radius:999px;
padding:.65rem 1.5rem;cursor:pointer;background:var(--act);color:var(--act-ink);font:inherit;font-weight:600}
button:hover{filter:brightness(1.08)}
button.quiet{background:transparent;color:var(--act)}
button.grave{background:transparent;color:var(--warn);border-color:var(--warn)}
form+p{margin-top:1.25rem}
dl{margin:0}
dt{font-weight:600}
dd{margin:0 0 1rem}
.tell{border-left:4px solid var(--act);background:var(--mark);padding:.75rem 1rem;
border-radius:.25rem .75rem .75rem .25rem}
.wrong{border-left-color:var(--warn)}
.wrong ul{list-style:none;padding:0}
.wrong>:last-child{margin-bottom:0}
div.wrong{margin-bottom:1.25rem}
.field .wrong{margin:.25rem 0 .5rem}
input[aria-invalid],textarea[aria-invalid]{border:2px solid var(--warn)}
a{color:var(--act);text-underline-offset:.2em}
.go{display:inline-block;padding:.6rem 0}
:focus-visible,input[type=time]:focus-within{outline:3px solid var(--act);outline-offset:3px}
.card>:last-child{margin-bottom:0}
.below{margin:1.25rem .25rem 0}
.card .below{margin-inline:0}
.below .go{padding:.4rem 0}
@media print{button,.top a{display:none}}
"""
)

_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Page(NamedTuple):
    """What to answer, beside the status."""

    html: str
    headers: dict[str, str]


class Switch(NamedTuple):
    """The way to the same page in the other language."""

    url: str
    language: str
    label: str


def page(
    *,
    language: str,
    title: str,
    brand: str,
    body: str,
    more: Sequence[str] = (),
    below: str = "",
    switch: Switch | None,
) -> Page:
    """A whole page. `title` and `brand` are plain text; `body`, `more` (a card each) and `below` are HTML, escaped
    already."""
    other = ""
    if switch is not None:
        other = (
            f'<a href="{escape(switch.url)}" hreflang="{switch.language}" lang="{switch.language}" '
            f'rel="nofollow">{escape(switch.label)}</a>'
        )
    cards = "".join(f'<div class="card">\n{each}\n</div>\n' for each in (body, *more))
    html = (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex, nofollow">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<div class="top"><p class="brand">{escape(brand)}</p>{other}</div>\n'
        f"{cards}{below}</main>\n</body>\n</html>\n"
    )
    return Page(html, {**_HEADERS, "Content-Language": language})
