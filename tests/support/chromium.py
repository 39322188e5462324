"""A real browser for tests: headless Chromium by its DevTools protocol, over a pipe, with nothing else installed.

    with a_browser() as browser:
        page = browser.open("http://localhost:…", width=360, javascript=False)
        page.evaluate("document.title") · page.ax_tree() · page.press("Tab") · page.screenshot()

Protocol: https://chromedevtools.github.io/devtools-protocol/ (stable parts alone). Chromium reads commands from file
descriptor 3 and writes to 4, each message ending in a NUL (`--remote-debugging-pipe`).
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 60.0  # seconds for one answer, on a machine that does much else

# Becomes the browser with the pipes where it looks for them, whatever their numbers were.
_AS_3_AND_4 = (
    "import os,sys;read,write=map(int,sys.argv[1:3]);os.dup2(read,100);os.dup2(write,101);"
    "os.dup2(100,3);os.dup2(101,4);os.execv(sys.argv[3],sys.argv[3:])"
)


def chromium() -> str | None:
    """Where the browser is, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One Chromium with a profile of its own."""

    def __init__(self, program: str, profile: Path) -> None:
        to_read, self._write = os.pipe()
        self._read, to_write = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603  (a browser that was found by its name)
            [
                sys.executable,
                "-c",
                _AS_3_AND_4,
                str(to_read),
                str(to_write),
                program,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-extensions",
                "--disable-background-networking",
                "--remote-debugging-pipe",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            pass_fds=(to_read, to_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        os.close(self._write)
        os.close(self._read)

    def call(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """One command and its result. Raises RuntimeError for what the browser refuses."""
        self._number += 1
        number = self._number
        message = {"id": number, "method": method, "params": params} | (
            {"sessionId": session} if session else {}
        )
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            heard = self._hear()
            if heard.get("id") == number:
                if "error" in heard:
                    raise RuntimeError(f"{method}: {heard['error'].get('message')}")
                result: dict[str, Any] = heard["result"]
                return result
            self.events.append(heard)

    def wait_for(self, event: str, session: str) -> dict[str, Any]:
        """The next event of a name, one that came meanwhile included."""
        while True:
            for index, heard in enumerate(self.events):
                if heard.get("method") == event and heard.get("sessionId") == session:
                    return self.events.pop(index)
            self.events.append(self._hear())

    def _hear(self) -> dict[str, Any]:
        limit = time.monotonic() + PATIENCE
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(limit - time.monotonic(), 0))
            piece = os.read(self._read, 1 << 20) if ready else b""
            if not piece:
                raise TimeoutError("the browser does not answer")
            self._buffer += piece
        told, _, self._buffer = self._buffer.partition(b"\0")
        heard: dict[str, Any] = json.loads(told)
        return heard

    def open(
        self, url: str, *, width: int = 360, height: int = 740, javascript: bool = True, dark: bool = False
    ) -> Tab:
        """A new tab of that size, looking at a page that has been loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        tab = Tab(self, session)
        tab.call("Page.enable")
        tab.call("Network.enable")
        tab.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.call("Emulation.setEmulatedMedia", features=[scheme])
        # The page's own scripts, of which there are none; `evaluate` still works.
        tab.call("Emulation.setScriptExecutionDisabled", value=not javascript)
        tab.go(url)
        return tab


class Tab:
    """One page in the browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **params)

    def go(self, url: str) -> None:
        self._forget()
        self.call("Page.navigate", url=url)
        self._browser.wait_for("Page.loadEventFired", self._session)

    def _forget(self) -> None:
        name = "Page.loadEventFired"
        self._browser.events = [
            heard
            for heard in self._browser.events
            if (heard.get("method"), heard.get("sessionId")) != (name, self._session)
        ]

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, as plain data."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"].get("text")))
        return found["result"].get("value")

    def press(self, key: str) -> None:
        codes = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40}
        about = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key]}
        text = {" ": {"text": " "}, "Enter": {"text": "\r"}}.get(key, {})
        self.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def press_and_load(self, key: str) -> None:
        """Press a key that leads to another page."""
        self._forget()
        self.press(key)
        self._browser.wait_for("Page.loadEventFired", self._session)

    def submit_and_load(self, **values: str) -> None:
        """Fill the first form of the page in and send it as it is, past what the browser itself would refuse."""
        self._forget()
        filled = "".join(
            f"f.elements[{json.dumps(name)}].value={json.dumps(told)};" for name, told in values.items()
        )
        self.evaluate(f"(()=>{{const f=document.querySelector('form');{filled}f.submit()}})()")
        self._browser.wait_for("Page.loadEventFired", self._session)

    def focused(self) -> dict[str, Any]:
        """What has the focus: its tag, name, value and whether a mark of the focus can be seen."""
        found: dict[str, Any] = self.evaluate(
            "(()=>{const e=document.activeElement,l=e.closest('label')||e,"
            "s=getComputedStyle(e),t=getComputedStyle(l);"
            "const seen=x=>x.outlineStyle!=='none'&&parseFloat(x.outlineWidth)>=2;"
            "return {tag:e.tagName,name:e.name||'',value:e.value||e.textContent||'',marked:seen(s)||seen(t)}})()"
        )
        return found

    def ax_tree(self) -> list[dict[str, Any]]:
        """The nodes of the accessibility tree that assistive technology sees."""
        nodes: list[dict[str, Any]] = self.call("Accessibility.getFullAXTree")["nodes"]
        return [node for node in nodes if not node.get("ignored")]

    def requested(self) -> list[str]:
        """The addresses of everything that was asked for over the network."""
        return [
            heard["params"]["request"]["url"]
            for heard in self._browser.events
            if heard.get("method") == "Network.requestWillBeSent" and heard.get("sessionId") == self._session
        ]

    def screenshot(self) -> bytes:
        """The whole page as a PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        found = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(found["data"])


@contextmanager
def a_browser() -> Iterator[Browser]:
    """A browser for the time of a block. Raises FileNotFoundError where there is none."""
    program = chromium()
    if program is None:
        raise FileNotFoundError("no Chromium on this machine")
    # A process of it may still write there while it is cleared away: what is left is the system's to clear.
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, Path(profile))
        try:
            yield browser
        finally:
            browser.close()
