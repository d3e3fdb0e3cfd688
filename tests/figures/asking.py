"""What is asked of a page in a browser: expressions, and the places of things on the screen."""

import importlib.resources

import pytest

HOSTILE = "<img src=x onerror=window.hacked=1>"
HEIGHTS = "Array.from(document.querySelectorAll('[data-panel={kind}]')).filter(p => p.offsetParent && p._fullData).map(p => Array.from(p._fullData[0].z, r => Array.from(r)))"
SLICES = "Array.from(document.querySelectorAll('[data-panel=slice]')).map(p => p._fullData.map(t => [Array.from(t.x), Array.from(t.y)]))"
PROBE = "Array.from(document.querySelectorAll('#probe tr')).map(r => Array.from(r.children, c => c.textContent))"
TOOLTIP = "document.getElementById('tooltip').hidden ? null : document.getElementById('tooltip').innerText"
RANGES = "Array.from(document.querySelectorAll('[data-panel=contour]')).filter(p => p._fullLayout).map(p => [p._fullLayout.xaxis.range, p._fullLayout.yaxis.range].flat())"
CAMERAS = "Array.from(document.querySelectorAll('[data-panel=surface]')).map(p => Object.values(p._fullLayout.scene._scene.getCamera().eye))"
LATER = "new Promise(done => setTimeout(done, 500))"


CARDS = "[document.documentElement.scrollWidth, ...Array.from(document.querySelectorAll('.card'), c => c.getBoundingClientRect().width)]"
VIOLATIONS = "axe.run().then(found => found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | ')))"


def axe() -> str:
    """Return axe-core's script; a test is skipped where it is not installed."""
    pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    return (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text() + "; 0"


def assert_fits_a_phone(seen) -> None:
    """Check what `CARDS` answered at a width of 390."""
    page, *cards = seen.answers[0]
    assert page <= 390 and min(cards) > 340


def at(alpha: float, beta: float, card: int = 0) -> str:
    """Return an expression: where a place of the plane lies on the screen."""
    return (
        f"(() => {{ const p = document.querySelectorAll('[data-panel=contour]')[{card}], b = p.getBoundingClientRect(), "
        f"{{xaxis: x, yaxis: y}} = p._fullLayout; return [b.left + x._offset + x.l2p({alpha}), b.top + y._offset + y.l2p({beta})]; }})()"
    )


def of(selector: str) -> str:
    """Return an expression: the middle of an element."""
    return f"(() => {{ const b = document.querySelector('{selector}').getBoundingClientRect(); return [b.left + b.width / 2, b.top + b.height / 2]; }})()"


def assert_quiet(seen) -> None:
    assert seen.errors == [] and seen.requests == []
