"""Surfaces as tables: comma-separated values, one row a point, and NumPy's archive, one array a metric."""

import csv
import io

import numpy as np

from landscape.surface import Surface


def csv_image(surface: Surface) -> bytes:
    """Return comma-separated values: coordinates, every metric and the done code, one row a point, plane after plane, y running fastest.

    Numbers are as long as it takes to read the same float64 again; inf and nan are spelled so.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    dims, axes = surface.grid.dims, surface.grid.axes
    writer.writerow([*dims, *surface.values, "done"])
    for index in surface.grid.indices():
        coordinates = [*(number + 1 for number in index[: -len(axes)]), *surface.grid.point(index)[: len(axes)]]
        writer.writerow(
            [*coordinates, *(float(array[index]) for array in surface.values.values()), int(surface.done[index])]
        )
    return text.getvalue().encode()


def npz_image(surface: Surface) -> bytes:
    """Return a compressed npz archive: x, y, every metric as [x, y] or [plane, x, y], and done, bit for bit."""
    axes = {axis: getattr(surface.grid, axis) for axis in surface.grid.axes}
    image = io.BytesIO()
    np.savez_compressed(image, **axes, **surface.values, done=surface.done)
    return image.getvalue()
