"""The page's own scale follows the rules of `Scale`, and its extremes those of the surface."""

import json

import numpy as np
import pytest
from browser import visit
from surfaces import slanted, with_values

from landscape.figures.scale import label, scale_over
from landscape.figures.shell import joined_script

CASES = {
    "three decades": slanted(factor=7.0),
    "half a decade": with_values(lambda loss: loss.__iadd__(20)),
    "constant": with_values(lambda loss: loss.fill(0.5)),
    "zeros": with_values(lambda loss: loss.__setitem__((0, slice(0, 2)), 0.0)),
    "negative": with_values(lambda loss: loss.__isub__(12)),
    "huge": slanted(factor=1e30),
    "tiny": slanted(factor=1e-12),
    "holes": with_values(lambda loss: loss.__setitem__((slice(1, 3), 2), [np.nan, np.inf])),
}


def asked(tmp_path, modules: dict[str, str], questions: list[str]) -> list:
    """Return what expressions give that use a module's exports as NAME_module."""
    page = tmp_path / "modules.html"
    script = "\n".join(joined_script("page", name) for name in modules)
    page.write_text(f'<meta charset="utf-8"><main aria-busy="false"></main><script>{script}</script>')
    seen = visit(page, questions)
    assert seen.errors == []
    return seen.answers


def test_kind_range_levels_and_labels_are_those_of_the_figures(tmp_path):
    questions, wanted = [], []
    for surface in CASES.values():
        for metric, kind in (
            ("train_loss", "log"),
            ("train_loss", "linear"),
            ("train_loss", "clipped"),
            ("train_accuracy", "linear"),
        ):
            values = [value if np.isfinite(value) else str(value) for value in surface.values[metric].ravel()]
            questions.append(
                f"(() => {{ const m = scale_module, s = m.scaleOver([{json.dumps(values)}.map(Number).map(v => v)], '{kind}', 24); "
                f"return [s.kind, s.ends, s.step, m.labelledValues(s), m.labelledValues(s).map(v => m.label(v, '{metric}'))]; }})()".replace(
                    '"inf"', "Infinity"
                )
            )
            scale = scale_over([surface], metric, kind)
            labelled = scale.labelled()
            wanted.append([scale.kind, scale.ends, scale.step, labelled, [label(value, metric) for value in labelled]])
    for found, (kind, ends, step, labelled, texts) in zip(
        asked(tmp_path, {"scale": ""}, questions), wanted, strict=True
    ):
        assert found[0] == kind and found[4] == texts
        assert found[1] == pytest.approx(ends, rel=1e-12) and found[2] == pytest.approx(step, rel=1e-12)
        assert found[3] == pytest.approx(labelled, rel=1e-9)


def test_minima_and_saddles_are_those_of_the_formula(tmp_path):
    # (x^2 - 1)^2 + y^2 has minima at (-1, 0) and (1, 0) and a saddle at (0, 0); a slope makes one of them deeper.
    x, y = np.linspace(-1.7, 1.9, 37), np.linspace(-1.2, 0.9, 22)
    heights = ((x[None] ** 2 - 1) ** 2 + 0.1 * x[None] + y[:, None] ** 2).ravel()
    surface = {"x": x.tolist(), "y": y.tolist(), "nx": len(x), "ny": len(y)}
    question = (
        f"surfaces_module.extremes({json.dumps(surface)}, Float64Array.from({json.dumps(heights.tolist())}), 0.05)"
    )
    (found,) = asked(tmp_path, {"surfaces": ""}, [question])
    assert sorted(found["minima"]) == pytest.approx(np.array([[-1.0, 0.0], [1.0, 0.0]]), abs=0.1)
    assert found["saddles"] == [pytest.approx([0.0, 0.0], abs=0.1)]
