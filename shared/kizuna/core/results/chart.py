"""A report as a picture: one SVG file with nothing outside of it, readable by screen readers as well.

title, and for whom it is
the way from who was meant to who reached the goal, a bar each
the parts of the report, a bar each, with the interval of the rate as a whisker; grey where it is of too few
what sending did, in a sentence
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from kizuna.core.results.rates import Share
from kizuna.core.results.report import Report, Row
from kizuna.core.results.tables import notes_of, sentence_of
from kizuna.core.results.words import Language, name_of

WIDTH = 860
_LEFT, _BAR, _LINE = 250, 430, 28
_FUNNEL = ("intended", "sent", "delivered", "opened", "clicked", "converted")
_RATE = "converted_of_delivered"
_MOST_ROWS = 40
_FONT = "'Noto Sans JP','Hiragino Sans','Yu Gothic',Meiryo,system-ui,'Segoe UI',Roboto,sans-serif"
_INK, _FAINT, _BLUE, _GREY = "#1f2933", "#52606d", "#1d4ed8", "#9aa5b1"
_TITLES = {"en": "What became of “{name}”", "ja": "「{name}」の結果"}
_TOO_MANY = {"en": "… and {more} more rows", "ja": "…ほか{more}行"}


def svg_of(report: Report, language: Language) -> str:
    """The picture. Equal reports give equal pictures."""
    body: list[str] = []
    y = 36
    title = _TITLES[language].format(name=report.name)
    body.append(_text(24, y, title, size=20, bold=True))
    y += 24
    told = f"{report.as_of:%Y-%m-%d %H:%M} UTC"
    body.append(_text(24, y, told, colour=_FAINT, size=13))
    y += 20
    whole = max(report.total["intended"], 1)
    for figure in _FUNNEL:
        y += _LINE
        body += _count_bar(y, name_of(figure, language), report.total[figure], whole)
    y += 52
    body.append(_text(24, y, name_of(_RATE, language), bold=True))
    shown = report.rows[:_MOST_ROWS]
    longest = _longest(shown)
    for row in shown:
        y += _LINE
        body += _rate_bar(y, row.label, row.figures.shares[_RATE], longest)
    if len(report.rows) > len(shown):
        y += _LINE
        body.append(
            _text(24, y, _TOO_MANY[language].format(more=len(report.rows) - len(shown)), colour=_FAINT)
        )
    y += 20
    sentence = sentence_of(report, language)
    for line in [*([sentence] if sentence else []), *notes_of(report, language)]:
        for part in _wrapped(line, language):
            y += 22
            body.append(_text(24, y, part, size=13))
    y += 28
    described = " ".join(f"{name_of(figure, language)} {report.total[figure]:,}." for figure in _FUNNEL)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" '
        f'role="img" aria-labelledby="t d" lang="{language}" font-family="{_FONT}" font-size="14" fill="{_INK}">'
        f'<title id="t">{_safe(title)}</title><desc id="d">{_safe(described)}</desc>'
        f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>{"".join(body)}</svg>\n'
    )


def _longest(rows: Sequence[Row]) -> float:
    """The rate at which a bar is as long as it may be."""
    ends = [
        interval.high
        for row in rows
        if not (share := row.figures.shares[_RATE]).is_grey and (interval := share.interval) is not None
    ]
    values = [row.figures.shares[_RATE].value or 0.0 for row in rows]
    return max([*ends, *values, 0.0]) or 1.0


def _count_bar(y: int, label: str, count: int, whole: int) -> Iterator[str]:
    yield _text(24, y, label)
    yield _rect(y, count / whole, _BLUE)
    yield _text(_LEFT + _BAR + 12, y, f"{count:,}")
    yield _text(_LEFT + _BAR + 92, y, f"{count / whole:.1%}", colour=_FAINT, size=12)


def _rate_bar(y: int, label: str, share: Share, longest: float) -> Iterator[str]:
    value = share.value or 0.0
    colour = _GREY if share.is_grey else _BLUE
    yield _text(
        24, y, label if len(label) <= 30 else label[:29] + "…", colour=_FAINT if share.is_grey else _INK
    )
    yield _rect(y, min(1.0, value / longest), colour)
    interval = share.interval
    if interval is not None and not share.is_grey:
        low, high = (_LEFT + _BAR * min(1.0, end / longest) for end in (interval.low, interval.high))
        yield (
            f'<path d="M{low:.1f} {y - 5}H{high:.1f}M{low:.1f} {y - 9}v8M{high:.1f} {y - 9}v8" '
            f'stroke="{_INK}" stroke-width="1.5" fill="none"/>'
        )
    told = "–" if share.value is None else f"{share.value:.2%}"
    yield _text(_LEFT + _BAR + 12, y, told, colour=_FAINT if share.is_grey else _INK)
    yield _text(_LEFT + _BAR + 82, y, f"{share.part:,} / {share.whole:,}", colour=_FAINT, size=12)


def _rect(y: int, part: float, colour: str) -> str:
    return (
        f'<rect x="{_LEFT}" y="{y - 14}" width="{_BAR}" height="18" rx="3" fill="#eef2f6"/>'
        f'<rect x="{_LEFT}" y="{y - 14}" width="{_BAR * max(0.0, min(1.0, part)):.1f}" height="18" rx="3" '
        f'fill="{colour}"/>'
    )


def _text(x: int, y: int, text: str, *, colour: str = _INK, size: int = 14, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x}" y="{y}" fill="{colour}" font-size="{size}"{weight}>{_safe(text)}</text>'


def _safe(text: str) -> str:
    """Without what XML does not hold."""
    return escape("".join(char for char in text if char >= " " and char not in "\ufffe\uffff"))


def _wrapped(text: str, language: Language) -> list[str]:
    """Lines that fit: of words in English, of characters in Japanese."""
    most = 112 if language == "en" else 58
    if language == "ja":
        return [text[start : start + most] for start in range(0, len(text), most)]
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) + 1 > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
