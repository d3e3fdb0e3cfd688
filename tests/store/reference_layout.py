"""The reference implementation's files, written by plain loops from what is known of their layout."""

import h5py
import numpy as np


def reference_file(path, x, y, losses, *, missing=(), shape=None, **more) -> None:
    """Write a surface file: for each metric's function of (x, y), one number a flat index, -1 where missing.

    Args:
        y: None for a line.
        losses: Key of the file -> function of (x, y).
        missing: Flat indices that are not done.
        shape: Of the arrays, if not the layout's own.
        more: Further datasets.
    """
    num = len(x) * (1 if y is None else len(y))
    with h5py.File(path, "w") as file:
        file["dir_file"] = "trained_nets/model_300.t7_weights.h5"
        file["xcoordinates"] = x
        if y is not None:
            file["ycoordinates"] = y
        for key, function in losses.items():
            flat = [-1.0] * num
            for k in range(num):
                if k not in missing:
                    flat[k] = function(x[k % len(x)], 0.0 if y is None else y[k // len(x)])
            file[key] = np.array(flat).reshape(shape or ((len(x),) if y is None else (len(x), len(y))))
        for key, data in more.items():
            file[key] = data


def direction_file(path, **directions) -> None:
    """Write a direction file: by group, a list of tensors as float32 under their number."""
    with h5py.File(path, "w") as file:
        for name, tensors in directions.items():
            group = file.create_group(name)
            for number, tensor in enumerate(tensors):
                group[str(number)] = np.asarray(tensor, np.float32)
