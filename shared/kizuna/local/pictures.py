"""Pictures of a mail, as a phone and a screen show it, in light and dark: by headless Chromium, where there is one.

The mail may be anybody's: no script of it runs, and nothing is loaded, from the network or from this machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from kizuna.core.errors import Unavailable
from kizuna.usecases.authoring.template_desk import Picture

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTHS = (360, 600)
HEIGHT = 1_600
PATIENCE = 60  # seconds for one picture
# Own styles and nothing else: no script, no picture of others, no file of this machine. (The browser itself needs
# scripts to take a picture, so they are switched off here and not by a flag.)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def browser() -> str | None:
    """Where Chromium is, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def take_pictures(html: str, folder: Path, name: str) -> Iterator[Path]:
    """Take four pictures of a mail and tell each when it is there. Raises Unavailable without a browser, and where it
    takes none."""
    program = browser()
    if program is None:
        raise Unavailable(f"pictures need a browser: one of {', '.join(NAMES)}")
    folder.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            picture = folder / f"{name}-{width}-{scheme}.png"
            _take(program, html, picture, width=width, dark=scheme == "dark")
            yield picture


def pictures_of(html: str) -> list[Picture]:
    """The four pictures of a mail at once. Raises Unavailable."""
    with TemporaryDirectory(prefix="kizuna-pictures-") as room:
        taken = [
            (path.stem.split("-")[1:], path.read_bytes()) for path in take_pictures(html, Path(room), "mail")
        ]
    return [Picture(int(width), scheme, png) for (width, scheme), png in taken]


def take_picture(html: str, picture: Path, *, width: int, height: int) -> None:
    """Take one picture of a page of ours. Raises Unavailable without a browser, and where it takes none."""
    program = browser()
    if program is None:
        raise Unavailable(f"pictures need a browser: one of {', '.join(NAMES)}")
    _take(program, html, picture, width=width, height=height, dark=False)


def _take(program: str, html: str, picture: Path, *, width: int, height: int = HEIGHT, dark: bool) -> None:
    picture.unlink(missing_ok=True)
    with TemporaryDirectory(prefix="kizuna-picture-") as room:
        page = Path(room) / "mail.html"
        guard = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        # In front of everything, so that nothing of the mail comes before the rule.
        page.write_text(f'<!doctype html><meta charset="utf-8">{guard}{html}', encoding="utf-8")
        command = [
            program,
            "--headless=new",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),  # a browser of root's has no other way to start
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
            "--proxy-server=http://127.0.0.1:9",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--blink-settings=preferredColorScheme={0 if dark else 1}",
            f"--user-data-dir={room}/profile",
            f"--window-size={width},{height}",
            f"--screenshot={picture.resolve()}",
            page.as_uri(),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603  (found by name)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"the browser took no picture: {type(error).__name__}") from None
    if not picture.is_file():
        raise Unavailable("the browser took no picture")
