"""The page of random symmetric matrices: how rarely all eigenvalues of one are positive, against its number of rows."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from landscape.belief.shares import Share, binomial_interval
from landscape.curvature.random_matrices import known_shares
from landscape.figures.curvature_tables import Table
from landscape.figures.plots import CURVES, FONT
from landscape.figures.shell import document
from landscape.store.whole_file import write_whole

TITLE = "How rare minima are among random critical points"
DRAWN, KNOWN, COINS, WELLS = "random symmetric matrices", "in closed form", "n fair coins, 1/2ⁿ", "Σ (xᵢ² − 1)², (2/3)ⁿ"
HEAD = ("n", "all positive, of how many", "share", "95 % interval", "in closed form", "(2/3)ⁿ")
HEIGHT = 430


def minima_figure(dimensions: Sequence[int], shares: Sequence[Share]) -> go.Figure:
    """Draw shares of minima on a logarithmic axis, with their intervals, beside what is known without drawing."""
    x, known = list(dimensions), known_shares()
    figure = go.Figure()
    _add(figure, x, [(2 / 3) ** n for n in x], WELLS, color=CURVES[2], dash="dash", mode="lines")
    _add(figure, x, [0.5**n for n in x], COINS, color=CURVES[3], dash="dot", mode="lines")
    found = [(n, share) for n, share in zip(x, shares, strict=True) if share.count]
    values = np.array([share.count / share.num for _, share in found])
    ends = np.array([[share.low, share.high] for _, share in found]).reshape(-1, 2)
    error = {"type": "data", "symmetric": False, "arrayminus": (values - ends[:, 0]).tolist()}
    error |= {"array": (ends[:, 1] - values).tolist()}
    _add(figure, [n for n, _ in found], values.tolist(), DRAWN, color=CURVES[4], mode="lines+markers", error_y=error)
    both = [n for n in x if n in known]
    ring = {"symbol": "circle-open", "size": 15, "line": {"width": 2}}
    _add(figure, both, [float(known[n]) for n in both], KNOWN, color=CURVES[5], mode="markers", marker=ring)
    figure.update_layout(
        font=FONT,
        template="plotly_white",
        height=HEIGHT,
        margin={"l": 72, "r": 16, "t": 48, "b": 48},
        xaxis={"title": {"text": "dimensions n"}, "dtick": 1},
        yaxis={"title": {"text": "share of minima"}, "type": "log", "exponentformat": "power"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    return figure


def minima_page_html(dimensions: Sequence[int], counts: Sequence[int], num_matrices: int, seed: int) -> str:
    """Return the page's text; the same counts give the same bytes.

    Args:
        counts: By dimension, how many of `num_matrices` have positive eigenvalues alone.
    """
    shares = [binomial_interval(count, num_matrices) for count in counts]
    known = known_shares()
    rows = tuple(
        (
            str(n),
            f"{share.count} of {share.num}",
            f"{share.count / share.num:.3g}",
            f"{share.low:.3g} to {share.high:.3g}",
            f"{known[n]:.4g}" if n in known else "–",
            f"{(2 / 3) ** n:.3g}",
        )
        for n, share in zip(dimensions, shares, strict=True)
    )
    card = {
        "title": "Share of minima against the number of dimensions",
        "wide": True,
        "figures": [{"title": "", "figure": json.loads(minima_figure(dimensions, shares).to_json())}],
        "tables": [asdict(Table(HEAD, rows, texts=()))],
        "notes": [
            f"{num_matrices:,} symmetric Gaussian matrices of each size, seed {seed}: independent standard normal numbers, made "
            "symmetric. A share of which none was found is left out of the figure; the table has its interval."
        ],
    }
    content = json.dumps({"compared": [card], "records": []}, sort_keys=True, allow_nan=False)
    return document("curvature", TITLE, {"page-data": content.encode()})


def write_minima_page(
    dimensions: Sequence[int], counts: Sequence[int], num_matrices: int, seed: int, path: Path | str
) -> Path:
    """Write the page so that at every moment `path` is either the old page or the new one, whole.

    Raises:
        OSError: The folder can't be written.
    """
    path = Path(path)
    write_whole(path, minima_page_html(dimensions, counts, num_matrices, seed).encode())
    return path


def _add(figure: go.Figure, x: list, y: list, name: str, *, color: str, dash: str = "solid", **look) -> None:
    marker = {"size": 8, "color": color} | look.pop("marker", {})
    figure.add_scatter(x=x, y=y, name=name, line={"color": color, "dash": dash, "width": 2}, marker=marker, **look)
