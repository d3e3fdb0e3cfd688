"""How fast the page is in a real Chromium, without a GPU: until all is drawn, after a click, another metric, a sequence that plays."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.options import Options
from benchmarks.table import Result, Row
from landscape.figures.page import write_page
from landscape.grid import Grid
from landscape.surface import Surface
from tests.figures.browser import visit

DRAWN = "performance.now()"
SETTLED = "while (document.querySelector('main').getAttribute('aria-busy') !== 'false') await new Promise(done => setTimeout(done, 5));"
CLICK = """(() => {
  const panel = document.querySelector('[data-panel=contour]'), box = panel.getBoundingClientRect(), found = [];
  for (let turn = 0; turn < 9; turn++) {
    const place = { clientX: box.left + 120 + 20 * turn, clientY: box.top + 140 + 9 * turn, bubbles: true };
    const began = performance.now();
    panel.dispatchEvent(new PointerEvent('pointerdown', place));
    panel.dispatchEvent(new PointerEvent('pointerup', place));
    found.push(performance.now() - began);
  }
  return found.slice(1);
})()"""
METRICS = f"""(async () => {{
  const select = document.getElementById('metric'), found = [];
  for (const option of [...select.options].slice(1)) {{
    const began = performance.now();
    select.value = option.value;
    select.dispatchEvent(new Event('change'));
    await new Promise(done => setTimeout(done, 0));
    {SETTLED}
    found.push(performance.now() - began);
  }}
  return found;
}})()"""
PLAY = """(async () => {
  document.getElementById('play').click();
  const began = performance.now();
  let frames = 0;
  await new Promise(done => {
    const step = () => { frames += 1; performance.now() - began < 3000 ? requestAnimationFrame(step) : done(); };
    requestAnimationFrame(step);
  });
  return (1000 * frames) / (performance.now() - began);
})()"""


def measure(options: Options, *, side: int = 101) -> Result:
    """Open each page anew a repetition, and use it."""
    pages = {
        "2 planes": (2, [DRAWN, CLICK, METRICS], False),
        "8 planes": (8, [DRAWN], False),
        "sequence": (4, [PLAY], True),
    }
    found: dict[str, list] = {name: [] for name in pages}
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, (number, _, sequence) in pages.items():
            path = write_page(_planes(number, side), Path(folder) / f"{name}.html", sequence=sequence)
            sizes[name] = path.stat().st_size
        for _ in range(options.repetitions):
            for name, (_, questions, _) in pages.items():
                seen = visit(Path(folder) / f"{name}.html", questions)
                assert not seen.errors and not seen.requests, (seen.errors, seen.requests)
                found[name].append(seen.answers)
    ready = {name: [answers[0] / 1000 for answers in found[name]] for name in ("2 planes", "8 planes")}
    clicks = [value for answers in found["2 planes"] for value in answers[1]]
    changes = [value for answers in found["2 planes"] for value in answers[2]]
    frames = [answers[0] for answers in found["sequence"]]
    what = f"of {side} x {side}, 4 metrics"
    rows = (
        _row(
            f"page of 2 planes {what}: size", f"{sizes['2 planes'] / 1e6:.2f} MB", "1.2 MB", sizes["2 planes"] <= 1.2e6
        ),
        _row(
            f"2 planes {what}: everything drawn",
            f"{median(ready['2 planes']):.2f} s",
            "3.7 s",
            median(ready["2 planes"]) <= 3.7,
        ),
        _row(
            f"8 planes {what}: everything drawn",
            f"{median(ready['8 planes']):.2f} s",
            "7 s",
            median(ready["8 planes"]) <= 7,
        ),
        _row("click to crosshair, table and slices: script", f"{median(clicks):.0f} ms", "30 ms", median(clicks) <= 30),
        _row("another metric, everything drawn", f"{median(changes):.0f} ms", "400 ms", median(changes) <= 400),
        _row("a sequence that plays", f"{median(frames):.1f} frames/s", "20", median(frames) >= 20),
    )
    return Result(
        rows,
        {"bytes": sizes, "drawn seconds": ready, "click ms": clicks, "metric ms": changes, "frames a second": frames},
    )


def _row(what: str, measured: str, reach: str, is_reached: bool) -> Row:
    return Row(what=what, against="", measured=measured, ratio="", reach=reach, is_reached=is_reached)


def _planes(number: int, side: int) -> Mapping[str, Surface]:
    """Return bumpy bowls, three hundredths of the last one's points not finite."""
    axis = np.linspace(-1, 1, side)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    random, planes = np.random.default_rng(0), {}
    for place in range(number):
        height = np.hypot(x, 1.2 * y) * 2 - 2
        for _ in range(12):
            a, b, phase = random.normal(0, 4), random.normal(0, 4), random.uniform(0, 6)
            height += 0.1 * place * np.sin(a * x + b * y + phase) * np.minimum(1, 2 * np.hypot(x, y))
        loss = 10**height
        if place == number - 1:
            loss[random.random(loss.shape) < 0.03] = np.nan
        share = 1 / (1 + loss)
        values = {
            "train_loss": loss,
            "test_loss": 1.2 * loss + 0.1,
            "train_accuracy": share,
            "test_accuracy": 0.9 * share,
        }
        planes[f"plane {place + 1}"] = Surface(Grid(axis, axis), values, np.ones((side, side)))
    return planes
