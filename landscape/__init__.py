"""The loss around trained weights: sampled on a plane, kept in a file, drawn on a page."""

from importlib import import_module

_PUBLIC = {
    "sample": "landscape.sampling",
    "Grid": "landscape.grid",
    "Surface": "landscape.surface",
    "Origin": "landscape.origin",
    "Plane": "landscape.plane",
    "RandomRule": "landscape.directions",
    "random_direction": "landscape.directions",
    "toward": "landscape.directions",
    "filter_layouts": "landscape.filters",
    "Problem": "landscape.problem.problem",
    "sweep": "landscape.sweep.run",
    "read_surface": "landscape.store.surface_file",
    "write_surface": "landscape.store.surface_file",
    "CurvatureRecord": "landscape.curvature_record",
    "read_curvature": "landscape.store.curvature_file",
    "write_curvature": "landscape.store.curvature_file",
    "contour_figure": "landscape.figures.plots",
    "surface_figure": "landscape.figures.plots",
    "line_figure": "landscape.figures.plots",
    "write_page": "landscape.figures.page",
    "show_page": "landscape.figures.page",
    "write_curvature_page": "landscape.figures.curvature_page",
    "contour_print": "landscape.figures.print_figure",
    "surface_print": "landscape.figures.print_figure",
    "slices_print": "landscape.figures.print_figure",
    "write_figure": "landscape.figures.print_figure",
    "PrintStyle": "landscape.figures.print_layout",
}
__all__ = list(_PUBLIC)


def __getattr__(name: str):
    """Import a public name when it is first asked for, so that `import landscape` costs nothing."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'landscape' has no attribute {name!r}; its names are {', '.join(_PUBLIC)}")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted(_PUBLIC)
