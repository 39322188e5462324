"""Colours that everybody can read, computed as WCAG 2.2 does (1.4.3 text, 1.4.11 what is no text)."""

from __future__ import annotations

import pytest

from kizuna.core.pages.layout import PALETTES

TEXT, MARK = 4.5, 3.0
PAIRS = (
    ("ink", "page", TEXT),
    ("ink", "card", TEXT),
    ("ink", "mark", TEXT),
    ("soft", "page", TEXT),
    ("soft", "card", TEXT),
    ("soft", "mark", TEXT),
    ("act", "page", TEXT),  # links
    ("act", "card", TEXT),
    ("act-ink", "act", TEXT),
    ("warn", "card", TEXT),
    ("edge", "card", MARK),  # the border of a control
    ("edge", "page", MARK),
    ("act", "mark", MARK),  # a chosen control, and the focus
)


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_21_to_1() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize(("front", "behind", "least"), PAIRS)
def test_the_contrast_is_enough(palette: str, front: str, behind: str, least: float) -> None:
    colours = PALETTES[palette]
    assert contrast(colours[front], colours[behind]) >= least
