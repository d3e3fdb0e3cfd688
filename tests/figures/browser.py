"""Open a page in a real Chromium and ask it things."""

import asyncio
import base64
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
EVENTS = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded", "Network.requestWillBeSent")
READY_S = 120
VIEW = {"width": 1400, "height": 690, "deviceScaleFactor": 1, "mobile": False}


@dataclass
class Seen:
    """What a page answered, and what it did meanwhile."""

    answers: list = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def chromium_path() -> str:
    """Return the browser's path, or skip the test, saying so."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.skip(f"no Chromium here (looked for {', '.join(NAMES)})")


def visit(page: Path, questions: Sequence[str] = (), screenshot: Path | None = None) -> Seen:
    """Open a page, wait until it is drawn, and evaluate JavaScript expressions; each may be a promise."""
    return asyncio.run(_visit(page, questions, screenshot, chromium_path()))


async def _visit(page: Path, questions: Sequence[str], screenshot: Path | None, path: str) -> Seen:
    import choreographer

    seen = Seen()
    async with choreographer.Browser(path=path, headless=True, enable_sandbox=False, enable_gpu=True) as browser:
        tab = await browser.create_tab("about:blank")
        for name in EVENTS:
            tab.subscribe(name, _listener(name, seen))
        for domain in ("Runtime", "Log", "Network", "Page"):
            await tab.send_command(f"{domain}.enable")
        await tab.send_command("Page.navigate", params={"url": page.resolve().as_uri()})
        await _drawn(tab)
        for question in questions:
            seen.answers.append(await _evaluated(tab, question))
        if screenshot:
            await tab.send_command("Emulation.setDeviceMetricsOverride", params=VIEW)
            await _evaluated(tab, "new Promise(done => setTimeout(done, 1500))")
            found = await tab.send_command("Page.captureScreenshot")
            screenshot.write_bytes(base64.b64decode(found["result"]["data"]))
    return seen


def _listener(name: str, seen: Seen):
    async def listen(message: dict) -> None:
        event = message["params"]
        if name == "Network.requestWillBeSent":
            url = event["request"]["url"]
            if not url.startswith(("file:", "data:", "blob:", "about:")):
                seen.requests.append(url)
        elif name == "Runtime.exceptionThrown":
            seen.errors.append(json.dumps(event["exceptionDetails"]))
        elif name == "Log.entryAdded" and event["entry"]["level"] == "error":
            seen.errors.append(event["entry"]["text"])
        elif name == "Runtime.consoleAPICalled" and event["type"] in ("error", "assert"):
            seen.errors.append(json.dumps(event["args"]))

    return listen


async def _drawn(tab) -> None:
    for _ in range(READY_S * 10):
        busy = await _evaluated(tab, "document.querySelector('main')?.getAttribute('aria-busy')")
        if busy == "false":
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"the page was not drawn within {READY_S} s")


async def _evaluated(tab, expression: str):
    parameters = {"expression": expression, "awaitPromise": True, "returnByValue": True}
    found = (await tab.send_command("Runtime.evaluate", params=parameters))["result"]
    assert "exceptionDetails" not in found, found["exceptionDetails"]
    return found["result"].get("value")


if __name__ == "__main__":  # python tests/figures/browser.py PAGE.html PICTURE.png
    visit(Path(sys.argv[1]), screenshot=Path(sys.argv[2]))
