"""The frame of every page that a person sees: one style, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import NamedTuple

_STYLE = """
:root{color-scheme:light dark;--page:#f4f1ea;--card:#fffdf9;--ink:#23292e;--soft:#636058;--rule:#d9d3c6;
--act:#1f5f5b;--act-ink:#fff;--mark:#e7f0ee}
@media(prefers-color-scheme:dark){:root{--page:#15191b;--card:#1e2427;--ink:#eeeae1;--soft:#aaa59a;--rule:#3a4246;
--act:#8fd0c8;--act-ink:#10201f;--mark:#24332f}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);line-height:1.6;-webkit-text-size-adjust:100%;
font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Hiragino Sans","Noto Sans JP",Meiryo,sans-serif}
main{max-width:32rem;margin:0 auto;padding:clamp(1rem,5vw,3.5rem) 1rem 2.5rem}
.top{display:flex;justify-content:space-between;align-items:center;gap:1rem;margin:0 .25rem 1rem}
.brand{margin:0;font-weight:600}
.card{background:var(--card);border:1px solid var(--rule);border-radius:1rem;padding:clamp(1.25rem,5vw,2.25rem)}
h1{font-size:1.5rem;line-height:1.35;font-weight:600;margin:0 0 .5rem;text-wrap:balance}
p{margin:0 0 1rem}
ul{margin:0 0 1.25rem;padding-left:1.25rem}
.soft{color:var(--soft);font-size:.925rem}
fieldset{border:0;margin:1.25rem 0;padding:0;min-width:0}
legend{padding:0;margin-bottom:.5rem;font-weight:600}
.choice{display:flex;gap:.75rem;align-items:flex-start;padding:.8rem 1rem;margin:0 0 .5rem;min-height:2.75rem;
border:1px solid var(--rule);border-radius:.75rem;cursor:pointer}
.choice:has(input:checked){background:var(--mark);border-color:var(--act)}
.choice input{width:1.15rem;height:1.15rem;margin:.22rem 0 0;flex:none;accent-color:var(--act)}
.choice small{display:block;color:var(--soft);font-size:.875rem}
button{display:block;width:100%;min-height:3rem;border:0;border-radius:999px;padding:.75rem 1.5rem;cursor:pointer;
background:var(--act);color:var(--act-ink);font:inherit;font-weight:600}
a{color:var(--act);text-underline-offset:.2em}
.go{display:inline-block;padding:.6rem 0}
:focus-visible{outline:3px solid var(--act);outline-offset:3px}
.card>:last-child{margin-bottom:0}
.below{margin:1.25rem .25rem 0}
"""

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


def page(*, language: str, title: str, brand: str, body: str, below: str = "", switch: Switch | None) -> Page:
    """A whole page. `title` and `brand` are plain text; `body` and `below` are HTML, escaped already."""
    other = ""
    if switch is not None:
        other = (
            f'<a href="{escape(switch.url)}" hreflang="{switch.language}" lang="{switch.language}" '
            f'rel="nofollow">{escape(switch.label)}</a>'
        )
    html = (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex, nofollow">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f'<div class="top"><p class="brand">{escape(brand)}</p>{other}</div>\n'
        f'<div class="card">\n{body}\n</div>\n{below}</main>\n</body>\n</html>\n'
    )
    return Page(html, {**_HEADERS, "Content-Language": language})
