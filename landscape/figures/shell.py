"""The shell that pages share: plotly.js, and modules of script joined into one; all of it files under `assets` and `plotly_js`."""

import base64
import gzip
import html
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Template

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.M)


def document(name: str, title: str, carried: Mapping[str, bytes]) -> str:
    """Return a page's text: the body NAME.html, the script that begins in NAME.js, the style, plotly.js, and what it carries.

    Args:
        carried: What the script inflates, by the element's id.
    """
    titled = html.escape(title)
    parts = {
        "title": titled,
        "style": asset("page/page.css"),
        "body": Template(asset(f"page/{name}.html")).substitute(title=titled),
        "carried": "".join(
            f'<script type="application/gzip" id="{key}">{packed(data)}</script>\n' for key, data in carried.items()
        ),
        "plotly": plotly_library(),
        "plotly_version": plotly_version(),
        "script": joined_script("page", name),
    }
    return Template(asset("page/shell.html")).substitute(parts)


def packed(data: bytes) -> str:
    """Return bytes as base64 of gzip, without a time, so that the page is the same every time."""
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


@cache
def plotly_library() -> str:
    """Return plotly.js with the traces that pages draw, as base64 of gzip."""
    return base64.b64encode((files("landscape.figures") / "plotly_js" / "plotly.min.js.gz").read_bytes()).decode()


@cache
def plotly_version() -> str:
    """Return the version that the built file says of itself."""
    packed = (files("landscape.figures") / "plotly_js" / "plotly.min.js.gz").read_bytes()
    return re.match(rb"/\* plotly\.js ([\d.]+)", gzip.decompress(packed)).group(1).decode()


def asset(place: str) -> str:
    """Return a file's text, by its place under `assets`."""
    return files("landscape.figures").joinpath("assets", *place.split("/")).read_text(encoding="utf-8")


@cache
def joined_script(folder: str, first: str) -> str:
    """Return a module and all that it imports as one script: each a scope of its own, after those that it needs.

    Modules import by `import { a, b } from "./other.js";` and export functions and constants where they declare them.
    """
    ordered: dict[str, str] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"modules import each other: {' -> '.join((*above, name))}"
        if name in ordered:
            return
        text = asset(f"{folder}/{name}.js")
        for found in IMPORT.finditer(text):
            visit(found.group(2), (*above, name))
        ordered[name] = _scoped(name, text)

    visit(first, ())
    return "\n\n".join(ordered.values())


def _scoped(name: str, text: str) -> str:
    body = IMPORT.sub(lambda found: f"const {{{found.group(1)}}} = {_variable(found.group(2))};\n", text)
    exported = ", ".join(found.group(1) for found in EXPORT.finditer(text))
    return f"const {_variable(name)} = (() => {{\n{EXPORT.sub('', body).strip()}\nreturn {{ {exported} }};\n}})();"


def _variable(module: str) -> str:
    return f"{module.replace('-', '_')}_module"
