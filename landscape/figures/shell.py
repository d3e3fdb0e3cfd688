"""The shell that pages share: plotly.js, and modules of script joined into one; all of it files under `assets` and `plotly_js`."""

import base64
import gzip
import re
from functools import cache
from importlib.resources import files

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.M)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.M)


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
