"""Open a page in a real Chromium, use it as a person does, and ask it things."""

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
WIDTH, HEIGHT = 1500, 920
NO_WEBGL = (
    "const found = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext = "
    "function (kind, ...more) { return kind.startsWith('webgl') ? null : found.call(this, kind, ...more); };"
)
HELD_S = 0.08  # a person's click
KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9, " ": 32, "Escape": 27}


@dataclass
class Seen:
    """What a page answered, and what it did meanwhile."""

    answers: list = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Click:
    """Click at a place that a JavaScript expression gives as [x, y]."""

    place: str
    count: int = 1


@dataclass(frozen=True)
class Hover:
    """Move the pointer to a place that a JavaScript expression gives as [x, y]."""

    place: str


@dataclass(frozen=True)
class Drag:
    """Press at one place, move in steps to another, and let go."""

    start: str
    end: str


@dataclass(frozen=True)
class Press:
    """Press a key."""

    key: str


@dataclass(frozen=True)
class Within:
    """Ask a JavaScript expression of the page in the first frame, once that is drawn."""

    expression: str


def chromium_path() -> str:
    """Return the browser's path, or skip the test, saying so."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    pytest.skip(f"no Chromium here (looked for {', '.join(NAMES)})")


def visit(
    page: Path,
    steps: Sequence = (),
    screenshot: Path | None = None,
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    fragment: str = "",
    before: str = "",
) -> Seen:
    """Open a page, wait until it is drawn, and take steps one after the other, the page left to finish drawing after each.

    The browser stays open for the next visit; `close_browser` ends it.

    Args:
        steps: JavaScript expressions, whose values (a promise's too) become answers, and what a person does.
        fragment: What stands after # in the address.
        before: JavaScript that runs before the page's own.
    """
    path = chromium_path()
    if not HELD:
        HELD.append(_Browser(path))
    try:
        return HELD[0].run(
            _visit(HELD[0].browser, page, steps, screenshot, size=size, fragment=fragment, before=before)
        )
    except BaseException:  # what is left of this visit is not the next one's
        HELD.pop().close()
        raise


class _Browser:
    """A browser that is started once and opens a tab a visit, and the loop that it lives in."""

    def __init__(self, path: str) -> None:
        import choreographer

        self._loop = asyncio.new_event_loop()
        self.browser = choreographer.Browser(path=path, headless=True, enable_sandbox=False, enable_gpu=True)
        self.run(self.browser.open())

    def run(self, work):
        return self._loop.run_until_complete(work)

    def close(self) -> None:
        self.run(self.browser.close())
        self._loop.close()


HELD: list[_Browser] = []  # none yet, or the one that all visits of this process share


def close_browser() -> None:
    """Close what visits have opened."""
    while HELD:
        HELD.pop().close()


async def _visit(
    browser, page: Path, steps: Sequence, screenshot: Path | None, *, size, fragment: str, before: str
) -> Seen:
    seen, tab = Seen(), await browser.create_tab("about:blank")
    for name in EVENTS:
        tab.subscribe(name, _listener(name, seen))
    for domain in ("Runtime", "Log", "Network", "Page"):
        await tab.send_command(f"{domain}.enable")
    view = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    await tab.send_command("Emulation.setDeviceMetricsOverride", params=view)
    if before:
        await tab.send_command("Page.addScriptToEvaluateOnNewDocument", params={"source": before})
    await tab.send_command("Page.navigate", params={"url": page.resolve().as_uri() + (f"#{fragment}" * bool(fragment))})
    await _drawn(tab, seen)
    for step in steps:
        if isinstance(step, str):
            seen.answers.append(await _evaluated(tab, step))
            continue
        if isinstance(step, Within):
            seen.answers.append(await _asked_within(tab, step.expression))
            continue
        await _taken(tab, step)
        await asyncio.sleep(0.3)
        await _drawn(tab, seen)
    if screenshot:
        await asyncio.sleep(0.8)
        found = await tab.send_command("Page.captureScreenshot")
        screenshot.write_bytes(base64.b64decode(found["result"]["data"]))
    await browser.close_tab(tab.target_id)
    return seen


async def _taken(tab, step) -> None:
    """Do what a person does, by the browser's own input."""
    if isinstance(step, Press):
        key = {"key": step.key, "windowsVirtualKeyCode": KEYS.get(step.key, ord(step.key[0].upper()))}
        text = {"text": step.key} if len(step.key) == 1 else {}
        await tab.send_command("Input.dispatchKeyEvent", params={"type": "keyDown", **key, **text})
        await tab.send_command("Input.dispatchKeyEvent", params={"type": "keyUp", **key})
        return
    start = await _evaluated(tab, step.start if isinstance(step, Drag) else step.place)
    await _mouse(tab, "mouseMoved", start)
    if isinstance(step, Hover):
        return
    if isinstance(step, Click):
        for count in range(1, step.count + 1):
            await asyncio.sleep(HELD_S)  # a scene looks at pointer and button once a frame
            await _mouse(tab, "mousePressed", start, count)
            await asyncio.sleep(HELD_S)
            await _mouse(tab, "mouseReleased", start, count)
        return
    end = await _evaluated(tab, step.end)
    await _mouse(tab, "mousePressed", start, 1)
    for part in range(1, 7):
        place = [a + (b - a) * part / 6 for a, b in zip(start, end)]
        await _mouse(tab, "mouseMoved", place, buttons=1)
        await asyncio.sleep(0.05)
    await _mouse(tab, "mouseReleased", end, 1)


async def _mouse(tab, kind: str, place: Sequence[float], count: int = 0, buttons: int = 0) -> None:
    pressed = {"button": "left", "clickCount": max(count, 1)} if count or buttons else {}
    parameters = {"type": kind, "x": place[0], "y": place[1], "buttons": buttons, **pressed}
    await tab.send_command("Input.dispatchMouseEvent", params=parameters)


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


async def _drawn(tab, seen: Seen) -> None:
    for _ in range(READY_S * 20):
        busy = await _evaluated(tab, "document.querySelector('main')?.getAttribute('aria-busy')")
        if busy == "false":
            return
        assert not seen.errors, seen.errors
        await asyncio.sleep(0.05)
    raise AssertionError(f"the page was not drawn within {READY_S} s")


async def _asked_within(tab, expression: str):
    tree = (await tab.send_command("Page.getFrameTree"))["result"]["frameTree"]
    world = await tab.send_command(
        "Page.createIsolatedWorld", params={"frameId": tree["childFrames"][0]["frame"]["id"]}
    )
    context = {"contextId": world["result"]["executionContextId"]}
    for _ in range(READY_S * 20):
        if await _evaluated(tab, "document.querySelector('main')?.getAttribute('aria-busy') === 'false'", **context):
            return await _evaluated(tab, expression, **context)
        await asyncio.sleep(0.05)
    raise AssertionError(f"the page within was not drawn within {READY_S} s")


async def _evaluated(tab, expression: str, **where):
    parameters = {"expression": expression, "awaitPromise": True, "returnByValue": True, **where}
    found = (await tab.send_command("Runtime.evaluate", params=parameters))["result"]
    assert "exceptionDetails" not in found, found["exceptionDetails"]
    return found["result"].get("value")


if __name__ == "__main__":  # python tests/figures/browser.py PAGE.html PICTURE.png [WIDTH HEIGHT [FRAGMENT]]
    shown = {"size": (int(sys.argv[3]), int(sys.argv[4]))} if len(sys.argv) > 4 else {}
    found = visit(Path(sys.argv[1]), screenshot=Path(sys.argv[2]), fragment="".join(sys.argv[5:]), **shown)
    close_browser()
    print(*found.errors, *found.requests, sep="\n", end="")
